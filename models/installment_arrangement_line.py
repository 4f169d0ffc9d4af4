from odoo import fields, models


class InstallmentArrangementLine(models.Model):
    """One installment: when it falls due, and how much of it has been paid.

    What was paid on the items of the arrangement is poured over its installments in order, so
    nothing about it is stored.
    """

    _name = "installment.arrangement.line"
    _description = "Installment"
    _order = "arrangement_id, date_due, id"
    _check_company_auto = True

    # === FIELDS ===#
    arrangement_id = fields.Many2one(
        "installment.arrangement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="arrangement_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one(
        related="arrangement_id.partner_id", store=True, index=True, precompute=True
    )
    currency_id = fields.Many2one(related="arrangement_id.currency_id")
    date_due = fields.Date("Due On", required=True, index=True)
    date_agreed = fields.Date(
        "First Agreed", readonly=True, help="The due date before it was postponed."
    )
    amount = fields.Monetary(required=True)
    amount_agreed = fields.Monetary(
        "First Agreed Amount",
        readonly=True,
        help="The amount before payments beyond an installment shortened or lowered the plan.",
    )
    notified_date = fields.Date(
        readonly=True, copy=False, help="When the debtor was told that it falls due."
    )
    missed_date = fields.Date(
        readonly=True, copy=False, help="When a call was scheduled because it was not paid."
    )

    _amount_positive = models.Constraint(
        "CHECK (amount >= 0)", "An installment cannot be negative."
    )
