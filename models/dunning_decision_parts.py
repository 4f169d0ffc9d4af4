from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from .dunning_decision import PENDING_STATES
from .dunning_level import CHANNEL_BITS

# Days ahead for which planned days are moved to working days.
CALENDAR_DAYS = 400

# Items that are reminded go out as one message when they are alike in these columns of the
# decision. A hand-over tells the debtor nothing, and would take his reminders along.
MESSAGE_KEY = SQL("partner_id, stage = 'handover', courtesy, contact_id, currency_id, payable")

# Tables that an import fills, and from how many new rows on the planner's figures matter.
PLANNED_TABLES = (
    "account_move",
    "account_move_line",
    "dunning_block",
    "dunning_notice_line",
    "res_partner",
)
MANY_ROWS = 1000

# Fields that the statement reads; the ORM flushes them before it runs.
FLUSHED_FIELDS = {
    "account.move": (
        "direct_debit_state",
        "dispute_id",
        "dunning_policy_id",
        "invoice_date",
        "is_move_sent",
        "journal_id",
        "move_type",
        "name",
        "partner_id",
        "payment_state",
    ),
    "account.move.line": (
        "account_id",
        "amount_residual",
        "amount_residual_currency",
        "company_id",
        "currency_id",
        "date",
        "date_maturity",
        "move_id",
        "no_followup",
        "parent_state",
        "partner_id",
        "reconciled",
    ),
    "account.journal": ("type",),
    "dunning.block": (
        "amount",
        "company_id",
        "date_from",
        "date_to",
        "items_until",
        "lifted_date",
        "move_line_id",
        "partner_id",
    ),
    "dunning.level": (
        "active",
        "channel_mask",
        "channel_mode",
        "contact_role",
        "delay_days",
        "min_days_after_previous",
        "policy_id",
        "preferred_mask",
        "release",
        "severity",
        "stage",
    ),
    "dunning.notice": ("company_id", "date", "level_id", "partner_id", "sent_date", "state"),
    "dunning.notice.line": (
        "level_id",
        "move_line_id",
        "notice_id",
        "sent_date",
        "severity",
        "state",
        "term_date",
    ),
    "dunning.policy": (
        "active",
        "days_after_invoice",
        "escalation",
        "include_entries",
        "minimum_amount",
        "require_sent",
        "unallocated_hold_days",
    ),
    "mail.blacklist": ("active", "email"),
    "payment.transaction": (
        "dunning_notice_id",
        "invoice_ids",
        "is_post_processed",
        "last_state_change",
        "state",
    ),
    "phone.blacklist": ("active", "number"),
    "res.company": ("partner_id",),
    "res.partner": (
        "active",
        "city",
        "commercial_partner_id",
        "debtor_status",
        "debtor_status_contact_id",
        "dunning_addressee_id",
        "dunning_bounced_email",
        "dunning_mail_returned",
        "email_normalized",
        "phone",
        "phone_sanitized",
        "street",
        "type",
    ),
}


class DunningDecision(models.AbstractModel):
    """Parts of the decision statement, and what it needs of the database."""

    _inherit = "dunning.decision"

    # === BUSINESS: CONNECTION ===#
    def _prepare_connection(self):
        """Compiling the statement just in time costs more than it saves: 2.5 to 5 times."""
        self.env.cr.execute("SET LOCAL jit = off")

    def _prepare_planner(self):
        """Let the planner know tables that were filled since it last looked at them.

        Between a large import and the next round of the database's own maintenance it expects a
        handful of open items, and compares all of them with each other.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT relname FROM pg_stat_user_tables
                 WHERE relname IN %s AND schemaname = current_schema
                   AND n_mod_since_analyze > GREATEST(%s, n_live_tup / 2)""",
                PLANNED_TABLES,
                MANY_ROWS,
            )
        )
        if rows:
            tables = SQL(", ").join(SQL.identifier(table) for (table,) in rows)
            self.env.cr.execute(SQL("ANALYZE %s", tables))

    # === BUSINESS: PARTS OF THE STATEMENT ===#
    def _get_target_group_sql(self, company):
        """Debtors with open lines and the first policy whose target group has them."""
        partners = self.env["res.partner"].sudo().with_company(company)
        partners = partners.with_context(active_test=False)
        groups = [
            SQL(
                "SELECT id AS partner_id, %s AS policy_id, %s AS position FROM res_partner "
                "WHERE id IN (SELECT partner_id FROM open_line) AND id IN %s",
                policy.id,
                position,
                partners._search(policy._get_debtor_domain()).subselect(),
            )
            for position, policy in enumerate(
                self.env["dunning.policy"]._get_with_target_group(company)
            )
        ]
        if not groups:
            return SQL("SELECT NULL::integer AS partner_id, NULL::integer AS policy_id")
        return SQL(
            "SELECT DISTINCT ON (partner_id) partner_id, policy_id FROM (%s) AS target "
            "ORDER BY partner_id, position",
            SQL(" UNION ALL ").join(groups),
        )

    def _get_receivable_accounts(self, company):
        """Accounts whose open lines are items, as ids, so that the core's index serves."""
        return self._get_accounts(company, "asset_receivable")

    def _get_payable_accounts(self, company):
        """Accounts on which suppliers may owe us; none while the company does not remind them."""
        if not company.dunning_supplier_debits:
            return self.env["account.account"]
        return self._get_accounts(company, "liability_payable")

    def _get_accounts(self, company, account_type):
        accounts = self.env["account.account"].sudo().with_company(company)
        return accounts.with_context(active_test=False).search(
            [
                *accounts._check_company_domain(company),
                ("account_type", "=", account_type),
                ("non_trade", "=", False),
            ]
        )

    def _get_reach_sql(self, alias):
        """The channels by which a partner can be reached, as bits.

        Addresses that bounced or came back do not count until they are others, nor do those on
        Odoo's blacklists.
        """
        partner = SQL.identifier(alias)
        return SQL(
            """(
            CASE WHEN COALESCE(%(partner)s.email_normalized, '') = ''
                   OR %(partner)s.email_normalized = LOWER(%(partner)s.dunning_bounced_email)
                   OR %(partner)s.email_normalized IN (
                       SELECT email FROM mail_blacklist WHERE active)
                 THEN 0 ELSE %(email)s END
            | CASE WHEN COALESCE(%(partner)s.street, '') = ''
                     OR COALESCE(%(partner)s.city, '') = ''
                     OR %(partner)s.dunning_mail_returned
                   THEN 0 ELSE %(on_site)s END
            | CASE WHEN COALESCE(%(partner)s.phone, '') = '' THEN 0
                   WHEN %(partner)s.phone_sanitized IN (
                       SELECT number FROM phone_blacklist WHERE active)
                   THEN %(call)s ELSE %(by_phone)s END
            )""",
            partner=partner,
            email=CHANNEL_BITS["email"],
            on_site=CHANNEL_BITS["letter"] | CHANNEL_BITS["visit"],
            call=CHANNEL_BITS["call"],
            by_phone=CHANNEL_BITS["call"] | CHANNEL_BITS["sms"],
        )

    def _get_obstacle_sql(self, company, day, with_pauses=False):
        """The reason for which an item is held whatever its turn would be, or NULL.

        :param bool with_pauses: also what holds everything of its debtor or the company; without
            that, what is held by itself can be told from what goes on beside it
        """
        return SQL(
            """CASE
                WHEN item.no_followup THEN 'no_followup'
                WHEN item.payment_state = 'blocked' THEN 'payment_blocked'
                WHEN item.direct_debit_state = 'collected' THEN 'direct_debit'
                WHEN item.payment_state = 'in_payment'
                     OR under_way.day > %(day)s - item.unallocated_hold_days THEN 'under_way'
                WHEN item_block.block_id IS NOT NULL
                     OR item_block.part >= item.amount_residual_currency
                     OR item.item_date <= debtor_block.items_until
                     OR item.item_date <= company_block.items_until
                     %(pauses)s THEN 'block'
                WHEN item.due < %(first_due)s AND history.severity IS NULL THEN 'before_start'
            END""",
            day=day,
            pauses=SQL("OR debtor_block.block_id IS NOT NULL OR company_block.block_id IS NOT NULL")
            if with_pauses
            else SQL(),
            first_due=(company.dunning_start_date or None)
            if company.dunning_begin == "date"
            else None,
        )

    def _get_by_age_sql(self, company):
        """Condition on the first level of what was overdue already when the company began.

        Such an item begins at the level that its age on that day calls for: one message, instead
        of all levels one after the other. It is never handed over without one.
        """
        if company.dunning_begin != "age" or not company.dunning_start_date:
            return SQL()
        return SQL(
            """
            AND (item.due >= %(start)s
                 OR history.severity IS NOT NULL
                 OR step.severity >= COALESCE((
                     SELECT MAX(reached.severity)
                       FROM dunning_level reached
                      WHERE reached.policy_id = item.policy_id
                        AND reached.active
                        AND reached.stage NOT IN ('courtesy', 'handover')
                        AND item.due + reached.delay_days <= %(start)s), 0))""",
            start=company.dunning_start_date,
        )

    def _get_capped_sql(self, company, day, exclude_notices=None):
        """``capped AS (…)``: at most so many messages per debtor within seven days.

        Reminders that wait to be sent count when new ones are proposed. When they are checked
        again at the moment of sending only what was really sent does: they were counted before.
        A hand-over is no message.
        """
        if not company.dunning_weekly_cap:
            return SQL(
                """capped AS (
                SELECT weighed.*, reason_by_amount AS reason,
                       GREATEST(earliest, %s) AS wished_date
                  FROM weighed)""",
                day,
            )
        pending = SQL() if exclude_notices else SQL("OR notice.state IN %s", PENDING_STATES)
        return SQL(
            """recent AS (
                SELECT notice.partner_id, COUNT(*) AS messages,
                       MIN(COALESCE(notice.sent_date, notice.date)) + 7 AS free_day
                  FROM dunning_notice notice
                  JOIN dunning_level level ON level.id = notice.level_id
                 WHERE notice.company_id = %(company_id)s
                   AND level.stage <> 'handover'
                   AND COALESCE(notice.sent_date, notice.date) > %(day)s - 7
                   AND (notice.state IN ('sent', 'corrected') %(pending)s)
                 GROUP BY notice.partner_id
            ),
            ranked AS (
                SELECT weighed.*, recent.free_day,
                       reason_by_amount = 'remind' AND stage <> 'handover'
                       AND COALESCE(recent.messages, 0) + DENSE_RANK() OVER (
                           PARTITION BY partner_id, reason_by_amount ORDER BY %(message_key)s
                       ) > %(cap)s AS is_capped
                  FROM weighed
                  LEFT JOIN recent USING (partner_id)
            ),
            capped AS (
                SELECT ranked.*,
                       CASE WHEN is_capped THEN 'contact_cap' ELSE reason_by_amount
                        END AS reason,
                       GREATEST(earliest, %(day)s,
                                CASE WHEN is_capped THEN COALESCE(free_day, %(day)s + 7) END
                       ) AS wished_date
                  FROM ranked)""",
            company_id=company.id,
            day=day,
            pending=pending,
            cap=company.dunning_weekly_cap,
            message_key=MESSAGE_KEY,
        )

    def _get_closed_days(self, company, day):
        """Days without reminders from ``day`` on, each with the next day that has them."""
        closed = company._get_dunning_closed_days(day, day + timedelta(days=CALENDAR_DAYS))
        following = {}
        for closed_day in reversed(closed):
            next_day = closed_day + timedelta(days=1)
            following[closed_day] = following.get(next_day, next_day)
        return following

    def _is_bank_outdated(self, company, day):
        """Whether payments may have come in that the books do not know yet."""
        if not company.dunning_bank_max_age:
            return False
        newest = self._get_newest_bank_date(company)
        return bool(newest) and newest < day - timedelta(days=company.dunning_bank_max_age)

    def _get_newest_bank_date(self, company):
        """Day of the newest bank transaction; nothing where bank statements are not booked."""
        line = (
            self.env["account.bank.statement.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("journal_id.type", "=", "bank"),
                    ("state", "=", "posted"),
                ],
                order="internal_index desc",
                limit=1,
            )
        )
        return line.date
