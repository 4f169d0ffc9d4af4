from odoo import api, models

KEPT_FIELDS = frozenset(("account_type", "company_ids", "non_trade"))


class AccountAccount(models.Model):
    """Which accounts are receivable is kept in memory for the check of orders."""

    _inherit = "account.account"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create(vals_list)
        self.env.registry.clear_cache()
        return accounts

    def write(self, vals):
        res = super().write(vals)
        if not KEPT_FIELDS.isdisjoint(vals):
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res
