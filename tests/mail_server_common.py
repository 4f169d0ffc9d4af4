import email
import email.policy
import socket
from contextlib import contextmanager
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo.tools import mute_logger


class Inbox:
    """What a mail server received."""

    def __init__(self):
        self.messages = []

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append((envelope.rcpt_tos, message))
        return "250 Message accepted"


class MailServerMixin:
    """For tests of messages that really leave."""

    @contextmanager
    def _mail_server(self):
        """A real mail server, to which Odoo really sends, and letters that are really printed."""
        inbox = Inbox()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Controller(inbox, hostname="127.0.0.1", port=port)
        server.start()
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {
                "name": "Test Server",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_encryption": "none",
            }
        )
        report_class = self.env.registry["ir.actions.report"]
        render = report_class._render_qweb_pdf

        def print_for_real(report, *args, **kwargs):
            return render(report.with_context(force_report_rendering=True), *args, **kwargs)

        try:
            with (
                patch.object(self.env.registry["ir.mail_server"], "_disable_send", lambda _: False),
                patch.object(report_class, "_render_qweb_pdf", print_for_real),
                mute_logger("odoo.addons.base.models.ir_actions_report"),
            ):
                yield inbox
        finally:
            server.stop()
