from odoo import api, fields, models

from .dunning_notice_text import MAX_SUBJECT_DOCUMENTS


class DunningNotice(models.Model):
    """Debtors who are suppliers as well: what we owe them, and what they owe us as suppliers.

    A notice is about invoices or about the credit notes of a supplier, never about both.
    """

    _inherit = "dunning.notice"

    # === FIELDS ===#
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    payable_amount = fields.Monetary(
        "We Owe",
        currency_field="company_currency_id",
        compute="_compute_payable_amount",
        compute_sudo=True,
        help="What the company owes this debtor on balance, in its own currency: offer to set it "
        "off.",
    )

    # === COMPUTE ===#
    @api.depends("partner_id", "company_id")
    def _compute_payable_amount(self):
        for company, notices in self.grouped("company_id").items():
            debtors = notices.partner_id.commercial_partner_id
            amounts = debtors._get_payable_amounts(company)
            for notice in notices:
                debtor = notice.partner_id.commercial_partner_id
                notice.payable_amount = amounts.get(debtor.id, 0.0)

    def _compute_document_summary(self):
        # EXTENDS: suppliers owe on their own credit notes
        res = super()._compute_document_summary()
        for notice in self.filtered(lambda notice: notice._is_of_supplier()):
            numbers = list(
                dict.fromkeys(line._get_document_number() for line in notice._get_valid_lines())
            )
            if len(numbers) == 1:
                notice.document_summary = self.env._("Your credit note %s", numbers[0])
            elif len(numbers) <= MAX_SUBJECT_DOCUMENTS:
                notice.document_summary = self.env._("Your credit notes %s", ", ".join(numbers))
            else:
                notice.document_summary = self.env._(
                    "Your credit notes %(numbers)s and %(count)s more",
                    numbers=", ".join(numbers[:2]),
                    count=len(numbers) - 2,
                )
        return res

    def _compute_payment_reference(self):
        # EXTENDS: the payment reference of a credit note is the supplier's; ours is the notice
        res = super()._compute_payment_reference()
        for notice in self.filtered(lambda notice: notice._is_of_supplier()):
            notice.payment_reference = notice.name
        return res

    # === BUSINESS ===#
    def _is_of_supplier(self):
        """Whether this notice asks a supplier to pay back what he owes on his credit notes."""
        self.ensure_one()
        return "in_refund" in self._get_valid_lines().move_id.mapped("move_type")

    def _is_online_payment_enabled(self):
        # EXTENDS: Odoo takes payments of customers online, not what suppliers pay back
        return not self._is_of_supplier() and super()._is_online_payment_enabled()
