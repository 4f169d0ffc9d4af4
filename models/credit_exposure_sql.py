from odoo import models
from odoo.tools import SQL

from .flushed_fields import get_flushed_fields

# Fields that the statement reads; the ORM flushes them before it runs.
FLUSHED_FIELDS = {
    "account.move": (
        "amount_total_signed",
        "commercial_partner_id",
        "company_id",
        "currency_id",
        "invoice_currency_rate",
        "move_type",
        "state",
    ),
    "account.move.line": (
        "account_id",
        "amount_residual",
        "company_id",
        "date",
        "date_maturity",
        "move_id",
        "parent_state",
        "partner_id",
        "price_total",
        "reconciled",
    ),
    "credit.assessment": ("active", "company_id", "date", "date_to", "partner_id"),
    "credit.cover": (
        "active",
        "amount",
        "company_id",
        "currency_id",
        "date_from",
        "date_to",
        "kind",
        "own_risk_percentage",
        "partner_id",
    ),
    "credit.group": ("active", "company_id", "credit_limit"),
    "credit.limit": (
        "amount",
        "company_id",
        "date_from",
        "date_to",
        "kind",
        "partner_id",
        "state",
    ),
    "res.partner": ("commercial_partner_id",),
    "sale.order": (
        "amount_total",
        "commitment_date",
        "company_id",
        "currency_id",
        "currency_rate",
        "invoice_status",
        "partner_invoice_id",
        "state",
    ),
    "sale.order.line": (
        "display_type",
        "is_downpayment",
        "order_id",
        "price_total",
        "product_uom_qty",
        "qty_delivered",
    ),
}


class CreditExposure(models.AbstractModel):
    """The one statement of exposure, for all debtors and for a few."""

    _inherit = "credit.exposure"

    # === BUSINESS ===#
    def _get_exposure_sql(self, company, day, partner_ids=None):
        """Return ``WITH … exposure_position AS (…)``: one row per debtor that is asked for, or per
        debtor with anything open, ordered, drafted or granted.

        :param list partner_ids: commercial partners; the filter stands inside every part of the
            statement, as a few debtors of a large ledger take a millisecond that way
        """
        partners = self.env["res.partner"].sudo().with_company(company)
        values = self._prepare_exposure_values(company, day, partner_ids)
        accounts = self._get_account_ids(company.id) or (0,)
        of_company = SQL(
            "line.company_id = %s AND line.account_id IN %s %s",
            company.id,
            accounts,
            values["line_filter"],
        )
        return SQL(
            """
            WITH member AS (
                SELECT rel.group_id, rel.partner_id, credit_group.credit_limit
                  FROM credit_group
                  JOIN credit_group_partner_rel rel ON rel.group_id = credit_group.id
                 WHERE credit_group.active
                   AND credit_group.company_id = %(company_id)s
                   AND credit_group.credit_limit > 0
            ),
            receivable AS (
                SELECT person.commercial_partner_id AS partner_id,
                       SUM(line.amount_residual) FILTER (WHERE line.amount_residual > 0)
                           AS open_amount,
                       -SUM(line.amount_residual) FILTER (WHERE line.amount_residual < 0)
                           AS unallocated,
                       SUM(line.amount_residual) FILTER (
                           WHERE line.amount_residual > 0
                             AND COALESCE(line.date_maturity, line.date) < %(day)s) AS overdue,
                       %(day)s - MIN(COALESCE(line.date_maturity, line.date)) FILTER (
                           WHERE line.amount_residual > 0
                             AND COALESCE(line.date_maturity, line.date) < %(day)s) AS oldest_days
                  FROM account_move_line line
                  JOIN res_partner person ON person.id = line.partner_id
                 WHERE line.account_id IN %(accounts)s
                   AND line.reconciled IS NOT TRUE
                   AND line.parent_state = 'posted'
                   AND line.company_id = %(company_id)s
                   AND line.amount_residual <> 0
                   %(line_filter)s
                 GROUP BY person.commercial_partner_id
            ),
            disputed AS (
                SELECT person.commercial_partner_id AS partner_id,
                       SUM(held.amount_company) AS disputed,
                       SUM(held.amount_company) FILTER (WHERE held.date_due < %(day)s)
                           AS overdue_disputed
                  FROM %(disputed)s AS held
                  JOIN res_partner person ON person.id = held.partner_id
                 GROUP BY person.commercial_partner_id
            ),
            draft AS (
                SELECT move.commercial_partner_id AS partner_id,
                       SUM(move.amount_total_signed) AS drafts
                  FROM account_move move
                 WHERE move.state = 'draft'
                   AND move.move_type IN ('out_invoice', 'out_receipt')
                   AND move.company_id = %(company_id)s
                   AND %(count_drafts)s
                   %(move_filter)s
                 GROUP BY move.commercial_partner_id
            ),
            -- What an order still has to invoice: its lines less what was invoiced of them, and
            -- less down payments that the final invoice will deduct. It never counts negative.
            open_order AS (
                SELECT sale.id, person.commercial_partner_id AS partner_id, sale.state,
                       sale.currency_id, sale.amount_total,
                       COALESCE(NULLIF(sale.currency_rate, 0), 1) AS rate
                  FROM sale_order sale
                  JOIN res_partner person ON person.id = sale.partner_invoice_id
                 WHERE sale.company_id = %(company_id)s
                   AND ((sale.state = 'sale'
                         AND (NOT %(count_drafts)s
                              OR sale.invoice_status IS DISTINCT FROM 'invoiced')
                         AND (%(last_day)s::date IS NULL
                              OR sale.commitment_date IS NULL
                              OR sale.commitment_date::date <= %(last_day)s))
                        OR (sale.state = 'sent' AND %(count_quotations)s))
                   %(order_filter)s
            ),
            invoiced AS (
                SELECT rel.order_line_id,
                       SUM(CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END
                           * CASE WHEN move.currency_id = open_order.currency_id
                                  THEN line.price_total
                                  ELSE line.price_total * open_order.rate
                                       / COALESCE(NULLIF(move.invoice_currency_rate, 0), 1)
                             END) AS amount
                  FROM open_order
                  JOIN sale_order_line item ON item.order_id = open_order.id
                  JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = item.id
                  JOIN account_move_line line ON line.id = rel.invoice_line_id
                  JOIN account_move move ON move.id = line.move_id
                 WHERE move.state = 'posted' OR (move.state = 'draft' AND %(count_drafts)s)
                 GROUP BY rel.order_line_id
            ),
            order_line AS (
                SELECT item.order_id, item.is_downpayment,
                       item.price_total * CASE
                           WHEN item.product_uom_qty > 0
                           THEN GREATEST(item.product_uom_qty, item.qty_delivered)
                                / item.product_uom_qty
                           ELSE 1
                       END AS total,
                       COALESCE(invoiced.amount, 0) AS invoiced
                  FROM open_order
                  JOIN sale_order_line item ON item.order_id = open_order.id
                  LEFT JOIN invoiced ON invoiced.order_line_id = item.id
                 WHERE item.display_type IS NULL AND open_order.state = 'sale'
            ),
            order_rest AS (
                SELECT order_id,
                       COALESCE(SUM(CASE WHEN total >= 0 THEN GREATEST(total - invoiced, 0)
                                         ELSE LEAST(total - invoiced, 0) END
                       ) FILTER (WHERE is_downpayment IS NOT TRUE), 0)
                       - GREATEST(COALESCE(SUM(invoiced) FILTER (WHERE is_downpayment), 0), 0)
                           AS amount
                  FROM order_line
                 GROUP BY order_id
            ),
            ordered AS (
                SELECT open_order.partner_id,
                       SUM(GREATEST(order_rest.amount, 0) / open_order.rate)
                           FILTER (WHERE open_order.state = 'sale') AS orders,
                       SUM(open_order.amount_total / open_order.rate)
                           FILTER (WHERE open_order.state = 'sent') AS quotations
                  FROM open_order
                  LEFT JOIN order_rest ON order_rest.order_id = open_order.id
                 GROUP BY open_order.partner_id
            ),
            rate (currency_id, rate) AS (
                SELECT * FROM UNNEST(%(currencies)s::integer[], %(rates)s::numeric[])
            ),
            covered AS (
                SELECT partner_id,
                       SUM(gross) FILTER (WHERE valid AND kind = 'guarantee') AS guarantee,
                       SUM(gross) FILTER (WHERE valid AND kind = 'insurance') AS insurance,
                       SUM(gross) FILTER (WHERE valid AND kind = 'factoring') AS factoring,
                       SUM(net) FILTER (WHERE valid AND kind = 'guarantee') AS net_guarantee,
                       SUM(net) FILTER (WHERE valid AND kind = 'insurance') AS net_insurance,
                       SUM(net) FILTER (WHERE valid AND kind = 'factoring') AS net_factoring,
                       BOOL_OR(date_to < %(day)s) AND NOT BOOL_OR(valid) AS lapsed,
                       BOOL_OR(begun) AS begun
                  FROM (
                      SELECT cover.partner_id, cover.kind, cover.date_to,
                             cover.amount / rate.rate AS gross,
                             cover.amount / rate.rate
                             * (100 - COALESCE(cover.own_risk_percentage, 0))::numeric / 100
                                 AS net,
                             cover.date_from <= %(day)s AS begun,
                             cover.date_from <= %(day)s
                             AND (cover.date_to IS NULL OR cover.date_to >= %(day)s) AS valid
                        FROM credit_cover cover
                        JOIN rate ON rate.currency_id = cover.currency_id
                       WHERE cover.active AND cover.company_id = %(company_id)s %(cover_filter)s
                  ) AS cover
                 GROUP BY partner_id
            ),
            increased AS (
                SELECT partner_id, SUM(amount) AS temporary
                  FROM credit_limit
                 WHERE kind = 'temporary' AND state = 'approved'
                   AND company_id = %(company_id)s
                   AND date_from <= %(day)s AND (date_to IS NULL OR date_to >= %(day)s)
                   %(limit_filter)s
                 GROUP BY partner_id
            ),
            checked AS (
                SELECT partner_id
                  FROM credit_assessment
                 WHERE active AND company_id = %(company_id)s
                   AND date <= %(day)s AND (date_to IS NULL OR date_to >= %(day)s)
                   %(check_filter)s
                 GROUP BY partner_id
            ),
            debtor AS (
                SELECT res_partner.id AS partner_id,
                       COALESCE(%(limit_field)s, 0)::numeric AS own_limit
                  FROM res_partner
                 WHERE res_partner.id IN (%(debtors)s)
            ),
            summed AS (
                SELECT debtor.partner_id, debtor.own_limit,
                       COALESCE(receivable.open_amount, 0) AS open_amount,
                       COALESCE(receivable.unallocated, 0) AS unallocated,
                       COALESCE(receivable.overdue, 0) AS overdue,
                       COALESCE(receivable.oldest_days, 0) AS oldest_days,
                       COALESCE(draft.drafts, 0) AS drafts,
                       COALESCE(ordered.orders, 0) AS orders,
                       COALESCE(ordered.quotations, 0) AS quotations,
                       GREATEST(
                           COALESCE(receivable.open_amount, 0) + COALESCE(draft.drafts, 0)
                           + COALESCE(ordered.orders, 0) + COALESCE(ordered.quotations, 0)
                           - COALESCE(receivable.unallocated, 0), 0) AS exposure,
                       COALESCE(increased.temporary, 0) AS temporary,
                       COALESCE(covered.guarantee, 0) AS guarantee,
                       COALESCE(covered.insurance, 0) AS insurance,
                       COALESCE(covered.factoring, 0) AS factoring,
                       COALESCE(covered.net_guarantee, 0) AS net_guarantee,
                       COALESCE(covered.net_insurance, 0) AS net_insurance,
                       COALESCE(covered.net_factoring, 0) AS net_factoring,
                       COALESCE(covered.begun, FALSE) AS has_cover,
                       COALESCE(covered.lapsed, FALSE) AS cover_lapsed,
                       checked.partner_id IS NOT NULL AS check_valid,
                       COALESCE(disputed.disputed, 0) AS disputed,
                       COALESCE(disputed.overdue_disputed, 0) AS overdue_disputed
                  FROM debtor
                  LEFT JOIN receivable ON receivable.partner_id = debtor.partner_id
                  LEFT JOIN draft ON draft.partner_id = debtor.partner_id
                  LEFT JOIN ordered ON ordered.partner_id = debtor.partner_id
                  LEFT JOIN covered ON covered.partner_id = debtor.partner_id
                  LEFT JOIN increased ON increased.partner_id = debtor.partner_id
                  LEFT JOIN checked ON checked.partner_id = debtor.partner_id
                  LEFT JOIN disputed ON disputed.partner_id = debtor.partner_id
            ),
            -- Who bears what: first guarantees and deposits, then the insurer, then the factor. Of
            -- what each takes, its own risk stays with us.
            layered AS (
                SELECT summed.*,
                       LEAST(exposure, guarantee) AS in_guarantee,
                       LEAST(GREATEST(exposure - guarantee, 0), insurance) AS in_insurance,
                       LEAST(GREATEST(exposure - guarantee - insurance, 0), factoring)
                           AS in_factoring,
                       net_guarantee + net_insurance + net_factoring AS cover,
                       CASE WHEN own_limit <= 0 THEN NULL
                            WHEN %(on_top)s
                            THEN own_limit + temporary
                                 + net_guarantee + net_insurance + net_factoring
                            WHEN has_cover
                            THEN LEAST(own_limit,
                                       net_guarantee + net_insurance + net_factoring) + temporary
                            ELSE own_limit + temporary
                        END AS "limit"
                  FROM summed
            ),
            shared AS (
                SELECT member.group_id,
                       MAX(member.credit_limit) - SUM(layered.exposure) AS group_left
                  FROM member
                  JOIN layered ON layered.partner_id = member.partner_id
                 GROUP BY member.group_id
            ),
            tightest AS (
                SELECT DISTINCT ON (member.partner_id)
                       member.partner_id, shared.group_id, shared.group_left
                  FROM member
                  JOIN shared ON shared.group_id = member.group_id
                 ORDER BY member.partner_id, shared.group_left, shared.group_id
            ),
            exposure_position AS (
                SELECT layered.partner_id, open_amount, unallocated, overdue, oldest_days, drafts,
                       orders, quotations, exposure,
                       COALESCE(in_guarantee * net_guarantee / NULLIF(guarantee, 0), 0)
                           AS guaranteed,
                       COALESCE(in_insurance * net_insurance / NULLIF(insurance, 0), 0)
                           AS insured,
                       COALESCE(in_factoring * net_factoring / NULLIF(factoring, 0), 0)
                           AS factored,
                       exposure
                       - COALESCE(in_guarantee * net_guarantee / NULLIF(guarantee, 0), 0)
                       - COALESCE(in_insurance * net_insurance / NULLIF(insurance, 0), 0)
                       - COALESCE(in_factoring * net_factoring / NULLIF(factoring, 0), 0)
                           AS own_risk,
                       own_limit, temporary, cover, "limit",
                       tightest.group_id, tightest.group_left,
                       LEAST("limit" - exposure, tightest.group_left) AS available,
                       CASE WHEN "limit" IS NULL OR exposure = 0 THEN 0
                            WHEN "limit" = 0 THEN 100
                            ELSE 100 * exposure / "limit"
                        END AS usage,
                       cover_lapsed, check_valid, disputed, overdue_disputed
                  FROM layered
                  LEFT JOIN tightest ON tightest.partner_id = layered.partner_id
                 %(asked)s
            )
            """,
            **values,
            accounts=accounts,
            disputed=self.env["dunning.block"]._get_disputed_sql(of_company),
            limit_field=partners._field_to_sql("res_partner", "credit_limit"),
            to_flush=get_flushed_fields(self.env, FLUSHED_FIELDS),
        )
