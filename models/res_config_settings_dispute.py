from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How a company handles disputes."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    dispute_user_id = fields.Many2one(related="company_id.dispute_user_id", readonly=False)
    dispute_window_days = fields.Integer(related="company_id.dispute_window_days", readonly=False)
    dispute_term_days = fields.Integer(related="company_id.dispute_term_days", readonly=False)
    dispute_digest = fields.Boolean(related="company_id.dispute_digest", readonly=False)
    dispute_alias_name = fields.Char(related="company_id.dispute_alias_name", readonly=False)
    dispute_email = fields.Char(related="company_id.dispute_email")
    dispute_file_size = fields.Integer(related="company_id.dispute_file_size", readonly=False)
