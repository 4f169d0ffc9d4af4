from odoo import fields, models


class DunningReleaseLine(models.TransientModel):
    _name = "dunning.release.line"
    _description = "Level to Release"

    # === FIELDS ===#
    release_id = fields.Many2one("dunning.release", "Wizard", required=True, ondelete="cascade")
    selected = fields.Boolean("Release")
    level_id = fields.Many2one("dunning.level", required=True, readonly=True, ondelete="cascade")
    policy_id = fields.Many2one(related="level_id.policy_id")
    notice_count = fields.Integer("Reminders", readonly=True)
