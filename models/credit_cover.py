from odoo import fields, models

COVER_KINDS = [
    ("insurance", "Credit insurance"),
    ("factoring", "Factoring without recourse"),
    ("guarantee", "Guarantee or deposit"),
]


class CreditCover(models.Model):
    """What someone else bears when a debtor does not pay: an insurer, a factor, a bank."""

    _name = "credit.cover"
    _description = "Credit Cover"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    kind = fields.Selection(COVER_KINDS, required=True, default="insurance", tracking=True)
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade", tracking=True
    )
    provider_id = fields.Many2one(
        "res.partner", "Insurer, Factor or Bank", ondelete="restrict", tracking=True
    )
    policy_number = fields.Char(tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    amount = fields.Monetary("Covered Limit", required=True, tracking=True)
    own_risk_percentage = fields.Float(
        "Own Risk (%)",
        digits=(5, 2),
        tracking=True,
        help="Part of a loss that stays with us although it is covered.",
    )
    date_from = fields.Date("Valid From", required=True, tracking=True)
    date_to = fields.Date("Valid Until", tracking=True)
    report_days = fields.Integer(
        "Report Within",
        tracking=True,
        help="Latest day after the due date on which an overdue item has to be reported. "
        "Zero: there is no such duty.",
    )
    note = fields.Text()
    active = fields.Boolean(default=True)
