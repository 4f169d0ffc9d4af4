from odoo.tests import HttpCase, tagged

from .test_credit_hold import SIGNATURE, CreditHoldCommon


@tagged("post_install", "-at_install")
class TestCreditPortal(CreditHoldCommon, HttpCase):
    """What a customer sees whose order is held: that it was received, and nothing of why."""

    def test_customer_signs_and_reads_that_the_order_was_received(self):
        self._rule("limit")
        self._limit(10)
        order = self._order(100, require_signature=True, require_payment=False).sudo()
        order.action_quotation_sent()
        token = order._portal_ensure_token()
        self.env.flush_all()
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": token, "name": "Buyer", "signature": SIGNATURE.decode()},
        )
        self.assertTrue(answer["force_refresh"])
        order.invalidate_recordset()
        self.assertEqual(order.state, "sent")
        self.assertEqual(order.credit_release_ids.state, "requested")
        page = self.url_open(answer["redirect_url"]).text
        self.assertIn("We have received your order and will confirm it shortly.", page)
        self.assertNotIn("exceeded", page)
        self.assertNotIn("has been confirmed", page)

    def test_customer_in_order_signs_and_the_order_is_confirmed(self):
        self._rule("limit")
        order = self._order(100, require_signature=True, require_payment=False).sudo()
        order.action_quotation_sent()
        token = order._portal_ensure_token()
        self.env.flush_all()
        answer = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": token, "name": "Buyer", "signature": SIGNATURE.decode()},
        )
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")
        page = self.url_open(answer["redirect_url"]).text
        self.assertNotIn("will confirm it shortly", page)
