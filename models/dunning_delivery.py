import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dunning_level import CHANNELS
from .state_machine import check_transition

DELIVERY_STATES = [
    ("todo", "To do"),
    ("queued", "Waiting"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("bounced", "Came back"),
    ("cancelled", "Cancelled"),
]
TRANSITIONS = {
    "todo": {"queued", "sent", "failed", "cancelled"},
    "queued": {"sent", "failed", "bounced", "cancelled"},
    "sent": {"failed", "bounced"},
    "failed": {"queued", "todo", "sent", "bounced", "cancelled"},
    "bounced": set(),
    "cancelled": set(),
}
# A message by one of these has left the house, or nothing but a queue lies before it.
GONE_STATES = ("queued", "sent")
# Tried in vain.
LOST_STATES = ("failed", "bounced")
# What becomes of a message, by what Odoo writes on its notification.
NOTIFIED_STATES = {
    "pending": "sent",
    "sent": "sent",
    "bounce": "bounced",
    "exception": "failed",
    "canceled": "failed",
}
# Failures that an address is to blame for; others are those of our account, or of the service.
ADDRESS_FAILURES = (
    "mail_bounce",
    "mail_email_invalid",
    "mail_email_missing",
    "sms_invalid_destination",
    "sms_not_allowed",
    "sms_number_format",
    "sms_number_missing",
    "sms_rejected",
)
# The mail server does not want this recipient, now (4xx) or ever (5xx).
REFUSED = re.compile(r"SMTPRecipientsRefused.*?\((?P<code>\d{3}),", re.DOTALL)


class DunningDelivery(models.Model):
    """What became of one notice by one channel to one recipient.

    A notice asks and remembers; its deliveries tell how it went. A failed one is tried again on
    the same record; what came back stays as it is, and a new attempt is a new record.
    """

    _name = "dunning.delivery"
    _description = "Dunning Delivery"
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS ===#
    notice_id = fields.Many2one(
        "dunning.notice", "Reminder", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    debtor_id = fields.Many2one(
        related="notice_id.partner_id", string="Debtor", store=True, precompute=True
    )
    level_id = fields.Many2one(related="notice_id.level_id", store=True, precompute=True)
    channel = fields.Selection(
        [*CHANNELS, ("chat", "Chat message")], required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        "res.partner", "Recipient", required=True, readonly=True, index=True, ondelete="restrict"
    )
    address = fields.Char(readonly=True, help="E-mail address, number or postal address used.")
    is_copy = fields.Boolean(
        "Joint Debtor",
        readonly=True,
        help="For a joint debtor: what becomes of it does not change the reminder.",
    )
    state = fields.Selection(
        DELIVERY_STATES, required=True, readonly=True, default="todo", index=True
    )
    date = fields.Datetime("Since", readonly=True, default=fields.Datetime.now)
    reason = fields.Char(readonly=True)
    mail_message_id = fields.Many2one(
        "mail.message", "Message", readonly=True, index="btree_not_null"
    )
    letter_id = fields.Many2one(
        "ir.attachment", "Letter (PDF)", readonly=True, index="btree_not_null"
    )

    # === COMPUTE ===#
    @api.depends("notice_id", "channel", "partner_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for delivery in self:
            delivery.display_name = ", ".join(
                filter(
                    None,
                    (
                        delivery.notice_id.name,
                        labels.get(delivery.channel),
                        delivery.partner_id.name,
                    ),
                )
            )

    # === CRUD ===#
    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Deliveries are kept as history."))

    # === ACTIONS ===#
    def action_letter_returned(self):
        """The post brought a letter back: it never arrived."""
        self.notice_id._check_collector()
        for delivery in self.sudo():
            if delivery.channel != "letter" or delivery.state not in GONE_STATES:
                raise UserError(
                    self.env._(
                        "%s: only a letter that was sent can come back.", delivery.display_name
                    )
                )
            delivery._come_back("bounced", self.env._("The letter came back."))

    def action_open_notice(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dunning.notice",
            "res_id": self.notice_id.id,
            "view_mode": "form",
        }

    # === BUSINESS ===#
    def _transition(self, state, reason=False, **values):
        """Change the state of deliveries: the only gate. Those that are there already keep the
        reason they had, unless there is a new one."""
        moved = self.filtered(lambda delivery: delivery.state != state)
        check_transition(moved, state, TRANSITIONS)
        moved.write(
            {"state": state, "date": fields.Datetime.now(), "reason": reason or False, **values}
        )
        rest = self - moved
        if rest and (reason or values):
            rest.write({**({"reason": reason} if reason else {}), **values})

    @api.model
    def _note_sent(self, message_id):
        """The message that waited has left: the way of most, in one statement."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE dunning_delivery
                   SET state = 'sent', date = %(now)s, reason = NULL, write_uid = %(uid)s,
                       write_date = %(now)s
                 WHERE mail_message_id = %(message_id)s AND state = 'queued'
                   AND is_copy IS NOT TRUE""",
                now=fields.Datetime.now(),
                uid=self.env.uid,
                message_id=message_id,
            )
        )
        self.invalidate_model(["state", "date", "reason"], flush=False)

    def _come_back(self, state, reason, is_address_wrong=True):
        """A message that counted as gone did not arrive: its notice goes on without it.

        :param str state: ``failed`` (it never left) or ``bounced`` (it came back)
        :param bool is_address_wrong: the address is to blame, so that it is not used any more
        """
        for delivery in self:
            delivery._transition(state, reason)
            if is_address_wrong:
                delivery._mark_address(reason)
            if not delivery.is_copy:
                delivery.notice_id._take_back(delivery.channel, reason)

    def _follow_notification(self, notification):
        """Follow what Odoo says about the message of this delivery."""
        self.ensure_one()
        status = notification.notification_status
        state = NOTIFIED_STATES.get(status)
        if not state or self.state not in ("queued", "sent", "failed"):
            return
        # Odoo writes a failure of its queue twice: as a precaution, and with its reason.
        if state == self.state and not (state == "failed" and self.is_copy):
            return
        if state == "sent":
            self._transition("sent")
            return
        reason = notification.format_failure_reason()
        if status == "canceled":
            reason = self.env._("Cancelled before it was sent.")
        if self.channel == "letter":
            self.notice_id._print_instead(self, reason)
            return
        is_address_wrong = (
            status == "bounce"
            or notification.failure_type in ADDRESS_FAILURES
            or bool(REFUSED.search(notification.failure_reason or ""))
        )
        self._come_back(state, reason, is_address_wrong)

    @api.model
    def _follow_missed_notifications(self):
        """Look again at what came back: the net under what Odoo tells by itself."""
        missed = self.sudo().search(
            [
                ("state", "in", GONE_STATES),
                (
                    "mail_message_id.notification_ids.notification_status",
                    "in",
                    ("bounce", "exception"),
                ),
            ]
        )
        missed.mail_message_id.notification_ids._update_dunning_deliveries()

    def _mark_address(self, reason):
        """Do not use this address again until someone has mended it, and ask for that once."""
        self.ensure_one()
        recipient = self.partner_id
        if self.channel == "email":
            recipient.dunning_bounced_email = self.address or recipient.email_normalized
        elif self.channel == "letter":
            recipient.dunning_mail_returned = True
        recipient._ask_to_mend(self.company_id, self.channel, self.address, reason)

    def _withdraw_from_queue(self):
        """Take messages that still wait out of the queues of Odoo, and of its postal service."""
        messages = self.mail_message_id
        if not messages:
            return
        self.env["mail.mail"].sudo().search(
            [("mail_message_id", "in", messages.ids), ("state", "=", "outgoing")]
        ).cancel()
        self.env["sms.sms"].sudo().search(
            [("mail_message_id", "in", messages.ids), ("state", "in", ("outgoing", "error"))]
        ).action_set_canceled()
        if "snailmail.letter" in self.env:
            self.env["snailmail.letter"].sudo().search(
                [("message_id", "in", messages.ids), ("state", "in", ("pending", "error"))]
            ).cancel()
