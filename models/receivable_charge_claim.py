from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.fields import Command

from .receivable_charge import OWED_STATES
from .statutory_cost import INVOICE_SCHEMES, ONCE_SCHEMES


@dataclass
class Facts:
    """What was claimed of some items before. Keys are ids of items."""

    without: set = field(default_factory=set)  # of invoices of charges: they bear none
    claimed: set = field(default_factory=set)  # whose costs are claimed once, and were
    claimed_moves: set = field(default_factory=set)  # ids of invoices, of schemes that count those
    letters: dict = field(default_factory=dict)  # the statutory letter that counts
    open: dict = field(default_factory=dict)  # charges that are still to be paid
    passed: dict = field(default_factory=dict)  # costs announced by a letter that passed in vain
    settled: dict = field(default_factory=dict)  # interest that was invoiced or waived

    def bears_costs(self, item, scheme):
        """Whether a scheme can claim costs of an item, which it may not have done before."""
        if item.id in self.without:
            return False
        if scheme in INVOICE_SCHEMES and item.move_id.id in self.claimed_moves:
            return False
        return scheme not in ONCE_SCHEMES or item.id not in self.claimed


class ReceivableCharge(models.Model):
    """New claims: what they are made of, and how they take the place of older ones."""

    _inherit = "receivable.charge"

    # === BUSINESS: FACTS ===#
    @api.model
    def _get_facts(self, items):
        """Return what was claimed of items before, in a handful of queries for all of them.

        :param items: ``account.move.line``, as superuser
        :rtype: Facts
        """
        moves = items.move_id
        without = moves._filter_charge_invoices()
        settled = self._get_settled_interest(items)
        facts = Facts(
            without={item.id for item in items if item.move_id in without},
            letters={
                item.id: letter
                for item, letter in self.env["statutory.letter"]._get_by_item(items).items()
            },
            settled={item.id: amount for item, amount in settled.items()},
        )
        parts = (
            self.env["receivable.charge.item"]
            .sudo()
            .search(
                [("move_line_id.move_id", "in", moves.ids), ("charge_id.state", "!=", "replaced")]
            )
        )
        for part in parts:
            kinds = part.charge_id._get_claim_kinds()
            item = part.move_line_id.id
            if "claimed" in kinds:
                facts.claimed.add(item)
                if part.charge_id.scheme in INVOICE_SCHEMES and part.move_id.move_type != "entry":
                    facts.claimed_moves.add(part.move_id.id)
            for name in {"open", "passed"} & kinds:
                known = getattr(facts, name)
                known[item] = known.get(item, self.browse()) | part.charge_id
        return facts

    def _get_claim_kinds(self):
        """Which of the facts above this charge is one of."""
        self.ensure_one()
        kinds = set()
        if self.withdrawn:
            return kinds
        announced = self.state == "announced" and self.kind == "costs"
        passed = announced and self.letter_id.state == "in_vain"
        once = self.kind == "costs" and self.scheme in ONCE_SCHEMES
        if once and (passed or self.state in (*OWED_STATES, "waived")):
            kinds.add("claimed")
        if passed:
            kinds.add("passed")
        if self.state in OWED_STATES and self.currency_id.compare_amounts(self.amount_open, 0) > 0:
            kinds.add("open")
        return kinds

    # === BUSINESS: CLAIMS ===#
    @api.model
    def _create_claim(self, notice, kind, quoted, asked):
        """Claim or announce what a notice did that was sent, in place of older claims.

        :param dict quoted: as ``dunning.notice`` keeps it, see ``_prepare_charge_data``
        :param bool asked: whether the debtor owes it from now on
        :return: the charge, as superuser
        """
        items = {int(item): share for item, share in quoted["shares"].items()}
        charge = self.sudo().create(
            {
                "company_id": notice.company_id.id,
                "partner_id": notice.partner_id.id,
                "currency_id": notice.currency_id.id,
                "kind": kind,
                "scheme": quoted.get("scheme"),
                "date": notice.sent_date,
                "until": quoted.get("until"),
                "notice_id": notice.id,
                "level_id": notice.level_id.id,
                "amount": float(Decimal(quoted["amount"])),
                "amount_base": float(Decimal(quoted["base"])),
                "amount_vat": float(Decimal(quoted.get("vat", 0))),
                "note": quoted.get("note"),
                "state": "due" if asked else "announced",
                "item_ids": [
                    Command.create(
                        {
                            "move_line_id": item,
                            "amount": float(Decimal(share)),
                            "amount_base": float(Decimal(quoted["bases"][str(item)])),
                        }
                    )
                    for item, share in items.items()
                ],
            }
        )
        # Interest always runs from its beginning, so that the newer includes what was asked.
        states = ("announced", "due") if asked and kind == "interest" else ("announced",)
        older = self._find_charges(charge.item_ids.move_line_id, states, kind) - charge
        older.filtered(lambda old: not old.letter_id)._give_way(charge)
        return charge

    def _give_way(self, newer):
        """Replace these by a newer charge. What they claim of items that it is not about goes on
        in a charge of its own."""
        for charge in self:
            rest = charge.item_ids.filtered(
                lambda part: part.move_line_id not in newer.item_ids.move_line_id
            )
            charge._replace(newer)
            if any(rest.mapped("amount")):
                newer.create(charge._prepare_rest_values(rest, newer.notice_id))

    def _claim_passed(self):
        """Let consumers owe the costs that a letter announced whose term has passed in vain.

        :return: those that are owed by now, as superuser
        """
        charges = self.sudo().filtered(
            lambda charge: charge.state == "announced" and charge.letter_id.state == "in_vain"
        )
        charges._claim()
        return charges

    def _prepare_rest_values(self, parts, notice):
        """Values of what is left of this charge, which a notice made another one replace.

        :param parts: of the items that the other one is not about
        """
        self.ensure_one()
        currency = self.currency_id
        amount = sum(parts.mapped("amount"))
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": currency.id,
            "kind": self.kind,
            "scheme": self.scheme,
            "date": self.date,
            "until": self.until,
            "notice_id": notice.id,
            "level_id": self.level_id.id,
            "amount": currency.round(amount),
            "amount_base": currency.round(sum(parts.mapped("amount_base"))),
            "amount_vat": currency.round(self.amount_vat * amount / self.amount),
            "note": self.note,
            "state": self.state_before,
            "item_ids": [
                Command.create(
                    {
                        "move_line_id": part.move_line_id.id,
                        "amount": part.amount,
                        "amount_base": part.amount_base,
                    }
                )
                for part in parts
            ],
        }
