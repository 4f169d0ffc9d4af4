from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date


class InstallmentArrangement(models.Model):
    """Settling early: paying the rest at once, without the interest of what is not yet due."""

    _inherit = "installment.arrangement"

    # === BUSINESS: SETTLING ===#
    def _get_settlement(self, day):
        """Return what settles the arrangement when it is paid on a day, and what is waived then:
        the interest of installments that are not due by then, in proportion to their amounts.
        Interest that was owed before the plan stays.

        :param datetime.date day: when the debtor pays
        :return: pair (amount to pay, amount waived), in the currency of the arrangement
        :rtype: tuple[float, float]
        """
        self.ensure_one()
        lines = self._get_ordered_lines()
        total = sum(self._to_units(line.amount_agreed or line.amount) for line in lines)
        later = sum(
            self._to_units(line.amount_agreed or line.amount)
            for line in lines
            if line.date_due > day
        )
        added = self._get_added()["interest"]
        share = added * float(later / total) if total else 0.0
        waived = min(self.currency_id.round(share), self.amount_left)
        return self.currency_id.round(self.amount_left - waived), waived

    def _settle(self, day):
        """Agree that paying the rest by a day settles everything. Until then nothing is missed;
        when it was not paid by then, the plan goes on as it was.

        :param datetime.date day: last day to pay
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.state != "active":
            raise UserError(self.env._("%s is not active.", self.name))
        if day < self._get_today():
            raise UserError(self.env._("Choose a day to come."))
        amount, waived = self._get_settlement(day)
        self._with_gate_open().write({"settle_date": day, "settle_waived": waived})
        self.sudo()._message_log(
            body=self.env._(
                "Paying %(amount)s by %(date)s settles it; %(waived)s is waived then.",
                amount=self.currency_id.format(amount),
                date=format_date(self.env, day),
                waived=self.currency_id.format(waived),
            )
        )

    def _is_settled(self):
        """Whether only what is waived is left."""
        self.ensure_one()
        return bool(
            self.settle_date
            and self.currency_id.compare_amounts(self.amount_left, self.settle_waived) <= 0
        )

    def _complete_settlement(self):
        """Credit what is waived: that pays what is left of the plan."""
        for arrangement in self.sudo().filtered(lambda record: record._is_settled()):
            refund = (
                self.env["account.move"]
                .sudo()
                .with_company(arrangement.company_id)
                .create(arrangement._prepare_waiver_values(arrangement.amount_left))
            )
            refund._post(soft=False)
            credit = refund.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
            for item in arrangement._get_open_items()[::-1]:
                if not credit.reconciled:
                    (credit | item.move_line_id).reconcile()
            arrangement._check_payments()

    def _prepare_waiver_values(self, amount):
        self.ensure_one()
        product = self._get_charge_product()
        taxes = product.taxes_id._filter_taxes_by_company(self.company_id)
        return {
            "move_type": "out_refund",
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self._get_today(),
            "invoice_payment_term_id": False,
            "invoice_origin": self.name,
            "reversed_entry_id": self.charge_move_id.id,
            "ref": self.env._("Settled early: %s", self.name),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": self.env._("Interest not due (%s)", self.name),
                        "quantity": 1,
                        "price_unit": amount,
                        "tax_ids": [Command.set(taxes.ids)],
                    }
                )
            ],
        }

    def _lapse_settlement(self):
        """It was not settled in time: the plan goes on as it was."""
        for arrangement in self:
            arrangement._with_gate_open().write({"settle_date": False, "settle_waived": 0.0})
            arrangement._tell_colleagues(
                self.env._("%s was not settled in time: the plan goes on.", arrangement.name)
            )
