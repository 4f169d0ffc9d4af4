from odoo import fields, models


class CreditRiskClass(models.Model):
    """A class of debtors by rules on how they pay; the first whose rule holds applies."""

    _name = "credit.risk.class"
    _description = "Risk Class"
    _order = "sequence, id"

    # === FIELDS ===#
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="Worst first: the first rule that holds applies.")
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one("res.company", index=True)
    risk = fields.Integer(
        help="How risky: 0 is none. A debtor who moves to a higher figure has worsened."
    )
    min_days_late = fields.Integer("Days Late From", help="Zero: not a condition.")
    min_oldest_days = fields.Integer("Oldest Open Item From")
    min_late_share = fields.Float("Paid Late From (%)")
    min_broken_promises = fields.Integer("Broken Promises From")
    max_score = fields.Float("Score Up To (%)", help="Of the valid credit check, best is 100.")
    min_paid_count = fields.Integer("Payments At Least", help="Below it behavior is unknown.")
    debtor_domain = fields.Char("Other Conditions", default="[]")
