from odoo import fields, models
from odoo.tools import SQL

from .installment_arrangement import ARRANGEMENT_STATES
from .installment_due import DEPENDS


class InstallmentFlow(models.Model):
    """What was planned and what was received of every installment, as two rows: a chart compares
    rows, not columns."""

    _name = "installment.flow"
    _description = "Installments Planned and Received"
    _auto = False
    _order = "date_due, id"
    _rec_name = "arrangement_id"
    _depends = DEPENDS

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", readonly=True)
    arrangement_state = fields.Selection(ARRANGEMENT_STATES, readonly=True)
    partner_id = fields.Many2one("res.partner", "Debtor", readonly=True)
    user_id = fields.Many2one("res.users", "Responsible", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date_due = fields.Date("Due On", readonly=True)
    kind = fields.Selection([("planned", "Planned"), ("received", "Received")], readonly=True)
    amount = fields.Monetary(
        readonly=True,
        help="In the currency of the company, at the rates at which the invoices are booked.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT 2 * due.id + flow.number AS id, due.arrangement_id, due.arrangement_state,
                   due.partner_id, due.user_id, due.company_id,
                   due.company_currency_id AS currency_id, due.date_due, flow.kind, flow.amount
              FROM (%s) AS due
        CROSS JOIN LATERAL (VALUES (0, 'planned', due.planned), (1, 'received', due.received))
                AS flow (number, kind, amount)""",
            self.env["installment.due"]._table_query,
        )
