import io

from odoo import fields
from odoo.tools.pdf import PdfFileReader

from .common import CreditManagementCommon


class NoticeCommon(CreditManagementCommon):
    """A company that can be paid and called, and reminders that really went out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "name": "Seller Company",
                "street": "5 Seller Street",
                "zip": "1011 AB",
                "city": "Amsterdam",
                "country_id": cls.env.ref("base.nl").id,
                "phone": "+31 20 555 0000",
                "vat": "NL123456782B90",
                "company_registry": "24123456",
            }
        )
        cls.bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": "NL91 ABNA 0417 1643 00",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls.collector.write({"name": "Carla Collector", "phone": "+31 20 555 1234"})
        cls.company.dunning_user_id = cls.collector

    def _get_pages(self, content):
        """Text of the pages of a PDF, with ordinary spaces."""
        reader = PdfFileReader(io.BytesIO(content), strict=False)
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    def _propose(self, day):
        """The notices of the proposal of a day; those released by hand still wait."""
        with self._frozen(day):
            run = self.env["dunning.run"]._propose_automatically(
                self.company, fields.Date.to_date(day)
            )
        return run.notice_ids

    def _send_reminder(self, due, days=8, **values):
        """An invoice that fell due and its reminder, sent so many days later."""
        invoice = self._new_invoice(due, **values)
        day = fields.Date.add(fields.Date.to_date(due), days=days)
        notice = self._run_day_for(invoice.commercial_partner_id, day)
        self.assertEqual(notice.stage, "reminder")
        return invoice, notice

    def _run_day_for(self, partner, day):
        """What one debtor gets on a day."""
        return self._run_day(day).filtered(lambda notice: notice.partner_id == partner)
