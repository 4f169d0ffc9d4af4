from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

# Levels that nobody should release without having looked: they start unticked.
STAGES_TO_LOOK_AT = ("final", "handover")


class DunningRelease(models.TransientModel):
    """Release the reminders of a run level by level."""

    _name = "dunning.release"
    _description = "Release by Level"

    # === FIELDS ===#
    run_id = fields.Many2one("dunning.run", required=True, readonly=True, ondelete="cascade")
    line_ids = fields.One2many("dunning.release.line", "release_id", "Levels")

    # === ACTIONS ===#
    def action_release(self):
        """Release what still waits in the levels that are ticked."""
        self.ensure_one()
        levels = self.line_ids.filtered("selected").level_id
        if not levels:
            raise UserError(self.env._("Tick at least one level."))
        self.run_id._release(levels)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, run):
        """Open the wizard with the levels of a run that wait to be released."""
        wizard = self.create(
            {
                "run_id": run.id,
                "line_ids": [
                    Command.create(self._prepare_line_values(row))
                    for row in run._get_level_counts()
                    if row["proposed"]
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def _prepare_line_values(self, row):
        level = row["level"]
        return {
            "level_id": level.id,
            "notice_count": row["proposed"],
            "selected": level.release == "auto" and level.stage not in STAGES_TO_LOOK_AT,
        }
