"""The whole cycle of dunning beside the add-on for credit control of the OCA.

Both start from a copy of the filled database, one with this add-on, the other without it and with
theirs: the same ledger, each with its own rules. Every step is committed, and the database swept
up and analyzed before the next one.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import NamedTuple

from odoo.modules.registry import Registry
from odoo.tools import split_every

from .copies import add_folder, copied, install, uninstall, vacuum
from .cycle_arms import OTHERS, OtherCycle, OwnCycle
from .measure import Cost, measured
from .sending import TOGETHER, WARM_UP
from .servers import mail_server, web_server

# Notices that are sent in each way, if there are so many.
SENT = 40
# How long Odoo's own printing waits for scripts in each document, in milliseconds, and not at all.
USUAL, AT_ONCE = "1000", "0"


class Way(NamedTuple):
    label: str
    letter: bool
    post: bool = False
    delay: str = USUAL


EMAIL_WAYS = (
    Way("e-mail with letter", letter=True),
    Way("e-mail with letter, no delay", letter=True, delay=AT_ONCE),
    Way("e-mail without letter", letter=False),
)
POST_WAYS = (
    Way("letter by post", letter=True, post=True),
    Way("letter by post, no delay", letter=True, post=True, delay=AT_ONCE),
)


@dataclass
class Round:
    """From nothing to notices that are ready to be sent: cost per step, and what came of it."""

    name: str
    steps: dict
    items: int
    notices: int

    @property
    def total(self):
        return sum(self.steps.values(), Cost())


@dataclass
class Sent:
    """Cost of sending notices to the same debtors in one way; ``items`` is what they list."""

    name: str
    way: Way
    notices: int
    items: int
    cost: Cost


def measure_cycle(database, folder):
    """Measure both, first what this add-on does and then what the others do.

    :param str folder: with the add-on of the others
    :return: rounds of a day, of the next one, and notices sent; each in pairs
    :rtype: tuple[list[Round], list[Round], list[tuple[Sent, Sent]]]
    """
    add_folder(folder)
    with ExitStack() as stack:
        own = stack.enter_context(copied(database, f"{database}_own"))
        other = stack.enter_context(copied(database, f"{database}_other"))
        uninstall(other)
        install(other, OTHERS)
        arms = [
            arm(stack.enter_context(Registry(name).cursor()))
            for arm, name in ((OwnCycle, own), (OtherCycle, other))
        ]
        for arm in arms:
            _sweep(arm)
            arm.warm_up()
        first = [_measure_round(arm, arm.day) for arm in arms]
        following = [_measure_round(arm, arm.next_day) for arm in arms]
        return first, following, _measure_sending(arms, stack)


# === ROUNDS ===#
def _measure_round(arm, day):
    steps = {}
    for label, work in arm.get_steps(day).items():
        _sweep(arm)
        with measured() as cost:
            work()
            arm.env.cr.commit()
        steps[label] = cost
    items, notices = arm.count()
    arm.env.cr.commit()
    return Round(arm.name, steps, items, notices)


def _sweep(arm):
    """Let a step start as a request does: nothing cached, and tables that are analyzed."""
    arm.env.invalidate_all()
    vacuum(arm.env.cr.dbname)


# === SENDING ===#
def _measure_sending(arms, stack):
    """Send to the same debtors by both, in turn."""
    folder = stack.enter_context(mail_server())
    for arm in arms:
        stack.enter_context(web_server(arm.env))
        arm.prepare_sending()
        _sweep(arm)
    # Those who owe most were generated first: let notices be of the usual length.
    by_email, by_post = (
        sorted(set.intersection(*(set(debtors) for debtors in both)), reverse=True)
        for both in zip(*(arm.get_debtors() for arm in arms), strict=True)
    )
    return [
        _measure_way(arms, folder, way, chosen)
        for ways, debtors in ((EMAIL_WAYS, by_email), (POST_WAYS, by_post))
        for way, chosen in _share(ways, debtors)
        if len(chosen) > WARM_UP
    ]


def _share(ways, debtors):
    """Debtors of its own for each way: nobody is reminded twice."""
    each = min(WARM_UP + SENT, len(debtors) // len(ways))
    return zip(ways, split_every(each, debtors), strict=False) if each else ()


def _measure_way(arms, folder, way, debtors):
    for arm in arms:
        arm.env["ir.config_parameter"].set_param("report.print_delay", way.delay)
        _send(arm, folder, way, debtors[:WARM_UP])
    debtors = debtors[WARM_UP:]
    sent = [Sent(arm.name, way, len(debtors), arm.count_items(debtors), Cost()) for arm in arms]
    for batch in split_every(TOGETHER, debtors):
        for row, arm in zip(sent, arms, strict=True):
            row.cost += _send(arm, folder, way, batch)
    return tuple(sent)


def _send(arm, folder, way, debtors):
    """Send to some debtors, and see that what left the house is what should.

    :raise RuntimeError: when it is not
    """
    work = (
        arm.get_letter_work(debtors) if way.post else arm.get_email_work(debtors, attach=way.letter)
    )
    arm.env.cr.commit()
    arm.env.invalidate_all()
    before = set(folder.iterdir())
    with measured() as cost:
        work()
        arm.env.cr.commit()
    if way.post:
        arm.check_letters(debtors)
    arm.check_sent(debtors)
    arm.env.cr.commit()
    messages = set(folder.iterdir()) - before
    expected = 0 if way.post else len(debtors)
    attached = sum(_has_pdf(message.read_bytes()) for message in messages)
    if len(messages) != expected or attached != (expected if way.letter else 0):
        raise RuntimeError(
            f"{arm.name}, {way.label}: {len(messages)} messages arrived for {len(debtors)} "
            f"debtors, {attached} of them with a letter."
        )
    return cost


def _has_pdf(message):
    return any(
        part.get_content_type() == "application/pdf" and part.get_content().startswith(b"%PDF")
        for part in message_from_bytes(message, policy=policy.default).walk()
    )
