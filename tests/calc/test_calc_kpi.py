from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc import kpi

amounts = st.decimals("0", "9999999.99", places=2)
positive = st.decimals("0.01", "9999999.99", places=2)


# === DAYS SALES OUTSTANDING ===#


@pytest.mark.parametrize(
    ("receivables", "sales", "expected"),
    [("300000", "900000", "30.00"), ("450000", "590000", "68.64"), ("0", "900000", "0.00")],
)
def test_dso_simple(receivables, sales, expected):
    assert str(kpi.dso_simple(D(receivables), D(sales), 90)) == expected


def test_dso_without_sales_is_not_defined():
    assert kpi.dso_simple(D(1000), D(0), 90) is None
    assert kpi.dso_simple(D(1000), D(-5), 90) is None
    assert kpi.best_possible_dso(D(0), D(0), 90) is None


def test_best_possible_dso_and_days_delinquent():
    best = kpi.best_possible_dso(D(250000), D(900000), 90)
    assert str(best) == "25.00"
    dso = kpi.dso_simple(D(300000), D(900000), 90)
    assert str(kpi.average_days_delinquent(dso, best)) == "5.00"
    assert kpi.average_days_delinquent(None, best) is None
    assert kpi.average_days_delinquent(dso, None) is None


@pytest.mark.parametrize(
    ("receivables", "months", "expected"),
    [
        ("450000", [(200000, 31), (180000, 28), (210000, 31)], "69.33"),
        ("150000", [(200000, 30)], "22.50"),
        ("0", [(200000, 30)], "0.00"),
        ("0", [], "0.00"),
        ("-10", [(200000, 30)], "0.00"),
        ("200000", [(200000, 31), (180000, 28)], "31.00"),
        # A month without sales only adds its days.
        ("100", [(0, 30), (200, 31)], "45.50"),
        # More credit notes than sales: they have to be covered by older months too.
        ("100", [(-20, 30), (240, 30)], "45.00"),
    ],
)
def test_dso_countback(receivables, months, expected):
    assert str(kpi.dso_countback(D(receivables), months)) == expected


def test_dso_countback_is_not_guessed_beyond_the_months_given():
    assert kpi.dso_countback(D(300), [(100, 31), (100, 30)]) is None
    assert kpi.dso_countback(D(1), []) is None


@given(amounts, amounts, st.lists(st.tuples(positive, st.integers(28, 31)), min_size=1))
def test_dso_countback_is_monotone_and_within_the_months(one, other, months):
    low, high = (kpi.dso_countback(value, months) for value in sorted([one, other]))
    if high is not None:
        assert 0 <= low <= high <= sum(days for _sales, days in months)
    assert (high is None) == (max(one, other) > sum(sales for sales, _days in months))


def test_true_dso():
    items = [(20, D(1000), D(10000)), (50, D(2000), D(8000))]
    # 20 × 1/10 + 50 × 1/4
    assert str(kpi.true_dso(items)) == "14.50"
    assert str(kpi.true_dso([])) == "0.00"
    assert kpi.true_dso([(20, D(1000), D(0))]) is None


# === COLLECTION ===#


@pytest.mark.parametrize(
    ("begin", "sales", "months", "end_total", "end_current", "expected"),
    [
        (200000, 100000, 1, 180000, 90000, "57.14"),
        (200000, 100000, 1, 90000, 90000, "100.00"),
        # A quarter, with its sales per month and, as some count, in whole: 950/1,050.
        (400000, 900000, 3, 350000, 250000, "77.78"),
        (400000, 900000, 1, 350000, 250000, "90.48"),
        (100, 0, 1, 100, 0, "0.00"),
    ],
)
def test_collection_effectiveness(begin, sales, months, end_total, end_current, expected):
    figures = D(begin), D(sales), months, D(end_total), D(end_current)
    assert str(kpi.collection_effectiveness(*figures)) == expected


def test_collection_effectiveness_without_anything_to_collect():
    assert kpi.collection_effectiveness(D(0), D(0), 1, D(0), D(0)) is None
    assert kpi.collection_effectiveness(D(100), D(0), 1, D(100), D(100)) is None


@pytest.mark.parametrize(("days", "expected"), [([20, 45, 60], "48.50"), ([-10, 15, 30], "18.50")])
def test_weighted_days(days, expected):
    pairs = zip([D(1000), D(5000), D(4000)], days, strict=True)
    assert str(kpi.weighted_days(pairs)) == expected


def test_weighted_days_of_nothing():
    assert kpi.weighted_days([]) is None
    assert kpi.weighted_days([(D(0), 10)]) is None


def test_equal_weights_give_the_plain_average():
    assert kpi.weighted_days([(D(1), 20), (D(1), 45), (D(1), 60)]) == D("41.67")


@given(st.lists(st.tuples(positive, st.integers(-90, 400)), min_size=1))
def test_weighted_days_lie_between_the_extremes(pairs):
    days = [count for _amount, count in pairs]
    assert min(days) <= kpi.weighted_days(pairs) <= max(days)


# === AGING ===#


@pytest.mark.parametrize(
    ("due", "overdue", "bucket"),
    [
        ("2026-12-01", -10, 0),
        ("2026-11-21", 0, 0),
        ("2026-11-20", 1, 1),
        ("2026-10-22", 30, 1),
        ("2026-10-21", 31, 2),
        ("2026-09-22", 60, 2),
        ("2026-08-23", 90, 3),
        ("2026-07-24", 120, 4),
        ("2026-07-23", 121, 5),
    ],
)
def test_aging(due, overdue, bucket):
    days = kpi.days_overdue(date.fromisoformat(due), date(2026, 11, 21))
    assert days == overdue
    assert kpi.aging_bucket(days) == bucket


# === LOSSES ===#


@pytest.mark.parametrize(
    ("loss", "margin", "expected"),
    [
        ("12000", "5", "240000.00"),
        ("750", "10", "7500.00"),
        ("50000", "20", "250000.00"),
        ("10000", "5", "200000.00"),
        ("0", "5", "0.00"),
    ],
)
def test_earn_back(loss, margin, expected):
    assert str(kpi.earn_back(D(loss), D(margin))) == expected


@pytest.mark.parametrize("margin", ["0", "-5"])
def test_a_loss_is_never_earned_back_without_a_margin(margin):
    assert kpi.earn_back(D(100), D(margin)) is None


@pytest.mark.parametrize(
    ("amount", "expected"), [("12100", "10000.00"), ("1720", "1421.49"), ("0", "0.00")]
)
def test_without_vat(amount, expected):
    assert str(kpi.without_vat(D(amount), D(21))) == expected


@given(positive, positive, st.decimals("0.1", "100", places=1))
def test_earn_back_is_monotone(one, other, margin):
    low, high = (kpi.earn_back(loss, margin) for loss in sorted([one, other]))
    assert 0 <= low <= high
    assert low >= min(one, other)


# === BAD INPUT ===#


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (kpi.dso_simple, (1.0, D(1), 90)),
        (kpi.dso_simple, (D(1), 1.0, 90)),
        (kpi.dso_simple, (D(1), D(1), 90.0)),
        (kpi.best_possible_dso, (1.0, D(1), 90)),
        (kpi.dso_countback, (1.0, [])),
        (kpi.dso_countback, (D(1), [(1.0, 30)])),
        (kpi.true_dso, ([(1, 1.0, D(1))],)),
        (kpi.average_days_delinquent, (1.0, D(1))),
        (kpi.collection_effectiveness, (1.0, D(1), 1, D(1), D(1))),
        (kpi.collection_effectiveness, (D(1), D(1), 1.0, D(1), D(1))),
        (kpi.weighted_days, ([(1.0, 1)],)),
        (kpi.weighted_days, ([(D(1), 1.0)],)),
        (kpi.aging_bucket, (1.0,)),
        (kpi.earn_back, (1.0, D(1))),
        (kpi.earn_back, (D(1), 1.0)),
        (kpi.without_vat, (1.0, D(1))),
        (kpi.without_vat, (D(1), 21.0)),
    ],
)
def test_floats_are_refused(function, arguments):
    with pytest.raises(TypeError):
        function(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (kpi.dso_simple, (D(1), D(1), 0)),
        (kpi.dso_countback, (D(1), [(D(1), 0)])),
        (kpi.true_dso, ([(-1, D(1), D(1))],)),
        (kpi.collection_effectiveness, (D(1), D(1), 0, D(1), D(1))),
        (kpi.weighted_days, ([(D(-1), 1)],)),
        (kpi.earn_back, (D(-1), D(1))),
        (kpi.without_vat, (D(1), D(-1))),
    ],
)
def test_impossible_values_are_refused(function, arguments):
    with pytest.raises(ValueError):
        function(*arguments)
