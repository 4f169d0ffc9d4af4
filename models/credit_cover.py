from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .credit_validity import ENDING_DAYS
from .flushed_fields import get_flushed_fields
from .groups import COLLECTOR

COVER_KINDS = [
    ("insurance", "Credit insurance"),
    ("factoring", "Factoring without recourse"),
    ("guarantee", "Guarantee or deposit"),
]
# Days before the latest day to report at which somebody is asked to do so.
REPORT_NOTICE_DAYS = 14
REPORT_ACTIVITY = "account_credit_management.mail_activity_type_cover_report"
COMPARISONS = {"<", "<=", ">", ">="}


class CreditCover(models.Model):
    """What someone else bears when a debtor does not pay: an insurer, a factor, a bank.

    An insurer wants to hear of overdue items within so many days after their due date, or does
    not pay. What was invoiced while the cover was valid is its business, also after it ended.
    """

    _name = "credit.cover"
    _description = "Credit Cover"
    _inherit = ["credit.validity", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    _renewal_activity_type = "account_credit_management.mail_activity_type_cover_renewal"
    _successor_keys = ("partner_id", "company_id", "kind", "provider_id")

    # === FIELDS ===#
    kind = fields.Selection(COVER_KINDS, required=True, default="insurance", tracking=True)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", tracking=True
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    provider_id = fields.Many2one(
        "res.partner", "Insurer, Factor or Bank", ondelete="restrict", tracking=True
    )
    policy_number = fields.Char(tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount = fields.Monetary("Covered Limit", required=True, tracking=True)
    own_risk_percentage = fields.Float(
        "Own Risk (%)",
        digits=(5, 2),
        tracking=True,
        help="Part of a loss that stays with us although it is covered.",
    )
    date_from = fields.Date(
        "Valid From", required=True, default=fields.Date.context_today, tracking=True
    )
    date_to = fields.Date("Valid Until", tracking=True)
    report_days = fields.Integer(
        "Report Within",
        tracking=True,
        help="Latest day after the due date on which an overdue item has to be reported. "
        "Zero: there is no such duty.",
    )
    report_ids = fields.One2many(
        "credit.cover.report",
        "cover_id",
        "Reported",
        groups=COLLECTOR,
    )
    report_deadline = fields.Date(
        "Latest Day to Report",
        compute="_compute_report_deadline",
        search="_search_report_deadline",
        compute_sudo=True,
        help="Latest day to report the oldest overdue item that was invoiced while the cover was "
        "valid and has not been reported.",
    )
    report_days_left = fields.Integer(
        "Days Left", compute="_compute_report_deadline", compute_sudo=True
    )
    report_amount = fields.Monetary(
        "To Report",
        "company_currency_id",
        compute="_compute_report_deadline",
        compute_sudo=True,
        help="Overdue and not reported, in the currency of the company.",
    )
    report_asked_date = fields.Date(
        readonly=True, copy=False, help="The deadline for which somebody was asked to report."
    )
    warning = fields.Char(compute="_compute_warning", compute_sudo=True)
    note = fields.Text()
    active = fields.Boolean(default=True)

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "Fill in the covered limit: an amount above zero."
    )
    _own_risk_is_a_part = models.Constraint(
        "CHECK (own_risk_percentage BETWEEN 0 AND 100)",
        "The own risk is a percentage from 0 to 100.",
    )
    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A cover cannot end before it begins."
    )
    _report_days_positive = models.Constraint(
        "CHECK (report_days >= 0)", "The days to report within cannot be negative."
    )

    # === COMPUTE ===#
    @api.depends("partner_id", "kind", "date_from", "date_to", "report_days", "report_ids")
    def _compute_report_deadline(self):
        facts = self._get_report_facts()
        for cover in self:
            due, amount = facts.get(cover._origin.id, (None, 0.0))
            deadline = due and due + timedelta(days=cover.report_days)
            today = cover.company_id._get_dunning_today() if deadline else None
            cover.report_deadline = deadline
            cover.report_days_left = (deadline - today).days if deadline else 0
            cover.report_amount = amount

    @api.model
    def _search_report_deadline(self, operator, value):
        if operator not in COMPARISONS | {"in", "not in"}:
            return NotImplemented
        rows = SQL(" UNION ALL ").join(
            SQL(
                """(SELECT item.cover_id, MIN(item.due) + cover.report_days AS deadline
                      FROM (%s) AS item
                      JOIN credit_cover cover ON cover.id = item.cover_id
                     GROUP BY item.cover_id, cover.report_days)""",
                self._get_unreported_sql(company, company._get_dunning_today()),
            )
            for company in self.env["res.company"].sudo().search([])
        )
        with_deadline = SQL("SELECT cover_id FROM (%s) AS unreported", rows)
        if operator in COMPARISONS:
            if not value:
                return Domain.FALSE
            return Domain(
                "id", "in", SQL("(%s WHERE deadline %s %s)", with_deadline, SQL(operator), value)
            )
        days = tuple(day for day in value if day)
        found = Domain.FALSE
        if days:
            found = Domain("id", "in", SQL("(%s WHERE deadline IN %s)", with_deadline, days))
        if len(days) < len(value):
            found |= Domain("id", "not in", SQL("(%s)", with_deadline))
        return ~found if operator == "not in" else found

    @api.depends(
        "partner_id",
        "kind",
        "policy_number",
        "company_id",
        "date_from",
        "date_to",
        "currency_id",
    )
    @api.depends_context("lang")
    def _compute_warning(self):
        """Two covers under one policy at a time are possible, and more often a slip."""
        others = self.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("policy_number", "!=", False),
            ]
        )
        for cover in self:
            same = others.filtered(cover._overlaps)
            cover.warning = (
                self.env._(
                    "%(debtor)s has another cover under policy %(policy)s in the same days, of "
                    "%(amount)s: both count.",
                    debtor=cover.partner_id.display_name,
                    policy=cover.policy_number,
                    amount=same[0].currency_id.format(same[0].amount),
                )
                if same
                else False
            )

    def _overlaps(self, other):
        """Whether another cover is the same kind of cover under the same policy on some day."""
        self.ensure_one()
        return (
            other != self._origin
            and all(
                self[name] == other[name]
                for name in ("partner_id", "company_id", "kind", "policy_number")
            )
            and (not self.date_to or other.date_from <= self.date_to)
            and (not other.date_to or not self.date_from or self.date_from <= other.date_to)
        )

    @api.depends("kind", "partner_id", "policy_number")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for cover in self:
            parts = (kinds.get(cover.kind), cover.policy_number, cover.partner_id.display_name)
            cover.display_name = " · ".join(part for part in parts if part)

    # === ACTIONS ===#
    def action_report(self):
        """Open the dialog that notes what was reported, and when.

        :raise UserError: when nothing of this cover is overdue and unreported
        """
        self.ensure_one()
        if not self.report_deadline:
            raise UserError(self.env._("%s: no overdue item is left to report.", self.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reported to the Insurer"),
            "res_model": "credit.report.cover",
            "view_mode": "form",
            "target": "new",
            "context": {"default_cover_id": self.id},
        }

    # === BUSINESS ===#
    @api.model
    def _review_credit(self, company, day):
        """Daily: ask for new covers in time, and for reports before their deadline."""
        self._review_renewals(company, day)
        self.search([("company_id", "=", company.id), ("report_days", ">", 0)])._review_reports(day)

    def _review_reports(self, day):
        """Ask once per cover and deadline to report what is overdue; stop asking when it was
        paid or reported.

        :param datetime.date day: today for the company of these covers
        """
        covers = self.sudo()
        facts = covers._get_report_facts(day)
        deadlines = {
            cover: facts[cover.id][0] + timedelta(days=cover.report_days)
            for cover in covers
            if cover.id in facts
        }
        last_day = day + timedelta(days=REPORT_NOTICE_DAYS)
        activities = {}
        for company in covers.company_id:
            for activity in covers._get_company_activities(company, REPORT_ACTIVITY):
                cover = covers.browse(activity.res_id)
                if cover not in covers:
                    continue
                if activity.date_deadline == deadlines.get(cover):
                    activities[cover] = activity
                else:
                    activity.unlink()
        for cover, deadline in deadlines.items():
            if (
                deadline <= last_day
                and cover not in activities
                and cover.report_asked_date != deadline
            ):
                cover.report_asked_date = deadline
                amount = facts[cover.id][1]
                summary = cover._with_credit_user_lang()._get_report_summary(amount, deadline)
                cover._ask_credit_user(REPORT_ACTIVITY, deadline, summary)

    def _get_report_summary(self, amount, deadline):
        return self.env._(
            "Report %(amount)s of %(debtor)s until %(date)s",
            amount=self.company_currency_id.format(amount),
            debtor=self.partner_id.display_name,
            date=format_date(self.env, deadline),
        )

    def _get_report_facts(self, day=None):
        """Oldest due date and sum (company currency) of what is overdue and was not reported.

        :return: by id of those covers that have any
        :rtype: dict[int, tuple[datetime.date, float]]
        """
        facts = {}
        covers = self._origin.filtered("id")
        for company in covers.company_id:
            query = SQL(
                """SELECT cover_id, MIN(due), SUM(amount_residual) FROM (%s) AS item
                    GROUP BY cover_id""",
                self._get_unreported_sql(
                    company,
                    day or company._get_dunning_today(),
                    covers.filtered(lambda cover, company=company: cover.company_id == company).ids,
                ),
            )
            for cover_id, due, amount in self.env.execute_query(query):
                facts[cover_id] = (due, amount)
        return facts

    def _get_unreported_items(self):
        """Journal items that the insurer of this cover has to hear of."""
        self.ensure_one()
        company = self.company_id
        query = self._get_unreported_sql(company, company._get_dunning_today(), self.ids)
        rows = self.env.execute_query(SQL("SELECT line_id FROM (%s) AS item", query))
        return self.env["account.move.line"].browse(line_id for (line_id,) in rows)

    @api.model
    def _get_unreported_sql(self, company, day, cover_ids=None):
        """Overdue items within the duty to report: cover_id, line_id, due, amount_residual.

        :param list cover_ids: only of these covers, None for all of the company
        """
        accounts = self.env["dunning.decision"]._get_receivable_accounts(company)
        flushed = {
            "account.move": ("invoice_date",),
            "account.move.line": (
                "account_id",
                "amount_residual",
                "company_id",
                "date",
                "date_maturity",
                "move_id",
                "parent_state",
                "partner_id",
                "reconciled",
            ),
            "credit.cover": (
                "active",
                "company_id",
                "date_from",
                "date_to",
                "partner_id",
                "report_days",
            ),
            "credit.cover.report": ("cover_id", "move_line_ids"),
            "res.partner": ("commercial_partner_id",),
        }
        return SQL(
            """
            SELECT cover.id AS cover_id, line.id AS line_id, line.amount_residual,
                   COALESCE(line.date_maturity, line.date) AS due
              FROM credit_cover cover
              JOIN res_partner person ON person.commercial_partner_id = cover.partner_id
              JOIN account_move_line line ON line.partner_id = person.id
              JOIN account_move move ON move.id = line.move_id
             WHERE cover.active
               AND cover.report_days > 0
               AND cover.company_id = %(company_id)s
               AND line.account_id IN %(accounts)s
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company_id)s
               AND line.amount_residual > 0
               AND COALESCE(line.date_maturity, line.date) < %(day)s
               AND COALESCE(move.invoice_date, line.date) >= cover.date_from
               AND (cover.date_to IS NULL
                    OR COALESCE(move.invoice_date, line.date) <= cover.date_to)
               AND NOT EXISTS (
                   SELECT 1
                     FROM credit_cover_report_line_rel rel
                     JOIN credit_cover_report report ON report.id = rel.report_id
                    WHERE report.cover_id = cover.id AND rel.line_id = line.id)
               %(covers)s""",
            company_id=company.id,
            accounts=tuple(accounts.ids) or (0,),
            day=day,
            covers=SQL("AND cover.id IN %s", tuple(cover_ids) or (0,))
            if cover_ids is not None
            else SQL(),
            to_flush=get_flushed_fields(self.env, flushed),
        )

    # === HOOKS ===#
    @api.model
    def _get_successor_condition(self):
        # A raise does not replace the cover below it, nor the other way around: what follows
        # begins about when the other one ends, and lasts longer.
        return SQL(
            "COALESCE(other.date_to, 'infinity') > own.date_to "
            "AND other.date_from >= own.date_to - %s",
            ENDING_DAYS,
        )

    def _get_renewal_summary(self):
        return self.env._(
            "The cover of %(amount)s for %(debtor)s ends on %(date)s: ask for a new one",
            amount=self.currency_id.format(self.amount),
            debtor=self.partner_id.display_name,
            date=format_date(self.env, self.date_to),
        )
