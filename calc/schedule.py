"""Installment schedules: dates and amounts that add up to the cent.

A schedule is a list of ``(due, amount)``, first due first. Amounts are in one currency, whose
number of decimals is ``digits``; nothing is rounded away, so an amount with more decimals is
refused. No law prescribes how a sum is divided: the amounts differ by at most one cent and the
higher ones come last, so that nobody pays more at first than was agreed.
"""

import calendar
from datetime import date, timedelta

from .money import from_units, to_count, to_date, to_not_negative, to_units

# A year of closed days in a row is a mistake in the calendar, no holiday.
_LONGEST_CLOSURE = 366


def installments(total, count, first_due, interval, first_amount=None, digits=2):
    """Divide an amount into a number of installments.

    :param decimal.Decimal total: what is to be paid, above 0, in one currency
    :param int count: number of installments, the first one included
    :param datetime.date first_due: due date of the first installment
    :param interval: ``"week"``, ``"month"`` (see :func:`due_dates`), or the due dates of the
        installments after the first: ``count - 1`` dates in ascending order
    :param decimal.Decimal first_amount: another amount for the first installment, above 0; the
        rest is divided equally
    :param int digits: decimals of the currency
    :return: ``count`` pairs (due, amount) whose sum is exactly ``total``; no amount is 0
    :rtype: list[tuple[datetime.date, decimal.Decimal]]
    :raises TypeError: when an amount is a float or a date is not a date
    :raises ValueError: when the parts cannot all be above 0, the dates do not ascend or do not
        match the count, or an amount has too many decimals
    """
    to_count(count, "number of installments", 1)
    units = _positive_units(total, "total", digits)
    if first_amount is None:
        parts = _equal_parts(units, count)
    else:
        first = _positive_units(first_amount, "first amount", digits)
        if count == 1 and first != units:
            raise ValueError("A single installment is the total.")
        parts = [first, *(_equal_parts(units - first, count - 1) if count > 1 else ())]
    dates = due_dates(first_due, count, interval)
    return [(due, from_units(part, digits)) for due, part in zip(dates, parts, strict=True)]


def installments_of(total, amount, first_due, interval, first_amount=None, digits=2):
    """Divide an amount into installments of a fixed amount; the last one is the rest.

    :param decimal.Decimal total: what is to be paid, above 0, in one currency
    :param decimal.Decimal amount: amount per period, above 0
    :param datetime.date first_due: due date of the first installment
    :param str interval: ``"week"`` or ``"month"``
    :param decimal.Decimal first_amount: another amount for the first installment, above 0 and
        at most ``total``
    :param int digits: decimals of the currency
    :return: pairs (due, amount) whose sum is exactly ``total``; no amount is 0 and the last is
        at most ``amount``
    :rtype: list[tuple[datetime.date, decimal.Decimal]]
    :raises TypeError: when an amount is a float or a date is not a date
    :raises ValueError: when an amount is not above 0 or has too many decimals, or the first
        amount is higher than the total
    """
    rest = _positive_units(total, "total", digits)
    part = _positive_units(amount, "amount per installment", digits)
    parts = []
    if first_amount is not None:
        first = _positive_units(first_amount, "first amount", digits)
        if first > rest:
            raise ValueError(f"The first amount is higher than the total: {first_amount}.")
        parts.append(first)
        rest -= first
    whole, last = divmod(rest, part)
    parts += [part] * whole + [last] * bool(last)
    dates = due_dates(first_due, len(parts), interval)
    return [(due, from_units(units, digits)) for due, units in zip(dates, parts, strict=True)]


def due_dates(first_due, count, interval):
    """Return the due dates of a schedule.

    Months count from the first due date, not from the one before: 31 January is followed by 28
    (or 29) February and by 31 March, and 29 February returns on the 29th of every other month.

    :param datetime.date first_due: the first due date
    :param int count: number of dates
    :param interval: ``"week"`` (every seven days), ``"month"`` (see :func:`add_months`), or the
        dates after the first
    :rtype: list[datetime.date]
    :raises TypeError: when a date is not a date
    :raises ValueError: for another interval, too many or too few dates, or dates that do not
        ascend
    """
    to_date(first_due, "first due date")
    to_count(count, "number of installments", 1)
    if interval == "week":
        return [first_due + timedelta(weeks=index) for index in range(count)]
    if interval == "month":
        return [add_months(first_due, index) for index in range(count)]
    if isinstance(interval, str) or not hasattr(interval, "__iter__"):
        raise ValueError(f"Unknown interval: {interval!r}.")
    dates = [first_due, *(to_date(day, "due date") for day in interval)]
    if len(dates) != count:
        raise ValueError(f"{count} installments need {count - 1} dates after the first.")
    if any(later <= earlier for earlier, later in zip(dates, dates[1:], strict=False)):
        raise ValueError("The due dates must ascend.")
    return dates


def add_months(day, months):
    """Return the same day of the month, a number of months later, or the last day of that month
    where it is shorter.

    :param datetime.date day: where to count from
    :param int months: 0 or more
    :rtype: datetime.date
    """
    to_date(day)
    years, month = divmod(day.month - 1 + to_count(months, "number of months"), 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def next_working_day(day, closed):
    """Return ``day``, or the first day after it that is not closed.

    :param datetime.date day: any day
    :param closed: the days on which nobody works, weekends included: a set, a list or any
        container that knows ``in``; without them every day counts as a working day
    :rtype: datetime.date
    :raises ValueError: when no day within a year is open
    """
    to_date(day)
    for offset in range(_LONGEST_CLOSURE):
        candidate = day + timedelta(days=offset)
        if candidate not in closed:
            return candidate
    raise ValueError(f"No working day within a year from {day}.")


def on_working_days(schedule, closed):
    """Move each due date that is closed to the next working day, in favor of who pays. The
    dates after it stay as they are: a moved date never drags the next ones along.

    :param schedule: pairs (due, amount)
    :param closed: see :func:`next_working_day`
    :return: the same amounts in the same order; around a long closure two can be due on one day
    :rtype: list[tuple[datetime.date, decimal.Decimal]]
    """
    return [(next_working_day(due, closed), amount) for due, amount in schedule]


def allocate(amounts, paid):
    """Pour what was paid over amounts, in order: the first is filled before the second gets
    anything.

    Serves installments as well as the parts of a claim (for a Dutch debtor costs, then
    interest, then principal: Civil Code art. 6:44).

    :param amounts: amounts of 0 or more in one currency, in the order in which they are filled
    :param decimal.Decimal paid: 0 or more, at most their sum
    :return: what each amount receives; the sum is exactly ``paid``
    :rtype: list[decimal.Decimal]
    :raises TypeError: when an amount is a float
    :raises ValueError: when an amount is negative, or more was paid than the amounts can take:
        who keeps the rest is not for this function to decide
    """
    rest = to_not_negative(paid, "paid amount")
    result = []
    for amount in amounts:
        part = min(to_not_negative(amount, "amount"), rest)
        result.append(part)
        rest -= part
    if rest:
        raise ValueError(f"{rest} more was paid than the amounts can take.")
    return result


def absorb_overpayment(amounts, paid, current, how, digits=2):
    """Say what remains of an agreed schedule when more was paid than the installments so far.

    The excess counts as paid with the installment it came with, so the sum of the schedule
    stays the same and :func:`allocate` fills it exactly. What comes after is either *shortened*
    (the last installments lapse, the next ones keep their amount) or *lowered* (every
    installment to come is lower in proportion). Always start from the agreed amounts: a payment
    that is taken back then restores them by itself.

    :param amounts: the agreed amounts, 0 or more, in order and in one currency
    :param decimal.Decimal paid: all that was paid so far, 0 or more, at most their sum
    :param int current: number of installments, from the first, that this money was meant for:
        those fallen due, and the next one when it was paid early; at least 1
    :param str how: ``"shorten"`` or ``"lower"``
    :param int digits: decimals of the currency
    :return: as many amounts; one that lapsed is 0
    :rtype: list[decimal.Decimal]
    :raises TypeError: when an amount is a float
    :raises ValueError: when an amount is negative or has too many decimals, ``paid`` is more
        than the sum, ``current`` is out of range, or ``how`` is unknown
    """
    parts = [to_units(to_not_negative(amount, "amount"), "amount", digits) for amount in amounts]
    poured = to_units(to_not_negative(paid, "paid amount"), "paid amount", digits)
    if poured > sum(parts):
        raise ValueError(f"More was paid than the schedule asks: {paid}.")
    if to_count(current, "current installment", 1) > len(parts):
        raise ValueError(f"The schedule has {len(parts)} installments, not {current}.")
    if how not in ("shorten", "lower"):
        raise ValueError(f"Unknown way to absorb an over-payment: {how!r}.")
    excess = poured - sum(parts[:current])
    if excess > 0:
        later = parts[current:]
        later = _cut_end(later, excess) if how == "shorten" else _scale(later, excess)
        parts = [*parts[: current - 1], parts[current - 1] + excess, *later]
    return [from_units(part, digits) for part in parts]


def _equal_parts(units, count):
    part, rest = divmod(units, count)
    if part <= 0:
        raise ValueError(f"There is too little for {count} installments.")
    return [part] * (count - rest) + [part + 1] * rest


def _cut_end(parts, excess):
    """Take the excess from the last parts."""
    result = []
    for part in reversed(parts):
        taken = min(part, excess)
        excess -= taken
        result.append(part - taken)
    return result[::-1]


def _scale(parts, excess):
    """Take the excess from all parts in proportion. The running sum is what is divided, so that
    no cent is lost and no rounding adds up."""
    total = sum(parts)
    rest = total - excess
    result, running = [], 0
    for part in parts:
        before = running * rest // total
        running += part
        result.append(running * rest // total - before)
    return result


def _positive_units(value, name, digits):
    units = to_units(value, name, digits)
    if units <= 0:
        raise ValueError(f"The {name} must be above 0: {value}.")
    return units
