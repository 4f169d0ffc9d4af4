"""What dunning remembers of generated items: reminders that were sent, and blocks."""

from datetime import timedelta

from odoo.tools import SQL

from .copying import dice, one_of

# Per thousand debtors: the last stage that went out for what they owe, as far as it had come due.
LAST_STAGES = {"none": 120, "reminder": 350, "firm": 280, "final": 180, "handover": 70}
# Of the paid items, these were reminded before they were paid.
PAID_AFTER_REMINDER = 300

# Per thousand debtors or items.
DEBTORS_BLOCKED = 15
ITEMS_BLOCKED = 15
ITEMS_BLOCKED_IN_PART = 10
ITEMS_BLOCKED_BEFORE = 30
BLOCKED_PART = 5


def add_history(env, day, policy):
    """Weekly runs of the past year: on Mondays every level went out that had come due."""
    env.cr.execute("DROP TABLE IF EXISTS bench_sent")
    env.cr.execute(
        SQL(
            """
            CREATE TEMP TABLE bench_sent AS
            SELECT item.*, level.id AS level_id, level.severity, level.payment_days,
                   monday.day AS sent_date
              FROM (%(items)s) AS item
              JOIN (%(stages)s) AS ladder
                ON CASE WHEN item.paid THEN ladder.position = 1 AND %(paid)s
                        ELSE ladder.share <= %(dice)s %% 1000 END
              JOIN dunning_level level
                ON level.stage = ladder.stage AND level.policy_id = %(policy)s
             CROSS JOIN LATERAL (
                  SELECT due.day + (8 - EXTRACT(ISODOW FROM due.day)::int) %% 7 AS day
                    FROM (SELECT item.due + level.delay_days AS day) AS due
             ) AS monday
             WHERE monday.day < %(day)s AND item.sent;
            ANALYZE bench_sent;

            INSERT INTO dunning_run (name, date, company_id, state)
            SELECT 'History ' || sent_date, sent_date, %(company)s, 'done'
              FROM bench_sent
             GROUP BY sent_date
             ORDER BY sent_date;

            CREATE TEMP TABLE bench_notice AS
            SELECT nextval('dunning_notice_id_seq')::int AS id, notice.*
              FROM (
                  SELECT debtor_id, contact_id, currency_id, sent_date,
                         SUM(amount) AS amount,
                         (ARRAY_AGG(level_id ORDER BY severity DESC))[1] AS level_id
                    FROM bench_sent
                   GROUP BY debtor_id, contact_id, currency_id, sent_date
                   ORDER BY sent_date, debtor_id
              ) AS notice;
            ANALYZE bench_notice;
            INSERT INTO dunning_notice (
                id, name, run_id, company_id, partner_id, contact_id, currency_id, level_id, date,
                state, sent_date, manual_release, amount_residual, amount_total, use_email,
                use_letter, attempts, create_uid, create_date)
            SELECT notice.id, 'REM' || notice.id, run.id, %(company)s, notice.debtor_id,
                   notice.contact_id, notice.currency_id, notice.level_id, notice.sent_date,
                   'sent', notice.sent_date, FALSE, notice.amount, notice.amount, TRUE, FALSE, 1,
                   1, notice.sent_date
              FROM bench_notice notice
              JOIN (SELECT date, MAX(id) AS id FROM dunning_run GROUP BY date) AS run
                ON run.date = notice.sent_date
             ORDER BY notice.id;
            INSERT INTO dunning_notice_line (
                notice_id, move_line_id, level_id, company_id, state, severity, sent_date,
                term_date, move_name, invoice_date, date_maturity, amount_residual)
            SELECT notice.id, sent.item_id, sent.level_id, %(company)s, 'sent', sent.severity,
                   sent.sent_date, sent.sent_date + sent.payment_days, sent.move_name,
                   sent.invoice_date, sent.due, sent.amount
              FROM bench_sent sent
              JOIN bench_notice notice
                ON notice.debtor_id = sent.debtor_id AND notice.contact_id = sent.contact_id
               AND notice.currency_id = sent.currency_id AND notice.sent_date = sent.sent_date
             ORDER BY notice.id;
            DROP TABLE bench_notice""",
            items=_get_items_sql(),
            stages=_get_stages_sql(),
            dice=dice(SQL("item.debtor_id"), "stage"),
            paid=one_of(SQL("item.item_id"), "paid", PAID_AFTER_REMINDER),
            policy=policy.id,
            company=env.company.id,
            day=day,
        )
    )


def _get_items_sql():
    """The receivable lines that were generated last."""
    return SQL("""
        SELECT line.id AS item_id, line.date_maturity AS due, line.move_name, line.invoice_date,
               line.currency_id, document.debtor_id, document.contact_id, document.sent,
               document.pattern = 'paid' AS paid,
               CASE WHEN document.pattern = 'paid' THEN line.amount_currency
                    ELSE line.amount_residual_currency END AS amount
          FROM bench_copied_line copied
          JOIN bench_document document ON document.n = copied.n
          JOIN account_move_line line ON line.id = copied.id
         WHERE line.display_type = 'payment_term'""")


def _get_stages_sql():
    """Each stage with the dice from which on it was sent."""
    rows = []
    share = 0
    for position, (stage, per_thousand) in enumerate(LAST_STAGES.items()):
        if position:
            rows.append(SQL("(%s, %s, %s)", position, stage, share))
        share += per_thousand
    return SQL("SELECT * FROM (VALUES %s) AS stage (position, stage, share)", SQL(", ").join(rows))


def add_blocks(env, day):
    """Pauses and disputes of now, and some that are over."""
    debtors = SQL("SELECT id AS debtor_id, NULL::int AS item_id, id AS number FROM bench_debtor")
    items = SQL(
        "SELECT debtor_id, item_id, item_id AS number FROM (%s) AS item WHERE NOT paid",
        _get_items_sql(),
    )
    soon, past = day + timedelta(days=20), day - timedelta(days=1)
    for kind, source, share, until, amount in (
        ("pause", debtors, DEBTORS_BLOCKED, soon, 0),
        ("dispute", items, ITEMS_BLOCKED, None, 0),
        ("other", items, ITEMS_BLOCKED_IN_PART, soon, BLOCKED_PART),
        ("promise", items, ITEMS_BLOCKED_BEFORE, past, 0),
    ):
        env.cr.execute(
            SQL(
                """
                INSERT INTO dunning_block (
                    kind, scope, reason, company_id, partner_id, move_line_id, date_from, date_to,
                    amount)
                SELECT %(kind)s, CASE WHEN item_id IS NULL THEN 'debtor' ELSE 'item' END,
                       'Generated', %(company)s, debtor_id, item_id, %(start)s, %(until)s,
                       %(amount)s
                  FROM (%(source)s) AS source
                 WHERE %(chosen)s""",
                kind=kind,
                company=env.company.id,
                start=day - timedelta(days=30),
                until=until,
                amount=amount,
                source=source,
                chosen=one_of(SQL("number"), kind, share),
            )
        )
