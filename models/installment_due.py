from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .installment_arrangement import ARRANGEMENT_STATES
from .installment_arrangement_line import LINE_STATES

# What the statement reads.
DEPENDS = {
    "account.move.line": [
        "amount_currency",
        "amount_residual_currency",
        "balance",
    ],
    "installment.arrangement": ["company_id", "currency_id", "partner_id", "state", "user_id"],
    "installment.arrangement.item": [
        "amount",
        "arrangement_id",
        "move_line_id",
        "residual_start",
    ],
    "installment.arrangement.line": ["amount", "arrangement_id", "date_due"],
    "res.company": ["currency_id"],
}


class InstallmentDue(models.Model):
    """Every installment with what was paid of it: planned against received, for lists and charts.

    Read-only and never stored. One statement pours what was paid on the items over the
    installments of each arrangement, the same way as the installment does it for itself.
    """

    _name = "installment.due"
    _description = "Installment Due"
    _auto = False
    _order = "date_due, id"
    _depends = DEPENDS

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", readonly=True)
    arrangement_state = fields.Selection(ARRANGEMENT_STATES, readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    debtor_code = fields.Char(related="partner_id.debtor_code")
    user_id = fields.Many2one("res.users", "Responsible", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", "Currency of the Company", readonly=True)
    date_due = fields.Date("Due On", readonly=True)
    amount = fields.Monetary("Installment", readonly=True)
    amount_paid = fields.Monetary("Paid", readonly=True)
    amount_left = fields.Monetary("Left", readonly=True)
    planned = fields.Monetary(
        readonly=True,
        currency_field="company_currency_id",
        help="In the currency of the company, at the rates at which the invoices are booked.",
    )
    received = fields.Monetary(
        readonly=True,
        currency_field="company_currency_id",
        help="In the currency of the company, at the rates at which the invoices are booked.",
    )
    state = fields.Selection(LINE_STATES, readonly=True)
    days_late = fields.Integer(readonly=True, aggregator="max")

    @property
    def _table_query(self):
        # What is missed depends on the day and on the working days, which companies differ in.
        days = SQL(", ").join(
            SQL("(%s::integer, %s::date, %s::date)", company.id, *self._get_days(company))
            for company in self.env.companies
        )
        return SQL(
            """
            WITH today (company_id, day, last_working_day) AS (VALUES %(days)s),
            received AS (
                SELECT item.arrangement_id,
                       SUM(LEAST(
                           GREATEST(item.residual_start - line.amount_residual_currency, 0),
                           item.amount
                       )) AS amount,
                       SUM(line.balance) / NULLIF(SUM(line.amount_currency), 0) AS rate
                  FROM installment_arrangement_item item
                  JOIN account_move_line line ON line.id = item.move_line_id
                 GROUP BY item.arrangement_id
            ),
            poured AS (
                SELECT line.id, line.arrangement_id, line.date_due, line.amount,
                       LEAST(line.amount, GREATEST(0, COALESCE(received.amount, 0)
                           - SUM(line.amount) OVER before_and_this + line.amount)) AS paid,
                       COALESCE(received.rate, 1) AS rate
                  FROM installment_arrangement_line line
             LEFT JOIN received ON received.arrangement_id = line.arrangement_id
                WINDOW before_and_this AS (
                       PARTITION BY line.arrangement_id ORDER BY line.date_due, line.id)
            )
            SELECT poured.id, poured.arrangement_id, poured.date_due, poured.amount,
                   poured.paid AS amount_paid, poured.amount - poured.paid AS amount_left,
                   ROUND(poured.amount * poured.rate, money.decimal_places) AS planned,
                   ROUND(poured.paid * poured.rate, money.decimal_places) AS received,
                   arrangement.state AS arrangement_state, arrangement.partner_id,
                   arrangement.user_id, arrangement.company_id, arrangement.currency_id,
                   company.currency_id AS company_currency_id,
                   CASE WHEN poured.amount = 0 THEN
                            CASE arrangement.state WHEN 'draft' THEN 'planned' ELSE 'lapsed' END
                        WHEN poured.paid >= poured.amount THEN 'paid'
                        WHEN arrangement.state IN ('broken', 'cancelled') THEN 'ended'
                        WHEN is_running AND poured.date_due < today.last_working_day
                        THEN 'missed'
                        WHEN is_running AND poured.date_due <= today.day THEN 'due'
                        WHEN poured.paid > 0 THEN 'partly'
                        ELSE 'planned' END AS state,
                   CASE WHEN is_running AND poured.paid < poured.amount
                        THEN GREATEST(today.day - poured.date_due, 0)
                        ELSE 0 END AS days_late
              FROM poured
              JOIN installment_arrangement arrangement ON arrangement.id = poured.arrangement_id
              JOIN res_company company ON company.id = arrangement.company_id
              JOIN res_currency money ON money.id = company.currency_id
              JOIN today ON today.company_id = arrangement.company_id
        CROSS JOIN LATERAL (SELECT arrangement.state IN ('active', 'fulfilled')) AS x (is_running)
            """,
            days=days,
        )

    # === COMPUTE ===#
    @api.depends("amount", "amount_left", "currency_id", "partner_id", "state")
    def _compute_display_name(self):
        """For the calendar, which shows the beginning only: who has to pay what."""
        for row in self:
            amount = row.amount if row.state == "paid" else row.amount_left
            row.display_name = f"{row.currency_id.format(amount)} {row.partner_id.display_name}"

    # === ACTIONS ===#
    def action_open_arrangement(self):
        self.ensure_one()
        return self.arrangement_id._get_form_action()

    # === BUSINESS ===#
    def _get_days(self, company):
        """Today, and the last working day until today: what was due before that was missed."""
        today = company._get_dunning_today()
        last = today
        while not company._is_dunning_working_day(last):
            last -= timedelta(days=1)
        return today, last
