from datetime import datetime, time

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class InstallmentArrangement(models.Model):
    """From the offer to the signature: what goes out, and what comes back."""

    _inherit = "installment.arrangement"

    # === ACTIONS ===#
    def action_open_sign(self):
        """Note that the debtor signed on paper."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Mark as Signed"),
            "res_model": "arrangement.sign",
            "view_mode": "form",
            "target": "new",
            "context": {"default_arrangement_id": self.id},
        }

    def action_open_agreement(self):
        """Open the document that was signed."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.agreement_id.id}",
            "target": "new",
        }

    def action_send_offer(self):
        """Send the offer by e-mail once more, for instance to another address."""
        self.check_access("write")
        for arrangement in self:
            if arrangement.state != "offered":
                raise UserError(self.env._("%s is not offered.", arrangement.name))
            arrangement._send_offer()

    # === BUSINESS: OFFER ===#
    def _offer(self):
        # EXTENDS: the debtor gets it by e-mail, else somebody prints it
        new = self.filtered(lambda arrangement: arrangement.state != "offered")
        res = super()._offer()
        for arrangement in new:
            arrangement._with_gate_open().write({"emailed_date": False, "letter_printed": False})
            arrangement._send_offer()
        return res

    def _send_offer(self):
        self.ensure_one()
        if self._tell_debtor("offer", with_agreement=True):
            self._with_gate_open().emailed_date = fields.Datetime.now()

    def _activate(self):
        # EXTENDS: the debtor gets what was agreed on
        new = self.filtered(lambda arrangement: arrangement.state != "active")
        res = super()._activate()
        for arrangement in new:
            if arrangement.signed_on and not arrangement.agreement_id:
                arrangement._keep_agreement(arrangement._render_agreement())
            if arrangement.state == "active":
                arrangement._tell_debtor("confirmation", with_agreement=True)
        return res

    def _fulfill(self):
        # EXTENDS
        res = super()._fulfill()
        for arrangement in self:
            arrangement._tell_debtor("fulfilled")
        return res

    # === BUSINESS: ON PAPER ===#
    def _mark_signed(self, name, day, content, file_name):
        """The debtor signed on paper: the scanned copy is what was agreed on.

        :param str name: who signed
        :param datetime.date day: when
        :param bytes content: the scanned copy
        :raise UserError: when there is nothing to sign any more
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.state not in ("offered", "active") or self.signed_on:
            raise UserError(self.env._("%s cannot be signed any more.", self.name))
        if day > self._get_today():
            raise UserError(self.env._("The day of the signature is not in the future."))
        if not content:
            raise UserError(self.env._("The scanned copy is empty."))
        self._with_gate_open().write(
            {"signed_by": name, "signed_on": datetime.combine(day, time(12))}
        )
        self._keep_agreement(content, file_name)
        if self.state == "offered":
            self._activate()
        self.sudo()._message_log(
            body=self.env._(
                "Signed on paper by %(name)s on %(date)s.",
                name=name,
                date=format_date(self.env, day),
            )
        )

    # === BUSINESS: DECLINE ===#
    def _decline(self, reason):
        """The debtor does not agree to an offer: reminders go on, and somebody is told.

        :param str reason: in the words of the debtor
        """
        self.ensure_one()
        self._lock()
        if self.state != "offered":
            raise UserError(self.env._("%s is not open any more.", self.name))
        body = self.env._("Declined by the debtor: %s", reason or "–")
        self._end("cancelled", body)
        self._tell_colleagues(body)
        self.partner_id._schedule_dunning_task(
            self.company_id,
            f"arrangement_declined_{self.id}",
            self.env._("%s was declined", self.name),
            note=reason,
        )
