from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# What a class may ask of how a debtor pays: its field, the figure and how they compare.
CONDITIONS = {
    "min_days_late": ("days_late", SQL(">=")),
    "min_oldest_days": ("oldest_days", SQL(">=")),
    "min_late_share": ("late_share", SQL(">=")),
    "min_broken_promises": ("broken_promises", SQL(">=")),
    "max_score": ("score", SQL("<=")),
    "min_paid_count": ("paid_count", SQL(">=")),
}
# Fields that decide which class a debtor is in.
RULE_FIELDS = {*CONDITIONS, "active", "company_id", "debtor_domain", "sequence"}


class CreditRiskClass(models.Model):
    """A class of debtors by rules on how they pay; the first whose rule holds applies.

    A rule is a list of conditions that all have to hold; what is zero or empty is no condition. A
    class without any condition takes whoever no class before it took: it says that nothing is
    known, so getting there is never a change for the worse.
    """

    _name = "credit.risk.class"
    _description = "Risk Class"
    _order = "sequence, id"

    # === FIELDS ===#
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10, help="Worst first: the first rule that holds applies.")
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one("res.company", index=True, help="Empty: every company.")
    risk = fields.Integer(
        help="How risky: 0 is none. A debtor who moves to a higher figure has worsened."
    )
    min_days_late = fields.Integer(
        "Days Late From", help="On average over a year, weighted by amount. Zero: no condition."
    )
    min_oldest_days = fields.Integer(
        "Oldest Open Item From", help="Days after its due date. Zero: no condition."
    )
    min_late_share = fields.Float(
        "Paid Late From (%)", help="Of what was paid in a year. Zero: no condition."
    )
    min_broken_promises = fields.Integer(
        "Broken Promises From", help="In a year. Zero: no condition."
    )
    max_score = fields.Float(
        "Score Up To (%)",
        help="Of the newest valid credit check, where best is 100. Debtors without a score do not "
        "meet it. Zero: no condition.",
    )
    min_paid_count = fields.Integer(
        "Payments At Least",
        help="In a year. With fewer too little is known for this class. Zero: no condition.",
    )
    debtor_domain = fields.Char("Other Conditions", default="[]")

    _conditions_positive = models.Constraint(
        "CHECK (COALESCE(min_days_late, 0) >= 0 AND COALESCE(min_oldest_days, 0) >= 0 "
        "AND COALESCE(min_late_share, 0) BETWEEN 0 AND 100 "
        "AND COALESCE(min_broken_promises, 0) >= 0 AND COALESCE(min_paid_count, 0) >= 0 "
        "AND COALESCE(max_score, 0) BETWEEN 0 AND 100)",
        "Conditions cannot be negative, and percentages are at most 100.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("debtor_domain")
    def _check_debtor_domain(self):
        for risk_class in self:
            if "credit_risk_" in (risk_class.debtor_domain or ""):
                raise ValidationError(
                    self.env._("%s: a class cannot depend on the class.", risk_class.name)
                )
            try:
                self.env["res.partner"].sudo().search(risk_class._get_debtor_domain(), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "%(name)s: the other conditions cannot be read: %(error)s",
                        name=risk_class.name,
                        error=error,
                    )
                ) from error

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        classes = super().create(vals_list)
        self._reclassify()
        return classes

    def write(self, vals):
        res = super().write(vals)
        if RULE_FIELDS & vals.keys():
            self._reclassify()
        return res

    def unlink(self):
        res = super().unlink()
        self._reclassify()
        return res

    # === BUSINESS ===#
    @api.model
    def _get_of_company(self, company):
        """The classes that debtors of a company may be in, those of the companies above it too, in
        the order in which they are tried."""
        return self.sudo().search(
            ["|", ("company_id", "=", False), ("company_id", "parent_of", company.id)]
        )

    @api.model
    def _get_unknown(self, company):
        """The class of debtors of whom nothing is known; empty when every class has conditions."""
        return self._get_of_company(company).filtered(lambda one: not one._has_conditions())[:1]

    def _has_conditions(self):
        self.ensure_one()
        return any(self[name] for name in CONDITIONS) or not self._get_debtor_domain().is_true()

    def _is_for_strangers(self):
        """Whether debtors of whom nothing is known may be in one of these classes."""
        return any(not any(one[name] for name in CONDITIONS) for one in self)

    def _get_debtor_domain(self):
        """The other conditions as a domain on commercial partners; everybody without any."""
        self.ensure_one()
        return Domain(literal_eval(self.debtor_domain or "[]"))

    def _get_debtors_sql(self, company):
        """Statement of the partners who meet the other conditions; None when all of them do."""
        self.ensure_one()
        domain = self._get_debtor_domain()
        if domain.is_true():
            return None
        partners = self.env["res.partner"].sudo().with_company(company)
        return partners.with_context(active_test=False)._search(domain).subselect()

    def _get_case_sql(self, company):
        """Expression of the class of a row ``figures``: the first of these that it meets.

        ``figures`` has a ``partner_id`` and what is compared in ``CONDITIONS``. A figure that is
        not known is NULL and meets nothing.
        """
        whens = []
        for risk_class in self:
            tests = [
                SQL("figures.%s %s %s", SQL.identifier(figure), operator, risk_class[name])
                for name, (figure, operator) in CONDITIONS.items()
                if risk_class[name]
            ]
            debtors = risk_class._get_debtors_sql(company)
            if debtors:
                tests.append(SQL("figures.partner_id IN %s", debtors))
            test = SQL(" AND ").join(tests) if tests else SQL("TRUE")
            whens.append(SQL("WHEN %s THEN %s", test, risk_class.id))
        if not whens:
            return SQL("NULL::integer")
        return SQL("CASE %s END", SQL(" ").join(whens))

    @api.model
    def _reclassify(self):
        """Put every debtor in the class of the rules as they are now, by last night's figures.

        New rules are no change for the worse of those who pay as before: nobody is told, and the
        night compares with what this leaves behind.
        """
        for company in self.env["res.company"].sudo().search([]):
            self.env["credit.behavior"]._reclassify(company)

    def _get_reason(self, behavior):
        """Say why a debtor is in this class.

        :param behavior: his figures, as a ``credit.behavior`` or a ``Behavior``
        """
        self.ensure_one()
        parts = [
            self._get_condition_text(name, behavior)
            for name in CONDITIONS
            if self[name] and name != "min_paid_count"
        ]
        if not self._get_debtor_domain().is_true():
            parts.append(self.env._("one of the debtors of this class"))
        if not parts:
            parts.append(self._get_plain_text(behavior))
        return f"{self.name}: {'; '.join(parts)}"

    def _get_condition_text(self, name, behavior):
        figures = {
            "limit": f"{self[name]:.0f}",
            "days": f"{behavior.days_late or 0:.0f}",
            "oldest": behavior.oldest_days,
            "share": f"{behavior.late_share or 0:.0f}",
            "promises": behavior.broken_promises,
            "score": f"{behavior.score or 0:.0f}",
        }
        return {
            "min_days_late": self.env._(
                "on average %(days)s days late in the last year (from %(limit)s)", **figures
            ),
            "min_oldest_days": self.env._(
                "the oldest open item is %(oldest)s days late (from %(limit)s)", **figures
            ),
            "min_late_share": self.env._(
                "%(share)s%% was paid late in the last year (from %(limit)s%%)", **figures
            ),
            "min_broken_promises": self.env._(
                "%(promises)s broken promises in the last year (from %(limit)s)", **figures
            ),
            "max_score": self.env._(
                "the credit check scores %(score)s of 100 (up to %(limit)s)", **figures
            ),
        }[name]

    def _get_plain_text(self, behavior):
        """How the debtor pays, for a class that asks nothing of it."""
        if not behavior.partner_id:
            return self.env._("nothing is known yet")
        if not behavior.paid_count:
            return self.env._("no payments in the last year")
        figures = {"count": behavior.paid_count, "days": f"{abs(behavior.days_late):.0f}"}
        if not self._has_conditions():
            return self.env._(
                "too little is known, payments in the last year: %(count)s", **figures
            )
        if figures["days"] == "0":
            return self.env._(
                "on average paid on the day in the last year, payments: %(count)s", **figures
            )
        if behavior.days_late < 0:
            return self.env._(
                "on average %(days)s days early in the last year, payments: %(count)s", **figures
            )
        return self.env._(
            "on average %(days)s days late in the last year, payments: %(count)s", **figures
        )
