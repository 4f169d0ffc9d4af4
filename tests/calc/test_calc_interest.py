from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calc import interest


def table(text):
    """Rates as lines of "valid-from percent"."""
    rows = (line.split() for line in text.strip().splitlines())
    return [(date.fromisoformat(valid_from), D(percent)) for valid_from, percent in rows]


NL_CONSUMER = table("""
    2010-01-01 3
    2011-07-01 4
    2012-07-01 3
    2015-01-01 2
    2023-01-01 4
    2023-07-01 6
    2024-01-01 7
    2025-01-01 6
    2026-01-01 4
""")
NL_COMMERCIAL = table("""
    2015-01-01 8.05
    2015-07-01 8.05
    2016-01-01 8.05
    2016-07-01 8.00
    2017-01-01 8.00
    2022-07-01 8.00
    2023-01-01 10.50
    2023-07-01 12.00
    2024-01-01 12.50
    2024-07-01 12.25
    2025-01-01 11.15
    2025-07-01 10.15
    2026-01-01 10.15
    2026-07-01 10.40
""")
BE = table("""
    2023-07-01 12.0
    2024-01-01 12.5
    2024-07-01 12.5
    2025-01-01 11.5
    2025-07-01 10.5
    2026-01-01 10.5
    2026-07-01 10.5
""")
DE_BUSINESS = table("""
    2025-01-01 11.27
    2025-07-01 10.27
    2026-07-01 10.52
""")
DE_CONSUMER = [(day, percent - 4) for day, percent in DE_BUSINESS]
FR = table("""
    2024-07-01 14.25
    2025-01-01 13.15
    2025-07-01 12.15
    2026-01-01 12.15
    2026-07-01 12.40
""")
TABLES = {
    "nl": (NL_COMMERCIAL, True),
    "nl_consumer": (NL_CONSUMER, True),
    "be": (BE, False),
    "de": (DE_BUSINESS, False),
    "de_consumer": (DE_CONSUMER, False),
    "fr": (FR, False),
    "fr_floor": (table("2026-01-01 7.86"), False),
}

principals = st.decimals("0", "999999.99", places=2)
days = st.dates(date(2015, 1, 1), date(2026, 12, 31))
rates_from_2015 = st.lists(
    st.tuples(days, st.decimals("0", "20", places=2)), max_size=8, unique_by=lambda row: row[0]
).map(lambda rows: [*rows, (date(2014, 1, 1), D("8.15"))])


def day(text):
    return date.fromisoformat(text)


# === EXAMPLES ===#


@pytest.mark.parametrize(
    ("rule", "principal", "due", "until", "total", "lines"),
    [
        ("nl", "10000.00", "2025-01-31", "2025-03-31", "180.23", "59 11.15 180.23"),
        (
            "nl",
            "5000.00",
            "2025-06-15",
            "2025-08-15",
            "86.87",
            "15 11.15 22.91 / 46 10.15 63.96",
        ),
        ("nl", "8400.00", "2026-05-30", "2026-06-21", "51.39", "22 10.15 51.39"),
        ("nl", "2420.00", "2022-12-15", "2023-01-31", "30.07", "16 8.00 8.49 / 31 10.50 21.58"),
        ("nl", "1000.00", "2025-03-01", "2025-03-02", "0.31", "1 11.15 0.31"),
        ("nl_consumer", "820.00", "2026-05-21", "2026-06-21", "2.79", "31 4 2.79"),
        (
            "nl_consumer",
            "10000.00",
            "2025-12-16",
            "2026-01-15",
            "41.10",
            "15 6 24.66 / 15 4 16.44",
        ),
        ("nl_consumer", "249.95", "2025-10-31", "2026-02-28", "4.13", "61 6 2.51 / 59 4 1.62"),
        ("be", "2500.00", "2024-05-31", "2024-08-31", "78.77", "92 12.5 78.77"),
        ("be", "3630.00", "2026-06-15", "2026-07-31", "48.04", "46 10.5 48.04"),
        ("be", "605.00", "2026-10-31", "2026-11-21", "3.65", "21 10.5 3.65"),
        # A Belgian consumer: from the day after the reminder, or after the waiting period.
        ("be", "480.00", "2026-10-01", "2026-11-20", "6.90", "50 10.5 6.90"),
        ("be", "480.00", "2026-10-15", "2026-11-20", "4.97", "36 10.5 4.97"),
        ("be", "1250.00", "2026-10-01", "2026-11-20", "17.98", "50 10.5 17.98"),
        (
            "de",
            "1500.00",
            "2025-06-10",
            "2025-08-10",
            "26.56",
            "20 11.27 9.26 / 41 10.27 17.30",
        ),
        (
            "de_consumer",
            "1500.00",
            "2025-06-10",
            "2025-08-10",
            "16.54",
            "20 7.27 5.98 / 41 6.27 10.56",
        ),
        ("fr", "5200.00", "2026-03-01", "2026-04-15", "77.89", "45 12.15 77.89"),
        (
            "fr",
            "2400.00",
            "2024-12-10",
            "2025-01-31",
            "46.48",
            "21 14.25 19.68 / 31 13.15 26.80",
        ),
        ("fr_floor", "5200.00", "2026-03-01", "2026-04-15", "50.39", "45 7.86 50.39"),
    ],
)
def test_examples(rule, principal, due, until, total, lines):
    rates, compound = TABLES[rule]
    result = interest.accrue(D(principal), day(due), day(until), rates, compound)
    expected = [line.split() for line in lines.split(" / ")]
    assert [(line.days, line.rate, str(line.amount)) for line in result.lines] == [
        (int(count), D(rate), amount) for count, rate, amount in expected
    ]
    assert str(result.total) == total
    assert {line.base for line in result.lines} == {D(principal)}
    assert result.lines[0].date_from == day(due) + timedelta(1)
    assert result.lines[-1].date_to == day(until)


@pytest.mark.parametrize(
    ("principal", "rate", "count", "expected"),
    [
        ("1648.58", "3", 20, "2.71"),
        ("1648.58", "2", 148, "13.37"),
        ("3796.99", "12", 51, "63.66"),
        ("3796.99", "12.5", 182, "236.66"),
        # A leap year of 366 days at 1/365 is more than the rate of a year.
        ("2722.35", "8", 366, "218.38"),
        ("2722.35", "8", 365, "217.79"),
    ],
)
def test_hand_checks(principal, rate, count, expected):
    due = date(2023, 12, 31)
    rates = [(date(2023, 1, 1), D(rate))]
    result = interest.accrue(D(principal), due, due + timedelta(count), rates, compound=False)
    assert result.total == D(expected)


def test_ten_years_compounded_on_the_anniversary_and_split_on_real_changes_only():
    result = interest.accrue(D(2000), date(2015, 11, 10), date(2026, 1, 15), NL_COMMERCIAL)
    assert result.total == D("2820.44")
    starts = [line.date_from for line in result.lines]
    assert date(2016, 1, 1) not in starts
    assert {date(2016, 7, 1), date(2016, 11, 11), date(2025, 11, 11)} <= set(starts)
    assert date(2017, 1, 1) not in starts


@pytest.mark.parametrize(
    ("rates", "due", "until", "principal", "expected"),
    [
        (BE, "2024-05-31", "2024-08-31", "2500.00", "78.55"),
        # German interest from 15 September 2009, published.
        (
            table("2009-07-01 8.12\n2011-07-01 8.37\n2012-01-01 8.12"),
            "2009-09-14",
            "2012-02-17",
            "1500.00",
            "297.50",
        ),
    ],
)
def test_actual_days_of_the_year(rates, due, until, principal, expected):
    result = interest.accrue(
        D(principal), day(due), day(until), rates, compound=False, days_in_year="actual"
    )
    assert result.total == D(expected)


def test_a_line_across_the_end_of_a_leap_year_says_how_many_days_count_as_366th():
    rates = [(date(2020, 1, 1), D(10))]
    arguments = D(100000), date(2024, 12, 21), date(2025, 1, 10), rates
    (line,) = interest.accrue(*arguments, days_in_year="actual").lines
    assert (line.days, line.leap_days) == (20, 10)
    # 10/366 + 10/365 of 10,000.
    assert line.amount == D("547.20")
    (line,) = interest.accrue(*arguments).lines
    assert (line.days, line.leap_days, line.amount) == (20, 0, D("547.95"))
    whole_year = D(100000), date(2023, 12, 31), date(2024, 12, 31), rates
    assert interest.accrue(*whole_year, days_in_year="actual").total == D("10000.00")


# === COMPOUNDING ===#


def test_a_years_interest_is_added_to_the_base_on_the_anniversary():
    rates = [(date(2020, 1, 1), D(10))]
    result = interest.accrue(D(1000), date(2021, 3, 9), date(2023, 3, 10), rates)
    assert [(line.date_from, line.date_to, line.base, line.amount) for line in result.lines] == [
        (date(2021, 3, 10), date(2022, 3, 9), D("1000"), D("100.00")),
        (date(2022, 3, 10), date(2023, 3, 9), D("1100.00"), D("110.00")),
        (date(2023, 3, 10), date(2023, 3, 10), D("1210.00"), D("0.33")),
    ]
    assert result.total == D("210.33")
    assert result.principal == 1000
    simple = interest.accrue(D(1000), date(2021, 3, 9), date(2023, 3, 10), rates, compound=False)
    assert len(simple.lines) == 1
    assert simple.total == D("200.27")


def test_the_anniversary_of_29_february():
    rates = [(date(2020, 1, 1), D(10))]
    result = interest.accrue(D(1000), date(2024, 2, 28), date(2028, 3, 1), rates)
    assert [line.date_from for line in result.lines] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2026, 2, 28),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


def test_rate_change_within_a_year_counts_for_the_year():
    rates = [(date(2020, 1, 1), D(10)), (date(2021, 7, 1), D(20))]
    result = interest.accrue(D(1000), date(2020, 12, 31), date(2022, 1, 1), rates)
    first, second, third = result.lines
    assert (first.amount, second.amount) == (D("49.59"), D("100.82"))
    assert third.base == D("1150.41")


# === PART PAYMENTS ===#

TEN = [(date(2020, 1, 1), D(10))]


def test_interest_runs_over_the_day_of_payment_itself():
    result = interest.accrue(
        D(1000), date(2025, 1, 31), date(2025, 3, 31), TEN, payments=[(date(2025, 2, 28), D(400))]
    )
    assert [(line.date_from, line.date_to, line.days, line.base) for line in result.lines] == [
        (date(2025, 2, 1), date(2025, 2, 28), 28, D(1000)),
        (date(2025, 3, 1), date(2025, 3, 31), 31, D(600)),
    ]
    assert [line.amount for line in result.lines] == [D("7.67"), D("5.10")]
    assert (result.principal, result.paid, result.open) == (D(600), D(0), D("12.77"))


def test_a_payment_can_be_taken_for_interest_first():
    result = interest.accrue(
        D(1000),
        date(2025, 1, 31),
        date(2025, 3, 31),
        TEN,
        payments=[(date(2025, 2, 28), D(400))],
        payments_to="interest",
    )
    assert [line.base for line in result.lines] == [D(1000), D("607.67")]
    assert result.total == D("7.67") + D("5.16")
    assert (result.paid, result.open, result.principal) == (D("7.67"), D("5.16"), D("607.67"))


def test_interest_first_covers_what_was_added_to_the_base():
    arguments = D(1000), date(2020, 12, 31), date(2022, 12, 31), TEN
    paid = [(date(2022, 1, 31), D(100))]
    result = interest.accrue(*arguments, payments=paid, payments_to="interest")
    assert [line.base for line in result.lines] == [D(1000), D("1100.00"), D("1000.00")]
    assert (result.paid, result.principal) == (D(100), D(1000))
    result = interest.accrue(*arguments, payments=paid)
    assert [line.base for line in result.lines] == [D(1000), D("1100.00"), D("1000.00")]
    assert (result.paid, result.principal) == (D(0), D(900))


def test_what_was_paid_in_time_bears_no_interest_and_what_comes_later_does_not_count():
    result = interest.accrue(
        D(1000),
        date(2025, 1, 31),
        date(2025, 3, 31),
        TEN,
        payments=[
            (date(2025, 4, 1), D(500)),
            (date(2025, 1, 31), D(100)),
            (date(2024, 12, 1), D(50)),
            (date(2025, 1, 31), D(50)),
        ],
    )
    assert [line.base for line in result.lines] == [D(800)]
    assert result.principal == D(800)


def test_interest_stays_claimable_after_the_principal_is_paid():
    result = interest.accrue(
        D(1000), date(2025, 1, 31), date(2026, 1, 31), TEN, payments=[(date(2025, 3, 2), D(1000))]
    )
    assert [(line.days, line.amount) for line in result.lines] == [(30, D("8.22"))]
    assert (result.principal, result.open, result.surplus) == (D(0), D("8.22"), D(0))


def test_a_payment_beyond_everything_is_a_surplus():
    result = interest.accrue(
        D(1000),
        date(2025, 1, 31),
        date(2025, 12, 31),
        TEN,
        payments=[(date(2025, 3, 2), D(900)), (date(2025, 3, 2), D(200))],
    )
    assert (result.principal, result.open, result.paid) == (D(0), D(0), D("8.22"))
    assert result.surplus == D("91.78")


@given(principals, days, st.integers(0, 900), rates_from_2015, st.booleans(), st.data())
def test_payments_never_raise_interest_and_every_cent_is_accounted_for(
    principal, due, length, rates, compound, data
):
    until = due + timedelta(length)
    payments = data.draw(
        st.lists(
            st.tuples(st.dates(due - timedelta(5), until), st.decimals("0", "400000", places=2)),
            max_size=4,
        )
    )
    order = data.draw(st.sampled_from(["principal", "interest"]))
    result = interest.accrue(
        principal, due, until, rates, compound, payments=payments, payments_to=order
    )
    received = sum(amount for _day, amount in payments)
    assert principal - result.principal + result.paid + result.surplus == received
    assert min(result.principal, result.paid, result.open, result.surplus) >= 0
    assert not result.surplus or result.principal == 0
    assert all(line.base > 0 and line.amount >= 0 for line in result.lines)
    without = interest.accrue(principal, due, until, rates, compound)
    assert result.total <= without.total + D("0.01") * len(result.lines)


# === PROPERTIES ===#


@given(principals, principals, days, st.integers(-5, 1500), rates_from_2015, st.booleans())
def test_more_principal_never_brings_less(one, other, due, length, rates, compound):
    until = due + timedelta(length)
    low, high = (
        interest.accrue(principal, due, until, rates, compound).total
        for principal in sorted([one, other])
    )
    assert 0 <= low <= high


@given(
    principals,
    days,
    st.integers(-5, 1500),
    st.integers(0, 400),
    rates_from_2015,
    st.sampled_from([365, "actual"]),
)
def test_more_days_never_bring_less(principal, due, length, more, rates, days_in_year):
    short, long = (
        interest.accrue(
            principal, due, due + timedelta(count), rates, days_in_year=days_in_year
        ).total
        for count in (length, length + more)
    )
    assert 0 <= short <= long


@given(principals, days, st.lists(st.integers(1, 300), min_size=1, max_size=6), rates_from_2015)
def test_splitting_a_period_moves_at_most_a_cent_per_part(principal, due, lengths, rates):
    total, start = D(0), due
    for length in lengths:
        end = start + timedelta(length)
        total += interest.accrue(principal, start, end, rates, compound=False).total
        start = end
    whole = interest.accrue(principal, due, start, rates, compound=False).total
    assert abs(total - whole) <= D("0.01") * len(lengths)


@given(principals, days, st.integers(1, 2500), rates_from_2015, st.booleans())
def test_lines_follow_each_other_without_a_gap(principal, due, length, rates, compound):
    assume(principal)
    until = due + timedelta(length)
    result = interest.accrue(principal, due, until, rates, compound)
    assert result.lines[0].date_from == due + timedelta(1)
    assert result.lines[-1].date_to == until
    assert sum(line.days for line in result.lines) == length
    assert sum(line.amount for line in result.lines) == result.total
    for line, following in zip(result.lines, result.lines[1:], strict=False):
        assert following.date_from == line.date_to + timedelta(1)
        assert (line.rate, line.base) != (following.rate, following.base) or compound
    for line in result.lines:
        assert line.rate == interest.rate_on(rates, line.date_from)
        assert line.rate == interest.rate_on(rates, line.date_to)


@given(principals, days, st.integers(1, 2500), rates_from_2015)
def test_compound_is_never_below_simple_and_equal_in_the_first_year(principal, due, length, rates):
    until = due + timedelta(length)
    compound = interest.accrue(principal, due, until, rates)
    simple = interest.accrue(principal, due, until, rates, compound=False)
    assert compound.total >= simple.total - D("0.01") * len(compound.lines)
    if length <= 365:
        assert compound.total == simple.total


# === RATES ===#


def test_nothing_on_time():
    for until in (date(2025, 1, 31), date(2025, 1, 1)):
        result = interest.accrue(D(1000), date(2025, 1, 31), until, [])
        assert (result.lines, str(result.total), result.principal) == ((), "0.00", D(1000))


def test_no_rate_before_the_first():
    with pytest.raises(interest.UnknownRateError, match="2023-06-30"):
        interest.accrue(D(1000), date(2023, 6, 29), date(2023, 8, 1), BE)
    assert interest.accrue(D(1000), date(2023, 6, 30), date(2023, 8, 1), BE).total > 0
    with pytest.raises(interest.UnknownRateError):
        interest.rate_on([], date(2026, 1, 1))


def test_no_rate_is_extrapolated_past_the_last_known_day():
    known_until = interest.half_year_end(BE[-1][0])
    assert known_until == date(2026, 12, 31)
    arguments = D(1000), date(2026, 11, 30)
    result = interest.accrue(*arguments, known_until, BE, known_until=known_until)
    assert result.lines[-1].date_to == known_until
    with pytest.raises(interest.UnknownRateError, match="2027-01-01"):
        interest.accrue(*arguments, date(2027, 1, 1), BE, known_until=known_until)
    with pytest.raises(interest.UnknownRateError):
        interest.rate_on(BE, date(2027, 1, 1), known_until)
    assert interest.rate_on(BE, date(2026, 12, 31), known_until) == D("10.5")


def test_days_without_a_base_need_no_rate():
    result = interest.accrue(
        D(1000),
        date(2026, 11, 30),
        date(2027, 6, 30),
        BE,
        compound=False,
        payments=[(date(2026, 12, 31), D(1000))],
        known_until=date(2026, 12, 31),
    )
    assert result.total == D("8.92")


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2010-01-01", "3"),
        ("2011-06-30", "3"),
        ("2011-07-01", "4"),
        ("2012-07-01", "3"),
        ("2014-12-31", "3"),
        ("2015-01-01", "2"),
        ("2022-12-31", "2"),
        ("2023-06-30", "4"),
        ("2023-07-01", "6"),
        ("2024-12-31", "7"),
        ("2025-07-01", "6"),
        ("2025-12-31", "6"),
        ("2026-07-01", "4"),
    ],
)
def test_rate_on_a_day(on, expected):
    assert interest.rate_on(reversed(NL_CONSUMER), day(on)) == D(expected)


@pytest.mark.parametrize(
    ("half_year", "ecb", "nl", "be", "fr"),
    [
        ("2013-07-01", "0.50", "8.50", "8.5", None),
        ("2014-01-01", "0.25", "8.25", "8.5", None),
        ("2014-07-01", "0.15", "8.15", "8.5", None),
        ("2015-01-01", "0.05", "8.05", "8.5", None),
        ("2016-01-01", "0.05", "8.05", "8.5", None),
        ("2016-07-01", "0.00", "8.00", "8.0", None),
        ("2022-07-01", "0.00", "8.00", "8.0", None),
        ("2023-01-01", "2.50", "10.50", "10.5", None),
        ("2023-07-01", "4.00", "12.00", "12.0", None),
        ("2024-01-01", "4.50", "12.50", "12.5", None),
        ("2024-07-01", "4.25", "12.25", "12.5", "14.25"),
        ("2025-01-01", "3.15", "11.15", "11.5", "13.15"),
        ("2025-07-01", "2.15", "10.15", "10.5", "12.15"),
        ("2026-01-01", "2.15", "10.15", "10.5", "12.15"),
        ("2026-07-01", "2.40", "10.40", "10.5", "12.40"),
    ],
)
def test_rates_that_follow_from_the_european_central_bank(half_year, ecb, nl, be, fr):
    assert interest.commercial_rate("NL", D(ecb)) == D(nl), half_year
    assert interest.commercial_rate("BE", D(ecb)) == D(be), half_year
    if fr:
        assert interest.commercial_rate("FR", D(ecb)) == D(fr), half_year
    # The German base rate has been this much below it.
    assert interest.commercial_rate("DE", D(ecb) - D("0.88")) == D(ecb) + D("8.12")


@pytest.mark.parametrize(
    ("base_rate", "expected"), [("-0.88", "8.12"), ("1.27", "10.27"), ("1.52", "10.52")]
)
def test_german_rate(base_rate, expected):
    assert interest.commercial_rate("DE", D(base_rate)) == D(expected)


def test_half_year_ends_on_its_last_day():
    assert interest.half_year_end(date(2026, 1, 1)) == date(2026, 6, 30)
    assert interest.half_year_end(date(2026, 6, 30)) == date(2026, 6, 30)
    assert interest.half_year_end(date(2026, 7, 1)) == date(2026, 12, 31)


# === BAD INPUT ===#


@pytest.mark.parametrize(
    "arguments",
    [
        {"principal": 1000.0},
        {"principal": "1000"},
        {"due": datetime(2025, 1, 31)},
        {"until": "2025-03-31"},
        {"rates": [(date(2020, 1, 1), 10.0)]},
        {"rates": [("2020-01-01", D(10))]},
        {"payments": [(date(2025, 2, 1), 1.0)]},
        {"payments": [("2025-02-01", D(1))]},
    ],
)
def test_floats_texts_and_moments_are_refused(arguments):
    values = {
        "principal": D(1000),
        "due": date(2025, 1, 31),
        "until": date(2025, 3, 31),
        "rates": TEN,
    } | arguments
    with pytest.raises(TypeError):
        interest.accrue(**values)


@pytest.mark.parametrize(
    "arguments",
    [
        {"principal": D(-1)},
        {"principal": D("Infinity")},
        {"rates": [(date(2020, 1, 1), D(-1))]},
        {"rates": TEN * 2},
        {"payments": [(date(2025, 2, 1), D(-1))]},
        {"days_in_year": 360},
        {"payments_to": "costs"},
    ],
)
def test_impossible_values_are_refused(arguments):
    values = {
        "principal": D(1000),
        "due": date(2025, 1, 31),
        "until": date(2025, 3, 31),
        "rates": TEN,
    } | arguments
    with pytest.raises(ValueError):
        interest.accrue(**values)


def test_other_rules_refuse():
    with pytest.raises(ValueError):
        interest.commercial_rate("UK", D(2))
    with pytest.raises(TypeError):
        interest.commercial_rate("NL", 2.4)
    with pytest.raises(TypeError):
        interest.rate_on(TEN, datetime(2025, 1, 1))


def test_decimals_of_the_currency():
    result = interest.accrue(D(1000), date(2025, 1, 31), date(2025, 3, 31), TEN, digits=0)
    assert str(result.total) == "16"
    result = interest.accrue(D(1000), date(2025, 1, 31), date(2025, 3, 31), TEN, digits=3)
    assert str(result.total) == "16.164"
