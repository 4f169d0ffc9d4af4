from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc import interest, terms

NL_HOLIDAYS = {
    date(2026, 4, 3),
    date(2026, 4, 6),
    date(2026, 4, 27),
    date(2026, 5, 5),
    date(2026, 5, 14),
    date(2026, 5, 25),
    date(2026, 12, 25),
    date(2026, 12, 26),
    date(2027, 1, 1),
}
BE_HOLIDAYS = [date(2026, 11, 1), date(2026, 11, 11), date(2026, 12, 25)]

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
holidays_near = st.sets(st.integers(-3, 40), max_size=12)


def dates(*texts):
    return [date.fromisoformat(text) for text in texts]


def found(term):
    return [term.sent, term.received, term.first_day, term.last_free_day, term.costs_from]


# === NETHERLANDS ===#


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("post", ("2026-11-03", "2026-11-05", "2026-11-06", "2026-11-19", "2026-11-20")),
        ("post", ("2026-11-05", "2026-11-07", "2026-11-08", "2026-11-21", "2026-11-22")),
        ("post", ("2026-11-09", "2026-11-11", "2026-11-12", "2026-11-25", "2026-11-26")),
        ("post", ("2026-04-02", "2026-04-07", "2026-04-08", "2026-04-21", "2026-04-22")),
        ("email", ("2026-11-02", "2026-11-02", "2026-11-03", "2026-11-16", "2026-11-17")),
        ("email", ("2026-11-20", "2026-11-20", "2026-11-21", "2026-12-04", "2026-12-05")),
        # Friday: Saturday is the first day, Sunday and Monday do not count.
        ("post", ("2026-11-06", "2026-11-10", "2026-11-11", "2026-11-24", "2026-11-25")),
        ("post", ("2026-12-23", "2026-12-29", "2026-12-30", "2027-01-12", "2027-01-13")),
    ],
)
def test_dutch_letter(channel, expected):
    expected = dates(*expected)
    assert found(terms.nl_consumer_letter(expected[0], channel, NL_HOLIDAYS)) == expected


def test_dutch_letter_when_good_friday_is_no_holiday():
    term = terms.nl_consumer_letter(date(2026, 4, 2), "post", NL_HOLIDAYS - {date(2026, 4, 3)})
    assert term.received == date(2026, 4, 4)


def test_dutch_letter_with_proven_receipt():
    expected = dates("2026-10-30", "2026-11-02", "2026-11-03", "2026-11-16", "2026-11-17")
    for channel in ("post", "email"):
        term = terms.nl_consumer_letter(
            expected[0], channel, NL_HOLIDAYS, received=date(2026, 11, 2)
        )
        assert found(term) == expected
    with pytest.raises(ValueError):
        terms.nl_consumer_letter(expected[0], "post", [], received=date(2026, 10, 29))
    with pytest.raises(TypeError):
        terms.nl_consumer_letter(expected[0], "post", [], received=datetime(2026, 11, 2))


@pytest.mark.parametrize(
    ("received", "last_free_day", "costs_from"),
    [
        # The fourteenth day is a Friday, a Saturday, a Sunday, New Year's Day.
        ("2026-11-20", "2026-12-04", "2026-12-07"),
        ("2026-11-07", "2026-11-23", "2026-11-24"),
        ("2026-11-08", "2026-11-23", "2026-11-24"),
        ("2026-12-18", "2027-01-04", "2027-01-05"),
        # Christmas on Friday and Saturday; after the weekend it is Monday.
        ("2026-12-11", "2026-12-28", "2026-12-29"),
    ],
)
def test_dutch_term_can_be_extended_to_the_next_working_day(received, last_free_day, costs_from):
    received = date.fromisoformat(received)
    term = terms.nl_consumer_letter(received, "email", NL_HOLIDAYS, extend=True)
    assert [term.last_free_day, term.costs_from] == dates(last_free_day, costs_from)
    plain = terms.nl_consumer_letter(received, "email", NL_HOLIDAYS)
    assert plain.last_free_day == received + timedelta(14)


def test_costs_after_an_extended_term_wait_for_a_working_day():
    holidays = [date(2026, 11, 23), date(2026, 11, 25)]
    term = terms.nl_consumer_letter(date(2026, 11, 7), "email", holidays, extend=True)
    assert term.last_free_day == date(2026, 11, 24)
    assert term.costs_from == date(2026, 11, 26)


# === BELGIUM ===#


@pytest.mark.parametrize(
    ("sent", "channel", "saturday", "first_day", "last_free_day", "costs_from"),
    [
        ("2026-11-02", "post", True, "2026-11-05", "2026-11-18", "2026-11-19"),
        ("2026-11-02", "post", False, "2026-11-05", "2026-11-18", "2026-11-19"),
        ("2026-11-02", "email", True, "2026-11-03", "2026-11-16", "2026-11-17"),
        ("2026-11-05", "post", True, "2026-11-09", "2026-11-22", "2026-11-23"),
        ("2026-11-05", "post", False, "2026-11-10", "2026-11-23", "2026-11-24"),
        ("2026-11-05", "email", True, "2026-11-06", "2026-11-19", "2026-11-20"),
        ("2026-11-09", "post", True, "2026-11-13", "2026-11-26", "2026-11-27"),
        ("2026-11-09", "post", False, "2026-11-13", "2026-11-26", "2026-11-27"),
        ("2026-11-09", "email", False, "2026-11-10", "2026-11-23", "2026-11-24"),
    ],
)
def test_belgian_reminder(sent, channel, saturday, first_day, last_free_day, costs_from):
    sent, *expected = dates(sent, first_day, last_free_day, costs_from)
    term = terms.be_consumer_reminder(sent, channel, BE_HOLIDAYS, saturday=saturday)
    assert found(term)[2:] == expected
    assert term.received == (sent if channel == "email" else term.first_day)


def test_belgian_reminder_extended():
    term = terms.be_consumer_reminder(date(2026, 11, 5), "post", BE_HOLIDAYS, extend=True)
    assert [term.last_free_day, term.costs_from] == dates("2026-11-23", "2026-11-24")


@pytest.mark.parametrize(
    ("small", "until", "balance", "days_of_interest", "amount"),
    [
        (True, "2026-11-20", "480.00", 50, "6.90"),
        (False, "2026-11-20", "480.00", 36, "4.97"),
        (True, "2026-11-20", "1250.00", 50, "17.98"),
        (False, "2026-10-15", "480.00", 0, "0.00"),
    ],
)
def test_belgian_interest_starts_by_size_of_the_creditor(
    small, until, balance, days_of_interest, amount
):
    term = terms.be_consumer_reminder(date(2026, 10, 1), "email", BE_HOLIDAYS)
    assert [term.last_free_day, term.costs_from] == dates("2026-10-15", "2026-10-16")
    result = interest.accrue(
        D(balance),
        terms.be_consumer_interest_due(term, small),
        date.fromisoformat(until),
        [(date(2026, 7, 1), D("10.5"))],
        compound=False,
    )
    assert sum(line.days for line in result.lines) == days_of_interest
    assert str(result.total) == amount


# === PROPERTIES ===#


@given(days, st.sampled_from(["post", "email"]), holidays_near, st.booleans())
def test_a_dutch_consumer_always_has_fourteen_days_after_receipt(sent, channel, offsets, extend):
    holidays = {sent + timedelta(offset) for offset in offsets}
    term = terms.nl_consumer_letter(sent, channel, holidays, extend=extend)
    assert term.received >= sent
    assert term.first_day == term.received + timedelta(1)
    assert term.last_free_day >= term.received + timedelta(14)
    assert term.costs_from > term.last_free_day
    if channel == "post":
        assert term.received >= sent + timedelta(2)
        assert term.received not in holidays
        assert term.received.weekday() not in (6, 0)
    if extend:
        assert term.last_free_day not in holidays
        assert term.last_free_day.weekday() < 5
    later = terms.nl_consumer_letter(sent + timedelta(1), channel, holidays, extend=extend)
    assert later.costs_from >= term.costs_from


@given(days, st.sampled_from(["post", "email"]), holidays_near, st.integers(-3, 40), st.booleans())
def test_a_belgian_period_is_never_shorter_with_a_holiday_more_or_without_saturday(
    sent, channel, offsets, another, extend
):
    holidays = {sent + timedelta(offset) for offset in offsets}
    term = terms.be_consumer_reminder(sent, channel, holidays, extend=extend)
    assert term.last_free_day >= term.first_day + timedelta(13)
    assert term.costs_from > term.last_free_day
    safe = terms.be_consumer_reminder(sent, channel, holidays, saturday=False, extend=extend)
    assert safe.costs_from >= term.costs_from
    more = holidays | {sent + timedelta(another)}
    longer = terms.be_consumer_reminder(sent, channel, more, extend=extend)
    assert longer.costs_from >= term.costs_from


# === BAD INPUT ===#


@pytest.mark.parametrize("function", [terms.nl_consumer_letter, terms.be_consumer_reminder])
def test_terms_refuse(function):
    with pytest.raises(ValueError):
        function(date(2026, 11, 2), "sms", [])
    with pytest.raises(TypeError):
        function(datetime(2026, 11, 2), "post", [])
    with pytest.raises(TypeError):
        function("2026-11-02", "post", [])
    endless = {date(2026, 11, 2) + timedelta(offset) for offset in range(500)}
    with pytest.raises(ValueError):
        function(date(2026, 11, 2), "post", endless)
