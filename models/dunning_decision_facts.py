from odoo import models
from odoo.tools import SQL

from .dunning_decision import PENDING_STATES, SENT_STATES
from .dunning_decision_parts import FLUSHED_FIELDS
from .dunning_level import STAGE_WEIGHT
from .flushed_fields import get_flushed_fields


class DunningDecision(models.AbstractModel):
    """The facts from which it is decided: items, what is known of them, and where debtors stand."""

    _inherit = "dunning.decision"

    # === BUSINESS ===#
    def _get_facts_sql(self, company, day, partners=None, exclude_notices=None):
        """Parts of the decision statement, from ``open_line`` to ``standing``: ``item`` has one
        row per open item, and the others belong to it. Parameters as in ``_get_decision_sql``."""
        sudo = self.sudo().with_company(company)
        accounts = self._get_receivable_accounts(company)
        payables = self._get_payable_accounts(company)
        return SQL(
            """
            open_line AS (
                SELECT line.id, line.move_id, line.currency_id, line.no_followup, line.date,
                       line.amount_residual, line.amount_residual_currency,
                       COALESCE(line.date_maturity, line.date) AS due,
                       person.commercial_partner_id AS partner_id,
                       line.account_id IN %(payable_accounts)s AS payable
                  FROM account_move_line line
                  JOIN res_partner person ON person.id = line.partner_id
                 WHERE line.account_id IN %(accounts)s
                   AND line.reconciled IS NOT TRUE
                   AND line.parent_state = 'posted'
                   AND line.company_id = %(company_id)s
                   AND line.amount_residual_currency <> 0
                   %(partner_filter)s
            ),
            credit AS (
                -- A credit note that settles a dispute holds nothing, however new it is: what it
                -- is about is known. It is deducted like any other credit.
                SELECT line.partner_id, line.currency_id, line.payable,
                       MAX(line.date) FILTER (WHERE settled.id IS NULL) AS newest,
                       COALESCE(-SUM(line.amount_residual_currency)
                                FILTER (WHERE settled.id IS NULL), 0) AS received,
                       -SUM(line.amount_residual_currency) AS amount
                  FROM open_line line
                  LEFT JOIN account_move settled
                    ON settled.id = line.move_id AND settled.dispute_id IS NOT NULL
                 WHERE line.amount_residual_currency < 0
                 GROUP BY line.partner_id, line.currency_id, line.payable
            ),
            overdue AS (
                SELECT partner_id, currency_id, payable, SUM(amount_residual_currency) AS amount
                  FROM open_line
                 WHERE amount_residual_currency > 0 AND due < %(day)s
                 GROUP BY partner_id, currency_id, payable
            ),
            active_block AS (
                SELECT block.id, block.move_line_id, block.date_to, block.items_until,
                       COALESCE(block.amount, 0) AS amount,
                       person.commercial_partner_id AS partner_id
                  FROM dunning_block block
                  LEFT JOIN res_partner person ON person.id = block.partner_id
                 WHERE block.company_id IN %(parent_companies)s
                   AND block.lifted_date IS NULL
                   AND block.date_from <= %(day)s
                   AND (block.date_to IS NULL OR block.date_to >= %(day)s)
            ),
            item_block AS (
                SELECT move_line_id, SUM(amount) AS part,
                       (ARRAY_AGG(id ORDER BY date_to DESC NULLS FIRST, id)
                           FILTER (WHERE amount = 0))[1] AS block_id,
                       (ARRAY_AGG(id ORDER BY date_to DESC NULLS FIRST, id))[1] AS any_block_id
                  FROM active_block
                 WHERE move_line_id IS NOT NULL
                 GROUP BY move_line_id
            ),
            debtor_block AS (
                SELECT partner_id,
                       (ARRAY_AGG(id ORDER BY date_to DESC NULLS FIRST, id)
                           FILTER (WHERE items_until IS NULL))[1] AS block_id,
                       (ARRAY_AGG(id ORDER BY items_until DESC, id)
                           FILTER (WHERE items_until IS NOT NULL))[1] AS older_block_id,
                       MAX(items_until) AS items_until
                  FROM active_block
                 WHERE move_line_id IS NULL AND partner_id IS NOT NULL
                 GROUP BY partner_id
            ),
            company_block AS (
                SELECT (ARRAY_AGG(id ORDER BY date_to DESC NULLS FIRST, id)
                           FILTER (WHERE items_until IS NULL))[1] AS block_id,
                       (ARRAY_AGG(id ORDER BY items_until DESC, id)
                           FILTER (WHERE items_until IS NOT NULL))[1] AS older_block_id,
                       MAX(items_until) AS items_until
                  FROM active_block
                 WHERE move_line_id IS NULL AND partner_id IS NULL
            ),
            under_way AS (
                SELECT tx.id, tx.dunning_notice_id, tx.last_state_change::date AS day
                  FROM payment_transaction tx
                 WHERE tx.state IN ('pending', 'authorized')
                    OR (tx.state = 'done' AND tx.is_post_processed IS NOT TRUE)
            ),
            payment_under_way AS (
                -- Of a notice what still stands in it: the debtor is not asked the rest.
                SELECT move_id, MAX(day) AS day
                  FROM (
                      SELECT rel.invoice_id AS move_id, under_way.day
                        FROM under_way
                        JOIN account_invoice_transaction_rel rel
                          ON rel.transaction_id = under_way.id
                      UNION ALL
                      SELECT item.move_id, under_way.day
                        FROM under_way
                        JOIN dunning_notice notice ON notice.id = under_way.dunning_notice_id
                        JOIN dunning_notice_line line
                          ON line.notice_id = notice.id AND line.state = notice.state
                        JOIN account_move_line item ON item.id = line.move_line_id
                  ) AS way
                 GROUP BY move_id
            ),
            own_group AS (
                SELECT person.commercial_partner_id AS partner_id
                  FROM res_company company
                  JOIN res_partner person ON person.id = company.partner_id
            ),
            target_group AS (
                %(target_groups)s
            ),
            reminder_contact AS (
                SELECT DISTINCT ON (commercial_partner_id)
                       commercial_partner_id AS partner_id, id, %(reminder_reach)s AS reach
                  FROM res_partner reminder
                 WHERE type = 'reminder' AND active
                   AND commercial_partner_id IN (SELECT partner_id FROM open_line)
                 ORDER BY commercial_partner_id, id
            ),
            item AS (
                SELECT line.id AS item_id, line.move_id, line.partner_id, line.currency_id,
                       line.payable, line.due, line.amount_residual, line.amount_residual_currency,
                       COALESCE(move.name, '/') AS move_name, move.move_type, move.invoice_date,
                       COALESCE(move.invoice_date, line.date) AS item_date,
                       move.payment_state, move.direct_debit_state,
                       policy.id AS policy_id, policy.days_after_invoice,
                       policy.unallocated_hold_days, policy.escalation,
                       COALESCE(policy.minimum_amount, 0) AS minimum_amount,
                       CASE WHEN move.move_type = 'entry'
                            THEN policy.include_entries IS NOT TRUE
                            ELSE line.no_followup IS TRUE
                        END AS no_followup,
                       policy.require_sent IS TRUE AND move.is_move_sent IS NOT TRUE
                           AND move.move_type NOT IN ('entry', 'in_refund') AS is_undelivered,
                       COALESCE(in_charge.id, office.id) AS redirect_id,
                       CASE WHEN in_charge.id IS NOT NULL THEN %(in_charge_reach)s
                            WHEN office.id IS NOT NULL THEN %(office_reach)s
                        END AS redirect_reach,
                       reminder_contact.id AS reminder_contact_id,
                       CASE WHEN addressee.active THEN addressee.id ELSE debtor.id
                        END AS invoice_contact_id,
                       %(debtor_reach)s AS debtor_reach,
                       CASE WHEN addressee.active THEN %(addressee_reach)s ELSE 0
                        END AS invoice_reach,
                       reminder_contact.reach AS reminder_reach
                  FROM open_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_journal journal ON journal.id = move.journal_id
                  JOIN res_partner debtor ON debtor.id = line.partner_id
                  LEFT JOIN res_partner addressee ON addressee.id = move.partner_id
                  LEFT JOIN res_partner in_charge
                    ON in_charge.id = debtor.debtor_status_contact_id AND in_charge.active
                       AND debtor.debtor_status IS NOT NULL
                  LEFT JOIN res_partner office
                    ON office.id = debtor.dunning_addressee_id AND office.active
                  LEFT JOIN reminder_contact ON reminder_contact.partner_id = line.partner_id
                  LEFT JOIN dunning_policy move_policy
                    ON move_policy.id = move.dunning_policy_id AND move_policy.active
                  LEFT JOIN dunning_policy own_policy
                    ON own_policy.id = %(partner_policy)s AND own_policy.active
                  LEFT JOIN target_group ON target_group.partner_id = line.partner_id
                  LEFT JOIN dunning_policy policy
                    ON policy.id = COALESCE(move_policy.id, own_policy.id,
                                            target_group.policy_id, %(default_policy_id)s)
                 WHERE line.amount_residual_currency > 0
                   AND CASE WHEN line.payable THEN move.move_type = 'in_refund'
                            ELSE move.move_type IN ('out_invoice', 'out_receipt')
                                 OR (move.move_type = 'entry' AND journal.type = 'general')
                        END
            ),
            -- What was sent by the ladder of an item counts by its place in that ladder as it is
            -- now, and by its stage as it was; what another policy sent, as firm as it was.
            history AS (
                SELECT line.move_line_id AS item_id,
                       MAX(CASE WHEN level.policy_id = item.policy_id
                                THEN GREATEST(
                                    line.severity / %(stage_weight)s * %(stage_weight)s,
                                    level.severity
                                )
                                ELSE line.severity
                           END) FILTER (WHERE line.state IN %(sent)s) AS severity,
                       (ARRAY_AGG(
                           line.level_id
                           ORDER BY line.severity DESC, line.sent_date DESC NULLS LAST, line.id DESC
                       ) FILTER (WHERE line.state IN %(sent)s))[1] AS last_level_id,
                       MAX(line.sent_date)
                           FILTER (WHERE line.state IN %(sent)s) AS last_date,
                       MAX(line.sent_date) FILTER (
                           WHERE line.state IN %(sent)s AND line.severity >= %(stage_weight)s
                       ) AS last_firm_date,
                       MAX(line.term_date) FILTER (
                           WHERE line.state IN %(sent)s AND line.severity >= %(stage_weight)s
                       ) AS last_term_date,
                       MAX(line.notice_id)
                           FILTER (WHERE line.state IN %(pending)s %(exclude)s) AS notice_id
                  FROM item
                  JOIN dunning_notice_line line ON line.move_line_id = item.item_id
                  JOIN dunning_level level ON level.id = line.level_id
                 GROUP BY line.move_line_id
            ),
            -- Where a debtor stands whose items climb together: his overdue items that are neither
            -- held for a reason of their own nor handed over, as if they were one. A final notice
            -- is each item's own: none is handed over without having had one.
            standing AS (
                SELECT item.partner_id, item.policy_id, MIN(item.due) AS due,
                       CASE WHEN MAX(history.severity) >= %(final)s THEN %(final)s - 1
                            ELSE MAX(history.severity)
                        END AS severity,
                       MAX(history.last_firm_date) AS last_firm_date,
                       MAX(history.last_term_date) AS last_term_date,
                       (SELECT MIN(delay_days) FROM dunning_level
                         WHERE policy_id = item.policy_id AND active AND stage <> 'courtesy'
                       ) AS first_delay
                  FROM item
                  LEFT JOIN history ON history.item_id = item.item_id
                  LEFT JOIN item_block ON item_block.move_line_id = item.item_id
                  LEFT JOIN debtor_block ON debtor_block.partner_id = item.partner_id
                  LEFT JOIN payment_under_way under_way ON under_way.move_id = item.move_id
                 CROSS JOIN company_block
                 WHERE item.escalation = 'debtor'
                   AND item.due < %(day)s
                   AND %(obstacle)s IS NULL
                   AND NOT item.is_undelivered
                   AND COALESCE(history.severity, 0) < %(handed_over)s
                 GROUP BY item.partner_id, item.policy_id
            )
            """,
            accounts=tuple((accounts | payables).ids) or (0,),
            payable_accounts=tuple(payables.ids) or (0,),
            addressee_reach=self._get_reach_sql("addressee"),
            debtor_reach=self._get_reach_sql("debtor"),
            in_charge_reach=self._get_reach_sql("in_charge"),
            office_reach=self._get_reach_sql("office"),
            reminder_reach=self._get_reach_sql("reminder"),
            company_id=company.id,
            parent_companies=tuple(company.sudo().parent_ids.ids),
            day=day,
            partner_filter=SQL(
                "AND line.partner_id IN ("
                "SELECT id FROM res_partner WHERE commercial_partner_id IN %s)",
                tuple(partners.ids),
            )
            if partners is not None
            else SQL(),
            partner_policy=sudo.env["res.partner"]._field_to_sql("debtor", "dunning_policy_id"),
            target_groups=self._get_target_group_sql(company),
            default_policy_id=sudo.env["dunning.policy"]._get_default(company).id or None,
            obstacle=self._get_obstacle_sql(company, day),
            sent=SENT_STATES,
            stage_weight=STAGE_WEIGHT,
            final=self.env["dunning.level"]._get_stage_severity("final"),
            handed_over=self.env["dunning.level"]._get_stage_severity("handover"),
            pending=PENDING_STATES,
            exclude=SQL("AND line.notice_id NOT IN %s", tuple(exclude_notices.ids))
            if exclude_notices
            else SQL(),
            to_flush=get_flushed_fields(self.env, FLUSHED_FIELDS),
        )
