from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


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
        amounts = {}
        if self.ids:
            held = self.env["dunning.block"]._get_disputed_sql(
                SQL("line.id IN %s", tuple(self.ids))
            )
            amounts = dict(self.env.execute_query(SQL("SELECT item_id, amount FROM %s AS x", held)))
        for item in self:
            item.disputed_amount = amounts.get(item.id, 0.0)

    # === ACTIONS ===#
    def action_dispute(self):
        """Open the dialog of a dispute about the invoices of these items."""
        if not self:
            raise UserError(self.env._("Choose what is disputed."))
        return self.env["dispute.open"]._get_open_action(moves=self.move_id)
