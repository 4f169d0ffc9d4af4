import smtplib
from contextlib import suppress
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

import psycopg2
import psycopg2.errors

from odoo import api, fields, models
from odoo.tools import SQL

# How often somebody else may get in first before it is an error.
CONFLICTS = 5


class Handover(NamedTuple):
    """What the hand-over of an e-mail needs to know, as each commit empties the caches."""

    mail: models.BaseModel
    notice: models.BaseModel
    claim_date: datetime  # of the notice: another one is that of another worker
    message_id: int
    is_all: bool  # nothing is left to do once it has left the house


class DunningNotice(models.Model):
    """Hand-over of prepared e-mails to the mail server.

    The order of the commits is what keeps a message from being sent twice, whatever crashes: the
    moment of the hand-over is committed before it, and the memory of it right after, one message
    at a time. Between two commits stands as little as possible. The memory of one message is
    committed together with the moment of the next one, unless somebody else is at that one.
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
                mail.with_prefetch(),
                notice.with_prefetch(),
                notice.claim_date,
                mail.mail_message_id.id,
                notice._is_email_all(),
            )
            for notice, mail in mails.items()
        }
        all_mails = self.env["mail.mail"].browse(handovers)
        for server_id, alias_domain_id, smtp_from, ids in all_mails._split_by_mail_configuration():
            connect = self._get_connector(server_id, smtp_from)
            session = None
            is_noted = False
            for handover, following in zip_longest(
                map(handovers.get, ids), map(handovers.get, ids[1:])
            ):
                if not session:
                    try:
                        session = connect()
                    except Exception as error:
                        if self._note_handover(handover):
                            reason = self.env._("No connection to the mail server: %s", error)
                            handover.notice._fail(reason, "email")
                        checkpoint()
                        continue
                if not is_noted and not self._begin_handover(handover, checkpoint):
                    continue
                if not self._hand_over_one(handover, day, session, server_id, alias_domain_id):
                    session = None
                is_noted = bool(session and following and self._note_next_handover(following))
                checkpoint()
            if session:
                with suppress(smtplib.SMTPException):  # the server may have closed it already
                    session.quit()

    def _hand_over_one(self, handover, day, session, server_id, alias_domain_id):
        """Give one mail to the mail server and remember what became of it.

        :return: whether the connection can be used for the next one
        :rtype: bool
        """
        mail, notice = handover.mail, handover.notice
        mail.state = "outgoing"
        try:
            mail._send(
                smtp_session=session,
                alias_domain_id=alias_domain_id,
                mail_server=self.env["ir.mail_server"].browse(server_id),
            )
        except smtplib.SMTPServerDisconnected:
            # The server may have taken the message before it went away.
            notice._flag_interrupted()
            notice._leave_open(mail)
            return False
        if mail.state == "exception":
            notice._handle_refusal(mail.failure_type, mail.failure_reason, day)
        elif handover.is_all:
            notice._finish_only_email(handover.message_id, day)
        else:
            notice._finish_email(day)
        return True

    def _get_connector(self, server_id, smtp_from):
        servers = self.env["ir.mail_server"]
        return lambda: servers._connect__(mail_server_id=server_id, smtp_from=smtp_from)

    @api.model
    def _begin_handover(self, handover, checkpoint):
        """Remember and commit that a notice is about to be handed over. Whoever changed it at the
        same moment goes first.

        :return: whether it is still this worker's
        :rtype: bool
        """
        for _attempt in range(CONFLICTS):
            try:
                with self.env.cr.savepoint(flush=False):
                    is_ours = self._note_handover(handover)
                break
            except psycopg2.errors.SerializationFailure:
                checkpoint()  # the next transaction sees what the other one did
        else:
            is_ours = self._note_handover(handover)
        checkpoint()
        return is_ours

    @api.model
    def _note_handover(self, handover, condition=None):
        """Remember that a notice is about to be handed over, without reading it.

        :param SQL condition: more that must hold
        :return: whether it is still this worker's; one that slept for long has lost it
        :rtype: bool
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE dunning_notice SET handover_date = %(now)s
                 WHERE id = %(id)s AND state = 'sending' AND claim_date = %(claimed)s
                   AND interrupted IS NOT TRUE AND %(condition)s""",
                now=fields.Datetime.now(),
                id=handover.notice.id,
                claimed=handover.claim_date,
                condition=condition or SQL("TRUE"),
            ),
            log_exceptions=False,
        )
        handover.notice.invalidate_recordset(["handover_date"], flush=False)
        return bool(self.env.cr.rowcount)

    @api.model
    def _note_next_handover(self, handover):
        """The same in the transaction of another message, whose memory it must never undo: neither
        wait for somebody else who is at this notice, nor fail for what he did to it."""
        is_free = SQL(
            "id IN (SELECT id FROM dunning_notice WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)",
            handover.notice.id,
        )
        try:
            with self.env.cr.savepoint(flush=False):
                return self._note_handover(handover, is_free)
        except psycopg2.errors.SerializationFailure:
            return False

    def _leave_open(self, mail):
        """Odoo notes a failure before it sends, and takes it back afterwards: here it would stay,
        and tell everybody that the message may be sent again."""
        mail.failure_reason = self.failure_reason
        mail.mail_message_id.notification_ids.write(
            {"notification_status": "process", "failure_type": False, "failure_reason": False}
        )

    def _note_arrival(self):
        """A person knows that the message arrived: tell so beside it in the chatter as well."""
        message = self.mail_message_id
        known = {"failure_type": False, "failure_reason": False}
        mails = self.env["mail.mail"].search([("mail_message_id", "in", message.ids)])
        mails.write({"state": "sent", **known})
        message.notification_ids.write({"notification_status": "sent", **known})

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
