from math import inf

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError

from .groups import COLLECTOR, MANAGER


class CreditLimit(models.Model):
    """Who may grant how much. Asked of the user who is signed in, also where code runs with the
    rights of the system on his behalf."""

    _inherit = "credit.limit"

    # === BUSINESS: HOW MUCH ===#
    def _get_current_amount(self):
        """The limit that this one would change or increase; zero for none."""
        self.ensure_one()
        if self.kind == "group":
            return self.group_id.sudo().credit_limit
        return self.partner_id.sudo().with_company(self.company_id).credit_limit

    @api.model
    def _get_increases(self, company, partners, date_from, date_to=None):
        """What approved increases add at most between two days, in company currency.

        All that fall in the period are added up, as if they overlapped.

        :rtype: dict[int, float]
        """
        domain = [
            ("kind", "=", "temporary"),
            ("state", "=", "approved"),
            ("company_id", "=", company.id),
            ("partner_id", "in", partners.ids),
            ("date_to", ">=", date_from),
        ]
        if date_to:
            domain.append(("date_from", "<=", date_to))
        rows = self.sudo()._read_group(domain, ["partner_id"], ["amount:sum"])
        return dict.fromkeys(partners.ids, 0.0) | {partner.id: amount for partner, amount in rows}

    def _get_granted(self):
        """What the debtor could use at most with this limit: what counts for who may grant it.

        Increases are added, or a limit could be split into small ones. To take a limit away
        grants everything.
        """
        self.ensure_one()
        if self.kind == "group":
            return self.amount or inf
        today = self.company_id._get_dunning_today()
        is_temporary = self.kind == "temporary"
        increases = self._get_increases(
            self.company_id,
            self.partner_id,
            self.date_from if is_temporary else today,
            self.date_to if is_temporary else None,
        )[self.partner_id.id]
        if is_temporary:
            return self._get_current_amount() + increases + self.amount
        return self.amount + increases if self.amount else inf

    def _is_lowered(self):
        """Whether this lowers a limit: one manager may do so whatever the amount."""
        self.ensure_one()
        return self.kind != "temporary" and self._lowers(
            self.currency_id, self._get_current_amount(), self.amount
        )

    @api.model
    def _lowers(self, currency, before, after):
        return after > 0 and currency.compare_amounts(after, before) <= 0

    # === BUSINESS: WHO ===#
    @api.model
    def _get_role(self):
        """``collector``, ``manager``, ``system``, or None for everybody else."""
        if self.env.uid == SUPERUSER_ID:
            return "system"
        if self.env.user.has_group(MANAGER):
            return "manager"
        if self.env.user.has_group(COLLECTOR):
            return "collector"
        return None

    @api.model
    def _get_refusal(self, company, granted, lowered):
        """Why the user may not grant an amount all by himself; empty when he may."""
        role = self._get_role()
        company = company.sudo()
        exceeds = company.currency_id.compare_amounts
        if role == "system":
            return ""
        if role == "manager":
            if lowered or (granted != inf and exceeds(granted, company.credit_max_manager) <= 0):
                return ""
            return self.env._(
                "Limits above %s need the approval of a second credit manager.",
                company.currency_id.format(company.credit_max_manager),
            )
        if role == "collector":
            if granted != inf and exceeds(granted, company.credit_max_collector) <= 0:
                return ""
            return self.env._(
                "Limits above %s need the approval of a credit manager.",
                company.currency_id.format(company.credit_max_collector),
            )
        return self.env._("Limits need the approval of a collector or a credit manager.")

    def _needs_two(self):
        """Whether one manager alone cannot grant this."""
        self.ensure_one()
        company = self.company_id.sudo()
        granted = self._get_granted()
        return not self._is_lowered() and (
            granted == inf
            or company.currency_id.compare_amounts(granted, company.credit_max_manager) > 0
        )

    def _get_missing_approval(self):
        """Whose approval is missing besides that of the user; empty when his is enough.

        Where two managers are needed, one who asked has agreed by asking.
        """
        self.ensure_one()
        refusal = self._get_refusal(self.company_id, self._get_granted(), self._is_lowered())
        if refusal and self._get_role() == "manager":
            first = self._get_first_manager()
            if first and self.env.user not in first | self.requested_by_id:
                return ""
        return refusal

    def _get_first_manager(self):
        """The manager who has agreed already, where two have to."""
        self.ensure_one()
        asker = self.sudo().requested_by_id
        if not asker or asker.id == SUPERUSER_ID or not asker.has_group(MANAGER):
            asker = asker.browse()
        return self.sudo().first_approver_id or asker

    def _counts_as_first_approval(self):
        """Whether the user is the first of two managers to agree, and did not ask himself."""
        self.ensure_one()
        return (
            self._get_role() == "manager"
            and self.env.user != self.requested_by_id
            and not self._get_first_manager()
        )

    # === BUSINESS: CHANGES WITHOUT A REQUEST ===#
    @api.model
    def _register_changes(self, company, owners, before):
        """Write limits that were changed directly in the journal, if the user may.

        :param owners: debtors, or groups, with their new limit
        :param dict before: limit until now, by id
        :raise AccessError: saying whose approval it needs
        """
        currency = company.currency_id
        changed = owners.filtered(
            lambda owner: currency.compare_amounts(owner.credit_limit, before[owner.id]) != 0
        )
        if not changed:
            return
        is_group = owners._name == "credit.group"
        today = company._get_dunning_today()
        increases = {} if is_group else self._get_increases(company, changed, today)
        for owner in changed.browse() if self._is_import() else changed:
            after = owner.credit_limit
            refusal = self._get_refusal(
                company,
                after + increases.get(owner.id, 0.0) if after > 0 else inf,
                self._lowers(currency, before[owner.id], after),
            )
            if refusal:
                raise AccessError(
                    self.env._(
                        "The limit of %(name)s stays at %(limit)s. %(refusal)s Use “Ask for a "
                        "Limit”.",
                        name=owner.display_name,
                        limit=currency.format(before[owner.id]),
                        refusal=refusal,
                    )
                )
        self._write_journal(company, changed, before, self._get_direct_reason())

    @api.model
    def _is_import(self):
        """Whether an administrator imports limits: taken over as they are."""
        return bool(self.env.context.get("import_file")) and self.env.user.has_group(
            "base.group_system"
        )

    @api.model
    def _get_direct_reason(self):
        if self.env.context.get("import_file"):
            return self.env._("Imported")
        return self.env._("Changed directly")

    @api.model
    def _write_journal(self, company, owners, before, reason):
        """Add approved rows for limits that hold already."""
        key, kind = "partner_id", "own"
        if owners._name == "credit.group":
            key, kind = "group_id", "group"
        today = company._get_dunning_today()
        journal = self._with_gate_open().with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True, tracking_disable=True
        )
        rows = journal.create(
            [
                {
                    key: owner.id,
                    "kind": kind,
                    "company_id": company.id,
                    "amount": max(company.currency_id.round(owner.credit_limit), 0.0),
                    "previous_amount": before[owner.id],
                    "date_from": today,
                    "state": "approved",
                    "reason": reason,
                    "requested_by_id": self.env.uid,
                    "decided_by_id": self.env.uid,
                    "decided_date": fields.Datetime.now(),
                }
                for owner in owners
            ]
        )
        for row in rows:
            review = row._take_over_review(today)
            if review:
                row.date_review = review

    # === BUSINESS: REVIEW ===#
    def _take_over_review(self, today):
        """Settle the reviews of the limits before this one.

        :return: when to review this limit: its own day, else the next one that was planned
        """
        self.ensure_one()
        older = self.sudo().search(
            [
                ("id", "!=", self.id),
                ("kind", "=", self.kind),
                ("partner_id", "=", self.partner_id.id),
                ("group_id", "=", self.group_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "approved"),
                ("date_review", "!=", False),
            ]
        )
        planned = [day for day in older.mapped("date_review") if day > today]
        older._close_activities()
        older.date_review = False
        return self.date_review or (planned and min(planned))

    def _set_reviewed(self):
        """Keep limits until the next review, after as many days as a credit check is valid."""
        for limit in self:
            if limit.state != "approved" or not limit.date_review:
                continue
            company = limit.company_id
            limit._close_activities()
            limit.date_review = fields.Date.add(
                company._get_dunning_today(), days=max(company.sudo().credit_assessment_days, 1)
            )
            limit._log(self.env._("Reviewed: the limit stays."))

    # === CRON ===#
    @api.model
    def _review_credit(self, company, day):
        """Ask the credit manager to review the limits of which the day has come, once."""
        due = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "approved"),
                ("date_review", "<=", day),
                ("review_asked", "=", False),
            ]
        )
        user = company._get_credit_user()
        for limit in due:
            limit.review_asked = True
            limit.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=limit.date_review,
                summary=self.env._("Review the limit"),
                user_id=user.id,
            )
