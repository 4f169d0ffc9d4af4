from odoo import api, fields, models

from .groups import COLLECTOR


class AccountMove(models.Model):
    """The letters about an invoice after which costs may be charged."""

    _inherit = "account.move"

    # === FIELDS ===#
    statutory_letter_count = fields.Integer(
        compute="_compute_statutory_letter_count", groups=COLLECTOR
    )

    # === COMPUTE ===#
    @api.depends("line_ids")
    def _compute_statutory_letter_count(self):
        rows = self.env["statutory.letter.item"].search(
            [("move_line_id.move_id", "in", self._origin.ids)]
        )
        for move in self:
            own = rows.filtered(lambda row, move=move: row.move_id == move._origin)
            move.statutory_letter_count = len(own.letter_id)

    # === ACTIONS ===#
    def action_open_statutory_letters(self):
        rows = self.env["statutory.letter.item"].search([("move_line_id.move_id", "in", self.ids)])
        return self.env["statutory.letter"]._get_list_action([("id", "in", rows.letter_id.ids)])
