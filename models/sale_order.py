from odoo import fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # === FIELDS ===#
    debtor_status_warning = fields.Char(
        related="partner_invoice_id.debtor_status_warning",
        groups="account_credit_management.group_viewer",
        help="Tells salespeople that the debtor is bankrupt or the like.",
    )
