from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_credit_management.models.credit_check import DELIVERY_CRITERIA

from .test_credit_gates import CreditGatesCommon


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
        picking = order.sudo().picking_ids
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        return order, picking

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
        picking = order.sudo().picking_ids
        picking.move_ids.quantity = 1
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")

    def test_every_criterion_at_the_door(self):
        """Only what is about payments and the debtor himself is asked again when goods leave."""
        for name, action, sentence in self._cases():
            picking = self._new_order(name).sudo().picking_ids
            picking.move_ids.quantity = 1
            picking.move_ids.picked = True
            message = self._held(picking.button_validate)
            if action == "inform" or name not in DELIVERY_CRITERIA:
                self.assertIsNone(message)
                self.assertEqual(picking.state, "done")
            else:
                self.assertIn(sentence, message or "")
                self.assertNotEqual(picking.state, "done")
