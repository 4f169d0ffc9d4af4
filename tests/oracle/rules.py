"""The rules of dunning in plain Python, one item at a time and as slow as it likes.

Whoever wonders why an item is reminded or not can read it here from top to bottom:
:meth:`DebtorReading._judge` asks one question after the other. What is about amounts stands in
``money``, what is about levels in ``ladder``.
"""

from datetime import timedelta
from fractions import Fraction

import holidays

from .facts import CONTACTS, CURRENCIES, INVOICES, PENDING, Verdict, round_to_cents
from .ladder import LadderRules, firmness
from .money import MoneyRules

SATURDAY, SUNDAY = 5, 6
WAITING = ("not_yet", "pending", "below_minimum", "finished", "contact_cap")


def decide(ledger):
    """Verdicts on every open item of a ledger by (number of the debtor, number of the item)."""
    verdicts = {}
    for number, debtor in enumerate(ledger.debtors):
        for item, verdict in DebtorReading(ledger, debtor).decide().items():
            verdicts[number, item] = verdict
    return verdicts


class Case:
    """One open item with its document, and what is found out about it."""

    def __init__(self, number, document, item, policy_number, policy):
        self.number = number
        self.document = document
        self.item = item
        self.policy_number = policy_number
        self.policy = policy
        self.due = document.day if item.due is None else item.due
        self.is_overdue = self.due < 0
        self.is_payable = document.kind == "in_refund"
        self.purse = (document.currency, self.is_payable)
        # Its part of the money that nobody allocated, and that as far as it is asked now.
        self.share = Fraction(0)
        self.credit = Fraction(0)
        self.free_day = None

    @property
    def company_amount(self):
        return round_to_cents(self.item.amount * self.document.rate)


class DebtorReading(MoneyRules, LadderRules):
    """Everything open of one debtor, read together: money and messages are his as a whole."""

    def __init__(self, ledger, debtor):
        self.ledger = ledger
        self.debtor = debtor
        self.cases = [
            Case(number, document, item, *self._find_policy(document))
            for number, document, item in debtor.numbered_items()
            if self._is_open(document, item) and self._is_customer_document(document)
        ]

    def decide(self):
        for case in self.cases:
            self._plan(case)
        for case in self.cases:
            case.reason = self._judge(case)
        self._deduct_money()
        self._apply_minimum()
        self._apply_weekly_cap()
        return {case.number: self._get_verdict(case) for case in self.cases}

    # === WHAT IS AN ITEM ===#
    def _is_open(self, document, item):
        return (
            document.posted
            and not document.elsewhere
            and not item.reconciled
            and (document.kind != "in_refund" or self.ledger.supplier_debits)
        )

    def _is_customer_document(self, document):
        """Invoices, receipts, miscellaneous entries, and what suppliers owe us; money that was
        paid out to a customer is none."""
        return document.kind in (*INVOICES, "entry", "in_refund")

    # === WHICH POLICY ===#
    def _find_policy(self, document):
        """Chosen on the document, else on the debtor, else by target group, else the default of
        the company, else the first of the list. Archived ones are not there."""
        policies = self.ledger.policies
        numbers = [document.policy, self.debtor.policy]
        numbers += [
            number
            for number, policy in enumerate(policies)
            if policy.target_group and policy.target_group in self.debtor.reference
        ]
        numbers += [self.ledger.default, *range(len(policies))]
        for number in numbers:
            if number is not None and policies[number].active:
                return number, policies[number]
        return None, None

    # === ONE QUESTION AFTER THE OTHER ===#
    def _judge(self, case):
        obstacle = self._find_obstacle(case)
        if obstacle:
            return obstacle
        if self._find_pending(case) is not None:
            return "pending"
        if not self._is_delivered(case):
            return "not_delivered"
        if case.level is None:
            return "finished"
        if case.day > 0:
            return "not_yet"
        if self._is_bank_outdated():
            return "bank_outdated"
        if self._does_money_hold(case):
            return "unallocated"
        if case.level.stage != "handover" and not case.channels:
            return "no_address"
        return "remind"

    def _find_obstacle(self, case):
        """Why this item is held, whatever its turn would be."""
        document = case.document
        if self.debtor.own_group:
            return "own_group"
        if case.policy is None:
            return "no_policy"
        if self._is_excluded(case):
            return "no_followup"
        if document.payment_state == "blocked":
            return "payment_blocked"
        if document.direct_debit == "collected":
            return "direct_debit"
        if self._is_payment_under_way(case):
            return "under_way"
        if self._find_block(case) or self._get_amount(case) <= 0:
            return "block"
        if self._is_from_before_the_start(case):
            return "before_start"
        return None

    def _is_excluded(self, case):
        """On entries the core's flag means nothing: there the policy says it."""
        if case.document.kind == "entry":
            return not case.policy.entries
        return case.item.no_followup

    def _is_delivered(self, case):
        is_invoice = case.document.kind in INVOICES
        return not is_invoice or not case.policy.only_delivered or case.document.delivered

    def _is_from_before_the_start(self, case):
        """The company begins with what falls due later, and never reminded this one."""
        ledger = self.ledger
        begins_later = ledger.begin == "date" and ledger.start is not None
        return begins_later and case.due < ledger.start and not self._get_memory(case)

    def _is_bank_outdated(self):
        oldest = self.ledger.bank_max_age and self.ledger.bank_booked is not None
        return bool(oldest) and self.ledger.bank_booked < -self.ledger.bank_max_age

    # === MESSAGES PER WEEK ===#
    def _apply_weekly_cap(self):
        """No more messages than allowed within seven days, of those that wait too. What is being
        checked again was counted when it was proposed. A hand-over is no message."""
        ledger = self.ledger
        if not ledger.weekly_cap:
            return
        is_recheck = any(each.is_rechecked for other in ledger.debtors for each in other.messages)
        states = ("sent", "corrected") if is_recheck else ("sent", "corrected", *PENDING)
        recent = [
            message.day
            for message in self.debtor.messages
            if message.state in states
            and message.day > -7
            and not message.elsewhere
            and ledger.policies[message.policy].levels[message.level].stage != "handover"
        ]
        messages = {}
        for case in self.cases:
            if case.reason == "remind" and case.level.stage != "handover":
                messages.setdefault(self._get_message_key(case), []).append(case)
        for rank, key in enumerate(sorted(messages), start=len(recent) + 1):
            if rank > ledger.weekly_cap:
                for case in messages[key]:
                    case.reason = "contact_cap"
                    case.free_day = min(recent, default=0) + 7

    def _get_message_key(self, case):
        """What goes out as one message. What is overdue goes before what is not; else the order
        only has to be the same every day."""
        return (
            case.level.stage == "courtesy",
            CONTACTS.index(case.contact),
            CURRENCIES.index(case.document.currency),
            case.is_payable,
        )

    # === THE ANSWER ===#
    def _get_verdict(self, case):
        memory = self._get_memory(case)
        # The firmest; of several the newest, and of those the one that was made last.
        last = max(
            reversed(memory),
            key=lambda each: (firmness(each.stage_then, each.place_then), each.day),
            default=None,
        )
        if case.reason == "remind":
            outcome = "remind"
        else:
            outcome = "wait" if case.reason in WAITING else "block"
        return Verdict(
            reason=case.reason,
            outcome=outcome,
            level=None if case.level is None else (case.policy_number, case.level_number),
            day=None if case.level is None else self._find_working_day(case),
            contact=case.contact,
            channels=case.channels,
            amount=float(self._get_amount(case)),
            credit=round(float(case.credit), 4),
            last_level=last and (last.policy, last.level),
            last_day=max((message.day for message in memory), default=None),
            message=self._find_pending(case),
            block=self._find_block(case),
        )

    def _find_working_day(self, case):
        """Not before today, and on a day on which the company works."""
        day = max(case.day, 0, case.free_day or 0)
        while not is_working_day(self.ledger, day):
            day += 1
        return day


def is_working_day(ledger, day):
    """Not on Sundays, Saturdays unless the company works then, and Dutch public holidays."""
    date = ledger.date + timedelta(days=day)
    if date.weekday() == SUNDAY or (date.weekday() == SATURDAY and not ledger.saturday):
        return False
    return date not in holidays.country_holidays("NL", years=date.year)
