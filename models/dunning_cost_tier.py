from odoo import fields, models


class DunningCostTier(models.Model):
    """One step of a scale of costs: a percentage of the part of the principal within it."""

    _name = "dunning.cost.tier"
    _description = "Tier of Costs"
    _order = "level_id, sequence, id"

    # === FIELDS ===#
    level_id = fields.Many2one("dunning.level", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="level_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="level_id.currency_id")
    sequence = fields.Integer(default=10)
    up_to = fields.Monetary(
        help="Bound of the tier in the currency of the company; 0: everything above."
    )
    percentage = fields.Float(digits=(6, 3), help="Percent of the part of the principal in it.")

    _positive = models.Constraint(
        "CHECK (up_to >= 0 AND percentage >= 0)", "A bound or percentage cannot be negative."
    )
