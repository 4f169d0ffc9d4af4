from odoo import Command
from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged

from .test_credit_hold import HELD, SIGNATURE, CreditHoldCommon

DAY = "2026-06-01"
# What a rule of each criterion asks, and a part of the sentence that it says.
CRITERIA = {
    "limit": ({"amount": 5}, "limit is exceeded by"),
    "days_overdue": ({"days": 30}, "days late"),
    "overdue_amount": ({"days": 10, "amount": 100}, "Too much is overdue"),
    "cover": ({}, "cover has lapsed"),
    "check": ({}, "no valid credit check"),
    "level": ({"stage": "reminder"}, "no payment after the reminder"),
    "status": ({}, "do not deliver on account"),
    "manual": ({}, "Disputes everything"),
}
ACTIONS = ("inform", "approve", "refuse")


class CreditGatesCommon(CreditHoldCommon):
    """One debtor per criterion, of whom just that is the case; rules are switched on later."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_hold_invoices = True
        cls.debtors = {name: cls._new_debtor(f"Held by {name}") for name in CRITERIA}
        cls.rules = {
            name: cls._rule(
                name, active=False, debtor_domain=f"[('id', '=', {cls.debtors[name].id})]", **values
            )
            for name, (values, _sentence) in CRITERIA.items()
        }
        cls._limit(50, cls.debtors["limit"])
        cls._new_invoice("2026-04-30", cls.debtors["days_overdue"])
        cls._new_invoice("2026-05-20", cls.debtors["overdue_amount"], 101)
        lapsed = {"company_id": cls.company.id, "date_to": "2026-05-31"}
        cls.env["credit.cover"].create(
            {
                "partner_id": cls.debtors["cover"].id,
                "amount": 500,
                "date_from": "2026-01-01",
                **lapsed,
            }
        )
        cls.env["credit.assessment"].create(
            {
                "partner_id": cls.debtors["check"].id,
                "source": "Agency",
                "date": "2026-01-01",
                **lapsed,
            }
        )
        cls.debtors["status"].write(
            {"debtor_status": "bankruptcy", "debtor_status_date": "2026-01-15"}
        )
        cls.debtors["manual"].with_company(cls.company).write(
            {"credit_hold_manual": True, "credit_hold_manual_reason": "Disputes everything"}
        )
        cls._new_invoice("2026-03-31", cls.debtors["level"])

    def setUp(self):
        super().setUp()
        self._run_day("2026-04-08")
        self.enterContext(self._frozen(DAY))

    def _cases(self, criteria=None):
        """Every criterion with every action, one rule at a time."""
        for name in criteria or CRITERIA:
            for action in ACTIONS:
                with self.subTest(criterion=name, action=action):
                    rule = self.rules[name]
                    rule.write({"active": True, "action": action})
                    self.env.invalidate_all()
                    yield name, action, CRITERIA[name][1]
                    rule.active = False

    def _new_order(self, name):
        """An order from when no rule was there yet."""
        rule = self.rules[name]
        rule.active = False
        order = self._order(100, self.debtors[name])
        order.action_confirm()
        self.assertEqual(order.state, "sale")
        rule.active = True
        return order

    def _held(self, work):
        """What is said when something is held; None when it passes."""
        try:
            with self.env.cr.savepoint():
                work()
        except HELD as error:
            self.env.invalidate_all()
            return str(error.args[0])
        return None


@tagged("post_install", "-at_install")
class TestCreditGates(CreditGatesCommon):
    """Every gate with every criterion, to inform, to ask approval and to refuse."""

    def test_quotation(self):
        for name, action, sentence in self._cases():
            order = self._order(100, self.debtors[name])
            self.assertEqual(order.credit_state, action)
            self.assertIn(sentence, order.credit_message)
            self.assertEqual(order.credit_criteria, name)
            other = self._order(100)
            self.assertEqual((other.credit_state, other.credit_message), ("ok", False))

    def test_confirmation_and_release(self):
        for name, action, sentence in self._cases():
            order = self._order(100, self.debtors[name])
            if action == "inform":
                order.action_confirm()
            elif action == "approve":
                with self.assertRaises(RedirectWarning), self.env.cr.savepoint():
                    order.action_confirm()
                self.env.invalidate_all()
                self.assertEqual(order.state, "draft")
                release = self._ask(order)
                self.assertEqual(release.criteria, name)
                self.assertIn(sentence, release.causes)
                self._decide(release)
                order.action_confirm()
                self.assertEqual(release.state, "used")
                self.assertIn(release.name, "".join(order.message_ids.mapped("body")))
            else:
                message = self._assert_held(order, sentence)
                self.assertIn("cannot be confirmed", message)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self._ask(order)
                self.env.invalidate_all()
            self.assertEqual(order.state, "draft" if action == "refuse" else "sale")
            figures = order.sudo().credit_figures
            self.assertEqual(bool(figures), action != "refuse")
            if figures:
                self.assertEqual((figures["amount"], figures["criteria"]), (100, [name]))

    def test_amendment(self):
        for name, action, sentence in self._cases():
            order = self._new_order(name)
            line = order.order_line
            for change in (
                lambda line=line: line.write({"product_uom_qty": 2}),
                lambda order=order: order.write({"order_line": [self._line(1)]}),
            ):
                message = self._held(change)
                if action == "inform":
                    self.assertIsNone(message)
                    self.assertGreater(order.amount_total, 100)
                else:
                    self.assertIn(sentence, message or "")
                    self.assertEqual(order.amount_total, 100)
            line.product_uom_qty = 0.5
            self.assertLess(line.price_total, 100, "less is always possible")

    def test_reopening(self):
        for name, action, sentence in self._cases():
            order = self._new_order(name)
            order._action_cancel()
            order.action_draft()
            if action == "inform":
                order.action_confirm()
                self.assertEqual(order.state, "sale")
                continue
            self._assert_held(order, sentence)
            order._action_cancel()
            self.assertIn(sentence, self._held(lambda order=order: order.write({"state": "sale"})))
            self.assertEqual(order.state, "cancel")

    def test_signature_online(self):
        for name, action, _sentence in self._cases():
            order = self._order(100, self.debtors[name]).sudo()
            order.write({"signed_by": "Buyer", "signature": SIGNATURE})
            order._validate_order()
            self.assertEqual(order.state, "sale" if action == "inform" else "sent")
            self.assertEqual(
                order.credit_release_ids.mapped("state"),
                [] if action == "inform" else ["requested"],
            )

    def test_invoice(self):
        for name, action, sentence in self._cases():
            order = self._new_order(name)
            invoice = self.init_invoice(
                "out_invoice", self.debtors[name], DAY, amounts=[100], taxes=[]
            )
            self.assertEqual(invoice.credit_state, action)
            self.assertIn(sentence, invoice.credit_message)
            for work in (
                invoice.action_post,
                lambda invoice=invoice: invoice.write({"state": "posted"}),
            ):
                message = self._held(work)
                if action == "inform":
                    self.assertIsNone(message)
                    self.assertEqual(invoice.state, "posted")
                    self.assertIn(sentence, "".join(invoice.message_ids.mapped("body")))
                    break
                self.assertIn(sentence, message or "")
                self.assertEqual(invoice.state, "draft")
            delivered = order.sudo()._create_invoices()
            delivered.action_post()
            self.assertEqual(delivered.state, "posted", "what was ordered is invoiced")
            # The next case finds the debtor as he was.
            invoice.filtered(lambda move: move.state == "posted").button_draft()
            delivered.button_draft()
            (invoice | delivered).button_cancel()

    def test_payment_in_advance_settles_what_is_not_about_the_debtor_himself(self):
        passes = ("limit", "days_overdue", "overdue_amount", "cover", "check", "level")
        for name, action, sentence in self._cases():
            order = self._order(100, self.debtors[name])
            self._transaction(order.sudo(), 100)
            order.invalidate_recordset()
            if name in passes or action == "inform":
                order.action_confirm()
                self.assertEqual(order.state, "sale")
            else:
                self._assert_held(order, sentence)

    # === WAYS AROUND ===#
    def test_other_ways_to_owe_more(self):
        """Each raises the check of a rise, and changes nothing when it is held."""
        self._limit(200)
        order = self._order(order_line=[self._line(100), self._line(100)])
        reduced = self._order(210)
        reduced.write(
            {
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "price_unit": -10,
                            # Other lines of a confirmed order are not deleted anyway.
                            "is_downpayment": True,
                            "tax_ids": [],
                        }
                    )
                ]
            }
        )
        reduced.action_confirm()
        order.action_confirm()
        self._rule("limit")
        line = order.order_line[0]
        for change in (
            lambda: line.write({"product_uom_qty": 2}),
            lambda: reduced.order_line.filtered("is_downpayment").unlink(),
            lambda: order.sudo().write({"currency_rate": 0.5}),
        ):
            self.assertIn("exceeded", self._held(change) or "")
            self.assertEqual((order.amount_total, order.currency_rate), (200, 1))
            self.assertEqual(reduced.amount_total, 200)
        reduced._action_cancel()
        # Down and up again: the way back is a rise like any other.
        line.product_uom_qty = 0.5
        other = self._order(50)
        other.action_confirm()
        self.assertIn("exceeded", self._held(lambda: line.write({"product_uom_qty": 1})) or "")
        other._action_cancel()
        line.product_uom_qty = 1
        self.assertEqual(order.amount_total, 200)

    def test_a_second_company_asks_its_own_rules(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self.salesman.company_ids += other
        self._rule("limit").company_id = other
        self.debtor.with_company(other).with_user(1).credit_limit = 50
        self._limit(1000)
        here = self._order(100)
        here.action_confirm()
        there = self._order(60, company_id=other.id)
        self._assert_held(there, "exceeded")
        fitting = self._order(50, company_id=other.id)
        fitting.action_confirm()
        figures = fitting.sudo().credit_figures
        self.assertEqual((figures["limit"], figures.get("exposure", 0)), (50, 0))
        self._assert_held(there)
        message = self._held(lambda: here.sudo().write({"company_id": other.id}))
        self.assertTrue(message)
        self.assertEqual(here.company_id, self.company)
