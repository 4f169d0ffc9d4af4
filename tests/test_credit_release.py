from unittest.mock import patch

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_credit_hold import CreditHoldCommon

LOGGER = "odoo.addons.account_credit_management.models.credit_release_review"


@tagged("post_install", "-at_install")
class TestCreditRelease(CreditHoldCommon):
    """Asking for a release, deciding on it, and what it is good for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule("limit")
        cls._limit(100)
        cls.company.credit_user_id = cls.manager

    def test_salesperson_asks_and_manager_releases_once(self):
        order = self._order(500)
        with self.assertRaises(RedirectWarning) as caught, self.env.cr.savepoint():
            order.action_confirm()
        self.assertEqual(caught.exception.args[1]["res_model"], "credit.release.ask")
        release = self._ask(order)
        self.assertEqual((release.state, release.amount), ("requested", 500))
        self.assertEqual(release.requested_by_id, self.salesman)
        self.assertEqual(release.activity_ids.user_id, self.manager)
        self.assertEqual((release.limit, release.available), (100, 100))
        self.assertIn("He pays on Friday", "".join(order.message_ids.mapped("body")))
        self._assert_held(order)
        self._decide(release)
        self.assertEqual((release.state, release.decided_by_id), ("released", self.manager))
        self.assertEqual(release.decision_figures["limit"], 100)
        self.assertFalse(release.activity_ids)
        self.assertEqual(order.sudo().activity_ids.user_id, self.salesman)
        self.assertIn("Agreed by phone", "".join(order.message_ids.mapped("body")))
        self.assertEqual(order.credit_state, "released")
        order.action_confirm()
        self.assertEqual((order.state, release.state), ("sale", "used"))
        self.assertFalse(order.sudo().activity_ids)
        self.assertEqual(order.sudo().credit_figures["release"], release.id)
        self._assert_held(self._order(1))

    def test_release_is_for_what_was_asked(self):
        order = self._order(500)
        release = self._ask(order)
        self._decide(release)
        order.order_line.price_unit = 501
        self._assert_held(order)
        order.order_line.price_unit = 500
        self._rule("manual")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        order.invalidate_recordset()
        self._assert_held(order, "Wait")
        self.debtor.with_user(self.collector).action_end_credit_hold()
        order.invalidate_recordset()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_amendment_of_a_released_order_needs_another_release(self):
        order = self._order(500)
        self._decide(self._ask(order))
        order.action_confirm()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.order_line.price_unit = 600
        self.env.invalidate_all()
        release = self._ask(order, amount=100)
        self.assertEqual((release.amount, release.state), (100, "requested"))
        self._decide(release)
        order.order_line.price_unit = 600
        self.assertEqual((order.amount_total, release.state), (600, "used"))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.order_line.price_unit = 601

    def test_release_until_a_day(self):
        with self._frozen("2026-05-01"):
            release = self._ask(self._order(500))
            with self.assertRaises(UserError):
                self._decide(release, mode="date", date_to="2026-04-30")
            self._decide(release, mode="date", date_to="2026-05-31")
        with self._frozen("2026-05-31"):
            for _number in range(2):
                order = self._order(500)
                order.action_confirm()
                self.assertEqual(order.state, "sale")
        with self._frozen("2026-06-01"):
            self._assert_held(self._order(1))
            self.env["credit.release"].search(
                self.env["credit.release"]._get_overtaken_domain()
            )._lapse()
            self.assertEqual(release.state, "lapsed")

    def test_release_up_to_an_amount(self):
        release = self._ask(self._order(500))
        self._decide(release, mode="amount", amount_limit=600)
        self._order(350).action_confirm()
        self.assertEqual((release.state, release.amount_used), ("released", 350))
        self._assert_held(self._order(251))
        self._order(250).action_confirm()
        self.assertEqual((release.state, release.amount_used), ("used", 600))
        self._assert_held(self._order(1))

    def test_declined(self):
        order = self._order(500)
        release = self._ask(order)
        wizard = (
            self.env["credit.release.decide"]
            .with_user(self.manager)
            .create({"release_id": release.id, "note": "First the old ones"})
        )
        wizard.action_decline()
        self.assertEqual(release.state, "declined")
        self.assertIn("First the old ones", "".join(order.message_ids.mapped("body")))
        self.assertEqual(order.sudo().activity_ids.summary, "Release declined")
        self._assert_held(order)
        with self.assertRaises(UserError):
            self._decide(release)

    def test_a_reason_is_always_asked(self):
        order = self._order(500)
        with self.assertRaises(UserError):
            self._ask(order, reason=" ")
        release = self._ask(order)
        with self.assertRaises(UserError):
            self._decide(release, note=" ")

    def test_nothing_to_release(self):
        with self.assertRaises(UserError):
            self._ask(self._order(50))

    def test_refused_orders_are_not_released(self):
        order = self._order(500)
        release = self._ask(order)
        self._rule("limit", "refuse")
        order.invalidate_recordset()
        with self.assertRaises(UserError):
            self._decide(release)
        self.assertEqual(release.state, "requested")
        self._assert_held(order, "cannot be confirmed")

    def test_manager_passes_only_by_releasing_with_a_reason(self):
        self.manager.group_ids += self.env.ref("sales_team.group_sale_manager")
        order = self._order(500, user=self.manager)
        self._assert_held(order, "needs a release")
        release = self._ask(order, self.manager, "Old friend")
        self._decide(release, self.manager, note="Old friend")
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_large_releases_need_another_manager_than_who_asked(self):
        self.manager.group_ids += self.env.ref("sales_team.group_sale_manager")
        self.company.credit_max_manager = 400
        release = self._ask(self._order(500), self.manager)
        for values in (
            {},
            {"mode": "date", "date_to": "2099-01-01"},
            {"mode": "amount", "amount_limit": 401},
        ):
            with self.assertRaises(UserError):
                self._decide(release, self.manager, **values)
        with self.assertRaises(UserError):
            release.with_user(self.manager).sudo()._release("once", "Under sudo")
        self.assertEqual(release.state, "requested")
        self._decide(release, self.second_manager)
        self.assertEqual(release.decided_by_id, self.second_manager)

    def test_rights(self):
        release = self._ask(self._order(500))
        for user in (self.salesman, self.collector, self.manager):
            own = release.with_user(user)
            self.assertEqual(own.state, "requested")
            with self.assertRaises(AccessError):
                own.write({"state": "released", "mode": "once"})
            with self.assertRaises(AccessError):
                own.unlink()
            with self.assertRaises(AccessError):
                self.env["credit.release"].with_user(user).create(
                    {
                        "partner_id": self.debtor.id,
                        "company_id": self.company.id,
                        "state": "released",
                    }
                )
        for user in (self.salesman, self.collector):
            with self.assertRaises(AccessError):
                release.with_user(user).sudo()._release("once", "Please")
            with self.assertRaises(AccessError):
                self.env["credit.release.decide"].with_user(user).create({"release_id": release.id})
            with self.assertRaises(AccessError):
                self.env["credit.hold.rule"].with_user(user).search([]).write({"action": "inform"})
        self.assertEqual(release.state, "requested")
        release.with_user(self.manager).message_post(body="Who knows more?")

    def test_payment_cures_and_tells_the_salesperson(self):
        invoice = self._new_invoice("2026-12-31", amount=90)
        order = self._order(50)
        release = self._ask(order)
        cron = self.env.ref("account_credit_management.ir_cron_credit_release")
        triggers = self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)])
        release._cure()
        self.assertEqual(release.state, "requested")
        self._pay(invoice, 90, "2026-11-22")
        self.assertGreater(
            self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)]), triggers
        )
        self.assertEqual((release.state, order.state), ("requested", "draft"))
        release._cure()
        self.assertEqual((release.state, order.state), ("cured", "draft"))
        self.assertEqual(order.sudo().activity_ids.summary, "Can be confirmed now")
        self.assertEqual(order.sudo().activity_ids.user_id, self.salesman)
        self.assertFalse(release.activity_ids)
        order.invalidate_recordset()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_request_that_fails_does_not_stop_the_others(self):
        releases = self.env["credit.release"]
        orders = [self._order(500) for _number in range(3)]
        first, poisoned, last = (self._ask(order) for order in orders)
        self._limit(0)
        check = type(releases)._get_current_check

        def fail(release):
            if release == poisoned:
                release.env.cr.execute("SELECT 1 / 0")
            return check(release)

        cron = self.env.ref("account_credit_management.ir_cron_credit_release")
        with (
            patch.object(type(releases), "_get_current_check", fail),
            mute_logger("odoo.sql_db"),
            self.assertLogs(LOGGER, "ERROR") as logs,
            self.enter_registry_test_mode(),
        ):
            cron.method_direct_trigger()
        self.env.invalidate_all()
        states = [release.state for release in (first, poisoned, last)]
        self.assertEqual(states, ["cured", "requested", "cured"])
        self.assertEqual(len(logs.output), 1)
        self.assertIn(poisoned.name, logs.output[0])
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(poisoned.state, "cured")

    def test_payment_of_somebody_else_triggers_nothing(self):
        self._ask(self._order(500))
        other = self._new_debtor("Debtor Two")
        invoice = self._new_invoice("2026-12-31", other)
        cron = self.env.ref("account_credit_management.ir_cron_credit_release")
        triggers = self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)])
        self._pay(invoice, 100, "2026-11-22")
        self.assertEqual(
            self.env["ir.cron.trigger"].sudo().search_count([("cron_id", "=", cron.id)]), triggers
        )

    def test_request_of_a_cancelled_order_lapses(self):
        order = self._order(500)
        release = self._ask(order)
        order._action_cancel()
        self.env["credit.release"].search(
            self.env["credit.release"]._get_overtaken_domain()
        )._lapse()
        self.assertEqual(release.state, "lapsed")
        self.assertFalse(release.activity_ids)

    def test_held_debtor_is_released_without_an_order(self):
        self._rule("manual")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        release = self._ask(self.debtor, amount=50)
        self.assertEqual((release.partner_id, release.amount), (self.debtor, 50))
        self.assertFalse(release.order_id)
        self._decide(release, mode="amount", amount_limit=50)
        order = self._order(50)
        order.action_confirm()
        self.assertEqual((order.state, release.state), ("sale", "used"))
        self._assert_held(self._order(10), "Wait")

    def test_release_of_another_company_is_worth_nothing(self):
        release = self._ask(self._order(500))
        self._decide(release, self.second_manager, mode="amount", amount_limit=9000)
        other = self.setup_other_company(name="Other Seller")["company"]
        release.sudo().company_id = other
        self._assert_held(self._order(500))
        self.assertFalse(
            self.env["credit.release"]
            .with_user(self.manager)
            .with_context(allowed_company_ids=self.company.ids)
            .search([("id", "=", release.id)])
        )
