from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_credit_gates import CRITERIA, CreditGatesCommon


@tagged("post_install", "-at_install")
class TestCreditDelivery(CreditGatesCommon):
    """Goods do not leave to a debtor who is held. Only where the inventory is installed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "stock.picking" not in cls.env or "sale_id" not in cls.env["stock.picking"]._fields:
            cls.skipTest(cls, "The inventory is not installed")
        cls.env.user.group_ids += cls.env.ref("stock.group_stock_user")
        cls.product.is_storable = True

    def _confirmed(self, amount=100.0):
        order = self._order(amount)
        order.action_confirm()
        return order, self._picking(order)

    def _picking(self, order):
        picking = order.sudo().picking_ids
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        return picking

    def test_delivery_waits_for_a_release_and_not_for_the_limit(self):
        self._rule("limit")
        self._rule("manual")
        self._limit(100)
        order, picking = self._confirmed()
        _other, free = self._confirmed(0)
        self._limit(1)
        free.button_validate()
        self.assertEqual(free.state, "done", "the limit is not asked again")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        order.invalidate_recordset()
        self.assertEqual(order.credit_state, "approve")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            picking.button_validate()
        self.env.invalidate_all()
        self.assertNotEqual(picking.state, "done")
        release = self._ask(order)
        self.assertEqual(release.amount, 0)
        self._decide(release)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_receipts_and_other_debtors_pass(self):
        self._rule("manual")
        _order, picking = self._confirmed()
        other = self._new_debtor("Debtor Two")
        other.with_user(self.collector)._set_credit_hold("Wait")
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_order_released_before_is_delivered(self):
        self._rule("manual")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        order = self._order(100)
        self._decide(self._ask(order))
        order.action_confirm()
        picking = self._picking(order)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_every_criterion_at_the_door(self):
        """All but the limit is asked again when goods leave."""
        for name, action, sentence in self._cases():
            picking = self._picking(self._new_order(name))
            message = self._held(picking.button_validate)
            if action == "inform" or name == "limit":
                self.assertIsNone(message)
                self.assertEqual(picking.state, "done")
            else:
                self.assertIn(sentence, message or "")
                self.assertNotEqual(picking.state, "done")

    def test_goods_wait_for_the_prepayment(self):
        order, picking = self._confirmed()
        self._rule("prepayment", prepayment_percentage=30)
        order.invalidate_recordset()
        self.assertEqual(order.credit_state, "approve")
        self._transaction(order.sudo(), 29)
        self.env.invalidate_all()
        message = self._held(picking.button_validate)
        self.assertIn("A prepayment of 30 % is required", message or "")
        self.assertNotEqual(picking.state, "done")
        release = self._ask(order)
        self._transaction(order.sudo(), 1)
        self.env.invalidate_all()
        self.assertEqual(order.credit_state, "ok")
        release._cure()
        self.assertEqual(release.state, "cured")
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_prepayment_that_was_released_is_not_asked_again(self):
        self._rule("prepayment", prepayment_percentage=30)
        order = self._order(100)
        self._decide(self._ask(order))
        order.action_confirm()
        picking = self._picking(order)
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_goods_wait_when_cover_or_check_lapsed_after_the_confirmation(self):
        for name, model, values in (
            ("cover", "credit.cover", {"amount": 500, "date_from": "2026-01-01"}),
            ("check", "credit.assessment", {"source": "Agency", "date": "2026-01-01"}),
        ):
            with self.subTest(criterion=name):
                debtor = self._new_debtor(f"Lapses: {name}")
                self._rule(name, debtor_domain=f"[('id', '=', {debtor.id})]")
                file = self.env[model].create(
                    {
                        "partner_id": debtor.id,
                        "company_id": self.company.id,
                        "date_to": "2026-06-30",
                        **values,
                    }
                )
                order = self._order(100, debtor)
                order.action_confirm()
                picking = self._picking(order)
                with self._frozen("2026-07-01"):
                    self.env.invalidate_all()
                    self.assertIn(CRITERIA[name][1], self._held(picking.button_validate) or "")
                    self.assertNotEqual(picking.state, "done")
                    file.date_to = "2026-07-31"
                    self.env.invalidate_all()
                    picking.button_validate()
                self.assertEqual(picking.state, "done")

    def test_delivery_above_the_limit_can_be_released(self):
        """The limit refuses new orders only: neither what was confirmed nor its release."""
        self._rule("manual")
        order, picking = self._confirmed()
        self._rule("limit", "refuse")
        self._limit(1)
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        self.env.invalidate_all()
        release = self._ask(order)
        self._decide(release)
        self.assertEqual(release.criteria, "manual")
        picking.button_validate()
        self.assertEqual(picking.state, "done")
