import logging

import psycopg2.errors

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dunning_decision_parts import MESSAGE_KEY
from .dunning_level import CHANNEL_BITS

_logger = logging.getLogger(__name__)


class DunningRun(models.Model):
    """How a run is proposed: by hand for one company, or by the scheduled action for all."""

    _inherit = "dunning.run"

    # === BUSINESS ===#
    def _lock_company(self):
        """Let a second proposal of the same company wait, and start over with what this one did.

        Transactions read a snapshot: to lock alone would let the other one decide on facts from
        before. Changing a row makes the database tell it to start again.
        """
        self.env.cr.execute(
            SQL(
                "UPDATE res_company SET dunning_serial = COALESCE(dunning_serial, 0) + 1 "
                "WHERE id = %s",
                self.company_id.id,
            )
        )

    def _propose(self, release=False):
        """Write the notices and lines of this run in one statement.

        A notice carries its items in arrays: the planner cannot know how many there are, and
        would join lines to notices one by one.

        :param bool release: write what needs no hand as released, which costs nothing here and
            a third to two thirds as much again afterwards
        :return: the number of notices
        """
        self.ensure_one()
        self._lock_company()
        decisions = self.env["dunning.decision"]
        decisions._prepare_connection()
        decisions._prepare_planner()
        rows = self.env.execute_query(
            SQL(
                """%(decision)s,
                notice AS MATERIALIZED (
                    SELECT nextval('dunning_notice_id_seq') AS id,
                           partner_id, contact_id, currency_id,
                           SUM(amount) AS amount,
                           SUM(deducted) AS deducted,
                           BOOL_OR(manual) AS manual,
                           (ARRAY_AGG(channels ORDER BY severity DESC, item_id))[1] AS channels,
                           ARRAY_AGG(level_id ORDER BY severity DESC, item_id) AS level_ids,
                           ARRAY_AGG(severity ORDER BY severity DESC, item_id) AS severities,
                           ARRAY_AGG(item_id ORDER BY severity DESC, item_id) AS item_ids,
                           ARRAY_AGG(move_name ORDER BY severity DESC, item_id) AS move_names,
                           ARRAY_AGG(invoice_date ORDER BY severity DESC, item_id) AS invoice_dates,
                           ARRAY_AGG(due ORDER BY severity DESC, item_id) AS dues,
                           ARRAY_AGG(amount ORDER BY severity DESC, item_id) AS amounts
                      FROM decision
                     WHERE outcome = 'remind'
                     GROUP BY %(message_key)s
                ),
                new_notice AS (
                    INSERT INTO dunning_notice (
                        id, name, run_id, company_id, partner_id, contact_id, currency_id,
                        level_id, date, state, manual_release, amount_residual,
                        amount_unallocated, amount_total, %(channel_fields)s, attempts,
                        create_uid, create_date, write_uid, write_date)
                    SELECT notice.id, 'REM' || LPAD(notice.id::text, 6, '0'), %(run_id)s,
                           %(company_id)s, partner_id, contact_id, currency_id, level_ids[1],
                           %(day)s, %(state)s, manual, amount,
                           ROUND(deducted, currency.decimal_places),
                           amount - ROUND(deducted, currency.decimal_places),
                           %(channel_flags)s, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM notice
                      JOIN res_currency currency ON currency.id = notice.currency_id
                ),
                new_line AS (
                    INSERT INTO dunning_notice_line (
                        notice_id, move_line_id, level_id, company_id, state, severity,
                        move_name, invoice_date, date_maturity, amount_residual)
                    SELECT notice.id, line.item_id, line.level_id, %(company_id)s, %(state)s,
                           line.severity, line.move_name, line.invoice_date, line.due, line.amount
                      FROM notice
                     CROSS JOIN UNNEST(
                               item_ids, level_ids, severities, move_names, invoice_dates, dues,
                               amounts
                           ) AS line (
                               item_id, level_id, severity, move_name, invoice_date, due, amount)
                )
                SELECT reason, COUNT(*), COUNT(DISTINCT partner_id)
                  FROM decision
                 GROUP BY reason""",
                decision=decisions._get_decision_sql(self.company_id, self.date),
                message_key=MESSAGE_KEY,
                channel_fields=SQL(", ").join(
                    SQL.identifier(f"use_{channel}") for channel in CHANNEL_BITS
                ),
                channel_flags=SQL(", ").join(
                    SQL("channels & %s <> 0", bit) for bit in CHANNEL_BITS.values()
                ),
                run_id=self.id,
                company_id=self.company_id.id,
                day=self.date,
                state=(
                    SQL("CASE WHEN manual THEN 'proposed' ELSE 'ready' END")
                    if release
                    else SQL("'proposed'")
                ),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        self.env["dunning.notice"].invalidate_model()
        self.env["dunning.notice.line"].invalidate_model()
        self.invalidate_recordset(["notice_ids"])
        self.reason_counts = {reason: [items, debtors] for reason, items, debtors in rows}
        self._transition("proposed")
        self._update_state()
        if release and self._search_notices(Domain("state", "=", "ready"), limit=1):
            self._expect_outcome()
        return len(self.notice_ids)

    # === CRON ===#
    @api.model
    def _cron_run_dunning(self):
        """Propose, release what needs no hand, and send, for every company with a policy."""
        for company in self.env["res.company"].sudo().search([]):
            self._run_company(company)
        self.env["dunning.block"]._ask_for_review()
        self.env["ir.cron"]._commit_progress()
        self.env["dunning.notice"]._cron_send_notices()

    def _run_company(self, company):
        """Propose and release for one company, and commit; an error is logged and reported.

        Nothing happens on a day that is not a working day: the next one catches up.

        Another worker proposing for the same company makes the database refuse ours: then we
        start over and find nothing left to do.
        """
        today = company._get_dunning_today()
        if not company._is_dunning_working_day(today):
            _logger.info("No dunning for %s: %s is not a working day", company.name, today)
            return
        for _attempt in range(5):
            try:
                self._propose_automatically(company, today)
                self.env["ir.cron"]._commit_progress()
                return
            except psycopg2.errors.SerializationFailure:
                self.env.cr.rollback()
            except Exception:
                _logger.exception("Dunning of company %s failed", company.name)
                self.env.cr.rollback()
                return
        _logger.error("Dunning of company %s gave up: others kept proposing too", company.name)

    @api.model
    def _propose_automatically(self, company, day):
        """Make the run of a day, release its automatic notices, keep no run without notices."""
        self.env["dunning.notice"]._drop_outdated(company, day)
        run = self.with_company(company).create({"company_id": company.id, "date": day})
        if not run._propose(release=True):
            run.unlink()
            return self.browse()
        run._assign_name()
        return run
