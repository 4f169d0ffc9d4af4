from odoo import fields, models


class ReceivableChargeItem(models.Model):
    """The part of costs or interest that one item brought about."""

    _name = "receivable.charge.item"
    _description = "Item of Costs and Interest"
    _order = "charge_id, id"

    # === FIELDS ===#
    charge_id = fields.Many2one("receivable.charge", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="charge_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="charge_id.currency_id")
    move_line_id = fields.Many2one(
        "account.move.line", "Item", required=True, index=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Invoice")
    amount_base = fields.Monetary("Principal", help="Of this item, in the currency of the charge.")
    amount = fields.Monetary(help="Its share; the shares together are the charge exactly.")
