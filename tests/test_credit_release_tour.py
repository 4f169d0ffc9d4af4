from odoo.tests import HttpCase, tagged

from .test_credit_hold import CreditHoldCommon

QUEUE = "/odoo/action-account_credit_management.action_credit_release"


@tagged("post_install", "-at_install")
class TestCreditReleaseTour(HttpCase, CreditHoldCommon):
    """A salesperson and a credit manager at work on a held order, in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("limit")
        cls._limit(100)
        cls.company.credit_user_id = cls.manager
        cls.salesman.password = "acm_salesman"
        cls.manager.password = "acm_credit_manager"

    def _tour(self, tour, user, path):
        self.start_tour(f"{path}?cids={self.company.id}", tour, login=user.login)
        self.env.invalidate_all()

    def _order_path(self, order):
        return f"/odoo/action-sale.action_quotations/{order.id}"

    def test_held_order_is_asked_for_released_and_confirmed(self):
        order = self._order(500)
        self._tour("credit_release_ask", self.salesman, self._order_path(order))
        release = order.credit_release_ids
        self.assertEqual((release.state, release.reason), ("requested", "He pays on Friday"))
        self.assertEqual(release.requested_by_id, self.salesman)
        self.assertEqual(order.state, "draft")
        self._tour("credit_release_decide", self.manager, QUEUE)
        self.assertEqual((release.state, release.mode), ("released", "once"))
        self.assertEqual(release.decided_by_id, self.manager)
        self._tour("credit_release_use", self.salesman, self._order_path(order))
        self.assertEqual((order.state, release.state), ("sale", "used"))

    def test_declined_order_is_not_confirmed(self):
        order = self._order(500)
        release = self._ask(order)
        self._tour("credit_release_decline", self.manager, QUEUE)
        self.assertEqual(release.state, "declined")
        self.assertEqual(release.decision_note, "First the old invoices")
        self._tour("credit_release_declined", self.salesman, self._order_path(order))
        self.assertEqual(order.state, "draft")
