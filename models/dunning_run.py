import logging
from collections import Counter
from datetime import timedelta

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from .dunning_level import CHANNEL_BITS
from .dunning_notice_line import REMOVABLE_STATES
from .state_machine import check_transition

_logger = logging.getLogger(__name__)

# Above this number a click on "Send" leaves the sending to the scheduled action.
SEND_AT_ONCE = 20
# A run for a later day than this is a mistake.
MAX_AHEAD = timedelta(days=365)

TRANSITIONS = {
    "draft": {"proposed", "cancelled"},
    "proposed": {"released", "done", "cancelled"},
    "released": {"done", "cancelled", "proposed"},
    "done": {"released", "cancelled"},
    "cancelled": set(),
}


class DunningRun(models.Model):
    """One round of reminders of a company: what would be sent, what was, and what was not."""

    _name = "dunning.run"
    _description = "Dunning Run"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char(readonly=True, copy=False, default=lambda self: self.env._("New"))
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._get_dunning_today(),
        help="The day for which it is decided who is reminded.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("released", "Released"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
    )
    notice_ids = fields.One2many("dunning.notice", "run_id", "Notices", readonly=True)
    notice_count = fields.Integer(compute="_compute_counts")
    to_release_count = fields.Integer(compute="_compute_counts")
    ready_count = fields.Integer(compute="_compute_counts")
    sent_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    letter_count = fields.Integer(compute="_compute_counts")
    reason_counts = fields.Json(readonly=True, copy=False)
    summary = fields.Html(compute="_compute_summary", sanitize=False)

    # === CONSTRAINTS ===#
    @api.constrains("date", "company_id")
    def _check_date(self):
        """A run far ahead is a slip of the pen."""
        for run in self:
            if run.date > run.company_id._get_dunning_today() + MAX_AHEAD:
                raise ValidationError(
                    self.env._(
                        "%s is more than a year ahead. Check the date of the run.",
                        format_date(self.env, run.date),
                    )
                )

    @api.onchange("date", "company_id")
    def _onchange_date(self):
        """Warn of a day that is over: what was paid or sent since counts all the same."""
        today = self.company_id._get_dunning_today()
        if self.date and self.date < today:
            return {
                "warning": {
                    "title": self.env._("This day is over"),
                    "message": self.env._(
                        "The run decides as of %(date)s, but on what is known today: what was "
                        "paid or sent since then counts. Reminders of the run bear the day on "
                        "which they are sent.",
                        date=format_date(self.env, self.date),
                    ),
                }
            }
        return None

    # === COMPUTE ===#
    @api.depends("notice_ids.state", "notice_ids.letter_id")
    def _compute_counts(self):
        groups = self.env["dunning.notice"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state", "use_letter"],
            ["__count", "letter_id:count"],
        )
        counts = Counter()
        letters = Counter()
        for run, state, by_letter, count, letter_count in groups:
            counts[run.id, state] += count
            if by_letter and state != "corrected":
                letters[run.id] += letter_count
        for run in self:
            run.notice_count = sum(
                count for (run_id, _state), count in counts.items() if run_id == run.id
            )
            run.to_release_count = counts[run.id, "proposed"]
            run.ready_count = counts[run.id, "ready"]
            run.sent_count = counts[run.id, "sent"]
            run.failed_count = counts[run.id, "failed"]
            run.letter_count = letters[run.id]

    @api.depends("reason_counts", "notice_ids.state")
    @api.depends_context("lang")
    def _compute_summary(self):
        """Tiles per level and channel, and what was not sent per reason."""
        for run in self:
            run.summary = self.env["ir.qweb"]._render(
                "account_credit_management.dunning_run_summary",
                {"levels": run._get_level_counts(), "reasons": run._get_reason_rows()},
            )

    # === CRUD ===#
    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if any(run.notice_ids for run in self):
            raise UserError(
                self.env._("A run with notices is history. Cancel it instead of deleting it.")
            )

    # === ACTIONS ===#
    def action_propose(self):
        """Decide who would be reminded and store it, without sending anything."""
        for run in self:
            run.check_access("write")
            if run.state != "draft":
                raise UserError(self.env._("%s was proposed already.", run.name))
            run._propose()
            run._assign_name()

    def action_release(self):
        """Release all notices, those that are released by hand too."""
        self._release(self.notice_ids.level_id)

    def action_release_by_level(self):
        """Ask which levels to release."""
        self.ensure_one()
        self._check_proposed()
        return self.env["dunning.release"]._get_open_action(self)

    def action_send(self):
        """Send what was released.

        A handful of notices go out at once, in this transaction; more are left to the scheduled
        action, which commits after each message.
        """
        self.check_access("write")
        self._check_proposed()
        ready = self.notice_ids.filtered(lambda notice: notice.state == "ready")
        if len(ready) > SEND_AT_ONCE:
            ready._trigger_delivery()
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": ready._get_delivery_message(),
                    "next": {"type": "ir.actions.client", "tag": "soft_reload"},
                },
            }
        for company, notices in ready.grouped("company_id").items():
            notices._send(company._get_dunning_today())
        return True

    def action_cancel(self):
        """Cancel the notices that were not sent yet; what was sent stays."""
        self.check_access("write")
        for run in self:
            if run.state == "done":
                raise UserError(self.env._("%s is done: it can only be undone.", run.name))
        self._cancel()

    def action_print_letters(self):
        """Download the letters to be posted; those that went with an e-mail only are left out."""
        return self.notice_ids.filtered(
            lambda notice: notice.state != "corrected" and notice.sudo()._get_posted_letters()
        ).action_print_letters()

    def action_view_notices(self):
        self.ensure_one()
        return self.notice_ids._get_list_action(
            [("run_id", "=", self.id)], search_default_group_level=1, search_default_group_state=1
        )

    # === BUSINESS ===#
    def _release(self, levels):
        """Release the notices of some levels. Releasing twice is harmless."""
        self.check_access("write")
        self._check_proposed()
        self.notice_ids.filtered(lambda notice: notice.level_id in levels)._release()

    def _cancel(self):
        for run in self:
            run._transition("cancelled")
            run.notice_ids.filtered(lambda notice: notice.state in REMOVABLE_STATES)._transition(
                "cancelled"
            )

    def _check_proposed(self):
        for run in self:
            if run.state == "draft":
                raise UserError(self.env._("%s has no proposal yet.", run.name))

    def _transition(self, state):
        """Change the state of runs: the only gate. Runs that are there already are skipped."""
        todo = self.filtered(lambda run: run.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo.state = state

    def _update_state(self):
        """Let the state of a run follow from its notices."""
        for run in self.filtered(lambda run: run.state not in ("draft", "cancelled")):
            states = {
                state
                for (state,) in self.env["dunning.notice"]
                .sudo()
                ._read_group([("run_id", "=", run.id)], ["state"])
            }
            if "proposed" in states:
                run._transition("proposed")
            elif states & {"ready", "sending", "todo", "failed"}:
                run._transition("released")
            else:
                run._transition("done")

    def _assign_name(self):
        for run in self:
            run.name = (
                self.env["ir.sequence"]
                .with_company(run.company_id)
                .next_by_code("dunning.run", sequence_date=run.date)
            )

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

    def _propose(self):
        """Write the notices and lines of this run in one statement.

        A notice carries its items in arrays: the planner cannot know how many there are, and
        would join lines to notices one by one.

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
                     GROUP BY partner_id, contact_id, currency_id, courtesy, payable
                ),
                new_notice AS (
                    INSERT INTO dunning_notice (
                        id, name, run_id, company_id, partner_id, contact_id, currency_id,
                        level_id, date, state, manual_release, amount_residual,
                        amount_unallocated, amount_total, %(channel_fields)s, attempts,
                        create_uid, create_date, write_uid, write_date)
                    SELECT notice.id, 'REM' || LPAD(notice.id::text, 6, '0'), %(run_id)s,
                           %(company_id)s, partner_id, contact_id, currency_id, level_ids[1],
                           %(day)s, 'proposed', manual, amount,
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
                    SELECT notice.id, line.item_id, line.level_id, %(company_id)s, 'proposed',
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
                channel_fields=SQL(", ").join(
                    SQL.identifier(f"use_{channel}") for channel in CHANNEL_BITS
                ),
                channel_flags=SQL(", ").join(
                    SQL("channels & %s <> 0", bit) for bit in CHANNEL_BITS.values()
                ),
                run_id=self.id,
                company_id=self.company_id.id,
                day=self.date,
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
        return len(self.notice_ids)

    @api.model
    def _get_reason_counts(self, company, day):
        """Count open items and debtors per reason without writing anything.

        :rtype: list[tuple[str, int, int]] reason label, items, debtors
        """
        decisions = self.env["dunning.decision"]
        decisions._prepare_connection()
        rows = self.env.execute_query(
            SQL(
                "%s SELECT reason, COUNT(*), COUNT(DISTINCT partner_id) FROM decision "
                "GROUP BY reason ORDER BY 2 DESC",
                decisions._get_decision_sql(company, day),
            )
        )
        labels = decisions._get_reason_labels()
        return [(labels[reason], items, debtors) for reason, items, debtors in rows]

    def _get_reason_rows(self):
        """What this run left alone: (label, items, debtors), most items first."""
        self.ensure_one()
        labels = self.env["dunning.decision"]._get_reason_labels()
        rows = [
            (labels[reason], *counts)
            for reason, counts in (self.reason_counts or {}).items()
            if reason != "remind"
        ]
        return sorted(rows, key=lambda row: -row[1])

    def _get_level_counts(self):
        """Notices per level: how many by each channel, and how many in which state."""
        self.ensure_one()
        rows = []
        for level, notices in self.notice_ids.grouped("level_id").items():
            by_state = notices.grouped("state")
            rows.append(
                {
                    "level": level,
                    "count": len(notices),
                    "emails": len(notices.filtered("use_email")),
                    "letters": len(notices.filtered("use_letter")),
                    "texts": len(notices.filtered("use_sms")),
                    "calls": len(notices.filtered("use_call")),
                    "visits": len(notices.filtered("use_visit")),
                    "todo": len(by_state.get("todo", ())),
                    "proposed": len(by_state.get("proposed", ())),
                    "sent": len(by_state.get("sent", ())),
                    "failed": len(by_state.get("failed", ())),
                    "withdrawn": len(by_state.get("corrected", ())),
                }
            )
        return sorted(rows, key=lambda row: row["level"].severity)

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
        if not run._propose():
            run.unlink()
            return self.browse()
        run._assign_name()
        run.notice_ids.filtered(lambda notice: not notice.manual_release)._release()
        return run
