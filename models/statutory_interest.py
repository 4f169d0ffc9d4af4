from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_repr

from ..calc.interest import Interest, accrue
from .dunning_decision import SENT_STATES
from .res_company_interest import INTEREST_KINDS
from .statutory_rate import KINDS


@dataclass(frozen=True)
class Basis:
    """By what rules interest is calculated for one debtor of a company."""

    kind: str  # one of KINDS, "contract", or "" where no kind is assumed
    compound: bool
    days_in_year: object  # 365 or "actual"
    percent: Decimal = None  # the agreed rate of kind "contract"
    cap: str = ""  # kind of the highest rate that the law allows


@dataclass
class Claim:
    """The interest on one item, up to and including ``until``.

    Amounts are in the currency of the item. The part that is disputed is apart: whether its
    interest is due is decided with the dispute.
    """

    item: object  # account.move.line
    currency: object
    principal: Decimal
    due: date  # the due date of the item
    last_free: date  # the last day without interest; None when nothing can be claimed
    until: date  # the last day of interest: asked for, or the day on which all was paid
    payments: list = field(default_factory=list)  # (day, amount), until that day
    disputed: Decimal = Decimal(0)
    interest: Interest = None
    interest_disputed: Interest = None
    omitted: str = ""  # why no interest is claimed
    rates: object = None  # the statutory.rate records it was calculated with
    letter: object = None  # the statutory.letter about it that counts, if any
    free_until: date = None  # what was paid until this day bears no interest at all

    @property
    def open(self):
        """What is left of the principal, disputed or not."""
        paid = sum((amount for _day, amount in self.payments), Decimal(0))
        return max(self.principal - paid, Decimal(0))

    @property
    def bearing_payments(self):
        """The payments as interest knows them."""
        if not self.free_until:
            return self.payments
        return [
            (min(day, self.last_free) if day <= self.free_until else day, amount)
            for day, amount in self.payments
        ]

    @property
    def total(self):
        """The interest that can be claimed now."""
        return self.interest.total if self.interest else Decimal(0)

    @property
    def total_disputed(self):
        """The interest on the part that is disputed."""
        return self.interest_disputed.total if self.interest_disputed else Decimal(0)

    @property
    def lines(self):
        """All lines, as ``calc.interest.InterestLine``, those of the disputed part last."""
        parts = (self.interest, self.interest_disputed)
        return [line for part in parts if part for line in part.lines]


class StatutoryInterest(models.AbstractModel):
    """Interest on items that are paid late, with what the books say about payments.

    It writes nothing, and every day can be asked for. Amounts stay decimal numbers; the method of
    the calculation itself is told in ``calc/interest.py``. Here are the choices besides:

    - interest runs over what was due, VAT included (Court of Justice C-585/20), from the day after
      the due date; for consumers see ``res.company.interest_consumer_start``;
    - a payment counts on the day of its entry, a credit note on its own date, and both are taken
      off the principal, as they were booked;
    - once the principal is paid the interest stays claimable and grows no further;
    - of a Belgian consumer see ``statutory_interest_consumer.py``.
    """

    _name = "statutory.interest"
    _description = "Interest on Late Payment"

    # === BUSINESS: RULES ===#
    @api.model
    def _get_basis(self, company, debtor, kind=None):
        """Return by what rules a debtor owes interest.

        :param str kind: taken instead of the usual one
        :rtype: Basis
        """
        company = company.sudo()
        kind = kind or company._get_interest_kind(self._get_debtor_kind(debtor)) or ""
        if kind == "contract":
            compound, percent = company.interest_compound, company._get_interest_percent()
        else:
            compound, percent = kind in KINDS and KINDS[kind].compound, None
        return Basis(kind, compound, company._get_interest_days(), percent)

    @api.model
    def _get_debtor_kind(self, debtor):
        return debtor.commercial_partner_id.sudo().debtor_kind or "business"

    @api.model
    def _get_kind_label(self, kind):
        field_ = self.env["res.company"]._fields["interest_kind_business"]
        labels = dict(field_._description_selection(self.env))
        return labels[kind] if kind in dict(INTEREST_KINDS) else ""

    # === BUSINESS: CALCULATION ===#
    @api.model
    def _accrue(self, items, until, kind=None, strict=True):
        """Return the interest on items of one company, up to and including a day.

        :param items: receivable lines (``account.move.line``) that debtors owe, open or paid late,
            in any currency
        :param datetime.date until: the last day of interest
        :param str kind: the kind of interest instead of the usual one, see :meth:`_get_basis`
        :param bool strict: whether a rate that is not known stops everything; otherwise the claim
            says why it has no interest
        :return: one claim per item, in the order of the items
        :rtype: list[Claim]
        :raise UserError: when the rate of a day is not known
        """
        bases, claims, known_rates = {}, [], {}
        disputes = self._get_disputed(items)
        free_days = self._get_reminder_terms(items)
        letters = self.env["statutory.letter"]._get_by_item(items)
        for item in items.sudo():
            debtor = item.partner_id.commercial_partner_id
            key = (item.company_id, debtor)
            if key not in bases:
                bases[key] = self._get_basis(*key, kind=kind)
            claim = self._prepare_claim(item, until, disputes.get(item.id), bases[key])
            claim.letter = letters.get(item)
            self._set_last_free(claim, free_days.get(item.id), until)
            if claim.last_free:
                try:
                    self._fill_claim(claim, bases[key], known_rates)
                except UserError as error:
                    if strict:
                        raise
                    claim.omitted = str(error)
            claims.append(claim)
        return claims

    def _prepare_claim(self, item, until, disputed, basis):
        """What is known of an item before anything is calculated."""
        principal = self._to_decimal(item.amount_currency, item.currency_id)
        payments = [(day, amount) for day, amount in self._get_payments(item) if day <= until]
        claim = Claim(
            item=item,
            currency=item.currency_id,
            principal=principal,
            due=item.date_maturity or item.date,
            last_free=None,
            until=until,
            payments=payments,
        )
        if disputed is not None:
            claim.disputed = min(disputed, claim.open) if disputed else claim.open
        if not claim.open:
            claim.until = self._get_last_day(principal, claim)
        if not basis.kind:
            claim.omitted = self.env._(
                "No kind of interest is assumed for this debtor and country: choose one by hand."
            )
        return claim

    def _set_last_free(self, claim, reminder_term, day):
        """Settle from when a claim bears interest, or say why it does not.

        :param datetime.date reminder_term: the end of the first term that a reminder gave
        :param datetime.date day: on which it is claimed
        """
        if claim.omitted:
            return
        company = claim.item.company_id
        claim.last_free = claim.due
        if (
            self._get_debtor_kind(claim.item.partner_id) == "consumer"
            and company.interest_consumer_start == "reminder"
        ):
            claim.last_free = reminder_term and max(reminder_term, claim.due)
            if not reminder_term:
                claim.omitted = self.env._(
                    "No reminder gave this consumer a term yet: none is claimed. Settings say "
                    "whether the due date itself is final."
                )

    def _fill_claim(self, claim, basis, known_rates):
        """Calculate the undisputed and the disputed part, which got no payment yet.

        :param dict known_rates: rates by kind, and by kind and days, filled here: items by the
            thousands share them
        """
        if claim.until <= claim.last_free:
            return
        first = claim.last_free + timedelta(days=1)
        claim.rates = self._get_used_rates(basis, first, claim.until, known_rates)
        options = {
            "compound": basis.compound,
            "days_in_year": basis.days_in_year,
            "digits": claim.currency.decimal_places,
            **self._prepare_rates(basis, claim.rates),
        }
        undisputed = claim.principal - claim.disputed
        claim.interest = accrue(
            undisputed,
            claim.last_free,
            self._get_last_day(undisputed, claim),
            payments=claim.bearing_payments,
            **options,
        )
        if claim.disputed:
            claim.interest_disputed = accrue(
                claim.disputed, claim.last_free, claim.until, **options
            )

    def _get_last_day(self, principal, claim):
        """The day on which a principal was paid, so far as it was."""
        paid = Decimal(0)
        for day, amount in claim.payments:
            paid += amount
            if paid >= principal:
                return day
        return claim.until

    def _get_used_rates(self, basis, first, until, known_rates):
        """The records of the rates of these days; none for an agreed rate.

        :raise UserError: when the rate of a day is not known
        """
        rates = self.env["statutory.rate"].sudo()
        if basis.kind == "contract":
            return rates
        if basis.kind not in known_rates:
            known_rates[basis.kind] = rates._get_known(basis.kind)
        key = (basis.kind, first, until)
        if key not in known_rates:
            known_rates[key] = known_rates[basis.kind]._get_between(*key)
        return known_rates[key]

    def _prepare_rates(self, basis, rates):
        """The rates as the calculation takes them."""
        if basis.kind == "contract":
            return {"rates": [(date.min, basis.percent)]}
        return {
            "rates": [(rate.valid_from, rate._get_percent()) for rate in rates],
            "known_until": rates[-1:].valid_until,
        }

    # === BUSINESS: FACTS ===#
    def _get_payments(self, item):
        """What was taken off an item and when, oldest first: payments, credit notes, write-offs."""
        return sorted((day, amount) for day, amount, _move in self._get_taken_off(item))

    def _get_taken_off(self, item):
        """Yield what was taken off an item: the day that counts, the amount, and the entry."""
        for partial in item.matched_credit_ids:
            # Partials of exchange differences take nothing off in the currency of the item.
            amount = self._to_decimal(partial.debit_amount_currency, item.currency_id)
            counterpart = partial.credit_move_id
            move = counterpart.move_id
            is_credit_note = move.move_type in ("out_refund", "in_invoice")
            if amount > 0:
                yield is_credit_note and move.invoice_date or counterpart.date, amount, move

    @api.model
    def _get_disputed(self, items):
        """The disputed part of each item that has one, by id: an amount, 0 for all that is open."""
        disputed = {}
        blocks = (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("kind", "=", "dispute"),
                    ("state", "in", ["active"]),
                    ("company_id", "in", items.company_id.ids),
                    "|",
                    ("move_line_id", "in", items.ids),
                    "&",
                    ("move_line_id", "=", False),
                    ("partner_id", "in", items.partner_id.commercial_partner_id.ids),
                ]
            )
        )
        items = items.sudo()
        of_debtors = items.grouped(
            lambda item: (item.company_id, item.partner_id.commercial_partner_id)
        )
        # Once a dispute is rejected its part is owed again, also while it can still be paid in the
        # fresh term that the debtor got.
        for block in blocks.filtered(lambda block: not block._is_fresh_term()):
            if block.move_line_id:
                held = block.move_line_id & items
            else:
                held = of_debtors.get((block.company_id, block.partner_id), items.browse())
                held = held.filtered(block._covers)
            for item in held:
                amount = self._to_decimal(block.amount, item.currency_id)
                before = disputed.get(item.id)
                # All of it, or the parts of several disputes together.
                disputed[item.id] = amount and (
                    amount if before is None else before and before + amount
                )
        return disputed

    @api.model
    def _get_reminder_terms(self, items):
        """The last day of the first term that a reminder after the due date gave, by item."""
        lines = (
            self.env["dunning.notice.line"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "in", SENT_STATES),
                    ("sent_date", "!=", False),
                    ("level_id.stage", "!=", "courtesy"),
                    ("level_id.payment_days", ">", 0),
                ]
            )
        )
        terms = {}
        for line in lines:
            if line.sent_date > (line.date_maturity or line.sent_date):
                # Of a statutory letter the term may be longer than that of its level.
                term = line.sent_date + timedelta(days=line.level_id.payment_days)
                day = max(term, line.term_date or term)
                item = line.move_line_id.id
                terms[item] = min(day, terms.get(item, day))
        return terms

    @api.model
    def _to_decimal(self, amount, currency):
        """An amount of the books, exactly: as text with the decimals of its currency."""
        return Decimal(float_repr(amount, currency.decimal_places))
