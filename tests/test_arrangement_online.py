import hashlib
import io
import os

from odoo import Command, fields
from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from .mail_server_common import MailServerMixin
from .notice_common import NoticeCommon


@tagged("post_install", "-at_install")
class TestArrangementOnline(MailServerMixin, NoticeCommon, HttpCase):
    """A debtor signs and pays in a real browser, and the agreement is really printed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        companies = cls.env.registry["res.company"]
        cls.classPatch(companies, "_is_dunning_working_day", lambda _company, _day: True)
        cls.classPatch(companies, "_get_dunning_closed_days", lambda _company, _from, _to: [])
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("web.base.url", cls.base_url())
        parameters.set_param("report.url", "http://127.0.0.1:9")
        parameters.set_param("account_payment.enable_portal_payment", "True")

    def _offer(self, *amounts, dates):
        """Overdue invoices, the oldest first, and the offer to pay them on those days."""
        invoices = self.env["account.move"]
        for number, amount in enumerate(amounts):
            due = fields.Date.subtract(self.today, days=20 - number)
            invoices |= self._new_invoice(due, amount=amount)
        arrangement = (
            self.env["installment.arrangement"]
            .with_user(self.manager)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "currency_id": invoices.currency_id.id,
                    "item_ids": [
                        Command.create({"move_line_id": item.id}) for item in self._items(invoices)
                    ],
                }
            )
        )
        arrangement._plan(first_due=dates[0], dates=dates, count=len(dates))
        return invoices, arrangement

    def _provide_demo_payments(self):
        """Let the company be paid with Odoo's demo provider, and with nothing else."""
        demo = self.env.ref("payment.payment_provider_demo", raise_if_not_found=False)
        if not demo or demo.module_state != "installed":
            self.assertFalse(os.environ.get("CI"), "The tests in CI need payment_demo")
            self.skipTest("payment_demo is not installed")
        provider = demo.sudo().copy({"company_id": self.company.id})
        provider.write({"state": "test", "is_published": True})
        provider.payment_method_ids.active = True
        provider.journal_id = self.company_data["default_journal_bank"]

    def test_debtor_signs_in_the_browser_and_the_signature_is_printed(self):
        days = [fields.Date.add(self.today, days=number) for number in (10, 40)]
        _invoices, arrangement = self._offer(300, dates=days)
        with self._mail_server():
            arrangement.action_offer()
            arrangement = arrangement.sudo()
            _pages, before = self._read(arrangement._render_agreement())
            self.assertNotIn("Bea Buyer", before)
            self.start_tour(arrangement.get_portal_url(), "arrangement_sign", login=None)
            self.env.invalidate_all()
            self.assertEqual((arrangement.state, arrangement.signed_by), ("active", "Bea Buyer"))
            self.assertEqual(arrangement.signed_ip, "127.0.0.1")
        document = arrangement.agreement_id
        self.assertEqual(document.mimetype, "application/pdf")
        self.assertEqual(arrangement.agreement_hash, hashlib.sha256(document.raw).hexdigest())
        pictures, text = self._read(document.raw)
        for words in ("Bea Buyer", arrangement.name, "127.0.0.1", "300.00"):
            self.assertIn(words, text)
        self.assertGreater(pictures, 0, "what was drawn is on it")

    def _read(self, content):
        """Number of pictures and the text of a PDF."""
        pages = PdfFileReader(io.BytesIO(content), strict=False).pages
        text = " ".join(page.extract_text() for page in pages)
        return sum(len(page.images) for page in pages), " ".join(text.split())

    def test_installment_due_is_paid_in_the_browser(self):
        self._provide_demo_payments()
        other = self._new_invoice(fields.Date.subtract(self.today, days=40), amount=70)
        days = [self.today, *(fields.Date.add(self.today, days=number) for number in (30, 60))]
        invoices, arrangement = self._offer(120, 380, dates=days)
        for line, amount in zip(arrangement.line_ids, (200, 150, 150), strict=True):
            line.amount = amount
        arrangement.action_activate()
        arrangement = arrangement.sudo()
        lines = arrangement._get_ordered_lines()
        self.assertEqual(lines.mapped("state"), ["due", "planned", "planned"])

        self.start_tour(arrangement.get_portal_url(), "arrangement_payment", login=None)

        self.env.invalidate_all()
        transaction = arrangement.transaction_ids
        self.assertEqual((transaction.state, transaction.amount), ("done", 200))
        self.assertEqual(transaction.provider_code, "demo")
        self.assertEqual(transaction.payment_id.amount, 200)
        self.assertEqual(invoices.mapped("amount_residual"), [0, 300], "the oldest first")
        self.assertEqual(other.amount_residual, 70, "what is not arranged is not touched")
        self.assertEqual(lines.mapped("state"), ["paid", "planned", "planned"])
        self.assertEqual(lines.mapped("amount"), [200, 150, 150])
        self.assertEqual(arrangement.next_line_id, lines[1])
        self.assertEqual((arrangement.amount_due_now, arrangement.state), (150, "active"))
