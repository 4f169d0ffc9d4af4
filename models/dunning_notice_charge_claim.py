from decimal import Decimal

import psycopg2.errors

from odoo import models


class DunningNotice(models.Model):
    """What a notice asks and announces is claimed when it is sent, and no longer when it is
    withdrawn."""

    _inherit = "dunning.notice"

    # === BUSINESS: SENDING ===#
    def _remember_sent(self, day):
        # EXTENDS: the debtor owes the costs and interest from now on, or has been warned
        res = super()._remember_sent(day)
        self._claim_charges()
        if not self.env.context.get("dunning_delivery"):
            self._finish_charges()
        return res

    def _send(self, day):
        # EXTENDS
        res = super()._send(day)
        self._finish_charges()
        return res

    def _settle_runs(self):
        # EXTENDS: never in the transaction that remembers what has left the house. What another
        # worker prevents is done by the scheduled action of charges.
        res = super()._settle_runs()
        try:
            self._finish_charges()
            self.env["ir.cron"]._commit_progress()
        except psycopg2.errors.SerializationFailure:
            self.env.cr.rollback()
        return res

    def _claim_charges(self):
        """Make the charges of a notice that was sent, once, from what it said."""
        self.ensure_one()
        own = self.sudo().charge_ids.filtered(
            lambda charge: not charge.withdrawn and not charge.letter_id
        )
        data = self.charge_data or {}
        if own or not data:
            return
        charges = self.env["receivable.charge"]
        for kind in ("costs", "interest"):
            quoted = data.get(kind)
            if quoted and not quoted.get("letter"):
                charges._create_claim(self, kind, quoted, data["asked"])
        charges.browse(data.get("passed", [])).exists()._claim_passed()

    def _finish_charges(self):
        """Note which rates were used, and invoice what is invoiced at these levels."""
        sent = self.sudo().filtered(lambda notice: notice.state == "sent" and notice.charge_data)
        rates, charges = set(), self.env["receivable.charge"].sudo()
        for mode, notices in sent.grouped(lambda notice: notice.level_id.charge_mode).items():
            owed = charges.browse()
            for notice in notices:
                data = notice.charge_data
                rates.update(data.get("interest", {}).get("rates", []))
                owed |= notice.charge_ids | charges.browse(data.get("passed", [])).exists()
            if mode in ("draft", "posted"):
                owed = owed.filtered(lambda charge: charge.state == "due")
                for _key, of_debtor in owed.grouped("partner_id").items():
                    of_debtor._book_or_tell(post=mode == "posted")
        if rates:
            today = self.company_id[:1]._get_dunning_today()
            used = self.env["statutory.rate"].sudo().browse(rates).exists()
            used.filtered(lambda rate: rate.used_on != today)._mark_used()

    # === BUSINESS: UNDOING ===#
    def _undo_sent(self, state, reason):
        # EXTENDS: they claimed nothing
        res = super()._undo_sent(state, reason)
        self._withdraw_charges(reason)
        return res

    def _withdraw_charges(self, reason):
        for notice in self:
            notice.charge_ids._withdraw(reason)
            passed = notice.charge_ids.browse((notice.charge_data or {}).get("passed", []))
            passed = passed.exists().filtered(lambda charge: charge.state == "due")
            passed._transition("announced")

    # === BUSINESS: TEXTS ===#
    def _get_quoted_vat(self):
        """The addition for VAT in the costs that this level brings, in the currency of the
        notice.

        :rtype: decimal.Decimal
        """
        self.ensure_one()
        return Decimal((self.charge_data or {}).get("costs", {}).get("vat", 0))
