"""Random ledgers and histories for Hypothesis.

Few different days and amounts, so that what happens on the same day or adds up to the same
amount happens often. What comes first in a list is the usual, to which examples shrink. Of most
things only one at a time is unusual: fewer choices make more ledgers per minute.
"""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from .facts import (
    CHANNELS,
    PENDING,
    SENT,
    STAGES,
    Block,
    Contact,
    Debtor,
    Document,
    Item,
    Ledger,
    Level,
    Message,
    Money,
    OnlinePayment,
    Policy,
)

MOST_DEBTORS = 12
MOST_POLICIES = 3
LIVE = (*SENT, *PENDING)


def decimals(*texts):
    return tuple(map(Decimal, texts))


# Around the delays, gaps and terms of the levels.
DUE = (-8, -7, -1, -2, -6, -14, -15, -20, -22, -30, -31, -45, -90, 0, 1, 3, 4, 10)
AMOUNTS = decimals("100", "30", "60", "50", "10", "0.05", "33.33", "1000")
# A Wednesday, days around Easter, a Friday before King's Day.
DATES = tuple(date(2026, 4, day) for day in (8, 1, 2, 3, 4, 6, 24))


def variants(usual, **others):
    """A strategy: nothing special, ``usual`` times as often as any one of the others."""
    rare = [{name: value} for name, values in others.items() for value in values]
    return st.sampled_from([*[{}] * usual, *rare])


# === POLICIES ===#
CHANNEL_SETS = (
    ("email",),
    ("email", "letter"),
    ("letter", "call"),
    ("sms", "call", "visit"),
    ("letter",),
    CHANNELS,
)
LEVELS = variants(
    6,
    channels=CHANNEL_SETS[1:],
    all_channels=(True,),
    addressed_to=("invoice", "debtor"),
    active=(False,),
)
LADDERS = (
    ("reminder",),
    ("courtesy", "reminder", "firm", "final", "handover"),
    ("reminder", "reminder", "firm"),
    ("courtesy", "reminder", "reminder", "final"),
    ("reminder", "final", "handover"),
    ("firm", "firm", "handover"),
    ("courtesy", "handover"),
    (),
)
POLICIES = variants(
    6,
    only_delivered=(False,),
    quiet_days=(0, 20),
    hold_days=(0, 14),
    entries=(False,),
    active=(False,),
    target_group=("A", "B"),
)
CHANGES = st.lists(st.sampled_from(("insert", "remove", "move", "stage")), max_size=3)
EARLY = st.sampled_from((-3, -1, -10))
LATE = st.sampled_from((7, 0, 1, 14, 21, 30))
GAPS = st.sampled_from((7, 0, 1, 14))
MINIMUMS = st.sampled_from(decimals("0", "0", "0", "50", "70", "100", "20"))


@st.composite
def levels(draw, stage):
    level = Level(
        stage=stage,
        delay=draw(EARLY if stage == "courtesy" else LATE),
        gap=draw(GAPS),
        **draw(LEVELS),
    )
    if stage == "handover":
        level.channels = ()
    elif len(level.channels) > 1:
        level.tried_first = draw(st.sampled_from((None, *level.channels)))
    return level


def put_in_order(ladder):
    """Make levels what a policy accepts: never milder, nor earlier, than the one before."""
    ladder.sort(key=lambda level: STAGES.index(level.stage))
    delays = sorted(level.delay for level in ladder)
    for level, delay in zip(ladder, delays, strict=True):
        level.delay = delay


@st.composite
def policies(draw):
    """A ladder that was changed after some of its messages were sent.

    :return: the policy, and for each level its stage and place before, or None for a new one
    """
    before = [draw(levels(stage)) for stage in draw(st.sampled_from(LADDERS))]
    then = {id(level): (level.stage, place) for place, level in enumerate(before, start=1)}
    ladder = list(before)
    for change in draw(CHANGES):
        if change == "insert":
            ladder.append(draw(levels(draw(st.sampled_from(STAGES)))))
        elif ladder:
            position = draw(st.integers(0, len(ladder) - 1))
            change_level(draw, ladder, position, change)
    put_in_order(ladder)
    policy = Policy(levels=ladder, by_debtor=draw(st.booleans()), minimum=draw(MINIMUMS))
    for _number in range(2):
        for name, value in draw(POLICIES).items():
            setattr(policy, name, value)
    return policy, [then.get(id(level)) for level in ladder]


def change_level(draw, ladder, position, change):
    if change == "remove":
        del ladder[position]
    elif change == "move":
        ladder.insert(0, ladder.pop(position))
    elif ladder[position].stage not in ("courtesy", "handover"):
        ladder[position].stage = draw(st.sampled_from(("reminder", "firm", "final")))


# === DEBTORS ===#
ADDRESSES = variants(
    12,
    email=("missing", "bounced", "blacklisted"),
    post=("incomplete", "returned"),
    phone=("missing", "blacklisted"),
)
ITEMS = variants(16, no_followup=(True,), reconciled=(True,))
DOCUMENTS = variants(
    36,
    kind=("entry", "in_refund", "bank", "out_receipt", "entry", "in_refund"),
    to_contact=(True,) * 3,
    delivered=(False,),
    payment_state=("partial", "blocked", "in_payment"),
    direct_debit=("collected", "returned"),
    posted=(False,),
    elsewhere=(True,),
    policy=(0, 1, 2),
)
DOCUMENT_DAYS = st.sampled_from((-40, -8, -1, -5, -12, -3, -60))
RATES = st.sampled_from(decimals("1", "1", "1", "0.5", "2", "0.87"))
CONTACT_ROLES = st.sampled_from([()] * 4 + [("reminder",), ("office",), ("in_charge",)])
MONEY_KINDS = ("payment", "credit_note", "settlement", "entry", "bill")
BLOCK_KINDS = ("pause", "dispute", "promise", "arrangement", "collection", "status")
DEBTORS = variants(8, has_status=(True,), policy=(0, 1, 2), reference=("A", "B", "AB"))


@st.composite
def contacts(draw):
    """Sometimes without any address that works, or with more than one that does not."""
    return Contact(**draw(ADDRESSES) | draw(ADDRESSES) | draw(ADDRESSES))


@st.composite
def documents(draw):
    rate = draw(RATES)
    document = Document(day=draw(DOCUMENT_DAYS), rate=rate)
    document.currency = "own" if rate == 1 else "foreign"
    for name, value in (draw(DOCUMENTS) | draw(DOCUMENTS)).items():
        setattr(document, name, value)
    for _number in range(draw(st.sampled_from((1, 1, 2)))):
        due = draw(st.sampled_from((*DUE, None)))
        document.items.append(Item(due, draw(st.sampled_from(AMOUNTS)), **draw(ITEMS)))
    return document


MONEY = st.builds(
    Money,
    kind=st.sampled_from(MONEY_KINDS),
    amount=st.sampled_from(decimals("10", "100", "20", "0.05", "60", "33.33", "999.99")),
    day=st.sampled_from((-20, -6, -7, -8, 0, -13, -14)),
    currency=st.sampled_from(("own", "own", "own", "foreign")),
    elsewhere=st.sampled_from((False,) * 7 + (True,)),
)


@st.composite
def blocks(draw, item_count=0):
    """A part can only be held of an item, and until when it was invoiced matters of others."""
    block = Block(kind=draw(st.sampled_from(BLOCK_KINDS)), start=draw(st.sampled_from((-5, 0, 1))))
    length = draw(st.sampled_from((None, 0, 4, 5, 6, 40)))
    block.end = None if length is None else block.start + length
    for name, value in draw(variants(8, lifted=(True,), company=("parent", "other"))).items():
        setattr(block, name, value)
    if item_count and draw(st.sampled_from((True, True, False))):
        block.item = draw(st.integers(0, item_count - 1))
        block.amount = draw(st.sampled_from(decimals("0", "10", "30", "100", "50")))
    else:
        block.invoiced_until = draw(st.sampled_from((None, -12, -8, -40)))
    return block


STATES = ("sent",) * 6 + ("imported", *PENDING, "cancelled", "obsolete", "corrected")


@st.composite
def messages(draw, item_count, ladders):
    """History of a debtor, without what the database would refuse: an item is in one message
    that waits, and a level is sent once."""
    used, waiting, history = set(), set(), []
    steps = [
        (policy, level, then)
        for policy, (ladder, befores) in enumerate(ladders)
        for level, then in enumerate(befores)
    ]
    for _number in range(draw(st.sampled_from((0, 1, 1, 2, 3))) if steps else 0):
        policy, level, then = draw(st.sampled_from(steps))
        if then is None or draw(st.booleans()):
            # Sent after the policy was changed.
            then = ladders[policy][0][level].stage, level + 1
        state = draw(st.sampled_from(STATES))
        wanted = draw(st.sampled_from((range(item_count), range(1), range(1, item_count))))
        free = tuple(
            item
            for item in wanted
            if state not in LIVE
            or ((item, policy, level) not in used and (state in SENT or item not in waiting))
        )
        if state in LIVE:
            used |= {(item, policy, level) for item in free}
        if state in PENDING:
            waiting |= set(free)
        dropped = draw(st.sampled_from((0, 0, 0, 1))) if len(free) > 1 else 0
        message = Message(
            items=free[dropped:],
            dropped=free[:dropped],
            policy=policy,
            level=level,
            stage_then=then[0],
            place_then=then[1],
            state=state,
            day=draw(st.sampled_from((-10, 0, -1, -6, -7, -8, -14, -30))),
            days_to_pay=draw(st.sampled_from((7, 0, 14, None))),
            elsewhere=not wanted and draw(st.booleans()),
        )
        message.is_rechecked = state in PENDING and draw(st.sampled_from((False, False, True)))
        history.append(message)
    return history


@st.composite
def debtors(draw, ladders):
    debtor = Debtor(
        address=draw(contacts()),
        contacts={"invoice": Contact()},
        documents=draw(st.lists(documents(), min_size=1, max_size=4)),
        money=draw(st.lists(MONEY, max_size=2)),
    )
    for name, value in (draw(DEBTORS) | draw(DEBTORS)).items():
        setattr(debtor, name, value)
    for role in ("invoice", *draw(CONTACT_ROLES), *draw(CONTACT_ROLES)):
        debtor.contacts[role] = draw(contacts())
        debtor.contacts[role].active = draw(st.sampled_from((True,) * 5 + (False,)))
    keep_known(debtor, len(ladders))
    for document in debtor.documents:
        keep_known(document, len(ladders))
    item_count = len(debtor.numbered_items())
    debtor.messages = draw(messages(item_count, ladders))
    for _number in range(draw(st.sampled_from((0, 0, 0, 1, 1, 2)))):
        debtor.blocks.append(draw(blocks(item_count)))
    if draw(st.sampled_from((False,) * 6 + (True,))):
        debtor.payments.append(draw(payments(debtor)))
    return debtor


def keep_known(facts, count):
    """A policy that there is."""
    if facts.policy is not None and facts.policy >= count:
        facts.policy = None


@st.composite
def payments(draw, debtor):
    payment = OnlinePayment(
        state=draw(st.sampled_from(("pending", "authorized", "done", "draft", "cancel"))),
        processed=draw(st.booleans()),
        day=draw(st.sampled_from((-1, -6, -7, -8))),
    )
    if debtor.messages and draw(st.booleans()):
        payment.message = draw(st.integers(0, len(debtor.messages) - 1))
    else:
        payment.document = draw(st.integers(0, len(debtor.documents) - 1))
    return payment


# === THE LEDGER ===#
LEDGERS = variants(
    6,
    default=(None, 1),
    bank_max_age=(3,),
    saturday=(True,),
    is_branch=(True, True),
    begin=("age", "age", "date", "date"),
)


@st.composite
def ledgers(draw):
    policy_list = draw(st.lists(policies(), min_size=1, max_size=MOST_POLICIES))
    ladders = [(policy.levels, befores) for policy, befores in policy_list]
    ledger = Ledger(
        policies=[policy for policy, _befores in policy_list],
        debtors=draw(st.lists(debtors(ladders), min_size=1, max_size=MOST_DEBTORS)),
        start=draw(st.sampled_from((None, -15, -8, -1, -30))),
        bank_booked=draw(st.sampled_from((None, -3, -4, 0))),
        supplier_debits=draw(st.booleans()),
        weekly_cap=draw(st.sampled_from((0, 0, 1, 2))),
        date=draw(st.sampled_from(DATES)),
    )
    for name, value in (draw(LEDGERS) | draw(LEDGERS) | draw(LEDGERS)).items():
        setattr(ledger, name, value)
    if ledger.default == 1 and len(ladders) == 1:
        ledger.default = 0
    if draw(st.sampled_from((False,) * 9 + (True,))):
        ledger.blocks.append(draw(blocks()))
    ledger.debtors[0].own_group = draw(st.sampled_from((False,) * 14 + (True,)))
    return ledger
