from odoo import fields, models


class CreditGroup(models.Model):
    """Debtors that share one limit: companies of one owner, branches that order on their own."""

    _name = "credit.group"
    _description = "Credit Group"
    _order = "name, id"
    _check_company_auto = True

    # === FIELDS ===#
    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    credit_limit = fields.Monetary(
        readonly=True, help="Set by an approved limit. Zero: the group has no limit of its own."
    )
    partner_ids = fields.Many2many(
        "res.partner",
        "credit_group_partner_rel",
        "group_id",
        "partner_id",
        "Debtors",
        domain="[('parent_id', '=', False)]",
    )
    limit_ids = fields.One2many("credit.limit", "group_id", "Limits")
