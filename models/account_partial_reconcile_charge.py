from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Payments decide whether an invoice of costs waits for its principal."""

    _inherit = "account.partial.reconcile"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        partials = super().create(vals_list)
        self.env["receivable.charge"]._on_reconciled(
            partials.debit_move_id | partials.credit_move_id
        )
        return partials

    def unlink(self):
        # EXTENDS 'account'
        items = self.debit_move_id | self.credit_move_id
        res = super().unlink()
        self.env["receivable.charge"]._on_reconciled(items.exists())
        return res
