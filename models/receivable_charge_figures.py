from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import float_repr

from ..calc.allocation import allocate_payment
from .receivable_charge import OWED_STATES


class ReceivableCharge(models.Model):
    """What is still to be paid: it follows from the invoice as soon as there is one."""

    _inherit = "receivable.charge"

    # === FIELDS ===#
    amount_owed = fields.Monetary(
        "Owed",
        compute="_compute_amount_open",
        store=True,
        help="What the debtor owes or paid of it, with tax when it is invoiced; nothing of what is "
        "announced, waived or replaced.",
    )
    amount_open = fields.Monetary(
        "Open",
        compute="_compute_amount_open",
        store=True,
        help="What is still to be paid. Of an invoice with costs and interest a payment counts as "
        "the settings say.",
    )

    # === COMPUTE ===#
    @api.depends(
        "amount",
        "state",
        "credit_move_id.amount_total",
        "invoice_line_id.price_total",
        "move_id.amount_residual",
        "move_id.amount_total",
        "move_id.state",
        "move_id.charge_ids.state",
    )
    def _compute_amount_open(self):
        for charge in self:
            owed = charge._get_owed() if charge.state in OWED_STATES else 0.0
            charge.amount_owed = owed
            is_booked = charge._is_in_books()
            charge.amount_open = charge._get_share_of_residual() if is_booked else owed

    # === BUSINESS ===#
    def _get_owed(self):
        """What the debtor owes of it, paid or not; a credit note for a part takes that off."""
        self.ensure_one()
        if self.state != "booked" or not self.invoice_line_id:
            return self.amount
        return self.currency_id.round(
            self.invoice_line_id.price_total - self.credit_move_id.amount_total
        )

    def _get_share_of_residual(self):
        """The part of what is open of the invoice that is of this charge.

        An invoice can be of several charges, and of more than charges: interest of installments.
        What was paid is for the charges, which are older, and among them as the settings say.
        """
        self.ensure_one()
        move, currency = self.move_id, self.currency_id
        booked = move.charge_ids.filtered(lambda charge: charge.state == "booked")
        others = move.amount_total - sum(move.charge_ids.invoice_line_id.mapped("price_total"))
        owed = {charge: self._to_decimal(charge._get_owed(), currency) for charge in booked}
        paid = sum(owed.values()) + self._to_decimal(others - move.amount_residual, currency)
        sums = {
            kind: sum((part for charge, part in owed.items() if charge.kind == kind), Decimal(0))
            for kind in ("costs", "interest")
        }
        rule = self.company_id.sudo().payment_allocation
        parts = allocate_payment(
            max(paid, Decimal(0)), sums["costs"], sums["interest"], Decimal(0), rule
        ).parts
        for charge in booked.filtered(lambda charge: charge.kind == self.kind).sorted("id"):
            part = min(parts[self.kind], owed[charge])
            if charge == self:
                return float(owed[charge] - part)
            parts[self.kind] -= part
        return 0.0

    def _sum_by_kind(self):
        """What these charges come to, of each kind. They are in one currency."""
        return {
            kind: sum(self.filtered(lambda charge, kind=kind: charge.kind == kind).mapped("amount"))
            for kind in ("costs", "interest")
        }

    @api.model
    def _to_decimal(self, amount, currency):
        return Decimal(float_repr(amount, currency.decimal_places))

    def _is_paid_in_part(self):
        """Whether some of it was paid, and some is open."""
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        return compare(self.amount_open, 0) > 0 and compare(self.amount_open, self.amount_owed) < 0

    # === BUSINESS: WHAT WAS CLAIMED ===#
    @api.model
    def _find_charges(self, items, states, kind=None):
        """The charges about items, oldest first.

        :param items: ``account.move.line``
        """
        domain = [("item_ids.move_line_id", "in", items.ids), ("state", "in", states)]
        if kind:
            domain.append(("kind", "=", kind))
        return self.sudo().search(domain, order="date, id")

    @api.model
    def _get_settled_interest(self, items, states=("booked", "waived")):
        """Interest on items that was decided about: invoiced, or waived by a person. What comes
        later is claimed beside it.

        :param items: ``account.move.line``
        :return: amount (``Decimal``, in the currency of the item) by ``account.move.line``
        :rtype: dict
        """
        amounts = dict.fromkeys(items, Decimal(0))
        parts = (
            self.env["receivable.charge.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("charge_id.kind", "=", "interest"),
                    ("charge_id.state", "in", states),
                    ("charge_id.withdrawn", "=", False),
                ]
            )
        )
        for part in parts:
            item = items.browse(part.move_line_id.id)
            amounts[item] += self._to_decimal(part.amount, part.currency_id)
        return amounts

    @api.model
    def _get_owed_shares(self, items, kind):
        """What debtors owe of charges because of some items, and what they paid of it.

        :param items: ``account.move.line``
        :return: pairs of amounts (``Decimal``, owed and open) by ``account.move.line``
        :rtype: dict
        """
        shares = {item: [Decimal(0), Decimal(0)] for item in items}
        for charge in self._find_charges(items, OWED_STATES, kind):
            currency = charge.currency_id
            for part in charge.item_ids.filtered(lambda part: part.move_line_id in items):
                if not charge.amount:
                    continue
                for index, amount in enumerate((charge.amount_owed, charge.amount_open)):
                    share = currency.round(amount * part.amount / charge.amount)
                    item = items.browse(part.move_line_id.id)
                    shares[item][index] += self._to_decimal(share, currency)
        return shares
