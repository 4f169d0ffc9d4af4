"""What debtors of the demo story disputed, why, and how that ended.

Days are counted back from the day of installation; negative lies ahead. Bills are counted from the
first one of the debtor. Amounts are in the currency of the bill, taxes included.
"""

from typing import NamedTuple


class Dispute(NamedTuple):
    """One dossier: what was disputed of one bill, and what became of it."""

    debtor: str
    bill: int
    opened: int  # days ago
    reason: str  # last part of the XML id of the reason
    said: str
    product: str = ""  # only this line of the bill
    quantity: float = 0.0  # of that line; zero: all of it
    amount: float = 0.0  # only this amount; without product and amount the whole bill
    wish: str = ""
    origin: str = "office"
    contact: str = ""  # key of the person who said it
    looked: int = -1  # days ago on which somebody began to look into it
    settled: int = -1  # days ago
    outcome: str = ""
    granted: float = 0.0  # amount of the credit note; zero: what was disputed
    answer: str = ""
    note: str = ""  # for colleagues only
    asked: int = -1  # days ago on which we asked the debtor something that is not answered yet
    letters: tuple = ()  # (days ago, whether the debtor wrote it, text)
    file: str = ""  # what came with the first word of the debtor: "photo" or "receipt"


class Talk(NamedTuple):
    """A call in which a debtor told another reason for being late."""

    debtor: str
    bill: int
    days_ago: int
    outcome: str
    note: str


class Rule(NamedTuple):
    """Who settles which disputes, and how fast."""

    name: str
    reasons: tuple
    days: int
    login: str
    escalated_to: str
    minimum: float = 0.0
    priority: str = "0"


WINDOW_DAYS = 45
ALIAS = "factuurvragen"
# Colleagues have read by now what is older.
READ_AFTER = 7
HEADS = {
    "sales": "salesperson",
    "logistics": "manager",
    "quality": "manager",
    "billing": "accountant",
    "finance": "collector",
}

RULES = (
    Rule("Large amounts", (), 5, "collector", "manager", minimum=2_500.0, priority="1"),
    Rule("Goods", ("delivery", "quality"), 10, "manager", "collector"),
    Rule("Prices and orders", ("price", "not_ordered", "agreement"), 10, "salesperson", "manager"),
    Rule("Paperwork", ("po_number", "unclear", "sent_wrong"), 3, "accountant", "manager"),
)

DISPUTES = (
    # === THE PAST ===#
    Dispute(
        "belgian",
        0,
        328,
        "delivery",
        "Three boxes of coffee came, not four.",
        product="beans",
        quantity=1,
        wish="credit",
        settled=318,
        outcome="accepted",
        answer="The carrier found the fourth box. You get a credit note for it.",
    ),
    Dispute(
        "final",
        0,
        322,
        "price",
        "The machine was promised for 1,750.",
        amount=175.0,
        wish="credit",
        origin="contact",
        looked=320,
        settled=306,
        outcome="partly",
        granted=75.0,
        answer="The offer was for orders of two machines. We meet you with 75.",
    ),
    Dispute(
        "portal",
        1,
        292,
        "quality",
        "One desk wobbles, however we turn the screws.",
        product="desk",
        quantity=1,
        wish="replace",
        origin="portal",
        contact="portal_person",
        settled=285,
        outcome="replaced",
        answer="The driver brought another desk and took the old one back.",
    ),
    Dispute(
        "consumer",
        1,
        292,
        "quality",
        "The beans smell of fish.",
        wish="replace",
        origin="portal",
        settled=288,
        outcome="withdrawn",
    ),
    Dispute(
        "firm",
        2,
        251,
        "sent_wrong",
        "We only take invoices through the portal of our head office.",
        wish="correct",
        settled=244,
        outcome="corrected",
        answer="The invoice was sent again, the way you asked.",
    ),
    Dispute(
        "belgian",
        3,
        220,
        "delivery",
        "Two boxes of coffee are missing again.",
        product="beans",
        quantity=2,
        wish="credit",
        origin="mail",
        looked=218,
        settled=209,
        outcome="accepted",
        answer="You are right. The credit note comes with this message.",
    ),
    Dispute(
        "final",
        3,
        214,
        "not_ordered",
        "Nobody here ordered a second machine.",
        product="machine",
        wish="credit",
        looked=211,
        settled=203,
        outcome="rejected",
        answer="Your cook signed the quotation. A copy was sent to you.",
    ),
    Dispute(
        "portal",
        4,
        188,
        "po_number",
        "Please put our order number on the invoice.",
        wish="correct",
        origin="portal",
        contact="portal_person",
        settled=185,
        outcome="corrected",
        answer="The number is on it now.",
    ),
    Dispute(
        "firm",
        5,
        143,
        "price",
        "A pallet was 20 cheaper last time.",
        amount=40.0,
        wish="credit",
        settled=129,
        outcome="accepted",
        answer="The old price was still agreed. You get the difference back.",
    ),
    Dispute(
        "fulfilled",
        0,
        141,
        "agreement",
        "The machine would be paid from what we earn with it, month by month.",
        wish="other",
        settled=129,
        outcome="arranged",
        answer="Three installments, as was talked about.",
    ),
    Dispute(
        "final",
        5,
        140,
        "already_paid",
        "That was paid in cash to the driver.",
        wish="explain",
        origin="contact",
        settled=131,
        outcome="rejected",
        answer="Our drivers take no cash, and no receipt was found.",
    ),
    Dispute(
        "on_time",
        6,
        121,
        "unclear",
        "What is the maintenance visit about?",
        wish="explain",
        origin="mail",
        settled=118,
        outcome="withdrawn",
    ),
    Dispute(
        "portal",
        7,
        79,
        "delivery",
        "Two chairs came, not three.",
        product="chair",
        quantity=1,
        wish="credit",
        origin="portal",
        contact="portal_person",
        looked=77,
        settled=72,
        outcome="accepted",
        answer="The third chair was never loaded. You get a credit note for it.",
        letters=((76, False, "We are asking the carrier."), (75, True, "Thank you, no hurry.")),
    ),
    Dispute(
        "halves",
        5,
        72,
        "quality",
        "The machine leaks on the counter.",
        product="machine",
        wish="replace",
        looked=70,
        settled=58,
        outcome="replaced",
        answer="The machine was exchanged.",
    ),
    Dispute(
        "firm",
        7,
        71,
        "delivery",
        "The paper never came.",
        wish="explain",
        settled=62,
        outcome="rejected",
        answer="Your colleague signed for the pallet. The receipt was sent to you.",
    ),
    Dispute(
        "english",
        0,
        59,
        "agreement",
        "You promised free shipping on the first order.",
        amount=120.0,
        wish="credit",
        origin="mail",
        settled=55,
        outcome="accepted",
        answer="You are right, and we are sorry.",
    ),
    Dispute(
        "partly",
        1,
        31,
        "price",
        "The discount of ten percent is missing.",
        amount=317.0,
        wish="credit",
        looked=28,
        settled=15,
        outcome="partly",
        granted=158.5,
        answer="The discount was agreed for the desks only.",
    ),
    # === NOW ===#
    Dispute(
        "dispute",
        0,
        20,
        "quality",
        "One desk arrived with a scratch from side to side.",
        product="desk",
        quantity=1,
        wish="replace",
        origin="portal",
        looked=19,
        note="The carrier's insurance pays when we send the photo.",
        letters=(
            (17, False, "Would you keep the desk for a lower price?"),
            (16, True, "No, our customers see it. We want another one."),
        ),
        file="photo",
    ),
    Dispute(
        "dispute",
        1,
        18,
        "delivery",
        "The machine was never delivered.",
        wish="replace",
        origin="contact",
        note="Logistics cannot find a receipt.",
    ),
    Dispute(
        "french",
        6,
        18,
        "already_paid",
        "Nous avons payé cette facture en janvier.",
        wish="explain",
        settled=4,
        outcome="rejected",
        answer="Nous n'avons pas trouvé ce paiement : il concernait une autre facture.",
    ),
    Dispute(
        "branches",
        1,
        8,
        "delivery",
        "The branch signed for two boxes of coffee, not four.",
        product="beans",
        quantity=2,
        wish="credit",
        origin="mail",
        contact="accounts",
        looked=7,
        asked=6,
        letters=((6, False, "Who signed for it? The name on the receipt cannot be read."),),
        file="receipt",
    ),
    Dispute(
        "terms",
        1,
        5,
        "agreement",
        "Assembling was to be included, and we did it ourselves.",
        amount=900.0,
        wish="credit",
        origin="mail",
    ),
    Dispute(
        "portal",
        8,
        3,
        "quality",
        "The armrest of one chair is loose.",
        product="chair",
        quantity=1,
        wish="replace",
        origin="portal",
        contact="portal_person",
        looked=2,
        asked=1,
        letters=(
            (1, False, "Is it the left one or the right one? A new one can be sent by post."),
        ),
        file="photo",
    ),
    Dispute(
        "belgian",
        7,
        1,
        "not_ordered",
        "We ordered three desks, but no chairs.",
        product="chair",
        wish="credit",
        origin="portal",
    ),
    Dispute(
        "no_email",
        1,
        0,
        "price",
        "The price of the desks is higher than on the quotation.",
        amount=145.0,
        wish="credit",
        origin="contact",
    ),
)

TALKS = (
    Talk("no_email", 0, 15, "not_received", "The letter went to the old address."),
    Talk("never", 2, 98, "not_received", "Says so every time."),
    Talk("arrangement", 0, 82, "cannot_pay", "The oven had to be replaced."),
    Talk("broken", 0, 57, "cannot_pay", "A refrigerator broke down."),
    Talk("final", 4, 170, "not_received", "The cook opens the mail on Mondays."),
)
