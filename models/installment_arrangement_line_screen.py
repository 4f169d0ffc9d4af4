from odoo import models


class InstallmentArrangementLine(models.Model):
    _inherit = "installment.arrangement.line"

    # === ACTIONS ===#
    def action_open_postpone(self):
        self.ensure_one()
        return self.env["arrangement.postpone"]._get_open_action(self)
