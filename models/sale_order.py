from odoo import fields, models

from .groups import VIEWER


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # === FIELDS ===#
    debtor_status_warning = fields.Char(
        related="partner_invoice_id.debtor_status_warning",
        groups=VIEWER,
        help="Tells salespeople that the debtor is bankrupt or the like.",
    )
