"""Dates by law between a reminder to a consumer and the day on which costs may be charged.

All are calendar days. Holidays are passed in: which days the law counts as such differs per
country, and for the Netherlands it is not certain whether Good Friday is one of them; the later
date, so the longer list, is always the safe one.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from .money import to_date

_DAY = timedelta(days=1)
_FREE_DAYS = 14
_MONDAY, _SATURDAY, _SUNDAY = 0, 5, 6
# A year of holidays in a row is a mistake in the calendar.
_LONGEST_WAIT = 366


@dataclass(frozen=True)
class Term:
    """The term that a letter gives to pay without costs."""

    sent: date
    received: date  # the day on which the letter is taken to have arrived
    first_day: date  # first of the fourteen days
    last_free_day: date  # who pays on this day still owes no costs
    costs_from: date  # first day on which costs can be charged


def nl_consumer_letter(sent, channel, holidays, received=None, extend=False):
    """Return the term of the Dutch letter to a consumer (Civil Code art. 6:96(6)): fourteen
    days that start the day after receipt (Supreme Court 25 November 2016,
    ECLI:NL:HR:2016:2704).

    A letter by post is taken to arrive on the second day after it was sent, where Sundays,
    Mondays and holidays do not count; an e-mail on the day itself (Civil Code art. 3:37(3)).
    Both are presumptions: when the debtor denies receipt the creditor proves it.

    :param datetime.date sent: when the letter was sent
    :param str channel: ``"post"`` or ``"email"``
    :param holidays: public holidays: a set, a list or any container that knows ``in``
    :param datetime.date received: proven day of receipt, instead of the presumption
    :param bool extend: whether a term that ends on a Saturday, Sunday or holiday is extended to
        the next working day, and costs always wait for the working day after the term. It is
        not certain that the General Extension of Time Limits Act (Algemene termijnenwet)
        applies; extending is the safe choice
    :rtype: Term
    :raises TypeError: when a date is not a date
    :raises ValueError: for another channel, or receipt before sending
    """
    to_date(sent, "day of sending")
    _check_channel(channel)
    if received is None:
        closed = (_SUNDAY, _MONDAY)
        received = _nth_day(sent, 2, closed, holidays) if channel == "post" else sent
    elif to_date(received, "day of receipt") < sent:
        raise ValueError(f"The letter was received before it was sent: {received}.")
    return _term(sent, received, received + _DAY, holidays, extend)


def be_consumer_reminder(sent, channel, holidays, saturday=True, extend=False):
    """Return the waiting period after the first, free reminder to a Belgian consumer (Code of
    Economic Law art. XIX.2): fourteen days, the first of which is the third working day after
    sending by post, or the day after sending by e-mail.

    The law names no day of receipt: by post it is given here as the day on which the period
    starts, by e-mail as the day of sending.

    :param datetime.date sent: when the reminder was sent
    :param str channel: ``"post"`` or ``"email"``
    :param holidays: public holidays: a set, a list or any container that knows ``in``
    :param bool saturday: whether Saturday counts as a working day, as the code has it
        (everything but Sundays and holidays); False gives the later, safe date
    :param bool extend: whether a period that ends on a Saturday, Sunday or holiday is extended
        to the next working day, and costs always wait for the working day after the period;
        the safe choice
    :rtype: Term
    :raises TypeError: when a date is not a date
    :raises ValueError: for another channel
    """
    to_date(sent, "day of sending")
    _check_channel(channel)
    if channel == "email":
        return _term(sent, sent, sent + _DAY, holidays, extend)
    closed = (_SUNDAY,) if saturday else (_SATURDAY, _SUNDAY)
    first_day = _nth_day(sent, 3, closed, holidays)
    return _term(sent, first_day, first_day, holidays, extend)


def be_consumer_interest_due(term, small_creditor):
    """Return the last day without interest for a Belgian consumer, the ``due`` of
    :func:`calc.interest.accrue` (Code of Economic Law art. XIX.4): for a small or medium-sized
    creditor interest runs from the day after the reminder was sent, for another from the end of
    the waiting period. Neither can be claimed before ``term.costs_from``: who pays within the
    period owes none.

    :param Term term: of :func:`be_consumer_reminder`
    :param bool small_creditor: whether the creditor is a small or medium-sized enterprise
    :rtype: datetime.date
    """
    return term.sent if small_creditor else term.last_free_day


def _check_channel(channel):
    if channel not in ("post", "email"):
        raise ValueError(f"A letter goes by 'post' or 'email': {channel!r}.")


def _term(sent, received, first_day, holidays, extend):
    last_free_day = first_day + timedelta(days=_FREE_DAYS - 1)
    costs_from = last_free_day + _DAY
    if extend:
        weekend = (_SATURDAY, _SUNDAY)
        last_free_day = _nth_day(last_free_day - _DAY, 1, weekend, holidays)
        costs_from = _nth_day(last_free_day, 1, weekend, holidays)
    return Term(sent, received, first_day, last_free_day, costs_from)


def _nth_day(after, number, closed_weekdays, holidays):
    """The nth day after another that is neither on a closed weekday nor a holiday."""
    for offset in range(1, _LONGEST_WAIT):
        day = after + timedelta(days=offset)
        if day.weekday() not in closed_weekdays and day not in holidays:
            number -= 1
            if not number:
                return day
    raise ValueError(f"No working day within a year from {after}.")
