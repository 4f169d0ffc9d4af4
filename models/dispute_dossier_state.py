from datetime import timedelta

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from .dispute_dossier import HOLDING_STATES, TRANSITIONS
from .state_machine import check_transition

MANAGER = "account_credit_management.group_manager"
SETTLE = "account_credit_management.mail_activity_type_dispute_settle"
APPROVE = "account_credit_management.mail_activity_type_dispute_approval"
OVERDUE = "account_credit_management.mail_activity_type_dispute_overdue"
CREDIT = "account_credit_management.mail_activity_type_dispute_credit"


class DisputeDossier(models.Model):
    """From being told to being settled: one gate between the states, and the time in each."""

    _inherit = "dispute.dossier"

    # === BUSINESS: GATE ===#
    def _transition(self, state, **values):
        """Change the state: the only gate. Disputes that are there already are skipped.

        :return: those that went
        :raise UserError: when the table of transitions does not allow it
        :raise AccessError: when a credit manager has to approve it first
        """
        todo = self.filtered(lambda dossier: dossier.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo._lock()
        waiting = todo.filtered(lambda dossier: dossier.state == "approval")
        if waiting and state != "withdrawn":
            waiting._check_may_approve()
        for dossier in todo:
            approved = dossier in waiting and state != "withdrawn"
            by = {"approved_by_id": self.env.uid} if approved else {}
            dossier._with_gate_open().write({"state": state, **by, **values})
        todo._log_state()
        todo._sync_blocks()
        if state not in HOLDING_STATES:
            todo._close_activities()
        elif waiting:
            waiting._close_activities()
            waiting._ask_to_settle()
        return todo.with_env(self.env)

    def _lock(self):
        """Let a second decision about the same debtor wait, and start over."""
        self.sudo().partner_id._lock_credit()

    def _log_state(self):
        """Note since when, and waiting for whom, disputes are in their state."""
        logs = self.env["dispute.state.log"].sudo()
        now = fields.Datetime.now()
        logs.search([("dossier_id", "in", self.ids), ("date_to", "=", False)]).date_to = now
        logs.create(
            [
                {
                    "dossier_id": dossier.id,
                    "state": dossier.state,
                    "waiting_for": dossier.waiting_for if dossier.state in HOLDING_STATES else "",
                    "user_id": self.env.uid,
                    "date_from": now,
                }
                for dossier in self
            ]
        )

    # === BUSINESS: BEGINNING ===#
    def _begin(self):
        """Let a new dispute hold what it is about, and tell who has to know."""
        self.ensure_one()
        self._lock()
        is_late = self._get_late_invoices()
        if is_late:
            self._with_gate_open().state = "approval"
        self._log_state()
        self._check_has_lines()
        self._apply_rule()
        self._sync_blocks()
        self._subscribe_colleagues()
        self._tell_new()
        if is_late:
            self._ask_approval(is_late)
        else:
            self._ask_to_settle()
        if self.origin in ("mail", "portal"):
            self._tell_debtor("received")

    def _get_late_invoices(self):
        """The invoices that may no longer be disputed without approval."""
        days = self.company_id.sudo().dispute_window_days
        if days <= 0:
            return self.env["account.move"]
        last = self.date - timedelta(days=days)
        return self.sudo().line_ids.move_id.filtered(
            lambda move: (move.invoice_date or move.date) < last
        )

    # === BUSINESS: APPROVAL ===#
    def _check_may_approve(self):
        if self.env.uid != SUPERUSER_ID and not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("A credit manager approves first what was disputed after the term.")
            )

    def _approve(self):
        """Approving twice is harmless."""
        self._check_may_approve()
        for dossier in self.filtered(lambda dossier: dossier.state == "approval"):
            dossier._transition("open")
            dossier.message_post(
                body=self.env._("Approved: it is taken up although the term is over."),
                subtype_xmlid="mail.mt_note",
            )

    def _ask_approval(self, moves):
        """Ask a credit manager whether it is taken up."""
        self.ensure_one()
        dates = ", ".join(
            f"{move.name} ({format_date(self.env, move.invoice_date or move.date)})"
            for move in moves
        )
        self._schedule(
            APPROVE,
            self._get_manager(),
            self.env._("Disputed after the term: take it up?"),
            self.env._("Invoiced before the term to dispute it: %s", dates),
            self._get_today(),
        )

    def _get_manager(self):
        """A credit manager: the responsible, if he is one, else the one whom the company chose,
        else the first."""
        self.ensure_one()
        company = self.company_id.sudo()
        users = self.sudo().user_id | company.credit_user_id
        users |= company.dispute_user_id | company.dunning_user_id
        users |= self.env.ref(MANAGER).sudo().all_user_ids.sorted("id")
        managers = users.filtered(
            lambda user: user.active and user.has_group(MANAGER) and company in user.company_ids
        )
        root = self.env.ref("base.user_root")
        return (managers - root)[:1] or self.env.ref("base.user_admin")

    # === BUSINESS: END, AND AGAIN ===#
    def _withdraw(self):
        """The debtor takes it back, so that reminders go on. Twice is harmless."""
        for dossier in self.filtered(lambda dossier: dossier.state != "withdrawn"):
            dossier._transition("withdrawn", closed_date=dossier._get_today(), term_until=False)
            dossier._tell_settled(self.env._("%s was withdrawn.", dossier.name))

    def _reopen(self, reason=None):
        """Go on with settled disputes: what is open of them waits again.

        :param str reason: in a sentence
        """
        for dossier in self.filtered(lambda dossier: dossier.state not in HOLDING_STATES):
            today = dossier._get_today()
            rested = (today - dossier.closed_date).days if dossier.closed_date else 0
            dossier._transition(
                "open",
                closed_date=False,
                days_rested=dossier.days_rested + rested,
                escalated_date=False,
                outcome=False,
                outcome_reason=False,
                term_until=False,
                waiting_for="us",
            )
            dossier._apply_rule(since=today)
            dossier.sudo().activity_unlink([CREDIT])
            dossier._ask_to_settle()
            dossier._tell_settled(reason or self.env._("%s was reopened.", dossier.name))

    # === BUSINESS: ACTIVITIES ===#
    def _schedule(self, activity_type, user, summary, note="", deadline=None):
        """Make an activity, quietly: who has to know gets one message."""
        self.ensure_one()
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                activity_type,
                date_deadline=deadline or self.deadline,
                summary=summary,
                note=note,
                user_id=user.id,
            )
        )

    def _ask_to_settle(self):
        for dossier in self:
            dossier._schedule(
                SETTLE, dossier._get_responsible(), dossier.sudo().reason_id.display_name
            )

    def _close_activities(self):
        """Nobody has to do any more what the dispute itself asked for."""
        self.sudo().activity_unlink([SETTLE, APPROVE, OVERDUE, CREDIT])
