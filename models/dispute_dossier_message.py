from odoo import models

TEMPLATES = {
    "received": "account_credit_management.mail_template_dispute_received",
    "rejected": "account_credit_management.mail_template_dispute_rejected",
    "accepted": "account_credit_management.mail_template_dispute_accepted",
}


class DisputeDossier(models.Model):
    """Who is told what about a dispute."""

    _inherit = "dispute.dossier"

    # === BUSINESS: DEBTOR ===#
    def _get_recipient(self):
        """Who gets messages: whoever answers for the debtor, else the contact person, else the
        debtor."""
        self.ensure_one()
        debtor = self.partner_id.sudo()
        in_charge = debtor.debtor_status and debtor.debtor_status_contact_id
        return (
            in_charge
            or self.sudo().contact_id.filtered("email")
            or debtor.dunning_addressee_id
            or debtor
        )

    def _tell_debtor(self, message):
        """Send the debtor an e-mail, if he can get one.

        :param str message: key of ``TEMPLATES``
        :return: whether it was sent
        """
        self.ensure_one()
        dossier = self.sudo()
        template = self.env.ref(TEMPLATES[message], raise_if_not_found=False)
        recipient = self._get_recipient()
        obstacle = recipient._get_dunning_obstacle("email")
        if dossier.company_id.dunning_test_mode:
            obstacle = self.env._("Test mode: nothing is sent.")
        if not template or obstacle:
            dossier._message_log(
                body=self.env._(
                    "%(name)s got no e-mail. %(reason)s",
                    name=recipient.name,
                    reason=obstacle or "",
                )
            )
            return False
        author = dossier.user_id.filtered("active").partner_id
        template.sudo().send_mail(
            self.id,
            email_values={
                "author_id": (author or dossier.company_id.partner_id).id,
                "auto_delete": False,
                "is_notification": True,
                "recipient_ids": [(6, 0, recipient.ids)],
            },
        )
        return True

    # === BUSINESS: COLLEAGUES ===#
    def _get_colleagues(self):
        """The responsible and the salesperson."""
        users = self.sudo().user_id | self.sudo().salesperson_id
        return users.filtered(lambda user: user.active and not user.share)

    def _subscribe_colleagues(self):
        """The responsible and the salesperson follow what happens."""
        for dossier in self.sudo():
            dossier.message_subscribe(partner_ids=dossier._get_colleagues().partner_id.ids)

    def _tell_new(self):
        """Tell the responsible and the salesperson, and what is held on the debtor too."""
        self.ensure_one()
        dossier = self.sudo()
        text = self.env._(
            "%(debtor)s disputes %(amount)s of %(invoices)s: %(reason)s",
            debtor=dossier.partner_id.name,
            amount=dossier.currency_id.format(dossier.amount_claimed),
            invoices=", ".join(name for name in dossier.line_ids.move_id.mapped("name") if name),
            reason=dossier.reason_id.name,
        )
        self._tell_colleagues(text)
        dossier.partner_id._message_log(body=f"{dossier.name}: {text}")

    def _tell_settled(self, text):
        """Tell how it ended, in the chatter of the dispute and of the debtor."""
        self.ensure_one()
        self._tell_colleagues(text)
        self.partner_id.sudo()._message_log(body=text)

    def _tell_colleagues(self, text):
        for dossier in self.sudo():
            users = dossier._get_colleagues() - self.env.user
            dossier.message_post(
                body=text,
                author_id=self.env.user.partner_id.id,
                partner_ids=users.partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )
