"""The service desk: takes up what debtors dispute and settles it, in the order of the story.

Everything is done by the methods that people use, and dated back afterwards. No e-mail leaves: the
company is in test mode meanwhile.
"""

from contextlib import contextmanager
from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.tools import plaintext2html

from . import dispute_cast, pictures
from .credit import MODULE, OFFICE_HOUR


class DisputeDesk:
    """Disputes of one company."""

    def __init__(self, company, partners, ledger, users, today):
        self.env = company.env
        self.company = company
        self.partners = partners
        self.ledger = ledger
        self.users = users
        self.today = today
        self.dossiers = {}
        self._settle_rules()

    def play(self, period):
        """Let happen what was said, looked into and settled in a period, day by day."""
        for days_ago, happen, *told in sorted(self._tell(), key=lambda event: -event[0]):
            if self._day(days_ago) in period:
                happen(*told)

    def _tell(self):
        """Everything that happens: how many days ago, what, and to which dispute or talk."""
        for talk in dispute_cast.TALKS:
            yield talk.days_ago, self._log, talk
        for told in dispute_cast.DISPUTES:
            yield told.opened, self._open, told
            if told.looked >= 0:
                yield told.looked, self._look, told
            for days_ago, by_debtor, text in told.letters:
                yield days_ago, self._write, told, days_ago, by_debtor, text
            if told.asked >= 0:
                yield told.asked, self._ask, told
            if told.settled >= 0:
                yield told.settled, self._settle, told

    def tell(self):
        """Escalate what should have been settled, the day after its deadline."""
        for dossier in self.dossiers.values():
            if dossier.closed_date or dossier.deadline >= self.today:
                continue
            day = dossier.deadline + timedelta(days=1)
            with self._on(day):
                dossier._escalate(day)

    # === SETTING ===#
    def _settle_rules(self):
        """Have rules for deadlines, and an address; a company that is not alone in its database
        leaves alone what it shares with others."""
        self.company.write(
            {
                "dispute_digest": True,
                "dispute_user_id": self._get_user("collector").id,
                "dispute_window_days": dispute_cast.WINDOW_DAYS,
            }
        )
        self.env["dispute.deadline.rule"].create(
            [
                {
                    "company_id": self.company.id,
                    "name": rule.name,
                    "sequence": 10 * number,
                    "reason_ids": [Command.set([self._get_reason(key).id for key in rule.reasons])],
                    "days": rule.days,
                    "minimum_amount": rule.minimum,
                    "priority": rule.priority,
                    "user_id": self._get_user(rule.login).id,
                    "escalation_user_id": self._get_user(rule.escalated_to).id,
                }
                for number, rule in enumerate(dispute_cast.RULES, start=1)
            ]
        )
        if self.env["res.company"].search_count([]) == 1:
            self._settle_shared()
        if self.company.alias_domain_id:
            self.company.dispute_alias_name = dispute_cast.ALIAS

    def _settle_shared(self):
        """Give departments their heads, and the company a mail domain."""
        for key, login in dispute_cast.HEADS.items():
            department = self.env.ref(f"{MODULE}.credit_department_{key}", raise_if_not_found=False)
            if department and not department.user_id:
                department.user_id = self._get_user(login)
        if not self.company.alias_domain_id:
            domain = self.company.email.partition("@")[2]
            self.company.alias_domain_id = self.env["mail.alias.domain"].create({"name": domain})

    # === BUSINESS ===#
    def _day(self, days_ago):
        return self.today - timedelta(days=days_ago)

    def _get_user(self, login):
        """Someone of the staff; the administrator where a login was taken by somebody else."""
        return self.users.get(login) or self.env.ref("base.user_admin")

    def _get_reason(self, key):
        return self.env.ref(f"{MODULE}.dispute_reason_{key}")

    @contextmanager
    def _on(self, day, hour=OFFICE_HOUR):
        """Do what happened on a day: nothing is mailed, and the history tells that day."""
        messages, logs = self.env["mail.message"], self.env["dispute.state.log"]
        last_message = messages.search([], order="id desc", limit=1).id or 0
        last_log = logs.search([], order="id desc", limit=1).id or 0
        running = logs.search([("date_to", "=", False)])
        moment = Datetime.to_datetime(day) + timedelta(hours=hour)
        self.company.dunning_test_mode = True
        try:
            yield
        finally:
            self.company.dunning_test_mode = False
        new = messages.search([("id", ">", last_message)])
        # That nothing was mailed is of no interest to whoever reads the story.
        silence = self.env._("Test mode: nothing is sent.")
        new.filtered(lambda message: silence in (message.body or "")).unlink()
        new = new.exists()
        new.date = moment
        if day < self._day(dispute_cast.READ_AFTER):
            new.notification_ids.is_read = True
        running.filtered("date_to").date_to = moment
        logs.search([("id", ">", last_log)]).date_from = moment

    def _date_back(self, dossier, day):
        """Let what is held be held since that day."""
        today = self.company._get_dunning_today()
        dossier._get_blocks().filtered(lambda block: block.date_from == today).date_from = day

    def _log(self, talk):
        """A debtor tells why he is late."""
        day = self._day(talk.days_ago)
        with self._on(day):
            self._call(talk.debtor, talk.bill, day, talk.outcome, talk.note)
        # The colleague did what he was asked to.
        self.partners[talk.debtor].activity_ids.filtered(
            lambda activity: activity.dunning_task == "installments"
        ).unlink()

    def _call(self, debtor, bill, day, outcome, note, **values):
        move = self.ledger.moves[f"{debtor}_{bill}"]
        items = self.ledger.get_receivable_lines(move).filtered(lambda item: not item.reconciled)
        return (
            self.env["dunning.contact"]
            .with_context(dunning_contact_resend=True)
            .create(
                {
                    "company_id": self.company.id,
                    "partner_id": self.partners[debtor].id,
                    "move_line_ids": [Command.set(items.ids)],
                    "currency_id": move.currency_id.id,
                    "user_id": self._get_user("collector").id,
                    "date": day,
                    "outcome": outcome,
                    "note": note,
                    **values,
                }
            )
        )

    def _open(self, told):
        day = self._day(told.opened)
        move = self.ledger.moves[f"{told.debtor}_{told.bill}"]
        with self._on(day):
            if told.origin == "contact":
                dossier = self._call(
                    told.debtor,
                    told.bill,
                    day,
                    "dispute",
                    told.said,
                    dispute_amount=told.amount,
                    dispute_reason_id=self._get_reason(told.reason).id,
                ).dispute_ids
                dossier.requested_outcome = told.wish
            else:
                dossier = self.env["dispute.dossier"]._open(
                    move,
                    self._get_reason(told.reason),
                    [self._prepare_part(told, move)],
                    company_id=self.company.id,
                    partner_id=self.partners[told.debtor].id,
                    contact_id=told.contact and self.partners[told.contact].id,
                    date=day,
                    description=plaintext2html(told.said),
                    origin=told.origin,
                    requested_outcome=told.wish,
                )
            dossier.internal_note = told.note and plaintext2html(told.note)
            if told.file:
                self._post(dossier, True, "", [pictures.draw(told.file)])
        self._date_back(dossier, day)
        self.dossiers[told] = dossier

    def _prepare_part(self, told, move):
        line = move.invoice_line_ids.filtered(
            lambda line: line.product_id == self.ledger.products.get(told.product)
        )
        return {
            "move_id": move.id,
            "invoice_line_id": line.id,
            "quantity": told.quantity,
            "amount": told.amount,
        }

    def _look(self, told):
        with self._on(self._day(told.looked)):
            self.dossiers[told]._transition("investigating")

    def _write(self, told, days_ago, by_debtor, text):
        with self._on(self._day(days_ago), hour=OFFICE_HOUR + 2):
            self._post(self.dossiers[told], by_debtor, text)

    def _ask(self, told):
        with self._on(self._day(told.asked), hour=OFFICE_HOUR + 2):
            self.dossiers[told].action_wait_for_customer()

    def _post(self, dossier, by_debtor, text, files=()):
        """Somebody writes to the other side."""
        author = dossier._get_recipient() if by_debtor else dossier.user_id.partner_id
        dossier.message_post(
            body=plaintext2html(text) if text else "",
            author_id=author.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=list(files),
            notify_skip_followers=True,
        )

    def _settle(self, told):
        """Settle a dispute; its credit note is of the same day."""
        day = self._day(told.settled)
        dossier = self.dossiers[told].with_user(self._get_user("accountant"))
        with self._on(day):
            made = dossier._resolve(
                told.outcome, reason=told.answer, amount=told.granted or None
            ).with_env(self.env)
            if made:
                made.write({"invoice_date": day, "date": day})
                made.action_post()
                self.ledger.residuals[f"{told.debtor}_{told.bill}"] -= sum(
                    made.mapped("amount_total")
                )
        self._end(self.dossiers[told], day)

    def _end(self, dossier, day):
        """Date the end back, and the time to pay that begins with it."""
        dossier.invalidate_recordset()
        term = dossier.term_until and day + timedelta(days=self.company.dispute_term_days)
        dossier._with_gate_open().write({"closed_date": day, "term_until": term})
        for block in dossier._get_blocks().filtered("date_to"):
            block.write({"date_from": day, "date_to": term})
