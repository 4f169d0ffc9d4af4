from ast import literal_eval
from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

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


class HoldRule(NamedTuple):
    """A rule as it is kept in memory, so that checking an order need not read it again."""

    criterion: str
    action: str
    days: int
    amount: float
    percentage: float
    stage: str
    new_customers_only: bool
    minimum_order: float
    prepayment_percentage: float
    risk_class_ids: frozenset
    domain: list


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
    criterion = fields.Selection(HOLD_CRITERIA, required=True, default="limit")
    action = fields.Selection(
        HOLD_ACTIONS,
        "What Happens",
        required=True,
        default="approve",
        help="Inform: a sentence on the quotation. Ask approval: waits for a credit manager. "
        "Refuse: waits until the cause is gone, nobody can release it.",
    )
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
    minimum_order = fields.Monetary(
        "Orders From",
        help="Smaller orders pass. What is ordered and not invoiced yet counts along, so that "
        "splitting an order does not help.",
    )
    prepayment_percentage = fields.Float("Prepayment (%)")
    risk_class_ids = fields.Many2many(
        "credit.risk.class", string="Risk Classes", help="Empty: every class."
    )
    debtor_domain = fields.Char("Debtors", default="[]")

    # === CONSTRAINTS ===#
    _not_negative = models.Constraint(
        "CHECK (days >= 0 AND amount >= 0 AND percentage >= 0 AND minimum_order >= 0)",
        "Days, amounts and percentages of a hold rule cannot be negative.",
    )

    @api.constrains("criterion", "stage", "prepayment_percentage")
    def _check_criterion(self):
        for rule in self:
            if rule.criterion == "level" and not rule.stage:
                raise ValidationError(self.env._("From which stage of reminders? Choose one."))
            if rule.criterion == "prepayment" and not 0 < rule.prepayment_percentage <= 100:
                raise ValidationError(
                    self.env._("A prepayment is more than 0 % and at most 100 % of the order.")
                )

    @api.constrains("debtor_domain")
    def _check_debtor_domain(self):
        partners = self.env["res.partner"].sudo()
        for rule in self:
            try:
                domain = Domain(literal_eval(rule.debtor_domain or "[]"))
                partners.search(domain, limit=1)
                partners.filtered_domain(domain)
            except (ValueError, SyntaxError, KeyError, TypeError) as error:
                raise ValidationError(
                    self.env._("The conditions on debtors are not valid: %s", error)
                ) from error

    # === COMPUTE ===#
    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_currency_id(self):
        for rule in self:
            rule.currency_id = (rule.company_id or self.env.company).currency_id

    @api.depends("criterion")
    def _compute_display_name(self):
        labels = dict(self._fields["criterion"]._description_selection(self.env))
        for rule in self:
            rule.display_name = labels.get(rule.criterion)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === BUSINESS ===#
    @api.model
    def _get_rules(self, company):
        """The rules of a company and of those above it, in order."""
        return self._get_rules_of(company.id)

    @api.model
    @tools.ormcache("company_id")
    def _get_rules_of(self, company_id):
        rules = self.sudo().search(
            ["|", ("company_id", "=", False), ("company_id", "parent_of", company_id)]
        )
        return tuple(rule._prepare_cached_rule() for rule in rules)

    def _prepare_cached_rule(self):
        self.ensure_one()
        return HoldRule(
            self.criterion,
            self.action,
            self.days,
            self.amount,
            self.percentage,
            self.stage,
            self.new_customers_only,
            self.minimum_order,
            self.prepayment_percentage,
            frozenset(self.risk_class_ids.ids),
            literal_eval(self.debtor_domain or "[]"),
        )
