from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningItem(CreditManagementCommon):
    """The decision as a list: the same answers, searchable and groupable."""

    def test_list_shows_what_the_decision_says(self):
        due = self._new_invoice("2026-03-31", amount=100)
        waiting = self._new_invoice("2026-05-20", amount=50)
        held = self._new_invoice("2026-03-31", partner=self._new_debtor("Two"), sent=False)
        with self._frozen("2026-04-10"):
            items = self.env["dunning.item"].with_user(self.collector).search([])
            by_move = {item.move_id: item for item in items}
            self.assertEqual(set(by_move), {due, waiting, held})
            self.assertEqual(by_move[due].outcome, "remind")
            self.assertEqual(by_move[due].days_overdue, 10)
            self.assertEqual(by_move[waiting].days_overdue, 0)
            self.assertEqual(by_move[held].reason, "not_delivered")
            for move, item in by_move.items():
                self.assertEqual(item._get_decision(), self._decision(move, "2026-04-10"))
                self.assertEqual(item.explanation, move.dunning_explanation)

    def test_search_and_group_by_reason(self):
        self._new_invoice("2026-03-31", amount=100)
        self._new_invoice("2026-03-30", amount=20)
        self._new_invoice("2026-03-31", amount=5, partner=self._new_debtor("Two"), sent=False)
        with self._frozen("2026-04-10"):
            items = self.env["dunning.item"].with_user(self.collector)
            self.assertEqual(
                items._read_group([], ["reason"], ["__count", "amount:sum"]),
                [("not_delivered", 1, 5), ("remind", 2, 120)],
            )
            self.assertEqual(items.search_count([("outcome", "=", "block")]), 1)
            self.assertEqual(
                items.with_context(dunning_debtor_ids=self.debtor.ids).search_count([]), 2
            )

    def test_coming_days_follow_the_calendar(self):
        self._new_invoice("2026-03-31")
        later = self._new_invoice("2026-05-31")
        with self._frozen("2026-03-20"):
            coming = self.env["dunning.item"].search(
                [("reason", "=", "not_yet"), ("planned_date", "<=", "today +14d")]
            )
            self.assertEqual(len(coming), 1)
            self.assertNotIn(later, coming.move_id)

    def test_pause_from_the_list(self):
        invoice = self._new_invoice("2026-03-31")
        with self._frozen("2026-04-10"):
            item = self.env["dunning.item"].search([("move_id", "=", invoice.id)])
            context = item.action_pause()["context"]
            self.env["dunning.block"].with_context(**context).create({"reason": "Called"})
            self.assertEqual(self._reason(invoice, "2026-04-10"), "block")

    def test_pause_of_an_invoice_with_several_due_dates(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 7}),
                ],
            }
        )
        invoice = self._new_invoice(
            "2026-03-31", invoice_date="2026-03-01", invoice_payment_term_id=term.id
        )
        other = self._new_invoice("2026-03-31")
        context = invoice.action_pause_dunning()["context"]
        with self._frozen("2026-04-10"):
            block = self.env["dunning.block"].with_context(**context).create({"reason": "R"})
        self.assertEqual(block.move_line_id, self._items(invoice)[:1])
        decisions = self._decisions("2026-04-10")
        for item in self._items(invoice):
            self.assertEqual(decisions[item.id].reason, "block")
        self.assertEqual(decisions[self._items(other).id].reason, "remind")

    def test_access_and_companies(self):
        self._new_invoice("2026-03-31")
        other = self.setup_other_company(name="Other Seller")["company"]
        with self.assertRaises(AccessError):
            self.env["dunning.item"].with_user(self.salesman).search([])
        elsewhere = self.env["dunning.item"].with_context(allowed_company_ids=other.ids)
        self.assertFalse(elsewhere.sudo().search([]))
