from odoo import api, fields, models


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
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        domain="[('share', '=', False)]",
        help="Empty: as without this rule.",
    )
    escalation_user_id = fields.Many2one(
        "res.users",
        "Escalated To",
        domain="[('share', '=', False)]",
        help="Hears of it when the deadline has passed. Empty: the head of the department.",
    )
    priority = fields.Selection([("0", "Normal"), ("1", "High")], default="0", required=True)

    # === COMPUTE ===#
    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    # === BUSINESS ===#
    def _applies_to(self, dossier):
        """Whether a dispute falls under this rule; what was left empty does not matter."""
        self.ensure_one()
        debtor = dossier.partner_id
        return (
            (not self.reason_ids or dossier.reason_id in self.reason_ids)
            and (not self.partner_ids or debtor in self.partner_ids.commercial_partner_id)
            and (not self.category_ids or bool(debtor.category_id & self.category_ids))
            and dossier.company_currency_id.compare_amounts(
                dossier.amount_claimed_company, self.minimum_amount
            )
            >= 0
        )
