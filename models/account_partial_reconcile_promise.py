from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Payments decide what becomes of promises to pay, also when they are undone."""

    _inherit = "account.partial.reconcile"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        self.env["collection.promise"]._trigger_review(partials.debit_move_id)
        return partials

    def unlink(self):
        # EXTENDS 'account'
        lines = self.debit_move_id
        res = super().unlink()
        self.env["collection.promise"]._trigger_review(lines.exists())
        return res
