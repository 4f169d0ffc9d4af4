import logging
from collections import defaultdict

import psycopg2
import psycopg2.errors

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

TEMPLATE = "account_credit_management.mail_template_dunning_run_outcome"
# More failed notices than these are counted, and found through the link.
MAX_FAILED = 50
# What became of a delivery, as the columns of the table.
COLUMNS = {
    "sent": "sent",
    "queued": "sent",
    "todo": "todo",
    "failed": "failed",
    "bounced": "failed",
}


class DunningRun(models.Model):
    """When all that was released has been sent, or tried for the last time: tell who released it.

    One mail for each release, however many workers had a part in it: whoever takes away the mark
    that a mail is due sends it, in the same transaction.
    """

    _inherit = "dunning.run"

    # === FIELDS ===#
    released_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    is_outcome_due = fields.Boolean(
        "Summary Due",
        readonly=True,
        copy=False,
        help="A summary is sent as soon as nothing waits to be sent or tried again.",
    )
    outcome_user_id = fields.Many2one(
        "res.users", compute="_compute_outcome_user_id", compute_sudo=True
    )
    outcome_table = fields.Html(compute="_compute_outcome_table", compute_sudo=True, sanitize=False)

    # === COMPUTE ===#
    @api.depends("released_by_id", "company_id.dunning_user_id")
    def _compute_outcome_user_id(self):
        """Whoever released, else the contact for debtors. Nobody when neither can be reached."""
        for run in self:
            users = run.released_by_id + run.company_id.dunning_user_id
            run.outcome_user_id = users.filtered(lambda user: user.active and user.email)[:1]

    @api.depends("notice_ids.state", "notice_ids.delivery_ids.state")
    @api.depends_context("lang")
    def _compute_outcome_table(self):
        for run in self:
            run.outcome_table = self.env["ir.qweb"]._render(
                "account_credit_management.dunning_run_outcome", run._prepare_outcome_values()
            )

    # === BUSINESS: WHEN ===#
    def _expect_outcome(self):
        """Something was released: a mail is due when it has all been sent."""
        releaser = self.env["res.users"]
        if self.env.uid != SUPERUSER_ID and self.env.user._is_internal():
            releaser = self.env.user
        self.sudo().write({"released_by_id": releaser.id, "is_outcome_due": True})

    def _update_state(self):
        # EXTENDS: what has just become true may be the end of it
        res = super()._update_state()
        due = self.sudo().filtered(lambda run: run.is_outcome_due and run.state != "cancelled")
        for run in due - due._get_under_way():
            run._tell_outcome()
        return res

    @api.model
    def _search_unsettled(self):
        """Runs on which a worker may have died between its last message and settling them."""
        return self.search([("state", "in", ("proposed", "released"))])

    def _settle(self):
        """Let the state of runs follow from their notices, each in a transaction of its own.

        Whoever changes the same run at the same moment makes the database refuse ours: then we
        look again.
        """
        for run in self:
            for _attempt in range(5):
                try:
                    run._update_state()
                    self.env["ir.cron"]._commit_progress()
                    break
                except psycopg2.errors.SerializationFailure:
                    self.env.cr.rollback()

    # === BUSINESS: MAIL ===#
    def _tell_outcome(self):
        """Send the mail, unless another worker did. An error in its text is logged, not raised:
        what was sent stays remembered."""
        self.ensure_one()
        self.flush_recordset(["is_outcome_due"])
        taken = self.env.execute_query(
            SQL(
                "UPDATE dunning_run SET is_outcome_due = FALSE WHERE id = %s AND is_outcome_due "
                "RETURNING id",
                self.id,
            )
        )
        self.invalidate_recordset(["is_outcome_due"], flush=False)
        at_once = self.env.context.get("dunning_at_once")
        wanted = self.company_id.dunning_run_mail and self.outcome_user_id
        if not taken or at_once or not wanted:
            return
        try:
            with self.env.cr.savepoint():
                self._send_outcome()
        except psycopg2.OperationalError:
            raise
        except Exception:
            _logger.exception("The summary of %s could not be sent", self.name)
            self._message_log(
                body=self.env._(
                    "The summary of this run could not be sent. The log of the server tells why."
                )
            )

    def _send_outcome(self):
        self.env.ref(TEMPLATE).with_company(self.company_id).send_mail(
            self.id,
            email_values={
                "recipient_ids": [fields.Command.set(self.outcome_user_id.partner_id.ids)],
                "auto_delete": False,
            },
        )

    def _prepare_outcome_values(self):
        """What the table of the mail shows."""
        self.ensure_one()
        failed = self._search_notices(Domain("state", "=", "failed"))
        counts = self._get_outbox_counts(fields.Datetime.now()).get(self.id, {})
        return {
            "rows": self._get_outcome_rows(),
            "counts": counts,
            "proposed": self.to_release_count,
            "failed": failed[:MAX_FAILED],
            "more": len(failed[MAX_FAILED:]),
            "doubtful": self._search_notices(Domain("interrupted", "=", True)),
            "link": self._notify_get_action_link("view"),
        }

    def _get_outcome_rows(self):
        """Messages to debtors per level and channel: how many were sent, and how many were not.

        A notice that failed by one channel and went by another counts in both rows. Copies to
        joint debtors are left out.
        """
        deliveries = self.env["dunning.delivery"]
        groups = deliveries._read_group(
            [
                ("notice_id.run_id", "=", self.id),
                ("is_copy", "=", False),
                ("channel", "!=", "chat"),
                ("state", "in", list(COLUMNS)),
            ],
            ["level_id", "channel", "state"],
            ["__count"],
        )
        channels = dict(deliveries._fields["channel"]._description_selection(self.env))
        rows = defaultdict(lambda: dict.fromkeys(COLUMNS.values(), 0))
        for level, channel, state, count in groups:
            rows[level, channel][COLUMNS[state]] += count
        policies = self._get_telling_policies({level for level, _channel in rows})
        return [
            {
                "level": level.name,
                "policy": policies[level],
                "channel": channels[channel],
                **rows[level, channel],
            }
            for level, channel in sorted(
                rows, key=lambda key: (key[0].severity, list(channels).index(key[1]))
            )
        ]
