from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningRun(models.Model):
    """Pause: what was released stays in the outbox until somebody resumes the run.

    Workers need not be told. They take notices by one statement that leaves out paused runs, so
    what they hold already is sent, and nothing more.
    """

    _inherit = "dunning.run"

    # === FIELDS ===#
    paused = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="Its reminders stay in the outbox. What was being sent when it was paused was "
        "finished.",
    )
    can_pause = fields.Boolean(compute="_compute_can_pause")

    _paused_idx = models.Index("(id) WHERE paused")

    # === COMPUTE ===#
    @api.depends("notice_ids.state", "paused")
    def _compute_can_pause(self):
        under_way = self._get_under_way()
        for run in self:
            run.can_pause = not run.paused and run in under_way

    # === ACTIONS ===#
    def action_pause(self):
        """Send nothing more of these runs until they are resumed. Pausing twice is harmless."""
        self.check_access("write")
        for run in self - self._get_under_way():
            raise UserError(
                self.env._("Nothing of %s waits to be sent: there is nothing to pause.", run.name)
            )
        self.filtered(lambda run: not run.paused).paused = True
        self.flush_recordset(["paused"])

    def action_resume(self):
        """Let workers go on with these runs. Resuming twice is harmless."""
        self.check_access("write")
        self.filtered("paused").paused = False
        self.flush_recordset(["paused"])
        self.env["dunning.notice"]._trigger_delivery()

    def action_send(self):
        # EXTENDS: not while it is paused
        for run in self:
            if run.paused:
                raise UserError(self.env._("%s is paused. Resume it first.", run.name))
        return super().action_send()
