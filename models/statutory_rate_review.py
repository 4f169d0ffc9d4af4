from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from .groups import MANAGER

ACTIVITY = "account_credit_management.mail_activity_type_rate"


class StatutoryRate(models.Model):
    """The alarm: somebody hears in time that a rate is missing or was never checked."""

    _inherit = "statutory.rate"

    # === BUSINESS ===#
    @api.model
    def _review_alarms(self):
        """Ask for each kind in use, once, to add or confirm its newest rate, and withdraw what was
        asked and is in order meanwhile."""
        if not self.env.ref(ACTIVITY, raise_if_not_found=False):
            return
        for kind, companies in self._get_kinds_in_use().items():
            newest = self.search([("kind", "=", kind)], order="valid_from desc", limit=1)
            asked = self.env["mail.activity"].sudo()
            for rate in self.with_context(active_test=False).search([("kind", "=", kind)]):
                asked |= rate.activity_search([ACTIVITY])
            keeper = self._get_keeper(companies)
            problem = newest.with_context(lang=keeper.lang)._get_problem()
            current = asked.filtered(
                lambda activity, newest=newest, problem=problem: (
                    activity.res_id == newest.id and activity.summary == problem
                )
            )
            (asked - current[:1]).unlink()
            if problem and not current:
                newest.activity_schedule(ACTIVITY, summary=problem, user_id=keeper.id)

    def _get_problem(self):
        """What is wrong with the newest rate of a kind; empty when it is in order, or when there
        is none at all, which every calculation says by itself."""
        if not self:
            return ""
        self.ensure_one()
        label = self._get_kind_label(self.kind)
        if self.valid_until < fields.Date.context_today(self):
            return self.env._(
                "Add the rate “%(kind)s” from %(day)s",
                kind=label,
                day=format_date(self.env, self.valid_until + timedelta(days=1)),
            )
        if not self.checked_on:
            return self.env._(
                "Confirm the rate “%(kind)s” from %(day)s",
                kind=label,
                day=format_date(self.env, self.valid_from),
            )
        return ""

    @api.model
    def _get_kinds_in_use(self):
        """The companies by kind: the kinds that hold for their debtors, and those of which rates
        were used."""
        kinds = {}
        for company in self.env["res.company"].sudo().search([]):
            for debtor_kind in company._get_invoiced_debtor_kinds():
                kind = company._get_interest_kind(debtor_kind)
                if kind and kind != "contract":
                    kinds.setdefault(kind, company.browse())
                    kinds[kind] |= company
        for (kind,) in self._read_group([("used_on", "!=", False)], ["kind"]):
            kinds.setdefault(kind, self.env.company)
        return kinds

    @api.model
    def _get_keeper(self, companies):
        """Who is asked: the credit manager of one of the companies, else an administrator."""
        users = companies.sudo().credit_user_id.filtered(
            lambda user: user.active and user.has_group(MANAGER)
        )
        admin = self.env.ref("base.user_admin", raise_if_not_found=False)
        fallback = admin if admin and admin.active else self.env.ref("base.user_root")
        return users[:1] or fallback

    # === CRON ===#
    @api.model
    def _cron_review_rates(self):
        """Look at the rates once a day; doing it twice changes nothing."""
        self._review_alarms()
        self.env["ir.cron"]._commit_progress(1, remaining=0)
