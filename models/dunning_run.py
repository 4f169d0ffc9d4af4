from collections import Counter, defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from .dunning_level import CHANNEL_BITS
from .dunning_notice_line import REMOVABLE_STATES
from .state_machine import check_transition

# Above this number a click on "Send" leaves the sending to the scheduled action.
SEND_AT_ONCE = 20
# Notices that are read and written at a time.
PART = 5000
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
        self._release()

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
        for company, notices in ready.grouped("company_id").items():
            notices._check_day(company._get_dunning_today())
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
    def _release(self, levels=None):
        """Release the notices of some levels, or all. Releasing twice is harmless."""
        self.check_access("write")
        self._check_proposed()
        domain = Domain("state", "=", "proposed")
        if levels is not None:
            domain &= Domain("level_id", "in", levels.ids)
        for notices in self._iterate_notices(domain):
            notices._release()

    def _cancel(self):
        for run in self:
            run._transition("cancelled")
            for notices in run._iterate_notices(Domain("state", "in", REMOVABLE_STATES)):
                notices._transition("cancelled")

    def _search_notices(self, domain, **options):
        """Notices of these runs, without reading what is stored of them: there may be many."""
        return self.env["dunning.notice"].search(
            Domain("run_id", "in", self.ids) & domain, **options
        )

    def _iterate_notices(self, domain):
        """Yield the notices of these runs part by part, so that memory does not grow with them."""
        last = 0
        while notices := self._search_notices(
            Domain("id", ">", last) & domain, order="id", limit=PART
        ):
            last = notices[-1].id
            yield notices
            self.env.invalidate_all()

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

    def _get_telling_policies(self, levels):
        """Names of the policies by level, where levels of several policies have the same name."""
        names = Counter(level.name for level in levels)
        return {level: names[level.name] > 1 and level.policy_id.name for level in levels}

    def _get_level_counts(self):
        """Notices per level: how many by each channel, and how many in which state."""
        self.ensure_one()
        groups = self.env["dunning.notice"]._read_group(
            [("run_id", "=", self.id)],
            ["level_id", "state", *(f"use_{channel}" for channel in CHANNEL_BITS)],
            ["__count"],
        )
        counts = defaultdict(Counter)
        for level, state, *flags, count in groups:
            counts[level] += Counter({"count": count, state: count})
            counts[level] += Counter(
                {channel: count for channel, flag in zip(CHANNEL_BITS, flags, strict=True) if flag}
            )
        policies = self._get_telling_policies(counts)
        rows = [
            {
                "level": level,
                "policy": policies[level],
                "count": numbers["count"],
                "emails": numbers["email"],
                "letters": numbers["letter"],
                "texts": numbers["sms"],
                "calls": numbers["call"],
                "visits": numbers["visit"],
                "todo": numbers["todo"],
                "proposed": numbers["proposed"],
                "sent": numbers["sent"],
                "failed": numbers["failed"],
                "withdrawn": numbers["corrected"],
            }
            for level, numbers in counts.items()
        ]
        return sorted(rows, key=lambda row: row["level"].severity)
