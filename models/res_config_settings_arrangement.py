from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """What a company agrees to in installments. Changes hold for new arrangements."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    arrangement_max_months = fields.Integer(
        related="company_id.arrangement_max_months", readonly=False
    )
    arrangement_min_first = fields.Float(related="company_id.arrangement_min_first", readonly=False)
    arrangement_min_amount = fields.Monetary(
        related="company_id.arrangement_min_amount",
        currency_field="credit_currency_id",
        readonly=False,
    )
    arrangement_max_collector = fields.Monetary(
        related="company_id.arrangement_max_collector",
        currency_field="credit_currency_id",
        readonly=False,
    )
    arrangement_offer_days = fields.Integer(
        related="company_id.arrangement_offer_days", readonly=False
    )
    arrangement_grace_days = fields.Integer(
        related="company_id.arrangement_grace_days", readonly=False
    )
    arrangement_remind_days = fields.Integer(
        related="company_id.arrangement_remind_days", readonly=False
    )
    arrangement_overpayment = fields.Selection(
        related="company_id.arrangement_overpayment", readonly=False, required=True
    )
    arrangement_portal = fields.Selection(
        related="company_id.arrangement_portal", readonly=False, required=True
    )
    arrangement_charge_product_id = fields.Many2one(
        related="company_id.arrangement_charge_product_id", readonly=False
    )
