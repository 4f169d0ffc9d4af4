from odoo import models
from odoo.exceptions import UserError

from .installment_arrangement import HOLDING_STATES


class DunningBlock(models.Model):
    """Blocks of items that are paid in installments."""

    _inherit = "dunning.block"

    # === ACTIONS ===#
    def action_lift(self):
        # EXTENDS: whoever wants to remind what is arranged ends the arrangement
        for block in self:
            arrangement = block._get_arrangement().sudo()
            if not block.lifted_date and arrangement.state in HOLDING_STATES:
                raise UserError(
                    self.env._("It is paid in installments: cancel %s instead.", arrangement.name)
                )
        return super().action_lift()

    # === BUSINESS ===#
    def _get_arrangement(self):
        """The arrangement that this block holds an item for; empty for any other block."""
        arrangements = self.env["installment.arrangement"]
        if self.kind != "arrangement" or self.res_model != arrangements._name:
            return arrangements
        return arrangements.browse(self.res_id)
