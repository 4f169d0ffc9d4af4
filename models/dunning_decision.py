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
        closed_days = self._get_closed_days(company, day)
        return SQL(
            """
            WITH %(facts)s,
            fact AS (
                SELECT item.*, history.last_level_id, history.last_date, history.notice_id,
                       (history.last_firm_date = %(day)s) IS TRUE AS asked_today,
                       COALESCE(
                           item_block.block_id, debtor_block.block_id,
                           CASE WHEN item.item_date <= debtor_block.items_until
                                THEN debtor_block.older_block_id END,
                           company_block.block_id,
                           CASE WHEN item.item_date <= company_block.items_until
                                THEN company_block.older_block_id END
                       ) AS full_block_id,
                       item_block.any_block_id,
                       GREATEST(
                           item.amount_residual_currency - COALESCE(item_block.part, 0), 0
                       ) AS amount,
                       -- Bills of a supplier are no money that came in: new ones hold nothing.
                       COALESCE(
                           credit.received
                               >= GREATEST(overdue.amount, item.amount_residual_currency)
                           OR (NOT item.payable
                               AND credit.newest > %(day)s - item.unallocated_hold_days), FALSE
                       ) AS credit_holds,
                       COALESCE(credit.amount, 0) AS credit,
                       %(obstacle)s AS obstacle,
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
                           WHEN obstacle IS NOT NULL THEN obstacle
                           WHEN notice_id IS NOT NULL THEN 'pending'
                           WHEN is_undelivered THEN 'not_delivered'
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
            -- what is asked now, unless it covers that. A debtor with several messages is asked
            -- all of them together, also when the others wait to be sent or left today.
            counted AS (
                SELECT judged.*,
                       asked_today OR reason_by_itself IN ('remind', 'pending') AS is_counted
                  FROM judged
            ),
            asked AS (
                SELECT counted.*,
                       is_counted AND courtesy IS NOT TRUE AS bears_credit,
                       SUM(amount) FILTER (WHERE is_counted AND courtesy IS NOT TRUE)
                           OVER (PARTITION BY partner_id, currency_id, payable) AS amount_asked
                  FROM counted
            ),
            shared AS (
                SELECT asked.*,
                       CASE WHEN bears_credit AND credit < amount_asked
                            THEN credit * amount / amount_asked ELSE 0
                        END AS share,
                       CASE WHEN bears_credit AND credit >= amount_asked
                             AND reason_by_itself = 'remind' THEN 'unallocated'
                            ELSE reason_by_itself
                        END AS reason_when_netted
                  FROM asked
            ),
            netted AS (
                SELECT shared.*,
                       CASE WHEN reason_when_netted = 'remind' THEN share ELSE 0 END AS deducted,
                       is_counted AND reason_when_netted <> 'unallocated' AS is_weighed
                  FROM shared
            ),
            weighed AS (
                SELECT netted.*,
                       CASE WHEN reason_when_netted = 'remind'
                             AND minimum_amount > ROUND(SUM(
                                 amount_residual * (amount - share) / amount_residual_currency
                             ) FILTER (WHERE is_weighed)
                               OVER (PARTITION BY partner_id), %(digits)s)
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
                       CASE WHEN level_id IS NOT NULL
                            THEN COALESCE(closed_day.next_day, wished_date)
                        END AS planned_date,
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
            facts=self._get_facts_sql(company, day, partners, exclude_notices),
            obstacle=self._get_obstacle_sql(company, day, with_pauses=True),
            by_age=self._get_by_age_sql(company),
            bank_outdated=self._is_bank_outdated(company, day),
            capped=self._get_capped_sql(company, day, exclude_notices),
            closed_days=list(closed_days),
            open_days=list(closed_days.values()),
            day=day,
            digits=company.currency_id.decimal_places,
            handed_over=self.env["dunning.level"]._get_stage_severity("handover"),
        )
