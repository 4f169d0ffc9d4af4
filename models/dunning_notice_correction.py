import logging

import psycopg2

from odoo import models

_logger = logging.getLogger(__name__)


class DunningNotice(models.Model):
    """Correction: a reminder that was sent in error is withdrawn, and its debtor is told."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _withdraw(self):
        """Take back sent notices, so that they no longer count, and tell the debtors by e-mail.

        The messages wait in Odoo's mail queue, which sends what was committed: an undo that fails
        sends nothing, and one that the database repeats sends nothing twice. A message that
        cannot be written never stops the others.

        :return: the notices whose debtors a person must tell, each with the reason
        :rtype: dict
        """
        by_hand = {}
        notices = self.sudo()
        notices._transition("corrected")
        for notice in notices:
            reason = notice._correct_deliveries()
            if reason:
                by_hand[notice] = reason
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return by_hand

    def _correct_deliveries(self):
        """Tell whoever got a message that it was sent in error.

        :return: why a person must tell some of them, or that a letter must not be posted
        """
        self.ensure_one()
        sent = self.delivery_ids.filtered(
            lambda delivery: delivery.state == "sent" and delivery.channel != "chat"
        ).sorted(lambda delivery: (delivery.channel != "email", delivery.id))
        reasons = {}
        told = self.env["res.partner"]
        for delivery in sent:
            recipient = delivery.partner_id
            if delivery.channel == "email":
                copy_for = recipient.id if delivery.is_copy else False
                notice = self.with_context(dunning_copy_for=copy_for)
                reason = notice._create_correction_or_tell(recipient)
                told |= recipient if not reason else told
            elif delivery.channel == "letter" and not (
                delivery.mail_message_id or self.letter_printed
            ):
                reason = self.env._("the letter was not printed from here yet: do not post it")
            else:
                reason = recipient not in told and self._get_correction_reason(delivery)
            if reason:
                reasons[reason] = True
        return ", ".join(reasons)

    def _get_correction_reason(self, delivery):
        """Why a person must correct what was not sent by e-mail."""
        if delivery.channel == "letter":
            return self.env._("it was sent as a letter")
        if delivery.channel == "sms":
            return self.env._("it was sent as a text message")
        return self.env._("the debtor was told in person")

    def _create_correction_or_tell(self, recipient):
        """Put the correction into the mail queue, or return why it cannot be sent by e-mail."""
        if not recipient.email_normalized:
            return self.env._("there is no e-mail address any more")
        try:
            with self.env.cr.savepoint():
                self._create_message(self._render_message(), recipient, state="outgoing")
        except psycopg2.OperationalError:
            raise  # a lost connection or a serialization failure is not this notice's fault
        except Exception as error:
            _logger.warning("The correction of %s failed: %s", self.name, error, exc_info=True)
            return str(error) or type(error).__name__
        return False
