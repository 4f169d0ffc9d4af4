from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .charge_common import ChargeCommon
from .portal_payment_common import PortalPaymentCommon


@tagged("post_install", "-at_install")
class TestReceivableChargePayment(PortalPaymentCommon, ChargeCommon):
    """Paying online what a reminder asks beside the invoices, and what happens after payment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels["reminder"].write(
            {"cost_scheme": "fixed", "fee_amount": 40, "charge_mode": "memo"}
        )

    def _remind_with_costs(self, *amounts):
        """A reminder that asks costs of 40, which are not in the books."""
        invoices, notice = self._remind(*amounts)
        charge = notice.charge_ids
        self.assertEqual((charge.kind, charge.state, charge.amount), ("costs", "due", 40))
        self.assertEqual(notice.amount_total, sum(amounts) + 40)
        return invoices, notice, charge

    def _pay_less(self, notice, amount):
        """A payment that is less than what was asked, as a partial capture."""
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "amount": amount,
                    "currency_id": notice.currency_id.id,
                    "partner_id": self.debtor.id,
                    "reference": "partly",
                    "operation": "online_redirect",
                    **notice._prepare_transaction_values(),
                }
            )
        )
        transaction._set_done()
        transaction._post_process()
        self.env.invalidate_all()
        return transaction

    def test_costs_are_paid_with_the_items_and_invoiced_then(self):
        invoices, notice, charge = self._remind_with_costs(100, 250)
        self.assertEqual(notice.amount_due_now, 390)
        self.authenticate(None, None)
        self.assertIn('data-amount="390.0"', self._get_page(notice).text)
        transaction = self._pay_online(notice)
        self.env.invalidate_all()
        self.assertEqual(transaction.amount, 390)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
        self.assertEqual((charge.state, charge.amount_open), ("booked", 0))
        self.assertEqual(charge.move_id.amount_total, 40)
        self.assertIn(charge.move_id, transaction.invoice_ids)
        money = transaction.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(money.amount_residual, 0)
        self.assertFalse(self._blocks(charge.move_id))
        self.assertEqual(notice.amount_due_now, 0)
        self.assertIn("Everything has been paid", self._get_page(notice).text)

    def test_costs_can_be_paid_after_the_principal(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self._pay(invoices, 100, self.today)
        self.env.invalidate_all()
        self.assertEqual(notice.amount_due_now, 40)
        self.authenticate(None, None)
        self._pay_online(notice)
        self.env.invalidate_all()
        self.assertEqual((charge.state, charge.amount_open), ("booked", 0))
        self.assertEqual(notice.amount_due_now, 0)

    def test_invoiced_costs_are_paid_too(self):
        invoices, notice, charge = self._remind_with_costs(100)
        move = charge._book()
        self.env.invalidate_all()
        self.assertEqual(notice.amount_due_now, 140)
        self.authenticate(None, None)
        self._pay_online(notice)
        self.assertEqual((invoices.amount_residual, move.amount_residual), (0, 0))

    def test_a_draft_that_is_paid_is_posted(self):
        _invoices, notice, charge = self._remind_with_costs(100)
        move = charge._book(post=False)
        self.env.invalidate_all()
        self.assertEqual(notice.amount_due_now, 140)
        self.authenticate(None, None)
        self._pay_online(notice)
        self.assertEqual((move.state, move.amount_residual), ("posted", 0))

    def test_costs_are_asked_once_while_a_payment_is_under_way(self):
        _invoices, notice, charge = self._remind_with_costs(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        self.assertEqual(transaction.charge_ids, charge)
        transaction._set_pending()
        self.env.invalidate_all()
        self.assertEqual(notice.amount_due_now, 0)
        self.assertEqual(notice._get_payment_status(), "under_way")
        transaction._set_canceled()
        self.env.invalidate_all()
        self.assertEqual((notice.amount_due_now, charge.state), (140, "due"))

    def test_costs_waived_meanwhile_leave_money_of_the_debtor(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        self._waive(charge)
        transaction._set_done()
        transaction._post_process()
        self.env.invalidate_all()
        self.assertEqual((charge.state, invoices.amount_residual), ("waived", 0))
        money = transaction.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(money.amount_residual, -40)

    def test_what_took_the_place_of_the_charge_is_paid(self):
        _invoices, notice, charge = self._remind_with_costs(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        newer = self._charge(notice.line_ids.move_line_id.move_id, 45)
        charge._replace(newer)
        transaction._set_done()
        transaction._post_process()
        self.env.invalidate_all()
        self.assertEqual((charge.state, newer.state, newer.amount_open), ("replaced", "booked", 5))

    @mute_logger("odoo.addons.account_credit_management.models.payment_transaction_charge")
    def test_a_missing_product_never_undoes_a_payment(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self.env.ref("account_credit_management.product_charge_costs").active = False
        self.authenticate(None, None)
        transaction = self._pay_online(notice)
        self.env.invalidate_all()
        self.assertEqual((charge.state, invoices.amount_residual), ("due", 0))
        self.assertIn("Product for Costs", charge.booking_problem)
        money = transaction.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(money.amount_residual, -40)

    def test_smaller_payment_pays_the_items_first_by_default(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self._pay_less(notice, 110)
        self.assertEqual((invoices.amount_residual, charge.amount_open), (0, 30))

    def test_payment_of_items_alone_invoices_no_costs(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self._pay_less(notice, 90)
        self.assertEqual((invoices.amount_residual, charge.state), (10, "due"))

    def test_smaller_payment_pays_the_costs_first_by_law(self):
        self.company.payment_allocation = "law"
        invoices, notice, charge = self._remind_with_costs(100)
        self._pay_less(notice, 110)
        self.assertEqual((charge.amount_open, invoices.amount_residual), (0, 30))

    def test_costs_of_what_is_disputed_are_not_paid(self):
        invoices, notice, charge = self._remind_with_costs(100)
        self._block(self._items(invoices))
        self.env.invalidate_all()
        self.assertEqual((notice.amount_due_now, charge.state), (0, "due"))
        self.authenticate(None, None)
        self._assert_refused("nothing to pay now", notice)

    def test_announced_costs_are_not_asked(self):
        self.levels["reminder"].charge_mode = "announced"
        invoices, notice = self._remind(100)
        self.assertEqual((notice.amount_due_now, notice.charge_ids.state), (100, "announced"))
        self.authenticate(None, None)
        self._pay_online(notice)
        self.assertEqual((invoices.amount_residual, notice.charge_ids.state), (0, "announced"))

    def test_only_items_can_be_promised(self):
        invoices, notice, _charge = self._remind_with_costs(100)
        self.assertEqual(notice._get_promise_page_values()["promise_values"]["amount"], "100.00")
        with self.assertRaisesRegex(UserError, "more than what is left"):
            notice._promise_online(str(self.today), "140", "Bob")
        self._pay(invoices, 100, self.today)
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "nothing to pay"):
            notice._promise_online(str(self.today), "40", "Bob")

    # === AFTER THE PRINCIPAL IS PAID ===#
    def test_interest_ends_on_the_day_of_payment_and_stays(self):
        day = fields.Date.to_date("2025-03-31")
        invoice = self._new_invoice("2025-01-31", amount=10000)
        charge = self._charge(invoice, 15, kind="interest", date="2025-02-10", until="2025-02-10")
        self.charges._follow_payments(self.company)
        self.assertEqual((charge.amount, charge.is_final), (15, False), "not paid yet")
        self._pay(invoice, 10000, day)
        self.charges._follow_payments(self.company)
        # 59 days at 11.15 percent.
        self.assertEqual((charge.amount, charge.until), (180.23, day))
        self.assertEqual((charge.state, charge.is_final), ("due", True))
        self.assertEqual(charge.item_ids.amount, 180.23)
        messages = charge.message_ids
        self.charges._follow_payments(self.company)
        self.assertEqual(charge.message_ids, messages)

    def test_payment_that_was_booked_late_lowers_the_interest(self):
        invoice = self._new_invoice("2025-01-31", amount=10000)
        charge = self._charge(invoice, 100, kind="interest", date="2025-03-10", until="2025-03-10")
        self._pay(invoice, 10000, "2025-02-05")
        self.charges._follow_payments(self.company)
        self.assertEqual(charge.amount, 15.27)

    def test_interest_that_was_invoiced_is_not_claimed_again(self):
        invoice = self._new_invoice("2025-01-31", amount=10000)
        self._charge(invoice, 15.27, kind="interest", until="2025-02-05")._book()
        charge = self._charge(invoice, 20, kind="interest", until="2025-02-12")
        self._pay(invoice, 10000, "2025-03-31")
        self.charges._follow_payments(self.company)
        self.assertEqual(charge.amount, 164.96)
