from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """How a company charges costs and interest."""

    _inherit = "res.config.settings"

    # === FIELDS ===#
    charge_cost_product_id = fields.Many2one(
        related="company_id.charge_cost_product_id", readonly=False
    )
    charge_interest_product_id = fields.Many2one(
        related="company_id.charge_interest_product_id", readonly=False
    )
    charge_vat = fields.Boolean(related="company_id.charge_vat", readonly=False)
    charge_vat_percentage = fields.Float(related="company_id.charge_vat_percentage", readonly=False)
    charge_extend_term = fields.Boolean(related="company_id.charge_extend_term", readonly=False)
    charge_be_saturday = fields.Boolean(related="company_id.charge_be_saturday", readonly=False)
    charge_be_small = fields.Boolean(related="company_id.charge_be_small", readonly=False)
    payment_allocation = fields.Selection(
        related="company_id.payment_allocation", readonly=False, required=True
    )
