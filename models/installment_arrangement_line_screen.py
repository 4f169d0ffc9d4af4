from odoo import api, models
from odoo.tools import format_date


class InstallmentArrangementLine(models.Model):
    """What the screens show of an installment, and where it leads to."""

    _inherit = "installment.arrangement.line"

    # === COMPUTE ===#
    @api.depends("amount", "currency_id", "date_due")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for line in self:
            day = format_date(self.env, line.date_due) if line.date_due else ""
            line.display_name = f"{day}: {line.currency_id.format(line.amount)}"

    # === ACTIONS ===#
    def action_open_postpone(self):
        self.ensure_one()
        return self.env["arrangement.postpone"]._get_open_action(self)
