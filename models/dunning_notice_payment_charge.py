from odoo import api, models
from odoo.fields import Command

from ..calc.allocation import ORDERS
from .receivable_charge import OWED_STATES


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
        if not self._has_charge_rows():
            return charges
        zero = self.currency_id.is_zero
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
        busy = memo._get_transactions_under_way().charge_ids
        return (memo - busy).filtered(lambda charge: charge._is_any_payable(open_items))

    def _get_memo_amounts(self):
        """What is to be paid of each of them, in the order in which it is paid.

        :rtype: dict
        """
        if self.state == "corrected":
            return {}
        order = self._get_payment_order()
        memo = self._get_memo_charges().sorted(lambda charge: (order.index(charge.kind), charge.id))
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
        order = self._get_payment_order()
        kinds = item.move_id.sudo().charge_ids.mapped("kind")
        return min(map(order.index, kinds), default=order.index("principal"))

    def _get_payment_order(self):
        """What a payment that is less than everything is for, in order."""
        return ORDERS[self.company_id.sudo().payment_allocation]

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
