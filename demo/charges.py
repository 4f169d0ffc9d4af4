"""The accountant: policies with costs and interest, and what came of them in the demo story.

What reminders and letters bring is made by the same methods as in real life, on the days of the
past runs; the rest is done by the methods of the buttons, and dated back.
"""

from datetime import timedelta

from odoo.fields import Datetime

from . import charge_cast, pictures
from .credit import OFFICE_HOUR

# Makes the policies of consumers be for consumers only; nobody uses it.
OTHERS = "plain"


class ChargeDesk:
    """Costs and interest of one company."""

    def __init__(self, company, partners, ledger, users, today):
        self.env = company.env
        self.company = company
        self.partners = partners
        self.ledger = ledger
        self.manager = users.get("manager") or self.env.ref("base.user_admin")
        self.today = today
        self._make_policies()

    def play(self, period):
        """Let happen what was invoiced, proven, waived and paid in a period."""
        self._invoice()
        for told in charge_cast.RECEIPTS:
            if self._day(told.days_ago) in period:
                self._hear(told)
        for told in charge_cast.WAIVERS:
            if self._day(told.days_ago) in period:
                self._waive(told)
        for told in charge_cast.SETTLEMENTS:
            if self._day(told.days_ago) in period:
                self._pay(told)

    def tell(self):
        """Judge the terms of letters that ended lately, and remember which rates were used."""
        self.env["statutory.letter"]._settle_due(self.company, self.today)
        self.env["dunning.notice"].search(
            [("company_id", "=", self.company.id), ("state", "=", "sent")]
        )._finish_charges()

    # === SETTING ===#
    def _make_policies(self):
        """Have policies that charge; the standard one stays that of everybody else."""
        standard = self.env["dunning.policy"]._get_default(self.company)
        profiles = [ladder.profile for ladder in charge_cast.LADDERS if ladder.profile]
        made = self.env["dunning.policy"]._apply_profiles(
            self.company, [*profiles, OTHERS], "formal"
        )
        by_profile = made.grouped("profile")
        by_profile.pop(OTHERS).unlink()
        for number, ladder in enumerate(charge_cast.LADDERS, start=1):
            policy = by_profile.get(ladder.profile) or standard.copy(
                {"company_id": self.company.id}
            )
            self._shape(policy, ladder)
            policy.sequence = standard.sequence + number
            policy.minimum_amount = standard.minimum_amount

    def _shape(self, policy, ladder):
        # As somebody made them by hand: the assistant begins as in a new company.
        policy.write({"name": ladder.name, "profile": False, "consumer_clause": ladder.has_clause})
        policy.with_context(lang="nl_NL").name = ladder.dutch
        charging = policy.level_ids.filtered(lambda level: level.cost_scheme != "none")
        charging.charge_mode = ladder.mode
        for key in ladder.debtors:
            self.partners[key].with_company(self.company).dunning_policy_id = policy

    # === BUSINESS ===#
    def _day(self, days_ago):
        return self.today - timedelta(days=days_ago)

    def _get_charges(self, state, key=None):
        domain = [("company_id", "=", self.company.id), ("state", "=", state)]
        if key:
            domain.append(("partner_id", "=", self.partners[key].id))
        return self.env["receivable.charge"].search(domain)

    def _invoice(self):
        """Invoice what a past reminder asked, on the day of that reminder."""
        due = self._get_charges("due").filtered(lambda one: one.level_id.charge_mode == "posted")
        for (_debtor, day), charges in due.grouped(lambda one: (one.partner_id, one.date)).items():
            move = charges._book(post=False)
            move.write(
                {
                    "invoice_date": day,
                    "date": day,
                    "invoice_date_due": day + timedelta(days=charges.level_id.payment_days),
                }
            )
            move._post(soft=False)
            move.is_move_sent = True
            self._get_blocks(move).date_from = day

    def _get_blocks(self, move):
        """The invoice of a charge waits for its principal."""
        items = self.ledger.get_receivable_lines(move)
        return self.env["dunning.block"].search([("move_line_id", "in", items.ids)])

    def _hear(self, told):
        """A letter came back, or somebody can prove that it arrived."""
        letter = self.env["statutory.letter"].search(
            [("partner_id", "=", self.partners[told.debtor].id)], limit=1
        )
        if told.received < 0:
            letter._contest(told.told)
        else:
            letter._prove(self._day(told.received), told.told, [pictures.draw("receipt")])
        day = self._day(told.days_ago)
        letter.message_ids.date = Datetime.to_datetime(day) + timedelta(hours=OFFICE_HOUR)
        letter.activity_ids.date_deadline = day

    def _waive(self, told):
        charges = self._get_charges("due", told.debtor)
        charges.with_user(self.manager)._waive(told.reason)
        charges.waived_date = self._day(told.days_ago)

    def _pay(self, told):
        """A debtor pays what he was invoiced."""
        day = self._day(told.days_ago)
        for move in self._get_charges("booked", told.debtor).move_id:
            self.ledger.receive(self.ledger.get_receivable_lines(move), move.amount_residual, day)
            self._get_blocks(move).filtered("lifted_date").lifted_date = day
