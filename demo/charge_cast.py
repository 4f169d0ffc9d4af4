"""Debtors of the demo story who owe costs and interest, or were warned of them, and why.

Days are counted back from the day of installation; negative lies ahead. Bills are counted from the
first one of the debtor. Amounts are in the currency of the company.
"""

from typing import NamedTuple

from .cast import COFFEE, FURNITURE, Bill, Debtor, Pay


class Ladder(NamedTuple):
    """A policy with costs: a profile of the setup assistant, or a copy of the standard policy."""

    name: str
    dutch: str
    mode: str  # what happens with what its levels charge
    profile: str = ""
    has_clause: bool = False
    debtors: tuple = ()  # who have it by choice; those of a profile are its target group


class Receipt(NamedTuple):
    """What became known about when a letter to a consumer was received."""

    debtor: str
    days_ago: int
    told: str
    received: int = -1  # days ago; -1: not at all, so that the letter does not count


class Waiver(NamedTuple):
    """A debtor is let off what was asked."""

    debtor: str
    days_ago: int
    reason: str


class Settlement(NamedTuple):
    """A debtor pays what was invoiced."""

    debtor: str
    days_ago: int


LADDERS = (
    Ladder(
        "Consumers in the Netherlands",
        "Consumenten in Nederland",
        "memo",
        profile="nl_consumer",
    ),
    Ladder(
        "Consumers in Belgium",
        "Consumenten in België",
        "memo",
        profile="be_consumer",
        has_clause=True,
    ),
    Ladder(
        "Costs are asked",
        "Kosten worden gevraagd",
        "memo",
        debtors=("asked", "let_off", "along"),
    ),
    Ladder(
        "Costs are invoiced",
        "Kosten worden gefactureerd",
        "posted",
        debtors=("invoiced",),
    ),
)

CHAIRS = (("chair", 2),)

DEBTORS = (
    Debtor(
        "asked",
        "Leaky Barge Shipping BV",
        "asked for interest and collection costs in the final notice, in English",
        (Bill(47, FURNITURE), Bill(12)),
        lang="en_US",
    ),
    Debtor(
        "invoiced",
        "Kledingatelier Losse Draad BV",
        "got an invoice of interest and collection costs, twice: the first one is paid",
        (Bill(170, COFFEE, pays=(Pay(50),)), Bill(54, COFFEE)),
    ),
    Debtor(
        "let_off",
        "Fanfare De Valse Noot",
        "paid after the final notice, and was let off the costs",
        (Bill(120, COFFEE, pays=(Pay(40),)), Bill(-11)),
    ),
    Debtor(
        "along",
        "Fietsenmaker Slappe Band",
        "pays off what is overdue together with the costs and the interest",
        (Bill(47, FURNITURE),),
    ),
    Debtor(
        "term_running",
        "Sjoerd Sterrenstof",
        "Dutch consumer: the fourteen days of his letter are running",
        (Bill(48, CHAIRS, term="14"),),
        person=True,
    ),
    Debtor(
        "paid_in_time",
        "Mieke Madelief",
        "Dutch consumer: paid within the fourteen days, and owes no costs",
        (Bill(70, CHAIRS, term="14", pays=(Pay(48),)),),
        person=True,
    ),
    Debtor(
        "in_vain",
        "Hidde Hazepad",
        "Dutch consumer: paid a part within the fourteen days; costs of the rest are owed",
        (Bill(71, (("desk", 1),), term="14", pays=(Pay(46, 0.4),)),),
        person=True,
    ),
    Debtor(
        "costs_left",
        "Roosmarijn Rafelrand",
        "Dutch consumer: paid the invoice too late, and still owes the costs",
        (Bill(100, CHAIRS, term="14", pays=(Pay(62),)),),
        person=True,
    ),
    Debtor(
        "came_back",
        "Daan Dwaalspoor",
        "Dutch consumer: his letter came back, so that no costs can be charged",
        (Bill(55, CHAIRS, term="14"),),
        person=True,
        email=False,
    ),
    Debtor(
        "proven",
        "Wouter Wolkbreuk",
        "Dutch consumer: receipt of his letter is proven",
        (Bill(50, (("desk", 1),), term="14"),),
        person=True,
    ),
    Debtor(
        "vain_be",
        "Lotte Lampion",
        "Belgian consumer: the free first reminder passed in vain, the compensation is owed",
        (Bill(60, CHAIRS, term="14"),),
        country="be",
        person=True,
    ),
)

RECEIPTS = (
    Receipt("came_back", 8, "The letter came back: moved, new address unknown."),
    Receipt("proven", 8, "The receipt of the post, with his signature.", received=10),
)

WAIVERS = (Waiver("let_off", 74, "Paid within a week of our call, and plays at our party."),)

SETTLEMENTS = (Settlement("invoiced", 105),)
