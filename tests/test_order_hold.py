from odoo import Command
from odoo.tests import Form, tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestOrderHold(CreditManagementCommon):
    """Salespeople see that new orders of a debtor have to wait, and why; nothing is stopped."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels["reminder"].hold_orders = True
        cls.contact = cls.env["res.partner"].create({"name": "P", "parent_id": cls.debtor.id})
        cls.product = cls.env["product.product"].create({"name": "Goods", "list_price": 10})

    def _new_order(self, partner=None, **values):
        return (
            self.env["sale.order"]
            .sudo()
            .with_company(self.company)
            .create(
                {
                    "partner_id": (partner or self.debtor).id,
                    "company_id": self.company.id,
                    "order_line": [Command.create({"product_id": self.product.id})],
                    **values,
                }
            )
        )

    def _on_hold(self, partner):
        partner = partner.with_company(self.company)
        partner.invalidate_recordset()
        held = self.env["res.partner"].with_company(self.company)
        found = held.search([("dunning_order_hold", "=", True), ("id", "=", partner.id)])
        other = held.search([("dunning_order_hold", "!=", True), ("id", "=", partner.id)])
        self.assertEqual(bool(found), partner.dunning_order_hold)
        self.assertEqual(bool(other), not partner.dunning_order_hold)
        return partner.dunning_order_hold

    def test_hold_begins_with_the_sending_and_ends_with_the_payment(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self.assertFalse(self._on_hold(self.debtor))
        with self._frozen("2026-04-08"):
            run = self.env["dunning.run"]._propose_automatically(self.company, self._day(8))
        self.assertEqual(run.notice_ids.level_id, self.levels["reminder"])
        self.assertFalse(self._on_hold(self.debtor), "Proposed is not sent")
        run.notice_ids._send(self._day(8))
        for partner in (self.debtor, self.contact):
            self.assertTrue(self._on_hold(partner))
        self.assertFalse(self._on_hold(self._new_debtor("Debtor Two")))
        self._pay(invoice, 40, "2026-04-09")
        self.assertTrue(self._on_hold(self.debtor), "A part is still open")
        self._pay(invoice, 60, "2026-04-09")
        self.assertFalse(self._on_hold(self.debtor))

    def _day(self, day):
        return self.company._get_dunning_today().replace(year=2026, month=4, day=day)

    def test_hold_goes_on_at_later_levels(self):
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        self._run_day("2026-04-22")
        self.assertFalse(self.levels["firm"].hold_orders)
        self.assertTrue(self._on_hold(self.debtor))
        self.assertEqual(self.debtor.dunning_hold_level_id, self.levels["reminder"])

    def test_level_without_hold_holds_nothing(self):
        self.levels["reminder"].hold_orders = False
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        self.assertFalse(self._on_hold(self.debtor))

    def test_withdrawn_reminder_holds_nothing(self):
        self._new_invoice("2026-03-31")
        notice = self._run_day("2026-04-08")
        self.assertTrue(self._on_hold(self.debtor))
        notice._transition("corrected")
        self.assertFalse(self._on_hold(self.debtor))

    def test_salesperson_reads_it_in_one_sentence_and_may_confirm(self):
        invoice = self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        order = self._new_order(self.contact, user_id=self.salesman.id)
        order = order.sudo(False).with_user(self.salesman)
        self.assertTrue(order.dunning_order_hold)
        self.assertEqual(
            order.dunning_hold_warning,
            f"On hold: “Reminder” was sent on 04/08/2026 for {invoice.name}. "
            "Agree with accounting before delivering.",
        )
        with Form(order) as form:
            self.assertIn("On hold", form.dunning_hold_warning)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        other = self._new_order(self._new_debtor("Debtor Two"))
        self.assertFalse(other.dunning_order_hold)
        self.assertFalse(other.dunning_hold_warning)

    def test_quotations_are_found_by_hold(self):
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        held = self._new_order(self.contact)
        free = self._new_order(self._new_debtor("Debtor Two"))
        orders = self.env["sale.order"].sudo().with_company(self.company)
        domain = [("id", "in", (held | free).ids)]
        self.assertEqual(orders.search([("dunning_order_hold", "=", True), *domain]), held)
        self.assertEqual(orders.search([("dunning_order_hold", "=", False), *domain]), free)

    def test_hold_is_of_the_company_that_was_not_paid(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        self.assertTrue(self._on_hold(self.debtor))
        self.assertFalse(self.debtor.with_company(other).dunning_order_hold)
        mine = self._new_order()
        theirs = self._new_order(company_id=other.id)
        self.assertTrue(mine.dunning_order_hold)
        self.assertFalse(theirs.dunning_order_hold)
        both = (
            self.env["sale.order"]
            .sudo()
            .with_context(allowed_company_ids=(self.company | other).ids)
        )
        found = both.search([("dunning_order_hold", "=", True), ("id", "in", (mine | theirs).ids)])
        self.assertEqual(found, mine)

    def test_standard_policy_holds_from_the_final_notice_on(self):
        holding = self.policy.level_ids.filtered("hold_orders") - self.levels["reminder"]
        self.assertEqual(holding.mapped("stage"), ["final", "handover"])
