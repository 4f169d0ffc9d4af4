"""Interest on a late payment, line by line, as a court wants to read it.

The method, from which two correct programs can differ by cents:

- Interest runs from the day after the last day for paying up to and including the day of
  payment (Dutch Civil Code art. 6:119a(1), Belgian law of 2 August 2002 art. 5).
- Each day has the rate in force on that day (Civil Code art. 6:120(1)).
- Where the law adds a year's interest to the base (Civil Code art. 6:119(2), 6:119a(3)), that
  happens on the anniversary of the first day of interest, not on 1 January; a first day of
  29 February has its anniversary on 28 February of an ordinary year. Belgian and German
  interest is simple (for Germany: Civil Code par. 289).
- A line ends where the rate really changes, on the eve of an anniversary, and on the day of a
  payment. Each line is rounded half up and the lines are added.
- The Dutch law is silent about the number of days in a year. Custom is 365, in leap years too;
  with ``"actual"`` a day in a leap year counts as 1/366.

Amounts are in one currency, whose number of decimals is ``digits``; rates are percentages per
year. Nothing is extrapolated: a day without a known rate is an error.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from .money import rounded, to_date, to_decimal, to_not_negative
from .schedule import add_months, allocate

_DAY = timedelta(days=1)


class UnknownRateError(LookupError, ValueError):
    """No rate is known for a day on which interest runs."""


@dataclass(frozen=True)
class InterestLine:
    """Interest over days with one base and one rate.

    ``amount`` is ``base × rate / 100 × days / 365``, rounded. When the days of a year are
    counted as they are, ``leap_days`` of the ``days`` lie in a leap year and count as 1/366;
    otherwise ``leap_days`` is 0.
    """

    date_from: date  # first day of interest
    date_to: date  # last day of interest
    days: int
    rate: Decimal  # percent per year
    base: Decimal  # open principal and the interest that was added to it
    amount: Decimal
    leap_days: int = 0


@dataclass(frozen=True)
class Interest:
    """What a principal has brought up to a day."""

    lines: tuple
    total: Decimal  # the sum of the lines, whether paid or not
    paid: Decimal  # the part of the total that payments were taken for
    principal: Decimal  # what is still open of the principal
    surplus: Decimal  # what was paid beyond principal and interest

    @property
    def open(self):
        """The interest that is still to be paid."""
        return self.total - self.paid


def accrue(
    principal,
    due,
    until,
    rates,
    compound=True,
    days_in_year=365,
    payments=(),
    payments_to="principal",
    known_until=None,
    digits=2,
):
    """Return the interest on a principal from the day after ``due`` up to and including
    ``until``, by the method at the head of this module.

    :param decimal.Decimal principal: what was due, VAT included (Court of Justice C-585/20),
        0 or more
    :param datetime.date due: the last day for paying; interest starts the day after
    :param datetime.date until: the last day of interest: the day of payment, or the day for
        which the claim is stated
    :param rates: pairs (valid from, percent), in any order, see :func:`rate_on`
    :param bool compound: whether a year's interest is added to the base on each anniversary
        (Dutch law) or never (simple interest)
    :param days_in_year: 365 or ``"actual"``
    :param payments: pairs (day, amount) of part payments. Interest still runs over the day of
        payment itself; payments after ``until`` are left out
    :param str payments_to: what a payment is taken for first: ``"principal"``, as when it was
        booked on the invoice, or ``"interest"`` (Dutch Civil Code art. 6:44: costs, then
        interest, then principal; take the costs off first)
    :param datetime.date known_until: last day for which the newest rate was published; None
        when it holds until further notice
    :param int digits: decimals of the currency
    :rtype: Interest
    :raises TypeError: when an amount or rate is a float, or a date is not a date
    :raises ValueError: when an amount or rate is negative, two rates start on one day, or an
        option is unknown
    :raises UnknownRateError: when a day of interest has no known rate
    """
    if days_in_year not in (365, "actual"):
        raise ValueError(f"A year has 365 days or 'actual' ones: {days_in_year!r}.")
    if payments_to not in ("principal", "interest"):
        raise ValueError(f"A payment goes to 'principal' or 'interest' first: {payments_to!r}.")
    first = to_date(due, "due date") + _DAY
    to_date(until, "last day of interest")
    table = _table(rates)
    received = _received(payments, due, until)
    account = _Account(to_not_negative(principal, "principal"), payments_to)
    account.pay(received.get(due, 0))
    anniversaries = _anniversaries(first, until) if compound else set()
    lines = []
    for start, end in _periods(first, until, table, anniversaries, received):
        if start in anniversaries:
            account.capitalize()
        if account.base:
            rate = _rate_on(table, start, end, known_until)
            lines.append(_line(account.base, start, end, rate, days_in_year, digits))
            account.interest += lines[-1].amount
        account.pay(received.get(end, 0))
    return Interest(
        lines=tuple(lines),
        total=rounded(sum((line.amount for line in lines), Decimal(0)), digits),
        paid=account.paid,
        principal=account.principal,
        surplus=account.surplus,
    )


def rate_on(rates, day, known_until=None):
    """Return the rate in force on a day.

    :param rates: pairs (valid from, percent), in any order; a rate holds until the next one
        starts
    :param datetime.date day: the day
    :param datetime.date known_until: last day for which the newest rate was published, such as
        the :func:`half_year_end` of the day it took effect for the rates that are fixed per
        half-year; None when it holds until further notice
    :return: percent per year
    :rtype: decimal.Decimal
    :raises TypeError: when a rate is a float or a date is not a date
    :raises ValueError: when a rate is negative or two rates start on one day
    :raises UnknownRateError: when the day is before the first rate or after ``known_until``
    """
    return _rate_on(_table(rates), to_date(day), day, known_until)


def half_year_end(day):
    """Return the last day of the half-year of ``day``: 30 June or 31 December. The rates of the
    late payment directive (2011/7/EU art. 3(2)) are fixed on 1 January and 1 July and hold for
    that half-year.

    :rtype: datetime.date
    """
    return date(to_date(day).year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)


def commercial_rate(country, reference_rate):
    """Return the statutory rate between businesses that follows from a published reference
    rate. It is a proposal until the rate itself was published: notices can be months late.

    - NL: reference rate + 8 (Civil Code art. 6:120(2));
    - BE: reference rate + 8, rounded up to the next half point (law of 2 August 2002 art. 5);
    - FR: reference rate + 10, where the terms of sale state no rate (Commercial Code L441-10);
    - DE: base rate + 9 (Civil Code par. 288(2)).

    :param str country: ``"NL"``, ``"BE"``, ``"FR"`` or ``"DE"``
    :param decimal.Decimal reference_rate: percent: the rate of the main refinancing operations
        of the European Central Bank that counts for the half-year; for DE the base rate
        ("Basiszinssatz", Civil Code par. 247) of the Bundesbank, which can be negative
    :return: percent per year
    :rtype: decimal.Decimal
    :raises TypeError: when the rate is a float
    :raises ValueError: for another country
    """
    points = {"NL": 8, "BE": 8, "FR": 10, "DE": 9}
    if country not in points:
        raise ValueError(f"No rule is known for the rate of {country!r}.")
    rate = to_decimal(reference_rate, "reference rate") + points[country]
    if country == "BE":
        rate = (rate * 2).to_integral_value(rounding=ROUND_CEILING) / 2
    return rate


class _Account:
    """The open parts of a claim while time passes."""

    def __init__(self, principal, payments_to):
        self.principal = principal
        self.payments_to = payments_to
        self.capitalized = Decimal(0)  # interest of past years, which bears interest itself
        self.interest = Decimal(0)  # interest since the last anniversary
        self.paid = Decimal(0)
        self.surplus = Decimal(0)

    @property
    def base(self):
        return self.principal + self.capitalized

    def capitalize(self):
        self.capitalized += self.interest
        self.interest = Decimal(0)

    def pay(self, amount):
        parts = ["capitalized", "interest"]
        parts.insert(0 if self.payments_to == "principal" else 2, "principal")
        open_amounts = [getattr(self, part) for part in parts]
        taken = min(amount, sum(open_amounts))
        for part, share in zip(parts, allocate(open_amounts, taken), strict=True):
            setattr(self, part, getattr(self, part) - share)
            if part != "principal":
                self.paid += share
        self.surplus += amount - taken


def _received(payments, due, until):
    """What was paid per day; all that was paid in time lowers the principal from the start."""
    received = {}
    for day, amount in payments:
        to_not_negative(amount, "payment")
        if to_date(day, "day of payment") <= until:
            day = max(day, due)
            received[day] = received.get(day, 0) + amount
    return received


def _table(rates):
    table = sorted(
        (to_date(valid_from, "start of a rate"), to_not_negative(percent, "rate"))
        for valid_from, percent in rates
    )
    if len({valid_from for valid_from, _percent in table}) < len(table):
        raise ValueError("Two rates start on the same day.")
    return table


def _rate_on(table, day, last_day, known_until):
    """The rate of a day, which holds until the last day, so far as that is known."""
    if known_until is not None and last_day > to_date(known_until, "last known day"):
        raise UnknownRateError(f"No rate is known after {known_until}, and none for {last_day}.")
    percents = [percent for valid_from, percent in table if valid_from <= day]
    if not percents:
        raise UnknownRateError(f"No rate is known for {day}.")
    return percents[-1]


def _anniversaries(first, until):
    """The anniversaries of the first day, up to the last one."""
    return {add_months(first, 12 * year) for year in range(1, until.year - first.year + 1)}


def _periods(first, until, table, anniversaries, received):
    """Yield the first and last day of each stretch with one base and one rate."""
    starts = {first, *anniversaries, *(day + _DAY for day in received)}
    # A new row with the same rate is no change.
    starts.update(
        valid_from
        for (_before, old), (valid_from, new) in zip(table, table[1:], strict=False)
        if new != old
    )
    inside = sorted(start for start in starts if first <= start <= until)
    ends = [start - _DAY for start in inside[1:]] + [until]
    # Without a day of interest there is an end and no start.
    yield from zip(inside, ends, strict=False)


def _line(base, start, end, rate, days_in_year, digits):
    days = (end - start).days + 1
    leap_days = _leap_days(start, end) if days_in_year == "actual" else 0
    # One division at the end: a fraction of a year cut off earlier could move a cent.
    years = (days - leap_days) * 366 + leap_days * 365
    amount = rounded(base * rate * years / (100 * 365 * 366), digits)
    return InterestLine(start, end, days, rate, base, amount, leap_days)


def _leap_days(start, end):
    """The number of days that lie in a leap year."""
    days = 0
    for year in range(start.year, end.year + 1):
        if date(year, 12, 31).timetuple().tm_yday == 366:
            days += (min(end, date(year, 12, 31)) - max(start, date(year, 1, 1))).days + 1
    return days
