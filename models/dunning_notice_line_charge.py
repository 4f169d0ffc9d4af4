from odoo import fields, models


class DunningNoticeLine(models.Model):
    """The share of an item in the interest and costs that its notice asks for."""

    _inherit = "dunning.notice.line"

    # === FIELDS ===#
    amount_interest = fields.Monetary("Interest")
    amount_costs = fields.Monetary("Costs")
