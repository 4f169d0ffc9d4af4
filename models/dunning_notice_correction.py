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
            if notice.use_email:
                reason = notice._create_correction_or_tell()
            elif notice.use_letter and notice.letter_printed:
                reason = self.env._("it was sent as a letter")
            elif notice.use_letter:
                reason = self.env._("the letter was not printed from here yet: do not post it")
            else:
                reason = False  # a marker only: nobody got anything
            if reason:
                by_hand[notice] = reason
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return by_hand

    def _create_correction_or_tell(self):
        """Put the correction into the mail queue, or return why it cannot be sent by e-mail."""
        recipient = self._get_correction_recipient()
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

    def _get_correction_recipient(self):
        """Whoever got the reminder."""
        return self.mail_message_id.notification_ids.res_partner_id[:1] or self._get_recipient()
