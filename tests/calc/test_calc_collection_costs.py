from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calc import collection_costs, schedule

amounts = st.decimals("-100", "3000000", places=2)


# === NETHERLANDS ===#


@pytest.mark.parametrize(
    ("principal", "fee", "with_vat"),
    [
        ("100.00", "40.00", "48.40"),
        ("266.66", "40.00", "48.40"),
        ("267.00", "40.05", "48.46"),
        # The fee is rounded before VAT: at once it would be 74.83.
        ("412.30", "61.85", "74.84"),
        ("1000.00", "150.00", "181.50"),
        ("2500.00", "375.00", "453.75"),
        ("3000.00", "425.00", "514.25"),
        ("5000.00", "625.00", "756.25"),
        ("10000.00", "875.00", "1058.75"),
        ("25000.00", "1025.00", "1240.25"),
        ("100000.00", "1775.00", "2147.75"),
        ("200000.00", "2775.00", "3357.75"),
        ("250000.00", "3025.00", "3660.25"),
        ("500000.00", "4275.00", "5172.75"),
        ("1000000.00", "6775.00", "8197.75"),
        ("2000000.00", "6775.00", "8197.75"),
        ("0.01", "40.00", "48.40"),
        ("0.00", "0.00", "0.00"),
        ("-100.00", "0.00", "0.00"),
    ],
)
def test_dutch_compensation(principal, fee, with_vat):
    assert str(collection_costs.nl_bik(D(principal))) == fee
    assert str(collection_costs.nl_bik(D(principal), vat_percentage=D(21))) == with_vat
    assert str(collection_costs.nl_bik(D(principal), 21)) == with_vat


@pytest.mark.parametrize(
    ("principals", "over_the_sum", "one_by_one"),
    [
        (["100.00", "150.00", "200.00"], "67.50", "120.00"),
        (["1500.00"] * 3, "575.00", "675.00"),
        (["60.00", "75.00"], "40.00", "80.00"),
        (["2500.00"] * 2, "625.00", "750.00"),
    ],
)
def test_dutch_claims_on_a_consumer_are_added_up(principals, over_the_sum, one_by_one):
    principals = [D(principal) for principal in principals]
    assert collection_costs.nl_bik(sum(principals)) == D(over_the_sum)
    assert sum(map(collection_costs.nl_bik, principals)) == D(one_by_one)


@pytest.mark.parametrize(
    ("paid_in_time", "fee"), [("600.00", "60.00"), ("800.00", "40.00"), ("1000.00", "0.00")]
)
def test_dutch_part_payment_in_time_lowers_the_base(paid_in_time, fee):
    assert collection_costs.nl_bik(D("1000.00") - D(paid_in_time)) == D(fee)


def test_dutch_payment_goes_to_costs_interest_principal():
    costs = collection_costs.nl_bik(D(1000))
    taken = schedule.allocate([costs, D("12.50"), D(1000)], D(500))
    assert taken == [D(150), D("12.50"), D("337.50")]


@pytest.mark.parametrize("on_service", [True, False])
@pytest.mark.parametrize("deductible", [True, False])
@pytest.mark.parametrize("declared", [True, False])
def test_dutch_vat_needs_all_three_conditions(on_service, deductible, declared):
    percentage = collection_costs.nl_bik_vat_percentage(D(21), on_service, deductible, declared)
    assert percentage == (21 if (on_service, deductible, declared) == (True, False, True) else 0)


@given(amounts, amounts, st.decimals("0", "30", places=1))
def test_dutch_compensation_is_monotone_and_within_its_bounds(one, other, vat):
    low, high = sorted([one, other])
    assert collection_costs.nl_bik(low, vat) <= collection_costs.nl_bik(high, vat)
    fee = collection_costs.nl_bik(high)
    assert 40 <= fee <= 6775 if high > 0 else fee == 0
    assert fee == fee.quantize(D("0.01"))


@given(amounts)
def test_dutch_compensation_by_another_way_of_adding(principal):
    bands = ((2500, 0, "0.15"), (5000, 125, "0.10"), (10000, 375, "0.05"))
    higher = ((200000, 775, "0.01"), (10**9, 1775, "0.005"))
    for limit, base, rate in bands + higher:
        if principal <= limit:
            expected = base + principal * D(rate)
            break
    expected = min(max(expected, D(40)), D(6775)) if principal > 0 else D(0)
    assert abs(collection_costs.nl_bik(principal) - expected) <= D("0.005")


# === BELGIUM ===#


@pytest.mark.parametrize(
    ("balance", "cap"),
    [
        ("0.01", "20.00"),
        ("100.00", "20.00"),
        ("150.00", "20.00"),
        ("150.01", "30.00"),
        ("151.00", "30.10"),
        ("200.00", "35.00"),
        ("234.56", "38.46"),
        ("300.00", "45.00"),
        ("480.00", "63.00"),
        ("500.00", "65.00"),
        ("500.01", "65.00"),
        ("501.00", "65.05"),
        ("750.00", "77.50"),
        ("1000.00", "90.00"),
        ("1234.56", "101.73"),
        ("1250.00", "102.50"),
        ("5000.00", "290.00"),
        ("20000.00", "1040.00"),
        ("39199.99", "2000.00"),
        ("39199.00", "1999.95"),
        ("39200.00", "2000.00"),
        ("50000.00", "2000.00"),
        ("0.00", "0.00"),
        ("-1.00", "0.00"),
    ],
)
def test_belgian_consumer_cap(balance, cap):
    assert str(collection_costs.be_consumer_cap(D(balance))) == cap


@given(amounts, amounts)
def test_belgian_consumer_cap_is_monotone_and_within_its_bounds(one, other):
    low, high = sorted([one, other])
    cap = collection_costs.be_consumer_cap(high)
    assert collection_costs.be_consumer_cap(low) <= cap
    assert 20 <= cap <= 2000 if high > 0 else cap == 0


@pytest.mark.parametrize(
    ("free", "postage", "cap"),
    [
        (0, "1.57", "0.00"),
        (2, "1.57", "0.00"),
        (3, "1.57", "9.07"),
        (4, "0", "7.50"),
    ],
)
def test_belgian_further_reminders_of_regular_deliveries(free, postage, cap):
    assert str(collection_costs.be_consumer_reminder_cap(free, D(postage))) == cap


# === EUROPE ===#


@pytest.mark.parametrize(("invoices", "fee"), [(0, "0.00"), (1, "40.00"), (3, "120.00")])
def test_40_for_each_invoice(invoices, fee):
    assert str(collection_costs.eu_40(invoices)) == fee


def test_40_for_each_invoice_can_be_more_than_the_dutch_scale():
    assert collection_costs.nl_bik(D(450)) == D("67.50") < collection_costs.eu_40(3)


@pytest.mark.parametrize(
    ("interest", "total"), [("78.77", "118.77"), ("48.04", "88.04"), ("3.65", "43.65")]
)
def test_40_beside_belgian_interest(interest, total):
    assert D(interest) + collection_costs.eu_40(1) == D(total)


# === TIERS ===#


@pytest.mark.parametrize(
    ("principal", "steps", "options", "expected"),
    [
        ("200.00", [(None, D(10))], {}, "20.00"),
        ("200.00", [(None, D(10))], {"minimum": D(25)}, "25.00"),
        ("200.00", [(None, D(10))], {"maximum": D("12.5")}, "12.50"),
        ("200.00", [], {"minimum": D("7.5")}, "7.50"),
        ("200.00", [], {}, "0.00"),
        ("0.00", [], {"minimum": D("7.5")}, "0.00"),
        ("1500.00", [(1000, 10), (None, 5)], {}, "125.00"),
        # Nothing above the last bound.
        ("1500.00", [(1000, 10)], {}, "100.00"),
        ("1000.00", [(1000, 10), (None, 5)], {"vat_percentage": 21}, "121.00"),
        ("1005", [(None, 10)], {"digits": 0}, "101"),
        ("1.005", [(None, 10)], {"digits": 3}, "0.101"),
    ],
)
def test_tiers(principal, steps, options, expected):
    assert str(collection_costs.tiers(D(principal), steps, **options)) == expected


@pytest.mark.parametrize(
    ("steps", "options"),
    [
        ([(1000, 10), (1000, 5)], {}),
        ([(1000, 10), (500, 5)], {}),
        ([(None, 10), (1000, 5)], {}),
        ([(None, 10), (None, 5)], {}),
        ([(0, 10)], {}),
        ([(1000, -1)], {}),
        ([], {"minimum": -1}),
        ([], {"minimum": 10, "maximum": 5}),
        ([], {"vat_percentage": -21}),
    ],
)
def test_tiers_refuse(steps, options):
    for principal in (D(100), D(-100)):
        with pytest.raises(ValueError):
            collection_costs.tiers(principal, steps, **options)


@given(
    amounts,
    amounts,
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 50)), unique_by=lambda s: s[0]),
    st.integers(0, 100),
    st.integers(100, 1000),
)
def test_tiers_are_monotone_and_within_their_bounds(one, other, steps, minimum, maximum):
    steps.sort()
    fees = [
        collection_costs.tiers(principal, steps, minimum, maximum)
        for principal in sorted([one, other])
    ]
    assert 0 <= fees[0] <= fees[1] <= maximum
    assert max(one, other) <= 0 or fees[1] >= minimum


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (collection_costs.nl_bik, (100.0,)),
        (collection_costs.nl_bik, ("100",)),
        (collection_costs.nl_bik, (D(100), 21.0)),
        (collection_costs.nl_bik_vat_percentage, (21.0, True, False, True)),
        (collection_costs.be_consumer_cap, (100.0,)),
        (collection_costs.be_consumer_reminder_cap, (3, 1.57)),
        (collection_costs.be_consumer_reminder_cap, (3.0, D(1))),
        (collection_costs.eu_40, (1.0,)),
        (collection_costs.eu_40, (True,)),
        (collection_costs.tiers, (D(100), [(100.0, 10)])),
        (collection_costs.tiers, (D(100), [(100, 10.0)])),
        (collection_costs.tiers, (D(100), [], 40.0)),
        (collection_costs.tiers, (D(100), [], 0, 40.0)),
    ],
)
def test_floats_are_refused(function, arguments):
    with pytest.raises(TypeError):
        function(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (collection_costs.nl_bik, (D(100), -1)),
        (collection_costs.nl_bik, (D("NaN"),)),
        (collection_costs.nl_bik_vat_percentage, (-21, True, False, True)),
        (collection_costs.be_consumer_reminder_cap, (-1, D(1))),
        (collection_costs.be_consumer_reminder_cap, (1, D(-1))),
        (collection_costs.eu_40, (-1,)),
    ],
)
def test_negative_numbers_are_refused(function, arguments):
    with pytest.raises(ValueError):
        function(*arguments)
