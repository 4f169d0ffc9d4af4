from odoo import api, fields, models


class ArrangementCancel(models.TransientModel):
    """End an arrangement without blame: its items are reminded again."""

    _name = "arrangement.cancel"
    _description = "Cancel an Arrangement"

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", required=True, readonly=True)
    arrangement_state = fields.Selection(related="arrangement_id.state")
    reason = fields.Char(required=True)

    # === ACTIONS ===#
    def action_cancel_arrangement(self):
        self.ensure_one()
        self.arrangement_id._cancel(self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, arrangement):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cancel %s", arrangement.name),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_arrangement_id": arrangement.id},
        }
