from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.sms.tools.sms_tools import sms_content_to_rendered_html


class DunningNotice(models.Model):
    """Text messages, and chats that a person sends. The phone shows them to whoever looks at it:
    neither names a debt."""

    _inherit = "dunning.notice"

    # === FIELDS ===#
    short_link = fields.Char(
        compute="_compute_short_link",
        compute_sudo=True,
        help="The payment link for text messages: short, and without a word about what it is.",
    )

    # === COMPUTE ===#
    @api.depends("access_token", "payment_link")
    def _compute_short_link(self):
        for notice in self:
            if notice._origin:
                token = notice._portal_ensure_token()
                notice.short_link = f"{notice.get_base_url()}/my/m/{notice.id}/{token}"
            else:
                notice.short_link = notice.payment_link

    # === ACTIONS ===#
    def action_open_chat(self):
        """Open a chat with the recipient in which the message is prepared.

        A person sends it there, or does not: it is recorded, and does not count as a reminder.
        """
        self.ensure_one()
        self._check_collector()
        notice = self.sudo()
        recipient = notice._get_recipient("call")
        action = recipient._get_chat_action(notice._render_sms())
        delivery = notice.delivery_ids.filtered(
            lambda delivery: delivery.channel == "chat" and delivery.partner_id == recipient
        )[:1] or notice.delivery_ids.create(notice._prepare_delivery_values("chat", recipient))
        delivery._transition("sent", self.env._("Prepared by %s", self.env.user.name))
        return action

    # === BUSINESS ===#
    def _render_sms(self):
        """Render the text message of the level in the language of its reader.

        :raise UserError: when there is no text or it cannot be rendered
        """
        self.ensure_one()
        template = self.level_id._get_sms_template()
        if not template:
            raise UserError(
                self.env._(
                    "Level “%s” has no text for text messages: choose one.", self.level_id.name
                )
            )
        notice = self._with_text_language()
        lang = notice._get_reader_language()
        translations = template._fields["body"]._get_stored_translations(template) or {}
        if not lang.startswith("en") and not translations.get(lang):
            lang = "en_US"
        notice = notice.with_context(lang=lang)
        return " ".join(notice._render_template_field(template, "body").split())

    def _send_by_sms(self, delivery):
        """Put the text message into the queue of Odoo, which sends it and tells what became of
        it."""
        recipient = delivery.partner_id
        body = self._render_sms()
        message = self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.partner_id.id,
                "body": sms_content_to_rendered_html(body),
                "message_type": "sms",
                "subtype_id": self.env.ref("mail.mt_note").id,
                "author_id": self._get_author().id,
            }
        )
        sms = self.env["sms.sms"].create(
            {
                "body": body,
                "number": recipient._phone_format(number=recipient.phone),
                "partner_id": recipient.id,
                "mail_message_id": message.id,
            }
        )
        self.env["mail.notification"].create(
            {
                "author_id": message.author_id.id,
                "mail_message_id": message.id,
                "res_partner_id": recipient.id,
                "sms_number": sms.number,
                "notification_type": "sms",
                "sms_id_int": sms.id,
                "sms_tracker_ids": [Command.create({"sms_uuid": sms.uuid})],
                "is_read": True,
                "notification_status": "ready",
            }
        )
        delivery._transition("queued", mail_message_id=message.id)
