from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL

# The pace of sending is that of the last minutes: of how many, and what it takes to know it.
PACE_WINDOW = timedelta(minutes=5)
PACE_MIN_TIME = timedelta(seconds=10)
PACE_MIN_NOTICES = 5
# Nobody is at work when the last notice was taken longer ago than this, and none is being sent.
PACE_MAX_SILENCE = timedelta(minutes=1)
# What was released is one of these; ``doubtful`` were interrupted, ``dropped`` not needed any more.
PARTS = ("ready", "sending", "doubtful", "sent", "todo", "failed", "retry", "dropped")
# Of these, what a worker has or will take by itself.
WAITING_PARTS = ("ready", "sending", "retry")

COUNTS = """
    SELECT run_id,
           COUNT(*) FILTER (WHERE state = 'ready') AS ready,
           COUNT(*) FILTER (WHERE state = 'sending' AND interrupted IS NOT TRUE) AS sending,
           COUNT(*) FILTER (WHERE state = 'sending' AND interrupted) AS doubtful,
           COUNT(*) FILTER (WHERE state = 'sent') AS sent,
           COUNT(*) FILTER (WHERE state = 'todo') AS todo,
           COUNT(*) FILTER (WHERE state = 'failed' AND retry_date IS NULL) AS failed,
           COUNT(*) FILTER (WHERE state = 'failed' AND retry_date IS NOT NULL) AS retry,
           COUNT(*) FILTER (WHERE state IN ('obsolete', 'cancelled')
                              AND claim_date IS NOT NULL) AS dropped,
           MIN(retry_date) FILTER (WHERE state = 'failed') AS next_retry,
           COUNT(*) FILTER (WHERE claim_date >= %(since)s
                              AND state NOT IN ('ready', 'sending')) AS recent,
           MIN(claim_date) FILTER (WHERE claim_date >= %(since)s) AS first_claim,
           MAX(claim_date) FILTER (WHERE claim_date >= %(since)s) AS last_claim
      FROM dunning_notice
     WHERE run_id = ANY(%(ids)s)
     GROUP BY run_id"""


class DunningRun(models.Model):
    """How far the sending of a run is, and when it will probably be done.

    Counted anew by one statement whenever somebody looks; the run form asks every few seconds.
    """

    _inherit = "dunning.run"

    # === FIELDS ===#
    progress = fields.Json(compute="_compute_progress", compute_sudo=True)

    # === COMPUTE ===#
    @api.depends("notice_ids.state", "paused")
    def _compute_progress(self):
        """What the progress bar of the form shows.

        ``phase`` is ``none``, ``sending``, ``waiting`` (outside the sending hours), ``retrying``,
        ``pausing`` (what is being sent finishes), ``paused`` or ``done``. Numbers are notices;
        moments are strings in UTC, or False. ``total`` is what was released and not withdrawn.
        """
        now = fields.Datetime.now()
        counts = self._get_outbox_counts(now)
        for run in self:
            row = counts.get(run.id)
            if not row or not row["total"]:
                run.progress = {"phase": "none", "at": _to_string(now), "total": 0}
                continue
            opening = run._get_opening(now)
            phase = run._get_phase(row, is_open=opening <= now)
            end = phase == "sending" and run._get_estimated_end(row, now)
            run.progress = {
                **{name: row[name] for name in ("total", *PARTS)},
                "phase": phase,
                "at": _to_string(now),
                "end": _to_string(end),
                "opening": _to_string(phase == "waiting" and opening),
                "next_retry": _to_string(row["next_retry"]),
            }

    # === BUSINESS ===#
    def _get_outbox_counts(self, now):
        """Count the notices of runs by what became of them since they were released.

        :return: dict per run id, with the names of :data:`COUNTS`, ``total`` and ``waiting``
        """
        notices = self.env["dunning.notice"]
        notices.flush_model(["run_id", "state", "interrupted", "retry_date", "claim_date"])
        self.env.cr.execute(SQL(COUNTS, since=now - PACE_WINDOW, ids=self.ids))
        rows = self.env.cr.dictfetchall()
        for row in rows:
            row["total"] = sum(row[name] for name in PARTS)
            row["waiting"] = sum(row[name] for name in WAITING_PARTS)
        return {row.pop("run_id"): row for row in rows}

    def _get_under_way(self):
        """Runs of which something waits to be sent, is being sent, or is tried again."""
        counts = self.sudo()._get_outbox_counts(fields.Datetime.now())
        return self.filtered(lambda run: counts.get(run.id, {}).get("waiting"))

    def _get_opening(self, now):
        """The first moment (UTC) from now on at which notices of this run may be sent."""
        company = self.company_id
        if self.date > company._get_dunning_today():
            midnight = datetime.combine(self.date, time.min)
            local = company._get_dunning_timezone().localize(midnight)
            now = local.astimezone(pytz.utc).replace(tzinfo=None)
        return company._get_next_dunning_send_time(now)

    def _get_phase(self, row, is_open):
        if self.paused and row["waiting"]:
            return "pausing" if row["sending"] else "paused"
        if row["sending"] or (row["ready"] and is_open):
            return "sending"
        if row["ready"]:
            return "waiting"
        return "retrying" if row["retry"] else "done"

    def _get_estimated_end(self, row, now):
        """The moment (UTC) at which nothing will wait any more, at the pace of the last minutes.

        False when that is not known: too little was sent yet, nobody is at work, or the hours of
        sending are over before. Notices that are tried again later are not in it.
        """
        ahead = row["ready"] + row["sending"]
        if not ahead or row["recent"] < PACE_MIN_NOTICES:
            return False
        elapsed = now - row["first_claim"]
        idle = not row["sending"] and now - row["last_claim"] > PACE_MAX_SILENCE
        if elapsed < PACE_MIN_TIME or idle:
            return False
        end = now + elapsed / row["recent"] * ahead
        return self.company_id._is_dunning_send_time(end) and end


def _to_string(moment):
    return moment and fields.Datetime.to_string(moment)
