from odoo import fields, models


class ResCompany(models.Model):
    """What a company agrees to when debtors cannot pay at once, and whom it lets do so."""

    _inherit = "res.company"

    # === FIELDS ===#
    arrangement_max_months = fields.Integer(
        "Longest Arrangement",
        default=12,
        help="Months between the proposal and the last installment. Zero: no maximum.",
    )
    arrangement_min_first = fields.Float(
        "Least First Payment", default=0, help="Percentage of the whole. Zero: no minimum."
    )
    arrangement_min_amount = fields.Monetary(
        "Least Installment", currency_field="currency_id", help="Zero: no minimum."
    )
    arrangement_max_collector = fields.Monetary(
        "Collectors Agree Up To",
        currency_field="currency_id",
        default=10000,
        help="Arrangements above this, and those outside the rules, need a credit manager.",
    )
    arrangement_offer_days = fields.Integer(
        "Offers Hold", default=14, help="Days that a debtor has to agree."
    )
    arrangement_grace_days = fields.Integer(
        "Grace for an Installment",
        default=5,
        help="Working days after its due date before an unpaid installment breaks an arrangement.",
    )
    arrangement_remind_days = fields.Integer(
        "Notice Before an Installment",
        default=3,
        help="Days before it falls due. Zero: no notice.",
    )
    arrangement_overpayment = fields.Selection(
        [("shorten", "Shortens the plan"), ("lower", "Lowers what follows")],
        "Paying More Than Agreed",
        required=True,
        default="shorten",
    )
    arrangement_portal = fields.Selection(
        [
            ("off", "Debtors cannot ask online"),
            ("ask", "A person answers every request"),
            ("auto", "Within the rules it is agreed at once"),
        ],
        "Requests Online",
        required=True,
        default="ask",
    )
    arrangement_charge_product_id = fields.Many2one(
        "product.product",
        "Product for Interest and Costs",
        check_company=True,
        help="On the invoice of interest and costs of an arrangement.",
    )
    promise_grace_days = fields.Integer(
        "Grace for a Promise",
        default=2,
        help="Days after the promised day before a promise is broken: bank files take their time.",
    )
    promise_max_days = fields.Integer(
        "Longest Promise",
        default=30,
        help="Days from now that reminders wait for a promise at most.",
    )
