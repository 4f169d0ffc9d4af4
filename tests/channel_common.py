from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields

from odoo.addons.sms.tools.sms_api import SmsApi

from .notice_common import NoticeCommon


class ChannelCommon(NoticeCommon):
    """Reminders by every channel, with the services behind them replaced."""

    DAY = "2026-04-10"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.levels["reminder"]
        cls.debtor.phone = "+31 6 12345678"

    def _use(self, *channels, mode="first", preferred=False, level=None):
        """Let a level use some channels only."""
        (level or self.level).write(
            {
                **{
                    f"use_{channel}": channel in channels
                    for channel in ("email", "letter", "sms", "call", "visit")
                },
                "channel_mode": mode,
                "preferred_channel": preferred,
            }
        )

    def _ready(self, day=None, **values):
        """An overdue invoice and its notice, released and not sent yet."""
        day = day or self.DAY
        self._new_invoice("2026-03-31", **values)
        with self._frozen(day):
            run = self.env["dunning.run"].create({"date": day, "company_id": self.company.id})
            run.action_propose()
            run.action_release()
        return run.notice_ids

    def _send(self, notices, day=None):
        day = day or self.DAY
        with self._frozen(day):
            notices._send(fields.Date.to_date(day))
        return notices

    def _sent(self, **values):
        return self._send(self._ready(**values))

    def _states(self, notice):
        """State by channel of what was sent to the debtor, in order."""
        return [
            (delivery.channel, delivery.state)
            for delivery in notice._get_main_deliveries().sorted("id")
        ]

    def _get_mend_activities(self, partner=None):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", (partner or self.debtor).id),
                ("dunning_task", "=", "mend_address"),
            ]
        )

    @contextmanager
    def _sms_gateway(self, error=None):
        """The service behind Odoo's text messages: takes them, or answers with an error.

        :return: the numbers and texts it got
        """
        taken = []

        def contact(_api, _endpoint, params, **_options):
            results = []
            for message in params["messages"]:
                for number in message["numbers"]:
                    taken.append((number["number"], message["content"]))
                    results.append({"uuid": number["uuid"], "state": error or "success"})
            return results

        self.env["iap.account"].get("sms")
        with patch.object(SmsApi, "_contact_iap", contact):
            yield taken

    def _process_sms(self, error=None):
        """What Odoo's own scheduled action for text messages does."""
        self.env.flush_all()
        with self._sms_gateway(error) as taken:
            queued = self.env["sms.sms"].search([("state", "=", "outgoing")])
            queued.send()
        self.env.invalidate_all()
        return taken

    @contextmanager
    def _refused(self, reason, failure_type="unknown"):
        """A mail server that refuses every message."""

        def refuse(mail, **_arguments):
            mail.write(
                {"state": "exception", "failure_reason": reason, "failure_type": failure_type}
            )

        with patch.object(self.env.registry["mail.mail"], "_send", refuse):
            yield
