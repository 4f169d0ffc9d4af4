from odoo import fields, models


class CreditBehavior(models.Model):
    """How a debtor pays, as of last night: one row per debtor and company."""

    _name = "credit.behavior"
    _description = "Payment Behavior"
    _order = "company_id, partner_id"
    _rec_name = "partner_id"

    # === FIELDS ===#
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    date = fields.Date("As Of", required=True, readonly=True)
    days_to_pay = fields.Float(
        "Days to Pay", readonly=True, aggregator="avg", help="Weighted by amount, over a year."
    )
    days_late = fields.Float(
        "Days Late",
        readonly=True,
        aggregator="avg",
        help="Weighted by amount, over a year; early payment counts negative.",
    )
    days_late_recent = fields.Float(
        "Days Late, Recent", readonly=True, aggregator="avg", help="The same over three months."
    )
    late_share = fields.Float("Paid Late (%)", readonly=True, aggregator="avg")
    paid_count = fields.Integer("Payments", readonly=True)
    oldest_days = fields.Integer("Oldest Open Item", readonly=True, aggregator="max")
    broken_promises = fields.Integer(readonly=True)
    risk_class_id = fields.Many2one("credit.risk.class", readonly=True, ondelete="set null")
    previous_risk_class_id = fields.Many2one(
        "credit.risk.class", "Class Before", readonly=True, ondelete="set null"
    )
    risk_reason = fields.Char(readonly=True)
    worsened_date = fields.Date("Worsened On", readonly=True)

    _debtor_uniq = models.Constraint(
        "unique (company_id, partner_id)", "A debtor has one behavior per company."
    )
