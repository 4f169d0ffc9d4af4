import logging

import psycopg2

from odoo import models

_logger = logging.getLogger(__name__)


class MailNotification(models.Model):
    """Odoo's code for e-mail, text messages and post tells here what became of a message, also
    days later: the deliveries of reminders follow."""

    _inherit = "mail.notification"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'mail'
        res = super().write(vals)
        if "notification_status" in vals and not self.env.context.get("dunning_delivery"):
            self._update_dunning_deliveries()
        return res

    # === BUSINESS ===#
    def _update_dunning_deliveries(self):
        """Tell the deliveries what became of their messages.

        An error here must not make Odoo send a message again: it is logged, and the delivery is
        brought up to date by the next round of the scheduled action.
        """
        notifications = {
            (notification.mail_message_id, notification.res_partner_id): notification
            for notification in self.sudo()
        }
        deliveries = self.env["dunning.delivery"].sudo()
        messages = self.sudo().mail_message_id
        for delivery in deliveries.search([("mail_message_id", "in", messages.ids)]):
            notification = notifications.get((delivery.mail_message_id, delivery.partner_id))
            if not notification:
                continue
            try:
                with self.env.cr.savepoint():
                    delivery._follow_notification(notification)
            except psycopg2.OperationalError:
                _logger.warning("%s could not be updated now", delivery, exc_info=True)
                delivery.invalidate_recordset()
            except Exception:
                _logger.exception("%s could not be updated", delivery)
                delivery.invalidate_recordset()
