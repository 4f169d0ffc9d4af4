import itertools
from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc import schedule

START = date(2026, 1, 31)
totals = st.decimals("0.01", "9999999.99", places=2)
days = st.dates(date(2000, 1, 1), date(2090, 1, 1))
plans = st.lists(st.decimals("0", "99999.99", places=2), min_size=1, max_size=24)


def amounts(plan):
    return [amount for _due, amount in plan]


def dates(plan):
    return [due for due, _amount in plan]


# === DIVIDING ===#


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        ("100.00", 3, ["33.33", "33.33", "33.34"]),
        ("100.00", 1, ["100.00"]),
        ("100", 4, ["25.00", "25.00", "25.00", "25.00"]),
        ("100.00", 7, ["14.28", "14.28", "14.28", "14.29", "14.29", "14.29", "14.29"]),
        ("0.03", 3, ["0.01", "0.01", "0.01"]),
        # Rounding each part half up would take more than the total here.
        ("0.25", 24, ["0.01"] * 23 + ["0.02"]),
    ],
)
def test_installments_are_equal_but_for_a_cent(total, count, expected):
    plan = schedule.installments(D(total), count, START, "month")
    assert [str(amount) for amount in amounts(plan)] == expected


@pytest.mark.parametrize(
    ("digits", "total", "expected"),
    [(0, "1000", ["333", "333", "334"]), (3, "1.000", ["0.333", "0.333", "0.334"])],
)
def test_installments_keep_to_the_decimals_of_the_currency(digits, total, expected):
    plan = schedule.installments(D(total), 3, START, "week", digits=digits)
    assert [str(amount) for amount in amounts(plan)] == expected


def test_the_first_amount_may_differ():
    plan = schedule.installments(D("1000.00"), 4, START, "week", first_amount=D("99.99"))
    assert amounts(plan) == [D("99.99"), D("300.00"), D("300.00"), D("300.01")]
    assert schedule.installments(D(50), 1, START, "week", first_amount=D(50)) == [(START, D(50))]


@pytest.mark.parametrize(
    "arguments",
    [
        {"total": D("0.00")},
        {"total": D("-1.00")},
        {"total": D("100.001")},
        {"total": D("NaN")},
        {"total": D("0.02")},
        {"count": 0},
        {"count": -1},
        {"count": 1, "first_amount": D("99.99")},
        {"first_amount": D("0.00")},
        {"first_amount": D("-1.00")},
        {"first_amount": D("100.00")},
        {"first_amount": D("99.99")},
        {"first_amount": D("10.005")},
        {"interval": "year"},
        {"interval": None},
        {"interval": [START + timedelta(1)]},
        {"interval": [START + timedelta(1)] * 2},
        {"interval": [START, START + timedelta(1)]},
        {"total": D("100.5"), "digits": 0},
    ],
)
def test_installments_refuse_what_cannot_be_divided(arguments):
    values = {"total": D(100), "count": 3, "first_due": START, "interval": "month"} | arguments
    with pytest.raises(ValueError):
        schedule.installments(**values)


@pytest.mark.parametrize(
    "arguments",
    [
        {"total": 100.0},
        {"total": "100"},
        {"total": True},
        {"first_amount": 33.33},
        {"count": D(3)},
        {"count": 3.0},
        {"first_due": datetime(2026, 1, 31)},
        {"first_due": "2026-01-31"},
        {"interval": ["2026-02-01", "2026-03-01"]},
    ],
)
def test_installments_refuse_floats_and_moments(arguments):
    values = {"total": D(100), "count": 3, "first_due": START, "interval": "month"} | arguments
    with pytest.raises(TypeError):
        schedule.installments(**values)


@given(totals, st.integers(1, 60), days, st.sampled_from(["week", "month"]))
def test_installments_sum_exactly_and_differ_by_a_cent(total, count, first_due, interval):
    if total * 100 < count:
        with pytest.raises(ValueError):
            schedule.installments(total, count, first_due, interval)
        return
    plan = schedule.installments(total, count, first_due, interval)
    assert len(plan) == count
    assert sum(amounts(plan)) == total
    assert min(amounts(plan)) > 0
    assert max(amounts(plan)) - min(amounts(plan)) <= D("0.01")
    assert dates(plan)[0] == first_due
    assert all(earlier < later for earlier, later in itertools.pairwise(dates(plan)))


@given(totals, st.integers(2, 60), totals, st.integers(0, 3))
def test_installments_with_a_first_amount_sum_exactly(rest, count, first, digits):
    rest, first = (value.scaleb(2 - digits) for value in (rest, first))
    if rest.scaleb(digits) < count - 1:
        return
    plan = schedule.installments(
        rest + first, count, START, "month", first_amount=first, digits=digits
    )
    assert plan[0] == (START, first)
    assert sum(amounts(plan)) == rest + first
    assert min(amounts(plan)) > 0


# === AMOUNT PER PERIOD ===#


@pytest.mark.parametrize(
    ("total", "amount", "first", "expected"),
    [
        ("1000.00", "300.00", None, ["300.00", "300.00", "300.00", "100.00"]),
        ("900.00", "300.00", None, ["300.00", "300.00", "300.00"]),
        ("100.00", "300.00", None, ["100.00"]),
        ("1000.00", "300.00", "500.00", ["500.00", "300.00", "200.00"]),
        ("1000.00", "300.00", "1000.00", ["1000.00"]),
        ("0.01", "0.01", None, ["0.01"]),
    ],
)
def test_installments_of_an_amount(total, amount, first, expected):
    plan = schedule.installments_of(D(total), D(amount), START, "month", first and D(first))
    assert [str(value) for value in amounts(plan)] == expected
    assert dates(plan) == schedule.due_dates(START, len(expected), "month")


@pytest.mark.parametrize(
    ("total", "amount", "first"),
    [
        ("0", "10", None),
        ("100", "0", None),
        ("100", "-1", None),
        ("100", "33.333", None),
        ("100", "10", "0"),
        ("100", "10", "100.01"),
    ],
)
def test_installments_of_refuses(total, amount, first):
    with pytest.raises(ValueError):
        schedule.installments_of(D(total), D(amount), START, "week", first and D(first))


def test_installments_of_refuses_floats():
    with pytest.raises(TypeError):
        schedule.installments_of(D(100), 10.0, START, "week")
    with pytest.raises(TypeError):
        schedule.installments_of(100.0, D(10), START, "week")


@given(st.decimals("0.01", "9999.99", places=2), st.decimals("25", "9999.99", places=2))
def test_installments_of_sums_exactly_and_never_asks_more(total, amount):
    plan = schedule.installments_of(total, amount, START, "week")
    assert sum(amounts(plan)) == total
    assert all(value == amount for value in amounts(plan)[:-1])
    assert 0 < amounts(plan)[-1] <= amount


# === DATES ===#


@pytest.mark.parametrize(
    ("first_due", "expected"),
    [
        ("2026-01-31", ["01-31", "02-28", "03-31", "04-30", "05-31"]),
        ("2028-01-31", ["01-31", "02-29", "03-31", "04-30", "05-31"]),
        ("2028-02-29", ["02-29", "03-29", "04-29", "05-29", "06-29"]),
        ("2026-11-30", ["11-30", "12-30", "01-30", "02-28", "03-30"]),
        ("2027-12-29", ["12-29", "01-29", "02-29", "03-29", "04-29"]),
        ("2026-12-15", ["12-15", "01-15", "02-15", "03-15", "04-15"]),
    ],
)
def test_months_count_from_the_first_due_date(first_due, expected):
    due = schedule.due_dates(date.fromisoformat(first_due), 5, "month")
    assert [f"{day:%m-%d}" for day in due] == expected


def test_29_february_returns_in_the_next_leap_year():
    due = schedule.due_dates(date(2028, 2, 29), 49, "month")
    assert due[12] == date(2029, 2, 28)
    assert due[13] == date(2029, 3, 29)
    assert due[48] == date(2032, 2, 29)


def test_weeks_are_seven_days_across_the_year():
    assert schedule.due_dates(date(2026, 12, 24), 3, "week") == [
        date(2026, 12, 24),
        date(2026, 12, 31),
        date(2027, 1, 7),
    ]


def test_custom_dates():
    others = [date(2026, 2, 10), date(2026, 6, 1)]
    plan = schedule.installments(D(100), 3, START, others)
    assert plan == [
        (START, D("33.33")),
        (others[0], D("33.33")),
        (others[1], D("33.34")),
    ]
    assert schedule.due_dates(START, 1, []) == [START]


def test_add_months_refuses():
    with pytest.raises(ValueError):
        schedule.add_months(START, -1)
    with pytest.raises(TypeError):
        schedule.add_months(datetime(2026, 1, 31), 1)


@given(days, st.integers(0, 120))
def test_months_never_drift(first_due, count):
    later = schedule.add_months(first_due, count)
    months = later.year * 12 + later.month - first_due.year * 12 - first_due.month
    assert months == count
    assert later.day == first_due.day or (
        later.day < first_due.day and (later + timedelta(1)).day == 1
    )


# === WORKING DAYS ===#


def test_closed_days_move_to_the_next_working_day_and_no_further():
    # Good Friday, a weekend, Easter Monday.
    closed = {date(2026, 4, day) for day in (3, 4, 5, 6)}
    plan = schedule.installments(D(90), 3, date(2026, 3, 27), "week")
    assert dates(schedule.on_working_days(plan, closed)) == [
        date(2026, 3, 27),
        date(2026, 4, 7),
        date(2026, 4, 10),
    ]
    assert amounts(schedule.on_working_days(plan, closed)) == amounts(plan)
    assert schedule.on_working_days(plan, []) == plan


def test_a_calendar_without_working_days_is_refused():
    class Never:
        def __contains__(self, day):
            return True

    with pytest.raises(ValueError):
        schedule.next_working_day(START, Never())


@given(st.lists(days, min_size=1, max_size=8, unique=True), st.sets(st.integers(0, 40)))
def test_working_days_are_never_earlier_and_keep_their_order(due, offsets):
    due.sort()
    closed = {day + timedelta(offset) for day in due for offset in offsets}
    moved = dates(schedule.on_working_days([(day, D(1)) for day in due], closed))
    assert all(new >= old for old, new in zip(due, moved, strict=True))
    assert not closed & set(moved)
    assert moved == sorted(moved)
    # Nothing between the old and the new day was open.
    for old, new in zip(due, moved, strict=True):
        assert all(old + timedelta(i) in closed for i in range((new - old).days))


# === PAYMENTS ===#


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("0", ["0", "0", "0"]),
        ("33.32", ["33.32", "0", "0"]),
        ("33.33", ["33.33", "0", "0"]),
        ("50.00", ["33.33", "16.67", "0"]),
        ("100.00", ["33.33", "33.33", "33.34"]),
    ],
)
def test_payments_fill_installments_in_order(paid, expected):
    plan = [D("33.33"), D("33.33"), D("33.34")]
    assert schedule.allocate(plan, D(paid)) == [D(value) for value in expected]


def test_payments_fill_costs_interest_principal():
    # Civil Code art. 6:44.
    claim = [D("150.00"), D("12.50"), D("1000.00")]
    received = schedule.allocate(claim, D("500.00"))
    assert received == [D("150.00"), D("12.50"), D("337.50")]
    assert claim[2] - received[2] == D("662.50")


@pytest.mark.parametrize(
    ("plan", "paid"),
    [([D(10)], D("10.01")), ([], D(1)), ([D(10)], D(-1)), ([D(10), D(-1)], D(5))],
)
def test_allocate_refuses(plan, paid):
    with pytest.raises(ValueError):
        schedule.allocate(plan, paid)


def test_allocate_refuses_floats():
    with pytest.raises(TypeError):
        schedule.allocate([10.0], D(1))
    with pytest.raises(TypeError):
        schedule.allocate([D(10)], 1.0)


@given(plans, st.data())
def test_allocations_sum_to_what_was_paid_in_order(plan, data):
    paid = data.draw(st.decimals(0, sum(plan), places=2))
    received = schedule.allocate(plan, paid)
    assert sum(received) == paid
    assert all(0 <= part <= amount for part, amount in zip(received, plan, strict=True))
    # Nothing goes to an installment as long as an earlier one is not full.
    open_ = [index for index, part in enumerate(received) if part < plan[index]]
    assert not open_ or not any(received[open_[0] + 1 :])


@given(plans, st.data())
def test_a_higher_payment_never_takes_from_an_installment(plan, data):
    less, more = sorted(data.draw(st.decimals(0, sum(plan), places=2)) for _ in range(2))
    pairs = zip(schedule.allocate(plan, less), schedule.allocate(plan, more), strict=True)
    assert all(low <= high for low, high in pairs)


@pytest.mark.parametrize(
    ("paid", "current", "how", "expected"),
    [
        ("150", 1, "shorten", ["150.00", "100.00", "50.00"]),
        ("150", 1, "lower", ["150.00", "75.00", "75.00"]),
        ("250", 1, "shorten", ["250.00", "50.00", "0.00"]),
        ("300", 1, "shorten", ["300.00", "0.00", "0.00"]),
        ("300", 1, "lower", ["300.00", "0.00", "0.00"]),
        ("100", 1, "lower", ["100.00", "100.00", "100.00"]),
        ("99.99", 1, "shorten", ["100.00", "100.00", "100.00"]),
        ("150", 2, "lower", ["100.00", "100.00", "100.00"]),
        ("300", 3, "lower", ["100.00", "100.00", "100.00"]),
        ("133.33", 1, "lower", ["133.33", "83.33", "83.34"]),
    ],
)
def test_overpayment_shortens_or_lowers(paid, current, how, expected):
    plan = schedule.absorb_overpayment([D(100)] * 3, D(paid), current, how)
    assert [str(amount) for amount in plan] == expected


@pytest.mark.parametrize(
    ("paid", "current", "how"),
    [
        (D("300.01"), 1, "lower"),
        (D(-1), 1, "lower"),
        (D(100), 0, "lower"),
        (D(100), 4, "lower"),
        (D(100), 1, "longer"),
        (D("0.001"), 1, "lower"),
    ],
)
def test_absorb_overpayment_refuses(paid, current, how):
    with pytest.raises(ValueError):
        schedule.absorb_overpayment([D(100)] * 3, paid, current, how)


@given(plans, st.sampled_from(["shorten", "lower"]), st.data())
def test_overpayment_keeps_the_sum_and_raises_nothing_to_come(plan, how, data):
    paid = data.draw(st.decimals(0, sum(plan), places=2))
    current = data.draw(st.integers(1, len(plan)))
    changed = schedule.absorb_overpayment(plan, paid, current, how)
    assert sum(changed) == sum(plan)
    assert min(changed) >= 0
    assert all(new <= old for new, old in zip(changed[current:], plan[current:], strict=True))
    # The excess is no credit for an installment to come.
    received = schedule.allocate(changed, paid)
    assert not any(received[current:])
    # Asked again it stays the same.
    assert schedule.absorb_overpayment(changed, paid, current, how) == changed
