from odoo import fields, models


class DisputeDeadlineRule(models.Model):
    """Who settles which disputes within how many days. The first rule that applies counts."""

    _name = "dispute.deadline.rule"
    _description = "Deadline Rule of Disputes"
    _order = "sequence, id"
    _check_company_auto = True
    _check_company_domain = models.check_company_domain_parent_of

    # === FIELDS ===#
    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    reason_ids = fields.Many2many(
        "dispute.reason", string="Reasons", check_company=True, help="Empty: every reason."
    )
    partner_ids = fields.Many2many("res.partner", string="Debtors", help="Empty: every debtor.")
    category_ids = fields.Many2many(
        "res.partner.category", string="Debtor Tags", help="Empty: with or without tags."
    )
    minimum_amount = fields.Monetary(
        "From Amount", help="Disputed amount in the currency of the company."
    )
    days = fields.Integer("Working Days", default=10, required=True)
    user_id = fields.Many2one("res.users", "Responsible", help="Empty: as without this rule.")
    escalation_user_id = fields.Many2one(
        "res.users",
        "Escalated To",
        help="Hears of it when the deadline has passed. Empty: the head of the department.",
    )
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0", required=True)

    # === COMPUTE ===#
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id
