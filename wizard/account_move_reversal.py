from odoo import fields, models


class AccountMoveReversal(models.TransientModel):
    """Credit notes know the dispute that they settle."""

    _inherit = "account.move.reversal"

    # === FIELDS ===#
    dispute_id = fields.Many2one("dispute.dossier", readonly=True)

    # === BUSINESS ===#
    def _prepare_default_reversal(self, move):
        # EXTENDS 'account'
        values = super()._prepare_default_reversal(move)
        if self.dispute_id:
            values["dispute_id"] = self.dispute_id.id
        return values

    def _modify_default_reverse_values(self, origin_move):
        # EXTENDS 'account': the corrected invoice is not what settles the dispute
        return {**super()._modify_default_reverse_values(origin_move), "dispute_id": False}
