from odoo import fields, models


class InstallmentArrangementItem(models.Model):
    """An open item, or a part of one, that is paid in installments."""

    _name = "installment.arrangement.item"
    _description = "Item of an Installment Arrangement"
    _inherit = ["receivable.part"]
    _order = "arrangement_id, is_charge, id"
    _check_company_auto = True

    # === FIELDS ===#
    arrangement_id = fields.Many2one(
        "installment.arrangement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="arrangement_id.company_id", store=True, index=True, precompute=True
    )
    is_charge = fields.Boolean(
        readonly=True, help="The invoice of interest and costs that the plan itself brought."
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "Nothing is left to arrange of it.")
    _item_once = models.UniqueIndex(
        "(arrangement_id, move_line_id)", "An item is in an arrangement once."
    )
