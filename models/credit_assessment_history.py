from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.float_utils import float_round

from .flushed_fields import get_flushed_fields

# How far back payments tell something, and how many of them it takes.
HISTORY_MONTHS = 24
MIN_PAYMENTS = 3
# A debtor with at least this score may buy on account, and with this one up to the advice.
SCORE_APPROVE = 70
SCORE_LIMITED = 40


class PaymentHistory(NamedTuple):
    """How a debtor paid, in the currency of the company; overdue items count as paid today."""

    payments: int
    amount: float
    late_amount: float
    late_days: float
    highest: float

    @property
    def late_share(self):
        """Part of the amount that came after its due date, in percent."""
        return 100 * self.late_amount / self.amount if self.amount else 0.0

    @property
    def score(self):
        """From 100 for everything in time: half a point off per percent that came late, and one
        per day that the average amount came late. Not below zero."""
        return max(0.0, 100 - self.late_share / 2 - self.late_days)


class CreditAssessment(models.Model):
    """The service that costs nothing: how the debtor paid our own invoices."""

    _inherit = "credit.assessment"

    # === BUSINESS ===#
    @api.model
    def _request_own_history(self, partner, company):
        """Values of a credit check out of our own books of the last two years.

        The advised limit is the highest amount that the debtor owed at one time and has paid
        since.

        :raise UserError: when too few invoices were paid to tell
        """
        history = self._get_payment_history(partner, company, company._get_dunning_today())
        if history.payments < MIN_PAYMENTS:
            raise UserError(
                self.env._(
                    "%(debtor)s paid %(count)s invoices in the last two years. It takes at least "
                    "%(minimum)s to tell how it pays.",
                    debtor=partner.display_name,
                    count=history.payments,
                    minimum=MIN_PAYMENTS,
                )
            )
        score = float_round(history.score, precision_digits=2)
        if score >= SCORE_APPROVE:
            conclusion = "approve"
        elif score >= SCORE_LIMITED:
            conclusion = "limited"
        else:
            conclusion = "prepay"
        advised = history.highest if score >= SCORE_LIMITED else 0.0
        return {
            "score": score,
            "score_best": 100,
            "score_worst": 0,
            "advised_limit": company.currency_id.round(advised),
            "conclusion": conclusion,
            "note": self._get_history_note(history, company),
        }

    def _get_history_note(self, history, company):
        return self.env._(
            "%(count)s invoices paid in two years, %(amount)s with what is overdue now: "
            "%(share)s%% of it late, %(days)s days late on average. Highest amount owed at one "
            "time and paid since: %(highest)s.",
            count=history.payments,
            amount=company.currency_id.format(history.amount),
            share=f"{history.late_share:.0f}",
            days=f"{history.late_days:.1f}",
            highest=company.currency_id.format(history.highest),
        )

    @api.model
    def _get_payment_history(self, partner, company, day):
        """Read how a commercial partner paid until a day.

        Payments are money: what was settled by credit notes or written off is none. Days are
        weighted by amount, and an early payment does not make up for a late one.
        """
        accounts = self.env["dunning.decision"]._get_receivable_accounts(company)
        flushed = {
            "account.journal": ("type",),
            "account.move": ("invoice_date", "move_type", "state"),
            "account.move.line": (
                "account_id",
                "amount_residual",
                "company_id",
                "date",
                "date_maturity",
                "journal_id",
                "move_id",
                "parent_state",
                "partner_id",
                "reconciled",
            ),
            "account.partial.reconcile": ("amount", "credit_move_id", "debit_move_id"),
            "res.partner": ("commercial_partner_id",),
        }
        query = SQL(
            """
            WITH item AS (
                SELECT line.id, line.reconciled, line.amount_residual,
                       COALESCE(move.invoice_date, line.date) AS begun,
                       COALESCE(line.date_maturity, line.date) AS due
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.account_id IN %(accounts)s
                   AND line.company_id = %(company_id)s
                   AND line.parent_state = 'posted'
                   AND line.partner_id IN (SELECT id FROM res_partner
                                            WHERE commercial_partner_id = %(partner_id)s)
            ),
            payment AS (
                SELECT item.id, item.begun, item.due, credit.date AS paid, part.amount
                  FROM item
                  JOIN account_partial_reconcile part ON part.debit_move_id = item.id
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  JOIN account_journal journal ON journal.id = credit.journal_id
                 WHERE journal.type IN ('bank', 'cash', 'credit')
                   AND credit.date > %(since)s
                   AND credit.date <= %(day)s
            ),
            weighed AS (
                SELECT id, amount, GREATEST(paid - due, 0) AS days, TRUE AS paid FROM payment
                 UNION ALL
                SELECT id, amount_residual, %(day)s - due, FALSE
                  FROM item
                 WHERE reconciled IS NOT TRUE AND amount_residual > 0 AND due < %(day)s
            ),
            -- What was paid at once or in advance was never owed. Of one day, invoices come before
            -- payments.
            owed AS (
                SELECT SUM(change) OVER (ORDER BY moment, change DESC
                                         ROWS UNBOUNDED PRECEDING) AS amount
                  FROM (
                      SELECT begun AS moment, amount AS change FROM payment WHERE paid > begun
                       UNION ALL
                      SELECT paid, -amount FROM payment WHERE paid > begun
                  ) AS step
            )
            SELECT COUNT(DISTINCT id) FILTER (WHERE paid),
                   COALESCE(SUM(amount), 0),
                   COALESCE(SUM(amount) FILTER (WHERE days > 0), 0),
                   COALESCE(SUM(amount * days) / NULLIF(SUM(amount), 0), 0),
                   COALESCE((SELECT MAX(amount) FROM owed), 0)
              FROM weighed""",
            accounts=tuple(accounts.ids) or (0,),
            company_id=company.id,
            partner_id=partner.id,
            day=day,
            since=day - relativedelta(months=HISTORY_MONTHS),
            to_flush=get_flushed_fields(self.env, flushed),
        )
        [(payments, *figures)] = self.env.execute_query(query)
        return PaymentHistory(payments, *(float(figure) for figure in figures))
