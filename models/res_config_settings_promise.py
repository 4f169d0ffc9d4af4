from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How long the company waits for promises to pay."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    promise_grace_days = fields.Integer(related="company_id.promise_grace_days", readonly=False)
    promise_max_days = fields.Integer(related="company_id.promise_max_days", readonly=False)
