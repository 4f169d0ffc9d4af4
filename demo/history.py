"""What happened between the company and its debtors before the day of installation.

Past runs are made by the engine itself, with the date passed in, once a week for half a year:
the memory is then exactly what the rules would have left, and today's run finds debtors on every
level. Nothing is mailed: the notices are marked as sent on the day of their run.
"""

from datetime import timedelta

from odoo.fields import Datetime

from . import setting

WEEKS = 26
# The last run was some days ago, so that the gap since the last reminder is still a reason to wait.
DAYS_SINCE_LAST_RUN = 4


def get_run_dates(today):
    """Return the days of the past runs, oldest first."""
    last = today - timedelta(days=DAYS_SINCE_LAST_RUN)
    return [last - timedelta(weeks=age) for age in reversed(range(WEEKS))]


def play_run(company, day, release_all):
    """Make the run of a day in the past and mark what it released as sent.

    :param bool release_all: someone also released the notices that wait for a hand
    """
    run = company.env["dunning.run"]._propose_automatically(company, day)
    if release_all:
        run.notice_ids._release()
    # What follows from sending many at once is done at their end, as in real life.
    ready = run.notice_ids.filtered(lambda notice: notice.state == "ready")
    for notice in ready.with_context(dunning_delivery=True):
        _remember(notice, day)
    run._update_state()


def _remember(notice, day):
    """Mark a notice as sent on a day in the past, with a note of that day at the debtor."""
    moment = Datetime.to_datetime(day) + timedelta(hours=9)
    notice._transition("sending")
    law = notice.env["statutory.letter"]._get_law(notice.partner_id, notice.company_id)
    if law:
        for channel in notice._get_chosen_channels():
            # The law of consumers counts days from there.
            notice._open_delivery(channel)._transition("sent", date=moment)
    notice._remember_sent(day)
    if law and notice.use_letter:
        notice.letter_printed = moment
    notice.mail_message_id = notice.env["mail.message"].create(
        {
            "model": "res.partner",
            "res_id": notice.partner_id.id,
            "message_type": "notification",
            "subtype_id": notice.env.ref("mail.mt_note").id,
            "date": moment,
            "body": notice.env._(
                "%(level)s of %(amount)s sent (%(notice)s).",
                level=notice.level_id.name,
                amount=notice.currency_id.format(notice.amount_total),
                notice=notice.name,
            ),
        }
    )


def open_holds(company, debtors, partners, today, period):
    """Open the blocks that began in a period."""
    company.env["dunning.block"].create(
        [
            {
                "kind": hold.kind,
                "reason": hold.reason,
                "company_id": company.id,
                "partner_id": partners[debtor.key].id,
                "date_from": day,
                "date_to": hold.days and day + timedelta(days=hold.days),
            }
            for debtor in debtors
            for hold in debtor.holds
            if (day := today - timedelta(days=hold.since)) in period
        ]
    )


def open_cases(company, debtors, partners, today, period):
    """Put debtors in the legal state that began in a period; who is in charge joins the cast."""
    for debtor in debtors:
        status = debtor.status
        if not status or (day := today - timedelta(days=status.since)) not in period:
            continue
        partners[status.key] = setting.create_person_in_charge(company, status)
        partners[debtor.key].write(
            {
                "debtor_status": status.kind,
                "debtor_status_date": day,
                "debtor_status_contact_id": partners[status.key].id,
                "debtor_status_reference": status.reference,
            }
        )


def bounce(company, debtors, partners):
    """The latest reminder of some debtors comes back, after days of trying, on the last day."""
    for debtor in debtors:
        if not debtor.bounced:
            continue
        notice = company.env["dunning.notice"].search(
            [("partner_id", "=", partners[debtor.key].id), ("state", "=", "sent")],
            order="sent_date desc",
            limit=1,
        )
        delivery = notice._open_delivery("email")
        delivery._transition("sent")
        delivery._come_back(
            "bounced", company.env._("The mail server of the recipient knows no such address.")
        )
