from odoo import api, fields, models


class DunningNotice(models.Model):
    """Costs and interest in a notice: snapshots of the day it is made, and again of its sending."""

    _inherit = "dunning.notice"

    # === FIELDS ===#
    amount_interest = fields.Monetary(
        "Interest", readonly=True, help="Interest that this notice asks for."
    )
    amount_costs = fields.Monetary(
        "Costs", readonly=True, help="Costs of collecting that this notice asks for."
    )
    amount_interest_announced = fields.Monetary(
        "Interest, Announced", readonly=True, help="Interest until that day, not asked for yet."
    )
    amount_costs_announced = fields.Monetary(
        "Costs, Announced",
        readonly=True,
        help="Costs of collecting that will be claimed when this notice is not paid in time.",
    )
    charge_note = fields.Char(
        "About Costs",
        readonly=True,
        help="Why nothing, or less than the level says, is charged.",
    )
    charge_ids = fields.One2many("receivable.charge", "notice_id", "Charges", readonly=True)
    statutory_letter_ids = fields.One2many("statutory.letter", "notice_id", readonly=True)

    # === COMPUTE ===#
    @api.depends("amount_interest", "amount_costs")
    def _compute_amount_total(self):
        # EXTENDS: what is asked beside the items
        res = super()._compute_amount_total()
        for notice in self:
            notice.amount_total += notice.amount_interest + notice.amount_costs
        return res
