from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.shares import round_to, shares

CENTS = st.integers(min_value=0, max_value=10**9).map(lambda cents: Decimal(cents).scaleb(-2))
WEIGHTS = st.lists(CENTS, min_size=1, max_size=20)


def test_divided_by_largest_remainder():
    assert shares(Decimal(40), [1, 1, 1]) == [
        Decimal("13.34"),
        Decimal("13.33"),
        Decimal("13.33"),
    ]
    assert shares(Decimal("67.50"), [100, 150, 200]) == [15, Decimal("22.50"), 30]
    assert shares(Decimal(10), [1, 2], Decimal(1)) == [3, 7]
    assert shares(Decimal("3.35"), [1, 1], Decimal("0.05")) == [Decimal("1.70"), Decimal("1.65")]


def test_without_weights_all_are_equal():
    assert shares(Decimal(1), [0, 0]) == [Decimal("0.50"), Decimal("0.50")]
    assert shares(Decimal(0), []) == []


@pytest.mark.parametrize(
    ("total", "weights", "error"),
    [
        (1.0, [1], TypeError),
        (Decimal(1), [0.5], TypeError),
        (Decimal(-1), [1], ValueError),
        (Decimal(1), [-1, 2], ValueError),
        (Decimal("0.001"), [1], ValueError),
        (Decimal(1), [], ValueError),
    ],
)
def test_refused(total, weights, error):
    with pytest.raises(error):
        shares(total, weights)


def test_unit_is_above_0():
    with pytest.raises(ValueError, match="unit"):
        shares(Decimal(1), [1], Decimal(0))


def test_rounded_half_up_to_a_unit():
    assert round_to(Decimal("1.005")) == Decimal("1.01")
    assert round_to(Decimal("-1.005")) == Decimal("-1.01")
    assert round_to(Decimal("3.335"), Decimal("0.05")) == Decimal("3.35")
    assert round_to(Decimal("149.5"), Decimal(1)) == 150


@given(total=CENTS, weights=WEIGHTS)
def test_parts_are_the_total_exactly_and_near_their_share(total, weights):
    parts = shares(total, weights)
    assert sum(parts) == total
    assert all(part >= 0 for part in parts)
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * whole - total * weight) < Decimal("0.01") * whole
