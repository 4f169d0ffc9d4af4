import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, format_date, split_every

from .installment_arrangement_payment import WATCHED_STATES

_logger = logging.getLogger(__name__)

# How many arrangements a scheduled run looks at before it commits.
REVIEW_BATCH = 50


class InstallmentArrangement(models.Model):
    """What time does with an arrangement: offers expire, installments come near or are missed."""

    _inherit = "installment.arrangement"

    # === CRON ===#
    @api.model
    def _cron_review(self):
        """Review what is due, each company on its own day and within the hours in which its
        messages leave."""
        cron = self.env["ir.cron"]
        now = fields.Datetime.now()
        todo = []
        for company in self.env["res.company"].sudo().search([]):
            if not company._is_dunning_send_time(now):
                self.env.ref(
                    "account_credit_management.ir_cron_installment_arrangement"
                ).sudo()._trigger(at=company._get_next_dunning_send_time(now))
                continue
            day = company._get_dunning_today()
            todo += [
                (ids, day)
                for ids in split_every(REVIEW_BATCH, self._get_due_ids(company, day), list)
            ]
        remaining = sum(len(ids) for ids, _day in todo)
        cron._commit_progress(remaining=remaining)
        for ids, day in todo:
            self.browse(ids)._review(day)
            remaining -= len(ids)
            if not cron._commit_progress(len(ids), remaining=remaining):
                break

    @api.model
    def _get_due_ids(self, company, day):
        """Arrangements of a company for which there is something to do on a day.

        :rtype: list[int]
        """
        query = SQL(
            """
            SELECT arrangement.id
              FROM installment_arrangement arrangement
              LEFT JOIN LATERAL (
                  SELECT SUM(LEAST(
                             GREATEST(item.residual_start - line.amount_residual_currency, 0),
                             item.amount
                         )) AS amount
                    FROM installment_arrangement_item item
                    JOIN account_move_line line ON line.id = item.move_line_id
                   WHERE item.arrangement_id = arrangement.id
              ) paid ON TRUE
              LEFT JOIN LATERAL (
                  SELECT SUM(amount) FILTER (WHERE date_due < %(day)s) AS past,
                         BOOL_OR(notified_date IS NULL AND date_due > %(day)s
                                 AND date_due - arrangement.remind_days <= %(day)s) AS near
                    FROM installment_arrangement_line
                   WHERE arrangement_id = arrangement.id
              ) plan ON TRUE
             WHERE arrangement.company_id = %(company_id)s
               AND arrangement.state IN %(watched)s
               AND CASE arrangement.state
                       WHEN 'offered'
                       THEN arrangement.offer_valid_until < %(day)s OR paid.amount > 0
                       WHEN 'active'
                       THEN plan.past > paid.amount
                            OR (plan.near AND arrangement.remind_days > 0)
                            OR arrangement.settle_date IS NOT NULL
                            OR paid.amount <> COALESCE(arrangement.amount_seen, 0)
                       WHEN 'fulfilled'
                       THEN paid.amount <> COALESCE(arrangement.amount_seen, 0)
                       ELSE FALSE
                   END
             ORDER BY arrangement.id""",
            company_id=company.id,
            day=day,
            watched=WATCHED_STATES,
            to_flush=self._get_reviewed_fields(),
        )
        return [arrangement_id for (arrangement_id,) in self.env.execute_query(query)]

    @api.model
    def _get_reviewed_fields(self):
        """Fields that the statement reads."""
        names = {
            "account.move.line": ("amount_residual_currency",),
            "installment.arrangement": (
                "amount_seen",
                "company_id",
                "offer_valid_until",
                "remind_days",
                "settle_date",
                "state",
            ),
            "installment.arrangement.item": (
                "amount",
                "arrangement_id",
                "move_line_id",
                "residual_start",
            ),
            "installment.arrangement.line": (
                "amount",
                "arrangement_id",
                "date_due",
                "notified_date",
            ),
        }
        return [self.env[model]._fields[name] for model, fnames in names.items() for name in fnames]

    # === BUSINESS: REVIEW ===#
    def _review(self, day):
        """Review arrangements; one that fails is logged and does not stop the others, and is
        tried again on the next day. One that somebody works on now waits until then too."""
        for arrangement in self.sudo().try_lock_for_update():
            arrangement._attempt(arrangement._review_one, day)

    def _review_one(self, day):
        """Do what is due on a day; doing it twice changes nothing."""
        self.ensure_one()
        if self.state in WATCHED_STATES:
            self._check_payments()
        if self.state == "offered" and self.offer_valid_until < day:
            self._end(
                "cancelled",
                self.env._("The offer ended on %s.", format_date(self.env, self.offer_valid_until)),
            )
        if self.state != "active":
            return
        if self._is_settled():
            self._complete_settlement()
        elif self.settle_date and day > self._add_working_days(self.settle_date, self.grace_days):
            self._lapse_settlement()
        if self.state == "active":
            self._review_missed(day)
        if self.state == "active":
            self._review_near(day)

    def _review_missed(self, day):
        """Have the debtor called at once, and break the arrangement when the grace is over."""
        missed = self._get_ordered_lines().filtered(lambda line: line.state == "missed")
        if not missed or self._get_excuse(missed, day):
            return
        new = missed.filtered(lambda line: not line.missed_date)
        for line in new:
            since = max(line._get_missed_from(), self.undone_date or line.date_due)
            line._with_gate_open().missed_date = since
        if new:
            self._schedule_call(missed)
        over = missed.filtered(
            lambda line: self._add_working_days(line.missed_date, self.grace_days) <= day
        )
        if over:
            self._break(
                self.env._(
                    "The installment of %s was not paid.",
                    format_date(self.env, over[:1].date_due),
                )
            )
        elif new:
            self._tell_debtor("missed")

    def _review_near(self, day):
        """Tell the debtor of an installment before it falls due, once, unless it is paid or he
        hears of a missed one anyway."""
        line = self.next_line_id
        if (
            self.remind_days > 0
            and not line.notified_date
            and line.date_due - timedelta(days=self.remind_days) <= day < line.date_due
            and not self.settle_date
        ):
            self._attempt(self._tell_near, line, day)

    def _tell_near(self, line, day):
        line._with_gate_open().notified_date = day
        self._tell_debtor("notice")

    def _attempt(self, method, *args):
        """Do something that may fail without undoing what was decided before it.

        :return: what the method returns; None when it failed, which is logged
        """
        try:
            with self.env.cr.savepoint():
                return method(*args)
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("%s: %s failed", self.mapped("name"), method.__name__)
            return None

    # === BUSINESS: EXCUSES ===#
    def _get_excuse(self, lines, day):
        """Why nobody can say yet that these installments were missed; empty when one can.

        :param lines: ``installment.arrangement.line``
        """
        self.ensure_one()
        if self.settle_date:
            return "settling"
        if any(item.move_line_id.parent_state == "draft" for item in self.item_ids):
            return "draft"
        if self.env["dunning.decision"]._is_bank_outdated(self.company_id, day):
            return "bank_outdated"
        if self._get_transactions_under_way():
            return "under_way"
        missed = sum(lines.mapped("amount_left"))
        if self.currency_id.compare_amounts(self._sum_unallocated(), missed) >= 0:
            return "unallocated"
        return ""

    def _add_working_days(self, day, count):
        """The working day so many working days after a day; the day itself for none."""
        self.ensure_one()
        for _number in range(max(count, 0)):
            day = self.company_id._get_next_dunning_working_day(day + timedelta(days=1))
        return day
