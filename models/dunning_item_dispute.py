from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningItem(models.Model):
    """What is disputed of an open item."""

    _inherit = "dunning.item"

    # === FIELDS ===#
    disputed_amount = fields.Monetary(
        "Disputed",
        compute="_compute_disputed_amount",
        compute_sudo=True,
        help="When a part is disputed, the amount due is the rest.",
    )

    # === COMPUTE ===#
    @api.depends("move_line_id")
    def _compute_disputed_amount(self):
        amounts = self.env["dunning.block"]._get_disputed_amounts(items=self)
        for item in self:
            item.disputed_amount = amounts.get(item.id, 0.0)

    # === ACTIONS ===#
    def action_dispute(self):
        """Open the dialog of a dispute about the invoices of these items."""
        if not self:
            raise UserError(self.env._("Choose what is disputed."))
        return self.env["dispute.open"]._get_open_action(moves=self.move_id)
