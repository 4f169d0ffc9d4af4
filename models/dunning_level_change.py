from collections import Counter, defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from .dunning_decision import PENDING_STATES, SENT_STATES
from .dunning_level import CHANNEL_BITS
from .dunning_notice_line import REMOVABLE_STATES

# What makes a reminder that waits to be sent come at another time or by another way.
DECIDING_FIELDS = (
    "active",
    "stage",
    "delay_days",
    "min_days_after_previous",
    "contact_role",
    "preferred_channel",
    "channel_mode",
    *(f"use_{channel}" for channel in CHANNEL_BITS),
)
LOGGED_FIELDS = (
    "name",
    *DECIDING_FIELDS,
    "payment_days",
    "release",
    "attach_letter",
    "mail_template_id",
    "sms_template_id",
    "call_script",
    "copy_salesperson",
    "hold_orders",
    "activity_type_id",
    "activity_assignee",
    "accent_color",
    "cost_scheme",
    "charge_mode",
    "fee_amount",
    "fee_basis",
    "cost_percentage",
    "cost_minimum",
    "cost_maximum",
    "charge_interest",
    "statutory_letter",
)


class DunningLevel(models.Model):
    """Levels on a live system: what a change does to items and reminders in flight.

    Reminders of a changed level that were not sent yet are cancelled, so that the next run
    decides anew. What was sent keeps its severity, and nothing that follows is milder.
    """

    _inherit = "dunning.level"

    # === FIELDS ===#
    in_flight = fields.Html(compute="_compute_in_flight", sanitize=False)

    # === COMPUTE ===#
    @api.depends("name")
    @api.depends_context("lang")
    def _compute_in_flight(self):
        rows = {row["level"]: row for row in self._get_in_flight()}
        for level in self:
            level.in_flight = level._origin in rows and self.env["ir.qweb"]._render(
                "account_credit_management.dunning_level_in_flight", rows[level._origin]
            )

    @api.onchange("active")
    def _onchange_active(self):
        """Tell what archiving does before it is saved."""
        level = self._origin
        unsent = len(level._get_unsent_notices())
        if level.active and not self.active and unsent:
            return {
                "warning": {
                    "title": self.env._("Reminders in flight"),
                    "message": self.env._(
                        "Reminders of “%(level)s” that were not sent yet: %(count)s. They are "
                        "cancelled when you save, and the next run decides anew.",
                        level=level.name,
                        count=unsent,
                    ),
                }
            }
        return None

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        levels = super().create(vals_list)
        levels._log_on_policy(self.env._("Level “%s” added."))
        return levels

    def write(self, vals):
        before = self._get_logged_values()
        ladders = self._get_ladders()
        res = super().write(vals)
        self._follow_changes(before, ladders)
        return res

    @api.ondelete(at_uninstall=False)
    def _log_deleted(self):
        self._log_on_policy(self.env._("Level “%s” deleted."))

    # === BUSINESS: CHANGES ===#
    def _get_logged_values(self):
        return {level.id: {name: level[name] for name in LOGGED_FIELDS} for level in self.sudo()}

    def _get_ladders(self):
        """The order of the levels of each policy."""
        return {
            policy.id: policy.with_context(active_test=False)
            .level_ids.sorted(lambda level: (level.sequence, level.id))
            .ids
            for policy in self.sudo().policy_id
        }

    def _follow_changes(self, before, ladders):
        """Cancel what was not sent yet of changed levels, and log both on the policy."""
        moved = set()
        for policy_id, ladder in self._get_ladders().items():
            old = ladders.get(policy_id, [])
            moved.update(new for new, former in zip(ladder, old, strict=False) if new != former)
        for level in self.sudo():
            old_values = before[level.id]
            changed = [name for name in LOGGED_FIELDS if level[name] != old_values[name]]
            decides = level.id in moved or set(changed) & set(DECIDING_FIELDS)
            if not decides and not changed:
                continue
            rows = [level._format_change(name, old_values[name]) for name in changed]
            if level.id in moved:
                rows.append((self.env._("Order"), self.env._("moved")))
            cancelled = level._cancel_unsent() if decides else 0
            level._log_change(rows, cancelled)

    def _get_unsent_notices(self):
        """Reminders with an item at these levels that a change can still stop, of every company
        that uses the policy."""
        lines = (
            self.env["dunning.notice.line"]
            .sudo()
            .search([("level_id", "in", self.ids), ("state", "in", REMOVABLE_STATES)])
        )
        return lines.notice_id.filtered(lambda notice: notice.state in REMOVABLE_STATES)

    def _cancel_unsent(self):
        """Cancel reminders that were not sent yet; those that are being sent go on.

        :return: how many
        """
        notices = self._get_unsent_notices()
        for level, own_notices in notices.grouped("level_id").items():
            changed = level if level in self else self[:1]
            own_notices._transition(
                "cancelled",
                failure_reason=self.env._("The level “%s” was changed.", changed.name),
            )
        return len(notices)

    def _format_change(self, name, old):
        """Name of a field, and its value before and after, for people."""
        field = self._fields[name]
        label = field._description_string(self.env)
        if field.type == "html":
            return label, self.env._("changed")
        return (
            label,
            f"{self._format_logged(field, old)} → {self._format_logged(field, self[name])}",
        )

    def _format_logged(self, field, value):
        if field.type == "boolean":
            return self.env._("yes") if value else self.env._("no")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "–")
        if field.type == "many2one":
            return value.display_name or "–"
        return value if field.type == "integer" else value or "–"

    def _log_change(self, rows, cancelled):
        """Log who changed what on a level, and what it did to reminders that waited."""
        self.ensure_one()
        body = Markup("<div>%s</div><ul>%s</ul>") % (
            self.env._("Level “%s” changed:", self.name),
            Markup().join(Markup("<li>%s: %s</li>") % row for row in rows),
        )
        if cancelled:
            body += Markup("<div>%s</div>") % self.env._(
                "Reminders that were not sent yet and were cancelled: %s. "
                "The next run decides anew.",
                cancelled,
            )
        self.policy_id._message_log(body=body)

    def _log_on_policy(self, text):
        """Log a text about each level, unless its policy is just being made or deleted."""
        context = self.env.context
        if context.get("dunning_policy_creating") or context.get("install_mode"):
            return
        for level in self.sudo():
            level.policy_id._message_log(body=text % level.name)

    # === BUSINESS: IN FLIGHT ===#
    def _get_in_flight(self):
        """How many items stand at each level, and its reminders that were not sent yet by state.

        Counted over all companies: a shared policy is changed for all of them.

        :rtype: list[dict]
        """
        levels = self._origin.sorted(lambda level: (level.sequence, level.id))
        if not levels:
            return []
        notice_lines = self.env["dunning.notice.line"].sudo()
        notice_lines.flush_model(["level_id", "move_line_id", "severity", "state"])
        self.env["account.move.line"].flush_model(["parent_state", "reconciled"])
        standing = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT level_id, COUNT(*)
                      FROM (
                          SELECT DISTINCT ON (line.move_line_id) line.level_id
                            FROM dunning_notice_line line
                            JOIN account_move_line item ON item.id = line.move_line_id
                           WHERE line.state IN %s
                             AND item.parent_state = 'posted'
                             AND item.reconciled IS NOT TRUE
                           ORDER BY line.move_line_id, line.severity DESC, line.id DESC
                      ) AS last_sent
                     WHERE level_id IN %s
                     GROUP BY level_id""",
                    SENT_STATES,
                    tuple(levels.ids),
                )
            )
        )
        unsent = defaultdict(Counter)
        for level, state, count in notice_lines._read_group(
            [("level_id", "in", levels.ids), ("state", "in", PENDING_STATES)],
            ["level_id", "state"],
            ["notice_id:count_distinct"],
        ):
            unsent[level.id][state] = count
        return [
            {
                "level": level,
                "standing": standing.get(level.id, 0),
                "total": unsent[level.id].total(),
                **{state: unsent[level.id][state] for state in PENDING_STATES},
            }
            for level in levels
        ]
