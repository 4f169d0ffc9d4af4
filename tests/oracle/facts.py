"""What a decision looks at, as plain objects that print what is special about them.

Days are numbers: 0 is the day for which is decided, -8 is eight days before it. Amounts are
``Decimal`` in the currency of the document; ``rate`` makes them amounts of the company.
"""

from dataclasses import dataclass, field, fields
from decimal import Decimal
from fractions import Fraction

# Mild to firm.
STAGES = ("courtesy", "reminder", "firm", "final", "handover")
# In the order in which they are tried.
CHANNELS = ("email", "letter", "sms", "call", "visit")
CURRENCIES = ("own", "foreign")
# Whom a message can go to, in the order in which the database numbers them.
CONTACTS = ("debtor", "invoice", "reminder", "office", "in_charge")

INVOICES = ("out_invoice", "out_receipt")
SENT = ("sent", "imported")
PENDING = ("proposed", "ready", "sending", "todo", "failed")


def round_to_cents(amount):
    """Half up, away from zero."""
    cents = Fraction(amount) * 100
    half = Fraction(1, 2)
    return Decimal(int(cents + half if cents >= 0 else cents - half)) / 100


class Readable:
    """Prints only what is not as usual: what Hypothesis is left with when it has found a fault."""

    def __repr__(self):
        special = (
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if not self._is_usual(each)
        )
        return f"{type(self).__name__}({', '.join(special)})"

    def _repr_pretty_(self, printer, _cycle):
        """Hypothesis prints objects of its own making with all that was drawn for them."""
        printer.text(repr(self))

    def _is_usual(self, each):
        value = getattr(self, each.name)
        if callable(each.default_factory):
            return value == each.default_factory()
        return value == each.default


def fact(cls):
    return dataclass(repr=False, eq=False)(cls)


# === THE POLICY ===#
@fact
class Level(Readable):
    stage: str = "reminder"
    delay: int = 7
    gap: int = 7
    channels: tuple = ("email",)
    tried_first: str | None = None
    all_channels: bool = False
    addressed_to: str = "reminder"
    active: bool = True


@fact
class Policy(Readable):
    """A ladder as it is now, archived levels included, and as it was when ``before`` was sent."""

    levels: list = field(default_factory=list)
    by_debtor: bool = False
    minimum: Decimal = Decimal(0)
    only_delivered: bool = True
    quiet_days: int = 3
    hold_days: int = 7
    entries: bool = True
    active: bool = True
    # The letter that the reference of a debtor contains who gets it by himself.
    target_group: str | None = None


# === THE DEBTOR ===#
@fact
class Contact(Readable):
    """``email``: ok, missing, bounced, blacklisted; ``post``: ok, incomplete, returned;
    ``phone``: ok, missing, blacklisted."""

    email: str = "ok"
    post: str = "ok"
    phone: str = "ok"
    active: bool = True


@fact
class Item(Readable):
    """An open amount with its due date. Without one it is due on the day of its document."""

    due: int | None = -8
    amount: Decimal = Decimal(100)
    no_followup: bool = False
    reconciled: bool = False


@fact
class Document(Readable):
    """``kind``: out_invoice, out_receipt, entry, bank (money paid out), in_refund."""

    kind: str = "out_invoice"
    items: list = field(default_factory=list)
    day: int = -40
    currency: str = "own"
    rate: Decimal = Decimal(1)
    to_contact: bool = False
    policy: int | None = None
    delivered: bool = True
    payment_state: str = "not_paid"
    direct_debit: str | None = None
    posted: bool = True
    elsewhere: bool = False


@fact
class Money(Readable):
    """What lowers the debt and nobody allocated: payment, credit_note, settlement (the credit
    note of a dispute), entry; bill: what we owe a supplier."""

    kind: str = "payment"
    amount: Decimal = Decimal(10)
    day: int = -20
    currency: str = "own"
    elsewhere: bool = False


@fact
class Message(Readable):
    """A reminder about some items, at a level of a policy: two numbers.

    ``stage_then`` and ``place_then`` are the firmness of the level when it was made; ``dropped``
    are items that were taken out of it again.
    """

    items: tuple = ()
    dropped: tuple = ()
    policy: int = 0
    level: int = 0
    stage_then: str = "reminder"
    place_then: int = 1
    state: str = "sent"
    day: int = -10
    days_to_pay: int | None = 7
    is_rechecked: bool = False
    elsewhere: bool = False


@fact
class Block(Readable):
    """``item``: the number of an item; without one it holds a debtor, or the company."""

    item: int | None = None
    kind: str = "pause"
    start: int = -5
    end: int | None = None
    invoiced_until: int | None = None
    amount: Decimal = Decimal(0)
    lifted: bool = False
    company: str = "own"


@fact
class OnlinePayment(Readable):
    """For a document, or for what a message asks: the number of either."""

    document: int | None = None
    message: int | None = None
    state: str = "pending"
    processed: bool = False
    day: int = -1


@fact
class Debtor(Readable):
    address: Contact = field(default_factory=Contact)
    contacts: dict = field(default_factory=dict)
    has_status: bool = False
    own_group: bool = False
    policy: int | None = None
    reference: str = ""
    documents: list = field(default_factory=list)
    money: list = field(default_factory=list)
    messages: list = field(default_factory=list)
    blocks: list = field(default_factory=list)
    payments: list = field(default_factory=list)

    def numbered_items(self):
        """Number, document and item: messages and blocks name items by their number."""
        pairs = [(document, item) for document in self.documents for item in document.items]
        return [(number, document, item) for number, (document, item) in enumerate(pairs)]


# === THE COMPANY ===#
@fact
class Ledger(Readable):
    """A company, its policies and some debtors. ``weekday`` is that of day 0, 0 is a Monday."""

    policies: list = field(default_factory=list)
    default: int | None = 0
    debtors: list = field(default_factory=list)
    blocks: list = field(default_factory=list)
    is_branch: bool = False
    begin: str = "first"
    start: int | None = None
    weekly_cap: int = 0
    bank_max_age: int = 0
    bank_booked: int | None = None
    supplier_debits: bool = False
    saturday: bool = False
    date: object = None


@fact
class Verdict(Readable):
    """What is compared with the decision. ``level`` is a policy and a level by number, ``day``
    that of the reminder; ``block`` a block by its owner, debtor or company, and number."""

    reason: str = ""
    outcome: str = ""
    level: tuple | None = None
    day: int | None = None
    contact: str | None = None
    channels: tuple = ()
    amount: float = 0.0
    credit: float = 0.0
    last_level: tuple | None = None
    last_day: int | None = None
    message: int | None = None
    block: tuple | None = None
