from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What a level claims for the trouble of collecting, beside interest.
COST_SCHEMES = [
    ("none", "No costs"),
    ("fixed", "Fixed fee"),
    ("percentage", "Percentage"),
    ("tiers", "Percentage per tier"),
    ("statutory", "By law, as the debtor and the country say"),
    ("nl_business", "Netherlands, businesses: collection costs by scale"),
    ("nl_consumer", "Netherlands, consumers: collection costs after the 14-day letter"),
    ("be_business", "Belgium, businesses: 40 per invoice"),
    ("be_consumer", "Belgium, consumers: compensation up to the cap"),
    ("eu_40", "European Union, businesses: 40 per invoice"),
]
# What happens with costs and interest of a level.
CHARGE_MODES = [
    ("announced", "Announced, not asked"),
    ("memo", "Asked, not booked"),
    ("draft", "Asked, with a draft invoice"),
    ("posted", "Asked and invoiced"),
]
# Modes that make the debtor owe the amount with this message.
ASKING_MODES = ("memo", "draft", "posted")


class DunningLevel(models.Model):
    """What a level claims beside the items: costs and interest."""

    _inherit = "dunning.level"

    # === FIELDS ===#
    cost_scheme = fields.Selection(
        COST_SCHEMES,
        "Costs",
        required=True,
        default="none",
        help="How the costs of collecting are calculated. Whatever is chosen, a consumer in the "
        "Netherlands or Belgium is never charged more or earlier than the law allows.",
    )
    charge_mode = fields.Selection(
        CHARGE_MODES,
        "Costs and Interest Are",
        required=True,
        default="announced",
        help="Announced: the message says what will be claimed. Asked: it is part of the amount to "
        "pay. With an invoice it is in the books as well, on the products of the settings.",
    )
    currency_id = fields.Many2one(related="policy_id.currency_id")
    fee_amount = fields.Monetary("Fee", help="In the currency of the company, without tax.")
    fee_basis = fields.Selection(
        [("notice", "Per message"), ("item", "Per item")],
        "Fee Counts",
        required=True,
        default="notice",
    )
    cost_percentage = fields.Float(
        "Percentage of What Is Due", digits=(6, 3), help="Percent of the open principal."
    )
    cost_minimum = fields.Monetary(
        "Costs, at Least", help="In the currency of the company, of percentages; 0: no minimum."
    )
    cost_maximum = fields.Monetary(
        "Costs, at Most", help="In the currency of the company, of percentages; 0: no maximum."
    )
    cost_tier_ids = fields.One2many("dunning.cost.tier", "level_id", "Tiers", copy=True)
    charge_interest = fields.Boolean(
        "Interest",
        help="Interest on late payment until the day of sending, by the rates and rules of the "
        "settings.",
    )
    statutory_letter = fields.Boolean(
        "Letter That Costs Wait For",
        help="To consumers this message carries what the law demands before costs may be charged: "
        "in the Netherlands the fourteen days from receipt and the exact amount of the costs. In "
        "Belgium the first reminder after the due date always does.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("cost_scheme", "charge_interest", "statutory_letter", "stage")
    def _check_not_before_due(self):
        for level in self.filtered(lambda level: level.stage == "courtesy"):
            if level.cost_scheme != "none" or level.charge_interest or level.statutory_letter:
                raise ValidationError(
                    self.env._(
                        "Level “%s” comes before the due date: nobody owes costs or interest yet.",
                        level.name,
                    )
                )

    @api.constrains("cost_scheme", "cost_tier_ids")
    def _check_tiers(self):
        for level in self.filtered(lambda level: level.cost_scheme == "tiers"):
            bounds = level.cost_tier_ids.mapped("up_to")
            if not bounds or len(set(bounds)) < len(bounds):
                raise ValidationError(
                    self.env._(
                        "Level “%s”: a scale has at least one tier, and no two tiers up to the "
                        "same amount. Only the last one has no bound.",
                        level.name,
                    )
                )

    @api.constrains("cost_scheme", "fee_amount", "cost_percentage", "cost_minimum", "cost_maximum")
    def _check_costs(self):
        for level in self:
            amounts = (
                level.fee_amount,
                level.cost_percentage,
                level.cost_minimum,
                level.cost_maximum,
            )
            if min(amounts) < 0:
                raise ValidationError(
                    self.env._("Level “%s”: costs cannot be negative.", level.name)
                )
            if level.cost_maximum and level.cost_minimum > level.cost_maximum:
                raise ValidationError(
                    self.env._(
                        "Level “%s”: the costs are at least more than they are at most.", level.name
                    )
                )
            missing = {"fixed": not level.fee_amount, "percentage": not level.cost_percentage}
            if missing.get(level.cost_scheme):
                raise ValidationError(
                    self.env._("Level “%s”: say how much the costs are.", level.name)
                )
