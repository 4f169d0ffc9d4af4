"""What a payment that is less than everything is for.

Without a choice of the debtor Dutch law takes it for the costs first, then for the interest that
has fallen due, then for the principal and the running interest (Civil Code art. 6:44(1)). Booked
on the invoices, as bookkeepers do, it is for the principal first. The total that is left is the
same; what it consists of is not, and only principal bears interest.

Amounts are exact and in one currency.
"""

from dataclasses import dataclass
from decimal import Decimal

from .money import to_not_negative

# The parts of a claim in the order in which a payment is for them.
ORDERS = {
    "law": ("costs", "interest", "principal"),
    "principal": ("principal", "interest", "costs"),
}


@dataclass(frozen=True)
class Allocation:
    """What a payment was for. ``parts`` and ``rest`` together are the payment exactly."""

    parts: dict  # amount by part of the claim
    left: dict  # what is still open of each part
    rest: Decimal  # what was paid beyond the claim


def allocate_payment(amount, costs, interest, principal, rule="law"):
    """Divide a payment over a claim.

    :param decimal.Decimal amount: what was paid, 0 or more
    :param decimal.Decimal costs: open costs of collecting
    :param decimal.Decimal interest: open interest
    :param decimal.Decimal principal: open principal
    :param str rule: a key of :data:`ORDERS`
    :rtype: Allocation
    :raises TypeError: when an amount is a float
    :raises ValueError: when an amount is negative, or the rule unknown
    """
    if rule not in ORDERS:
        raise ValueError(f"A payment is allocated by one of {sorted(ORDERS)}: {rule!r}.")
    claim = {
        "costs": to_not_negative(costs, "costs"),
        "interest": to_not_negative(interest, "interest"),
        "principal": to_not_negative(principal, "principal"),
    }
    rest = to_not_negative(amount, "payment")
    parts = {}
    for name in ORDERS[rule]:
        parts[name] = min(rest, claim[name])
        rest -= parts[name]
    return Allocation(parts, {name: claim[name] - parts[name] for name in claim}, rest)
