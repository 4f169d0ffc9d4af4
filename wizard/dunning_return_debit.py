from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class DunningReturnDebit(models.TransientModel):
    """Direct debits that the bank returned."""

    _name = "dunning.return.debit"
    _description = "Direct Debit Returned"

    # === FIELDS ===#
    move_ids = fields.Many2many("account.move", string="Invoices", required=True, readonly=True)
    date = fields.Date(
        "Returned On", required=True, default=lambda self: self.env.company._get_dunning_today()
    )
    reason = fields.Char(required=True)

    # === ACTIONS ===#
    def action_confirm(self):
        """Let reminders begin, and have the debtors called."""
        self.ensure_one()
        moves = self.move_ids
        moves._check_direct_debit("out_invoice", "out_receipt")
        if self.date > self.env.company._get_dunning_today():
            raise UserError(self.env._("A direct debit cannot be returned on a day to come."))
        self._check_collected(moves)
        moves._return_direct_debit(self.date, self.reason)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, moves):
        """Open the dialog for these invoices."""
        self._check_collected(moves)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Direct Debit Returned"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": [Command.set(moves.ids)]},
        }

    @api.model
    def _check_collected(self, moves):
        others = moves.filtered(lambda move: move.direct_debit_state != "collected")
        if others:
            raise UserError(
                self.env._(
                    "Not collected by direct debit: %s",
                    ", ".join(move.name or move.display_name for move in others),
                )
            )
