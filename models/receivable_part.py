from odoo import api, fields, models


class ReceivablePart(models.AbstractModel):
    """What was agreed of one open item, and how much of that has been paid since.

    No allocation is stored: what was paid is what the item was when it was agreed on, less what
    is open of it now. So it makes no difference how a payment, credit note or write-off was
    reconciled, and undoing that takes it back.
    """

    _name = "receivable.part"
    _description = "Part of an Open Item"

    # === FIELDS ===#
    company_id = fields.Many2one("res.company", required=True, index=True)
    move_line_id = fields.Many2one(
        "account.move.line",
        "Item",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    date_maturity = fields.Date(related="move_line_id.date_maturity", string="Due Date")
    residual_start = fields.Monetary(
        "Open When Agreed", readonly=True, help="What was open of the item, in its currency."
    )
    amount = fields.Monetary(
        required=True, help="The part of the item that was agreed on, in its currency."
    )
    amount_paid = fields.Monetary("Paid", compute="_compute_amount_paid", compute_sudo=True)
    amount_left = fields.Monetary("Left", compute="_compute_amount_paid", compute_sudo=True)

    # === COMPUTE ===#
    @api.depends("amount", "residual_start", "move_line_id.amount_residual_currency")
    def _compute_amount_paid(self):
        """What comes in goes to what was agreed on first, and never counts for more than that."""
        for part in self:
            residual = part.move_line_id.amount_residual_currency
            received = part.currency_id.round(part.residual_start - residual)
            part.amount_paid = min(max(received, 0.0), part.amount)
            part.amount_left = part.currency_id.round(part.amount - part.amount_paid)
