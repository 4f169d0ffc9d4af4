from odoo import api, models


class AccountPartialReconcile(models.Model):
    """A payment of the last free day may be booked when the costs were charged already."""

    _inherit = "account.partial.reconcile"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        self.env["statutory.letter"]._on_changed(partials.debit_move_id)
        return partials

    def unlink(self):
        # EXTENDS 'account'
        items = self.debit_move_id
        res = super().unlink()
        self.env["statutory.letter"]._on_changed(items.exists())
        return res
