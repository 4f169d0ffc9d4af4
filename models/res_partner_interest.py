from odoo import models


class ResPartner(models.Model):
    """Interest on what this debtor pays late."""

    _inherit = "res.partner"

    # === ACTIONS ===#
    def action_interest_statement(self):
        """State the interest on what this debtor owes or paid late."""
        self.ensure_one()
        return self.env["interest.statement"]._get_open_action(self)
