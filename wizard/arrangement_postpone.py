from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

DEFAULT_DAYS = 7


class ArrangementPostpone(models.TransientModel):
    """Agree on a later day for one installment; the others stay as they are."""

    _name = "arrangement.postpone"
    _description = "Postpone an Installment"

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", required=True, readonly=True)
    line_id = fields.Many2one(
        "installment.arrangement.line",
        "Installment",
        required=True,
        domain="[('id', 'in', open_line_ids)]",
    )
    open_line_ids = fields.Many2many(
        "installment.arrangement.line", compute="_compute_open_line_ids"
    )
    currency_id = fields.Many2one(related="arrangement_id.currency_id")
    amount_left = fields.Monetary(related="line_id.amount_left")
    date_due = fields.Date(related="line_id.date_due", string="Is Due On")
    date = fields.Date(
        "Postpone Until",
        compute="_compute_date",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    reason = fields.Char()

    # === COMPUTE ===#
    @api.depends("arrangement_id")
    def _compute_open_line_ids(self):
        for wizard in self:
            currency = wizard.currency_id
            wizard.open_line_ids = wizard.arrangement_id.line_ids.filtered(
                lambda line, currency=currency: not currency.is_zero(line.amount_left)
            )

    @api.depends("line_id")
    def _compute_date(self):
        """A week later than now or than agreed, on a working day."""
        for wizard in self:
            company = wizard.arrangement_id.company_id or self.env.company
            today = company._get_dunning_today()
            day = max(wizard.line_id.date_due or today, today) + timedelta(days=DEFAULT_DAYS)
            wizard.date = company._get_next_dunning_working_day(day)

    # === ACTIONS ===#
    def action_postpone(self):
        self.ensure_one()
        self.line_id._postpone(self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, line):
        if not line:
            raise UserError(self.env._("Every installment has been paid."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Postpone an Installment"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_arrangement_id": line.arrangement_id.id,
                "default_line_id": line.id,
            },
        }
