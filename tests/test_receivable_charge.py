from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .charge_common import ChargeCommon

TODAY = "2026-03-16"


@freeze_time(f"{TODAY} 09:00:00")
@tagged("post_install", "-at_install")
class TestReceivableCharge(ChargeCommon):
    """The life of costs and interest, and what accountants do to their invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env.ref("account_credit_management.product_charge_costs")
        cls.invoice = cls._new_invoice("2026-02-01", amount=1000)

    # === CLAIMING ===#
    def test_charges_are_numbered_per_year_whatever_the_values_say(self):
        first = self._charge(self.invoice, 40)
        second = self._charge(self.invoice, 5, kind="interest", name="MINE/1")
        self.assertRegex(first.name, r"^CST/2026/\d{4}$")
        self.assertEqual(int(second.name[-4:]), int(first.name[-4:]) + 1)
        self.assertIn("Interest", second.display_name)

    def test_what_is_announced_is_not_owed_until_a_collector_claims_it(self):
        charge = self._charge(self.invoice, 40, state="announced")
        self.assertEqual((charge.amount_owed, charge.amount_open), (0, 0))
        self.assertEqual(self.debtor.with_user(self.collector).charge_costs_open, 0)
        charge.with_user(self.collector).action_claim()
        self.env.invalidate_all()
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        self.assertEqual(charge.date, fields.Date.to_date(TODAY))
        self.assertEqual(self.debtor.with_user(self.collector).charge_costs_open, 40)
        self.assertEqual(self.debtor.with_user(self.collector).charge_interest_open, 0)

    def test_nothing_is_in_the_books_before_it_is_invoiced(self):
        before = self.env["account.move"].search_count([])
        self._charge(self.invoice, 40)
        self.assertEqual(self.env["account.move"].search_count([]), before)
        self.assertEqual(self.invoice.amount_residual, 1000)

    def test_charges_are_history(self):
        charge = self._charge(self.invoice, 40)
        with self.assertRaises(UserError):
            charge.unlink()
        with self.assertRaises(AccessError):
            charge.with_user(self.manager).write({"amount": 1})

    def test_a_replaced_charge_comes_back_when_the_newer_one_is_withdrawn(self):
        older = self._charge(self.invoice, 5, kind="interest", state="announced")
        newer = self._charge(self.invoice, 8, kind="interest")
        older._replace(newer)
        self.assertEqual((older.state, older.amount_open), ("replaced", 0))
        self.assertEqual(older._get_successor(), newer)
        newer._withdraw("Sent by mistake")
        self.assertEqual((older.state, older.replaced_by_id), ("announced", self.charges))
        self.assertEqual((newer.state, newer.withdrawn), ("waived", True))
        with self.assertRaisesRegex(UserError, "never owed"):
            newer.with_user(self.manager).action_unwaive()

    # === INVOICING ===#
    def test_invoice_has_a_line_for_each_charge_without_tax(self):
        costs = self._charge(self.invoice, 150)
        interest = self._charge(self.invoice, 12.34, kind="interest")
        action = (costs | interest).with_user(self.collector).action_book()
        move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((costs.state, interest.state), ("booked", "booked"))
        self.assertEqual((costs.move_id, interest.move_id), (move, move))
        self.assertEqual((move.state, move.move_type), ("posted", "out_invoice"))
        self.assertEqual(move.invoice_line_ids.mapped("price_unit"), [150, 12.34])
        self.assertFalse(move.invoice_line_ids.tax_ids)
        self.assertEqual((move.amount_total, move.amount_tax), (162.34, 0))
        self.assertIn(self.invoice.name, move.invoice_line_ids[0].name)
        self.assertIn("03/10/2026", move.invoice_line_ids[1].name)
        self.assertEqual((costs.amount_open, interest.amount_open), (150, 12.34))

    def test_booking_twice_makes_one_invoice(self):
        charge = self._charge(self.invoice, 40)
        first = charge._book()
        self.assertFalse(charge._book())
        self.assertEqual(self.env["account.move"].search([("charge_ids", "in", charge.ids)]), first)

    def test_a_draft_is_owed_and_becomes_due_again_when_it_is_deleted(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book(post=False)
        self.assertEqual((move.state, charge.state, charge.amount_open), ("draft", "booked", 40))
        self.assertFalse(self._blocks(move))
        move.unlink()
        self.env.invalidate_all()
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        self.assertFalse(charge.move_id)

    def test_an_accountant_may_change_the_draft(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book(post=False)
        move.invoice_line_ids.price_unit = 30
        move.action_post()
        self.assertEqual((charge.amount, charge.amount_open), (40, 30))
        self.assertTrue(self._blocks(move))

    def test_a_cancelled_invoice_leaves_the_charge_due(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        move.button_draft()
        self.assertEqual((charge.state, charge.amount_open), ("booked", 40))
        self.assertFalse(self._blocks(move))
        move.button_cancel()
        self.env.invalidate_all()
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        second = charge._book()
        self.assertNotEqual(second, move)

    def test_a_tax_of_the_product_is_added_and_owed(self):
        self._set_tax(self.product, 21)
        charge = self._charge(self.invoice, 100)
        move = charge._book()
        self.assertEqual((move.amount_untaxed, move.amount_total), (100, 121))
        self.assertEqual((charge.amount, charge.amount_owed, charge.amount_open), (100, 121, 121))

    def test_a_foreign_currency_stays(self):
        currency = self.setup_other_currency("CHF", rates=[("2016-01-01", 2)])
        invoice = self._new_invoice("2026-02-01", amount=500, currency_id=currency.id)
        charge = self._charge(invoice, 75)
        move = charge._book()
        self.assertEqual((move.currency_id, move.amount_total), (currency, 75))
        self.assertEqual(charge.amount_open, 75)
        debtor = self.debtor.with_user(self.collector)
        self.assertEqual(debtor.charge_costs_open, 37.5, "two francs are one of the company's")

    def test_one_debtor_two_currencies_two_invoices(self):
        currency = self.setup_other_currency("CHF", rates=[("2016-01-01", 2)])
        foreign = self._new_invoice("2026-02-01", amount=500, currency_id=currency.id)
        charges = self._charge(self.invoice, 40) | self._charge(foreign, 75)
        self.assertEqual(sorted(charges._book().mapped("amount_total")), [40, 75])

    def test_missing_product_is_told_in_words_and_stops_nothing_else(self):
        self.product.active = False
        charge = self._charge(self.invoice, 40)
        with self.assertRaisesRegex(UserError, "Product for Costs"):
            charge.with_user(self.collector).action_book()
        self.assertFalse(charge._book_or_tell())
        self.assertEqual(charge.state, "due")
        self.assertIn("Product for Costs", charge.booking_problem)
        told = self.env["mail.activity"].search([("summary", "ilike", "cannot be invoiced")])
        self.assertEqual(told.user_id, self.collector)
        self._charge(self.invoice, 41)._book_or_tell()
        self.assertEqual(
            self.env["mail.activity"].search([("summary", "ilike", "cannot be invoiced")]), told
        )
        self.product.active = True
        self.charges._retry_booking(self.company)
        self.assertEqual((charge.state, charge.booking_problem), ("booked", False))

    def test_missing_income_account_is_told_in_words(self):
        charge = self._charge(self.invoice, 40)
        journals = self.env["account.journal"].search([("type", "=", "sale")])
        journals.default_account_id = False
        self.company.income_account_id = False
        self.product.categ_id.with_company(self.company).property_account_income_categ_id = False
        with self.assertRaisesRegex(UserError, "no income account"):
            charge._book()
        self.assertEqual(charge.state, "due")

    def test_a_locked_period_is_told_in_words_and_tried_again(self):
        self.company.sale_lock_date = "2026-03-31"
        charge = self._charge(self.invoice, 40)
        with self.assertRaises(UserError) as caught:
            charge._book()
        self.assertIn("03/31/2026", str(caught.exception))
        self.assertFalse(charge._book_or_tell())
        self.assertEqual((charge.state, charge.move_id), ("due", self.env["account.move"]))
        self.assertIn("03/31/2026", charge.booking_problem)
        with freeze_time("2026-04-01 09:00:00"):
            self.charges._retry_booking(self.company)
        self.assertEqual(charge.move_id.date, fields.Date.to_date("2026-04-01"))

    def test_interest_and_costs_give_no_more_credit_to_anybody(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book(post=False)
        self.assertFalse(move._filter_credit_relevant(soft=False))
        self.assertEqual((move | self.invoice)._filter_charge_invoices(), move)

    # === PAYMENT ===#
    def test_a_payment_counts_as_the_settings_say(self):
        costs = self._charge(self.invoice, 100)
        interest = self._charge(self.invoice, 20, kind="interest")
        move = (costs | interest)._book()
        self._pay(move, 50, TODAY)
        self.assertEqual((costs.amount_open, interest.amount_open), (70, 0))
        self.company.payment_allocation = "law"
        (costs | interest).invalidate_recordset()
        self.env.add_to_compute(self.charges._fields["amount_open"], costs | interest)
        self.assertEqual((costs.amount_open, interest.amount_open), (50, 20))

    def test_charges_stay_after_the_principal_was_paid(self):
        charge = self._charge(self.invoice, 40)
        self._pay(self.invoice, 1000, TODAY)
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        found = self.charges.with_user(self.collector).search([("amount_open", ">", 0)])
        self.assertIn(charge, found)
        self.assertTrue(charge._book())

    # === REMINDERS OF THE INVOICE ITSELF ===#
    def test_the_invoice_waits_for_its_principal(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        self.assertTrue(self._blocks(move))
        self.assertTrue(charge.is_held)
        self.assertEqual(self._reason(move, "2026-06-01"), "block")
        payment = self._pay(self.invoice, 1000, TODAY)
        self.assertFalse(self._blocks(move))
        self.assertNotEqual(self._reason(move, "2026-06-01"), "block")
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertTrue(self._blocks(move), "the payment was undone")

    def test_part_of_the_principal_keeps_it_waiting(self):
        move = self._charge(self.invoice, 40)._book()
        self._pay(self.invoice, 999, TODAY)
        self.assertTrue(self._blocks(move))

    def test_a_charge_can_be_reminded_separately(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        charge.with_user(self.collector).action_separate()
        self.assertFalse(self._blocks(move))
        self._pay(self.invoice, 10, TODAY)
        self.assertFalse(self._blocks(move), "it stays separate")

    def test_lifting_the_block_separates_it(self):
        charge = self._charge(self.invoice, 40)
        block = self._blocks(charge._book())
        block.with_user(self.collector).action_lift()
        charge._sync_blocks()
        self.assertTrue(charge.separated)
        self.assertFalse(self._blocks(charge.move_id))

    def test_blocks_of_charges_are_not_asked_about(self):
        move = self._charge(self.invoice, 40)._book()
        block = self._blocks(move)
        block.date_from = "2024-01-01"
        self.assertFalse(block.needs_review)
        self.assertNotIn(block, block.search([("needs_review", "=", True)]))

    # === WAIVING ===#
    def test_waiving_takes_a_right_and_a_reason(self):
        charge = self._charge(self.invoice, 40)
        with self.assertRaises(AccessError):
            charge.with_user(self.collector).action_waive()
        with self.assertRaises(AccessError):
            self.env["receivable.charge.waive"].with_user(self.collector).create(
                {"charge_ids": charge.ids, "reason": "Friend"}
            )
        with self.assertRaisesRegex(UserError, "Say why"):
            self._waive(charge, reason="  ")
        self.assertEqual(charge.state, "due")
        self._waive(charge)
        self.assertEqual((charge.state, charge.amount_open), ("waived", 0))
        self.assertEqual(
            (charge.waived_by_id, charge.waive_reason), (self.manager, "Good customer")
        )
        with self.assertRaises(AccessError):
            charge.with_user(self.collector).action_unwaive()
        charge.with_user(self.manager).action_unwaive()
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        self.assertFalse(charge.waive_reason)

    def test_waiving_an_announced_charge_and_back(self):
        charge = self._charge(self.invoice, 40, state="announced")
        self._waive(charge)
        charge.with_user(self.manager).action_unwaive()
        self.assertEqual(charge.state, "announced")

    def test_waiving_an_invoiced_charge_credits_it(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        self._waive(charge)
        self.assertEqual((charge.state, charge.amount_open), ("waived", 0))
        self.assertEqual(
            (charge.credit_move_id.move_type, charge.credit_move_id.state), ("out_refund", "posted")
        )
        self.assertEqual(charge.credit_move_id.reversed_entry_id, move)
        self.assertEqual((move.amount_residual, charge.credit_move_id.amount_residual), (0, 0))
        self.assertIn("Good customer", charge.credit_move_id.ref)
        self.assertFalse(self._blocks(move))
        charge.with_user(self.manager).action_unwaive()
        self.assertEqual((charge.state, charge.amount_open), ("due", 40))
        again = charge._book()
        self.assertEqual(again.amount_residual, 40)

    def test_waiving_one_of_two_charges_leaves_the_other(self):
        costs = self._charge(self.invoice, 100)
        interest = self._charge(self.invoice, 20, kind="interest")
        move = (costs | interest)._book()
        self._waive(interest)
        self.assertEqual((interest.state, costs.state), ("waived", "booked"))
        self.assertEqual((move.amount_residual, costs.amount_open), (100, 100))
        self.assertTrue(self._blocks(move))

    def test_waiving_a_draft_needs_no_credit_note(self):
        costs = self._charge(self.invoice, 100)
        interest = self._charge(self.invoice, 20, kind="interest")
        move = (costs | interest)._book(post=False)
        self._waive(interest)
        self.assertEqual((move.state, move.amount_total), ("draft", 100))
        self._waive(costs)
        self.assertEqual(move.state, "cancel")
        self.assertEqual((costs.state, interest.state), ("waived", "waived"))
        self.assertFalse(costs.credit_move_id | interest.credit_move_id)

    def test_waiving_what_was_paid_gives_the_debtor_money(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        self._pay(move, 40, TODAY)
        self._waive(charge)
        self.assertEqual(charge.state, "waived")
        self.assertEqual(charge.credit_move_id.amount_residual, 40)

    def test_waiving_only_the_open_part(self):
        self._set_tax(self.product, 21)
        charge = self._charge(self.invoice, 100)
        move = charge._book()
        self._pay(move, 21, TODAY)
        self.assertEqual(charge.amount_open, 100)
        self._waive(charge, scope="open")
        self.assertEqual((charge.state, charge.amount_open), ("booked", 0))
        self.assertEqual(charge.amount_owed, 21)
        self.assertEqual(charge.credit_move_id.amount_total, 100)
        self.assertEqual((move.amount_residual, charge.credit_move_id.amount_residual), (0, 0))
        self.assertEqual(charge.waive_reason, "Good customer")

    def test_waiving_all_of_what_was_paid_in_part(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        self._pay(move, 15, TODAY)
        self._waive(charge, scope="all")
        self.assertEqual((charge.state, move.amount_residual), ("waived", 0))
        self.assertEqual(charge.credit_move_id.amount_total, 40)
        self.assertEqual(charge.credit_move_id.amount_residual, 15)

    def test_a_credit_note_by_hand_waives_and_undoing_it_claims_again(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "reason": "Mistake"})
        )
        wizard.modify_moves()
        self.env.invalidate_all()
        refund = move.reversal_move_ids
        self.assertEqual((charge.state, charge.amount_open), ("waived", 0))
        self.assertEqual(charge.credit_move_id, refund)
        self.assertIn(refund.name, charge.waive_reason)
        refund.button_draft()
        self.env.invalidate_all()
        self.assertEqual(charge.state, "waived", "a draft still pays the invoice")
        refund.button_cancel()
        self.env.invalidate_all()
        self.assertEqual((charge.state, charge.amount_open), ("booked", 40))

    # === DAILY ===#
    def test_daily_action_mends_what_is_not_in_line(self):
        charge = self._charge(self.invoice, 40)
        failed = self._charge(self.invoice, 41, booking_problem="No product")
        move = charge._book()
        self._blocks(move)._lift()
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_credit_management.ir_cron_receivable_charge"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(self._blocks(move))
        self.assertEqual((failed.state, failed.booking_problem), ("booked", False))

    def test_invoiced_charges_count_in_the_exposure_and_others_do_not(self):
        charge = self._charge(self.invoice, 40)

        def get_exposure():
            positions = self.env["credit.exposure"]._get_positions(
                self.company, self.debtor, fields.Date.to_date(TODAY)
            )
            return positions[self.debtor.id].exposure

        self.assertEqual(get_exposure(), 1000)
        charge._book()
        self.assertEqual(get_exposure(), 1040)

    # === COMPANIES AND SCREENS ===#
    def test_salesmen_and_other_companies_see_nothing(self):
        charge = self._charge(self.invoice, 40)
        with self.assertRaises(AccessError):
            charge.with_user(self.salesman).read(["amount"])
        other = self.setup_other_company()["company"]
        stranger = self._new_user("stranger", "account_credit_management.group_manager")
        stranger.write({"company_ids": [fields.Command.set(other.ids)], "company_id": other.id})
        self.assertNotIn(charge, self.charges.with_user(stranger).search([]))
        for action in ("action_claim", "action_book", "action_waive"):
            with self.assertRaises(AccessError):
                getattr(charge.with_user(stranger), action)()
        self.assertEqual(self.debtor.with_user(stranger).charge_costs_open, 0)

    def test_debtor_and_invoice_open_their_charges(self):
        charge = self._charge(self.invoice, 40)
        move = charge._book()
        for record in (self.debtor, self.invoice, move):
            action = record.with_user(self.collector).action_open_charges()
            self.assertEqual(self.charges.search(action["domain"]), charge, record)
        invoice = self.invoice.with_user(self.collector)
        self.assertEqual((invoice.claimed_charge_count, invoice.claimed_charge_amount), (1, 40))
        self.assertIn(
            "Invoices first", self.debtor.with_user(self.collector).payment_allocation_text
        )

    def test_settled_interest_is_what_was_invoiced_or_waived(self):
        item = self._items(self.invoice)
        booked = self._charge(self.invoice, 5, kind="interest")
        waived = self._charge(self.invoice, 3, kind="interest")
        withdrawn = self._charge(self.invoice, 7, kind="interest")
        self._charge(self.invoice, 2, kind="interest")
        self._charge(self.invoice, 40)._book()
        booked._book()
        self._waive(waived)
        withdrawn._withdraw("Undone")
        self.assertEqual(self.charges._get_settled_interest(item), {item: 8})
