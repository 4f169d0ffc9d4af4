import logging
import re

import psycopg2

from odoo import fields, models

from .dunning_delivery import ADDRESS_FAILURES, GONE_STATES, REFUSED

_logger = logging.getLogger(__name__)

# Failures of our own mail server or sender: another channel would only hide them.
OWN_FAILURES = ("mail_from_invalid", "mail_from_missing", "mail_smtp")
OWN_ERRORS = ("SMTPSenderRefused", "SMTPAuthenticationError", "SMTPHeloError")
# Answers of mail servers that do not know a mailbox, in whatever words.
NO_MAILBOX = re.compile(r"\b55[0-3]\b")
# Channels by which joint debtors get their own message, besides the level's own.
COPY_CHANNELS = ("email", "letter", "sms")


class DunningNotice(models.Model):
    """E-mails: to the debtor, his joint debtors and the salesperson, and what becomes of them."""

    _inherit = "dunning.notice"

    # === BUSINESS: E-MAIL TO THE DEBTOR ===#
    def _create_mails(self):
        """Create the e-mails on the debtors, out of reach of Odoo's own mail queue.

        They are stored as failed until they are handed over: what a crash leaves behind is then
        visible as such, and nobody else sends it.

        :return: mail.mail by notice
        :rtype: dict
        """
        texts = self._render_messages()
        recipients = [notice._get_recipient("email") for notice in self]
        mails = self._create_messages(
            [
                (
                    notice,
                    texts[notice.id],
                    recipient,
                    {
                        "attachment_ids": notice._get_attachment_commands(),
                        "state": "exception",
                        "failure_reason": self.env._("Claimed by the delivery of reminders"),
                    },
                )
                for notice, recipient in zip(self, recipients, strict=True)
            ]
        )
        deliveries = self._open_deliveries(
            [
                (notice, "email", recipient, False)
                for notice, recipient in zip(self, recipients, strict=True)
            ]
        )
        for notice, mail, delivery in zip(self, mails, deliveries, strict=True):
            notice.mail_message_id = mail.mail_message_id
            delivery._transition("queued", mail_message_id=mail.mail_message_id.id)
        return dict(zip(self, mails, strict=True))

    def _get_mail_record(self):
        # EXTENDS: the debtor's chatter tells what he got
        return self.partner_id

    def _get_attachments(self):
        """Documents that go with the e-mail."""
        return self.letter_id if self.level_id.attach_letter else self.env["ir.attachment"]

    def _get_attachment_commands(self, attachments=None):
        attachments = self._get_attachments() if attachments is None else attachments
        return [fields.Command.link(attachment.id) for attachment in attachments]

    def _finish_email(self, day):
        """The e-mail has left: remember it, and send by the other channels."""
        self.ensure_one()
        self._get_email_delivery()._transition("sent")
        self._complete(day)

    def _get_email_delivery(self):
        return self._get_main_deliveries().filtered(
            lambda delivery: (
                delivery.mail_message_id and delivery.mail_message_id == self.mail_message_id
            )
        )

    def _handle_refusal(self, failure_type, reason, day):
        """The mail server did not take a message: try again later, or by another channel.

        :param str failure_type: what Odoo makes of it
        :param str reason: what the server said
        """
        self.ensure_one()
        reason = reason or ""
        refused = REFUSED.search(reason)
        unknown = failure_type in ADDRESS_FAILURES or refused and refused["code"][0] == "5"
        own = failure_type in OWN_FAILURES or any(error in reason for error in OWN_ERRORS)
        if own or not (unknown or self._is_last_attempt()):
            self._fail(reason, "email")
            return
        self._discard_message()
        is_address_wrong = bool(unknown or refused or NO_MAILBOX.search(reason))
        self._give_up_channel("email", reason, is_address_wrong)
        self._complete(day)

    def _discard_message(self):
        """Remove a message that never left, so that the debtor's chatter does not claim it did."""
        message = self.mail_message_id
        self.mail_message_id = False
        self.env["mail.mail"].search([("mail_message_id", "in", message.ids)]).unlink()
        message.unlink()

    # === BUSINESS: COPIES ===#
    def _send_copies(self):
        """Send a message of his own to each joint debtor, and a copy to the salesperson.

        They wait in Odoo's queues. What becomes of them does not change the notice.
        """
        self.ensure_one()
        for partner in self.partner_id.joint_debtor_ids - self._get_recipients():
            self._send_copy(partner)
        self._copy_salesperson()

    def _get_recipients(self):
        """Whoever got this notice already."""
        return self.delivery_ids.filtered(
            lambda delivery: delivery.channel != "chat" and delivery.state in GONE_STATES
        ).partner_id

    def _send_copy(self, partner):
        """Send the message of a joint debtor by the first channel that reaches him."""
        wanted = [channel for channel in self._get_level_channels() if channel in COPY_CHANNELS]
        if not wanted:
            return
        wanted = dict.fromkeys([*wanted, "letter"])
        obstacles = {channel: partner._get_dunning_obstacle(channel) for channel in wanted}
        channel = next((channel for channel in wanted if not obstacles[channel]), None)
        if not channel:
            channel, reason = next(iter(obstacles.items()))
            self._open_delivery(channel, partner, is_copy=True)._transition("failed", reason)
            partner._ask_to_mend(
                self.company_id, channel, partner._get_dunning_address(channel), reason
            )
            return
        delivery = self._open_delivery(channel, partner, is_copy=True)
        try:
            with self.env.cr.savepoint():
                notice = self.with_context(dunning_copy_for=partner.id)
                getattr(notice, f"_send_copy_by_{channel}")(delivery.with_env(notice.env))
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("%s to %s failed: %s", self.name, partner.name, error, exc_info=True)
            delivery.invalidate_recordset()
            delivery._transition("failed", str(error) or type(error).__name__)

    def _send_copy_by_email(self, delivery):
        letter = self.env["ir.attachment"]
        if self.level_id.attach_letter:
            letter = self._create_letter()
        mail = self._create_message(
            self._render_message(),
            delivery.partner_id,
            attachment_ids=self._get_attachment_commands(letter),
            state="outgoing",
        )
        delivery._transition("queued", mail_message_id=mail.mail_message_id.id)
        self._trigger_mail_queue()

    def _send_copy_by_letter(self, delivery):
        delivery.letter_id = self._create_letter()
        self._post_letter(delivery)

    def _send_copy_by_sms(self, delivery):
        self._send_by_sms(delivery)

    def _copy_salesperson(self):
        """Send the e-mail in copy to the salesperson of the debtor, or of the invoices.

        As a message of its own: a mail server that refuses one of two recipients takes the
        message all the same, and nobody would know that the debtor did not get it.
        """
        sellers = self._get_copied_salespeople()
        message = self.mail_message_id
        if not message or not sellers:
            return
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)], limit=1)
        self.env["mail.mail"].create(
            {
                "mail_message_id": message.id,
                "body_html": mail.body_html,
                "email_cc": ", ".join(seller.email_formatted for seller in sellers),
                # Odoo deletes the message itself together with mails that are none.
                "is_notification": True,
                "auto_delete": True,
                "state": "outgoing",
            }
        )
        self._trigger_mail_queue()

    def _get_copied_salespeople(self):
        """Salespeople who get a copy of the e-mail."""
        if not self.level_id.copy_salesperson:
            return self.env["res.users"]
        invoices = self._get_valid_lines().move_line_id.move_id
        sellers = self.partner_id.user_id or invoices.invoice_user_id
        return sellers.filtered(lambda seller: seller.active and seller.email_normalized)
