import threading
from contextlib import contextmanager

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, Form, get_db_name, tagged
from odoo.tools import mute_logger

from .common import CreditManagementCommon

HELD = (UserError, RedirectWarning)
# One transparent pixel.
SIGNATURE = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E"
    b"rkJggg=="
)


class CreditHoldCommon(CreditManagementCommon):
    """Rules of a company of its own, and orders to be held."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.product = cls.env["product.product"].create(
            {"name": "Goods", "list_price": 100, "taxes_id": [], "invoice_policy": "order"}
        )
        cls.second_manager = cls._new_user(
            "second_manager", "account_credit_management.group_manager"
        )

    @classmethod
    def _rule(cls, criterion, action="approve", **values):
        return cls.env["credit.hold.rule"].create(
            {"criterion": criterion, "action": action, "company_id": cls.company.id, **values}
        )

    @classmethod
    def _limit(cls, amount, partner=None):
        partner = (partner or cls.debtor).with_company(cls.company)
        partner.with_user(SUPERUSER_ID).credit_limit = amount

    def _order(self, amount=100.0, partner=None, user=None, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": (partner or self.debtor).id,
                "company_id": self.company.id,
                "user_id": self.salesman.id,
                "order_line": [self._line(amount)],
                **values,
            }
        )
        return order.with_user(user or self.salesman)

    def _line(self, amount, quantity=1):
        return Command.create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "price_unit": amount / quantity,
                "tax_ids": [],
            }
        )

    def _assert_held(self, order, text=""):
        try:
            with self.env.cr.savepoint():
                order.action_confirm()
        except HELD as error:
            message = str(error.args[0])
        else:
            self.fail("It was confirmed")
        self.env.invalidate_all()
        self.assertNotIn("sale", order.mapped("state"))
        self.assertIn(text, message)
        return message

    def _ask(self, order, user=None, reason="He pays on Friday", **values):
        action = order.with_user(user or self.salesman).action_ask_credit_release()
        ask = (
            self.env["credit.release.ask"]
            .with_user(user or self.salesman)
            .with_context(**action["context"])
            .create({"reason": reason, **values})
        )
        ask.action_ask()
        return self.env["credit.release"].search([], order="id desc", limit=1)

    def _decide(self, release, user=None, mode="once", note="Agreed by phone", **values):
        wizard = (
            self.env["credit.release.decide"]
            .with_user(user or self.manager)
            .create({"release_id": release.id, "mode": mode, "note": note, **values})
        )
        wizard.action_release()
        release.invalidate_recordset()

    def _transaction(self, order, amount):
        provider = self.env["payment.provider"].sudo().search([("code", "=", "none")], limit=1)
        provider = provider.copy({"company_id": self.company.id})
        method = self.env["payment.method"].sudo().search([], limit=1)
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "amount": amount,
                    "currency_id": order.currency_id.id,
                    "partner_id": self.debtor.id,
                    "reference": f"T{order.id}-{amount}",
                    "operation": "online_direct",
                    "state": "done",
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
        )


@tagged("post_install", "-at_install")
class TestCreditHold(CreditHoldCommon):
    """Every gate, with every criterion."""

    # === CRITERIA ===#
    def test_debtor_without_limit_passes(self):
        self.env["credit.hold.rule"].with_context(active_test=False).search([]).active = True
        order = self._order(1000000)
        self.assertEqual(order.credit_state, "ok")
        self.assertFalse(order.credit_message)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self._order(1000000).action_confirm()

    def test_default_rules_are_active(self):
        rules = (
            self.env["credit.hold.rule"]
            .with_context(active_test=False)
            .search([("company_id", "=", False)])
        )
        actions = {rule.criterion: rule.action for rule in rules}
        self.assertEqual(
            actions,
            {
                "limit": "approve",
                "days_overdue": "inform",
                "status": "refuse",
                "manual": "approve",
                "level": "approve",
                "cover": "inform",
                "check": "inform",
            },
        )

    def test_order_above_the_limit_is_held(self):
        self._rule("limit")
        self._limit(1000)
        self._order(700).action_confirm()
        order = self._order(301)
        self.assertEqual(order.credit_state, "approve")
        self._assert_held(order, "is exceeded by $\xa01.00")
        fitting = self._order(300)
        self.assertEqual(fitting.credit_state, "ok")
        fitting.action_confirm()
        self.assertEqual(fitting.state, "sale")
        figures = fitting.sudo().credit_figures
        self.assertEqual(
            (figures["limit"], figures["exposure"], figures["amount"]), (1000, 700, 300)
        )

    def test_tolerance(self):
        rule = self._rule("limit", amount=50)
        self._limit(1000)
        self._order(1050).action_confirm()
        self._assert_held(self._order(1))
        rule.write({"amount": 0, "percentage": 10})
        self._order(50).action_confirm()
        self._assert_held(self._order(1))

    def test_inform_holds_nothing(self):
        self._rule("limit", "inform")
        self._limit(10)
        order = self._order(100)
        self.assertEqual(order.credit_state, "inform")
        self.assertIn("exceeded by", order.credit_message)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_overdue_debtor_is_held_until_money_came(self):
        self._rule("days_overdue", days=30)
        self._new_invoice("2026-03-31", amount=500)
        with self._frozen("2026-04-30"):
            self.assertEqual(self._order().credit_state, "ok")
        with self._frozen("2026-05-01"):
            order = self._order()
            self._assert_held(order, "31 days late")
            self._receive(499, "2026-05-01")
            self._assert_held(order)
            self._receive(1, "2026-05-01")
            order.invalidate_recordset()
            order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_overdue_amount_and_its_tolerance(self):
        self._rule("overdue_amount", "refuse", amount=100, days=10)
        self._new_invoice("2026-03-31", amount=100)
        with self._frozen("2026-05-01"):
            self._order().action_confirm()
            self._new_invoice("2026-03-31", amount=1)
            self._assert_held(self._order(), "Too much is overdue")
        with self._frozen("2026-04-10"):
            self._order().action_confirm()

    def test_debtor_status_and_manual_hold(self):
        self._rule("status", "refuse")
        self._rule("manual")
        self.debtor.with_user(self.collector)._set_credit_hold("Disputes everything")
        order = self._order()
        self._assert_held(order, "Disputes everything")
        self.assertTrue(self.debtor.with_company(self.company).credit_hold)
        self.debtor.with_user(self.collector).action_end_credit_hold()
        self.assertFalse(self.debtor.credit_hold)
        self.debtor.write({"debtor_status": "bankruptcy", "debtor_status_date": "2026-01-15"})
        message = self._assert_held(order, "cannot be confirmed")
        self.assertIn("do not deliver on account", message)
        with self.assertRaises(UserError):
            self._ask(order)

    def test_salesperson_cannot_hold_or_end_a_hold(self):
        self.debtor.with_user(self.collector)._set_credit_hold("Why not")
        salesperson = self.debtor.with_user(self.salesman)
        for values in ({"credit_hold_manual": False}, {"credit_hold_manual_reason": "x"}):
            with self.assertRaises(AccessError):
                salesperson.write(values)
        with self.assertRaises(AccessError):
            salesperson.action_end_credit_hold()

    def test_level_reached(self):
        self._rule("level", stage="firm")
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        order = self._order()
        self.assertEqual(order.credit_state, "ok")
        self._run_day("2026-04-22")
        order.invalidate_recordset()
        self._assert_held(order, "no payment after the reminder")

    def test_several_causes_name_the_debtor_once(self):
        self._limit(10)
        self._rule("limit")
        order = self._order(100)
        self.assertEqual(
            order.credit_message, "Debtor One: The credit limit is exceeded by $\xa090.00."
        )
        for criterion in ("days_overdue", "overdue_amount", "check", "manual"):
            self._rule(criterion, "inform")
        self._rule("cover", "refuse")
        self._new_invoice("2026-03-31")
        self.env["credit.cover"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 500,
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
            }
        )
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        order.invalidate_recordset()
        message = order.credit_message
        self.assertEqual(message.count("Debtor One"), 1)
        self.assertTrue(message.startswith("Debtor One: The cover has lapsed. "), "worst first")
        for part in ("is exceeded by", "days late", "Too much", "no valid credit check", "Wait"):
            self.assertIn(part, message)
        partner = self.debtor.with_company(self.company)
        self.assertNotIn("Debtor One", partner.credit_hold_reason, "it is his own form")

    def test_lapsed_cover_and_missing_check(self):
        self._rule("cover")
        self._rule("check", "inform", new_customers_only=True)
        order = self._order()
        self.assertEqual(order.credit_state, "inform")
        self.env["credit.cover"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 500,
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
            }
        )
        order.invalidate_recordset()
        self.assertEqual(order.credit_state, "approve")
        self._assert_held(order, "cover")

    def test_order_within_cover_passes_the_limit(self):
        self._rule("limit")
        group = self.env["credit.group"].create(
            {
                "name": "Group",
                "company_id": self.company.id,
                "partner_ids": [Command.set(self.debtor.ids)],
            }
        )
        group.sudo().with_context(credit_limit_approved=True).credit_limit = 50
        self._assert_held(self._order(100))
        self.env["credit.cover"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 500,
                "date_from": "2025-01-01",
            }
        )
        order = self._order(500)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self._assert_held(self._order(1))

    def test_rules_are_for_whom_they_say(self):
        self._limit(10)
        rule = self._rule("limit", debtor_domain='[("name", "=", "Somebody Else")]')
        self._order(20).action_confirm()
        rule.debtor_domain = '[("name", "=", "Debtor One")]'
        self._assert_held(self._order(20))
        risk = self.env.ref("account_credit_management.credit_risk_class_bad")
        rule.risk_class_ids = risk
        self._order(20).action_confirm()
        self.env["credit.behavior"].sudo().search([("partner_id", "=", self.debtor.id)]).unlink()
        self.env["credit.behavior"].sudo().create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": fields.Date.today(),
                "risk_class_id": risk.id,
            }
        )
        self._assert_held(self._order(20))

    def test_rules_of_the_unknown_hold_new_customers(self):
        """They have no figures yet, and are in a class all the same."""
        self._limit(10)
        rule = self._rule("limit")
        rule.risk_class_ids = self.env.ref("account_credit_management.credit_risk_class_good")
        self._order(20).action_confirm()
        rule.risk_class_ids = self.env.ref("account_credit_management.credit_risk_class_unknown")
        self._assert_held(self._order(20))

    def test_orders_in_another_currency_count_in_that_of_the_company(self):
        self._rule("limit")
        self._limit(100)
        currency = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": currency.id, "company_id": self.company.id}
        )
        order = self._order(200, pricelist_id=pricelist.id)
        self.assertEqual(order.currency_id, currency)
        order.action_confirm()
        self.assertEqual(order.sudo().credit_figures["amount"], 100)
        held = self._order(2, pricelist_id=pricelist.id)
        self._assert_held(held, "exceeded by $\xa01.00")

    def test_rule_of_another_company_holds_nothing(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self._rule("limit").company_id = other
        self._limit(10)
        self._order(20).action_confirm()

    def test_rules_that_make_no_sense(self):
        with self.assertRaises(ValidationError):
            self._rule("level")
        with self.assertRaises(ValidationError):
            self._rule("prepayment", prepayment_percentage=0)
        with self.assertRaises(ValidationError):
            self._rule("limit", debtor_domain="[('no_such_field', '=', 1)]")

    # === WAYS AROUND ===#
    def test_splitting_an_order_does_not_help(self):
        self._rule("limit", minimum_order=500)
        self._limit(100)
        self._order(300).action_confirm()
        self._assert_held(self._order(300))

    def test_mass_confirmation_names_those_that_are_held(self):
        self._rule("limit")
        self._limit(250)
        other = self._new_debtor("Debtor Two")
        orders = self._order(200) | self._order(100) | self._order(100, other)
        message = self._assert_held(orders, orders[1].name)
        self.assertNotIn(orders[0].name, message)
        self.assertNotIn(orders[2].name, message)
        self.assertEqual(set(orders.mapped("state")), {"draft"})
        (orders[0] | orders[2]).action_confirm()
        self.assertEqual(orders.mapped("state"), ["sale", "draft", "sale"])

    def test_import_and_rpc_pass_the_same_gate(self):
        self._rule("limit")
        self._limit(50)
        orders = self.env["sale.order"].with_user(self.salesman)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            orders.create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "state": "sale",
                    "order_line": [self._line(100)],
                }
            )
        order = self._order(100)
        for context in ({}, {"credit_passed": [order.id]}, {"credit_hold_soft": True}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                order.with_context(**context).write({"state": "sale"})
            order.invalidate_recordset()
        order.with_context(credit_hold_soft=True).action_confirm()
        self.assertEqual(order.state, "sent")
        with self.assertRaises(AccessError):
            order.write({"credit_figures": {"limit": 1}})

    def test_amendment_that_raises_the_amount_is_held(self):
        self._rule("limit")
        self._limit(100)
        order = self._order(80)
        order.action_confirm()
        line = order.order_line
        order.order_line.price_unit = 100
        for change in (
            lambda: line.write({"price_unit": 101}),
            lambda: line.write({"product_uom_qty": 2}),
            lambda: order.write({"order_line": [self._line(1)]}),
            lambda: (
                self.env["sale.order.line"]
                .with_user(self.salesman)
                .create({"order_id": order.id, "product_id": self.product.id, "price_unit": 1})
            ),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()
            self.env.invalidate_all()
            self.assertEqual(order.amount_total, 100)
        # Exchanging one thing for another within the amount is no rise, in whatever sequence.
        order.write({"order_line": [self._line(30), Command.update(line.id, {"price_unit": 70})]})
        self.assertEqual(order.amount_total, 100)
        line.price_unit = 20
        self.assertEqual(order.amount_total, 50)

    def test_lowering_is_free_also_above_the_limit(self):
        order = self._order(500)
        order.action_confirm()
        self._rule("limit")
        self._limit(100)
        order.order_line.price_unit = 400
        self.assertEqual(order.amount_total, 400)
        with self.assertRaises(UserError):
            order.order_line.price_unit = 401

    def test_change_of_customer_is_held(self):
        self._rule("limit")
        poor = self._new_debtor("Debtor Two")
        self._limit(10, poor)
        order = self._order(100)
        order.action_confirm()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            order.write({"partner_id": poor.id, "partner_invoice_id": poor.id})
        self.env.invalidate_all()
        self.assertEqual(order.partner_id, self.debtor)

    def test_reopened_order_passes_the_gate_again(self):
        order = self._order(100)
        order.action_confirm()
        order._action_cancel()
        self._rule("limit")
        self._limit(10)
        order.action_draft()
        self._assert_held(order)

    # === ONLINE ===#
    def test_signed_order_stays_a_quotation_and_everybody_knows(self):
        self._rule("limit")
        self._limit(10)
        order = self._order(100).sudo()
        order.write({"signed_by": "Buyer", "signature": SIGNATURE})
        order._validate_order()
        self.assertEqual(order.state, "sent")
        release = order.credit_release_ids
        self.assertEqual((release.state, release.amount), ("requested", 100))
        self.assertEqual(release.activity_ids.user_id, release._get_decider())
        self.assertEqual(order.activity_ids.user_id, self.salesman)
        self.assertTrue(order._is_held_online())
        order._validate_order()
        self.assertEqual(len(order.credit_release_ids), 1, "asked once")
        self.assertEqual(len(order.activity_ids), 1)
        self._limit(0)
        order._validate_order()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order._is_held_online())

    def test_order_paid_online_passes_but_not_a_hold_by_hand(self):
        self._new_invoice("2026-03-31", amount=500)
        self._rule("limit")
        self._rule("days_overdue")
        self._rule("manual")
        self._limit(10)
        order = self._order(100).sudo()
        self._assert_held(order)
        self._transaction(order, 100)._check_amount_and_confirm_order()
        self.assertEqual(order.state, "sale")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        held = self._order(100).sudo()
        transaction = self._transaction(held, 100)
        self.assertFalse(transaction._check_amount_and_confirm_order())
        self.assertEqual(held.state, "sent")
        self.assertEqual(held.credit_release_ids.state, "requested")
        self.assertTrue(held._is_held_online())

    # === PREPAYMENT ===#
    def test_prepayment_is_required_of_new_customers(self):
        self._rule("prepayment", new_customers_only=True, prepayment_percentage=30)
        self._rule("limit")
        self._limit(10)
        order = self._order(1000)
        self.assertTrue(order.require_payment)
        self.assertAlmostEqual(order.prepayment_percent, 0.3 if order.prepayment_percent < 1 else 1)
        self._assert_held(order, "A prepayment of 30 % is required")
        self._transaction(order.sudo(), 299)
        order.invalidate_recordset()
        self._assert_held(order)
        self._transaction(order.sudo(), 1)
        order.invalidate_recordset()
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_prepayment_cannot_be_switched_off_and_ends_with_the_first_payment(self):
        self._rule("prepayment", new_customers_only=True, prepayment_percentage=30)
        order = self._order(1000)
        order.write({"require_payment": False})
        self.assertTrue(order.require_payment)
        small = self._order(0)
        self.assertFalse(small.require_payment)
        small.order_line.price_unit = 50
        self.assertTrue(small.require_payment)
        invoice = self._new_invoice("2026-03-31", amount=10)
        self._pay(invoice, 10, "2026-04-01")
        self.assertFalse(self._order(1000).require_payment)
        order.invalidate_recordset()
        order.action_confirm()

    def test_paid_down_payment_invoice_is_a_prepayment(self):
        self._rule("prepayment", prepayment_percentage=50)
        order = self._order(1000).sudo()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 50,
            }
        )
        invoice = wizard._create_invoices(order)
        invoice.action_post()
        self._assert_held(order.with_user(self.salesman))
        self._pay(invoice, 500, "2026-11-22")
        self.env.invalidate_all()
        order.with_user(self.salesman).action_confirm()
        self.assertEqual(order.state, "sale")

    def test_prepayment_of_some_risk_classes(self):
        bad = self.env.ref("account_credit_management.credit_risk_class_bad")
        self._rule("prepayment", prepayment_percentage=50, risk_class_ids=[Command.set(bad.ids)])
        order = self._order(100)
        self.assertFalse(order.require_payment, "nothing is known of this debtor")
        order.action_confirm()
        self.env["credit.behavior"].sudo().create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": fields.Date.today(),
                "risk_class_id": bad.id,
            }
        )
        order = self._order(100)
        self.assertTrue(order.require_payment)
        self.assertAlmostEqual(order.prepayment_percent, 0.5)
        self._assert_held(order, "A prepayment of 50 % is required")
        self.assertFalse(self._order(100, self._new_debtor("Debtor Two")).require_payment)

    def test_prepayment_from_an_amount(self):
        self._rule("prepayment", prepayment_percentage=25, minimum_order=500)
        order = self._order(499)
        self.assertFalse(order.require_payment)
        large = self._order(500)
        self.assertTrue(large.require_payment)
        self._assert_held(large, "A prepayment of 25 % is required")
        order.action_confirm()
        split = self._order(1)
        self.assertTrue(split.require_payment, "it is the rest of an order of 500")
        self._assert_held(split)
        self._transaction(large.sudo(), 125)
        large.invalidate_recordset()
        large.action_confirm()
        self.assertEqual(large.state, "sale")

    def test_prepayment_that_is_only_told_settles_nothing(self):
        self._rule("prepayment", "inform", prepayment_percentage=30)
        order = self._order(1000)
        self.assertFalse(order.require_payment)
        self.assertIn("A prepayment of 30 % is required", order.credit_message)
        self._rule("limit")
        self._limit(10)
        order.invalidate_recordset()
        self._assert_held(order, "is exceeded by")
        self._transaction(order.sudo(), 300)
        order.invalidate_recordset()
        self.assertNotIn("prepayment", order.credit_message)
        self._assert_held(order, "is exceeded by")

    # === INVOICES ===#
    def test_own_invoice_is_held_and_that_of_an_order_is_not(self):
        order = self._order(100)
        order.action_confirm()
        own = self.init_invoice("out_invoice", partner=self.debtor, amounts=[100], taxes=[])
        self.company.credit_hold_invoices = True
        self._rule("manual", "refuse")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        invoice = order.sudo()._create_invoices()
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertIn(
            "Wait",
            invoice.message_ids[:3].mapped("body")[0] + "".join(invoice.message_ids.mapped("body")),
        )
        with self.assertRaises(UserError), self.env.cr.savepoint():
            own.action_post()
        own.invalidate_recordset()
        self.assertEqual(own.state, "draft")
        refund = self.init_invoice("out_refund", partner=self.debtor, amounts=[100], taxes=[])
        refund.action_post()
        self.assertEqual(refund.state, "posted")

    def test_own_invoice_above_the_limit_is_held_until_released(self):
        self._rule("limit")
        self._limit(150)
        self.company.credit_hold_invoices = True
        first = self.init_invoice("out_invoice", partner=self.debtor, amounts=[150], taxes=[])
        first.action_post()
        second = self.init_invoice("out_invoice", partner=self.debtor, amounts=[10], taxes=[])
        self.assertEqual(second.credit_state, "approve")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            second.action_post()
        second.invalidate_recordset()
        release = self._ask(second, self.collector)
        self.assertEqual((release.move_id, release.amount), (second, 10))
        self.assertTrue(second.credit_is_requested)
        self._decide(release)
        self.assertEqual((second.credit_state, second.credit_is_requested), ("released", False))
        second.action_post()
        self.assertEqual((second.state, release.state), ("posted", "used"))

    def test_sentence_and_room_on_a_draft_invoice(self):
        self._rule("limit")
        self._limit(150)
        self.company.account_use_credit_limit = True
        biller = self._new_user(
            "biller", "account.group_account_invoice,account_credit_management.group_viewer"
        )
        self._new_invoice("2026-12-31")
        own = self.init_invoice("out_invoice", partner=self.debtor, amounts=[60], taxes=[])
        self.assertFalse(own.credit_state, "the company does not hold invoices")
        self.assertEqual((own.credit_has_limit, own.credit_left_after), (True, -10))
        self.assertIn("account_partner_credit_warning", own._get_alerts())
        self.company.credit_hold_invoices = True
        self.env.invalidate_all()
        self.assertNotIn("account_partner_credit_warning", own._get_alerts(), "not said twice")
        with Form(own.with_user(biller)) as form:
            self.assertEqual(form.credit_state, "approve")
            self.assertEqual(
                form.credit_message, "Debtor One: The credit limit is exceeded by $\xa010.00."
            )
            self.assertEqual((form.credit_used_after, form.credit_limit_in_force), (160, 150))
            self.assertFalse(form._get_modifier("credit_message", "invisible"))
        own.invoice_line_ids.price_unit = 50
        self.env.invalidate_all()
        self.assertEqual((own.credit_state, own.credit_left_after), ("ok", 0))
        own.action_post()
        self.assertFalse(own.credit_state or own.credit_has_limit, "it is posted")
        bill = self.init_invoice("in_invoice", partner=self.debtor, amounts=[60], taxes=[])
        self.assertFalse(bill.credit_state or bill.credit_has_limit)

    def test_order_invoice_tells_and_is_not_held(self):
        order = self._order(100)
        order.action_confirm()
        self.company.credit_hold_invoices = True
        self._rule("manual", "refuse")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        invoice = order.sudo()._create_invoices()
        self.assertEqual(invoice.credit_state, "inform")
        self.assertIn("Wait", invoice.credit_message)

    def test_invoices_are_not_held_unless_the_company_wants_it(self):
        self._rule("manual", "refuse")
        self.debtor.with_user(self.collector)._set_credit_hold("Wait")
        own = self.init_invoice("out_invoice", partner=self.debtor, amounts=[100], taxes=[])
        self.assertFalse(own.credit_state or own.credit_message)
        own.action_post()
        self.assertEqual(own.state, "posted")

    def test_rules_of_a_fresh_database_hold_no_late_payer(self):
        """Who installs it on a live system finds his orders going on; a limit is a choice."""
        self.env["credit.hold.rule"].with_context(active_test=False).search([]).active = True
        self._new_invoice("2020-03-31", amount=1000)
        order = self._order(100)
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        self._limit(1000)
        with self.assertRaises(RedirectWarning), self.env.cr.savepoint():
            self._order(100).action_confirm()

    # === PARTNERS ===#
    def test_held_debtors_are_found(self):
        self._rule("limit")
        self._rule("days_overdue", days=30)
        self._rule("manual")
        late, full, manual, fine = (
            self._new_debtor(name) for name in ("Late", "Full", "Manual", "Fine")
        )
        self._new_invoice("2026-03-31", late)
        self._new_invoice("2026-12-31", full)
        self._limit(50, full)
        self._new_invoice("2026-12-31", fine)
        manual.with_user(self.collector)._set_credit_hold("Wait")
        partners = self.env["res.partner"].with_user(self.salesman).with_company(self.company)
        everyone = late | full | manual | fine
        domain = [("id", "in", everyone.ids)]
        held = partners.search([("credit_hold", "=", True), *domain])
        self.assertEqual(held, late | full | manual)
        self.assertEqual(partners.search([("credit_hold", "=", False), *domain]), fine)
        for partner in everyone.with_user(self.salesman).with_company(self.company):
            self.assertEqual(partner.credit_hold, partner in held)
            self.assertEqual(bool(partner.credit_hold_reason), partner in held)

    def test_salesperson_reads_the_banner_in_the_form(self):
        self._rule("limit")
        self._limit(10)
        with Form(self.env["sale.order"].with_user(self.salesman)) as form:
            form.partner_id = self.debtor
            with form.order_line.new() as line:
                line.product_id = self.product
                line.price_unit = 100
            self.assertEqual(form.credit_state, "approve")
            self.assertIn("exceeded", form.credit_message)

    def _get_banners(self, order):
        """Warnings that a salesperson sees above an order."""
        self.env.flush_all()
        self.env.invalidate_all()
        form = Form(order.with_user(self.salesman))
        names = (
            "credit_message",
            "debtor_status_warning",
            "dunning_hold_warning",
            "partner_credit_warning",
        )
        return [name for name in names if form[name] and not form._get_modifier(name, "invisible")]

    def test_nothing_is_said_twice_above_an_order(self):
        self.company.account_use_credit_limit = True
        self._limit(50)
        order = self._order(100)
        self.assertIn("has reached its credit limit", order.partner_credit_warning)
        self.assertEqual(self._get_banners(order), ["partner_credit_warning"])
        rule = self._rule("limit", "inform")
        self.assertEqual(self._get_banners(order), ["credit_message"])
        self.assertTrue(order.partner_credit_warning, "other code still reads it")
        rule.amount = 100
        self.assertEqual(self._get_banners(order), ["partner_credit_warning"], "within tolerance")
        self.env["credit.cover"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "amount": 500,
                "date_from": "2025-01-01",
            }
        )
        self.assertEqual(self._get_banners(order), [], "the cover comes on top of the limit")
        self.levels["reminder"].hold_orders = True
        self._new_invoice("2026-03-31", amount=10)
        self._run_day("2026-04-08")
        self.assertEqual(self._get_banners(order), ["dunning_hold_warning"])
        self._rule("level", stage="reminder")
        self.assertEqual(self._get_banners(order), ["credit_message"])
        self.debtor.write({"debtor_status": "bankruptcy", "debtor_status_date": "2026-01-15"})
        self.assertEqual(self._get_banners(order), ["credit_message", "debtor_status_warning"])
        self._rule("status", "refuse")
        self.assertEqual(self._get_banners(order), ["credit_message"])

    def test_condition_on_the_debtor_read_along_means_the_same(self):
        debtors = self.debtor | self._new_debtor("Limited") | self._new_debtor("Elsewhere")
        debtors = debtors.with_company(self.company).sudo()
        self._limit(500, debtors[1])
        debtors[2].city = "Ghent"
        engine = self.env["credit.check"].sudo().with_company(self.company)
        for domain, is_read_along in (
            ([("credit_limit", "=", 0)], True),
            ([("credit_limit", ">", 0)], True),
            (["|", ("credit_limit", ">", 0), ("city", "ilike", "ghent")], True),
            (["!", ("city", "=", "Ghent")], True),
            ([("city", "=", "Ghent"), ("parent_id", "=", False)], True),
            ([("credit_limit_in_force", ">", 0)], False),
            ([("user_id.name", "=", "Nobody")], False),
        ):
            rule = self.env["credit.hold.rule"].new(
                {"criterion": "manual", "action": "approve", "debtor_domain": repr(domain)}
            )
            rule = rule._prepare_cached_rule()
            facts = engine._get_facts(self.company, debtors, [rule])
            for debtor in debtors:
                with self.subTest(domain=domain, debtor=debtor.name):
                    values = facts[debtor.id]
                    self.assertEqual(bool(values["meant"]), is_read_along)
                    self.assertEqual(
                        engine._is_debtor_meant(rule, debtor, values),
                        bool(debtor.filtered_domain(domain)),
                    )

    # === COST ===#
    def _count_confirmation(self):
        """Queries of confirming, as the web client does it, which sends the time zone along."""
        order = self._order(100).with_context(tz="Europe/Amsterdam")
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        order.action_confirm()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_confirming_costs_at_most_six_queries_more(self):
        self._limit(9000)
        self._count_confirmation()
        plain = self._count_confirmation()
        for criterion, values in (
            ("limit", {}),
            ("days_overdue", {"days": 30}),
            ("status", {}),
            ("manual", {}),
            ("level", {"stage": "final"}),
            ("cover", {}),
            ("check", {"debtor_domain": '[("credit_limit", "=", 0)]'}),
        ):
            self._rule(criterion, **values)
        self._count_confirmation()
        few = self._count_confirmation()
        self.assertLessEqual(few - plain, 6)
        for _number in range(20):
            self._new_invoice("2026-12-31", amount=10)
        self.assertEqual(self._count_confirmation(), few)

    def test_confirming_costs_no_more_with_all_there_is_to_say(self):
        self._limit(9000)
        plain = min(self._count_confirmation(), self._count_confirmation())
        for criterion, values in (
            ("limit", {}),
            ("days_overdue", {}),
            ("overdue_amount", {}),
            ("level", {"stage": "firm"}),
            ("check", {"debtor_domain": '[("credit_limit", ">", 0)]'}),
        ):
            self._rule(criterion, "inform", **values)
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-08")
        self._run_day("2026-04-22")
        order = self._order()
        level = self.levels["firm"].name
        self.assertIn(f"after the reminder “{level}”", order.credit_message)
        self.assertIn("A payment is", order.credit_message)
        self._count_confirmation()
        self.assertLessEqual(self._count_confirmation() - plain, 6)


@tagged("post_install", "-at_install")
class TestCreditHoldConcurrency(BaseCase):
    """Two orders at the same moment, on real connections: only one slips under the limit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls._remove_data)
        with cls._environment() as env:
            cls._create_data(env)

    @classmethod
    @contextmanager
    def _environment(cls):
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    @classmethod
    def _create_data(cls, env):
        company = env.company
        partner = env["res.partner"].create({"name": "Concurrent Buyer"})
        partner.with_context(credit_limit_approved=True).credit_limit = 150
        product = env["product.product"].create({"name": "Concurrent Goods", "taxes_id": []})
        orders = env["sale.order"].create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "order_line": [
                        Command.create({"product_id": product.id, "price_unit": 100, "tax_ids": []})
                    ],
                }
                for _number in range(2)
            ]
        )
        rule = env["credit.hold.rule"].create(
            {
                "criterion": "limit",
                "company_id": company.id,
                "debtor_domain": f"[('id', '=', {partner.id})]",
            }
        )
        cls.ids = {
            "res.partner": partner.ids,
            "product.product": product.ids,
            "sale.order": orders.ids,
            "credit.hold.rule": rule.ids,
        }

    @classmethod
    def _remove_data(cls):
        with cls._environment() as env:
            orders = env["sale.order"].browse(cls.ids["sale.order"])
            orders.filtered(lambda order: order.state == "sale")._action_cancel()
            orders.unlink()
            env["credit.hold.rule"].browse(cls.ids["credit.hold.rule"]).unlink()
            env["res.partner"].browse(cls.ids["res.partner"]).unlink()
            env["product.product"].browse(cls.ids["product.product"]).product_tmpl_id.unlink()

    def test_two_orders_at_once_do_not_both_slip_under_the_limit(self):
        outcomes = {}
        barrier = threading.Barrier(2)
        attempts = []

        def confirm(order_id):
            with self._environment() as env:
                order = env["sale.order"].browse(order_id)

                def work():
                    attempts.append(order_id)
                    env.cr.execute("SELECT 1")  # both have their snapshot before either confirms
                    if len(attempts) <= 2:
                        barrier.wait(timeout=30)
                    order.action_confirm()

                try:
                    retrying(work, env)
                    outcomes[order_id] = "confirmed"
                except HELD:
                    env.cr.rollback()
                    outcomes[order_id] = "held"
                except Exception as error:
                    env.cr.rollback()
                    outcomes[order_id] = repr(error)

        with mute_logger("odoo.sql_db", "odoo.service.model"):
            threads = [
                threading.Thread(target=confirm, args=(order_id,))
                for order_id in self.ids["sale.order"]
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
        self.assertEqual(sorted(outcomes.values()), ["confirmed", "held"])
        self.assertEqual(len(attempts), 3, "the second one was run again")
        with self._environment() as env:
            states = env["sale.order"].browse(self.ids["sale.order"]).mapped("state")
            self.assertEqual(sorted(states), ["draft", "sale"])
