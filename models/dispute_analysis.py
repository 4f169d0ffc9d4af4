from odoo import fields, models
from odoo.tools import SQL

from .dispute_dossier import DISPUTE_STATES, HOLDING_STATES, OUTCOMES
from .dispute_reason import ROOT_CAUSES

# Why debtors say they do not pay, apart from disputes, and where that begins.
TALK_CAUSES = {"not_received": "sending", "cannot_pay": "customer"}


class DisputeAnalysis(models.Model):
    """Where late payment begins: every dispute, and every talk that told another reason for being
    late, as one row with what it cost.

    Read-only and never stored. Amounts are in the currency of the company, at the rate of the day
    on which a dispute was opened; all figures are those of the dispute itself, so that they can be
    added up.
    """

    _name = "dispute.analysis"
    _description = "Cause of Late Payment"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "name"
    _depends = {
        "dispute.dossier": [
            "amount_claimed_company",
            "amount_credited_company",
            "closed_date",
            "company_id",
            "date",
            "date_due",
            "days_rested",
            "department_id",
            "name",
            "outcome",
            "partner_id",
            "reason_id",
            "root_cause",
            "salesperson_id",
            "state",
            "user_id",
        ],
        "dispute.dossier.line": ["amount_claimed", "dossier_id", "invoice_line_id", "move_id"],
        "account.move.line": ["display_type", "move_id", "price_total", "product_id"],
        "dunning.contact": ["company_id", "date", "outcome", "partner_id", "user_id"],
        "res.company": ["currency_id"],
        "res.partner": ["user_id"],
    }

    # === FIELDS ===#
    name = fields.Char("Number", readonly=True)
    kind = fields.Selection([("dispute", "Dispute"), ("talk", "Told in a talk")], readonly=True)
    dossier_id = fields.Many2one("dispute.dossier", "Dispute", readonly=True)
    contact_id = fields.Many2one("dunning.contact", "Talk", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    salesperson_id = fields.Many2one("res.users", readonly=True)
    user_id = fields.Many2one("res.users", "Responsible", readonly=True)
    root_cause = fields.Selection(ROOT_CAUSES, readonly=True)
    reason_id = fields.Many2one("dispute.reason", readonly=True)
    department_id = fields.Many2one("credit.department", readonly=True)
    product_id = fields.Many2one(
        "product.product",
        readonly=True,
        help="What most of the disputed amount is about: of the disputed lines, else of the "
        "invoice.",
    )
    date = fields.Date("Opened On", readonly=True)
    closed_date = fields.Date("Settled On", readonly=True)
    state = fields.Selection(DISPUTE_STATES, readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    number = fields.Integer("Number of Times", readonly=True)
    amount = fields.Monetary("Disputed Amount", readonly=True)
    amount_credited = fields.Monetary("Credited Amount", readonly=True)
    days_lost = fields.Integer(
        readonly=True,
        help="Days by which the dispute put off payment: since it was opened, or since the due "
        "date when that is later, until it was settled.",
    )
    amount_days = fields.Monetary(
        "Amount × Days", readonly=True, help="The disputed amount times the days lost."
    )
    share_rejected = fields.Float(
        "Rejected (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 1),
        help="Of the disputes that were settled, those that we rejected.",
    )

    @property
    def _table_query(self):
        # Days lost go on until today, which companies have their own of.
        days = SQL(", ").join(
            SQL("(%s::integer, %s::date)", company.id, company._get_dunning_today())
            for company in self.env.companies
        )
        return SQL(
            """
            WITH today (company_id, day) AS (VALUES %(days)s)
            SELECT 2 * dossier.id AS id, dossier.name, 'dispute' AS kind,
                   dossier.id AS dossier_id, NULL::integer AS contact_id,
                   dossier.company_id, company.currency_id, dossier.partner_id,
                   dossier.salesperson_id, dossier.user_id, dossier.root_cause,
                   dossier.reason_id, dossier.department_id, main.product_id, dossier.date,
                   dossier.closed_date, dossier.state, dossier.outcome, 1 AS number,
                   dossier.amount_claimed_company AS amount,
                   dossier.amount_credited_company AS amount_credited, lost.days AS days_lost,
                   dossier.amount_claimed_company * lost.days AS amount_days,
                   CASE WHEN dossier.state IN %(holding)s THEN NULL
                        WHEN dossier.outcome = 'rejected' THEN 100.0
                        ELSE 0.0 END AS share_rejected
              FROM dispute_dossier dossier
              JOIN today ON today.company_id = dossier.company_id
              JOIN res_company company ON company.id = dossier.company_id
        CROSS JOIN LATERAL (
                SELECT GREATEST(finish - GREATEST(dossier.date, COALESCE(dossier.date_due, finish))
                                - COALESCE(dossier.days_rested, 0), 0) AS days
                  FROM (VALUES (COALESCE(dossier.closed_date, today.day))) AS ending (finish)
              ) AS lost
         LEFT JOIN LATERAL (
                SELECT item.product_id
                  FROM dispute_dossier_line part
                  JOIN account_move_line item
                    ON item.id = part.invoice_line_id
                    OR (part.invoice_line_id IS NULL AND item.move_id = part.move_id)
                 WHERE part.dossier_id = dossier.id
                   AND item.display_type = 'product'
                   AND item.product_id IS NOT NULL
                 GROUP BY item.product_id
                 ORDER BY SUM(CASE WHEN part.invoice_line_id IS NULL THEN item.price_total
                                   ELSE part.amount_claimed END) DESC, item.product_id
                 LIMIT 1
              ) AS main ON TRUE
         UNION ALL
            SELECT 2 * talk.id + 1, NULL, 'talk', NULL, talk.id, talk.company_id,
                   company.currency_id, talk.partner_id, debtor.user_id, talk.user_id,
                   CASE talk.outcome %(causes)s END, NULL, NULL, NULL, talk.date, NULL, NULL,
                   NULL, 1, 0.0, 0.0, 0, 0.0, NULL
              FROM dunning_contact talk
              JOIN today ON today.company_id = talk.company_id
              JOIN res_company company ON company.id = talk.company_id
              JOIN res_partner debtor ON debtor.id = talk.partner_id
             WHERE talk.outcome IN %(outcomes)s""",
            days=days,
            holding=HOLDING_STATES,
            causes=SQL(" ").join(
                SQL("WHEN %s THEN %s", outcome, cause) for outcome, cause in TALK_CAUSES.items()
            ),
            outcomes=tuple(TALK_CAUSES),
        )

    # === ACTIONS ===#
    def action_open_source(self):
        """Open the dispute or the talk."""
        self.ensure_one()
        record = self.dossier_id or self.contact_id
        return record._get_records_action()
