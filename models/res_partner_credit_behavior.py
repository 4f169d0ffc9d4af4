from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .credit_behavior import TRENDS
from .groups import VIEWER

# Fields and the figures of a ``Behavior`` that they show.
FIGURES = {
    "credit_days_to_pay": "days_to_pay",
    "credit_days_late": "days_late",
    "credit_days_late_recent": "days_late_recent",
    "credit_late_share": "late_share",
    "credit_paid_count": "paid_count",
    "credit_broken_promises": "broken_promises",
    "credit_trend": "trend",
}


class ResPartner(models.Model):
    """How a debtor pays: the figures of this moment, and the class of last night."""

    _inherit = "res.partner"

    # === FIELDS ===#
    credit_risk_class_id = fields.Many2one(
        "credit.risk.class",
        "Risk Class",
        compute="_compute_credit_risk_class",
        search="_search_credit_risk_class_id",
        compute_sudo=True,
        groups=VIEWER,
        help="By the rules of the administrator, as of last night.",
    )
    credit_risk_reason = fields.Char(
        "Why This Class",
        compute="_compute_credit_risk_class",
        compute_sudo=True,
        groups=VIEWER,
    )
    credit_days_to_pay = fields.Float(
        "Average Days to Pay",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="From the invoice date, weighted by amount, over the last year.",
    )
    credit_days_late = fields.Float(
        "Average Days Late",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="From the due date, weighted by amount, over the last year; early payment counts "
        "negative.",
    )
    credit_days_late_recent = fields.Float(
        "Average Days Late, Recent",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="The same over the last three months.",
    )
    credit_late_share = fields.Float(
        "Paid Late (%)",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="Of what was paid in the last year.",
    )
    credit_paid_count = fields.Integer(
        "Payments",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="In the last year. Without any, nothing is known about how this debtor pays.",
    )
    credit_broken_promises = fields.Integer(
        "Broken Promises",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="In the last year: what was promised and not paid, or not all of it, in time.",
    )
    credit_trend = fields.Selection(
        TRENDS,
        "Payment Trend",
        compute="_compute_credit_behavior",
        compute_sudo=True,
        groups=VIEWER,
        help="Whether payments of the last three months are more than five days later or earlier "
        "than those of the year.",
    )

    # === COMPUTE ===#
    @api.depends("commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_credit_risk_class(self):
        company = self.env.company
        debtors = self.commercial_partner_id._origin
        nothing = self.env["credit.behavior"]
        classes = nothing._get_classes(company, debtors)
        behaviors = nothing.search(
            [("company_id", "=", company.id), ("partner_id", "in", debtors.ids)]
        ).grouped("partner_id")
        for partner in self:
            debtor = partner.commercial_partner_id._origin
            risk_class = classes.get(debtor.id)
            partner.credit_risk_class_id = risk_class
            partner.credit_risk_reason = risk_class and risk_class._get_reason(
                behaviors.get(debtor, nothing)
            )

    @api.model
    def _search_credit_risk_class_id(self, operator, value):
        classes = self.env["credit.risk.class"].sudo().with_context(active_test=False)
        if operator in ("any", "any!"):
            value = classes.search(
                value if isinstance(value, Domain) else Domain("id", "in", value)
            ).ids
        elif operator != "in":
            return NotImplemented
        company = self.env.company
        behaviors = self.env["credit.behavior"].sudo()
        wanted = classes.browse([class_id for class_id in value if class_id])
        if False in value or wanted._is_for_strangers():
            debtors = SQL(
                "(SELECT partner_id FROM (%s) AS classified WHERE risk_class_id IN %s %s)",
                behaviors._get_classes_sql(company),
                tuple(wanted.ids) or (0,),
                SQL("OR risk_class_id IS NULL") if False in value else SQL(),
            )
        else:
            debtors = behaviors._search(
                [("company_id", "=", company.id), ("risk_class_id", "in", wanted.ids)]
            ).subselect("partner_id")
        return Domain("commercial_partner_id", "in", debtors)

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_credit_behavior(self):
        debtors = self.commercial_partner_id._origin
        behaviors = self.env["credit.behavior"]._get_behavior(self.env.company, debtors)
        for partner in self:
            behavior = behaviors.get(partner.commercial_partner_id._origin.id)
            for name, figure in FIGURES.items():
                partner[name] = behavior and getattr(behavior, figure)
