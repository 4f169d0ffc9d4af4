"""Exact amounts: what every function of this package accepts and how it rounds.

A float has lost its cents before it arrives here, so it is refused rather than repaired.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal


def to_decimal(value, name="amount"):
    """Return ``value`` as an exact, finite number.

    :param value: a :class:`~decimal.Decimal` or an :class:`int`
    :param str name: what the number is, for the message
    :rtype: decimal.Decimal
    :raises TypeError: for a float, a text, a bool or anything else
    :raises ValueError: for a NaN or infinity
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise TypeError(f"The {name} must be a Decimal or an int, not {type(value).__name__}.")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"The {name} must be finite: {value}.")
    return number


def to_not_negative(value, name="amount"):
    """As :func:`to_decimal`, for a number that cannot be negative.

    :raises ValueError: also when it is
    """
    number = to_decimal(value, name)
    if number < 0:
        raise ValueError(f"The {name} must not be negative: {value}.")
    return number


def to_count(value, name, minimum=0):
    """Return a whole number of at least ``minimum``.

    :rtype: int
    :raises TypeError: for anything but an int
    :raises ValueError: when it is lower
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"The {name} must be an int, not {type(value).__name__}.")
    if value < minimum:
        raise ValueError(f"The {name} must be at least {minimum}: {value}.")
    return value


def to_date(value, name="date"):
    """Return ``value``, a calendar day.

    :rtype: datetime.date
    :raises TypeError: for anything else, a moment (:class:`datetime.datetime`) too: which day
        that is depends on a time zone which is not known here
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"The {name} must be a date, not {type(value).__name__}.")
    return value


def rounded(value, digits=2):
    """Return a number rounded half up (away from zero at the half) to ``digits`` decimals.

    :param decimal.Decimal value: any unit
    :param int digits: decimals of the currency: 2 for EUR, 0 for JPY, 3 for KWD
    :rtype: decimal.Decimal
    """
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def to_units(value, name="amount", digits=2):
    """Return an amount as a number of the smallest units of the currency (cents).

    :rtype: int
    :raises ValueError: when the amount has more decimals than the currency; rounding it here
        would make the sum of the parts differ from what was agreed
    """
    number = to_decimal(value, name)
    if rounded(number, digits) != number:
        raise ValueError(f"The {name} has more than {digits} decimals: {value}.")
    return int(number.scaleb(digits))


def from_units(units, digits=2):
    """Return a number of smallest units as an amount with ``digits`` decimals.

    :rtype: decimal.Decimal
    """
    return Decimal(units).scaleb(-digits)
