"""What debtors of the demo story agreed on because they could not pay at once, or promised.

Days are counted back from the day of installation; negative lies ahead. Bills are counted from the
first one of the debtor. Amounts are in the currency of the company.
"""

from typing import NamedTuple


class Plan(NamedTuple):
    """Bills that are paid in installments, and how that went."""

    debtor: str
    bills: tuple
    count: int
    agreed: int  # days ago on which it was agreed on, offered, or asked for
    first: int  # days ago of the first installment
    interval: str = "month"
    paid: tuple = ()  # days after its due date that each installment was paid
    # Or `offered`; `asked`: the debtor did so online; `signed`: he agreed today.
    outcome: str = "agreed"
    costs: float = 0.0
    contact: str = ""  # key of the person who deals with it
    note: str = ""
    takes_charges: bool = False  # the interest and costs that are owed already go along


class Promise(NamedTuple):
    """What somebody said about one bill. Whether he kept it follows from the bill's payments."""

    debtor: str
    bill: int
    made: int  # days ago
    pays: int  # days ago
    by: str
    channel: str = "call"
    amount: float = 0.0  # zero: all that was open
    note: str = ""


# Calls about promises that were broken longer ago were made.
CALLED_WITHIN = 7

PLANS = (
    Plan("fulfilled", (0,), 3, agreed=128, first=120, paid=(0, 1, 2)),
    Plan(
        "arrangement",
        (0,),
        6,
        agreed=80,
        first=70,
        paid=(0, 2, 1),
        note="The oven was replaced in spring. Pays from what the terrace brings in.",
    ),
    Plan("broken", (0,), 4, agreed=55, first=45, paid=(1,)),
    Plan("missed", (0,), 8, agreed=40, first=33, interval="week", paid=(0, 1, 0, 2)),
    Plan(
        "portal",
        (9,),
        3,
        agreed=0,
        first=-10,
        outcome="offered",
        costs=25.0,
        contact="portal_person",
        note="Agreed by telephone: the book week comes first.",
    ),
    Plan(
        "uncovered",
        (0,),
        12,
        agreed=0,
        first=-14,
        outcome="asked",
        note="The client of the second ship pays when she floats. Can we pay the rest monthly?",
    ),
    Plan(
        "along",
        (0,),
        4,
        agreed=0,
        first=-10,
        outcome="signed",
        note="Interest and costs go along, so that nothing is left afterwards.",
        takes_charges=True,
    ),
)

PROMISES = (
    Promise("promise", 0, 188, 182, "Gijs Krukas"),
    Promise("promise", 1, 101, 94, "Gijs Krukas", channel="mail"),
    Promise("promise", 2, 2, -5, "Gijs Krukas", note="Waits for the insurance of a customer."),
    Promise("belgian", 6, 98, 93, "Mevrouw Hinnik"),
    Promise("final", 6, 83, 76, "De kok"),
    Promise("final", 7, 9, 4, "De kok", note="Said that the transfer was ready."),
    Promise("partly", 0, 42, 34, "Bennie Brok", amount=1_500.0),
    Promise("never", 0, 250, 240, "Meneer Nooit"),
    Promise("never", 3, 30, 20, "Meneer Nooit", channel="other"),
    Promise("english", 3, 1, -6, "Barnaby Thimblewick", channel="mail"),
)
