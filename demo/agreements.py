"""The collector: agrees on installments and notes promises, in the order of the story.

Everything is done by the methods that people use, and dated back afterwards. No e-mail leaves: the
company is in test mode meanwhile.
"""

from contextlib import contextmanager
from datetime import timedelta

from odoo.fields import Command, Datetime

from . import agreement_cast
from .credit import OFFICE_HOUR


class AgreementDesk:
    """Arrangements and promises of one company."""

    def __init__(self, company, partners, ledger, users, today):
        self.env = company.env
        self.company = company
        self.partners = partners
        self.ledger = ledger
        self.collector = users.get("collector") or self.env.ref("base.user_admin")
        self.today = today
        self.running = {}
        self.blocks = {}

    def play(self, period):
        """Let happen what was agreed on, paid and promised in a period of the past."""
        for plan in agreement_cast.PLANS:
            if plan.outcome == "agreed" and self._day(plan.agreed) in period:
                self.running[plan] = self._agree(plan)
        for plan, arrangement in self.running.items():
            self._pay(plan, arrangement, period)
        for promise in agreement_cast.PROMISES:
            if self._day(promise.made) in period:
                self.blocks[promise] = self._hold(promise)

    def tell(self):
        """Let happen what happens on the last day, and look at how promises ended."""
        for promise in agreement_cast.PROMISES:
            self._note(promise)
        arrangements = self.env["installment.arrangement"].union(*self.running.values())
        with self._on(self.today):
            arrangements._review(self.today)
        for plan in agreement_cast.PLANS:
            if plan.outcome == "offered":
                self._offer(plan)
            elif plan.outcome == "asked":
                self._ask(plan)
            elif plan.outcome == "signed":
                self._sign(plan)

    # === BUSINESS ===#
    def _day(self, days_ago):
        return self.today - timedelta(days=days_ago)

    @contextmanager
    def _on(self, day):
        """Do what happened on a day: nothing is mailed, and the history tells that day."""
        messages = self.env["mail.message"]
        last = messages.search([], order="id desc", limit=1).id
        self.company.dunning_test_mode = True
        try:
            yield
        finally:
            self.company.dunning_test_mode = False
        new = messages.search([("id", ">", last)])
        # That nothing was mailed is of no interest to whoever reads the story.
        new.filtered(lambda message: message.model == "installment.arrangement").unlink()
        new.exists().date = Datetime.to_datetime(day) + timedelta(hours=OFFICE_HOUR)

    def _get_items(self, debtor, *bills):
        """Open items of bills of a debtor."""
        moves = self.env["account.move"].union(
            *(self.ledger.moves[f"{debtor}_{number}"] for number in bills)
        )
        return self.ledger.get_receivable_lines(moves).filtered(lambda item: not item.reconciled)

    # === ARRANGEMENTS ===#
    def _propose(self, plan):
        """Return the draft that the collector makes of a plan."""
        day = self._day(plan.agreed)
        debtor = self.partners[plan.debtor]
        items = self._get_items(plan.debtor, *plan.bills)
        arrangements = self.env["installment.arrangement"].with_user(self.collector)
        charges = (
            arrangements._find_owed_charges(items)
            if plan.takes_charges
            else self.company.env["receivable.charge"]
        )
        owed = charges._sum_by_kind()
        arrangement = arrangements.create(
            {
                "partner_id": debtor.id,
                "contact_id": plan.contact and self.partners[plan.contact].id,
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
                "user_id": self.collector.id,
                "date": day,
                "amount_costs": plan.costs + owed["costs"],
                "amount_interest": owed["interest"],
                "charge_ids": [Command.set(charges.ids)],
                "note": plan.note,
                "item_ids": [
                    Command.create(
                        {"move_line_id": item.id, "amount": item.amount_residual_currency}
                    )
                    for item in items
                ],
            }
        )
        arrangement._plan(count=plan.count, first_due=self._day(plan.first), interval=plan.interval)
        return arrangement

    def _agree(self, plan):
        """An arrangement of the past: it cannot be offered any more, so it goes on at once."""
        day = self._day(plan.agreed)
        with self._on(day):
            arrangement = self._propose(plan)
            arrangement._check_granted()
            arrangement._take_snapshot()
            arrangement._transition("active", offered_date=day, active_date=day)
            arrangement._sync_blocks()
            arrangement._get_blocks().date_from = day
        return arrangement.with_env(self.env)

    def _pay(self, plan, arrangement, period):
        """Book the installments that were paid in a period."""
        for line, days in zip(arrangement._get_ordered_lines(), plan.paid, strict=False):
            day = line.date_due + timedelta(days=days)
            if day not in period:
                continue
            with self._on(day):
                items = self._get_items(plan.debtor, *plan.bills)
                self.ledger.receive(items, line.amount_agreed, day)
            if arrangement.state == "fulfilled":
                arrangement._with_gate_open().closed_date = day

    def _offer(self, plan):
        """Offer a plan; to the debtor's eyes it came by e-mail."""
        with self._on(self.today):
            arrangement = self._propose(plan)
            arrangement.action_offer()
        arrangement._with_gate_open().emailed_date = Datetime.now()

    def _sign(self, plan):
        """The debtor agreed by telephone."""
        with self._on(self.today):
            self._propose(plan)._activate()

    def _ask(self, plan):
        """The debtor asks online, and the collector a credit manager."""
        items = self._get_items(plan.debtor, *plan.bills)
        debtor = self.partners[plan.debtor]
        with self._on(self.today):
            arrangement = self.env["installment.arrangement"]._request_online(
                debtor,
                {item: item.amount_residual_currency for item in items},
                {
                    "count": str(plan.count),
                    "interval": plan.interval,
                    "first_due": str(self._day(plan.first)),
                    "message": plan.note,
                },
                self.env["res.partner"],
            )
            arrangement.with_user(self.collector).action_request_approval()

    # === PROMISES ===#
    def _hold(self, promise):
        """Let the runs of the past wait for a promise."""
        return self.env["dunning.block"].create(
            [
                {
                    "kind": "promise",
                    "company_id": self.company.id,
                    "partner_id": self.partners[promise.debtor].id,
                    "move_line_id": item.id,
                    "date_from": self._day(promise.made),
                    "date_to": self._day(promise.pays),
                    "reason": self.env._("Promised by %s", promise.by),
                }
                for item in self._get_items(promise.debtor, promise.bill)
            ]
        )

    def _note(self, promise):
        """Note a promise with what was open when it was made: its outcome follows at once."""
        day = self._day(promise.made)
        move = self.ledger.moves[f"{promise.debtor}_{promise.bill}"]
        starts = {
            item: item.amount_residual_currency + self._get_paid_since(item, day)
            for item in self.ledger.get_receivable_lines(move)
        }
        with self._on(day):
            # What held the runs of the past gives way to what the promise itself holds.
            self.blocks[promise].unlink()
            made = self.env["collection.promise"].create(
                {
                    "company_id": self.company.id,
                    "partner_id": self.partners[promise.debtor].id,
                    "promised_by": promise.by,
                    "channel": promise.channel,
                    "user_id": self.collector.id,
                    "date_made": day,
                    "date": self._day(promise.pays),
                    "currency_id": move.currency_id.id,
                    "amount": promise.amount or sum(starts.values()),
                    "note": promise.note,
                    "item_ids": [
                        Command.create(
                            {"move_line_id": item.id, "residual_start": start, "amount": start}
                        )
                        for item, start in starts.items()
                        if not item.currency_id.is_zero(start)
                    ],
                }
            )
        if made.state == "open":
            made._get_blocks().date_from = day
        elif made.state == "kept":
            made.closed_date = max(
                made.item_ids.move_line_id.matched_credit_ids.credit_move_id.mapped("date")
            )
        if made.closed_date and made.closed_date < self._day(agreement_cast.CALLED_WITHIN):
            made._get_activities().unlink()

    def _get_paid_since(self, item, day):
        """What was paid of an item after a day, in its currency."""
        return sum(
            partial.debit_amount_currency
            for partial in item.matched_credit_ids
            if partial.credit_move_id.date > day
        )
