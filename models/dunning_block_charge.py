from odoo import fields, models


class DunningBlock(models.Model):
    """Blocks of invoices of costs and interest, which go with their principal."""

    _inherit = "dunning.block"

    # === FIELDS ===#
    kind = fields.Selection(
        selection_add=[("charge", "Costs and interest"), ("other",)],
        ondelete={"charge": "set default"},
    )

    # === ACTIONS ===#
    def action_lift(self):
        # EXTENDS: whoever lifts it wants the charge reminded by itself
        res = super().action_lift()
        charges = self.filtered(lambda block: block.kind == "charge").sudo()
        charges.move_line_id.move_id.charge_ids.separated = True
        return res
