from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CreditManagementCommon

DAY = "2026-04-10"


@tagged("post_install", "-at_install")
class TestDunningAllocate(CreditManagementCommon):
    """The accountant is asked once to allocate the money that holds reminders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._new_user(
            "accountant", "account.group_account_user,account_credit_management.group_collector"
        )
        cls.activity_type = cls.env.ref("account_credit_management.mail_activity_type_allocate")

    def _activities(self, company=None):
        runs = self.env["dunning.run"].search([("company_id", "=", (company or self.company).id)])
        return runs.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.activity_type
        )

    def _propose_day(self, day, company=None):
        with self._frozen(day):
            return self.env["dunning.run"]._propose_automatically(
                company or self.company, fields.Date.to_date(day)
            )

    def _hold(self, partner, amount=100.0, money=30.0, items=1, day=DAY):
        """Overdue invoices, and fresh money that holds their reminder."""
        invoices = self.env["account.move"]
        for _number in range(items):
            invoices |= self._new_invoice("2026-03-31", partner, amount)
        self._receive(money, day, partner)
        return invoices

    def _allocate(self, invoice, payment):
        lines = invoice.line_ids | payment.line_ids
        lines.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()

    # === ONE ACTIVITY ===#
    def test_one_activity_for_three_debtors_and_ten_items(self):
        debtors = [self._new_debtor(f"Holder {name}") for name in ("One", "Two", "Three")]
        for debtor, items, money in zip(debtors, (2, 3, 5), (11, 33, 22), strict=True):
            self._hold(debtor, items=items, money=money)
        self._new_invoice("2026-03-31", self.debtor)
        run = self._propose_day(DAY)
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(run.activity_ids, activity)
        self.assertEqual(activity.user_id, self.accountant)
        self.assertEqual(activity.date_deadline, fields.Date.to_date(DAY))
        self.assertEqual(activity.summary, "Allocate payments of 3 debtors")
        note = activity.note
        positions = [note.index(name) for name in ("Holder Two", "Holder Three", "Holder One")]
        self.assertEqual(positions, sorted(positions), "most money first")
        for words in ("33.00", "22.00", "11.00", "/odoo/money-to-allocate"):
            self.assertIn(words, note)
        self.assertNotIn(self.debtor.name, note, "nothing of his is to be allocated")

    def test_second_run_refreshes_the_activity_and_leaves_it_with_its_owner(self):
        self._hold(self._new_debtor("Holder One"))
        self._new_invoice("2026-03-31", self.debtor)
        first = self._propose_day(DAY)
        activity = self._activities()
        activity.write({"user_id": self.manager.id, "date_deadline": "2026-04-15"})
        self._hold(self._new_debtor("Holder Two"))
        self._new_invoice("2026-04-01", self._new_debtor("Debtor Two"))
        second = self._propose_day("2026-04-11")
        self.assertNotEqual(first, second)
        self.assertEqual(self._activities(), activity)
        self.assertEqual(second.activity_ids, activity)
        self.assertFalse(first.activity_ids)
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.date_deadline, fields.Date.to_date("2026-04-15"))
        self.assertIn("Holder Two", activity.note)
        # A day without anything to send has no run: the activity stays where it is.
        self.assertFalse(self._propose_day("2026-04-11"))
        self.assertEqual(second.activity_ids, activity)

    def test_proposal_by_hand_asks_too_and_only_once(self):
        self._hold(self._new_debtor("Holder One"))
        run = self.env["dunning.run"].create({"date": DAY, "company_id": self.company.id})
        run.with_user(self.collector).action_propose()
        self.assertEqual(run.activity_ids.user_id, self.accountant)
        self._propose_day(DAY)
        self.assertEqual(len(self._activities()), 1)

    def test_first_day_on_which_everything_is_held_has_a_run_to_tell_it(self):
        self._hold(self.debtor)
        self.assertFalse(self._propose_day(DAY))
        run = self.env["dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual((len(run), run.state), (1, "done"))
        self.assertEqual(run.reason_counts["unallocated"], [1, 1])
        self.assertEqual(len(run.activity_ids), 1)
        self._propose_day("2026-04-11")
        self.assertEqual(
            self.env["dunning.run"].search([("company_id", "=", self.company.id)]), run
        )

    def test_long_list_is_cut(self):
        for number in range(4):
            self._hold(self._new_debtor(f"Holder {number}"), money=50 - number)
        allocate = "odoo.addons.account_credit_management.models.dunning_run_allocate"
        with patch(f"{allocate}.MAX_DEBTORS", 3):
            self._propose_day(DAY)
        note = self._activities().note
        self.assertEqual([f"Holder {number}" in note for number in range(4)], [True] * 3 + [False])
        self.assertIn("and 1 more", note)

    # === NO ACTIVITY ===#
    def test_nothing_to_allocate_asks_nobody(self):
        self._new_invoice("2026-03-31", self.debtor)
        prepaid = self._new_debtor("Paid In Advance")
        self._new_invoice("2026-05-31", prepaid)
        self._receive(20, DAY, prepaid)
        self.assertTrue(self._propose_day(DAY))
        self.assertFalse(self._activities())

    def test_money_that_holds_nothing_asks_nobody(self):
        """The item is paused anyway: nobody is waiting for the money."""
        self._hold(self.debtor)
        self.env["dunning.block"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date_from": DAY,
                "reason": "Agreed on the phone",
            }
        )
        self._propose_day(DAY)
        self.assertFalse(self._activities())

    def test_activity_goes_when_the_money_is_allocated(self):
        invoice = self._new_invoice("2026-03-31", self.debtor)
        payment = self._receive(30, DAY)
        self._propose_day(DAY)
        self.assertEqual(len(self._activities()), 1)
        self._allocate(invoice, payment)
        self._propose_day("2026-04-11")
        self.assertFalse(self._activities())

    def test_whoever_marks_it_done_too_early_is_asked_again(self):
        self._hold(self.debtor)
        self._propose_day(DAY)
        self._activities().action_feedback(feedback="Done")
        self.assertFalse(self._activities())
        self._propose_day("2026-04-11")
        self.assertEqual(len(self._activities()), 1)

    def test_type_that_an_administrator_removed(self):
        self._hold(self.debtor)
        self.activity_type.unlink()
        self._propose_day(DAY)
        self.assertFalse(self.env["dunning.run"].search([]).activity_ids)

    # === MONEY THAT IS DEDUCTED ===#
    def test_old_money_that_lowers_a_reminder_is_asked_for_until_it_is_allocated(self):
        invoice = self._new_invoice("2026-03-31", self.debtor)
        payment = self._receive(30, "2026-01-10")
        run = self._propose_day(DAY)
        self.assertEqual(run.notice_ids.amount_total, 70)
        self.assertEqual(len(self._activities()), 1)
        with self._frozen(DAY):
            run.notice_ids._send(fields.Date.to_date(DAY))
        self._propose_day("2026-04-13")
        self.assertEqual(len(self._activities()), 1, "also after it was sent")
        self._allocate(invoice, payment)
        self._propose_day("2026-04-14")
        self.assertFalse(self._activities())

    # === WHO ===#
    def test_contact_for_debtors_goes_before_an_accountant(self):
        self._hold(self.debtor)
        self.company.dunning_user_id = self.collector
        self._propose_day(DAY)
        self.assertEqual(self._activities().user_id, self.collector)

    def test_contact_who_cannot_open_runs_is_passed_over(self):
        self._hold(self.debtor)
        self.company.dunning_user_id = self.salesman
        self._propose_day(DAY)
        self.assertEqual(self._activities().user_id, self.accountant)

    def test_activity_speaks_the_language_of_its_user(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.accountant.lang = "nl_NL"
        self._hold(self.debtor, money=1234.5, amount=5000)
        self._propose_day(DAY)
        self.assertIn("1.234,50", self._activities().note)

    # === COMPANIES ===#
    def test_each_company_has_its_own(self):
        data = self.setup_other_company(name="Other Seller")
        other = data["company"]
        self._hold(self.debtor)
        self._propose_day(DAY, other)
        self.assertFalse(self._activities(other), "money of another company")
        self._propose_day(DAY)
        self.assertEqual(len(self._activities()), 1)
        self._propose_day(DAY, other)
        self.assertEqual(len(self._activities()), 1, "another company does not take it away")

    # === LIST ===#
    def _list(self):
        lines = self.env["account.move.line"].with_company(self.company)
        return lines.search([("dunning_to_allocate", "=", True)])

    def test_list_has_the_open_money_of_debtors_with_overdue_items(self):
        with self._frozen(DAY):
            self._new_invoice("2026-03-31", self.debtor)
            contact = self.env["res.partner"].create(
                {"name": "Branch", "parent_id": self.debtor.id}
            )
            money = self._receive(30, DAY, contact)
            refund = self._new_refund(DAY, self.debtor, 10)
            prepaid = self._new_debtor("Paid In Advance")
            self._new_invoice("2026-05-31", prepaid)
            self._receive(20, DAY, prepaid)
            listed = self._list()
            self.assertEqual(listed.move_id, money | refund)
            self.assertEqual(listed.mapped("dunning_to_allocate"), [True, True])
            self.assertFalse(any((money | refund).line_ids.mapped("dunning_to_allocate")[:1]))
            others = self.env["account.move.line"].search(
                [("dunning_to_allocate", "=", False), ("partner_id", "=", prepaid.id)]
            )
            self.assertTrue(others)

    def test_list_opens_the_oldest_overdue_invoice_where_the_money_can_be_matched(self):
        with self._frozen(DAY):
            self._new_invoice("2026-03-31", self.debtor)
            oldest = self._new_invoice("2026-03-01", self.debtor)
            foreign = self.setup_other_currency("EUR")
            self._new_invoice("2026-02-01", self.debtor, currency_id=foreign.id)
            self._receive(30, DAY)
            line = self._list()
            action = line.with_user(self.accountant).action_open_dunning_allocation()
            self.assertEqual((action["res_model"], action["res_id"]), ("account.move", oldest.id))
            self.assertTrue(oldest.invoice_has_outstanding)
            oldest.js_assign_outstanding_line(line.id)
            self.assertEqual(oldest.amount_residual, 70)
            self.assertFalse(self._list())

    def test_nothing_overdue_any_more_is_said(self):
        with self._frozen(DAY):
            invoice = self._new_invoice("2026-03-31", self.debtor)
            self._receive(30, DAY)
            line = self._list()
            self._pay(invoice, 100, DAY)
            with self.assertRaisesRegex(UserError, "no overdue invoice"):
                line.action_open_dunning_allocation()

    # === COST ===#
    def test_asking_costs_the_same_whatever_the_number_of_debtors(self):
        counts = []
        for number in range(2):
            for index in range(1 + 9 * number):
                self._hold(self._new_debtor(f"Holder {number} {index}"))
            day = fields.Date.to_date(DAY) + timedelta(days=number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["dunning.run"]._get_debtors_to_allocate(self.company, day)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
