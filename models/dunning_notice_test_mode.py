import logging

import psycopg2

from odoo import models

_logger = logging.getLogger(__name__)


class DunningNotice(models.Model):
    """Test mode: reminders are made and shown, and nothing leaves the house."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _deliver_in_test_mode(self):
        """Render claimed notices as if they went out, and cancel them.

        E-mails go to the test address, if there is one; nothing is sent to, or noted at, a
        debtor. What cannot be rendered is shown as failed, as it would be.
        """
        for notice in self:
            try:
                with self.env.cr.savepoint():
                    notice._try_in_test_mode()
            except psycopg2.OperationalError:
                raise
            except Exception as error:
                _logger.warning("%s could not be tried: %s", notice.name, error, exc_info=True)
                notice.invalidate_recordset()
                notice._transition(
                    "failed", failure_reason=str(error) or type(error).__name__, retry_date=False
                )

    def _try_in_test_mode(self):
        self.ensure_one()
        notice = self.with_context(dunning_test_mode=True)
        if notice._needs_letter():
            notice.letter_id = notice._create_letter()
        if notice.use_sms:
            notice._render_sms()
        if notice.use_email:
            notice._send_to_test_address(notice._render_message())
        self._transition("cancelled", failure_reason=self.env._("Test mode: nothing was sent."))

    def _send_to_test_address(self, values):
        """Send what the debtor would have read to the test address, through Odoo's queue."""
        address = self.company_id.dunning_test_email
        if not address:
            return
        self.env["mail.mail"].create(
            {
                "subject": f"[TEST] {values['subject']}",
                "body_html": values["body_html"],
                "email_from": values["email_from"],
                "reply_to": values["reply_to"],
                "email_to": address,
                "attachment_ids": self._get_attachment_commands(),
                "auto_delete": True,
            }
        )
        self._trigger_mail_queue()
