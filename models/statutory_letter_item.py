from odoo import fields, models


class StatutoryLetterItem(models.Model):
    """What a statutory letter asked of one item."""

    _name = "statutory.letter.item"
    _description = "Item of a Statutory Reminder"
    _order = "letter_id, id"

    # === FIELDS ===#
    letter_id = fields.Many2one("statutory.letter", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="letter_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="letter_id.currency_id")
    move_line_id = fields.Many2one(
        "account.move.line", "Item", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    amount = fields.Monetary("Asked", help="Open and not disputed when the letter was sent.")
    amount_open = fields.Monetary(
        "Open When Sent", help="With what was disputed then, which the letter did not ask."
    )
    amount_unpaid = fields.Monetary(
        "Not Paid in Time", help="Of what the letter asked, on its last free day; not disputed."
    )
    amount_disputed = fields.Monetary(
        "Disputed", help="Of what the letter asked and was not paid in time."
    )
