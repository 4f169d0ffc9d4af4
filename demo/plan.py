"""The cast turned into dated documents, without Odoo: the same day always gives the same year.

Everything is relative to the day of installation. A fixed seed makes two installations of one day
alike.
"""

import random
from datetime import date, timedelta
from typing import NamedTuple

from . import charge_cast
from .cast import CROWD, DEBTORS, Bill, Debtor, Pay
from .props import TERMS

SEED = "zilverlinde"
DAYS_OF_STORY = 365

# Habits of the crowd with their weight; numbers are days after the due date, None is never.
# Each habit is a function of the random generator that returns the payments of one bill.
HABITS = (
    (2, lambda draw: (Pay(draw.randint(-14, -4)),)),
    (4, lambda draw: (Pay(draw.randint(-3, 1)),)),
    (4, lambda draw: (Pay(draw.randint(3, 12)),)),
    (2, lambda draw: (Pay(draw.randint(10, 26)),)),
    (1, lambda draw: (Pay(draw.randint(24, 42)),)),
    (1, lambda draw: (Pay(draw.randint(0, 9), 0.5), Pay(draw.randint(20, 40), 0.5))),
    (1, lambda draw: (Pay(draw.randint(-2, 15), round(draw.uniform(0.3, 0.7), 2)),)),
)
# Also a good payer misses a bill now and then.
CHANCE_OF_A_SLIP = 0.06


class Period(NamedTuple):
    """The days after `after` until and including `until`; `day in period` asks for them."""

    after: date
    until: date

    def __contains__(self, day):
        return self.after < day <= self.until


class Document(NamedTuple):
    """An invoice with its dates: `payments` and `credit` are (date, …) in order of time."""

    key: str
    debtor: str
    bill: Bill
    issued: date
    due: date
    payments: tuple
    credit: tuple


def tell(today, crowd=None):
    """Return the debtors and the documents of the year before `today`, oldest document first.

    :param datetime.date today: the last day of the story
    :param int crowd: how many of the unnamed debtors take part; None for all
    """
    draw = random.Random(SEED)
    debtors = [*DEBTORS, *charge_cast.DEBTORS, *_draw_crowd(draw, crowd)]
    documents = [
        _date_bill(f"{debtor.key}_{number}", debtor.key, bill, today)
        for debtor in debtors
        for number, bill in enumerate(debtor.bills)
    ]
    return debtors, sorted(documents, key=lambda document: (document.issued, document.key))


def cut_into_periods(today, run_dates):
    """Return the periods between the runs, months before the first of them; the last ends today."""
    months = [run_dates[0] - timedelta(days=30 * age) for age in range(7, 0, -1)]
    days = [date.min, *months, *run_dates, today]
    return [Period(after, until) for after, until in zip(days, days[1:], strict=False)]


def _draw_crowd(draw, count):
    for number, (name, country, person) in enumerate(CROWD[:count]):
        habit = draw.choices(
            [habit for _weight, habit in HABITS], [weight for weight, _habit in HABITS]
        )[0]
        yield Debtor(
            f"crowd_{number:02}",
            name,
            "one of the crowd",
            bills=tuple(_draw_bills(draw, habit, person)),
            country=country,
            person=person,
        )


def _draw_bills(draw, habit, person):
    """Draw a year of bills: a business buys about every month, a consumer half as often."""
    term = "14" if person else "30"
    step = 61 if person else 34
    for late in range(DAYS_OF_STORY - 30 - draw.randint(0, 20), 10 - int(term), -step):
        lines = (
            ((draw.choice(("chair", "beans")), 1),)
            if person
            else tuple(
                (product, draw.randint(1, 4))
                for product in draw.sample(("beans", "desk", "chair", "paper", "service"), 2)
            )
        )
        slip = draw.random() < CHANCE_OF_A_SLIP
        yield Bill(late - draw.randint(0, 9), lines, term, () if slip else habit(draw))


def _date_bill(key, debtor, bill, today):
    """Put dates on a bill; what would happen after `today` is left out."""
    due = today - timedelta(days=bill.late)
    issued = due - timedelta(days=TERMS[bill.term][2][0][1])
    payments = tuple(
        (max(due + timedelta(days=pay.days), issued), pay)
        for pay in sorted(bill.pays)
        if due + timedelta(days=pay.days) <= today
    )
    credit = ()
    if bill.credit and due + timedelta(days=bill.credit[0]) <= today:
        credit = (due + timedelta(days=bill.credit[0]), bill.credit[1])
    return Document(key, debtor, bill, issued, due, payments, credit)
