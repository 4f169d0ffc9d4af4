from odoo import fields, models


class CreditAssessment(models.Model):
    """A credit check: what is known of a customer or prospect on a day, and until when it holds."""

    _name = "credit.assessment"
    _description = "Credit Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", tracking=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    date = fields.Date(required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date("Valid Until", tracking=True)
    source = fields.Char(required=True, tracking=True)
    provider = fields.Char(readonly=True, help="Technical name of the service that made it.")
    score = fields.Float(digits=(16, 2), tracking=True)
    score_best = fields.Float("Best Score", digits=(16, 2), default=100)
    score_worst = fields.Float("Worst Score", digits=(16, 2))
    rating = fields.Char(tracking=True)
    equity = fields.Monetary()
    liquidity = fields.Float("Current Ratio", digits=(16, 2))
    solvency = fields.Float("Solvency (%)", digits=(16, 2))
    advised_limit = fields.Monetary(tracking=True)
    conclusion = fields.Selection(
        [
            ("approve", "On account"),
            ("limited", "On account up to the advised limit"),
            ("prepay", "Prepayment only"),
            ("refuse", "Do not deliver"),
        ],
        tracking=True,
    )
    note = fields.Html()
    active = fields.Boolean(default=True)
