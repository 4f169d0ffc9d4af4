"""Sending through a real mail server, with letters printed through a real web server."""

from dataclasses import dataclass, field
from unittest.mock import patch

from odoo.tools import split_every

from .measure import Cost, measured
from .servers import mail_server, web_server

BATCH_SIZE = "odoo.addons.account_credit_management.models.dunning_notice_delivery.BATCH_SIZE"
# Notices that the scheduled action prepares together.
TOGETHER = 20
# Sent before each measure: the first letter and the first mail fill caches.
WARM_UP = 2


@dataclass
class Sending:
    """Cost of a number of notices that went out in one way: together, in the batches of the
    scheduled action, and as many one by one."""

    label: str
    notices: int = 0
    together: Cost = field(default_factory=Cost)
    alone: Cost = field(default_factory=Cost)


def measure_sending(env, day, count):
    """Send ``count`` notices in each way, by the scheduled action and with its commits, and as
    many again one by one.

    What is sent stays sent: the database is spent afterwards.
    """
    by_email, by_post = propose_notices(env, day)
    each = WARM_UP + 2 * count
    ways = (
        ("e-mail with letter", by_email[:each], True),
        ("e-mail without letter", by_email[each : 2 * each], False),
        ("letter by post", by_post[:each], False),
    )
    with mail_server() as folder, web_server(env):
        return [
            _send(label, notices, folder, attach_letter)
            for label, notices, attach_letter in ways
            if len(notices) > WARM_UP + 1
        ]


def propose_notices(env, day):
    """A run that can be sent: its notices by e-mail only, and by post only."""
    env.company.email = env.company.email or "accounts@seller.example"
    run = env["dunning.run"].create({"company_id": env.company.id, "date": day})
    run._propose()
    env.cr.commit()
    return (
        run.notice_ids.filtered(lambda notice: notice.use_email and not notice.use_letter),
        run.notice_ids.filtered(lambda notice: notice.use_letter and not notice.use_email),
    )


def _send(label, notices, folder, attach_letter):
    """Release some notices, let the scheduled action send them, and check that it did.

    Batches of both kinds take turns, so that a busy moment of the machine hits both.
    """
    notices.level_id.attach_letter = attach_letter
    _deliver(notices[:WARM_UP])
    mails = len(list(folder.iterdir()))
    notices = notices[WARM_UP:]
    notices = notices[: len(notices) // 2 * 2]
    sending = Sending(label, len(notices) // 2)
    halves = (notices[: sending.notices], notices[sending.notices :])
    for together, alone in zip(*(split_every(TOGETHER, half.ids) for half in halves), strict=True):
        sending.together += _measure(notices.browse(together), TOGETHER)
        sending.alone += _measure(notices.browse(alone), 1)
    for notice in notices:
        if notice.state != "sent":
            raise RuntimeError(f"{notice.name} is {notice.state}: {notice.failure_reason}")
        if (notice.use_letter or attach_letter) and not notice.letter_id:
            raise RuntimeError(f"{notice.name} was sent without its letter.")
    arrived = len(list(folder.iterdir())) - mails
    if arrived != len(notices.filtered("use_email")):
        raise RuntimeError(f"{label}: {arrived} of {len(notices)} messages arrived.")
    return sending


def _measure(notices, batch):
    """Cost of sending notices so many at a time."""
    with (
        patch(BATCH_SIZE, batch),
        measured(notices.env.cr) as cost,
    ):
        _deliver(notices)
    return cost


def _deliver(notices):
    notices._release()
    notices.env.cr.commit()
    notices.env.invalidate_all()
    notices._cron_send_notices()
