from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Payments and credit notes, also when they are undone, change what a dispute can hold."""

    _inherit = "account.partial.reconcile"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        self.env["dispute.dossier"]._on_moves_changed(
            (partials.debit_move_id | partials.credit_move_id).move_id
        )
        return partials

    def unlink(self):
        # EXTENDS 'account'
        moves = (self.debit_move_id | self.credit_move_id).move_id
        res = super().unlink()
        self.env["dispute.dossier"]._on_moves_changed(moves.exists())
        return res
