import io
from base64 import b64encode

from PIL import Image
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.image import image_data_uri

from .dunning_delivery import GONE_STATES

# Rows of fixed height that fit on one page of the annex, next to its heading and total.
ANNEX_ROWS = 40
# About the width and height of the QR code, which is printed 25 mm wide.
QR_PIXELS = 300
# What the postal service of Odoo wants to know of an address.
POST_FIELDS = ("street", "zip", "city", "country_id")


class DunningNotice(models.Model):
    """Letters: how they look, and how they are posted."""

    _inherit = "dunning.notice"

    # === BUSINESS: CONTENTS ===#
    def _needs_letter(self):
        """Whether a letter is made: to be posted, or to go with the e-mail."""
        self.ensure_one()
        return self.use_letter or (self.use_email and self.level_id.attach_letter)

    def _get_letter_bank(self):
        # EXTENDS: the account to which the items are paid
        return self.partner_bank_id

    def _get_annex_pages(self):
        """Return the rows of the letter's annex page by page; none when they fit in the letter."""
        rows = self._get_item_rows()
        if len(rows) <= self._get_max_letter_items() or self.state == "corrected":
            return []
        count = self._get_annex_rows()
        return [rows[start : start + count] for start in range(0, len(rows), count)]

    def _get_annex_rows(self):
        """How many items fit on one page of the annex."""
        return ANNEX_ROWS

    def _get_payment_qr_code(self):
        """Return the QR code of the payment link as a data URI.

        In black and white only: each letter is stored, and Odoo's own in full color makes it
        several times as large.
        """
        self.ensure_one()
        code = QRCode(None, QRErrorCorrectLevel.L)
        code.addData(self.payment_link)
        code.make()
        count = code.getModuleCount()
        picture = Image.new("1", (count, count), 1)
        picture.putdata(
            [not code.isDark(row, column) for row in range(count) for column in range(count)]
        )
        size = count * max(QR_PIXELS // count, 1)
        with io.BytesIO() as stream:
            picture.resize((size, size), Image.Resampling.NEAREST).save(stream, "PNG")
            return image_data_uri(b64encode(stream.getvalue()))

    # === BUSINESS: PDF ===#
    def _create_letter(self):
        """Render the letter as PDF and store it on the notice."""
        self.ensure_one()
        return self._create_letters()[self]

    def _create_letters(self):
        """Render letters as PDF, many at a time, and store each on its notice.

        :return: ir.attachment by notice
        :rtype: dict
        """
        reports = self.env["ir.actions.report"]
        contents = {}
        for company, notices in self.grouped("company_id").items():
            contents |= reports.with_company(company)._render_letters(
                "account_credit_management.action_report_dunning_notice", notices.ids
            )
        if not all(contents.values()):
            raise UserError(self.env._("The letter is empty."))
        letters = self.env["ir.attachment"].create(
            [
                {
                    "name": f"{notice._get_letter_name()}.pdf",
                    "raw": contents[notice.id],
                    "res_model": notice._name,
                    "res_id": notice.id,
                    "company_id": notice.company_id.id,
                    "mimetype": "application/pdf",
                }
                for notice in self
            ]
        )
        return dict(zip(self, letters, strict=True))

    def _get_posted_letters(self):
        """The letters that are posted by hand, without those that went with an e-mail only, or
        that the postal service of Odoo has taken."""
        return self.delivery_ids.filtered(
            lambda delivery: (
                delivery.channel == "letter"
                and delivery.state in GONE_STATES
                and not delivery.mail_message_id
            )
        ).letter_id

    def _get_printable_letters(self):
        """The letters to print: those to be posted, else that of the e-mail, to be looked at."""
        letters = self.env["ir.attachment"]
        for notice in self:
            letters |= notice._get_posted_letters() or notice.letter_id
        return letters

    # === BUSINESS: POST ===#
    def _post_letter(self, delivery):
        """Give a letter to the postal service of Odoo when the company uses it.

        Its queue hands it over later. Without it, or with an address that lacks something it
        wants, the letter is printed and posted by hand.
        """
        self.ensure_one()
        recipient = delivery.partner_id
        if not self._is_post_used() or not self._has_post_address(recipient):
            return delivery._transition("sent")
        letter = (
            self.env["snailmail.letter"]
            .with_company(self.company_id)
            .create(
                {
                    "model": "res.partner",
                    "res_id": self.partner_id.id,
                    "partner_id": recipient.id,
                    "company_id": self.company_id.id,
                    "attachment_id": delivery.letter_id.id,
                    # The letter bears its address itself.
                    "cover": False,
                }
            )
        )
        delivery._transition("queued", mail_message_id=letter.message_id.id)

    def _is_post_used(self):
        return self.company_id.dunning_post_letters and "snailmail.letter" in self.env

    @api.model
    def _has_post_address(self, recipient):
        return all(recipient[name] for name in POST_FIELDS)

    def _print_instead(self, delivery, reason):
        """The postal service did not take a letter: it is printed and posted by hand."""
        delivery._transition("failed", reason)
        delivery._withdraw_from_queue()
        delivery.create(
            {
                **self._prepare_delivery_values("letter", delivery.partner_id, delivery.is_copy),
                "letter_id": delivery.letter_id.id,
                "state": "sent",
                "reason": self.env._("To be printed and posted by hand."),
            }
        )
        if not self._has_post_address(delivery.partner_id):
            delivery.partner_id._ask_to_mend(self.company_id, "letter", delivery.address, reason)

    # === HOOKS ===#
    def _get_letter_name(self):
        """File name of the letter, without extension: readable in the debtor's downloads."""
        is_correction = self.state == "corrected"
        title = self.env._("Correction") if is_correction else self.level_id.name
        return f"{title} {self.name}".replace("/", "-")
