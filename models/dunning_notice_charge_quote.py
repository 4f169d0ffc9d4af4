import json
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ..calc.shares import shares
from .dunning_decision import PENDING_STATES
from .dunning_level_charge import ASKING_MODES
from .receivable_charge_claim import Facts
from .statutory_cost import Quote


@dataclass
class Basis:
    """What all notices of a calculation share, so that none of them asks the database."""

    day: object
    facts: Facts
    claims: dict  # interest claim by id of item
    bearer: dict  # the notice that asks for an older charge
    renewed: set  # ids of items whose interest is asked anew by one of the notices of the run


@dataclass
class Charges:
    """Costs and interest of one notice. Amounts are in its currency, keys are ids of items."""

    principals: dict = field(default_factory=dict)
    costs: Quote = Quote()
    costs_asked: dict = field(default_factory=dict)
    costs_announced: Decimal = Decimal(0)
    interest: dict = field(default_factory=dict)  # that this notice brings, by item
    interest_asked: dict = field(default_factory=dict)
    interest_announced: Decimal = Decimal(0)
    until: object = None  # the last day of the interest
    rates: set = field(default_factory=set)  # ids of the statutory.rate records used
    letter: bool = False  # the costs wait for the term of this letter
    passed: list = field(default_factory=list)  # ids of announced costs that are owed now
    notes: list = field(default_factory=list)


class DunningNotice(models.Model):
    """How much costs and interest a notice asks and announces, on the day it is made or sent."""

    _inherit = "dunning.notice"

    # === FIELDS ===#
    charge_data = fields.Json(
        readonly=True, copy=False, help="What is claimed as soon as this notice is sent."
    )

    # === BUSINESS: WHEN ===#
    def _recheck(self, day):
        # EXTENDS: interest runs on, and a payment makes costs less
        valid = super()._recheck(day)
        valid._update_charges(day)
        return valid

    def _remove_lines(self, lines, reason):
        # EXTENDS: costs of what is left
        res = super()._remove_lines(lines, reason)
        self._update_charges(max(self.date, self.company_id._get_dunning_today()))
        return res

    def _update_charges(self, day):
        """Calculate costs and interest of these notices anew, for one day.

        Notices of levels without either, and without older ones to be paid, cost one query in
        all.
        """
        if self:
            ids = self._find_charging(SQL("notice.id IN %s", tuple(self.ids)))
            self.browse(ids)._calculate_charges(day)

    @api.model
    def _find_charging(self, condition):
        """Ids of the notices with something to calculate among those of a condition."""
        self.flush_model(["amount_costs", "amount_interest", "level_id", "state"])
        self.env["dunning.notice.line"].flush_model(["move_line_id", "notice_id", "state"])
        self.env["dunning.level"].flush_model(["charge_interest", "cost_scheme"])
        self.env["receivable.charge.item"].flush_model(["charge_id", "move_line_id"])
        self.env["receivable.charge"].flush_model(["letter_id", "state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id
                  FROM dunning_notice notice
                  JOIN dunning_level level ON level.id = notice.level_id
                 WHERE %s
                   AND (level.cost_scheme <> 'none'
                        OR level.charge_interest
                        OR notice.charge_data IS NOT NULL
                        OR notice.amount_costs <> 0
                        OR notice.amount_interest <> 0
                        OR notice.id IN (
                            SELECT line.notice_id
                              FROM receivable_charge charge
                              JOIN receivable_charge_item part ON part.charge_id = charge.id
                              JOIN dunning_notice_line line
                                ON line.move_line_id = part.move_line_id
                             WHERE line.state IN %s
                               AND (charge.state IN ('due', 'booked')
                                    OR charge.state = 'announced'
                                       AND charge.letter_id IS NOT NULL)))
                 ORDER BY notice.id""",
                condition,
                PENDING_STATES,
            )
        )
        return [row[0] for row in rows]

    # === BUSINESS: CALCULATION ===#
    def _calculate_charges(self, day):
        """Calculate and store the amounts of these notices, all at once."""
        if not self:
            return
        notices = self.sudo()
        items = notices._get_valid_lines().move_line_id
        facts = self.env["receivable.charge"]._get_facts(items)
        claims = notices._accrue_interest(day, facts)
        basis = Basis(day, facts, claims, *notices._divide_older(facts))
        notices._store_charges({notice: notice._get_charges(basis) for notice in notices})

    def _accrue_interest(self, day, facts):
        """The interest on the items of those notices that claim it, by id of item."""
        notices = self.filtered("level_id.charge_interest")
        items = notices._get_valid_lines().move_line_id.filtered(
            lambda item: item.id not in facts.without and item.account_type == "asset_receivable"
        )
        claims = self.env["statutory.interest"]._accrue(items, day, strict=False)
        return {claim.item.id: claim for claim in claims}

    def _divide_older(self, facts):
        """Divide older charges over the notices of a run, so that each is asked only once.

        :return: the notice by charge: of several with its items the first, also when the others
            are sent before it; and the ids of the items whose interest one of them asks anew
        """
        if not facts.open and not facts.passed:
            return {}, set()
        others = self.search(
            [
                ("run_id", "in", self.run_id.ids),
                ("partner_id", "in", self.partner_id.ids),
                ("state", "in", (*PENDING_STATES, "sent")),
            ]
        )
        bearer, renewed = {}, set()
        for notice in (self | others).sorted("id"):
            items = notice._get_valid_lines().move_line_id.ids
            if notice.level_id.charge_interest and notice.level_id.charge_mode in ASKING_MODES:
                renewed.update(items)
            for item in items:
                for known in (facts.open, facts.passed):
                    for charge in known.get(item, ()):
                        bearer.setdefault(charge, notice)
        return bearer, renewed

    def _get_charges(self, basis):
        """Calculate the costs and interest of this notice.

        :rtype: Charges
        """
        self.ensure_one()
        charges = Charges(principals=self._get_principals(basis), until=basis.day)
        is_asking = self.level_id.charge_mode in ASKING_MODES
        self._quote_costs(charges, basis, is_asking)
        self._quote_interest(charges, basis, is_asking)
        self._add_older(charges, basis, is_asking)
        return charges

    def _get_principals(self, basis):
        """What is late of each item and bears costs or interest: money that nobody has allocated
        yet is taken off the oldest.

        :return: amount (``Decimal``) by item
        :rtype: dict
        """
        costs = self.env["statutory.cost"]
        credit = costs._to_decimal(self.amount_unallocated, self.currency_id)
        principals = {}
        for line in self._get_valid_lines().sorted(lambda line: (line.date_maturity, line.id)):
            item = line.move_line_id
            bears = item.account_type == "asset_receivable" and item.id not in basis.facts.without
            if not bears or line.date_maturity >= basis.day:
                continue
            amount = costs._to_decimal(line.amount_residual, self.currency_id)
            covered = min(credit, amount)
            credit -= covered
            if amount > covered:
                principals[item] = amount - covered
        return principals

    def _quote_costs(self, charges, basis, is_asking):
        """The costs that this level brings. A consumer owes them after the term of a letter only,
        which is then remembered by that letter and not as a charge of this notice."""
        level, facts = self.level_id, basis.facts
        if level.cost_scheme == "none" or not charges.principals:
            return
        costs = self.env["statutory.cost"]
        law = self.env["statutory.letter"]._get_law(self.partner_id, self.company_id)
        scheme, note = costs._resolve(level, self.partner_id, self.company_id)
        bearing = {
            item: amount
            for item, amount in charges.principals.items()
            if facts.bears_costs(item, scheme) and not (law and item.id in facts.letters)
        }
        if scheme == "none":
            charges.notes.append(note)
        elif not bearing:
            if not law:
                charges.notes.append(self.env._("The costs of these items were claimed before."))
        elif law and not self._is_statutory_for(law):
            charges.notes.append(
                self.env._(
                    "No costs: a consumer owes them only after the term of a letter that announces "
                    "them."
                )
            )
        else:
            quote = costs._quote(
                level, self.partner_id, self.company_id, self.currency_id, bearing, basis.day
            )
            charges.costs = quote
            charges.notes += [quote.note] if quote.note else []
            charges.letter = bool(law)
            if is_asking and not law:
                charges.costs_asked = {item.id: share for item, share in quote.shares.items()}
            else:
                charges.costs_announced = quote.amount

    def _quote_interest(self, charges, basis, is_asking):
        """The interest until the day, less what was invoiced or waived of it before."""
        if not self.level_id.charge_interest:
            return
        facts = basis.facts
        for item in charges.principals:
            claim = basis.claims[item.id]
            if claim.omitted and claim.omitted not in charges.notes:
                charges.notes.append(claim.omitted)
            amount = claim.total - facts.settled.get(item.id, Decimal(0))
            if amount > 0:
                charges.interest[item.id] = amount
                charges.rates.update(claim.rates.ids)
        if is_asking:
            charges.interest_asked = dict(charges.interest)
        else:
            asked = self._get_asked_interest(facts, charges.interest)
            charges.interest_announced = sum(
                (
                    max(amount - asked[item], Decimal(0))
                    for item, amount in charges.interest.items()
                ),
                Decimal(0),
            )

    def _get_asked_interest(self, facts, items):
        """Interest that was asked of items before and is not invoiced, by item."""
        asked = dict.fromkeys(items, Decimal(0))
        for item in items:
            for charge in facts.open.get(item, ()):
                if charge.kind == "interest" and charge.state == "due":
                    asked[item] += self._get_parts(charge).get(item, Decimal(0))
        return asked

    def _get_parts(self, charge):
        """The shares of a charge, by id of item."""
        costs = self.env["statutory.cost"]
        return {
            part.move_line_id.id: costs._to_decimal(part.amount, self.currency_id)
            for part in charge.item_ids
        }

    def _add_older(self, charges, basis, is_asking):
        """What the debtor owes already because of these items."""
        costs = self.env["statutory.cost"]
        items = set(self._get_valid_lines().move_line_id.ids)
        own = {charge for charge, notice in basis.bearer.items() if notice == self}
        for charge in sorted(own, key=lambda charge: charge.id):
            name = "amount" if charge.state == "announced" else "amount_open"
            amount = costs._to_decimal(charge[name], self.currency_id)
            parts = self._get_parts(charge)
            if charge.state == "announced" and (
                not is_asking or self.level_id.cost_scheme == "none"
            ):
                charges.costs_announced += amount
                continue
            if charge.state == "announced":
                charges.passed.append(charge.id)
            elif charge.kind == "interest" and charge.state == "due":
                # Not invoiced, it is part of what is asked anew.
                amount -= sum(part for item, part in parts.items() if item in basis.renewed)
            asked = charges.costs_asked if charge.kind == "costs" else charges.interest_asked
            self._add_shares(asked, amount, {i: part for i, part in parts.items() if i in items})

    def _add_shares(self, asked, amount, parts):
        """Add an amount to what is asked of items, divided by their shares."""
        if amount <= 0:
            return
        divided = shares(
            amount, list(parts.values()), self.env["statutory.cost"]._get_unit(self.currency_id)
        )
        for item, share in zip(parts, divided, strict=True):
            asked[item] = asked.get(item, Decimal(0)) + share

    # === BUSINESS: STORAGE ===#
    def _store_charges(self, all_charges):
        """Write the amounts of notices and their lines in two statements.

        :param dict all_charges: :class:`Charges` by notice
        """
        self.flush_recordset()
        self.line_ids.flush_recordset()
        rows = [notice._prepare_charge_row(charges) for notice, charges in all_charges.items()]
        self.env.execute_query(
            SQL(
                """
                UPDATE dunning_notice notice
                   SET amount_interest = new.interest,
                       amount_costs = new.costs,
                       amount_interest_announced = new.interest_announced,
                       amount_costs_announced = new.costs_announced,
                       amount_total = notice.amount_residual - notice.amount_unallocated
                                      + new.interest + new.costs,
                       charge_note = new.note,
                       charge_data = new.data
                  FROM UNNEST(%s::int[], %s::numeric[], %s::numeric[], %s::numeric[],
                              %s::numeric[], %s::text[], %s::jsonb[])
                       AS new (id, interest, costs, interest_announced, costs_announced, note, data)
                 WHERE notice.id = new.id
             RETURNING notice.id""",
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        lines = [
            (
                line.id,
                charges.interest_asked.get(line.move_line_id.id, 0),
                charges.costs_asked.get(line.move_line_id.id, 0),
            )
            for notice, charges in all_charges.items()
            for line in notice._get_valid_lines()
        ]
        self.env.execute_query(
            SQL(
                """
                UPDATE dunning_notice_line line
                   SET amount_interest = new.interest, amount_costs = new.costs
                  FROM UNNEST(%s::int[], %s::numeric[], %s::numeric[]) AS new (id, interest, costs)
                 WHERE line.id = new.id
             RETURNING line.id""",
                *(list(column) for column in zip(*lines, strict=True)),
            )
        )
        self.invalidate_recordset(flush=False)
        self.line_ids.invalidate_recordset(["amount_interest", "amount_costs"], flush=False)

    def _prepare_charge_row(self, charges):
        data = self._prepare_charge_data(charges)
        return (
            self.id,
            sum(charges.interest_asked.values()),
            sum(charges.costs_asked.values()),
            charges.interest_announced,
            charges.costs_announced,
            " ".join(charges.notes) or None,
            data and json.dumps(data),
        )

    def _prepare_charge_data(self, charges):
        """What is claimed when this notice is sent, exactly: numbers as text, by ids of items."""
        bases = {str(item.id): str(amount) for item, amount in charges.principals.items()}
        data = {"asked": self.level_id.charge_mode in ASKING_MODES}
        if charges.costs.amount:
            data["costs"] = {
                "amount": str(charges.costs.amount),
                "base": str(charges.costs.base),
                "vat": str(charges.costs.vat),
                "scheme": charges.costs.scheme,
                "note": charges.costs.note,
                "shares": {str(item.id): str(part) for item, part in charges.costs.shares.items()},
                "bases": bases,
                "letter": charges.letter,
            }
        if charges.interest:
            data["interest"] = {
                "amount": str(sum(charges.interest.values())),
                "base": str(
                    sum(a for item, a in charges.principals.items() if item.id in charges.interest)
                ),
                "until": fields.Date.to_string(charges.until),
                "rates": sorted(charges.rates),
                "shares": {str(item): str(part) for item, part in charges.interest.items()},
                "bases": bases,
            }
        if charges.passed:
            data["passed"] = charges.passed
        return data if len(data) > 1 else None
