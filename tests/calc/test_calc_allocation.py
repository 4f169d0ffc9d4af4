from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc.allocation import ORDERS, allocate_payment

amounts = st.integers(0, 10**8).map(lambda cents: Decimal(cents).scaleb(-2))


def test_example_of_dutch_law():
    # Civil Code art. 6:44: costs, then interest, then principal.
    paid = allocate_payment(
        Decimal("500"), Decimal("150"), Decimal("12.50"), Decimal("1000"), "law"
    )
    assert paid.parts == {
        "costs": Decimal("150"),
        "interest": Decimal("12.50"),
        "principal": Decimal("337.50"),
    }
    assert paid.left["principal"] == Decimal("662.50")
    assert paid.rest == 0


def test_principal_first():
    paid = allocate_payment(
        Decimal("1010"), Decimal("150"), Decimal("12.50"), Decimal("1000"), "principal"
    )
    assert paid.left == {
        "costs": Decimal("150"),
        "interest": Decimal("2.50"),
        "principal": Decimal("0"),
    }


def test_more_than_everything():
    assert allocate_payment(Decimal(10), 1, 2, 3, "law").rest == 4


def test_what_is_refused():
    with pytest.raises(TypeError):
        allocate_payment(1.0, 0, 0, 0)
    with pytest.raises(ValueError, match="negative"):
        allocate_payment(Decimal(-1), 0, 0, 0)
    with pytest.raises(ValueError, match="allocated by"):
        allocate_payment(Decimal(1), 0, 0, 0, "newest")


@given(amounts, amounts, amounts, amounts, st.sampled_from(sorted(ORDERS)))
def test_nothing_is_lost(amount, costs, interest, principal, rule):
    paid = allocate_payment(amount, costs, interest, principal, rule)
    claim = {"costs": costs, "interest": interest, "principal": principal}
    assert sum(paid.parts.values()) + paid.rest == amount
    assert all(paid.parts[name] + paid.left[name] == claim[name] for name in claim)
    assert min(*paid.parts.values(), *paid.left.values(), paid.rest) >= 0
    # What comes later gets nothing before what comes first is paid.
    open_before = False
    for name in ORDERS[rule]:
        assert not (open_before and paid.parts[name])
        open_before = open_before or paid.left[name] > 0


@given(amounts, amounts, amounts, amounts)
def test_the_total_left_is_the_same_by_any_rule(amount, costs, interest, principal):
    left = {
        rule: sum(allocate_payment(amount, costs, interest, principal, rule).left.values())
        for rule in ORDERS
    }
    assert len(set(left.values())) == 1
