from odoo import fields, models


class DunningNotice(models.Model):
    """Costs and interest on the page of a reminder."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _get_portal_charges(self):
        """What is left to pay now of the interest and costs that this notice asks for.

        :return: amount by kind, without those of which nothing is to be paid
        :rtype: dict
        """
        self.ensure_one()
        memo = self._get_memo_amounts()
        payable = self.env["account.move.line"].concat(*self._get_payable_amounts()).move_id
        amounts = dict.fromkeys(("interest", "costs"), 0.0)
        for charge in self._get_owed_charges():
            if charge in memo or charge.move_id & payable:
                amounts[charge.kind] += charge.amount_open
        return {
            kind: self.currency_id.round(amount)
            for kind, amount in amounts.items()
            if not self.currency_id.is_zero(amount)
        }

    def _get_portal_charge_text(self):
        """The words about costs and interest as long as they hold: until the day that they name,
        or the end of the term of the letter."""
        self.ensure_one()
        letter = self.statutory_letter_ids[:1]
        if letter:
            is_over = letter.state != "running"
        else:
            is_over = self.pay_before and self.pay_before < fields.Date.context_today(self)
        return False if is_over else self.with_context(dunning_page=True).charge_block
