"""Posted receivables in large numbers: copies of real documents, made by the database itself.

Everything that the ORM stored for a pattern is copied with it (lines, taxes, reconciliation), so
that a copy can be opened, paid and reminded like any other document.
"""

from odoo.tools import SQL

from .copying import copy_rows, dice, one_of, without_indexes
from .debtors import add_debtors
from .memory import add_blocks, add_history
from .patterns import make_patterns

ITEMS_PER_DEBTOR = 10
# Of eleven open items, two belong to one invoice in two parts and one is paid in part.
OPEN_CYCLE = ("installments", "part_paid", *("open_0", "open_1", "open_2") * 2, "open_0", "open_1")
# Due dates run from almost a year ago until a month ahead.
OLDEST, NEWEST = -335, 30
# Names of copies end in numbers that no real document reaches.
FIRST_NUMBER = 1_000_000

# Shares per thousand of the debtors or the invoices.
# Condition on a debtor that holds for one in ten: they are the target group of another policy.
TARGET_GROUP = [("email", "ilike", "1@buyer.example")]
RECENT_CREDIT = 20
OLD_CREDIT = 30
NOT_SENT = 40
# Some debtor owes a great deal more than the others: from that many items on, at most so many.
LARGE_STEP = 100_000
LARGE_DEBTOR = 10_000

# Documents that are copied at a time: sorting them stays in memory.
SLICE = 100_000
FILLED = ("account_move", "account_move_line")
MANY2MANY = ("account_move_line_account_tax_rel", "account_account_tag_account_move_line_rel")


class Generator:
    """Fills a database in steps: each adds debtors, open items, as many paid ones and history.

    Debtors have three policies: the default, by their target group, and chosen by hand.
    """

    def __init__(self, env, day):
        self.env = env
        self.cr = env.cr
        self.day = day
        self.debtor = self._make_debtor()
        self.patterns = make_patterns(env, self.debtor, day)
        self.policy = env["dunning.policy"]._get_default(env.company)
        # What is measured is the one statement that proposes, not the interest of every item.
        self.policy.level_ids.write({"cost_scheme": "none", "charge_interest": False})
        self.own_policy = self.policy.copy({"company_id": env.company.id})
        self.policy.copy({"company_id": env.company.id, "debtor_domain": repr(TARGET_GROUP)})
        env.flush_all()
        self._make_tables()
        self._keep_models()

    def add(self, items):
        """Add about ``items`` open items with what belongs to them, and commit.

        Nothing that is copied can refer to what is not there, so that the database need not check
        it: it would with plans from when the tables were empty, and not come to an end.
        """
        self.cr.execute(
            """
            SET LOCAL session_replication_role = replica;
            SET LOCAL work_mem = '256MB';
            SET LOCAL jit = off;
            TRUNCATE bench_document, bench_copied_move, bench_copied_line, bench_debtor"""
        )
        add_debtors(self.env, self.debtor, max(items // ITEMS_PER_DEBTOR, 1), self.own_policy)
        self._plan_documents(items)
        self._plan_copies()
        with without_indexes(self.cr, *(FILLED if items >= LARGE_STEP else ())):
            self._copy_documents()
        self.cr.execute("ANALYZE account_move, account_move_line, res_partner")
        add_history(self.env, self.day, self.policy)
        add_blocks(self.env, self.day)
        self.cr.commit()
        self.cr.execute("ANALYZE")
        self.cr.commit()
        self.env.invalidate_all()

    def count_open_items(self):
        accounts = self.env["dunning.decision"]._get_receivable_accounts(self.env.company)
        return self.env["account.move.line"].search_count(
            [
                ("account_id", "in", accounts.ids),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ]
        )

    # === PREPARATION ===#
    def _make_debtor(self):
        return self.env["res.partner"].create(
            {
                "name": "Pattern Debtor",
                "is_company": True,
                "email": "debtor@buyer.example",
                "street": "1 Main Street",
                "zip": "1000 AA",
                "city": "Amsterdam",
                "country_id": self.env.ref("base.nl").id,
            }
        )

    def _make_tables(self):
        self.cr.execute("""
            CREATE TEMP TABLE bench_debtor (n int PRIMARY KEY, id int, contact_id int);
            CREATE TEMP TABLE bench_document (
                n bigint PRIMARY KEY, pattern text, debtor_id int, contact_id int, shift int,
                sent bool, partial_id int, full_id int);
            CREATE TEMP TABLE bench_copied_move (
                n bigint, model_id int, id int, PRIMARY KEY (n, model_id));
            CREATE TEMP TABLE bench_copied_line (
                n bigint, model_id int, id int, move_id int, PRIMARY KEY (n, model_id));
            CREATE TEMP TABLE bench_pattern (
                name text PRIMARY KEY, move_ids int[], partial_id int, full_id int)
        """)
        self.cr.execute_values(
            "INSERT INTO bench_pattern VALUES %s",
            [
                (pattern.name, list(pattern.move_ids), pattern.partial_id, pattern.full_id)
                for pattern in self.patterns.values()
            ],
        )
        self.cr.execute("ANALYZE bench_pattern")

    def _keep_models(self):
        """Set the rows apart that are copied, as finding them takes ever longer in tables that
        fill up and that nothing has analyzed yet."""
        patterns = self.patterns.values()
        moves = self.env["account.move"].browse(
            move_id for pattern in patterns for move_id in pattern.move_ids
        )
        rows = {
            "account_move": ("id", moves.ids),
            "account_move_line": ("id", moves.line_ids.ids),
            **dict.fromkeys(MANY2MANY, ("account_move_line_id", moves.line_ids.ids)),
            "account_partial_reconcile": ("id", [pattern.partial_id for pattern in patterns]),
            "account_full_reconcile": ("id", [pattern.full_id for pattern in patterns]),
        }
        for table, (column, ids) in rows.items():
            self.cr.execute(
                SQL(
                    "CREATE TEMP TABLE %(kept)s AS "
                    "SELECT * FROM %(table)s WHERE %(column)s IN %(ids)s; ANALYZE %(kept)s",
                    kept=_get_kept(table),
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    ids=tuple(ids),
                )
            )

    # === DOCUMENTS ===#
    def _plan_documents(self, items):
        """Number the documents in the order of their dates; chance assigns the debtors."""
        per_cycle = len(OPEN_CYCLE) + OPEN_CYCLE.count("installments")
        invoices = round(items * len(OPEN_CYCLE) / per_cycle)
        self.cr.execute(
            SQL(
                """
                INSERT INTO bench_document (n, pattern, debtor_id, contact_id, shift, sent)
                SELECT ROW_NUMBER() OVER (ORDER BY document.shift, document.pattern, document.k),
                       document.pattern, debtor.id, COALESCE(debtor.contact_id, debtor.id),
                       document.shift, document.sent
                  FROM (
                      SELECT k, (%(cycle)s::text[])[k %% %(cycle_length)s + 1] AS pattern,
                             %(oldest)s + k * %(span)s / %(invoices)s AS shift,
                             CASE WHEN k %% 11 = 0 AND k < 11 * %(large)s THEN 1
                                  ELSE %(dice)s %% %(debtors)s + 1 END AS debtor_n,
                             NOT %(not_sent)s AS sent
                        FROM generate_series(0::bigint, %(invoices)s - 1) AS k
                      UNION ALL
                      SELECT k, 'paid', %(oldest)s - k * %(oldest)s / %(invoices)s,
                             %(paid_dice)s %% %(debtors)s + 1, TRUE
                        FROM generate_series(0::bigint, %(invoices)s - 1) AS k
                      UNION ALL
                      SELECT n, 'large_credit', -2, n, TRUE FROM bench_debtor
                       WHERE %(recent_credit)s
                      UNION ALL
                      SELECT n, 'credit', -60, n, TRUE FROM bench_debtor WHERE %(old_credit)s
                  ) AS document
                  JOIN bench_debtor debtor ON debtor.n = document.debtor_n""",
                cycle=list(OPEN_CYCLE),
                cycle_length=len(OPEN_CYCLE),
                oldest=OLDEST,
                span=NEWEST - OLDEST,
                invoices=invoices,
                large=min(LARGE_DEBTOR, invoices // 11) if items >= LARGE_STEP else 0,
                debtors=SQL("(SELECT COUNT(*) FROM bench_debtor)"),
                dice=dice(SQL("k"), "debtor"),
                paid_dice=dice(SQL("k"), "debtor of a paid invoice"),
                not_sent=one_of(SQL("k"), "sent", NOT_SENT),
                recent_credit=one_of(SQL("id"), "recent credit", RECENT_CREDIT),
                old_credit=one_of(SQL("id"), "old credit", OLD_CREDIT),
            )
        )

    def _plan_copies(self):
        """Give every row that is going to be copied its new id."""
        self.cr.execute(
            """
            UPDATE bench_document document
               SET partial_id = CASE WHEN pattern.partial_id IS NOT NULL
                        THEN nextval('account_partial_reconcile_id_seq') END,
                   full_id = CASE WHEN pattern.full_id IS NOT NULL
                        THEN nextval('account_full_reconcile_id_seq') END
              FROM bench_pattern pattern
             WHERE pattern.name = document.pattern;
            INSERT INTO bench_copied_move (n, model_id, id)
            SELECT n, model_id, nextval('account_move_id_seq')
              FROM (
                  SELECT document.n, UNNEST(pattern.move_ids) AS model_id
                    FROM bench_document document
                    JOIN bench_pattern pattern ON pattern.name = document.pattern
                   ORDER BY document.n
              ) AS move;
            INSERT INTO bench_copied_line (n, model_id, id, move_id)
            SELECT n, line_id, nextval('account_move_line_id_seq'), move_id
              FROM (
                  SELECT move.n, line.id AS line_id, move.id AS move_id
                    FROM bench_copied_move move
                    JOIN bench_account_move_line line ON line.move_id = move.model_id
                   ORDER BY move.id, line.id
              ) AS line;
            ANALYZE bench_document, bench_copied_move, bench_copied_line, bench_debtor"""
        )

    def _copy_documents(self):
        self.cr.execute("SELECT COALESCE(MAX(n), 0) FROM bench_document")
        for start in range(1, self.cr.fetchone()[0] + 1, SLICE):
            self._copy_moves(start, start + SLICE - 1)
            self._copy_lines(start, start + SLICE - 1)
            self._copy_reconciliation(start, start + SLICE - 1)

    def _copy_moves(self, first, last):
        prefix, number = _numbered("model", "id")
        name = SQL("%s || (%s)", prefix, number)
        copy_rows(
            self.cr,
            "account_move",
            SQL(
                "bench_copied_move copied "
                "JOIN bench_document document ON document.n = copied.n "
                "JOIN bench_account_move model ON model.id = copied.model_id "
                "WHERE %s",
                _between(first, last, "copied", "document"),
            ),
            SQL("copied.id"),
            id=SQL("copied.id"),
            name=name,
            sequence_prefix=prefix,
            sequence_number=number,
            payment_reference=SQL(
                "CASE WHEN model.payment_reference IS NOT NULL THEN %s END", name
            ),
            is_move_sent=SQL("model.is_move_sent AND document.sent"),
            access_token=SQL("NULL"),
            partner_id=_replaced("partner_id", "contact_id"),
            commercial_partner_id=_replaced("commercial_partner_id", "debtor_id"),
            partner_shipping_id=_replaced("partner_shipping_id", "contact_id"),
            **_shifted("date", "invoice_date", "invoice_date_due", "delivery_date"),
        )

    def _copy_lines(self, first, last):
        chosen = _between(first, last, "copied", "document")
        copy_rows(
            self.cr,
            "account_move_line",
            SQL(
                "bench_copied_line copied "
                "JOIN bench_document document ON document.n = copied.n "
                "JOIN bench_account_move_line model ON model.id = copied.model_id "
                "JOIN bench_account_move model_move ON model_move.id = model.move_id "
                "WHERE %s",
                chosen,
            ),
            SQL("copied.id"),
            id=SQL("copied.id"),
            move_id=SQL("copied.move_id"),
            move_name=SQL("%s || (%s)", *_numbered("model_move", "move_id")),
            partner_id=_replaced("partner_id", "debtor_id"),
            full_reconcile_id=_replaced("full_reconcile_id", "full_id"),
            matching_number=SQL(
                "CASE WHEN model.matching_number IS NOT NULL "
                "THEN COALESCE(document.full_id::text, 'P' || document.partial_id) END"
            ),
            **_shifted("date", "invoice_date", "date_maturity", "discount_date"),
        )
        for table in MANY2MANY:
            copy_rows(
                self.cr,
                table,
                SQL(
                    "bench_copied_line copied "
                    "JOIN %s model ON model.account_move_line_id = copied.model_id "
                    "WHERE %s",
                    _get_kept(table),
                    _between(first, last, "copied"),
                ),
                SQL("copied.id"),
                account_move_line_id=SQL("copied.id"),
            )

    def _copy_reconciliation(self, first, last):
        copy_rows(
            self.cr,
            "account_full_reconcile",
            SQL(
                "bench_document document "
                "JOIN bench_pattern pattern ON pattern.name = document.pattern "
                "JOIN bench_account_full_reconcile model ON model.id = pattern.full_id "
                "WHERE %s",
                _between(first, last, "document"),
            ),
            SQL("document.n"),
            id=SQL("document.full_id"),
        )
        copy_rows(
            self.cr,
            "account_partial_reconcile",
            SQL(
                "bench_document document "
                "JOIN bench_pattern pattern ON pattern.name = document.pattern "
                "JOIN bench_account_partial_reconcile model ON model.id = pattern.partial_id "
                "JOIN bench_copied_line debit "
                "ON debit.n = document.n AND debit.model_id = model.debit_move_id "
                "JOIN bench_copied_line credit "
                "ON credit.n = document.n AND credit.model_id = model.credit_move_id "
                "WHERE %s",
                _between(first, last, "document", "debit", "credit"),
            ),
            SQL("document.n"),
            id=SQL("document.partial_id"),
            debit_move_id=SQL("debit.id"),
            credit_move_id=SQL("credit.id"),
            full_reconcile_id=SQL("document.full_id"),
            **_shifted("max_date"),
        )


def _get_kept(table):
    return SQL.identifier(f"bench_{table}")


def _between(first, last, *aliases):
    """Condition that keeps every one of these to the documents of a slice."""
    return SQL(" AND ").join(
        SQL("%s BETWEEN %s AND %s", SQL.identifier(alias, "n"), first, last) for alias in aliases
    )


def _numbered(model, column):
    """Prefix and number that make the name of a copied move.

    :param str model: alias of the move that it is a copy of
    :param str column: of the alias ``copied``, with the id of the copy
    """
    date = SQL.identifier(model, "date")
    prefix = SQL(
        "replace(%s, to_char(%s, 'YYYY'), to_char(%s + document.shift, 'YYYY'))",
        SQL.identifier(model, "sequence_prefix"),
        date,
        date,
    )
    return prefix, SQL("%s + %s", FIRST_NUMBER, SQL.identifier("copied", column))


def _shifted(*columns):
    """Expressions that move the dates of a row with its document."""
    return {
        column: SQL("%s + document.shift", SQL.identifier("model", column)) for column in columns
    }


def _replaced(column, source):
    """Expression that puts a reference of the document where the pattern has one."""
    return SQL(
        "CASE WHEN %s IS NOT NULL THEN %s END",
        SQL.identifier("model", column),
        SQL.identifier("document", source),
    )
