"""Who plays in the demo story: the people who owe the company money, all invented.

The named debtors each show one case, in words that a reader recognizes from practice. `late` says
how many days an invoice is overdue on the day of installation; negative means not due yet. The
one VAT number has valid check digits and lies in a range that was not handed out.
"""

from typing import NamedTuple


class Pay(NamedTuple):
    """Money for an invoice: so many days after its first due date, a share of its total.

    `short` is kept back, in the invoice's currency.
    """

    days: int
    share: float = 1.0
    short: float = 0.0


class Bill(NamedTuple):
    """An invoice of a named debtor and what became of it."""

    late: int
    lines: tuple = (("chair", 2),)
    term: str = "30"
    pays: tuple = ()
    credit: tuple = ()  # (days after the first due date, lines): a credit note against it
    sent: bool = True
    no_followup: bool = False
    blocked: bool = False  # the core's "blocked" payment state
    pending: bool = False  # an online payment is under way
    currency: str = ""
    to: str = ""  # key of the contact it is addressed to
    returned: int = 0  # days after the due date on which the bank returned the direct debit


class Loose(NamedTuple):
    """Money or a credit note that nobody has allocated to an invoice yet."""

    days_ago: int
    amount: float
    kind: str = "payment"


class Hold(NamedTuple):
    """A block on the debtor."""

    kind: str
    reason: str
    since: int  # days ago
    days: int | None = None  # how long it lasts; None: until someone lifts it


class Status(NamedTuple):
    """A legal state such as bankruptcy, and who is in charge since then."""

    kind: str
    since: int  # days ago
    key: str
    person: str
    reference: str


class Debtor(NamedTuple):
    key: str
    name: str
    case: str
    bills: tuple = ()
    loose: tuple = ()
    holds: tuple = ()
    country: str = "nl"
    person: bool = False
    lang: str = "nl_NL"
    vat: str = ""
    email: bool = True
    address: bool = True
    phone: bool = False  # one is known although the postal address is not
    bounced: bool = False  # the last reminder came back from the mail server
    direct_debit: bool = False
    status: Status | None = None
    contacts: tuple = ()  # (key, name, type)


def _regular(days, amount=(("paper", 1),), count=8, first=330, step=36):
    """A year of bills that were all paid so many days after (negative: before) their due date."""
    return tuple(Bill(first - step * i, amount, pays=(Pay(days + i % 3),)) for i in range(count))


COFFEE = (("machine", 1), ("beans", 4))
FURNITURE = (("desk", 3), ("chair", 3))
SMALL = (("beans", 1),)

DEBTORS = (
    Debtor("early", "Drakenstaart Logistiek BV", "pays early", (*_regular(-12), Bill(-6))),
    Debtor(
        "on_time",
        "Notariskantoor Vlinderslag",
        "pays on the day",
        (*_regular(-2, COFFEE), Bill(-14, COFFEE)),
    ),
    Debtor(
        "portal",
        "Uitgeverij De Inktvis BV",
        "pays after the first reminder; is offered installments for the machines",
        (
            *_regular(10, FURNITURE),
            Bill(8, FURNITURE),
            Bill(5, (("machine", 2),)),
            Bill(1),
            Bill(-20),
        ),
        contacts=(("portal_person", "Wietske Kroontjespen", "contact"),),
    ),
    Debtor(
        "firm",
        "Timmerfabriek Splinterwoud",
        "pays after the second reminder",
        (*_regular(23, count=8), Bill(22), Bill(15, COFFEE)),
    ),
    Debtor(
        "final",
        "Restaurant De Lege Soeplepel",
        "pays after the final notice only",
        (*_regular(38, COFFEE, count=7), Bill(33, COFFEE), Bill(32), Bill(3)),
    ),
    Debtor(
        "never",
        "Nooitgedacht Handelshuis VOF",
        "never pays; handed over, and again about to be",
        (Bill(300, FURNITURE), Bill(205, COFFEE), Bill(120), Bill(56, FURNITURE), Bill(47)),
    ),
    Debtor(
        "pending",
        "Hoedenmakerij Zonder Haast",
        "last week's final notice still waits for someone to release it",
        (Bill(130, pays=(Pay(30),)), Bill(40, COFFEE)),
    ),
    Debtor(
        "partly",
        "Sportschool Krachtpatsertje",
        "pays a part and leaves the rest",
        (
            Bill(95, COFFEE, pays=(Pay(12, 0.4), Pay(60, 0.2))),
            Bill(33, FURNITURE, pays=(Pay(4, 0.5),)),
            Bill(9, SMALL, pays=(Pay(2, 0.5),)),
        ),
    ),
    Debtor(
        "halves",
        "Kwekerij Halverwege",
        "pays in two halves",
        tuple(Bill(300 - 45 * i, COFFEE, pays=(Pay(1, 0.5), Pay(28, 0.5))) for i in range(7)),
    ),
    Debtor(
        "courtesy",
        "Huisartsen De Gouden Pleister",
        "friendly word before the due date",
        (*_regular(0, SMALL, count=6), Bill(-3, FURNITURE), Bill(-2, COFFEE)),
    ),
    Debtor(
        "unsent",
        "Museum Stoffig Verleden",
        "invoices that never left the house",
        (Bill(40, COFFEE, sent=False), Bill(12, sent=False), Bill(-2, sent=False)),
    ),
    Debtor(
        "no_followup",
        "Stichting Dorpshuis Kraaienveen",
        "taken out of follow-up by the bookkeeper",
        (Bill(70, no_followup=True), Bill(26, no_followup=True)),
    ),
    Debtor(
        "terms",
        "Architectenbureau Scheve Toren",
        "several due dates on one invoice",
        (
            Bill(24, FURNITURE, term="halves"),
            Bill(34, (("desk", 8), ("chair", 8)), term="halves", pays=(Pay(2, 0.5),)),
            Bill(33, (("machine", 2),), term="spread"),
            Bill(-2, COFFEE, term="spread"),
        ),
    ),
    Debtor(
        "english",
        "Thimblewick & Quill Trading",
        "English-speaking, buys in dollars",
        (
            Bill(60, COFFEE, pays=(Pay(6),), currency="USD"),
            Bill(23, FURNITURE, currency="USD"),
            Bill(9, currency="USD"),
            Bill(8),
        ),
        lang="en_US",
    ),
    Debtor(
        "no_email",
        "Smederij De Dove Hamer",
        "no e-mail address: gets letters",
        (Bill(22), Bill(8, FURNITURE), Bill(-3)),
        email=False,
    ),
    Debtor(
        "no_address",
        "Kermisbedrijf Nergenshuis",
        "neither e-mail nor postal address",
        (Bill(65), Bill(11, SMALL)),
        email=False,
        address=False,
    ),
    Debtor(
        "paused",
        "Theater De Rode Neus",
        "everything paused while the season is closed",
        (Bill(42, COFFEE), Bill(13)),
        holds=(Hold("pause", "Season closed, pays from the first box office", 14, 35),),
    ),
    Debtor(
        "resumed",
        "Zeilmakerij Tegenwind",
        "a pause that is over: reminders resumed by themselves",
        (Bill(48, FURNITURE), Bill(10)),
        holds=(Hold("pause", "Storm damage, asked for a month", 45, 30),),
    ),
    Debtor(
        "dispute",
        "Apotheek Het Zevende Flesje",
        "disputes a part of one invoice and the whole of another",
        (Bill(33, FURNITURE), Bill(25, COFFEE), Bill(9)),
    ),
    Debtor(
        "promise",
        "Garage De Vliegende Bougie",
        "promises by telephone, and does what he says; the next one is for next week",
        (
            Bill(205, COFFEE, pays=(Pay(22),)),
            Bill(118, FURNITURE, pays=(Pay(23),)),
            Bill(27, COFFEE),
        ),
    ),
    Debtor(
        "arrangement",
        "Bakkerij Roggegeur",
        "pays off in installments, always on time",
        (Bill(110, (("machine", 3), ("beans", 10))),),
    ),
    Debtor(
        "collection",
        "Partycentrum Laatste Ronde",
        "with the collection agency",
        (Bill(190, FURNITURE), Bill(175, COFFEE)),
        holds=(Hold("collection", "File handed to the agency", 95),),
    ),
    Debtor(
        "blocked",
        "Drukkerij Zetduivel",
        "payment blocked in accounting",
        (Bill(29, COFFEE, blocked=True), Bill(7, SMALL)),
    ),
    Debtor(
        "credited",
        "Bloemisterij Knakstengel",
        "returned goods: credit notes settled with the invoice",
        (
            Bill(90, FURNITURE, pays=(Pay(14, 0.5),), credit=(20, (("desk", 1), ("chair", 2)))),
            Bill(35, (("chair", 4),), credit=(10, (("chair", 4),))),
            Bill(9, FURNITURE, credit=(3, (("desk", 1),))),
        ),
    ),
    Debtor(
        "covered",
        "Camping Het Natte Tentzeil",
        "an old credit note, not allocated, covers what is overdue",
        (Bill(24, SMALL),),
        loose=(Loose(60, 300.0, "credit"),),
    ),
    Debtor(
        "uncovered",
        "Scheepswerf Kapersbaai BV",
        "an old credit note of 12 must not silence a large debt",
        (Bill(23, (("machine", 4), ("desk", 6))),),
        loose=(Loose(60, 12.0, "credit"),),
    ),
    Debtor(
        "just_paid",
        "Rijschool Achteruit",
        "money came in yesterday without a reference",
        (Bill(22, COFFEE), Bill(10)),
        loose=(Loose(1, 350.0),),
    ),
    Debtor(
        "under_way",
        "Wasserij De Schone Schijn",
        "is paying online at this moment",
        (Bill(23, FURNITURE, pending=True), Bill(-5)),
    ),
    Debtor(
        "residue",
        "Kapsalon Krulspeld",
        "small change left open: below the minimum",
        (
            Bill(50, pays=(Pay(3, short=1.25),)),
            Bill(18, SMALL, pays=(Pay(6, short=2.0),)),
        ),
    ),
    Debtor(
        "fresh",
        "Pop-upwinkel Vandaag Nog",
        "invoiced today, due at once: not within three days of the invoice",
        (Bill(0, SMALL, term="halves"), Bill(1, term="halves")),
    ),
    Debtor(
        "branches",
        "Wolkenfabriek Holding BV",
        "invoices to a branch; the accounts department of head office gets the mail",
        (Bill(33, FURNITURE, to="branch"), Bill(22, COFFEE, to="branch"), Bill(8), Bill(-3)),
        contacts=(
            ("accounts", "Crediteurenadministratie", "invoice"),
            ("branch", "Filiaal Maanbroek", "other"),
        ),
    ),
    Debtor(
        "belgian",
        "Brouwerij Het Dorstige Paard NV",
        "Belgian business, late with everything",
        (*_regular(17, COFFEE, count=7), Bill(23, FURNITURE), Bill(8)),
        country="be",
        vat="BE0999999922",
    ),
    Debtor(
        "french",
        "Chocolaterie Du Nuage SRL",
        "Belgian business, French-speaking",
        (*_regular(5, count=6), Bill(32), Bill(-2, COFFEE)),
        country="be",
        lang="fr_BE",
    ),
    Debtor(
        "consumer",
        "Joris van Nergenshuizen",
        "Dutch consumer, forgetful",
        (*_regular(16, SMALL, count=4), Bill(33, (("chair", 1),), term="14"), Bill(8, SMALL)),
        person=True,
    ),
    Debtor(
        "consumer_be",
        "Fien Kattebel",
        "Belgian consumer",
        (Bill(60, SMALL, pays=(Pay(9),)), Bill(22, (("chair", 1),), term="14")),
        country="be",
        person=True,
    ),
    Debtor(
        "phone_only",
        "Poffertjeskraam Zoete Inval",
        "nothing but a telephone number: someone has to call",
        (Bill(22, COFFEE), Bill(8, SMALL)),
        email=False,
        address=False,
        phone=True,
    ),
    Debtor(
        "bounced",
        "Antiquariaat Ezelsoor",
        "moved to another provider: last week's reminder came back and goes out as a letter",
        (Bill(12, (("desk", 2),)), Bill(-9)),
        bounced=True,
    ),
    Debtor(
        "bankrupt",
        "Feestwinkel De Lege Ballon BV",
        "bankrupt: older items are claims to file, later ones go to the trustee",
        (Bill(88, FURNITURE), Bill(64, COFFEE), Bill(9)),
        status=Status("bankruptcy", 45, "trustee", "mr. Aafke Boedelbeheer", "F.99/00/000"),
    ),
    Debtor(
        "direct_debit",
        "Zwemschool De Waterrat",
        "pays by direct debit, of which the bank returned one",
        (Bill(40, COFFEE, pays=(Pay(0),)), Bill(11, COFFEE, returned=8), Bill(2)),
        direct_debit=True,
    ),
    Debtor(
        "missed",
        "Zonnestudio Bleekneus",
        "pays off week by week, and missed the last installment",
        (Bill(75, FURNITURE),),
    ),
    Debtor(
        "fulfilled",
        "Rondvaart De Trage Tobbe",
        "paid off what was overdue in three installments",
        (Bill(150, COFFEE), Bill(-12)),
    ),
    Debtor(
        "broken",
        "Slagerij Half Om Half",
        "stopped after the first installment: reminders go on",
        (Bill(90, COFFEE),),
    ),
)

# The crowd: (name, country, consumer). Their bills and habits are drawn by the plan.
CROWD = (
    ("Advocatenkantoor Kromme Lepel", "nl", False),
    ("Bouwbedrijf Luchtkasteel BV", "nl", False),
    ("Hoveniers Klavervier", "nl", False),
    ("Transportbedrijf Slakkengang", "nl", False),
    ("Accountants Twee Plus Twee", "nl", False),
    ("Dierenkliniek De Vierde Poot", "nl", False),
    ("Meubelhuis Wiebelpoot BV", "nl", False),
    ("Reisbureau Verkeerde Bestemming", "nl", False),
    ("Kinderopvang Kabouterberg", "nl", False),
    ("Imkerij Zoemende Zaken", "nl", False),
    ("Softwarehuis Nul Komma Nul BV", "nl", False),
    ("Kaasmakerij Gatenkaas & Co", "nl", False),
    ("Hotel De Slapende Kat", "be", False),
    ("Frituur Gouden Puntzak", "be", False),
    ("Studio Sint-Vlinder BV", "be", False),
    ("Annemiek Sterrenkijker", "nl", True),
    ("Teun Wolkenwandelaar", "nl", True),
    ("Loes Lindebloesem", "nl", True),
    ("Gijs Goudenregen", "nl", True),
    ("Mare Maneschijn", "be", True),
)
