import io
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from .portal_payment_common import PortalPaymentCommon


@tagged("post_install", "-at_install")
class TestPortalPayment(PortalPaymentCommon):
    """The page behind the link of a reminder, and what is paid there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_user = new_test_user(
            cls.env, "acm_portal", groups="base.group_portal", company_id=cls.company.id
        )

    # === WHO MAY SEE IT ===#
    def test_link_shows_what_is_open_and_how_to_pay(self):
        invoices, notice = self._remind(100, 250)
        self.authenticate(None, None)
        page = self._get_page(notice)
        self.assertEqual(page.status_code, 200)
        for words in (
            *invoices.mapped("name"),
            "NL91 ABNA 0417 1643 00",
            notice.payment_reference,
            "Carla Collector",
            "o_payment_form",
            'data-amount="350.0"',
        ):
            self.assertIn(words, page.text)

    def test_without_the_right_token_nothing_is_shown(self):
        invoices, notice = self._remind(100)
        _other_invoices, other = self._remind(200, partner=self._new_debtor("Debtor Two"))
        self.authenticate(None, None)
        for token in ("", "wrong", other.access_token):
            page = self._get_page(notice, token=token)
            self.assertNotIn(invoices.name, page.text)
            self.assertNotIn(f"/my/reminders/{notice.id}", page.url)
            self._assert_refused("link is not valid", notice, access_token=token)
        self.assertFalse(notice.transaction_ids)

    def test_another_customer_sees_nothing_and_the_debtor_everything(self):
        invoices, notice = self._remind(100)
        self.authenticate("acm_portal", "acm_portal")
        self.assertNotIn(invoices.name, self._get_page(notice, token="").text)
        self.assertNotIn(notice.name, self.url_open("/my/reminders").text)
        self._assert_refused("link is not valid", notice, access_token="")
        employee = self.env["res.partner"].create(
            {"name": "Employee", "parent_id": self.debtor.id, "email": "employee@buyer.example"}
        )
        new_test_user(
            self.env,
            "acm_debtor",
            groups="base.group_portal",
            company_id=self.company.id,
            partner_id=employee.id,
        )
        self.authenticate("acm_debtor", "acm_debtor")
        self.assertIn(invoices.name, self._get_page(notice, token="").text)
        self.assertIn(notice.name, self.url_open("/my/reminders").text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["reminder_count"]})
        self.assertEqual(counters["reminder_count"], 1)

    def test_a_notice_that_never_went_out_stays_hidden(self):
        self._new_invoice(self._days_ago(8))
        notice = self._propose(self.today)
        notice._portal_ensure_token()
        self.assertEqual(notice.state, "ready")
        self.authenticate(None, None)
        self.assertNotIn(f"/my/reminders/{notice.id}", self._get_page(notice).url)
        self._assert_refused("link is not valid", notice)

    def test_page_speaks_the_language_of_the_letter(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        self.env["ir.module.module"]._load_module_terms(["account_credit_management"], ["nl_NL"])
        _invoices, notice = self._remind(100, partner=self._new_debtor("Klant", lang="nl_NL"))
        self.authenticate(None, None)
        page = self._get_page(notice).text
        self.assertIn("Vervaldatum", page)
        self.assertNotIn("Due date", page)

    # === WHAT IS DUE ===#
    def test_part_payment_by_bank_leaves_the_rest(self):
        invoices, notice = self._remind(100, 250)
        self._pay(invoices[1], 200, self.today)
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 150)
        self.assertEqual(notice.amount_total, 350, "what was asked is history")
        self.authenticate(None, None)
        page = self._get_page(notice).text
        self.assertIn("Settled in part", page)
        self.assertIn('data-amount="150.0"', page)

    def test_page_of_a_paid_reminder_thanks_and_offers_no_payment(self):
        invoices, notice = self._remind(100)
        self._pay(invoices, 100, self.today)
        self.authenticate(None, None)
        page = self._get_page(notice).text
        self.assertIn("Everything has been paid", page)
        self.assertNotIn("o_payment_form", page)
        self.assertNotIn("NL91 ABNA", page)
        self._assert_refused("Everything has been paid", notice)

    def test_without_a_provider_the_page_tells_the_bank_account(self):
        _invoices, notice = self._remind(100)
        self.provider.state = "disabled"
        self.authenticate(None, None)
        page = self._get_page(notice).text
        self.assertIn("NL91 ABNA 0417 1643 00", page)
        self.assertNotIn("o_payment_form", page)
        self.assertNotIn("No payment method available", page)
        self._assert_refused("not available", notice)

    def test_disputed_items_are_not_asked_but_paused_ones_may_be_paid(self):
        invoices, notice = self._remind(100, 250, 400)
        items = [self._items(invoice) for invoice in invoices]
        self._block(items[0])
        self._block(items[1], amount=50)
        self._block(items[2], kind="pause")
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 600)
        self.authenticate(None, None)
        page = self._get_page(notice).text
        self.assertIn("Being looked into", page)
        self.assertIn("Part of it is being looked into", page)
        self.assertNotIn("Settled in part", page)

    def test_nothing_is_asked_of_a_claim_in_the_hands_of_an_agency(self):
        _invoices, notice = self._remind(100)
        self.env["dunning.block"].create(
            {
                "kind": "collection",
                "company_id": self.company.id,
                "partner_id": self.debtor.id,
                "reason": "Agency",
                "date_from": self.today,
            }
        )
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 0)
        self._assert_refused("nothing to pay now", notice)

    # === PAYMENT ===#
    def test_payment_settles_the_items_of_the_reminder_and_only_those(self):
        later = self._new_invoice(fields.Date.add(self.today, days=20), amount=70)
        invoices, notice = self._remind(100, 250)
        self.authenticate(None, None)
        transaction = self._pay_online(notice)
        self.assertEqual(transaction.amount, 350)
        self.assertEqual(transaction.dunning_notice_id, notice)
        self.assertEqual(transaction.reference, notice.name)
        self.assertEqual(transaction.invoice_ids, invoices)
        self.assertEqual(transaction.payment_id.partner_id, self.debtor)
        for invoice in invoices:
            self.assertEqual(invoice.amount_residual, 0)
            self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(later.amount_residual, 70)
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 0)

    def test_browser_decides_neither_amount_nor_currency_nor_where_to_go(self):
        invoices, notice = self._remind(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(
            notice, amount=0.01, landing_route="https://elsewhere.example"
        )
        self.assertEqual(transaction.amount, 100)
        self.assertEqual(transaction.currency_id, invoices.currency_id)
        self.assertEqual(transaction.operation, "online_redirect")
        self.assertEqual(transaction.landing_route, notice.get_portal_url())
        validation = self._begin_payment(notice, is_validation=True)
        self.assertEqual((validation.amount, validation.operation), (100, "online_redirect"))
        self._assert_refused("not whitelisted", notice, currency_id=self.env.ref("base.JPY").id)
        self._assert_refused("not whitelisted", notice, partner_id=self.partner_a.id)

    def test_provider_of_another_company_is_refused(self):
        _invoices, notice = self._remind(100)
        other = self.provider.copy(
            {"company_id": self.setup_other_company()["company"].id, "state": "test"}
        )
        self.authenticate(None, None)
        self._assert_refused("not available", notice, provider_id=other.id)

    def test_disputed_part_stays_open_whatever_is_due_first(self):
        invoices, notice = self._remind(100, 250, 400)
        self._block(self._items(invoices[0]), amount=60)
        self._block(self._items(invoices[1]), amount=50)
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 640)
        self.authenticate(None, None)
        transaction = self._pay_online(notice)
        self.assertEqual(transaction.amount, 640)
        self.assertEqual(invoices.mapped("amount_residual"), [60, 50, 0])
        money = transaction.payment_id.move_id.line_ids
        self.assertFalse(
            money.filtered(lambda line: line.account_type == "asset_receivable").amount_residual
        )

    def test_disputed_part_stays_open_in_a_foreign_currency(self):
        currency = self.setup_other_currency("CHF", rates=[("2016-01-01", 3), ("2017-01-01", 2)])
        self.env["res.currency.rate"].create(
            {
                "name": self.today,
                "rate": 4,
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
        )
        self.provider.available_currency_ids = [Command.clear()]
        invoices, notice = self._remind(100, 250, currency_id=currency.id)
        self._block(self._items(invoices[0]), amount=60)
        notice.invalidate_recordset()
        self.assertEqual((notice.currency_id, notice.amount_due_now), (currency, 290))
        self.authenticate(None, None)
        transaction = self._pay_online(notice)
        self.assertEqual((transaction.currency_id, transaction.amount), (currency, 290))
        self.assertEqual(invoices.mapped("amount_residual"), [60, 0])

    def test_item_paid_meanwhile_leaves_money_of_the_debtor(self):
        invoices, notice = self._remind(100, 250)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        self._pay(invoices[0], 100, self.today)
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
        credit = transaction.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(credit.amount_residual, -100)
        self.assertEqual(credit.partner_id, self.debtor)

    def test_smaller_payment_settles_the_oldest_item_first(self):
        invoices, notice = self._remind(100, 250)
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "amount": 130,
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
        self.assertEqual(invoices.mapped("amount_residual"), [0, 220])

    def test_second_payment_waits_for_the_first(self):
        invoices, notice = self._remind(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        transaction._set_pending()
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 0)
        page = self._get_page(notice).text
        self.assertIn("A payment is under way", page)
        self.assertNotIn("o_payment_form", page)
        self._assert_refused("already under way", notice)
        transaction._set_canceled()
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 100)
        self.assertIn("o_payment_form", self._get_page(notice).text)
        self.assertEqual(invoices.amount_residual, 100)

    def test_a_failed_payment_is_told_and_may_be_tried_again(self):
        _invoices, notice = self._remind(100)
        self.authenticate(None, None)
        transaction = self._begin_payment(notice)
        transaction._set_error("The card was refused")
        page = self._get_page(notice).text
        self.assertIn("The card was refused", page)
        self.assertIn("o_payment_form", page)
        transaction.last_state_change = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
        self.env.flush_all()
        self.assertNotIn("The card was refused", self._get_page(notice).text)

    def test_payment_begun_on_the_invoice_is_not_asked_again(self):
        invoices, notice = self._remind(100, 250)
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.method.id,
                    "amount": 100,
                    "currency_id": notice.currency_id.id,
                    "partner_id": self.debtor.id,
                    "reference": "from-the-invoice",
                    "invoice_ids": [Command.set(invoices[0].ids)],
                }
            )
        )
        transaction._set_pending()
        notice.invalidate_recordset()
        self.assertEqual(notice.amount_due_now, 250)
        self.authenticate(None, None)
        self.assertIn("Payment under way", self._get_page(notice).text)
        self._pay_online(notice)
        self.assertEqual(invoices[1].amount_residual, 0)

    def test_paying_twice_is_safe(self):
        invoices, notice = self._remind(100)
        self.authenticate(None, None)
        transactions = [self._begin_payment(notice) for _tab in range(2)]
        self.assertEqual(
            [transaction.reference for transaction in transactions],
            [notice.name, f"{notice.name}-1"],
        )
        for transaction in transactions:
            transaction._set_done()
            transaction._post_process()
        self.assertEqual(invoices.amount_residual, 0)
        credit = transactions[1].payment_id.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        self.assertEqual(credit.amount_residual, -100, "the second is money of the debtor")

    def test_payment_without_an_entry_shows_on_the_invoices_until_the_statement(self):
        invoices, notice = self._remind(100)
        self.authenticate(None, None)
        self.provider.journal_id.inbound_payment_method_line_ids.payment_account_id = False
        # With Odoo's own accounting application, payments may go without an entry.
        with patch.object(
            self.env.registry["account.move"],
            "_get_invoice_in_payment_state",
            lambda moves: "in_payment",
        ):
            payment = self._pay_online(notice).payment_id
            self.assertFalse(payment.move_id)
            self.assertEqual(payment.invoice_ids, invoices)
            self.assertEqual(invoices.payment_state, "in_payment")
            notice.invalidate_recordset()
            self.assertEqual(notice.amount_due_now, 0)
            self.assertIn("Payment under way", self._get_page(notice).text)

    def test_payment_is_told_on_invoice_and_reminder(self):
        invoices, notice = self._remind(100)
        self.authenticate(None, None)
        self._pay_online(notice)
        for record in (invoices, notice):
            self.assertIn("has been confirmed", "".join(record.message_ids.mapped("body")))

    # === LETTERS ===#
    def test_letters_come_as_one_pdf_and_are_marked_as_printed(self):
        notices = self.env["dunning.notice"]
        for name in ("Debtor Three", "Debtor Four"):
            notices |= self._remind(100, partner=self._new_debtor(name))[1]
        for notice in notices:
            notice.letter_id.raw = self._blank_pdf()
        self.authenticate("acm_collector", "acm_collector")
        response = self.url_open(f"/dunning/letters?ids={','.join(map(str, notices.ids))}")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(len(PdfFileReader(io.BytesIO(response.content)).pages), 2)
        self.assertTrue(all(notices.mapped("letter_printed")))

    def test_letters_are_for_collectors_of_the_company(self):
        _invoices, notice = self._remind(100)
        notice.letter_id.raw = self._blank_pdf()
        for login in ("acm_salesman", "acm_portal"):
            self.authenticate(login, login)
            with mute_logger("odoo.http", "odoo.addons.base.models.ir_rule"):
                response = self.url_open(f"/dunning/letters?ids={notice.id}")
            self.assertNotEqual(response.headers["Content-Type"], "application/pdf", login)
        self.assertFalse(notice.letter_printed)

    def _blank_pdf(self):
        writer = PdfFileWriter()
        writer.add_blank_page(width=100, height=100)
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()
