from odoo import models
from odoo.fields import Command
from odoo.tools import format_date

TEMPLATES = {
    message: f"account_credit_management.mail_template_arrangement_{message}"
    for message in ("broken", "confirmation", "fulfilled", "missed", "notice", "offer")
}


class InstallmentArrangement(models.Model):
    """Who is told what about an arrangement."""

    _inherit = "installment.arrangement"

    # === BUSINESS: DEBTOR ===#
    def _get_recipient(self):
        """Who gets messages: whoever answers for the debtor, else the contact person, else the
        debtor."""
        self.ensure_one()
        return (
            self._get_stand_in()
            or self.contact_id.filtered("email").sudo()
            or self.partner_id.sudo()
        )

    def _tell_debtor(self, message, with_agreement=False):
        """Send the debtor an e-mail, if he can get one.

        :param str message: key of ``TEMPLATES``
        :param bool with_agreement: attach the agreement
        :return: whether it was sent
        """
        self.ensure_one()
        arrangement = self.sudo()
        template = self.env.ref(TEMPLATES[message], raise_if_not_found=False)
        recipient = self._get_recipient()
        obstacle = recipient._get_dunning_obstacle("email")
        if arrangement.company_id.dunning_test_mode:
            obstacle = self.env._("Test mode: nothing is sent.")
        if not template or obstacle:
            arrangement._message_log(
                body=self.env._(
                    "%(name)s got no e-mail. %(reason)s",
                    name=recipient.name,
                    reason=obstacle or "",
                )
            )
            return False
        attachment = self.env["ir.attachment"]
        if with_agreement:
            attachment = arrangement.agreement_id or arrangement._create_agreement_attachment(
                arrangement._render_agreement()
            )
        document = arrangement._with_text_language()
        document._create_message(
            document._render_mail_template(template),
            recipient,
            attachment_ids=[Command.set(attachment.ids)],
            state="outgoing",
        )
        self._trigger_mail_queue()
        return True

    def _tell_broken(self, reason):
        """Tell the debtor, the responsible and the salesperson that it is over."""
        self.ensure_one()
        told = self._attempt(self._tell_debtor, "broken")
        body = self.env._("%(name)s was broken: %(reason)s", name=self.name, reason=reason)
        if not told:
            body += " " + self.env._("The debtor was not told by e-mail.")
        self._tell_colleagues(body)

    # === BUSINESS: COLLEAGUES ===#
    def _tell_colleagues(self, body):
        """Tell the responsible and the salesperson of the debtor, in the chatter of both."""
        for arrangement in self.sudo():
            users = arrangement.user_id | arrangement.partner_id.user_id
            users = users.filtered(lambda user: user.active and not user.share) - self.env.user
            arrangement.message_post(
                body=body, partner_ids=users.partner_id.ids, subtype_xmlid="mail.mt_note"
            )
            arrangement.partner_id._message_log(body=body)

    # === BUSINESS: CALLS ===#
    def _schedule_call(self, lines):
        """Have the debtor called about missed installments; one call at a time.

        :param lines: ``installment.arrangement.line``
        """
        self.ensure_one()
        if self._get_calls():
            return
        amount = sum(lines.mapped("amount_left"))
        user = self.user_id.filtered(lambda user: user.active and not user.share)
        self.partner_id._schedule_dunning_activity(
            self.company_id,
            "mail.mail_activity_data_call",
            user=user,
            summary=self.env._(
                "Missed installment: %(amount)s of %(name)s",
                amount=self.currency_id.format(amount),
                name=self.name,
            ),
            note=self.env._(
                "It was to be paid by %s. Ask why, and when it will be paid.",
                format_date(self.env, lines[:1].date_due),
            ),
            dunning_channel="call",
            dunning_amount=self._to_company(amount),
            dunning_move_ids=[(6, 0, self._get_open_items().move_id.ids)],
            dunning_task=self._get_call_task(),
        )

    def _get_call_task(self):
        return f"arrangement_{self.id}"

    def _get_calls(self):
        """Calls about missed installments that are still to be made."""
        return (
            self.env["mail.activity"]
            .sudo()
            .search([("dunning_task", "in", [record._get_call_task() for record in self])])
        )

    def _close_calls(self):
        self._get_calls()._close_dunning_contact(self.env._("No longer needed."))

    def _close_cured_calls(self):
        """Nobody needs to call any more about what was paid or postponed."""
        for arrangement in self:
            if "missed" not in arrangement.line_ids.mapped("state"):
                arrangement._close_calls()
