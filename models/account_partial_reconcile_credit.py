from odoo import api, models


class AccountPartialReconcile(models.Model):
    """A payment may take away what an order is held for: its requests are looked at again."""

    _inherit = "account.partial.reconcile"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account': only triggers; confirming stays with the salesperson.
        partials = super().create(vals_list)
        items = partials.sudo().debit_move_id.filtered(
            lambda item: item.account_type == "asset_receivable"
        )
        self.env["credit.release"]._trigger_cure(items.partner_id.commercial_partner_id)
        return partials
