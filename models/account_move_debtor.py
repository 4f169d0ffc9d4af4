from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    # === FIELDS ===#
    debtor_status_warning = fields.Char(
        related="commercial_partner_id.debtor_status_warning",
        groups="account_credit_management.group_viewer",
        help="Tells whoever makes the invoice that the debtor is bankrupt or the like.",
    )
