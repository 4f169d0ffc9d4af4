from odoo import fields, models
from odoo.tools import SQL

from .credit_exposure import FIGURES

# Figures of a position that are no amounts of money.
NOT_MONEY = ("oldest_days", "usage", "group_id", "cover_lapsed", "check_valid")
# A row has the id of its debtor, so that what it shows is another in each company.
PER_COMPANY = {"depends_context": ("company",)}


class DebtorPosition(models.Model):
    """Every debtor with his credit: what he may use, what he uses, what is late.

    Read-only and never stored: each look is the exposure of this moment, of the company that the
    user works in. Salespeople see it without any right to the journal entries.
    """

    _name = "debtor.position"
    _description = "Debtor Position"
    _auto = False
    _order = "exposure desc, id"
    _rec_name = "partner_id"
    # Besides what the statements of the exposure and of the classes flush themselves.
    _depends = {
        "credit.behavior": [
            "company_id",
            "days_late",
            "days_to_pay",
            "late_share",
            "partner_id",
            "worsened_date",
        ],
        "res.partner": ["debtor_code", "user_id"],
    }

    # === FIELDS ===#
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    debtor_code = fields.Char("Code", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, **PER_COMPANY)
    currency_id = fields.Many2one("res.currency", readonly=True, **PER_COMPANY)
    credit_limit = fields.Monetary(
        "Limit", readonly=True, **PER_COMPANY, help="In force: with temporary increases and cover."
    )
    has_limit = fields.Boolean(readonly=True, **PER_COMPANY, help="Of its own or of its group.")
    exposure = fields.Monetary(
        "Used",
        readonly=True,
        **PER_COMPANY,
        help="Open invoices, confirmed orders that are not invoiced yet and draft invoices, less "
        "deposits and money that is not allocated.",
    )
    usage = fields.Float(
        "Used (%)", readonly=True, **PER_COMPANY, aggregator="avg", help="Of the limit."
    )
    available = fields.Monetary(
        readonly=True,
        **PER_COMPANY,
        help="Negative when the limit is exceeded. Of debtors in a group it is the lower of their "
        "own and what the group has left.",
    )
    open_amount = fields.Monetary(
        "Open", readonly=True, **PER_COMPANY, help="Posted and not paid yet."
    )
    unallocated = fields.Monetary(
        readonly=True,
        **PER_COMPANY,
        help="Credit notes and money received that no invoice was paid with yet.",
    )
    overdue = fields.Monetary(readonly=True, **PER_COMPANY)
    disputed = fields.Monetary(
        readonly=True, **PER_COMPANY, help="Part of what is open, overdue or not."
    )
    overdue_disputed = fields.Monetary("Overdue and Disputed", readonly=True, **PER_COMPANY)
    overdue_undisputed = fields.Monetary(
        "Overdue, Not Disputed", readonly=True, **PER_COMPANY, help="Overdue less disputed."
    )
    oldest_days = fields.Integer("Days Late", readonly=True, **PER_COMPANY, aggregator="max")
    orders = fields.Monetary(readonly=True, **PER_COMPANY, help="Confirmed, and not invoiced yet.")
    quotations = fields.Monetary("Quotations Sent", readonly=True, **PER_COMPANY)
    drafts = fields.Monetary("Draft Invoices", readonly=True, **PER_COMPANY)
    guaranteed = fields.Monetary(readonly=True, **PER_COMPANY, help="Part of what is used.")
    insured = fields.Monetary(readonly=True, **PER_COMPANY, help="Part of what is used.")
    factored = fields.Monetary(readonly=True, **PER_COMPANY, help="Part of what is used.")
    own_risk = fields.Monetary(
        readonly=True, **PER_COMPANY, help="Part of what is used that nobody covers."
    )
    own_limit = fields.Monetary(
        readonly=True, **PER_COMPANY, help="As granted, without increases and cover."
    )
    temporary = fields.Monetary("Temporary Increase", readonly=True, **PER_COMPANY)
    cover = fields.Monetary(
        readonly=True, **PER_COMPANY, help="What others bear, less our own risk in it."
    )
    cover_lapsed = fields.Boolean(readonly=True, **PER_COMPANY)
    check_valid = fields.Boolean("Valid Credit Check", readonly=True, **PER_COMPANY)
    group_id = fields.Many2one("credit.group", "Credit Group", readonly=True, **PER_COMPANY)
    group_left = fields.Monetary(
        "Left in Group",
        readonly=True,
        **PER_COMPANY,
        aggregator=None,
        help="Of the limit of the group.",
    )
    risk_class_id = fields.Many2one("credit.risk.class", readonly=True, **PER_COMPANY)
    days_to_pay = fields.Float("Days to Pay", readonly=True, **PER_COMPANY, aggregator="avg")
    days_late = fields.Float("Average Days Late", readonly=True, **PER_COMPANY, aggregator="avg")
    late_share = fields.Float("Paid Late (%)", readonly=True, **PER_COMPANY, aggregator="avg")
    worsened_date = fields.Date("Worsened On", readonly=True, **PER_COMPANY)

    @property
    def _table_query(self):
        company = self.env.company
        digits = company.currency_id.decimal_places
        figures = SQL(", ").join(
            SQL("position.%s", SQL.identifier(name))
            if name in NOT_MONEY
            else SQL(
                "ROUND(position.%s, %s) AS %s",
                SQL.identifier(name),
                digits,
                SQL.identifier("credit_limit" if name == "limit" else name),
            )
            for name in FIGURES
        )
        return SQL(
            """
            %(exposure)s
            SELECT position.partner_id AS id, position.partner_id, person.debtor_code,
                   person.user_id,
                   %(company_id)s::integer AS company_id, %(currency_id)s::integer AS currency_id,
                   %(figures)s,
                   ROUND(position.overdue - position.overdue_disputed, %(digits)s)
                       AS overdue_undisputed,
                   position.available IS NOT NULL AS has_limit,
                   classified.risk_class_id, behavior.days_to_pay, behavior.days_late,
                   behavior.late_share, behavior.worsened_date
              FROM exposure_position AS position
              JOIN res_partner person ON person.id = position.partner_id
              LEFT JOIN credit_behavior behavior
                ON behavior.partner_id = position.partner_id
               AND behavior.company_id = %(company_id)s
              LEFT JOIN (%(classes)s) AS classified
                ON classified.partner_id = position.partner_id""",
            exposure=self.env["credit.exposure"]._get_exposure_sql(
                company, company._get_dunning_today()
            ),
            classes=self.env["credit.behavior"]._get_classes_sql(company),
            company_id=company.id,
            currency_id=company.currency_id.id,
            digits=digits,
            figures=figures,
        )

    # === ACTIONS ===#
    def action_open_debtor(self):
        self.ensure_one()
        return self.partner_id._get_credit_form_action()
