from odoo import models


class DunningBlock(models.Model):
    _inherit = "dunning.block"

    # === BUSINESS ===#
    def _get_arrangement(self):
        """The arrangement that this block holds an item for; empty for any other block."""
        arrangements = self.env["installment.arrangement"]
        if self.kind != "arrangement" or self.res_model != arrangements._name:
            return arrangements
        return arrangements.browse(self.res_id)
