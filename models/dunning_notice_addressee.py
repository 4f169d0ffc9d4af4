from odoo import api, models


class DunningNotice(models.Model):
    """Addressees: who gets the message by which channel, and how he is addressed.

    With `dunning_copy_for` in the context (id of a partner) texts and letter are written to that
    joint debtor instead.
    """

    _inherit = "dunning.notice"

    # === COMPUTE ===#
    @api.depends_context("dunning_copy_for")
    def _compute_greeting_name(self):
        # EXTENDS: a joint debtor is greeted with his own name
        return super()._compute_greeting_name()

    # === BUSINESS ===#
    def _is_redirected(self):
        """Whether someone else is addressed for the debtor, who must then get nothing himself:
        the person in charge of his estate, or his head office."""
        self.ensure_one()
        debtor = self.partner_id
        others = debtor.dunning_addressee_id
        if debtor.debtor_status:
            others |= debtor.debtor_status_contact_id
        return self.contact_id in others and self.contact_id != debtor

    def _get_recipient(self, channel="email"):
        """Who gets the message by a channel: the contact, or the debtor when only he can be
        reached that way."""
        self.ensure_one()
        contact, debtor = self.contact_id, self.partner_id
        if contact == debtor or self._is_redirected():
            return contact
        reach = (contact | debtor)._get_dunning_reach()
        return debtor if channel in reach[debtor] - reach[contact] else contact

    def _get_copy_recipient(self):
        """The joint debtor for whom the texts are written, if any."""
        return self.env["res.partner"].browse(self.env.context.get("dunning_copy_for"))

    def _get_reader(self):
        """Whoever reads the text: his language is used."""
        self.ensure_one()
        return self._get_copy_recipient() or self.contact_id

    def _get_letter_recipient(self):
        # EXTENDS: a joint debtor gets his own letter
        return self._get_copy_recipient() or self._get_recipient("letter")

    def _get_address_names(self, recipient):
        """The names above the address: company and person, or who answers for the debtor."""
        if self._get_copy_recipient():
            return [recipient.name]
        contact = self.contact_id
        if self._is_redirected():
            names = [contact.parent_id.name, contact.name]
        else:
            names = [self.partner_id.name, contact != self.partner_id and contact.name]
        return [name for name in names if name]

    def _get_named_debtor(self):
        """The debtor when someone else reads the text, who must know whose invoices they are."""
        self.ensure_one()
        if self._get_copy_recipient() or self._is_redirected():
            return self.partner_id
        return self.partner_id.browse()
