from odoo import api, fields, models


class DunningItem(models.Model):
    """Installments on the list of open items."""

    _inherit = "dunning.item"

    # === FIELDS ===#
    arrangement_id = fields.Many2one(
        "installment.arrangement", compute="_compute_arrangement_id", compute_sudo=True
    )

    # === COMPUTE ===#
    @api.depends("block_id")
    def _compute_arrangement_id(self):
        for item in self:
            item.arrangement_id = item.block_id._get_arrangement()

    # === ACTIONS ===#
    def action_propose_arrangement(self):
        """Propose to pay the chosen items in installments."""
        return self.env["arrangement.propose"]._get_open_action(items=self.move_line_id)
