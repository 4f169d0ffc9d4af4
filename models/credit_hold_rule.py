from odoo import fields, models

HOLD_CRITERIA = [
    ("limit", "Over the credit limit"),
    ("days_overdue", "Days overdue"),
    ("overdue_amount", "Overdue amount"),
    ("cover", "Cover has lapsed"),
    ("check", "No valid credit check"),
    ("level", "Dunning level reached"),
    ("status", "Debtor status"),
    ("manual", "Held by hand"),
    ("prepayment", "Prepayment required"),
]
HOLD_ACTIONS = [
    ("inform", "Inform"),
    ("approve", "Ask approval"),
    ("refuse", "Refuse"),
]


class CreditHoldRule(models.Model):
    """What happens to an order of a debtor when something is wrong with his credit."""

    _name = "credit.hold.rule"
    _description = "Credit Hold Rule"
    _order = "sequence, id"

    # === FIELDS ===#
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    criterion = fields.Selection(HOLD_CRITERIA, required=True)
    action = fields.Selection(HOLD_ACTIONS, required=True, default="approve")
    days = fields.Integer(help="More days overdue than this.")
    amount = fields.Monetary(
        "Tolerance", help="Above this, in the currency of the company: over the limit or overdue."
    )
    percentage = fields.Float("Tolerance (%)", help="Of the limit.")
    stage = fields.Selection(
        lambda self: self.env["dunning.level"]._fields["stage"]._description_selection(self.env),
        "From Stage",
        help="Of the last reminder that was sent.",
    )
    new_customers_only = fields.Boolean(help="Debtors without any paid invoice.")
    minimum_order = fields.Monetary("Orders From", help="Smaller orders pass.")
    prepayment_percentage = fields.Float("Prepayment (%)")
    risk_class_ids = fields.Many2many("credit.risk.class", help="Empty: every class.")
    debtor_domain = fields.Char("Debtors", default="[]")

    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id
