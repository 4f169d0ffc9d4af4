import logging
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

TRENDS = [("better", "Better"), ("same", "The same"), ("worse", "Worse")]
# Technical name of the activity of which a debtor gets one at a time.
WORSENED_TASK = "credit_worsened"
# Figures of a debtor, in the order of the statement.
FIGURES = (
    "days_to_pay",
    "days_late",
    "days_late_recent",
    "late_share",
    "paid_count",
    "oldest_days",
    "broken_promises",
    "score",
    "trend",
)


class Behavior(NamedTuple):
    """How a debtor pays: days are averages weighted by amount, None when nothing was paid.

    ``score`` is that of the newest valid credit check in percent, None without one. ``trend`` is
    None when there are no recent payments.
    """

    partner_id: int
    days_to_pay: float | None
    days_late: float | None
    days_late_recent: float | None
    late_share: float | None
    paid_count: int
    oldest_days: int
    broken_promises: int
    score: float | None
    trend: str | None
    risk_class_id: int | None


class CreditBehavior(models.Model):
    """How a debtor pays, as of last night: one row per debtor and company.

    Of debtors without a row nothing is known. The figures come from one statement, see
    `credit_behavior_sql.py`, which forms read for one debtor at any time.
    """

    _name = "credit.behavior"
    _description = "Payment Behavior"
    _order = "company_id, partner_id"
    _rec_name = "partner_id"
    # Rewritten every night by a statement: who did it when says nothing.
    _log_access = False

    # === FIELDS ===#
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", readonly=True
    )
    debtor_code = fields.Char(related="partner_id.debtor_code", string="Code")
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    date = fields.Date("As Of", required=True, readonly=True)
    days_to_pay = fields.Float(
        "Days to Pay", readonly=True, aggregator="avg", help="Weighted by amount, over a year."
    )
    days_late = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Weighted by amount, over a year; early payment counts negative.",
    )
    days_late_recent = fields.Float(
        "Days Late, Recent", readonly=True, aggregator="avg", help="The same over three months."
    )
    trend = fields.Selection(
        TRENDS,
        readonly=True,
        help="Payments of three months are more than five days later or earlier than those of the "
        "year.",
    )
    late_share = fields.Float(
        "Paid Late (%)", readonly=True, aggregator="avg", help="Of what was paid in a year."
    )
    paid_count = fields.Integer("Payments", readonly=True, help="In a year.")
    oldest_days = fields.Integer(
        "Oldest Open Item", readonly=True, aggregator="max", help="Days after its due date."
    )
    broken_promises = fields.Integer(readonly=True, help="In a year.")
    score = fields.Float(
        "Score (%)",
        readonly=True,
        aggregator="avg",
        help="Of the newest valid credit check, where best is 100.",
    )
    risk_class_id = fields.Many2one(
        "credit.risk.class", readonly=True, index="btree_not_null", ondelete="set null"
    )
    risk = fields.Integer(related="risk_class_id.risk")
    previous_risk_class_id = fields.Many2one(
        "credit.risk.class", "Class Before", readonly=True, ondelete="set null"
    )
    risk_reason = fields.Char("Reason", compute="_compute_risk_reason")
    worsened_date = fields.Date(
        "Worsened On",
        readonly=True,
        help="When the debtor moved to a riskier class; empty again once he moves to a better one.",
    )

    _debtor_uniq = models.Constraint(
        "unique (company_id, partner_id)", "A debtor has one behavior per company."
    )

    # === COMPUTE ===#
    @api.depends("risk_class_id", *FIGURES)
    @api.depends_context("lang")
    def _compute_risk_reason(self):
        for behavior in self:
            risk_class = behavior.risk_class_id
            behavior.risk_reason = risk_class and risk_class._get_reason(behavior)

    # === ACTIONS ===#
    def action_open_debtor(self):
        self.ensure_one()
        return self.partner_id._get_credit_form_action()

    # === BUSINESS ===#
    @api.model
    def _get_behavior(self, company, partners, day=None):
        """Return how some debtors pay, as of this moment.

        :param res.partner partners: commercial partners
        :param datetime.date day: empty for today
        :rtype: dict[int, Behavior]
        """
        if not partners.ids:
            return {}
        query = SQL(
            "%s SELECT %s FROM behavior",
            self._get_behavior_sql(company, day or company._get_dunning_today(), partners.ids),
            SQL(", ").join(
                SQL.identifier(name) for name in ("partner_id", *FIGURES, "risk_class_id")
            ),
        )
        rows = [Behavior(*row) for row in self.env.execute_query(query)]
        return {behavior.partner_id: behavior for behavior in rows}

    @api.model
    def _get_classes(self, company, partners):
        """Return the class of some debtors, as of last night.

        :param res.partner partners: commercial partners
        :rtype: dict[int, credit.risk.class]
        """
        classes = self.env["credit.risk.class"]
        return {
            partner_id: classes.browse(class_id)
            for partner_id, class_id in self.env.execute_query(
                self._get_classes_sql(company, partners.ids)
            )
        }

    @api.model
    def _update_behavior(self, company, day):
        """Write how all debtors of a company pay, in one statement, and tell who got worse.

        Doing it again on the same day changes nothing.

        :return: the rows of debtors who moved to a riskier class
        """
        columns = SQL(", ").join(
            SQL.identifier(name)
            for name in ("partner_id", *FIGURES, "risk_class_id", "previous_risk_class_id")
        )
        updates = SQL(", ").join(
            SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
            for name in (
                "date",
                *FIGURES,
                "risk_class_id",
                "previous_risk_class_id",
                "worsened_date",
            )
        )
        unknown = self.env["credit.risk.class"]._get_unknown(company)
        self.flush_model()
        self.env["credit.risk.class"].flush_model()
        self.env.cr.execute("SET LOCAL jit = off")
        rows = self.env.execute_query(
            SQL(
                """
                %(behavior)s,
                compared AS (
                    SELECT behavior.*,
                           CASE WHEN behavior.risk_class_id
                                     IS NOT DISTINCT FROM stored.risk_class_id
                                THEN stored.previous_risk_class_id
                                ELSE stored.risk_class_id
                           END AS previous_risk_class_id,
                           COALESCE(new_class.risk > old_class.risk
                                    AND new_class.id <> %(unknown_id)s, FALSE) AS is_worse,
                           COALESCE(new_class.risk < old_class.risk, FALSE) AS is_better,
                           stored.worsened_date AS worsened_before
                      FROM behavior
                      LEFT JOIN credit_behavior stored
                             ON stored.company_id = %(company_id)s
                            AND stored.partner_id = behavior.partner_id
                      LEFT JOIN credit_risk_class new_class
                             ON new_class.id = behavior.risk_class_id
                      LEFT JOIN credit_risk_class old_class ON old_class.id = stored.risk_class_id
                ),
                saved AS (
                    INSERT INTO credit_behavior (company_id, date, worsened_date, %(columns)s)
                    SELECT %(company_id)s, %(day)s::date,
                           CASE WHEN is_worse THEN %(day)s::date
                                WHEN NOT is_better THEN worsened_before END,
                           %(columns)s
                      FROM compared
                        ON CONFLICT (company_id, partner_id) DO UPDATE SET %(updates)s
                )
                SELECT partner_id FROM compared WHERE is_worse""",
                behavior=self._get_behavior_sql(company, day),
                columns=columns,
                updates=updates,
                company_id=company.id,
                unknown_id=unknown.id or 0,
                day=day,
            )
        )
        # What is left of another day is of debtors of whom nothing is known any more.
        self.env.execute_query(
            SQL(
                "DELETE FROM credit_behavior WHERE company_id = %s AND date <> %s RETURNING id",
                company.id,
                day,
            )
        )
        self._invalidate()
        worsened = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "in", [partner_id for (partner_id,) in rows]),
            ]
        )
        worsened._tell_worsened(company)
        return worsened

    @api.model
    def _reclassify(self, company):
        """Put debtors in the classes as they are now, by the figures of last night."""
        self.flush_model()
        self.env["credit.risk.class"].flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE credit_behavior behavior
                   SET risk_class_id = fresh.risk_class_id
                  FROM (
                      SELECT figures.id, %(risk_class)s AS risk_class_id
                        FROM credit_behavior figures
                       WHERE figures.company_id = %(company_id)s
                  ) AS fresh
                 WHERE fresh.id = behavior.id
                   AND fresh.risk_class_id IS DISTINCT FROM behavior.risk_class_id
             RETURNING behavior.id""",
                risk_class=self.env["credit.risk.class"]
                ._get_of_company(company)
                ._get_case_sql(company),
                company_id=company.id,
            )
        )
        self._invalidate()

    def _invalidate(self):
        """Forget what was read before a statement rewrote the table."""
        self.invalidate_model()
        self.env["res.partner"].invalidate_model(["credit_risk_class_id", "credit_risk_reason"])

    def _tell_worsened(self, company):
        """One activity per debtor who got worse, until it is done; without any e-mail."""
        activities = self.env["mail.activity"].sudo()
        known = activities.search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", self.partner_id.ids),
                ("dunning_task", "=", WORSENED_TASK),
                ("dunning_company_id", "=", company.id),
            ]
        )
        told = set(known.mapped("res_id"))
        user = company._get_credit_user()
        for behavior in self.with_context(lang=user.lang).filtered(
            lambda behavior: behavior.partner_id.id not in told
        ):
            behavior.partner_id._schedule_dunning_activity(
                company,
                "mail.mail_activity_data_todo",
                summary=behavior.env._(
                    "Pays worse: %(before)s → %(now)s",
                    before=behavior.previous_risk_class_id.name,
                    now=behavior.risk_class_id.name,
                ),
                note=behavior.risk_reason,
                user=user,
                dunning_task=WORSENED_TASK,
            )

    # === CRON ===#
    @api.model
    def _cron_update_behavior(self):
        """Look at all debtors of every company; what fails in one does not stop the others."""
        companies = self.env["res.company"].sudo().search([])
        for done, company in enumerate(companies, 1):
            try:
                with self.env.cr.savepoint():
                    self._update_behavior(company, company._get_dunning_today())
            except Exception:
                _logger.exception("Payment behavior of company %s failed", company.name)
            self.env["ir.cron"]._commit_progress(1, remaining=len(companies) - done)
