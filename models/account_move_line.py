from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # === BUSINESS ===#
    def _get_dunning_date(self):
        """The day on which an item came to be: that of the invoice, else of the entry."""
        self.ensure_one()
        return self.move_id.invoice_date or self.date

    @api.model
    def _prepare_reconciliation_plan(self, plan, amls_values_map, shadowed_aml_values=None):
        # EXTENDS 'account': reconcile no more of an item than the amount (in its currency) given
        # in the context, so that a payment leaves alone what is disputed.
        limits = self.env.context.get("reconcile_limits") or {}
        for item, values in amls_values_map.items():
            residual = values["amount_residual_currency"]
            limit = limits.get(item.id, residual)
            if item.currency_id.compare_amounts(limit, residual) < 0:
                share = limit / residual
                values["amount_residual_currency"] = limit
                values["amount_residual"] = item.company_currency_id.round(
                    values["amount_residual"] * share
                )
        return super()._prepare_reconciliation_plan(plan, amls_values_map, shadowed_aml_values)
