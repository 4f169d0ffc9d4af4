"""Exposure of debtors: for one, for a page, for all, and as the list that people look at."""

from odoo.tools import SQL

from .measure import Cost, measured

REPEATS = 3
PAGE = 80
SHORT_PAGE = 8
# A limit for two debtors of three, a cover for one in ten: what a credit manager would have set.
WITH_LIMIT = 667
WITH_COVER = 100

BARE = "bare sum of open items per debtor"
LIST = "account_credit_management.view_debtor_position_list"


class Crediting:
    """Measures on one database; everything but the limits and covers is rolled back."""

    def __init__(self, env, day):
        self.env = env
        self.cr = env.cr
        self.day = day
        self.exposures = env["credit.exposure"]
        self.positions = env["debtor.position"]

    def prepare(self):
        """Grant limits and covers to the debtors that have none yet, and see how all pay."""
        self.cr.execute(
            SQL(
                """
                UPDATE res_partner
                   SET credit_limit = jsonb_build_object(%(company)s::text, 1000 * (1 + id %% 50))
                 WHERE debtor_code IS NOT NULL AND parent_id IS NULL AND credit_limit IS NULL
                   AND id %% 1000 < %(limit)s;
                INSERT INTO credit_cover
                       (kind, partner_id, company_id, currency_id, amount, own_risk_percentage,
                        date_from, active)
                SELECT 'insurance', id, %(company)s::int, %(currency)s, 1000 * (1 + id %% 20), 10,
                       %(day)s, TRUE
                  FROM res_partner
                 WHERE debtor_code IS NOT NULL AND parent_id IS NULL AND id %% 1000 < %(cover)s
                   AND id NOT IN (SELECT partner_id FROM credit_cover);
                ANALYZE res_partner, credit_cover""",
                company=str(self.env.company.id),
                currency=self.env.company.currency_id.id,
                day=self.day,
                limit=WITH_LIMIT,
                cover=WITH_COVER,
            )
        )
        self._update_behavior()
        self.cr.commit()
        self.env.invalidate_all()

    def measure(self):
        """Each several times, in turn, so that a busy moment of the machine hits all.

        :rtype: list[tuple[str, Cost]]
        """
        debtors = self.positions.search([], limit=PAGE).partner_id
        works = {
            BARE: self._sum_open_items,
            "exposure of one debtor": lambda: self._get_positions(debtors[:1]),
            f"exposure of {PAGE} debtors": lambda: self._get_positions(debtors),
            "exposure of all debtors": self._sum_all,
            f"list, first {PAGE}": lambda: self._read_list(PAGE),
            f"list, first {SHORT_PAGE}": lambda: self._read_list(SHORT_PAGE),
            "list, over the limit": lambda: self._read_list(PAGE, [("available", "<", 0)]),
            "list, totals by salesperson": self._group_list,
            "behavior of all debtors, as every night": self._update_behavior,
        }
        self._read_list(SHORT_PAGE)  # fills the caches of the registry
        costs = {label: [] for label in works}
        for _repeat in range(REPEATS):
            for label, work in works.items():
                self.env.invalidate_all()
                with measured(self.cr) as cost:
                    work()
                costs[label].append(cost)
                self.cr.rollback()
        return [(label, Cost.median(repeats)) for label, repeats in costs.items()]

    def _sum_open_items(self):
        """The least that any list of debtors by what they owe has to read."""
        self.cr.execute(
            """
            SELECT partner_id, SUM(amount_residual)
              FROM account_move_line
             WHERE account_id IN %s AND company_id = %s
               AND reconciled IS NOT TRUE AND parent_state = 'posted' AND amount_residual <> 0
             GROUP BY partner_id
             ORDER BY SUM(amount_residual) DESC
             LIMIT %s""",
            [self.exposures._get_account_ids(self.env.company.id), self.env.company.id, PAGE],
        )

    def _update_behavior(self):
        self.env["credit.behavior"]._update_behavior(self.env.company, self.day)

    def _get_positions(self, debtors):
        return self.exposures._get_positions(self.env.company, debtors, self.day)

    def _sum_all(self):
        statement = self.exposures._get_exposure_sql(self.env.company, self.day)
        return self.env.execute_query(
            SQL("%s SELECT COUNT(*), SUM(exposure), SUM(overdue) FROM exposure_position", statement)
        )

    def _read_list(self, limit, domain=()):
        """What the screen asks the server for: the rows and how many there are."""
        names = self.env.ref(LIST)._get_combined_arch().xpath("//list/field/@name")
        relations = [name for name in names if self.positions._fields[name].type == "many2one"]
        specification = dict.fromkeys(names, {}) | dict.fromkeys(
            relations, {"fields": {"display_name": {}}}
        )
        return self.positions.web_search_read(list(domain), specification, limit=limit)

    def _group_list(self):
        return self.positions._read_group([], ["user_id"], ["exposure:sum", "overdue:sum"])
