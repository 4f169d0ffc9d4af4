from odoo import fields, models


class ArrangementProposeLine(models.TransientModel):
    _name = "arrangement.propose.line"
    _description = "Installment to Propose"
    _order = "date_due, id"

    # === FIELDS ===#
    propose_id = fields.Many2one("arrangement.propose", required=True, ondelete="cascade")
    date_due = fields.Date("Due On", required=True)
    currency_id = fields.Many2one(related="propose_id.currency_id")
    amount = fields.Monetary(required=True)
