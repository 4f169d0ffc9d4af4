from odoo import api, fields, models


class ArrangementProposeItem(models.TransientModel):
    _name = "arrangement.propose.item"
    _description = "Open Item to Arrange"

    # === FIELDS ===#
    propose_id = fields.Many2one("arrangement.propose", required=True, ondelete="cascade")
    move_line_id = fields.Many2one(
        "account.move.line", "Item", required=True, readonly=True, ondelete="cascade"
    )
    move_name = fields.Char(related="move_line_id.move_id.name", string="Invoice")
    date_maturity = fields.Date(related="move_line_id.date_maturity", string="Due Date")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    residual = fields.Monetary(related="move_line_id.amount_residual_currency", string="Open")
    disputed = fields.Monetary(compute="_compute_disputed", compute_sudo=True)
    selected = fields.Boolean("Arrange")
    amount = fields.Monetary("To Arrange", help="All that is open of the item, or a part of it.")

    # === COMPUTE ===#
    @api.depends("move_line_id")
    def _compute_disputed(self):
        disputed = self.env["arrangement.propose"]._get_disputed(self.move_line_id)
        for item in self:
            item.disputed = disputed.get(item.move_line_id._origin, 0.0)

    @api.onchange("amount")
    def _onchange_amount(self):
        """Who enters an amount wants the item in, who clears it does not."""
        self.selected = self.currency_id.compare_amounts(self.amount, 0) > 0

    @api.onchange("selected")
    def _onchange_selected(self):
        if self.selected and self.currency_id.is_zero(self.amount):
            self.amount = self.residual
