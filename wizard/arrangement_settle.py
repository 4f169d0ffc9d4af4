from datetime import timedelta

from odoo import api, fields, models

DEFAULT_DAYS = 7


class ArrangementSettle(models.TransientModel):
    """Tell a debtor what he has to pay by a day to be done with an arrangement."""

    _name = "arrangement.settle"
    _description = "Settle an Arrangement Early"

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", required=True, readonly=True)
    currency_id = fields.Many2one(related="arrangement_id.currency_id")
    date = fields.Date(
        "Pays By",
        compute="_compute_date",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    amount_left = fields.Monetary(related="arrangement_id.amount_left", string="Left of the Plan")
    amount_waived = fields.Monetary(
        "Waived",
        compute="_compute_amounts",
        help="The interest of installments that are not due by that day.",
    )
    amount = fields.Monetary("To Pay", compute="_compute_amounts")

    # === COMPUTE ===#
    @api.depends("arrangement_id")
    def _compute_date(self):
        for wizard in self:
            company = wizard.arrangement_id.company_id or self.env.company
            day = company._get_dunning_today() + timedelta(days=DEFAULT_DAYS)
            wizard.date = company._get_next_dunning_working_day(day)

    @api.depends("arrangement_id", "date")
    def _compute_amounts(self):
        for wizard in self:
            amount = waived = 0.0
            if wizard.date and wizard.arrangement_id:
                amount, waived = wizard.arrangement_id._get_settlement(wizard.date)
            wizard.amount = amount
            wizard.amount_waived = waived

    # === ACTIONS ===#
    def action_settle(self):
        self.ensure_one()
        self.arrangement_id._settle(self.date)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, arrangement):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle %s Early", arrangement.name),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_arrangement_id": arrangement.id},
        }
