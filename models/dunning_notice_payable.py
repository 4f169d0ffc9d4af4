from odoo import api, fields, models


class DunningNotice(models.Model):
    """Debtors who are suppliers as well: what we owe them, and what they owe us as suppliers."""

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

    # === BUSINESS ===#
    def _is_of_supplier(self):
        """Whether this notice asks a supplier to pay back what he owes on his credit notes."""
        self.ensure_one()
        return "in_refund" in self._get_valid_lines().move_id.mapped("move_type")
