from decimal import Decimal

from odoo import models


class StatutoryLetter(models.Model):
    """How much of what a letter asked was not paid on its last free day.

    Of a part payment within the term costs are calculated on the rest (Supreme Court of the
    Netherlands 25 November 2016, ECLI:NL:HR:2016:2704). Payments and credit notes count by their
    own dates, whenever they were booked; a credit note that settles a dispute counts from the
    beginning, as what it is about was never owed. Amounts are in the currency of the letter.
    """

    _inherit = "statutory.letter"

    # === BUSINESS ===#
    def _measure(self):
        """Write down what was not paid in time of each item, and what is disputed of that.

        :return: the undisputed and the disputed principal by ``account.move.line``
        :rtype: tuple[dict, dict]
        """
        self.ensure_one()
        items = self.item_ids.move_line_id
        disputes = self.env["statutory.interest"]._get_disputed(items)
        unpaid, disputed = {}, {}
        for row in self.item_ids:
            item = row.move_line_id
            base, held = self._measure_item(row, disputes.get(item.id))
            unpaid[item], disputed[item] = base, held
        self._deduct_received(unpaid)
        for row in self.item_ids:
            row.write(
                {
                    "amount_unpaid": float(unpaid[row.move_line_id]),
                    "amount_disputed": float(disputed[row.move_line_id]),
                }
            )
        self.amount_unpaid = float(sum(unpaid.values()))
        self.amount_disputed = float(sum(disputed.values()))
        return unpaid, disputed

    def _measure_item(self, row, disputed):
        """What was not paid in time of one item of the letter.

        :param disputed: the disputed part of the item; 0 for all of it, None for nothing
        :return: the undisputed and the disputed amount
        """
        item, currency = row.move_line_id, self.currency_id
        asked = self._to_decimal(row.amount, currency)
        open_when_sent = self._to_decimal(row.amount_open, currency)
        disputed_when_sent = max(open_when_sent - asked, Decimal(0))
        in_time, settled, settled_since = self._get_taken_off(item)
        principal = self._to_decimal(item.amount_currency, currency)
        left = max(principal - in_time - settled, Decimal(0))
        # What was disputed before the letter was no part of it, nor is its credit note.
        of_others = min(settled_since, disputed_when_sent)
        paid_since = max(open_when_sent - left - of_others, Decimal(0))
        of_letter = max(asked - paid_since, Decimal(0))
        if disputed is None:
            return of_letter, Decimal(0)
        undisputed = max(left - (disputed or left), Decimal(0))
        base = min(of_letter, undisputed)
        return base, of_letter - base

    def _get_taken_off(self, item):
        """What was taken off an item: in time, by settling a dispute at any time, and of the
        latter since the letter was sent."""
        in_time = settled = settled_since = Decimal(0)
        for day, amount, move in self.env["statutory.interest"]._get_taken_off(item):
            if move.dispute_id:
                settled += amount
                if (move.invoice_date or move.date) >= self.sent_date:
                    settled_since += amount
            elif day <= self.last_free_day:
                in_time += amount
        return in_time, settled, settled_since

    def _deduct_received(self, unpaid):
        """Take off the money that came in time and that nobody has allocated, oldest item first.

        :param dict unpaid: amounts by item, which are changed
        """
        received = self._get_received()
        for item in sorted(unpaid, key=lambda item: (item.date_maturity or item.date, item.id)):
            taken = min(received, unpaid[item])
            unpaid[item] -= taken
            received -= taken

    def _get_received(self):
        """Money of the debtor that came in time and is not allocated yet."""
        self.ensure_one()
        accounts = self.item_ids.move_line_id.account_id
        credits = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "child_of", self.partner_id.id),
                ("account_id", "in", accounts.ids),
                ("currency_id", "=", self.currency_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
                ("date", "<=", self.last_free_day),
            ]
        )
        return sum(
            (
                self._to_decimal(-credit.amount_residual_currency, self.currency_id)
                for credit in credits
            ),
            Decimal(0),
        )

    # === BUSINESS: WAITING ===#
    def _is_waiting(self, day):
        """Whether it cannot be said yet what was paid in time, or costs would be out of place.

        The newest bank statement is missing, the debtor is under a status such as debt
        restructuring, or agreed within the term to pay in installments.
        """
        self.ensure_one()
        if self.env["dunning.decision"]._is_bank_outdated(self.company_id, day):
            return True
        if self.partner_id.debtor_status:
            return True
        return bool(self._get_arrangements("active"))

    def _get_arrangements(self, *states):
        """The arrangements over items of this letter that were made within its term."""
        self.ensure_one()
        blocks = self.env["dunning.block"].search(
            [
                ("kind", "=", "arrangement"),
                ("res_model", "=", "installment.arrangement"),
                ("move_line_id", "in", self.item_ids.move_line_id.ids),
                ("date_from", "<=", self.last_free_day),
            ]
        )
        arrangements = self.env["installment.arrangement"].browse(set(blocks.mapped("res_id")))
        return arrangements.exists().filtered(lambda one: one.state in states)
