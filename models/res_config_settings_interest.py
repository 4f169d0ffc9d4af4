from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What interest a company claims of those who pay late."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    interest_kind_business = fields.Selection(
        related="company_id.interest_kind_business", readonly=False
    )
    interest_kind_consumer = fields.Selection(
        related="company_id.interest_kind_consumer", readonly=False
    )
    interest_percentage = fields.Float(related="company_id.interest_percentage", readonly=False)
    interest_compound = fields.Boolean(related="company_id.interest_compound", readonly=False)
    interest_days = fields.Selection(
        related="company_id.interest_days", readonly=False, required=True
    )
    interest_consumer_start = fields.Selection(
        related="company_id.interest_consumer_start", readonly=False, required=True
    )
