"""What a cycle of dunning is with this add-on, and with ``account_credit_control`` of the OCA.

Both do what their buttons and scheduled actions do, as the administrator.
"""

import io
from datetime import timedelta

from odoo import api, fields
from odoo.tools import split_every
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.models.ir_actions_report import _wkhtml

from .generator import OLDEST

OTHERS = ("account_credit_control",)
# A run of that long ago finds a handful of items: enough to fill the caches.
LONG_AGO = OLDEST + 15
# Documents that are printed together: by whether Qt is patched.
PRINTED = {True: 1000, False: 1}
SENDER = "accounts@seller.example"


class Cycle:
    """One database with its add-on.

    Works that are measured are committed by the caller.
    """

    name = ""

    def __init__(self, cr):
        self.env = api.Environment(cr, api.SUPERUSER_ID, {"lang": "en_US"})
        self.day = fields.Date.context_today(self.env["res.partner"])
        self.next_day = self.day + timedelta(days=1)
        self.env.company.email = self.env.company.email or SENDER
        self.env.cr.commit()

    def _roll_back(self):
        self.env.cr.flush()  # with what is left until the commit
        self.env.cr.rollback()
        self.env.invalidate_all()


class OwnCycle(Cycle):
    """This add-on, with its policies and with the reminders of the past year."""

    name = "this add-on"

    def warm_up(self):
        for work in self.get_steps(self.day).values():
            work()
        self._roll_back()

    def get_steps(self, day):
        """Works by label, in their order: what the daily run does, and then the button."""
        return {
            "propose, release": lambda: self._propose(day, release=True),
            "ask to allocate": lambda: self.run._ask_to_allocate(self.run.company_id, day),
            "release by hand": lambda: self.run.action_release(),
        }

    def _propose(self, day, release=False):
        self.run = self.env["dunning.run"].create({"company_id": self.env.company.id, "date": day})
        self.run._propose(release)
        self.run._assign_name()

    def count(self):
        """Items and notices of the last round."""
        lines = self.env["dunning.notice.line"].search_count(
            [("notice_id.run_id", "=", self.run.id)]
        )
        return lines, len(self.run.notice_ids)

    def prepare_sending(self):
        """Empty the outbox and propose anew: the scheduled action sends all that is ready."""
        self.env["dunning.run"].search(
            [("date", ">=", self.day), ("state", "not in", ("done", "cancelled"))]
        ).action_cancel()
        self._propose(self.day)
        self.notices = {}
        for notice in self.run.notice_ids:
            self.notices.setdefault(notice.partner_id.id, notice)
        self.env.cr.commit()

    def get_debtors(self):
        """Ids of those who are reminded by e-mail, and by post."""
        by_email = [
            partner_id
            for partner_id, notice in self.notices.items()
            if notice.use_email and not notice.use_letter
        ]
        by_post = [
            partner_id
            for partner_id, notice in self.notices.items()
            if notice.use_letter and not notice.use_email
        ]
        return by_email, by_post

    def count_items(self, debtors):
        return len(self._get_notices(debtors).line_ids)

    def get_email_work(self, debtors, attach):
        notices = self._get_notices(debtors)
        notices.level_id.attach_letter = attach
        notices._release()
        return notices._cron_send_notices

    def get_letter_work(self, debtors):
        return self.get_email_work(debtors, attach=False)

    def check_letters(self, debtors):
        for notice in self._get_notices(debtors):
            if not notice.letter_id:
                raise RuntimeError(f"{notice.name} was sent without its letter.")

    def check_sent(self, debtors):
        for notice in self._get_notices(debtors):
            if notice.state != "sent":
                raise RuntimeError(f"{notice.name} is {notice.state}: {notice.failure_reason}")

    def _get_notices(self, debtors):
        return self.env["dunning.notice"].union(*(self.notices[debtor] for debtor in debtors))


class OtherCycle(Cycle):
    """The add-on of the OCA, with its own policy of three reminders for the whole company.

    It remembers nothing yet, and thus has less to look at. Its reminders come as many days after
    the due date as ours, so that the next day's run finds what has come due since, as ours does.
    """

    name = "the others"

    def __init__(self, cr):
        super().__init__(cr)
        self.report = self.env.ref("account_credit_control.credit_control_summary")
        self.template = self.env.ref("account_credit_control.email_template_credit_control_base")
        self.policy = self.env.ref("account_credit_control.credit_control_3_time")
        self.policy.account_ids = self.env["account.account"].search(
            [("account_type", "=", "asset_receivable")]
        )
        self.env.company.credit_policy_id = self.policy
        for level, (mode, days) in zip(
            self.policy.level_ids.sorted("level"),
            (("net_days", 7), ("previous_date", 14), ("previous_date", 9)),
            strict=True,
        ):
            # Who has no address gets a letter.
            level.write({"computation_mode": mode, "delay_days": days, "channel": "email"})
        self.env.cr.commit()

    def warm_up(self):
        for work in self.get_steps(self.day + timedelta(days=LONG_AGO)).values():
            work()
        self._roll_back()

    def get_steps(self, day):
        """Works by label, in their order."""
        return {
            "generate lines": lambda: self._generate(day),
            "mark as ready": lambda: self.run.set_to_ready_lines(),
            "group": self._group,
        }

    def _generate(self, day):
        self.run = self.env["credit.control.run"].create(
            {"date": day, "policy_ids": self.policy.ids, "company_id": self.env.company.id}
        )
        self.run.generate_credit_lines()

    def _group(self):
        """The lines of each channel into communications, as sending a run does."""
        self.communications = self.env["credit.control.communication"]
        for lines in self.run.line_ids.grouped("channel").values():
            self.communications += self.communications._generate_comm_from_credit_lines(lines)

    def count(self):
        """Items and notices of the last round."""
        return len(self.run.line_ids), len(self.run.line_ids.communication_id)

    def prepare_sending(self):
        self.by_debtor = {}
        for communication in self.env["credit.control.communication"].search([]):
            self.by_debtor.setdefault(communication.partner_id.id, communication)

    def get_debtors(self):
        """Ids of those who are reminded by e-mail, and by post."""
        channels = {"email": [], "letter": []}
        for partner_id, communication in self.by_debtor.items():
            channels[communication.credit_control_line_ids[:1].channel].append(partner_id)
        return channels["email"], channels["letter"]

    def count_items(self, debtors):
        return len(self._get_communications(debtors).credit_control_line_ids)

    def get_email_work(self, debtors, attach):
        """Into the queue of e-mails, which one process then empties over one connection: that is
        less work than to send each after the commit."""
        self.template.report_template_ids = self.report if attach else False
        communications = self._get_communications(debtors)

        def send():
            communications.with_context(mail_notify_force_send=False)._generate_emails()
            self.env.cr.commit()
            self.env["mail.mail"].process_email_queue()

        return send

    def get_letter_work(self, debtors):
        """What printing does after the grouping, which the round has measured.

        A printer whose Qt is not patched refuses several documents at once: then whoever prints
        can only do so one by one.
        """
        communications = self._get_communications(debtors)

        def send():
            communications._mark_credit_line_as_sent()
            self.letters = [
                self.env["ir.actions.report"]._render_qweb_pdf(self.report.report_name, ids)[0]
                for ids in split_every(PRINTED[_wkhtml().is_patched_qt], communications.ids)
            ]

        return send

    def check_letters(self, debtors):
        pages = sum(len(PdfFileReader(io.BytesIO(letter)).pages) for letter in self.letters)
        if pages < len(debtors):
            raise RuntimeError(f"{pages} pages were printed for {len(debtors)} debtors.")

    def check_sent(self, debtors):
        for line in self._get_communications(debtors).credit_control_line_ids:
            if line.state != "sent":
                raise RuntimeError(f"Line {line.id} is {line.state}.")

    def _get_communications(self, debtors):
        return self.env["credit.control.communication"].union(
            *(self.by_debtor[debtor] for debtor in debtors)
        )
