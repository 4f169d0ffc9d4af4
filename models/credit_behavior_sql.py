from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from .collection_promise_life import BROKEN_STATES
from .contact_filters import get_contact_filters
from .flushed_fields import get_flushed_fields

# How far back payments say something about a debtor, and which of them are recent.
YEAR_DAYS = 365
RECENT_DAYS = 90
# Recent payments so many days later than those of the year are a trend.
TREND_DAYS = 5

# Fields that the statement reads; the ORM flushes them before it runs.
FLUSHED_FIELDS = {
    "account.journal": ("type",),
    "account.move": ("invoice_date", "move_type"),
    "account.move.line": (
        "account_id",
        "amount_currency",
        "amount_residual",
        "company_id",
        "currency_id",
        "date",
        "date_maturity",
        "journal_id",
        "move_id",
        "parent_state",
        "partner_id",
        "reconciled",
    ),
    "account.partial.reconcile": (
        "amount",
        "credit_move_id",
        "debit_amount_currency",
        "debit_move_id",
        "max_date",
    ),
    "collection.promise": ("company_id", "date", "date_until", "partner_id", "state"),
    "credit.assessment": (
        "active",
        "company_id",
        "date",
        "date_to",
        "has_score",
        "partner_id",
        "score",
        "score_best",
        "score_worst",
    ),
    "res.partner": ("commercial_partner_id",),
}


class CreditBehavior(models.Model):
    """The one statement of how debtors pay, for all of them at night and for a few at any time."""

    _inherit = "credit.behavior"

    # === BUSINESS ===#
    def _get_behavior_sql(self, company, day, partner_ids=None):
        """Return ``WITH … behavior AS (…)``: one row per debtor that is asked for, or per debtor
        of whom anything is known, with his figures as of ``day`` and his class.

        Each allocation of a payment to an invoice counts by its amount in the currency of the
        company and the date of the payment. Money that came before the invoice paid it on its
        date. Only money counts: what is in a bank or cash journal, not credit notes, write-offs
        or exchange differences.

        A promise that was kept in part only counts as broken; see ``collection.promise``.

        :param list partner_ids: commercial partners; the filter stands inside every part, so that
            a few debtors of a large ledger are quick
        """
        accounts = self.env["dunning.decision"]._get_receivable_accounts(company)
        classes = self.env["credit.risk.class"]._get_of_company(company)
        return SQL(
            """
            WITH allocation AS (
                SELECT person.commercial_partner_id AS partner_id,
                       partial.amount, credit.move_id AS payment_id,
                       move.invoice_date AS invoiced,
                       COALESCE(debit.date_maturity, move.invoice_date) AS due,
                       GREATEST(credit.date, move.invoice_date) AS paid
                  FROM account_partial_reconcile partial
                  JOIN account_move_line debit ON debit.id = partial.debit_move_id
                  JOIN account_move move ON move.id = debit.move_id
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_journal journal ON journal.id = credit.journal_id
                  JOIN res_partner person ON person.id = debit.partner_id
                 WHERE debit.account_id IN %(accounts)s
                   AND debit.company_id = %(company_id)s
                   AND debit.parent_state = 'posted'
                   AND credit.parent_state = 'posted'
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                   AND journal.type IN ('bank', 'cash', 'credit')
                   AND partial.max_date > %(year_ago)s
                   %(debit_filter)s
            ),
            paying AS (
                SELECT partner_id,
                       ROUND(SUM(amount * (paid - invoiced)) / SUM(amount), 2) AS days_to_pay,
                       ROUND(SUM(amount * (paid - due)) / SUM(amount), 2) AS days_late,
                       ROUND(SUM(amount * (paid - due)) FILTER (WHERE paid > %(recent)s)
                             / SUM(amount) FILTER (WHERE paid > %(recent)s), 2)
                           AS days_late_recent,
                       ROUND(100 * COALESCE(SUM(amount) FILTER (WHERE paid > due), 0)
                             / SUM(amount), 2) AS late_share,
                       COUNT(DISTINCT payment_id) AS paid_count
                  FROM allocation
                 WHERE paid > %(year_ago)s AND paid <= %(day)s AND amount > 0
                 GROUP BY partner_id
            ),
            open_item AS (
                SELECT person.commercial_partner_id AS partner_id,
                       GREATEST(%(day)s - MIN(COALESCE(line.date_maturity, line.date)), 0)
                           AS oldest_days
                  FROM account_move_line line
                  JOIN res_partner person ON person.id = line.partner_id
                 WHERE line.account_id IN %(accounts)s
                   AND line.reconciled IS NOT TRUE
                   AND line.parent_state = 'posted'
                   AND line.company_id = %(company_id)s
                   AND line.amount_residual > 0
                   %(line_filter)s
                 GROUP BY person.commercial_partner_id
            ),
            broken AS (
                SELECT person.commercial_partner_id AS partner_id, COUNT(*) AS broken_promises
                  FROM collection_promise promise
                  JOIN res_partner person ON person.id = promise.partner_id
                 WHERE promise.state IN %(broken_states)s
                   AND promise.company_id = %(company_id)s
                   AND promise.date_until < %(day)s
                   AND promise.date > %(year_ago)s
                   %(promise_filter)s
                 GROUP BY person.commercial_partner_id
            ),
            scored AS (
                SELECT DISTINCT ON (person.commercial_partner_id)
                       person.commercial_partner_id AS partner_id,
                       ROUND(LEAST(GREATEST(
                           100 * (score - COALESCE(score_worst, 0))
                           / NULLIF(score_best - COALESCE(score_worst, 0), 0),
                           0), 100), 2) AS score
                  FROM credit_assessment assessment
                  JOIN res_partner person ON person.id = assessment.partner_id
                 WHERE assessment.active
                   AND assessment.has_score
                   AND assessment.company_id = %(company_id)s
                   AND assessment.date <= %(day)s
                   AND (assessment.date_to IS NULL OR assessment.date_to >= %(day)s)
                   %(assessment_filter)s
                 ORDER BY person.commercial_partner_id, assessment.date DESC, assessment.id DESC
            ),
            figures AS (
                SELECT debtor.partner_id, days_to_pay, days_late, days_late_recent, late_share,
                       COALESCE(paid_count, 0) AS paid_count,
                       COALESCE(oldest_days, 0) AS oldest_days,
                       COALESCE(broken_promises, 0) AS broken_promises,
                       score,
                       CASE WHEN days_late_recent - days_late > %(trend)s THEN 'worse'
                            WHEN days_late - days_late_recent > %(trend)s THEN 'better'
                            WHEN days_late_recent IS NOT NULL THEN 'same'
                       END AS trend
                  FROM (%(debtors)s) AS debtor
                  LEFT JOIN paying ON paying.partner_id = debtor.partner_id
                  LEFT JOIN open_item ON open_item.partner_id = debtor.partner_id
                  LEFT JOIN broken ON broken.partner_id = debtor.partner_id
                  LEFT JOIN scored ON scored.partner_id = debtor.partner_id
            ),
            behavior AS (
                SELECT figures.*, %(risk_class)s AS risk_class_id FROM figures
            )
            """,
            accounts=tuple(accounts.ids) or (0,),
            company_id=company.id,
            day=day,
            year_ago=day - timedelta(days=YEAR_DAYS),
            recent=day - timedelta(days=RECENT_DAYS),
            broken_states=BROKEN_STATES,
            trend=TREND_DAYS,
            risk_class=classes._get_case_sql(company),
            debtors=self._get_behavior_debtors_sql(partner_ids),
            **self._get_behavior_filters(partner_ids),
            to_flush=get_flushed_fields(self.env, FLUSHED_FIELDS),
        )

    def _get_behavior_debtors_sql(self, partner_ids):
        """Statement of the debtors that get a row: those asked for, else those of whom anything is
        known."""
        if partner_ids is not None:
            return SQL("SELECT UNNEST(%s::integer[]) AS partner_id", list(partner_ids))
        return SQL(" UNION ").join(
            SQL("SELECT partner_id FROM %s", SQL.identifier(part))
            for part in ("paying", "open_item", "broken", "scored")
        )

    def _get_classes_sql(self, company, partner_ids=None):
        """Statement of commercial partners and the class they were in last night: ``partner_id``,
        ``risk_class_id``.

        Debtors of whom nothing was known then have no row. They are in the first class that asks
        for nothing but other conditions that they meet.

        :param list partner_ids: commercial partners to restrict to, None for all
        """
        classes = self.env["credit.risk.class"]._get_of_company(company)
        return SQL(
            """
            SELECT figures.partner_id,
                   CASE WHEN figures.stored_id IS NULL THEN %(risk_class)s
                        ELSE figures.stored_class_id END AS risk_class_id
              FROM (
                  SELECT person.id AS partner_id, stored.id AS stored_id,
                         stored.risk_class_id AS stored_class_id,
                         NULL::numeric AS days_late, NULL::numeric AS late_share,
                         NULL::numeric AS score, 0 AS paid_count, 0 AS oldest_days,
                         0 AS broken_promises
                    FROM res_partner person
                    LEFT JOIN credit_behavior stored
                      ON stored.partner_id = person.id AND stored.company_id = %(company_id)s
                   WHERE person.commercial_partner_id = person.id %(partners)s
              ) AS figures""",
            risk_class=classes._get_case_sql(company),
            company_id=company.id,
            partners=SQL("AND person.id IN %s", tuple(partner_ids) or (0,))
            if partner_ids is not None
            else SQL(),
            to_flush=get_flushed_fields(
                self.env,
                {
                    self._name: ("company_id", "partner_id", "risk_class_id"),
                    "res.partner": ("commercial_partner_id",),
                },
            ),
        )

    def _get_behavior_filters(self, partner_ids):
        """Conditions that keep every part to the debtors asked for; nothing for all debtors."""
        columns = {
            "debit_filter": "debit.partner_id",
            "line_filter": "line.partner_id",
            "promise_filter": "promise.partner_id",
            "assessment_filter": "assessment.partner_id",
        }
        if partner_ids is None:
            return dict.fromkeys(columns, SQL())
        return get_contact_filters(columns, partner_ids)
