from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What salespeople hear of their customers."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    credit_tell_salespeople = fields.Boolean(
        related="company_id.credit_tell_salespeople", readonly=False
    )
