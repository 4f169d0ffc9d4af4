"""What was sent, which level comes next, on which day, and how and to whom it goes."""

from .facts import CHANNELS, PENDING, SENT, STAGES


def firmness(stage, place):
    """How firm a level is: its stage first, then its place in the ladder."""
    return STAGES.index(stage), place


HANDED_OVER = firmness("handover", 0)
FINAL = firmness("final", 0)


class LadderRules:
    """The part of a reading that is about levels."""

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
