"""The whole cycle of dunning beside the add-on for credit control of the OCA.

Both start from a copy of the filled database, one with this add-on, the other without it and with
theirs: the same ledger, each with its own rules. Every step is committed, and the database swept
up and analyzed before the next one.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes, policy

from odoo.modules.registry import Registry
from odoo.tools import split_every

from .copies import add_folder, copied, install, uninstall, vacuum
from .cycle_arms import OTHERS, OtherCycle, OwnCycle
from .measure import Cost, measured
from .sending import TOGETHER, WARM_UP
from .servers import mail_server, web_server

# Notices that are sent in each way, if there are so many.
SENT = 40
WITH_PDF, WITHOUT_PDF, BY_POST = WAYS = (
    "e-mail with letter",
    "e-mail without letter",
    "letter by post",
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
    way: str
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
    each = min(WARM_UP + SENT, len(by_email) // 2)
    chosen = {
        WITH_PDF: by_email[:each],
        WITHOUT_PDF: by_email[each : 2 * each],
        BY_POST: by_post[: WARM_UP + SENT],
    }
    return [
        _measure_way(arms, folder, way, debtors)
        for way, debtors in chosen.items()
        if len(debtors) > WARM_UP
    ]


def _measure_way(arms, folder, way, debtors):
    for arm in arms:
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
    pdf = way == WITH_PDF
    work = (
        arm.get_letter_work(debtors) if way == BY_POST else arm.get_email_work(debtors, attach=pdf)
    )
    arm.env.cr.commit()
    arm.env.invalidate_all()
    before = set(folder.iterdir())
    with measured() as cost:
        work()
        arm.env.cr.commit()
    if way == BY_POST:
        arm.check_letters(debtors)
    arm.check_sent(debtors)
    arm.env.cr.commit()
    messages = set(folder.iterdir()) - before
    expected = 0 if way == BY_POST else len(debtors)
    attached = sum(_has_pdf(message.read_bytes()) for message in messages)
    if len(messages) != expected or attached != (expected if pdf else 0):
        raise RuntimeError(
            f"{arm.name}, {way}: {len(messages)} messages arrived for {len(debtors)} debtors, "
            f"{attached} of them with a letter."
        )
    return cost


def _has_pdf(message):
    return any(
        part.get_content_type() == "application/pdf" and part.get_content().startswith(b"%PDF")
        for part in message_from_bytes(message, policy=policy.default).walk()
    )
