from urllib.parse import quote

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dunning_decision_parts import FLUSHED_FIELDS
from .dunning_level import CHANNEL_BITS

# The job of finding out how a contact can be reached: one at a time.
MEND_TASK = "mend_address"
# What makes up a postal address: another one may be used again after mail came back.
POSTAL_FIELDS = ("street", "street2", "zip", "city", "country_id")


class ResPartner(models.Model):
    """How a debtor can be reached, and what happens when an address does not work."""

    _inherit = "res.partner"

    # === CRUD ===#
    def write(self, vals):
        """An address that was changed is used again."""
        if not vals.keys() & {"email", *POSTAL_FIELDS}:
            return super().write(vals)
        doubtful = self.sudo().filtered(
            lambda partner: partner.dunning_bounced_email or partner.dunning_mail_returned
        )
        postal = {partner: partner._get_postal_values() for partner in doubtful}
        res = super().write(vals)
        for partner in doubtful:
            partner._forget_mended(postal[partner])
        return res

    # === ACTIONS ===#
    def action_use_address_again(self):
        """Someone found out that the addresses of this contact do work."""
        self.check_access("write")
        self.sudo().write({"dunning_bounced_email": False, "dunning_mail_returned": False})
        self._close_mend_task()

    def action_open_chat(self):
        """Open a chat with this contact in which a greeting is prepared. Nothing is sent."""
        self.ensure_one()
        partner = self.with_context(lang=self.lang or self.env.lang)
        text = partner.env._(
            "Hello, this is %(user)s of %(company)s.",
            user=self.env.user.name,
            company=self.env.company.name,
        )
        return self._get_chat_action(text)

    # === BUSINESS: ADDRESSES ===#
    def _get_dunning_reach(self):
        """The channels by which each of these partners can be reached.

        The rule itself stands in the decision, which judges whole ledgers by it.

        :return: set of channels by partner
        :rtype: dict
        """
        for model in ("res.partner", "mail.blacklist", "phone.blacklist"):
            self.env[model].flush_model(FLUSHED_FIELDS[model])
        reach = self.env["dunning.decision"]._get_reach_sql("person")
        rows = dict(
            self.env.execute_query(
                SQL(
                    "SELECT person.id, %s FROM res_partner person WHERE person.id IN %s",
                    reach,
                    tuple(self.ids) or (0,),
                )
            )
        )
        return {
            partner: {
                channel for channel, bit in CHANNEL_BITS.items() if rows.get(partner.id, 0) & bit
            }
            for partner in self
        }

    def _get_dunning_obstacle(self, channel):
        """Return why this partner cannot be reached by a channel, in words; empty when he can."""
        self.ensure_one()
        name = self.display_name
        if channel in self._get_dunning_reach()[self]:
            if channel == "sms" and not self._phone_format(number=self.phone):
                return self.env._(
                    "%(name)s: %(phone)s is not a valid number.", name=name, phone=self.phone
                )
            return ""
        if channel == "email":
            if not self.email_normalized:
                return self.env._("%s has no e-mail address.", name)
            if self.email_normalized == (self.dunning_bounced_email or "").lower():
                return self.env._("Messages to %s came back.", self.email_normalized)
            return self.env._("%s is on the blacklist of e-mail addresses.", self.email_normalized)
        if channel in ("sms", "call"):
            if not self.phone:
                return self.env._("%s has no phone number.", name)
            return self.env._("%s is on the blacklist of phone numbers.", self.phone)
        if self.dunning_mail_returned:
            return self.env._("Mail to %s came back.", name)
        return self.env._("The postal address of %s is not complete.", name)

    def _get_dunning_address(self, channel):
        """The address by which a channel reaches this partner, as text for a person."""
        self.ensure_one()
        if channel == "email":
            return self.email_normalized or self.email
        if channel in ("sms", "call", "chat"):
            return self._phone_format(number=self.phone) or self.phone
        parts = (self.street, self.street2, self.zip, self.city, self.country_id.name)
        return ", ".join(filter(None, parts))

    def _ask_to_mend(self, company, channel, address, reason):
        """Ask someone to find out how this contact can be reached: one activity per contact."""
        self.ensure_one()
        labels = dict(
            self.env["dunning.delivery"]._fields["channel"]._description_selection(self.env)
        )
        return self._schedule_dunning_task(
            company,
            MEND_TASK,
            self.env._("Mend the address"),
            note=self.env._(
                "%(channel)s to %(address)s did not arrive: %(reason)s",
                channel=labels[channel],
                address=address or "–",
                reason=reason or "–",
            ),
        )

    def _close_mend_task(self):
        """The address was mended: nobody needs to look for it any more."""
        self.env["mail.activity"].sudo().search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("dunning_task", "=", MEND_TASK),
            ]
        ).action_feedback()

    def _get_postal_values(self):
        return [self[name] for name in POSTAL_FIELDS]

    def _forget_mended(self, postal):
        """Use addresses again that are others now.

        :param list postal: the postal address as it was
        """
        self.ensure_one()
        values = {}
        bounced = (self.dunning_bounced_email or "").lower()
        if bounced and self.email_normalized and self.email_normalized != bounced:
            values["dunning_bounced_email"] = False
        if self.dunning_mail_returned and self._get_postal_values() != postal:
            values["dunning_mail_returned"] = False
        if values:
            self.write(values)
            self._close_mend_task()

    # === BUSINESS: CHAT ===#
    def _get_chat_action(self, text):
        """Open a chat window with a prepared text, in which a person presses “send”.

        :raise UserError: without a phone number in a form that can be called from anywhere
        """
        self.ensure_one()
        if not self.phone:
            raise UserError(self.env._("%s has no phone number.", self.display_name))
        number = self._phone_format(number=self.phone)
        if not number:
            raise UserError(
                self.env._(
                    "The phone number of %(contact)s (%(number)s) is not complete: it lacks the "
                    "country, or is not a valid number.",
                    contact=self.display_name,
                    number=self.phone,
                )
            )
        digits = "".join(character for character in number if character.isdigit())
        return {
            "type": "ir.actions.act_url",
            "url": f"https://wa.me/{digits}?text={quote(text, safe='')}",
            "target": "new",
        }
