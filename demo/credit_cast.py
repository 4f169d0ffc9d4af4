"""What the company of the demo story knows, grants and fears: the credit of the cast.

Days are counted back from the day of installation; negative lies ahead. Amounts are in the currency
of the company. Insurers, factors, banks and agencies are invented.
"""

from typing import NamedTuple


class Limit(NamedTuple):
    """A limit, or an increase for a time, that was asked for and maybe decided on."""

    debtor: str  # key of a debtor, or of a group
    amount: float
    days_ago: int
    reason: str
    asked_by: str = "salesperson"
    decision: str = "approved"  # empty: it still waits
    until: int | None = None  # last day of a temporary increase, in days from now
    review: int | None = None  # days from now
    note: str = ""


class Group(NamedTuple):
    """Debtors that share a limit."""

    key: str
    name: str
    members: tuple
    limit: Limit


class Cover(NamedTuple):
    """What an insurer, a factor or a bank bears."""

    debtor: str
    provider: str
    amount: float
    kind: str = "insurance"
    own_risk: float = 0.0
    begun: int = 200  # days ago
    ends: int | None = None  # days from now
    report_days: int = 0
    reported: int | None = None  # days ago


class Check(NamedTuple):
    """What an agency says of a debtor."""

    debtor: str
    score: float
    rating: str
    advised: float
    conclusion: str
    days_ago: int
    worst_to_best: tuple = (0, 10)
    holds: int = 365
    accounts: tuple = ()  # equity, current ratio, solvency in percent


class Order(NamedTuple):
    """A quotation, and what became of it."""

    key: str
    debtor: str
    lines: tuple
    reason: str = ""  # why the salesperson asks for its release
    released: float = 0.0  # up to this amount
    declined: str = ""  # why the credit manager said no
    asked: int = 0  # days ago
    sent: bool = False
    confirmed: bool = False


PROSPECT = ("prospect", "Luchtballonvaart Hoog en Droog", "prospect: nothing is known yet")
PROVIDERS = {
    "insurer": "Kredietverzekering De Grote Paraplu",
    "factor": "Factormaatschappij Vlugge Gulden",
    "bank": "Spaarbank Het Oude Kluisje",
}
AGENCY = "Bureau Glazen Bol"

# Taken over from the system before this one: {limit: keys}. The crowd has the lowest.
IMPORTED_DAYS_AGO = 350
IMPORTED_LIMITS = {
    12_000: ("uncovered", "terms"),
    8_000: ("branches", "dispute"),
    6_000: ("on_time", "arrangement"),
    5_000: ("portal", "final", "english", "no_email"),
    4_000: ("firm", "courtesy", "direct_debit", "blocked", "promise"),
    2_500: ("early", "never", "partly", "collection", "bankrupt", "unsent"),
    1_500: ("resumed",),
}
CROWD_LIMIT = 5_000

LIMITS = (
    Limit("on_time", 10_000, 215, "Second office, always pays on the day", review=-3),
    Limit("portal", 6_000, 160, "Prints the catalogs of a chain of shops", review=120),
    Limit("never", 1_000, 120, "Nothing was paid since the summer", asked_by="collector"),
    Limit("resumed", 3_000, 50, "The yard is repaired", review=25),
    Limit("portal", 4_000, 9, "Extra stock for the book week", until=45),
    Limit(
        "partly",
        8_000,
        14,
        "Wants new furniture for three branches",
        decision="declined",
        note="Pays a part and leaves the rest: first settle what is open",
    ),
    Limit("halves", 6_500, 2, "Greenhouse doubled, pays in two halves as agreed", decision=""),
    Limit("uncovered", 18_000, 1, "Two ships on the slipway", asked_by="manager", decision=""),
)
GROUP = Group(
    "gist",
    "Gisthuis (brewery and chocolates)",
    ("belgian", "french"),
    Limit("gist", 7_000, 90, "One owner, one limit", asked_by="collector", review=60),
)

COVERS = (
    Cover("uncovered", "insurer", 10_000, own_risk=10, ends=165, report_days=30),
    Cover("portal", "insurer", 3_000, own_risk=10, ends=165, report_days=60),
    Cover("belgian", "insurer", 4_000, own_risk=10, ends=165, report_days=60),
    Cover("firm", "insurer", 3_000, own_risk=10, begun=385, ends=-20),
    Cover(
        "never", "insurer", 2_500, own_risk=15, begun=400, ends=-110, report_days=60, reported=70
    ),
    Cover("unsent", "insurer", 2_000, own_risk=10, begun=345, ends=20, report_days=60),
    Cover("courtesy", "factor", 5_000, kind="factoring", ends=230),
    Cover("resumed", "bank", 1_500, kind="guarantee"),
)

# An agency that gives marks, and one of its indexes in which a low figure is a good one.
CHECKS = (
    Check("uncovered", 6.8, "BB", 15_000, "limited", 150, accounts=(84_000, 1.2, 24)),
    Check("portal", 8.1, "A", 12_000, "approve", 355, accounts=(310_000, 1.9, 48)),
    Check("firm", 210, "solid", 5_000, "limited", 120, worst_to_best=(600, 100)),
    Check("terms", 305, "fair", 10_000, "limited", 60, worst_to_best=(600, 100)),
    Check("final", 3.2, "C", 0, "prepay", 80, accounts=(-12_500, 0.6, -9)),
    Check("partly", 5.1, "B", 2_500, "limited", 400),
    Check("never", 0.9, "D", 0, "refuse", 115),
    Check("branches", 7.4, "BBB", 8_000, "approve", 200, accounts=(1_250_000, 1.4, 31)),
)
# Asked of the own books besides the crowd: they cost nothing.
OWN_HISTORY = ("early", "on_time", "halves", "belgian", "french")

MANUAL_HOLD = ("dispute", "Two invoices are in dispute, talk to Pim first")

# Of risk classes by XML ID.
PREPAYING_CLASSES = ("credit_risk_class_bad", "credit_risk_class_long_overdue")
PREPAYMENT_PERCENTAGE = 50
CHECKED_ORDERS_FROM = 1_000

ORDERS = (
    Order(
        "over",
        "early",
        (("desk", 6), ("chair", 6)),
        reason="Moves next month. Has paid every invoice before its due date",
        asked=1,
        sent=True,
    ),
    Order("group", "french", (("machine", 1), ("beans", 2))),
    Order(
        "declined",
        "never",
        (("chair", 8),),
        reason="Promises to pay everything once this is delivered",
        declined="First what is open since last year",
        asked=6,
        sent=True,
    ),
    Order(
        "released",
        "terms",
        (("desk", 3),),
        reason="Pays in two terms as agreed, the project goes on",
        released=5_000,
        asked=5,
        confirmed=True,
    ),
    Order("under_release", "terms", (("chair", 4),), sent=True),
    Order("prepaid", "final", (("beans", 6),)),
    Order(
        "prospect",
        "prospect",
        (("machine", 1), ("service", 1)),
        reason="First order, wants to fly with our coffee from May on",
        asked=2,
        sent=True,
    ),
    Order("passing", "on_time", (("paper", 4), ("beans", 8)), sent=True),
    Order("to_invoice", "portal", (("desk", 2), ("chair", 4)), confirmed=True),
    Order("delivered", "courtesy", (("beans", 12),), confirmed=True),
)
