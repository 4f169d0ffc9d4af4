from odoo import fields, models
from odoo.tools import SQL

from .assignments import get_assignments
from .state_machine import check_transition

# What may follow what. A sent notice is history: it can be withdrawn as a whole, and goes back
# only when its message came back.
TRANSITIONS = {
    "proposed": {"ready", "obsolete", "cancelled"},
    "ready": {"proposed", "sending", "obsolete", "cancelled"},
    "sending": {"ready", "todo", "sent", "failed", "obsolete", "cancelled"},
    "todo": {"ready", "sent", "failed", "obsolete", "cancelled"},
    "failed": {"ready", "sending", "obsolete", "cancelled"},
    "sent": {"corrected", "ready", "todo", "failed"},
    "corrected": set(),
    "obsolete": set(),
    "cancelled": set(),
    "imported": set(),
}
# The ways of a notice that are worth a line in its chatter.
LOGGED_STATES = ("failed", "obsolete", "cancelled", "corrected", "ready")


class DunningNotice(models.Model):
    """States: the gate through which all changes of state go, a whole run at a time.

    A run releases ten thousand notices with a hundred thousand lines, so everything here is a few
    statements for whatever number of notices. What the ORM would do besides is done as well:
    stored fields that depend on what is written are computed anew, and caches are emptied.
    """

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _transition(self, state, line_values=None, **values):
        """Change the state of notices and their lines: the only gate.

        Notices that are there already are skipped, so that doing it twice changes nothing.

        :raise UserError: when a notice cannot go there, e.g. it was sent meanwhile
        """
        self.fetch(["state"])
        todo = self.filtered(lambda notice: notice.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo._write_state(state, values, line_values or {})
        todo._log_transition(state, values.get("failure_reason"))
        if not self.env.context.get("dunning_delivery"):
            todo._get_runs()._update_state()

    def _write_state(self, state, values, line_values):
        """Write a state and what goes with it, on notices and on those of their lines that stand.

        :param dict values: more fields of the notices
        :param dict line_values: more fields of their lines
        """
        if not self:
            return
        notices = self.sudo()
        lines = notices.env["dunning.notice.line"]
        values = {"state": state, **values}
        line_values = {"state": state, **line_values}
        notices.env.flush_all()
        notices.modified(values, before=True)
        rows = notices.env.execute_query(
            SQL(
                """
                UPDATE dunning_notice_line AS line
                   SET %(values)s
                  FROM dunning_notice notice
                 WHERE notice.id = ANY(%(ids)s)
                   AND line.notice_id = notice.id
                   AND line.state = notice.state
             RETURNING line.id""",
                values=get_assignments(lines, line_values),
                ids=list(notices.ids),
            )
        )
        notices.env.cr.execute(
            SQL(
                """
                UPDATE dunning_notice
                   SET %(values)s, write_uid = %(uid)s, write_date = %(now)s
                 WHERE id = ANY(%(ids)s)""",
                values=get_assignments(notices, values),
                uid=notices.env.uid,
                now=fields.Datetime.now(),
                ids=list(notices.ids),
            )
        )
        written = lines.browse(row[0] for row in rows)
        notices.invalidate_recordset([*values, "write_uid", "write_date"], flush=False)
        written.invalidate_recordset(list(line_values), flush=False)
        notices.modified(values)
        written.modified(line_values)

    def _log_transition(self, state, reason=None):
        """Log in the chatter what is not the ordinary way of a notice."""
        if state in LOGGED_STATES and self:
            states = dict(self._fields["state"]._description_selection(self.env))
            self._log_alike(f"{states[state]}: {reason}" if reason else states[state])

    def _log_alike(self, text):
        """Log the same in the chatter of each notice.

        The first message is made by Odoo, with all that it and other modules store; the others
        are copies of it in one statement.
        """
        first, *others = self.sudo()
        message = first._message_log(body=text)
        if not others:
            return
        message.flush_recordset()
        columns = [
            SQL.identifier(name)
            for name, field in message._fields.items()
            if field.store and field.column_type and name not in ("id", "res_id")
        ]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_message (res_id, %(columns)s)
                SELECT notice_id, %(columns)s
                  FROM mail_message
                 CROSS JOIN UNNEST(%(notice_ids)s) AS notice_id
                 WHERE id = %(message_id)s""",
                columns=SQL(", ").join(columns),
                notice_ids=[notice.id for notice in others],
                message_id=message.id,
            )
        )
        self.invalidate_recordset(["message_ids"], flush=False)

    def _get_runs(self):
        """The runs of these notices, without reading the notices one by one."""
        groups = self.sudo()._read_group(
            [("id", "in", self.ids), ("run_id", "!=", False)], ["run_id"]
        )
        return self.env["dunning.run"].union(*(run for (run,) in groups)).with_env(self.env)
