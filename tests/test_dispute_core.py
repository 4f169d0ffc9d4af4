from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from .dispute_common import DAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeCore(DisputeCommon):
    """What a dispute holds of its invoices, and what it does not."""

    # === WHAT IS HELD ===#
    def test_whole_invoice_waits(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        self.assertEqual(self._reason(invoice, DAY), "remind")
        dossier = self._dispute(invoice)
        self.assertRegex(dossier.name, r"^DIS/2026/\d{4}$")
        self.assertEqual(dossier.state, "open")
        self.assertEqual(self._held(dossier), {self._items(invoice): 0})
        self.assertEqual(dossier._get_blocks().kind, "dispute")
        self.assertEqual(self._reason(invoice, DAY), "block")
        self.assertEqual(self._reason(other, DAY), "remind")
        self.assertEqual((dossier.amount_disputed, dossier.amount_undisputed), (100, 0))
        self.assertEqual((invoice.disputed_amount, other.disputed_amount), (100, 0))
        self.assertEqual(invoice.dispute_ids, dossier)
        self.assertEqual(dossier.move_ids, invoice)
        self.assertEqual(self.debtor.dispute_count, 1)
        self.assertEqual(self.debtor.with_company(self.company).disputed_amount, 100)

    def test_number_is_of_the_year_in_which_it_was_opened(self):
        """Two disputes had one number when the first was opened in another year than today's."""
        invoice = self._new_invoice("2026-03-31")
        disputes = self.env["dispute.dossier"]
        before = disputes._open(invoice, date="2025-12-29")
        after = self._dispute(invoice)
        self.assertRegex(before.name, r"^DIS/2025/\d{4}$")
        self.assertRegex(after.name, r"^DIS/2026/\d{4}$")

    def test_part_waits_and_the_rest_is_reminded(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        self.assertEqual(self._asked(invoice, DAY), 70)
        self.assertEqual((dossier.amount_disputed, dossier.amount_undisputed), (30, 70))
        [notice] = self._run_day(DAY)
        self.assertEqual(notice.amount_total, 70)
        self.assertEqual(notice.line_ids._get_original_amount(), 100)

    def test_reminders_say_what_is_disputed(self):
        invoice, other = self._new_invoice("2026-03-31"), self._new_invoice("2026-03-31")
        paid = self._new_invoice("2026-03-31")
        self._pay(paid, 40, "2026-04-01")
        dossier = self._dispute(invoice, 30)
        with self._frozen(DAY):
            run = self.env["dunning.run"].create({"date": DAY, "company_id": self.company.id})
            run.action_propose()
            notice = run.notice_ids
            lines = {line.move_line_id.move_id: line for line in notice.line_ids}
            disputed = {move: line.amount_disputed for move, line in lines.items()}
            self.assertEqual(disputed, {invoice: 30, other: 0, paid: 0})
            for table in (
                notice.items_table,
                notice.with_context(dunning_paper=True).items_table,
            ):
                text = " ".join(html2plaintext(table).split())
                self.assertRegex(text, rf"Of {invoice.name}, \$ ?30.00 is disputed")
                self.assertEqual(text.count("is disputed"), 1, "what was paid is not disputed")
            # What changes before it goes out is told as it is then, and stays so afterwards.
            self._dispute(other, 20)
            self._resolve(dossier, "withdrawn")
            run.action_release()
            notice._send(self._date(DAY))
            disputed = {move: line.amount_disputed for move, line in lines.items()}
            self.assertEqual(disputed, {invoice: 0, other: 20, paid: 0})
            body = " ".join(html2plaintext(notice.mail_message_id.body).split())
            self.assertIn(f"Of {other.name}, ", body)
            other.dispute_ids._withdraw()
            self.assertEqual(lines[other].amount_disputed, 20)

    def test_dispute_of_one_company_holds_nothing_of_another(self):
        other = self.setup_other_company(name="Other Seller")
        foreign = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "company_id": other["company"].id,
                "partner_id": self.debtor.id,
                "invoice_date": "2026-03-01",
                "invoice_date_due": "2026-03-31",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "price_unit": 50,
                            "tax_ids": [],
                            "account_id": other["default_account_revenue"].id,
                        }
                    )
                ],
            }
        )
        foreign.action_post()
        foreign.is_move_sent = True
        invoice = self._new_invoice("2026-03-31")
        with self._refused("no posted invoice|one company", UserError):
            self._dispute(invoice | foreign)
        dossier = self._dispute(invoice)
        self.assertEqual(foreign.disputed_amount, 0)
        self.assertEqual(self._reason(foreign, DAY), "remind")
        own = self._dispute(foreign)
        self.assertEqual(own.company_id, other["company"])
        self.assertFalse(dossier._get_blocks() & own._get_blocks())
        partner = self.debtor.with_company(other["company"])
        self.assertEqual((partner.disputed_amount, partner.dispute_count), (50, 1))
        self.assertEqual(self.debtor.with_company(self.company).disputed_amount, 100)
        reason = self.reason.copy({"company_id": other["company"].id})
        with self.assertRaises(UserError), self.cr.savepoint():
            dossier.reason_id = reason

    def test_search_by_dispute(self):
        invoice, paid = self._new_invoice("2026-03-31"), self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        moves = self.env["account.move"]
        both = [("id", "in", (invoice | paid).ids)]
        self.assertEqual(moves.search([*both, ("disputed_amount", ">", 0)]), invoice)
        self.assertEqual(moves.search([*both, ("disputed_amount", "=", 0)]), paid)
        self.assertEqual(moves.search([*both, ("disputed_amount", "=", 30)]), invoice)
        self.assertEqual(moves.search([*both, ("disputed_amount", "<=", 29)]), paid)
        self.assertEqual(moves.search([*both, ("dispute_ids", "=", dossier.id)]), invoice)
        self.assertEqual(moves.search([*both, ("dispute_ids", "=", False)]), paid)
        self.assertEqual(moves.search([*both, ("dispute_ids.state", "=", "open")]), invoice)
        self.assertEqual(self.dossiers.search([("move_ids", "in", invoice.ids)]), dossier)
        self.assertFalse(self.dossiers.search([("move_ids", "in", paid.ids)]))

    def test_payments_and_undoing_them(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        item = self._items(invoice)
        with self._frozen("2026-04-13"):
            self._pay(invoice, 60, "2026-04-13")
            self.assertEqual(self._held(dossier), {item: 30})
            payment = self._pay(invoice, 20, "2026-04-13")
        self.assertEqual(self._held(dossier), {item: 0})
        self.assertEqual((dossier.amount_disputed, invoice.disputed_amount), (20, 20))
        self.assertEqual(self._reason(invoice, "2026-04-13"), "block")
        with self._frozen("2026-04-14"):
            payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self._held(dossier), {item: 30})
        with self._frozen("2026-04-14"):
            self._pay(invoice, 40, "2026-04-14")
        self.assertFalse(self._held(dossier))
        self.assertEqual((dossier.amount_disputed, dossier.amount_claimed), (0, 30))

    def test_part_of_several_due_dates(self):
        invoice = self._two_due_dates()
        first, second = self._items(invoice).sorted("date_maturity")
        dossier = self._dispute(invoice, 60)
        self.assertEqual(self._held(dossier), {first: 0, second: 10})
        with self._frozen("2026-04-13"):
            (self._receive(50, "2026-04-13").line_ids.filtered("partner_id") | first).reconcile()
        self.assertEqual(self._held(dossier), {second: 0})
        self.assertEqual(invoice.disputed_amount, 50)

    def test_two_disputes_never_hold_more_than_the_invoice(self):
        invoice = self._new_invoice("2026-03-31")
        item = self._items(invoice)
        first = self._dispute(invoice, 70)
        second = self._dispute(invoice, 60)
        self.assertEqual(self._held(first), {item: 70})
        self.assertEqual(self._held(second), {item: 30})
        self.assertEqual((second.amount_disputed, invoice.disputed_amount), (30, 100))
        self.assertIn(first.name, second.warning)
        self.assertIn("No more than", second.warning)
        self.assertNotIn("No more than", first.warning)
        self._resolve(first, "withdrawn")
        self.assertEqual(self._held(second), {item: 60})
        third = self._dispute(invoice)
        self.assertEqual(self._held(third), {item: 40})
        with self._frozen(DAY):
            first.action_reopen()
        self.assertEqual(self._held(first), {item: 70})
        self.assertEqual(self._held(second), {item: 30})
        self.assertFalse(self._held(third))
        self.assertEqual(invoice.disputed_amount, 100)

    def test_more_than_the_invoice_is_refused(self):
        invoice = self._new_invoice("2026-03-31")
        with self._refused("only", ValidationError):
            self._dispute(invoice, 100.01)
        with self._refused("only", ValidationError):
            self.dossiers._open(invoice, self.reason, [{"move_id": invoice.id, "amount": 60}] * 2)
        dossier = self._dispute(invoice, 100)
        with self._refused("only", ValidationError), self._frozen(DAY):
            dossier.line_ids.amount = 101
        line = invoice.invoice_line_ids
        part = {"move_id": invoice.id, "invoice_line_id": line.id, "quantity": 2}
        with self._refused("More is disputed", ValidationError):
            self.dossiers._open(invoice, self.reason, [part])

    def test_quantity_of_a_line(self):
        tax = self.company_data["default_tax_sale"]
        line = {"name": "Boxes", "quantity": 4, "price_unit": 25, "tax_ids": [Command.set(tax.ids)]}
        invoice = self._new_invoice(
            "2026-03-31",
            invoice_line_ids=[Command.create(line), Command.create({**line, "quantity": 1})],
        )
        part = {
            "move_id": invoice.id,
            "invoice_line_id": invoice.invoice_line_ids[0].id,
            "quantity": 2,
        }
        with self._frozen(DAY):
            dossier = self.dossiers._open(invoice, self.reason, [part])
        self.assertEqual(dossier.amount_claimed, invoice.invoice_line_ids[0].price_total / 2)
        self.assertEqual(dossier.amount_disputed, dossier.amount_claimed)

    def test_foreign_invoices_are_refused(self):
        invoice = self._new_invoice("2026-03-31")
        stranger = self._new_invoice("2026-03-31", self._new_debtor("Debtor Two"))
        draft = invoice.copy()
        for move in (stranger, draft):
            with self._refused("no posted invoice", ValidationError):
                self._dispute(invoice | move)
        currency = self.setup_other_currency("GBP", rates=[("2020-01-01", 0.5)])
        foreign = self._new_invoice("2026-03-31", currency_id=currency.id)
        with self._refused("one currency", ValidationError):
            self._dispute(invoice | foreign)
        with self.assertRaises(ValidationError):
            self.dossiers.create({"partner_id": self.debtor.id, "reason_id": self.reason.id})

    def test_foreign_currency_counts_in_that_of_the_company_too(self):
        rates = [("2020-01-01", 0.5), ("2026-04-01", 0.4)]
        currency = self.setup_other_currency("GBP", rates=rates)
        invoice = self._new_invoice("2026-03-31", currency_id=currency.id)
        dossier = self._dispute(invoice, 30)
        self.assertEqual(dossier.currency_id, currency)
        self.assertEqual((dossier.amount_disputed, invoice.disputed_amount), (30, 30))
        # At the rate of the day of the dispute; exposure goes by that of the invoice.
        self.assertEqual(dossier.amount_claimed_company, 75)
        position = self.env["credit.exposure"]._get_positions(self.company, self.debtor)
        self.assertAlmostEqual(float(position[self.debtor.id].disputed), 60)

    def test_paid_invoice_has_nothing_to_hold(self):
        invoice = self._new_invoice("2026-03-31")
        self._pay(invoice, 100, "2026-04-01")
        dossier = self._dispute(invoice)
        self.assertFalse(self._held(dossier))
        self.assertEqual((dossier.amount_claimed, dossier.amount_disputed), (100, 0))
        self.assertIn("is paid", dossier.warning)

    def test_outbox_notices_become_obsolete(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        with self._frozen(DAY):
            run = self.env["dunning.run"].create({"date": DAY, "company_id": self.company.id})
            run.action_propose()
            run.action_release()
        [notice] = run.notice_ids
        self._dispute(invoice)
        self._dispute(other, 10)
        with self._frozen(DAY):
            notice._send(self._date(DAY))
        states = {line.move_line_id.move_id: line.state for line in notice.line_ids}
        self.assertEqual(states, {invoice: "obsolete", other: "sent"})
        self.assertEqual(notice.amount_total, 30)

    def test_invoice_is_taken_back_and_posted_again(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        with self._frozen(DAY):
            invoice.button_draft()
            self.assertFalse(self._held(dossier))
            with self._refused("is disputed"):
                invoice.unlink()
            invoice.action_post()
        self.assertEqual(list(self._held(dossier).values()), [30])

    def test_blocks_are_not_lifted_apart(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"))
        with self._refused(dossier.name):
            dossier._get_blocks().action_lift()

    def test_item_in_an_arrangement(self):
        invoice = self._new_invoice("2026-03-31")
        items = self.env["installment.arrangement.item"]
        with self._frozen(DAY):
            arrangement = self.env["installment.arrangement"].create(
                {
                    "partner_id": self.debtor.id,
                    "currency_id": self.company.currency_id.id,
                    "item_ids": [Command.create({"move_line_id": self._items(invoice).id})],
                    "line_ids": [
                        Command.create({"date_due": day, "amount": 50})
                        for day in ("2026-05-01", "2026-06-01")
                    ],
                }
            )
            arrangement._activate()
            self.assertTrue(items.search([("arrangement_id", "=", arrangement.id)]))
        dossier = self._dispute(invoice, 30)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        self.assertEqual(self._reason(invoice, DAY), "block")
        with self._frozen("2026-04-20"):
            arrangement._cancel("No longer")
        self.assertEqual(self._asked(invoice, "2026-04-20"), 70)
        self.assertEqual(dossier.amount_disputed, 30)

    def test_created_by_invoices_alone(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        values = {"reason_id": self.reason.id, "move_ids": [Command.set((invoice | other).ids)]}
        with self._frozen(DAY):
            dossier = self.dossiers.create(values)
            self.assertEqual(dossier.amount_disputed, 140)
            self.assertEqual(dossier.partner_id, self.debtor)
            dossier.move_ids = invoice
        self.assertEqual(self._held(dossier), {self._items(invoice): 0})
        self.assertEqual((dossier.amount_claimed, other.disputed_amount), (100, 0))
        with self._refused("Choose the invoice", ValidationError):
            dossier.line_ids = [Command.clear()]

    def test_opening_items_of_others_are_not_held(self):
        other = self._new_debtor("Debtor Two")
        account = self.company_data["default_account_receivable"].id
        revenue = self.company_data["default_account_revenue"].id
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-01-01",
                "line_ids": [
                    Command.create({"account_id": account, "partner_id": who.id, "debit": 50})
                    for who in (self.debtor, other)
                ]
                + [Command.create({"account_id": revenue, "credit": 100})],
            }
        )
        entry.action_post()
        self.company.dispute_window_days = 0
        dossier = self._dispute(entry, partner_id=other.id)
        [item] = self._held(dossier)
        self.assertEqual((item.partner_id, dossier.amount_disputed), (other, 50))
        with self._refused("only", ValidationError):
            self._dispute(entry, 60, partner_id=other.id)
