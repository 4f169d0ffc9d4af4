from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .groups import MANAGER
from .state_machine import check_transition

TRANSITIONS = {
    "draft": ("requested", "cancelled"),
    "requested": ("approved", "declined", "cancelled"),
    # Only an increase that has not begun, see _end.
    "approved": ("cancelled",),
    "declined": (),
    "cancelled": (),
}


class CreditLimit(models.Model):
    """How a limit is asked for, decided on and ended, and who is told."""

    _inherit = "credit.limit"

    # === BUSINESS: STATES ===#
    def _transition(self, state, **values):
        """Change the state: the only gate. Limits that are there already are skipped.

        :return: those that went
        """
        todo = self.filtered(lambda limit: limit.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo._with_gate_open().write({"state": state, **values})
        return todo

    def _request(self):
        """Ask, in the name of the user, and tell who may approve."""
        for limit in self.filtered(lambda limit: limit.state == "draft"):
            limit._check_sensible()
            limit._transition("requested", requested_by_id=self.env.uid)
            limit._ask_approvers()

    def _check_not_over(self):
        """Refuse an increase that would never count. Taken over, it is history."""
        for limit in self.filtered("date_to"):
            if limit.date_to < limit.company_id._get_dunning_today():
                raise UserError(self.env._("%s is over already.", limit.display_name))

    def _check_sensible(self):
        """Refuse what would change nothing."""
        self.ensure_one()
        before = self._get_current_amount()
        if self.kind == "temporary":
            if self.currency_id.is_zero(before):
                raise UserError(
                    self.env._(
                        "%s has no limit that could be increased for a time.",
                        self.partner_id.display_name,
                    )
                )
        elif self.currency_id.is_zero(self.amount) and self.currency_id.is_zero(before):
            raise UserError(self.env._("Fill in a limit: there is none yet."))

    def _approve(self):
        """Approve what the user may, once he may: approving twice is harmless.

        Where two managers are needed the first one's agreement is noted, and the limit waits for
        the second.

        :raise AccessError: saying who can
        """
        for limit in self:
            limit._lock()
            if limit.state == "approved":
                continue
            check_transition(limit, "approved", TRANSITIONS)
            missing = limit._get_missing_approval()
            if not missing:
                limit._check_sensible()
                limit._apply()
            elif limit._counts_as_first_approval():
                limit._with_gate_open().first_approver_id = self.env.user
                limit._log(self.env._("Approved; a second credit manager has to approve as well."))
                limit._ask_approvers()
            elif limit.first_approver_id != self.env.user:
                raise AccessError(missing)

    def _apply(self):
        """Let an approved limit hold from now on."""
        self.ensure_one()
        today = self.company_id._get_dunning_today()
        before = self._get_current_amount()
        if self.kind == "temporary":
            until = self.date_to
            before += self._get_increases(self.company_id, self.partner_id, self.date_from, until)[
                self.partner_id.id
            ]
        values = {
            "previous_amount": before,
            "decided_by_id": self.env.uid,
            "decided_date": fields.Datetime.now(),
        }
        if self.kind != "temporary":
            values |= {"date_from": today, "date_to": False}
            values["date_review"] = self._take_over_review(today) or False
        self._transition("approved", **values)
        amount = self.currency_id.round(self.amount)
        if self.kind == "own":
            debtor = self.partner_id._with_credit_gate_open().with_company(self.company_id)
            debtor.credit_limit = amount
        elif self.kind == "group":
            self.group_id._with_credit_gate_open().credit_limit = amount
        self.partner_id._invalidate_credit()
        self._close_activities()
        self._log(
            self.env._(
                "Approved: %(before)s → %(after)s",
                before=self.currency_id.format(before),
                after=self.currency_id.format(
                    before + amount if self.kind == "temporary" else amount
                ),
            )
        )

    def _decline(self):
        for limit in self:
            limit._lock()
            if limit.state == "declined":
                continue
            role = limit._get_role()
            if role not in ("manager", "system") and limit._get_missing_approval():
                raise AccessError(self.env._("Only who could approve a limit can decline it."))
            if not (limit.decision_note or "").strip():
                raise UserError(self.env._("Say why in the note: who asked will want to know."))
            limit._transition(
                "declined", decided_by_id=self.env.uid, decided_date=fields.Datetime.now()
            )
            limit._close_activities()
            limit._log(self.env._("Declined: %s", limit.decision_note))

    def _cancel(self):
        for limit in self:
            limit._lock()
            if limit.state == "cancelled":
                continue
            if limit.decided_by_id:
                raise UserError(self.env._("%s was decided on already.", limit.display_name))
            if not limit.can_cancel:
                raise AccessError(
                    self.env._(
                        "Only %(name)s or a credit manager can take this back.",
                        name=limit.sudo().requested_by_id.name,
                    )
                )
            limit._transition("cancelled")
            limit._close_activities()

    def _end(self):
        """End approved increases before their time. Less credit needs nobody's approval."""
        for limit in self:
            yesterday = fields.Date.subtract(limit.company_id._get_dunning_today(), days=1)
            if limit.kind != "temporary" or limit.state != "approved":
                raise UserError(self.env._("%s is no increase that could end.", limit.display_name))
            if limit.date_to <= yesterday:
                continue
            if limit.date_from <= yesterday:
                limit._with_gate_open().date_to = yesterday
            else:
                limit._transition("cancelled")
            limit._log(self.env._("Ended before its time."))
        self.partner_id._invalidate_credit()

    def _lock(self):
        """Let a second decision about the same debtor or group wait, and start over."""
        self.ensure_one()
        self.check_access("read")
        self.partner_id._lock_credit()
        self.group_id._lock_credit()

    def _log(self, text):
        """Write in the chatter, so that who asked gets to know."""
        for limit in self.sudo():
            asker = limit.requested_by_id - self.env.user
            limit.message_post(
                body=text,
                partner_ids=asker.filtered("active").partner_id.ids,
                subtype_xmlid="mail.mt_note",
            )

    # === BUSINESS: ACTIVITIES ===#
    def _ask_approvers(self):
        """Give an activity to the credit manager, or to the others when he may not approve."""
        self._close_activities()
        for limit in self.sudo():
            for user in limit._get_approvers():
                limit.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env._("Approve or decline a limit"),
                    user_id=user.id,
                )

    def _get_approvers(self):
        """Credit managers who can take the next step; the one of the company alone if he can."""
        self.ensure_one()
        company = self.company_id
        managers = self.env.ref(MANAGER).all_user_ids
        able = managers.filtered(
            lambda user: (
                user.active
                and not user.share
                and company in user.company_ids
                and user != self.first_approver_id
                and not (user == self.requested_by_id and self._needs_two())
            )
        )
        return (company.credit_user_id & able) or able

    def _close_activities(self):
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
