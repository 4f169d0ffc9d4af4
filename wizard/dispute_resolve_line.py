from odoo import fields, models


class DisputeResolveLine(models.TransientModel):
    """A line of a disputed invoice, and how much of it is credited."""

    _name = "dispute.resolve.line"
    _description = "What Is Credited"
    _order = "id"

    # === FIELDS ===#
    wizard_id = fields.Many2one("dispute.resolve", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    invoice_line_id = fields.Many2one("account.move.line", readonly=True)
    label = fields.Char("Description", readonly=True)
    invoiced_quantity = fields.Float("Invoiced", readonly=True, digits="Product Unit")
    amount_total = fields.Monetary("Total", readonly=True)
    quantity = fields.Float("Credited Quantity", digits="Product Unit")
