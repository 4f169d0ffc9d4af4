from odoo import api, models
from odoo.fields import Command

from .receivable_charge import OWED_STATES

# When a payment is less than everything: the rank of items, and of charges by kind.
RANKS = {
    "law": {"costs": 0, "interest": 1, "items": 2},
    "principal": {"items": 0, "interest": 1, "costs": 2},
}


class DunningNotice(models.Model):
    """Payment of the costs and interest that a notice asks for, invoiced or not.

    What is invoiced is an item like the others. What is not is invoiced when it is paid.
    """

    _inherit = "dunning.notice"

    # === COMPUTE ===#
    @api.depends("amount_costs", "amount_interest", "charge_ids.amount_open")
    def _compute_amount_due_now(self):
        # EXTENDS: costs and interest count
        return super()._compute_amount_due_now()

    # === BUSINESS ===#
    def _get_owed_charges(self):
        """What is to be paid of costs and interest because of these items, if this notice asks for
        any: the newest takes the place of what it asked itself."""
        self.ensure_one()
        charges = self.env["receivable.charge"].sudo()
        zero = self.currency_id.is_zero
        if zero(self.amount_costs) and zero(self.amount_interest):
            return charges
        found = charges._find_charges(self._get_valid_lines().move_line_id, OWED_STATES)
        return found.filtered(
            lambda charge: charge.currency_id == self.currency_id and not zero(charge.amount_open)
        )

    def _get_memo_charges(self):
        """Those of the charges that are not in the books yet, and that nobody is paying."""
        memo = self._get_owed_charges().filtered(lambda charge: not charge._is_in_books())
        if not memo:
            return memo
        open_items = self._get_open_amounts()
        return (memo - self._get_transactions_under_way().charge_ids).filtered(
            lambda charge: (
                charge._is_any_payable(open_items) and not charge._get_transactions_under_way()
            )
        )

    def _get_memo_amounts(self):
        """What is to be paid of each of them, in the order in which it is paid.

        :rtype: dict
        """
        if self.state == "corrected":
            return {}
        memo = self._get_memo_charges().sorted(
            lambda charge: (self._get_charge_rank(charge), charge.id)
        )
        return {charge: charge.amount_open for charge in memo}

    def _get_asked_items(self):
        # EXTENDS: invoices of costs and interest are paid like items
        booked = self._get_owed_charges().filtered(lambda charge: charge._is_in_books())
        lines = booked.move_id.line_ids
        return super()._get_asked_items() | lines.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    def _get_payment_rank(self, item):
        # EXTENDS
        ranks = RANKS[self.company_id.sudo().payment_allocation]
        kinds = item.move_id.sudo().charge_ids.mapped("kind")
        return min((ranks[kind] for kind in kinds), default=ranks["items"])

    def _get_charge_rank(self, charge):
        return RANKS[self.company_id.sudo().payment_allocation][charge.kind]

    def _get_payable_total(self):
        # EXTENDS
        return super()._get_payable_total() + sum(self._get_memo_amounts().values())

    def _get_payment_status(self):
        # EXTENDS: the items are paid, and the costs are being paid
        status = super()._get_payment_status()
        if status == "settled" and self._get_transactions_under_way():
            return "under_way"
        return status

    def _prepare_transaction_values(self):
        # EXTENDS
        values = super()._prepare_transaction_values()
        charges = self.env["receivable.charge"].concat(*self._get_memo_amounts())
        return {**values, "charge_ids": [Command.set(charges.ids)]}
