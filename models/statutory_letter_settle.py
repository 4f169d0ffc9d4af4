import logging
from dataclasses import replace
from decimal import Decimal

import psycopg2

from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..calc.shares import shares
from .dunning_level_charge import ASKING_MODES
from .receivable_charge import OWED_STATES

_logger = logging.getLogger(__name__)

SETTLED_STATES = ("disputed", "in_time", "in_vain")
# Later than this no bank takes a payment back.
REVIEW_DAYS = 60


class StatutoryLetter(models.Model):
    """How terms end: paid in time, or in vain, and then costs are charged on what was not paid.

    Settling twice changes nothing. What becomes known later, a payment of the last day that is
    booked a week after or the outcome of a dispute, changes what was charged.
    """

    _inherit = "statutory.letter"

    # === BUSINESS ===#
    @api.model
    def _get_due_domain(self, company, day):
        """Letters whose term is over; and those that were paid in time where something is open
        again, as when a bank takes a payment back."""
        paid = Domain(
            [
                ("state", "=", "in_time"),
                ("costs_from", ">=", fields.Date.subtract(day, days=REVIEW_DAYS)),
                ("item_ids.move_line_id.reconciled", "=", False),
            ]
        )
        return Domain([("company_id", "=", company.id), ("costs_from", "<=", day)]) & (
            Domain("state", "in", ("running", "disputed")) | paid
        )

    @api.model
    def _settle_due(self, company, day):
        """Settle the letters of a company whose term is over, before it is decided who is
        reminded of what."""
        letters = self.sudo()
        day = min(day, company._get_dunning_today())
        letters._follow_unposted(company)
        letters.search(self._get_due_domain(company, day))._settle_or_log(day)

    @api.model
    def _follow_unposted(self, company):
        """The term of a letter that still lies here begins today at the earliest."""
        unposted = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "running"),
                ("channel", "=", "post"),
                ("posted_date", "=", False),
                ("received_proven", "=", False),
                ("sent_date", "<", company._get_dunning_today()),
            ]
        )
        unposted.filtered(lambda letter: letter._is_unposted())._follow_reminder()

    def _settle(self, day):
        """Judge how the terms of these letters ended, as far as is known on a day."""
        for letter in self.sudo().filtered(lambda letter: letter.state != "void"):
            if not letter._has_passed(day):
                letter._transition("running")
                letter._sync_charges({}, day, letter.env._("The term is not over yet."))
            elif letter._is_waiting(day):
                continue
            elif letter._get_arrangements("fulfilled"):
                letter._transition("in_time", amount_unpaid=0.0)
            else:
                letter._conclude(day)

    def _conclude(self, day):
        """Note what was not paid in time, and charge the costs of it."""
        self.ensure_one()
        unpaid, disputed = self._measure()
        unpaid = self._keep_charged(unpaid, disputed)
        if any(unpaid.values()):
            self._transition("in_vain")
        elif any(disputed.values()):
            self._transition("disputed")
        elif self._get_received() and any(
            row.move_line_id.amount_residual_currency > 0 for row in self.item_ids
        ):
            # Money that came in time may be for this: whoever allocates it decides.
            return
        else:
            self._transition("in_time")
        self._sync_charges(unpaid, day, self.env._("It was paid in time."))

    # === BUSINESS: COSTS ===#
    def _sync_charges(self, unpaid, day, reason):
        """Charge exactly the costs of what was not paid in time: more when a dispute brought
        more to light, less or nothing when a payment turns out to have come in time.

        :param dict unpaid: principal by item
        :param str reason: why less is charged than before
        """
        self.ensure_one()
        if self.charge_ids.filtered(lambda one: one.state == "waived" and not one.withdrawn):
            return  # somebody let the debtor off
        standing = self._get_standing()
        unpaid = self._filter_bearing(unpaid)
        quote = self._quote_costs(unpaid, day)
        charged = sum(self._to_decimal(charge.amount, self.currency_id) for charge in standing)
        if quote.amount == charged:
            return
        if quote.amount < charged or not standing.filtered(lambda one: one.state == "booked"):
            standing._withdraw(reason)
            standing = standing.browse()
        if quote.amount:
            self._charge(quote, unpaid, standing, day)

    def _get_standing(self):
        """The charges of this letter that hold."""
        return self.charge_ids.filtered(
            lambda charge: not charge.withdrawn and charge.state not in ("waived", "replaced")
        )

    def _keep_charged(self, unpaid, disputed):
        """What was charged before a dispute about it began is decided with the dispute."""
        charged = {}
        for row in self._get_standing().item_ids:
            base = self._to_decimal(row.amount_base, self.currency_id)
            charged[row.move_line_id] = charged.get(row.move_line_id, 0) + base
        return {
            item: max(amount, min(charged.get(item, Decimal(0)), amount + disputed[item]))
            for item, amount in unpaid.items()
        }

    def _quote_costs(self, unpaid, day):
        """The costs by the scheme of the letter's level. What it announced is the most
        that can be claimed: a setting that changed since makes them no higher."""
        costs = self.env["statutory.cost"]
        quote = costs._quote(
            self.level_id,
            self.partner_id,
            self.company_id,
            self.currency_id,
            unpaid,
            day,
        )
        announced = self._to_decimal(self.amount_costs, self.currency_id)
        if quote.amount <= announced:
            return quote
        parts = shares(announced, quote.shares.values(), costs._get_unit(self.currency_id))
        return replace(
            quote,
            amount=announced,
            vat=min(quote.vat, self._to_decimal(self.amount_vat, self.currency_id)),
            shares=dict(zip(quote.shares, parts, strict=True)),
        )

    def _filter_bearing(self, unpaid):
        """Leave out items of which costs are owed for another reason: they are charged once."""
        others = (
            self.env["receivable.charge.item"]
            .search(
                [
                    ("move_line_id", "in", [item.id for item in unpaid]),
                    ("charge_id.kind", "=", "costs"),
                    ("charge_id.state", "in", OWED_STATES),
                    ("charge_id.letter_id", "!=", self.id),
                ]
            )
            .move_line_id
        )
        return {item: amount for item, amount in unpaid.items() if item not in others}

    def _charge(self, quote, principals, invoiced, day):
        """Charge the costs, or what is added to those that were invoiced before.

        :param dict principals: what they were calculated on, by item
        :param invoiced: charges of this letter that stay
        """
        self.ensure_one()
        values = self._prepare_charge_values(quote, principals, invoiced, day)
        charge = self.env["receivable.charge"].create(values)
        announced = self.notice_id.charge_ids.filtered(
            lambda old: old.kind == "costs" and old.state == "announced" and old != charge
        )
        announced._replace(charge)
        mode = self.level_id.charge_mode
        if mode in ("draft", "posted"):
            charge._book_or_tell(post=mode == "posted")

    def _prepare_charge_values(self, quote, principals, invoiced, day):
        """Values of a charge; beside invoiced ones it is about what those were not about."""

        def total(name):
            return sum(self._to_decimal(charge[name], self.currency_id) for charge in invoiced)

        amount = quote.amount - total("amount")
        known = invoiced.item_ids.move_line_id
        weights = {item: part for item, part in quote.shares.items() if item not in known}
        weights = weights or quote.shares
        unit = self.env["statutory.cost"]._get_unit(self.currency_id)
        bases = {item: float(principals[item]) for item in weights}
        for row in invoiced.item_ids.filtered(lambda row: row.move_line_id in bases):
            bases[row.move_line_id] = self.currency_id.round(
                bases[row.move_line_id] - row.amount_base
            )
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "kind": "costs",
            "scheme": quote.scheme,
            "date": max(self.costs_from, day) if invoiced else self.costs_from,
            "notice_id": self.notice_id.id,
            "level_id": self.level_id.id,
            "letter_id": self.id,
            "amount_base": float(quote.base - total("amount_base")),
            "amount_vat": float(quote.vat - total("amount_vat")),
            "amount": float(amount),
            "state": "due" if self.level_id.charge_mode in ASKING_MODES else "announced",
            "note": quote.note,
            "item_ids": [
                Command.create(
                    {"move_line_id": item.id, "amount_base": bases[item], "amount": float(part)}
                )
                for item, part in zip(weights, shares(amount, weights.values(), unit), strict=True)
            ],
        }

    # === BUSINESS: WHAT BECOMES KNOWN LATER ===#
    @api.model
    def _on_changed(self, items):
        """Payments, credit notes or disputes of items changed: judge their letters again.

        An error in here never undoes somebody's payment: it is logged, and the scheduled action
        looks again at what is still open.

        :param items: ``account.move.line``
        """
        letters = self.sudo().search(
            [("item_ids.move_line_id", "in", items.ids), ("state", "in", SETTLED_STATES)]
        )
        for company, settled in letters.grouped("company_id").items():
            settled._settle_or_log(company._get_dunning_today())

    def _settle_or_log(self, day):
        """Settle letters one by one; an error leaves that one as it is and stops no other."""
        for letter in self:
            try:
                with self.env.cr.savepoint():
                    letter._settle(day)
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("%s could not be settled", letter.display_name)
                letter.invalidate_recordset()

    # === CRON ===#
    @api.model
    def _cron_settle_letters(self):
        """Settle every letter whose term is over, one by one, until time is up.

        Another worker's letter is skipped; one that fails is logged and tried again tomorrow.
        """
        cron = self.env["ir.cron"]
        letters = self.sudo()
        for company in self.env["res.company"].sudo().search([]):
            letters._follow_unposted(company)
            day = company._get_dunning_today()
            domain = self._get_due_domain(company, day)
            due = letters.search(domain, order="id")
            if not cron._commit_progress(remaining=len(due)):
                return
            for letter in due:
                letter.try_lock_for_update().filtered_domain(domain)._settle_or_log(day)
                if not cron._commit_progress(1):
                    return
