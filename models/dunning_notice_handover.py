import smtplib
from contextlib import suppress
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL


class Handover(NamedTuple):
    """What the hand-over of an e-mail needs to know, as each commit empties the caches."""

    notice: models.BaseModel
    message_id: int
    is_all: bool  # nothing is left to do once it has left the house


class DunningNotice(models.Model):
    """Hand-over of prepared e-mails to the mail server.

    The order of the commits is what keeps a message from being sent twice, whatever crashes: the
    moment of the hand-over is committed before it, and the memory of it right after, one message
    at a time. Between two commits stands as little as possible.
    """

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _hand_over(self, mails, day, checkpoint):
        """Give the prepared mails to the mail server, one connection per server.

        :param dict mails: mail.mail by notice
        """
        handovers = {
            # One by one: after each commit only what belongs to the next one is read.
            mail.id: Handover(
                notice.with_prefetch(), mail.mail_message_id.id, notice._is_email_all()
            )
            for notice, mail in mails.items()
        }
        all_mails = self.env["mail.mail"].browse(handovers)
        for server_id, alias_domain_id, smtp_from, ids in all_mails._split_by_mail_configuration():
            connect = self._get_connector(server_id, smtp_from)
            session = None
            for mail in map(all_mails.browse, ids):
                handover = handovers[mail.id]
                notice = handover.notice
                try:
                    session = session or connect()
                except Exception as error:
                    notice._fail(self.env._("No connection to the mail server: %s", error), "email")
                    checkpoint()
                    continue
                notice._note_handover()
                checkpoint()
                mail.state = "outgoing"
                try:
                    mail._send(
                        smtp_session=session,
                        alias_domain_id=alias_domain_id,
                        mail_server=self.env["ir.mail_server"].browse(server_id),
                    )
                except smtplib.SMTPServerDisconnected:
                    # The server may have taken the message before it went away.
                    session = None
                    notice._flag_interrupted()
                    notice._leave_open(mail)
                else:
                    if mail.state == "exception":
                        notice._handle_refusal(mail.failure_type, mail.failure_reason, day)
                    elif handover.is_all:
                        notice._finish_only_email(handover.message_id, day)
                    else:
                        notice._finish_email(day)
                checkpoint()
            if session:
                with suppress(smtplib.SMTPException):  # the server may have closed it already
                    session.quit()

    def _get_connector(self, server_id, smtp_from):
        servers = self.env["ir.mail_server"]
        return lambda: servers._connect__(mail_server_id=server_id, smtp_from=smtp_from)

    def _note_handover(self):
        """Remember that this notice is about to be handed over, without reading it."""
        self.env.cr.execute(
            SQL(
                "UPDATE dunning_notice SET handover_date = %s WHERE id = ANY(%s)",
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_recordset(["handover_date"], flush=False)

    def _leave_open(self, mail):
        """Odoo notes a failure before it sends, and takes it back afterwards: here it would stay,
        and tell everybody that the message may be sent again."""
        mail.failure_reason = self.failure_reason
        mail.mail_message_id.notification_ids.write(
            {"notification_status": "process", "failure_type": False, "failure_reason": False}
        )

    def _is_email_all(self):
        """Whether the e-mail is all that is sent for this notice: no other channel is chosen, and
        nobody gets a message of his own or a copy."""
        self.ensure_one()
        return (
            self._get_chosen_channels() == ["email"]
            and not self.partner_id.joint_debtor_ids
            and not self._get_copied_salespeople()
        )

    def _finish_only_email(self, message_id, day):
        """The e-mail has left, and with it all there was to send: remember it.

        The same as :meth:`_finish_email`, without reading back what is known to be so.
        """
        self.ensure_one()
        self.env["dunning.delivery"]._note_sent(message_id)
        self._mark_sent(day)
