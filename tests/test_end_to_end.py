import io
import os
from urllib.parse import urlsplit

from lxml import html

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from .mail_server_common import MailServerMixin
from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestEndToEnd(MailServerMixin, NoticeCommon, HttpCase):
    """From an overdue invoice to money, with a real mail server, letter and browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.classPatch(
            cls.env.registry["res.company"], "_is_dunning_working_day", lambda _company, _day: True
        )
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("web.base.url", cls.base_url())
        parameters.set_param("report.url", "http://127.0.0.1:9")
        parameters.set_param("account_payment.enable_portal_payment", "True")

    def _provide_demo_payments(self):
        """Let the company be paid with Odoo's demo provider."""
        demo = self.env.ref("payment.payment_provider_demo", raise_if_not_found=False)
        if not demo or demo.module_state != "installed":
            self.assertFalse(os.environ.get("CI"), "The tests in CI need payment_demo")
            self.skipTest("payment_demo is not installed")
        provider = demo.sudo().copy({"company_id": self.company.id})
        provider.write({"state": "test", "is_published": True})
        provider.payment_method_ids.active = True
        provider.journal_id = self.company_data["default_journal_bank"]

    def _run_scheduled_action(self):
        self.env.flush_all()
        self.env.ref("account_credit_management.ir_cron_run_dunning").method_direct_trigger()
        self.env.invalidate_all()

    def test_overdue_invoice_is_reminded_paid_by_link_and_left_in_peace(self):
        self._provide_demo_payments()
        invoices = self._new_invoice(fields.Date.subtract(self.today, days=9), amount=100)
        invoices += self._new_invoice(fields.Date.subtract(self.today, days=8), amount=250)
        not_due = self._new_invoice(fields.Date.add(self.today, days=20), amount=70)

        with self._mail_server() as inbox:
            self._run_scheduled_action()
            notice = self.env["dunning.notice"].search([("partner_id", "=", self.debtor.id)])
            self.assertEqual((notice.state, notice.failure_reason), ("sent", False))
            ((recipients, message),) = inbox.messages
            self.assertEqual(recipients, ["debtor.one@buyer.example"])
            self._check_message(message, notice, invoices)

            body = message.get_body(("html",)).get_content()
            (link,) = {
                target
                for target in html.fromstring(body).xpath("//a/@href")
                if "/my/reminders/" in target
            }
            self.assertTrue(link.startswith(self.base_url()))
            parts = urlsplit(link)
            self.start_tour(f"{parts.path}?{parts.query}", "reminder_payment", login=None)

            self.env.invalidate_all()
            self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
            self.assertLessEqual(set(invoices.mapped("payment_state")), {"paid", "in_payment"})
            self.assertEqual(not_due.amount_residual, 70)
            self.assertEqual(notice.transaction_ids.mapped("state"), ["done"])
            self.assertEqual(notice.transaction_ids.amount, 350)

            self._run_scheduled_action()
            self.assertEqual(len(inbox.messages), 1, "whoever paid is left in peace")
        later = fields.Date.add(self.today, days=15)
        self.assertFalse(self._run_day_for(self.debtor, later))

    def _check_message(self, message, notice, invoices):
        """The message is from the company, bears its letter, and its subject tells no debt."""
        self.assertIn("accounts@seller.example", message["From"])
        self.assertIn("collector@seller.example", message["Reply-To"])
        self.assertEqual(
            message["Subject"],
            f"Invoices {', '.join(invoices.mapped('name'))} – Seller Company",
        )
        text = " ".join(message.get_body(("plain",)).get_content().split())
        for words in ("350.00", "NL91 ABNA 0417 1643 00", notice.payment_reference):
            self.assertIn(words, text)
        (letter,) = message.iter_attachments()
        self.assertEqual(letter.get_content_type(), "application/pdf")
        pages = PdfFileReader(io.BytesIO(letter.get_content()), strict=False).pages
        printed = " ".join(pages[0].extract_text().split())
        for words in ("Debtor One", notice.name, *invoices.mapped("name")):
            self.assertIn(words, printed)
