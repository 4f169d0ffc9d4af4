from odoo import fields, models


class CreditHold(models.TransientModel):
    """Hold new orders of a debtor by hand."""

    _name = "credit.hold"
    _description = "Hold Orders of a Debtor"

    # === FIELDS ===#
    partner_id = fields.Many2one("res.partner", "Debtor", required=True, readonly=True)
    reason = fields.Char(required=True, help="Salespeople read it on the quotation.")

    # === ACTIONS ===#
    def action_hold(self):
        """Hold, in the current company."""
        self.partner_id._set_credit_hold(self.reason)
        return {"type": "ir.actions.act_window_close"}
