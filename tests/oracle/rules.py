"""The rules of dunning in plain Python, one item at a time and as slow as it likes.

Whoever wonders why an item is reminded or not can read it here from top to bottom:
:meth:`DebtorReading._judge` asks one question after the other.
"""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import holidays

from .facts import (
    CHANNELS,
    CONTACTS,
    CURRENCIES,
    INVOICES,
    PENDING,
    SENT,
    STAGES,
    Verdict,
    round_to_cents,
)

SATURDAY, SUNDAY = 5, 6
WAITING = ("not_yet", "pending", "below_minimum", "finished", "contact_cap")


def decide(ledger):
    """Verdicts on every open item of a ledger by (number of the debtor, number of the item)."""
    verdicts = {}
    for number, debtor in enumerate(ledger.debtors):
        for item, verdict in DebtorReading(ledger, debtor).decide().items():
            verdicts[number, item] = verdict
    return verdicts


def firmness(stage, place):
    """How firm a level is: its stage first, then its place in the ladder."""
    return STAGES.index(stage), place


HANDED_OVER = firmness("handover", 0)
FINAL = firmness("final", 0)


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
        self.credit = Fraction(0)
        self.free_day = None

    @property
    def company_amount(self):
        return round_to_cents(self.item.amount * self.document.rate)


class DebtorReading:
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

    # === MONEY ===#
    def _is_payment_under_way(self, case):
        """Paid, but not in the bank yet; or paid online some days ago, and not come through."""
        if case.document.payment_state == "in_payment":
            return True
        documents = self.debtor.documents
        for payment in self.debtor.payments:
            is_waiting = payment.state in ("pending", "authorized") or (
                payment.state == "done" and not payment.processed
            )
            if not is_waiting or payment.day <= -case.policy.hold_days:
                continue
            if payment.document is not None and documents[payment.document] is case.document:
                return True
            if payment.message is not None:
                asked = self.debtor.messages[payment.message].items
                for number, document, _item in self.debtor.numbered_items():
                    if number in asked and document is case.document:
                        return True
        return False

    def _get_money(self, purse):
        """Money in this currency that nobody allocated; of suppliers: what we owe them."""
        currency, is_payable = purse
        return [
            money
            for money in self.debtor.money
            if money.currency == currency
            and (money.kind == "bill") == is_payable
            and not money.elsewhere
        ]

    def _does_money_hold(self, case):
        """Money that covers all that is overdue holds without end, and any that is new for some
        days: an accountant may be about to allocate it. What settles a dispute is allocated as
        good as, and bills of suppliers are no money that came in: both are only deducted."""
        received = [money for money in self._get_money(case.purse) if money.kind != "settlement"]
        overdue = sum(
            item.amount
            for _number, document, item in self.debtor.numbered_items()
            if self._is_open(document, item)
            and (document.currency, document.kind == "in_refund") == case.purse
            and (document.day if item.due is None else item.due) < 0
        )
        if received and sum(money.amount for money in received) >= max(overdue, case.item.amount):
            return True
        return not case.is_payable and any(money.day > -case.policy.hold_days for money in received)

    def _deduct_money(self):
        """Other money is deducted from what is asked now, by size. It holds all of it when
        nothing would be left. Messages before the due date ask nothing."""
        asked = {}
        for case in self.cases:
            if case.reason == "remind" and case.level.stage != "courtesy":
                asked.setdefault(case.purse, []).append(case)
        for purse, cases in asked.items():
            credit = Fraction(sum(money.amount for money in self._get_money(purse)))
            total = Fraction(sum(self._get_amount(case) for case in cases))
            for case in cases:
                if credit >= total:
                    case.reason = "unallocated"
                else:
                    case.credit = credit * Fraction(self._get_amount(case)) / total

    def _apply_minimum(self):
        """Nothing goes out while all that would be asked is less than the minimum, in the
        currency of the company and rounded as it is."""
        asked = [case for case in self.cases if case.reason == "remind"]
        total = round_to_cents(
            sum(
                (Fraction(self._get_amount(case)) - case.credit)
                * Fraction(case.company_amount)
                / Fraction(case.item.amount)
                for case in asked
            )
        )
        for case in asked:
            if total < case.policy.minimum:
                case.reason = "below_minimum"

    # === BLOCKS ===#
    def _get_blocks(self, blocks):
        """Those in force on day 0, of this company or the one above it."""
        return [
            (number, block)
            for number, block in enumerate(blocks)
            if not block.lifted
            and block.company != "other"
            and block.start <= 0
            and (block.end is None or block.end >= 0)
        ]

    def _get_item_blocks(self, case):
        return [
            (number, block)
            for number, block in self._get_blocks(self.debtor.blocks)
            if block.item == case.number
        ]

    def _get_amount(self, case):
        """What is open without the parts that are held."""
        parts = sum(block.amount for _number, block in self._get_item_blocks(case))
        return max(case.item.amount - parts, Decimal(0))

    def _find_block(self, case):
        """The block that holds all of the item: its own, else one of the debtor, else one of the
        company, and of several the one that lasts longest. Parts hold together."""
        own = self._get_item_blocks(case)
        of_debtor = [
            (number, block)
            for number, block in self._get_blocks(self.debtor.blocks)
            if block.item is None
        ]
        of_company = self._get_blocks(self.ledger.blocks)
        whole = [(number, block) for number, block in own if not block.amount]
        if whole:
            return "debtor", find_longest(whole)
        for owner, blocks in (("debtor", of_debtor), ("company", of_company)):
            endless = [(number, block) for number, block in blocks if block.invoiced_until is None]
            if endless:
                return owner, find_longest(endless)
            older = [
                (number, block)
                for number, block in blocks
                if block.invoiced_until is not None and case.document.day <= block.invoiced_until
            ]
            if older:
                newest = max(block.invoiced_until for _number, block in older)
                return owner, next(
                    number for number, block in older if block.invoiced_until == newest
                )
        if self._get_amount(case) <= 0:
            return "debtor", find_longest(own)
        return None

    # === HISTORY ===#
    def _get_memory(self, case):
        """Messages about this item that were sent; failed or withdrawn ones never were."""
        return [
            message
            for message in self.debtor.messages
            if message.state in SENT and case.number in message.items
        ]

    def _find_pending(self, case):
        for number, message in enumerate(self.debtor.messages):
            if (
                message.state in PENDING
                and case.number in message.items
                and not message.is_rechecked
            ):
                return number
        return None

    def _get_floor(self, case):
        """What comes next is firmer than this.

        In the ladder in which a message was sent the next level is one after it, as the ladder
        is now, and never of a milder stage than the message was. A message of another policy
        counts as firm as it was.
        """
        floors = [firmness("courtesy", 0)]
        for message in self._get_memory(case):
            if message.policy == case.policy_number:
                levels = self.ledger.policies[message.policy].levels
                floors.append(firmness(levels[message.level].stage, message.level + 1))
                floors.append(firmness(message.stage_then, 0))
            else:
                floors.append(firmness(message.stage_then, message.place_then))
        return max(floors)

    def _get_last_days(self, case):
        """Day of the last message and end of the last term; a message before the due date was a
        service and counts for neither."""
        memory = [each for each in self._get_memory(case) if each.stage_then != "courtesy"]
        days = [message.day for message in memory]
        terms = [
            message.day + message.days_to_pay
            for message in memory
            if message.days_to_pay is not None
        ]
        return days, terms

    def _find_standing(self, case):
        """The items with which this one climbs, when the policy says so: overdue ones that are
        not held and not handed over. Undelivered invoices are nobody's fault."""
        if not case.policy.by_debtor or not case.is_overdue:
            return []
        if self._get_floor(case) >= HANDED_OVER:
            return []
        return [
            other
            for other in self.cases
            if other.policy_number == case.policy_number
            and other.is_overdue
            and not self._find_obstacle(other)
            and self._is_delivered(other)
            and self._get_floor(other) < HANDED_OVER
        ]

    # === THE NEXT LEVEL ===#
    def _plan(self, case):
        """Find the level that comes next, its day, and how and to whom it goes."""
        case.level = case.level_number = case.day = None
        case.channels, case.contact = (), None
        if case.policy is None:
            return
        together = self._find_standing(case)
        floor = self._get_floor(case)
        if together:
            # A final notice is each item's own.
            shared = max(self._get_floor(other) for other in together)
            floor = max(floor, min(shared, (FINAL[0] - 1, float("inf"))))
        for number, level in self._get_ladder(case.policy):
            if firmness(level.stage, number + 1) > floor and self._may_be_next(case, level, number):
                case.level, case.level_number = level, number
                break
        else:
            return
        case.channels = self._choose_channels(case, case.level)
        case.contact = self._find_contact(case, case.level)
        case.day = self._get_day(case, together)

    def _get_ladder(self, policy):
        levels = [(number, level) for number, level in enumerate(policy.levels) if level.active]
        return sorted(levels, key=lambda each: firmness(each[1].stage, each[0]))

    def _may_be_next(self, case, level, number):
        """A message before the due date lapses on that day, when it would come too soon after
        the invoice, or when it cannot reach anybody: nothing waits for it. And a company that
        begins by age begins high."""
        if level.stage == "courtesy":
            is_quiet = (
                case.document.kind != "entry"
                and case.due + level.delay <= case.document.day + case.policy.quiet_days
            )
            if case.due <= 0 or is_quiet or not self._get_usable_channels(case, level):
                return False
        ledger = self.ledger
        if ledger.begin != "age" or ledger.start is None or case.due >= ledger.start:
            return True
        if self._get_memory(case):
            return True
        reached = [
            firmness(each.stage, place)
            for place, each in self._get_ladder(case.policy)
            if each.stage not in ("courtesy", "handover") and case.due + each.delay <= ledger.start
        ]
        return not reached or firmness(level.stage, number) >= max(reached)

    def _get_day(self, case, together):
        """The first day for the level: by its days after the due date, the gap since the last
        message, and not before the term of that has passed. Items that climb together have the
        oldest due date and the last message of them all; a new one waits for the first level."""
        level = case.level
        if level.stage == "courtesy":
            return case.due + level.delay
        if not together:
            days, terms = self._get_last_days(case)
            first = case.due + level.delay
        else:
            days, terms = [], []
            for other in together:
                other_days, other_terms = self._get_last_days(other)
                days += other_days
                terms += other_terms
            delays = [each.delay for each in case.policy.levels if self._is_firm(each)]
            first = max(
                case.due + min(delays),
                min(other.due for other in together) + level.delay,
            )
        return max([first, *(day + level.gap for day in days), *(term + 1 for term in terms)])

    def _is_firm(self, level):
        return level.active and level.stage != "courtesy"

    # === HOW AND TO WHOM ===#
    def _find_redirect(self):
        """The person in charge of a debtor with a status, or else a head office."""
        roles = ["in_charge"] if self.debtor.has_status else []
        for role in [*roles, "office"]:
            contact = self.debtor.contacts.get(role)
            if contact and contact.active:
                return role
        return None

    def _find_contact(self, case, level):
        redirect = self._find_redirect()
        if redirect or level.addressed_to == "debtor":
            return redirect or "debtor"
        contacts = self.debtor.contacts
        reminder, invoice = contacts.get("reminder"), contacts.get("invoice")
        if level.addressed_to == "reminder" and reminder and reminder.active:
            return "reminder"
        return "invoice" if case.document.to_contact and invoice.active else "debtor"

    def _get_usable_channels(self, case, level):
        """A contact of the debtor without an address can be reached at the debtor's own; whoever
        stands in for the debtor cannot."""
        role = self._find_contact(case, level)
        reach = get_reach(self.debtor.contacts.get(role) or self.debtor.address)
        if not self._find_redirect():
            reach |= get_reach(self.debtor.address)
        return [channel for channel in CHANNELS if channel in reach and channel in level.channels]

    def _choose_channels(self, case, level):
        usable = self._get_usable_channels(case, level)
        if level.all_channels:
            return tuple(usable)
        if level.tried_first in usable:
            return (level.tried_first,)
        return tuple(usable[:1])

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


def get_reach(contact):
    """Channels by which somebody can be reached: addresses that are there and work."""
    reach = set()
    if contact.email == "ok":
        reach.add("email")
    if contact.post == "ok":
        reach |= {"letter", "visit"}
    if contact.phone != "missing":
        reach.add("call")
    if contact.phone == "ok":
        reach.add("sms")
    return reach


def find_longest(blocks):
    """Number of the block that lasts longest, of those without an end the first."""
    number, _block = max(
        blocks,
        key=lambda each: (each[1].end is None, each[1].end or 0, -each[0]),
    )
    return number
