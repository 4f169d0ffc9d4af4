from base64 import b64encode
from decimal import Decimal
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import image_data_uri

from ..calc import reference

REPORT = "account_credit_management.action_report_installment_arrangement"
# More items than this get a page of their own, so that the letter itself stays one page.
MAX_LETTER_ITEMS = 7
# Rows of fixed height that fit on one page, next to its heading and total.
ITEM_ROWS = 40
INSTALLMENT_ROWS = 11
# With more installments than this on the last page, terms and signatures go to the next one.
ROWS_BEFORE_TERMS = 4


class InstallmentArrangement(models.Model):
    """The agreement: what the debtor reads, pays by, and signs."""

    _name = "installment.arrangement"
    _inherit = ["installment.arrangement", "credit.document"]

    # === FIELDS ===#
    partner_bank_id = fields.Many2one(
        "res.partner.bank",
        "Bank Account to Pay to",
        compute="_compute_partner_bank_id",
        compute_sudo=True,
    )
    payment_reference = fields.Char(compute="_compute_payment_reference", compute_sudo=True)
    payment_link = fields.Char(compute="_compute_payment_link", compute_sudo=True)
    letter_printed = fields.Datetime(
        "Printed On", readonly=True, copy=False, help="When the agreement was last printed."
    )
    emailed_date = fields.Datetime(
        "E-mailed On", readonly=True, copy=False, help="When the offer went out by e-mail."
    )
    to_print = fields.Boolean(
        compute="_compute_to_print",
        help="The debtor gets no e-mail: the offer is to be printed and posted.",
    )

    # === COMPUTE ===#
    @api.depends("company_id", "currency_id", "item_ids.move_line_id")
    def _compute_partner_bank_id(self):
        for arrangement in self:
            moves = arrangement.item_ids.move_line_id.move_id
            arrangement.partner_bank_id = arrangement._choose_bank(moves)

    @api.depends("name", "debtor_code")
    def _compute_payment_reference(self):
        for arrangement in self:
            arrangement.payment_reference = arrangement._get_own_reference()

    @api.depends("access_token")
    def _compute_payment_link(self):
        for arrangement in self:
            arrangement.payment_link = arrangement._get_page_link()

    @api.depends("state", "emailed_date", "letter_printed")
    def _compute_to_print(self):
        for arrangement in self:
            arrangement.to_print = arrangement.state == "offered" and not (
                arrangement.emailed_date or arrangement.letter_printed
            )

    def _compute_access_url(self):
        # EXTENDS 'portal'
        res = super()._compute_access_url()
        for arrangement in self:
            arrangement.access_url = f"/my/arrangements/{arrangement.id}"
        return res

    # === ACTIONS ===#
    def action_print_agreement(self):
        """Print the agreements, and remember it: these are not to be printed any more."""
        self.check_access("write")
        return {
            "type": "ir.actions.act_url",
            "url": f"/dunning/agreements?ids={','.join(map(str, self.ids))}",
            "target": "new",
        }

    # === BUSINESS: READER ===#
    def _get_reader(self):
        # EXTENDS: whoever answers for the debtor reads it in his place
        self.ensure_one()
        return self._get_stand_in() or self.contact_id or self.partner_id

    def _get_stand_in(self):
        """Whoever answers for the debtor: an administrator, a head office."""
        debtor = self.partner_id.sudo()
        in_charge = debtor.debtor_status and debtor.debtor_status_contact_id
        return in_charge or debtor.dunning_addressee_id

    def _get_named_debtor(self):
        # EXTENDS
        return self.partner_id if self._get_stand_in() else self.partner_id.browse()

    def _get_address_names(self, recipient):
        # EXTENDS: a stand-in has a name of his own
        if self._get_stand_in():
            return [name for name in (recipient.parent_id.name, recipient.name) if name]
        return super()._get_address_names(recipient)

    def _get_letter_bank(self):
        # EXTENDS
        return self.partner_bank_id

    def _get_text_date(self):
        # EXTENDS: the day of the offer; it does not change when it is printed again
        return self.offered_date or self.active_date or self._get_today()

    # === BUSINESS: CONTENTS ===#
    def _get_agreed_items(self):
        """The items with the part of each that was agreed on, oldest due date first. Interest and
        costs of the plan are told apart, as amounts."""
        items = self.item_ids.filtered(lambda item: not item.is_charge)
        return items.sorted(lambda item: (item.date_maturity or item.move_line_id.date, item.id))

    def _get_item_pages(self):
        """The items page by page; none when they fit in the letter."""
        items = self._get_agreed_items()
        if len(items) <= MAX_LETTER_ITEMS:
            return []
        return [items[start : start + ITEM_ROWS] for start in range(0, len(items), ITEM_ROWS)]

    def _get_agreed_rows(self):
        """What was agreed on of each installment, whatever became of it since.

        :rtype: list[dict]
        """
        self.ensure_one()
        rest, rows = self.amount_total, []
        lines = self.line_ids.sorted(lambda line: (line.date_agreed or line.date_due, line.id))
        for number, line in enumerate(lines, 1):
            amount = line.amount_agreed or line.amount
            rest = self.currency_id.round(rest - amount)
            rows.append(
                {
                    "number": number,
                    "date": line.date_agreed or line.date_due,
                    "amount": amount,
                    "rest": rest,
                    "qr_code": self._get_qr_code(amount),
                }
            )
        return rows

    def _get_schedule_pages(self):
        """The installments page by page, the last one with room for the terms."""
        rows = self._get_agreed_rows()
        pages = [
            rows[start : start + INSTALLMENT_ROWS]
            for start in range(0, len(rows), INSTALLMENT_ROWS)
        ]
        if pages and len(pages[-1]) > ROWS_BEFORE_TERMS:
            pages.append([])
        return pages

    # === BUSINESS: QR CODES ===#
    def _get_qr_code(self, amount):
        """Return a QR code as a data URI: a transfer for banking apps, else the link."""
        self.ensure_one()
        return self._draw_qr_code(self._get_transfer_payload(amount) or self.payment_link)

    def _get_link_qr_code(self):
        """Return a QR code of the page of the debtor as a data URI."""
        self.ensure_one()
        return self._draw_qr_code(self.payment_link)

    def _draw_qr_code(self, payload):
        if not payload:
            return False
        png = self.env["ir.actions.report"].barcode(
            "QR", payload, width=300, height=300, quiet=False, barLevel="M"
        )
        return image_data_uri(b64encode(png))

    def _get_transfer_payload(self, amount):
        """The contents of the QR code of a SEPA transfer; empty where there is none."""
        self.ensure_one()
        bank = self.partner_bank_id
        number = bank.sanitized_acc_number or ""
        if self.currency_id.name != "EUR" or not self._is_sepa_account(bank):
            return ""
        remittance = {"text": self.payment_reference or self.name}
        if reference.iso11649_is_valid(remittance["text"]):
            remittance = {"reference": remittance["text"]}
        try:
            return reference.epc_qr(
                (bank.acc_holder_name or self.company_id.name)[:70],
                number,
                Decimal(f"{amount:.2f}"),
                bic=(bank.bank_bic or "").upper(),
                **remittance,
            )
        except ValueError:
            return ""

    @api.model
    def _is_sepa_account(self, bank):
        zone = self.env.ref("base.sepa_zone", raise_if_not_found=False)
        countries = zone.sudo().country_ids.mapped("code") if zone else []
        return bank.acc_type == "iban" and (bank.sanitized_acc_number or "")[:2] in countries

    def _is_transfer_code(self):
        """Whether the QR codes are read by the app of a bank."""
        return bool(self._get_transfer_payload(self.amount_total))

    # === BUSINESS: PDF ===#
    def _render_agreement(self):
        """Render the agreement as it is now."""
        self.ensure_one()
        report = self.env["ir.actions.report"].sudo().with_company(self.company_id)
        content, _type = report._render_qweb_pdf(REPORT, self.ids)
        if not content:
            raise UserError(self.env._("The agreement is empty."))
        return content

    def _get_agreement_content(self):
        """The agreement that was signed, else as it is now."""
        self.ensure_one()
        return self.sudo().agreement_id.raw or self._render_agreement()

    def _get_agreement_name(self):
        """File name of the agreement, without extension."""
        title = (
            self.env._("Proposal")
            if self.state in ("draft", "offered")
            else self.env._("Agreement")
        )
        return f"{title} {self.name}".replace("/", "-")

    def _create_agreement_attachment(self, content, name=None):
        """Store a document with the arrangement."""
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .create(
                {
                    "name": name or f"{self._get_agreement_name()}.pdf",
                    "raw": content,
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                }
            )
        )

    def _keep_agreement(self, content, name=None):
        """Keep the document that was signed, with a fingerprint that shows it was not changed."""
        self.ensure_one()
        attachment = self._create_agreement_attachment(content, name)
        self._with_gate_open().write(
            {"agreement_id": attachment.id, "agreement_hash": sha256(content).hexdigest()}
        )
