"""How an amount is divided over what brought it about."""

from decimal import ROUND_HALF_UP, Decimal

from .money import to_decimal, to_not_negative


def round_to(value, unit=Decimal("0.01")):
    """Return a number rounded half up (away from zero at the half) to a multiple of ``unit``.

    :param decimal.Decimal value: any currency
    :param decimal.Decimal unit: the smallest amount of the currency: 0.01 for EUR, 1 for JPY,
        0.05 where cash is meant
    :rtype: decimal.Decimal
    """
    steps = (to_decimal(value) / _to_unit(unit)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return steps * unit


def shares(total, weights, unit=Decimal("0.01")):
    """Divide an amount in proportion to weights, so that the parts add up to it exactly.

    What rounding leaves over goes to the largest remainders, of equal ones to the first. No part
    is further from its exact share than one unit.

    :param decimal.Decimal total: a multiple of ``unit``, 0 or more, in any currency
    :param weights: one number of 0 or more per part; all 0 counts as all equal
    :param decimal.Decimal unit: see :func:`round_to`
    :return: a multiple of ``unit`` per weight
    :rtype: list[decimal.Decimal]
    :raises TypeError: for a float
    :raises ValueError: for a negative number, an amount between two units, or an amount above 0
        without any weight
    """
    amount, step = to_not_negative(total, "total"), _to_unit(unit)
    numbers = [to_not_negative(weight, "weight") for weight in weights]
    count = amount / step
    if count != count.to_integral_value():
        raise ValueError(f"The total is no multiple of {unit}: {total}.")
    if not numbers:
        if amount:
            raise ValueError("There is nothing to divide the total over.")
        return []
    if not any(numbers):
        numbers = [Decimal(1)] * len(numbers)
    whole = sum(numbers)
    # Whole units and what is left of each part, times the sum of the weights: nothing is rounded.
    pairs = [divmod(count * number, whole) for number in numbers]
    floors = [floor for floor, _rest in pairs]
    remainders = [rest for _floor, rest in pairs]
    order = sorted(range(len(numbers)), key=lambda index: (-remainders[index], index))
    for index in order[: int(count - sum(floors))]:
        floors[index] += 1
    return [floor * step for floor in floors]


def _to_unit(unit):
    step = to_decimal(unit, "unit")
    if step <= 0:
        raise ValueError(f"The unit must be above 0: {unit}.")
    return step
