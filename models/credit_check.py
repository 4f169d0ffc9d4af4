from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_amount

OUTCOMES = ("pass", "inform", "approve", "refuse")
# Goods that are paid before they leave are no credit, whatever else is open.
PREPAID_PASSES = frozenset(
    ("limit", "days_overdue", "overdue_amount", "cover", "check", "level", "prepayment")
)
# What is asked again when goods leave: all that can change after the confirmation. Not the limit,
# on purpose: the order was confirmed within it and counts as used since, so that asking again would
# hold what was promised because of what came later.
DELIVERY_CRITERIA = frozenset(
    (
        "days_overdue",
        "overdue_amount",
        "cover",
        "check",
        "level",
        "status",
        "manual",
        "prepayment",
    )
)
STORED_FIGURES = (
    "exposure",
    "limit",
    "available",
    "open_amount",
    "unallocated",
    "overdue",
    "oldest_days",
    "orders",
    "drafts",
    "quotations",
    "guaranteed",
    "insured",
    "factored",
    "own_risk",
    "cover",
    "group_left",
)
# Of these, zero says something else than that there is none.
FIGURES_WITH_ZERO = frozenset(("limit", "available", "group_left"))


class CreditCheck(NamedTuple):
    """What the rules say about more credit for a debtor.

    ``causes`` are (criterion, action, sentence), of which none names the ``debtor``; ``figures`` is
    what it was decided on, in the currency of the company; ``to_pay`` is what still has to be paid
    before, in that of the order, and ``prepayment`` the percentage of the order that has to be paid
    in advance.
    """

    outcome: str
    causes: list
    figures: dict
    to_pay: float = 0.0
    prepayment: float = 0.0
    debtor: str = ""

    @property
    def is_held(self):
        return self.outcome in ("approve", "refuse")

    @property
    def criteria(self):
        """Criteria that hold it."""
        return {criterion for criterion, action, _text in self.causes if action != "inform"}

    @property
    def sentences(self):
        """All that there is to say, worst first, for who knows of which debtor it is."""
        causes = sorted(self.causes, key=lambda cause: -OUTCOMES.index(cause[1]))
        return " ".join(text for _criterion, _action, text in causes)

    @property
    def message(self):
        """The same after the name of the debtor."""
        return f"{self.debtor}: {self.sentences}" if self.causes else ""


class Passed(tuple):
    """Ids of records that passed a gate, in the context of what follows from it.

    A type of its own: a context that came over the network never holds one.
    """


class CreditRequest(NamedTuple):
    """Credit that is asked for: by which amount, in company currency, and for what."""

    debtor: models.BaseModel
    amount: float = 0.0
    order: models.BaseModel = None
    move: models.BaseModel = None
    criteria: frozenset = None


class CreditCheckEngine(models.AbstractModel):
    """The one place where the hold rules are applied. All gates ask here; it writes nothing but
    the lock."""

    _name = "credit.check"
    _description = "Check of the Hold Rules"

    # === BUSINESS ===#
    @api.model
    def _check(self, company, partner, amount, order=None, move=None, day=None):
        """Check a rise of the exposure of a debtor.

        :param float amount: by which the exposure rises and that is not counted in it yet, in the
            currency of the company; zero to ask how the debtor stands
        :rtype: CreditCheck
        """
        request = CreditRequest(partner.commercial_partner_id, amount, order, move)
        return self._check_many(company, [request], day)[0]

    @api.model
    def _check_many(self, company, requests, day=None, together=False):
        """Check several requests; the number of queries does not depend on how many there are.

        :param list requests: ``CreditRequest`` rows
        :param bool together: whether they are granted one after the other, so that each finds
            less left than the one before
        :rtype: list[CreditCheck]
        """
        rules = self.env["credit.hold.rule"]._get_rules(company)
        if not rules:
            return [CreditCheck("pass", [], {}) for _request in requests]
        self = self.sudo().with_company(company)
        # The day of whoever orders: asking for the company's would cost queries of its own.
        day = day or fields.Date.context_today(self)
        debtors = self.env["res.partner"].union(*(request.debtor for request in requests))
        debtors = debtors.sudo().with_company(company)
        positions = self.env["credit.exposure"]._get_positions(company, debtors, day)
        facts = self._get_facts(company, debtors, rules)
        checks = []
        taken = {}
        for request in requests:
            debtor = request.debtor.sudo().with_company(company)
            position = positions[debtor.id]
            keys = (("debtor", debtor.id), ("group", position.group_id))
            before = [taken.get(key, 0.0) for key in keys] if together else [0.0, 0.0]
            checks.append(
                self._apply_rules(
                    rules, request._replace(debtor=debtor), position, facts[debtor.id], before, day
                )
            )
            for key in keys:
                taken[key] = taken.get(key, 0.0) + request.amount
        return checks

    @api.model
    def _lock(self, checks):
        """Keep two decisions about one limit from passing at the same moment. Debtors without a
        limit are not locked.

        :param list checks: pairs of a debtor and a ``CreditCheck``
        """
        limited = [debtor.id for debtor, check in checks if check.figures.get("has_limit")]
        self.env["res.partner"].browse(set(limited))._lock_credit()

    def _apply_rules(self, rules, request, position, facts, taken, day):
        """Apply the rules to one request.

        :param list taken: what earlier requests of the debtor and of its group already take
        """
        causes = {}
        percentage = 0.0
        over = self._get_amount_over(request, position, taken)
        for rule in rules:
            if request.criteria is not None and rule.criterion not in request.criteria:
                continue
            if not self._is_applicable_rule(rule, request, position, facts):
                continue
            sentence = self._get_cause(rule, request, position, facts, over, day)
            # Conditions on the debtor come last, as they may read anything of him.
            if not sentence or not self._is_debtor_meant(rule, request.debtor, facts):
                continue
            if rule.criterion == "prepayment" and rule.action != "inform":
                percentage = max(percentage, rule.prepayment_percentage)
            known = causes.get(rule.criterion)
            if not known or OUTCOMES.index(rule.action) > OUTCOMES.index(known[0]):
                causes[rule.criterion] = (rule.action, sentence)
        to_pay = self._apply_payment(request, causes, percentage)
        return CreditCheck(
            max((action for action, _text in causes.values()), key=OUTCOMES.index, default="pass"),
            [(criterion, *cause) for criterion, cause in causes.items()],
            self._prepare_figures(request, position, causes, day),
            to_pay,
            percentage,
            request.debtor.display_name if causes else "",
        )

    def _get_amount_over(self, request, position, taken):
        """By how much the limit, or that of the group, does not suffice; None without a limit."""
        rooms = []
        if position.limit is not None:
            rooms.append(position.limit - position.exposure - taken[0])
        if position.group_left is not None:
            rooms.append(position.group_left - taken[1])
        return request.amount - min(rooms) if rooms else None

    def _is_applicable_rule(self, rule, request, position, facts):
        if rule.risk_class_ids and facts["risk_class"] not in rule.risk_class_ids:
            return False
        if rule.new_customers_only and not facts["is_new"]:
            return False
        if rule.minimum_order:
            # What is ordered and not invoiced yet counts along: splitting an order is no way out.
            total = request.order._get_credit_total() if request.order else request.amount
            basis = max(total, request.amount + position.orders)
            return self.env.company.currency_id.compare_amounts(basis, rule.minimum_order) >= 0
        return True

    def _get_cause(self, rule, request, position, facts, over, day):
        """Return the sentence when what a rule asks about is the case, else nothing."""
        return getattr(self, f"_get_cause_{rule.criterion}")(
            rule, request, position, facts, over, day
        )

    def _get_cause_limit(self, rule, request, position, _facts, over, _day):
        currency = self.env.company.currency_id
        if over is None:
            return None
        if (
            position.cover
            and currency.compare_amounts(position.exposure + request.amount, position.cover) <= 0
        ):
            return None
        tolerance = max(rule.amount, (position.limit or 0.0) * rule.percentage / 100)
        if currency.compare_amounts(over, tolerance) <= 0:
            return None
        return self.env._(
            "The credit limit is exceeded by %s.", format_amount(self.env, over, currency)
        )

    def _is_overdue(self, rule, position):
        """Money that was received and not allocated yet counts; what is left is overdue."""
        left = position.overdue - position.unallocated
        return self.env.company.currency_id.compare_amounts(left, rule.amount) > 0

    def _get_cause_days_overdue(self, rule, _request, position, _facts, _over, _day):
        if position.oldest_days <= rule.days or not self._is_overdue(rule, position):
            return None
        return self.env._("A payment is %s days late.", position.oldest_days)

    def _get_cause_overdue_amount(self, rule, _request, position, _facts, _over, _day):
        if position.oldest_days <= rule.days or not self._is_overdue(rule, position):
            return None
        return self.env._("Too much is overdue.")

    def _get_cause_cover(self, _rule, _request, position, _facts, _over, _day):
        return position.cover_lapsed and self.env._("The cover has lapsed.")

    def _get_cause_check(self, _rule, _request, position, _facts, _over, _day):
        return not position.check_valid and self.env._("There is no valid credit check.")

    def _get_cause_level(self, rule, _request, _position, facts, _over, _day):
        levels = self.env["dunning.level"]
        if not facts["level"] or facts["severity"] < levels._get_stage_severity(rule.stage):
            return None
        return self.env._("There was no payment after the reminder “%s”.", facts["level"])

    def _get_cause_status(self, _rule, request, _position, _facts, _over, day):
        debtor = request.debtor
        if not debtor.debtor_status or debtor.debtor_status_date > day:
            return None
        return debtor.debtor_status_warning

    def _get_cause_manual(self, _rule, _request, _position, facts, _over, _day):
        if not facts["manual"]:
            return None
        reason = facts["manual_reason"] or self.env._("no reason given")
        return self.env._("Orders are held: %s.", reason.rstrip("."))

    def _get_cause_prepayment(self, rule, request, _position, _facts, _over, _day):
        order = request.order
        # Whether a required one was paid is looked at once for all, as that settles the limit too.
        if not order or (
            rule.action == "inform"
            and not self._get_prepayment_left(order, rule.prepayment_percentage)
        ):
            return None
        return self.env._("A prepayment of %g %% is required.", rule.prepayment_percentage)

    def _get_prepayment_left(self, order, percentage):
        """What of a part of the order is not paid yet, in the currency of the order."""
        currency = order.currency_id
        required = currency.round(order.amount_total * percentage / 100)
        return max(currency.round(required - order._get_credit_paid_amount()), 0.0)

    def _apply_payment(self, request, causes, percentage):
        """Take away the causes that a payment of the order settles.

        :return: what still has to be paid in advance, in the currency of the order
        """
        order = request.order
        if not order or not PREPAID_PASSES.intersection(causes):
            return 0.0
        paid = order._get_credit_paid_amount()
        currency = order.currency_id
        if currency.compare_amounts(order.amount_total, paid) <= 0:
            for criterion in PREPAID_PASSES:
                causes.pop(criterion, None)
            return 0.0
        to_pay = self._get_prepayment_left(order, percentage)
        if percentage and not to_pay:
            causes.pop("prepayment", None)
            causes.pop("limit", None)
        return to_pay

    def _prepare_figures(self, request, position, causes, day):
        """What was decided on, compact enough to be kept with every order."""
        currency = self.env.company.currency_id
        figures = {
            name: currency.round(value) if isinstance(value, float) else value
            for name in STORED_FIGURES
            if (value := getattr(position, name))
            or (value is not None and name in FIGURES_WITH_ZERO)
        }
        return {
            **figures,
            "date": day.isoformat(),
            "amount": currency.round(request.amount),
            "criteria": sorted(causes),
            "has_limit": position.limit is not None or position.group_left is not None,
        }
