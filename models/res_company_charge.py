from odoo import fields, models


class ResCompany(models.Model):
    """How a company charges costs and interest. What the law leaves open is on the safe side."""

    _inherit = "res.company"

    # === FIELDS ===#
    charge_cost_product_id = fields.Many2one(
        "product.product",
        "Product for Costs",
        help="What costs of collecting are invoiced with: its income account and taxes. They are "
        "a compensation, on which no VAT is due in most cases.",
    )
    charge_interest_product_id = fields.Many2one(
        "product.product", "Product for Interest", help="What interest is invoiced with."
    )
    charge_vat = fields.Boolean(
        "VAT on Dutch Collection Costs",
        help="Only where others collect for you, charge VAT for it, and you cannot deduct that "
        "VAT. The letter then says so, as the law demands.",
    )
    charge_vat_percentage = fields.Float("VAT (%)", digits=(6, 3), default=21.0)
    charge_extend_term = fields.Boolean(
        "Terms End on a Working Day",
        default=True,
        help="The fourteen days of a letter that end on a Saturday, Sunday or holiday are extended "
        "to the next working day. It is not certain that the law demands it; this is the safe "
        "side.",
    )
    charge_be_saturday = fields.Boolean(
        "Saturday Counts as a Working Day (Belgium)",
        help="For the three working days after posting a first reminder. Off is the safe side.",
    )
    charge_be_small = fields.Boolean(
        "Small or Medium-Sized Enterprise (Belgium)",
        help="Interest of consumers then runs from the day after the first reminder was sent, else "
        "from the end of its waiting period.",
    )
    payment_allocation = fields.Selection(
        [
            ("principal", "Invoices first, then interest and costs"),
            ("law", "Costs first, then interest, then invoices"),
        ],
        "Payments Count For",
        required=True,
        default="principal",
        help="What a payment that is less than everything pays first. The second is what Dutch "
        "law says where nothing was agreed.",
    )

    _charge_vat_percentage_sensible = models.Constraint(
        "CHECK (charge_vat_percentage BETWEEN 0 AND 100)", "VAT is a percentage from 0 to 100."
    )
