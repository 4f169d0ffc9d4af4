from math import inf

from odoo import api, fields, models

from .installment_arrangement import HOLDING_STATES


class InstallmentArrangement(models.Model):
    """What an arrangement adds up to, what was paid of it, and what is to be paid now."""

    _inherit = "installment.arrangement"

    # === FIELDS ===#
    amount_items = fields.Monetary("Items", compute="_compute_amounts", compute_sudo=True)
    amount_total = fields.Monetary(
        "Total",
        compute="_compute_amounts",
        compute_sudo=True,
        help="Items, interest and costs: what the installments add up to.",
    )
    amount_paid = fields.Monetary("Paid", compute="_compute_amounts", compute_sudo=True)
    amount_left = fields.Monetary("Left", compute="_compute_amounts", compute_sudo=True)
    amount_due_now = fields.Monetary(
        "To Pay Now",
        compute="_compute_next",
        compute_sudo=True,
        help="Installments that are due or were missed; without any of those the next one.",
    )
    next_line_id = fields.Many2one(
        "installment.arrangement.line",
        "Next Installment",
        compute="_compute_next",
        compute_sudo=True,
        help="The first that is not paid as a whole.",
    )
    date_end = fields.Date("Ends On", compute="_compute_date_end")
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Items of the Arrangement",
        compute="_compute_moves",
        search="_search_move_line_ids",
        compute_sudo=True,
    )
    move_ids = fields.Many2many(
        "account.move", string="Invoices", compute="_compute_moves", compute_sudo=True
    )

    # === COMPUTE ===#
    @api.depends(
        "amount_costs",
        "amount_interest",
        "currency_id",
        "item_ids.amount",
        "item_ids.amount_paid",
        "item_ids.is_charge",
    )
    def _compute_amounts(self):
        for arrangement in self:
            currency = arrangement.currency_id or arrangement.company_id.currency_id
            charges = arrangement.item_ids.filtered("is_charge")
            items = arrangement.item_ids - charges
            charged = (
                sum(charges.mapped("amount"))
                if charges
                else arrangement.amount_interest + arrangement.amount_costs
            )
            arrangement.amount_items = currency.round(sum(items.mapped("amount")))
            arrangement.amount_total = currency.round(arrangement.amount_items + charged)
            arrangement.amount_paid = currency.round(
                sum(arrangement.item_ids.mapped("amount_paid"))
            )
            arrangement.amount_left = currency.round(
                arrangement.amount_total - arrangement.amount_paid
            )

    @api.depends("amount_left", "line_ids.amount_left", "settle_date", "settle_waived", "state")
    def _compute_next(self):
        for arrangement in self:
            currency = arrangement.currency_id
            today = arrangement._get_today()
            lines = arrangement._get_ordered_lines().filtered(
                lambda line, currency=currency: not currency.is_zero(line.amount_left)
            )
            arrangement.next_line_id = lines[:1]
            asked = lines.filtered(lambda line, today=today: line.date_due <= today) or lines[:1]
            amount = sum(asked.mapped("amount_left"))
            if arrangement.state not in HOLDING_STATES:
                amount = 0.0
            elif arrangement.settle_date and arrangement.settle_date >= today:
                amount = max(arrangement.amount_left - arrangement.settle_waived, 0.0)
            arrangement.amount_due_now = currency.round(amount) if currency else amount

    @api.depends("line_ids.date_due")
    def _compute_date_end(self):
        for arrangement in self:
            days = [day for day in arrangement.line_ids.mapped("date_due") if day]
            arrangement.date_end = max(days, default=False)

    @api.depends("item_ids.move_line_id")
    def _compute_moves(self):
        for arrangement in self:
            arrangement.move_line_ids = arrangement.item_ids.move_line_id
            arrangement.move_ids = arrangement.item_ids.move_line_id.move_id

    @api.model
    def _search_move_line_ids(self, operator, value):
        return [("item_ids.move_line_id", operator, value)]

    # === BUSINESS ===#
    def _get_ordered_lines(self):
        """Installments in the order in which payments fill them."""
        return self.line_ids.sorted(
            lambda line: (
                line.date_due or fields.Date.to_date("9999-12-31"),
                line._origin.id or inf,
            )
        )

    def _get_open_items(self):
        """Items of which something is left to pay: the oldest first, what the plan brought last."""
        return self.item_ids.filtered(
            lambda item: (
                item.move_line_id.parent_state == "posted"
                and not item.currency_id.is_zero(item.amount_left)
            )
        ).sorted(
            lambda item: (item.is_charge, item.date_maturity or item.move_line_id.date, item.id)
        )

    def _get_open_amounts(self):
        """Return what is left to pay of each item, in the order in which payments fill them.

        :return: amount by ``account.move.line``
        :rtype: dict
        """
        self.ensure_one()
        return {item.move_line_id: item.amount_left for item in self.sudo()._get_open_items()}

    def _get_payable_amounts(self, amount=None):
        """Pour an amount over the open items.

        :param float amount: empty for what is to be paid now
        :return: part by ``account.move.line``
        :rtype: dict
        """
        self.ensure_one()
        rest = self.amount_due_now if amount is None else amount
        parts = {}
        for item, left in self._get_open_amounts().items():
            part = min(left, self.currency_id.round(rest))
            if self.currency_id.compare_amounts(part, 0) > 0:
                parts[item] = part
                rest -= part
        return parts
