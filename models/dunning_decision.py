from datetime import date
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

# States of a notice and its lines. A live line is memory or about to become it.
SENT_STATES = ("sent", "imported")
PENDING_STATES = ("proposed", "ready", "sending", "todo", "failed")

# Reason codes of the decision, in the order in which they are judged.
REASON_LABELS = [
    ("own_group", "Company of our own group"),
    ("no_policy", "No dunning policy"),
    ("no_followup", "Excluded from follow-up"),
    ("payment_blocked", "Payment blocked on the invoice"),
    ("direct_debit", "Collected by direct debit"),
    ("under_way", "Payment under way"),
    ("block", "On hold"),
    ("before_start", "Due before the start date"),
    ("pending", "In a proposal"),
    ("not_delivered", "Invoice not delivered"),
    ("finished", "All levels sent"),
    ("not_yet", "Not yet time"),
    ("bank_outdated", "Bank not up to date"),
    ("unallocated", "Money received, not yet allocated"),
    ("no_address", "No usable address"),
    ("below_minimum", "Below the minimum amount"),
    ("contact_cap", "Enough messages this week"),
    ("remind", "To be reminded"),
]


class Decision(NamedTuple):
    """What happens to one open item, and why.

    Amounts are in the item's currency, of which ``credit`` is covered by older money of the
    debtor that nobody has allocated.
    ``date`` is the day on which the item is reminded at ``level_id``, or would be when nothing
    stopped it. ``channels`` are the bits (`dunning_level.CHANNEL_BITS`) by which it goes out.
    """

    item_id: int
    move_id: int
    partner_id: int
    contact_id: int
    currency_id: int
    due: date
    outcome: str
    reason: str
    date: date | None
    level_id: int | None
    last_level_id: int | None
    last_date: date | None
    block_id: int | None
    notice_id: int | None
    amount: float
    channels: int = 0
    credit: float = 0.0


class DunningDecision(models.AbstractModel):
    """Facts and decision about open items: the only place where the rules of dunning stand.

    A run, the explanation on an invoice and the check at the moment of sending all read the one
    statement of this model, which writes nothing.
    """

    _name = "dunning.decision"
    _description = "Dunning Decision"

    # === BUSINESS ===#
    @api.model
    def _decide(self, company, day, partners, exclude_notices=None):
        """Return the decisions on every open item of some debtors.

        :param res.company company: items of this company, not of its branches
        :param datetime.date day: the day to decide for
        :param res.partner partners: commercial partners; all their items are needed, since
            amounts below the minimum and unallocated money are judged per debtor
        :param dunning.notice exclude_notices: read as if these notices were not there, to check
            them again when they are sent
        :rtype: list[Decision]
        """
        if not partners:
            return []
        self._prepare_connection()
        query = SQL(
            """%(decision)s
            SELECT item_id, move_id, partner_id, contact_id, currency_id, due, outcome, reason,
                   planned_date, level_id, last_level_id, last_date, block_id, notice_id, amount,
                   channels, deducted
              FROM decision
             ORDER BY due, item_id""",
            decision=self._get_decision_sql(company, day, partners, exclude_notices),
        )
        return [Decision(*row) for row in self.env.execute_query(query)]

    def _get_decision_sql(self, company, day, partners=None, exclude_notices=None):
        """Return ``WITH … decision AS (…)``, one row per open item of ``company``.

        Columns besides those of :class:`Decision`: ``severity``, ``manual``, ``courtesy``,
        ``payable``, ``move_name``, ``invoice_date``.
        """
        sudo = self.sudo().with_company(company)
        policy_sql = sudo.env["res.partner"]._field_to_sql("debtor", "dunning_policy_id")
        default_policy = sudo.env["dunning.policy"]._get_default(company)
        accounts = self._get_receivable_accounts(company)
        payables = self._get_payable_accounts(company)
        start_date = company.dunning_start_date or None
        closed_days = self._get_closed_days(company, day)
        return SQL(
            """
            WITH open_line AS (
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
                SELECT move_id, MAX(day) AS day
                  FROM (
                      SELECT rel.invoice_id AS move_id, under_way.day
                        FROM under_way
                        JOIN account_invoice_transaction_rel rel
                          ON rel.transaction_id = under_way.id
                      UNION ALL
                      SELECT item.move_id, under_way.day
                        FROM under_way
                        JOIN dunning_notice_line line
                          ON line.notice_id = under_way.dunning_notice_id
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
                       move.payment_state, move.is_move_sent, move.direct_debit_state,
                       policy.id AS policy_id, policy.require_sent, policy.days_after_invoice,
                       policy.unallocated_hold_days, policy.escalation,
                       COALESCE(policy.minimum_amount, 0) AS minimum_amount,
                       CASE WHEN move.move_type = 'entry'
                            THEN policy.include_entries IS NOT TRUE
                            ELSE line.no_followup IS TRUE
                        END AS no_followup,
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
            history AS (
                SELECT line.move_line_id AS item_id,
                       MAX(GREATEST(line.severity, level.severity))
                           FILTER (WHERE line.state IN %(sent)s) AS severity,
                       (ARRAY_AGG(line.level_id ORDER BY line.severity DESC)
                           FILTER (WHERE line.state IN %(sent)s))[1] AS last_level_id,
                       MAX(line.sent_date)
                           FILTER (WHERE line.state IN %(sent)s) AS last_date,
                       MAX(line.sent_date)
                           FILTER (WHERE line.state IN %(sent)s AND level.stage <> 'courtesy')
                           AS last_firm_date,
                       MAX(line.term_date)
                           FILTER (WHERE line.state IN %(sent)s AND level.stage <> 'courtesy')
                           AS last_term_date,
                       MAX(line.notice_id)
                           FILTER (WHERE line.state IN %(pending)s %(exclude)s) AS notice_id
                  FROM item
                  JOIN dunning_notice_line line ON line.move_line_id = item.item_id
                  JOIN dunning_level level ON level.id = line.level_id
                 GROUP BY line.move_line_id
            ),
            -- Where a debtor stands whose items climb together: his overdue items that are neither
            -- held nor handed over, as if they were one. A final notice is each item's own: none
            -- is handed over without having had one.
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
                 WHERE item.escalation = 'debtor'
                   AND item.due < %(day)s
                   AND NOT item.no_followup
                   AND item_block.block_id IS NULL
                   AND (item.item_date <= debtor_block.items_until) IS NOT TRUE
                   AND COALESCE(history.severity, 0) < %(handed_over)s
                 GROUP BY item.partner_id, item.policy_id
            ),
            fact AS (
                SELECT item.*, history.last_level_id, history.last_date, history.notice_id,
                       history.severity AS last_severity,
                       COALESCE(
                           item_block.block_id, debtor_block.block_id,
                           CASE WHEN item.item_date <= debtor_block.items_until
                                THEN debtor_block.older_block_id END,
                           company_block.block_id,
                           CASE WHEN item.item_date <= company_block.items_until
                                THEN company_block.older_block_id END
                       ) AS full_block_id,
                       item_block.any_block_id,
                       item.amount_residual_currency - COALESCE(item_block.part, 0) AS amount,
                       COALESCE(
                           credit.received
                               >= GREATEST(overdue.amount, item.amount_residual_currency)
                           OR credit.newest > %(day)s - item.unallocated_hold_days, FALSE
                       ) AS credit_holds,
                       COALESCE(credit.amount, 0) AS credit,
                       COALESCE(under_way.day > %(day)s - item.unallocated_hold_days, FALSE)
                           AS under_way,
                       level.id AS level_id, level.severity, level.stage,
                       level.release = 'manual' AS manual,
                       level.stage = 'courtesy' AS courtesy,
                       COALESCE(
                           item.redirect_id,
                           CASE level.contact_role
                               WHEN 'debtor' THEN item.partner_id
                               WHEN 'reminder' THEN item.reminder_contact_id
                           END,
                           item.invoice_contact_id
                       ) AS contact_id,
                       CASE WHEN level.channel_mode = 'all' THEN level.usable
                            WHEN level.usable & level.preferred_mask <> 0
                            THEN level.preferred_mask
                            ELSE level.usable & -level.usable
                        END AS channels,
                       CASE WHEN level.stage = 'courtesy' THEN item.due + level.delay_days
                            WHEN standing.partner_id IS NOT NULL THEN GREATEST(
                                item.due + standing.first_delay,
                                standing.due + level.delay_days,
                                standing.last_firm_date + level.min_days_after_previous,
                                standing.last_term_date + 1
                            )
                            ELSE GREATEST(
                                item.due + level.delay_days,
                                history.last_firm_date + level.min_days_after_previous,
                                history.last_term_date + 1
                            )
                        END AS earliest
                  FROM item
                 CROSS JOIN company_block
                  LEFT JOIN history ON history.item_id = item.item_id
                  LEFT JOIN item_block ON item_block.move_line_id = item.item_id
                  LEFT JOIN debtor_block ON debtor_block.partner_id = item.partner_id
                  LEFT JOIN payment_under_way under_way ON under_way.move_id = item.move_id
                  LEFT JOIN credit ON credit.partner_id = item.partner_id
                       AND credit.currency_id = item.currency_id
                       AND credit.payable = item.payable
                  LEFT JOIN overdue ON overdue.partner_id = item.partner_id
                       AND overdue.currency_id = item.currency_id
                       AND overdue.payable = item.payable
                  LEFT JOIN standing ON standing.partner_id = item.partner_id
                       AND standing.policy_id = item.policy_id
                       AND item.due < %(day)s
                       AND COALESCE(history.severity, 0) < %(handed_over)s
                  LEFT JOIN LATERAL (
                      SELECT step.*
                        FROM (
                            SELECT rung.*,
                                   rung.channel_mask & COALESCE(
                                       item.redirect_reach,
                                       item.debtor_reach | CASE rung.contact_role
                                           WHEN 'debtor' THEN 0
                                           WHEN 'invoice' THEN item.invoice_reach
                                           ELSE COALESCE(item.reminder_reach, item.invoice_reach)
                                       END
                                   ) AS usable
                              FROM dunning_level rung
                             WHERE rung.policy_id = item.policy_id
                               AND rung.active
                        ) step
                       WHERE step.severity
                             > COALESCE(GREATEST(history.severity, standing.severity), 0)
                         AND (step.stage <> 'courtesy'
                              OR (%(day)s < item.due
                                  AND (item.invoice_date IS NULL
                                       OR item.due + step.delay_days
                                          > item.invoice_date + item.days_after_invoice)
                                  AND step.usable <> 0))
                         %(by_age)s
                       ORDER BY step.severity
                       LIMIT 1
                  ) level ON TRUE
            ),
            judged AS (
                SELECT fact.*,
                       COALESCE(full_block_id, CASE WHEN amount <= 0 THEN any_block_id END)
                           AS block_id,
                       CASE
                           WHEN partner_id IN (SELECT partner_id FROM own_group)
                           THEN 'own_group'
                           WHEN policy_id IS NULL THEN 'no_policy'
                           WHEN no_followup THEN 'no_followup'
                           WHEN payment_state = 'blocked' THEN 'payment_blocked'
                           WHEN direct_debit_state = 'collected' THEN 'direct_debit'
                           WHEN payment_state = 'in_payment' OR under_way THEN 'under_way'
                           WHEN full_block_id IS NOT NULL OR amount <= 0 THEN 'block'
                           WHEN notice_id IS NOT NULL THEN 'pending'
                           WHEN due < %(first_due)s AND last_severity IS NULL THEN 'before_start'
                           WHEN move_type NOT IN ('entry', 'in_refund') AND require_sent
                                AND is_move_sent IS NOT TRUE THEN 'not_delivered'
                           WHEN level_id IS NULL THEN 'finished'
                           WHEN %(day)s < earliest THEN 'not_yet'
                           WHEN %(bank_outdated)s THEN 'bank_outdated'
                           WHEN credit_holds THEN 'unallocated'
                           WHEN stage <> 'handover' AND channels = 0 THEN 'no_address'
                           ELSE 'remind'
                       END AS reason_by_itself
                  FROM fact
            ),
            -- Older unallocated money is too little to hold what is overdue: it is deducted from
            -- what is asked now, unless it covers that.
            asked AS (
                SELECT judged.*,
                       reason_by_itself = 'remind' AND NOT courtesy AS is_asked,
                       SUM(amount) FILTER (WHERE reason_by_itself = 'remind' AND NOT courtesy)
                           OVER (PARTITION BY partner_id, currency_id, payable) AS amount_asked
                  FROM judged
            ),
            netted AS (
                SELECT asked.*,
                       CASE WHEN is_asked AND credit >= amount_asked THEN 'unallocated'
                            ELSE reason_by_itself
                        END AS reason_when_netted,
                       CASE WHEN is_asked THEN credit * amount / amount_asked ELSE 0
                        END AS deducted
                  FROM asked
            ),
            weighed AS (
                SELECT netted.*,
                       CASE WHEN reason_when_netted = 'remind'
                             AND minimum_amount > SUM(
                                 amount_residual * (amount - deducted) / amount_residual_currency
                             ) FILTER (WHERE reason_when_netted = 'remind')
                               OVER (PARTITION BY partner_id)
                            THEN 'below_minimum'
                            ELSE reason_when_netted
                        END AS reason_by_amount
                  FROM netted
            ),
            %(capped)s,
            closed_day AS (
                SELECT *
                  FROM UNNEST(%(closed_days)s::date[], %(open_days)s::date[]) AS t (day, next_day)
            ),
            decision AS (
                SELECT capped.*,
                       COALESCE(closed_day.next_day, wished_date) AS planned_date,
                       CASE WHEN reason = 'remind' THEN 'remind'
                            WHEN reason IN ('not_yet', 'pending', 'below_minimum', 'finished',
                                            'contact_cap')
                            THEN 'wait'
                            ELSE 'block'
                        END AS outcome
                  FROM capped
                  LEFT JOIN closed_day ON closed_day.day = capped.wished_date
            )
            """,
            accounts=tuple((accounts | payables).ids) or (0,),
            payable_accounts=tuple(payables.ids) or (0,),
            addressee_reach=self._get_reach_sql("addressee"),
            debtor_reach=self._get_reach_sql("debtor"),
            in_charge_reach=self._get_reach_sql("in_charge"),
            office_reach=self._get_reach_sql("office"),
            reminder_reach=self._get_reach_sql("reminder"),
            first_due=start_date if company.dunning_begin == "date" else None,
            by_age=self._get_by_age_sql(company),
            bank_outdated=self._is_bank_outdated(company, day),
            capped=self._get_capped_sql(company, day, exclude_notices),
            closed_days=list(closed_days),
            open_days=list(closed_days.values()),
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
            partner_policy=policy_sql,
            target_groups=self._get_target_group_sql(company),
            default_policy_id=default_policy.id or None,
            sent=SENT_STATES,
            final=self.env["dunning.level"]._get_stage_severity("final"),
            handed_over=self.env["dunning.level"]._get_stage_severity("handover"),
            pending=PENDING_STATES,
            exclude=SQL("AND line.notice_id NOT IN %s", tuple(exclude_notices.ids))
            if exclude_notices
            else SQL(),
            to_flush=self._get_flushed_fields(),
        )
