from odoo import api, models

from ..calc.schedule import absorb_overpayment
from .installment_arrangement import HOLDING_STATES

# In these states payments, and payments that are undone, change something.
WATCHED_STATES = (*HOLDING_STATES, "fulfilled")


class InstallmentArrangement(models.Model):
    """What payments do with an arrangement.

    How much was paid is never stored: it follows from what is open of the items. What is kept is
    what follows from it: amounts that paying more moved, blocks of parts, and the state.
    """

    _inherit = "installment.arrangement"

    # === BUSINESS: TRIGGER ===#
    @api.model
    def _on_reconciled(self, items):
        """Payments of items changed: look at their arrangements.

        An error in here never undoes somebody's payment: it is logged, and the scheduled action
        tries again.

        :param account.move.line items: any journal items
        """
        found = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("arrangement_id.state", "in", WATCHED_STATES),
                ]
            )
        )
        if not found:
            return
        if not found.arrangement_id._attempt(found.arrangement_id._check_payments):
            self._trigger_review()

    @api.model
    def _trigger_review(self):
        self.env.ref("account_credit_management.ir_cron_installment_arrangement").sudo()._trigger()

    # === BUSINESS: CHECK ===#
    def _check_payments(self):
        """Bring arrangements in line with what was paid. A second look changes nothing.

        :return: True, as a sign that it came to the end
        """
        for arrangement in self.sudo():
            if arrangement.state == "active":
                arrangement._rebalance()
            state = arrangement.state
            left = arrangement._to_units(arrangement.amount_left)
            if state == "active" and not left:
                arrangement._fulfill()
            elif state == "fulfilled" and left:
                arrangement._undo_fulfillment()
            elif state == "offered" and not arrangement._get_unpaid_items():
                arrangement._end(
                    "cancelled", self.env._("Everything was paid before it was agreed.")
                )
            arrangement._sync_blocks()
            if arrangement.state == "active":
                arrangement._close_cured_calls()
                if arrangement._is_settled():
                    self._trigger_review()
        return True

    def _get_unpaid_items(self):
        return self.item_ids.filtered(lambda item: not item.currency_id.is_zero(item.amount_left))

    def _undo_fulfillment(self):
        """Go on with a fulfilled arrangement, unless something else was agreed on meanwhile."""
        self.ensure_one()
        items = self._get_unpaid_items().move_line_id
        elsewhere = self.env["installment.arrangement.item"].search_count(
            [
                ("move_line_id", "in", items.ids),
                ("arrangement_id", "!=", self.id),
                ("arrangement_id.state", "in", HOLDING_STATES),
            ],
            limit=1,
        )
        if not elsewhere:
            self._reopen()
            self._rebalance()

    # === BUSINESS: PAYING MORE, AND UNDOING IT ===#
    def _rebalance(self):
        """Let what was paid beyond the next installment shorten or lower the plan, and give that
        back when the payment is undone. The sum of the installments never changes."""
        self.ensure_one()
        paid, seen = self._to_units(self.amount_paid), self._to_units(self.amount_seen)
        if paid == seen:
            return
        lines = self._get_ordered_lines()
        if paid < seen:
            self._note_undone(paid)
        today = self._get_today()
        amounts = self._get_amounts_after(
            [self._to_units(line.amount) for line in lines],
            [self._to_units(line.amount_agreed) for line in lines],
            paid,
            seen,
            sum(line.date_due <= today for line in lines),
            self.overpayment,
        )
        self._write_amounts(lines, amounts)
        self._with_gate_open().amount_seen = self._from_units(paid)

    @api.model
    def _get_amounts_after(self, amounts, agreed, paid, seen, due, how):
        """Return the installments after payments changed; in smallest units of the currency.

        A payment is meant for what has fallen due and for the next installment; so it matters
        what had been paid before it came. What it brings beyond that is taken from later
        installments.

        :param list amounts: the installments as they are, in order
        :param list agreed: as they were agreed on
        :param paid: all that is paid now, at most their sum
        :param seen: what had been paid before
        :param int due: how many installments have fallen due
        :param str how: ``shorten`` or ``lower``
        """
        if paid < seen and self._is_growth_unpaid(amounts, agreed, paid):
            amounts, seen = agreed, 0
        covered = sum(sum(amounts[: index + 1]) <= seen for index in range(len(amounts)))
        current = min(max(due, covered + 1), len(amounts))
        return absorb_overpayment(amounts, min(paid, sum(amounts)), current, how, 0)

    @api.model
    def _is_growth_unpaid(self, amounts, agreed, paid):
        """Whether an installment that grew by a payment is no longer paid."""
        total = 0
        for amount, before in zip(amounts, agreed, strict=True):
            total += amount
            if amount > before and total > paid:
                return True
        return False

    def _write_amounts(self, lines, amounts):
        changed = [
            (line, self._from_units(units))
            for line, units in zip(lines, amounts, strict=True)
            if self._to_units(line.amount) != units
        ]
        if not changed:
            return
        before = ", ".join(self.currency_id.format(line.amount) for line in lines)
        for line, amount in changed:
            line._with_gate_open().amount = amount
        after = ", ".join(self.currency_id.format(line.amount) for line in lines)
        self._message_log(
            body=self.env._(
                "Payments changed the installments: %(before)s → %(after)s",
                before=before,
                after=after,
            )
        )

    def _note_undone(self, paid):
        """Count the grace of installments that are open again from today: nobody can have known
        before."""
        self._with_gate_open().undone_date = self._get_today()
        for line, part in self._pour(self._from_units(paid)).items():
            if line.missed_date and self._to_units(line.amount) > self._to_units(part):
                line._with_gate_open().missed_date = False

    def _drop_items(self, items, reason):
        """Take items out that cannot be paid any more, and the installments that were for them:
        the last ones.

        :param items: ``installment.arrangement.item``
        """
        self.ensure_one()
        arrangement = self._with_gate_open()
        dropped = items.with_env(arrangement.env)
        if dropped == arrangement.item_ids:
            arrangement._end("cancelled", reason)
            return
        dropped.unlink()
        rest = sum(self._to_units(line.amount) for line in self.line_ids)
        rest -= self._to_units(self.amount_total)
        for line in reversed(self._get_ordered_lines()):
            part = min(self._to_units(line.amount), rest)
            rest -= part
            line._with_gate_open().write(
                {
                    "amount": self._from_units(self._to_units(line.amount) - part),
                    "amount_agreed": self._from_units(self._to_units(line.amount) - part),
                }
            )
        self._with_gate_open().amount_seen = self.amount_paid
        self._check_payments()
        self._tell_colleagues(reason)

    # === BUSINESS: INVOICES THAT CHANGE ===#
    @api.model
    def _on_unposted(self, moves):
        """Invoices were reset to draft, or cancelled.

        An offer about them goes back to draft. An active arrangement waits for an invoice in
        draft, which mostly comes back corrected; what was cancelled leaves the plan.
        """
        if not moves:
            return
        items = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search(
                [
                    ("move_line_id.move_id", "in", moves.ids),
                    ("arrangement_id.state", "in", HOLDING_STATES),
                ]
            )
        )
        for arrangement, own in items.grouped("arrangement_id").items():
            names = ", ".join(own.move_id.mapped("display_name"))
            if arrangement.state == "offered":
                arrangement._reset()
                arrangement._tell_colleagues(
                    self.env._("%s is not posted any more: the offer was taken back.", names)
                )
                continue
            cancelled = own.filtered(lambda item: item.move_id.state == "cancel")
            if cancelled:
                arrangement._drop_items(
                    cancelled, self.env._("%s was cancelled and left the plan.", names)
                )
            else:
                arrangement._tell_colleagues(
                    self.env._("%s is not posted any more: the plan waits for it.", names)
                )
