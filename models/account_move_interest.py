from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """Interest on documents that are paid late."""

    _inherit = "account.move"

    # === ACTIONS ===#
    def action_interest_statement(self):
        """State the interest on these invoices of one debtor.

        :raise UserError: when they are not of one debtor and one company, or nothing is owed
        """
        items = self._get_interest_items()
        if not items:
            raise UserError(self.env._("None of these documents is a posted customer invoice."))
        if len(items.partner_id.commercial_partner_id) > 1 or len(items.company_id) > 1:
            raise UserError(self.env._("Choose invoices of one debtor and one company."))
        return self.env["interest.statement"]._get_open_action(
            items.partner_id.commercial_partner_id, items
        )

    # === BUSINESS ===#
    def _get_interest_items(self):
        """The lines of these documents that a debtor owes or owed, paid or not; those of interest
        and costs bear none."""
        posted = self.filtered(lambda move: move.state == "posted" and move._is_dunning_document())
        posted -= posted._filter_charge_invoices()
        return posted.line_ids.filtered(
            lambda line: (
                line.account_type in ("asset_receivable", "liability_payable")
                and line.amount_currency > 0
            )
        )
