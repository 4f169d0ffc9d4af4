from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # === CONSTRAINTS ===#
    # What positions read of open items, so that they need not visit the rows: a million of them
    # lie scattered over all that was ever posted.
    _open_items_idx = models.Index(
        "(account_id, partner_id) INCLUDE (company_id, date_maturity, date, amount_residual) "
        "WHERE reconciled IS NOT TRUE AND parent_state = 'posted' AND amount_residual <> 0"
    )

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
