"""Proposing against what it is made of: the bare decision, and the bare inserts of its rows."""

from dataclasses import dataclass
from pathlib import Path

from odoo.tools import SQL

from .copies import vacuum
from .measure import Cost, measured

REPEATS = 3


@dataclass
class Proposal:
    """Costs at one size.

    ``fresh`` is a proposal right after the import, ``second`` another one of the same day.
    """

    items: int
    reasons: dict
    notices: int
    fresh: Cost
    decision: Cost
    inserts: Cost
    propose: Cost
    second: Cost
    release: Cost
    cancel: Cost

    @property
    def ratio(self):
        return self.propose.seconds / (self.decision.seconds + self.inserts.seconds)

    @property
    def remindable(self):
        return self.reasons.get("remind", 0) / sum(self.reasons.values())


class Proposing:
    """Measures on one database; everything it writes is rolled back."""

    def __init__(self, env, day):
        self.env = env
        self.cr = env.cr
        self.day = day
        self.decisions = env["dunning.decision"]

    def measure(self, items):
        """Each part several times, in turn, so that a busy moment of the machine hits all."""
        parts = ("decision", "inserts", "propose", "second", "release", "cancel")
        costs = {part: [] for part in parts}
        fresh = self._keep_rows()
        for _repeat in range(REPEATS):
            self._vacuum()
            reasons = self.measure_decision(costs)
            self._measure_inserts(costs)
            self._vacuum()
            notices = self._measure_propose(costs)
        return Proposal(
            items=items,
            reasons=reasons,
            notices=notices,
            fresh=fresh,
            **{part: Cost.median(measurements) for part, measurements in costs.items()},
        )

    def measure_on_demand(self):
        """Decide for one debtor and for a page of debtors, as screens and deliveries do.

        :rtype: list[tuple[str, Cost]]
        """
        debtors = self.env["dunning.notice"].search([], order="id desc", limit=2000).partner_id
        costs = []
        for label, partners in (("one debtor", debtors[:1]), ("80 debtors", debtors[:80])):
            repeats = []
            for _repeat in range(REPEATS):
                with measured(self.cr) as cost:
                    self.decisions._decide(self.env.company, self.day, partners)
                repeats.append(cost)
            costs.append((f"decide for {label}", Cost.median(repeats)))
        self.cr.rollback()
        return costs

    def explain(self, path):
        """Write the plan of the decision, with its real figures, to a file."""
        self.decisions._prepare_connection()
        rows = self.env.execute_query(
            SQL("EXPLAIN (ANALYZE, BUFFERS, SETTINGS) %s", self._get_statement())
        )
        Path(path).write_text("\n".join(line for (line,) in rows) + "\n")
        self.cr.rollback()

    def measure_decision(self, costs):
        self.decisions._prepare_connection()
        statement = self._get_statement()
        with measured(self.cr) as cost:
            rows = self.env.execute_query(statement)
        costs["decision"].append(cost)
        self.cr.rollback()
        return dict(rows)

    def _keep_rows(self):
        """Keep the rows of a proposal in temporary tables and take them out of the real ones.

        :return: the cost of the proposal
        """
        run = self._new_run()
        with measured(self.cr) as cost:
            run._propose()
            self.env.flush_all()
        self.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS bench_new_notice, bench_new_line;
                CREATE TEMP TABLE bench_new_notice AS
                SELECT * FROM dunning_notice WHERE run_id = %(run)s ORDER BY id;
                CREATE TEMP TABLE bench_new_line AS
                SELECT line.*
                  FROM dunning_notice_line line
                  JOIN bench_new_notice notice ON notice.id = line.notice_id
                 ORDER BY line.id;
                ANALYZE bench_new_notice, bench_new_line;
                DELETE FROM dunning_notice_line line USING bench_new_notice notice
                 WHERE notice.id = line.notice_id;
                DELETE FROM dunning_notice WHERE run_id = %(run)s""",
                run=run.id,
            )
        )
        self.cr.commit()
        self.env.invalidate_all()
        return cost

    def _measure_inserts(self, costs):
        """Store rows that were decided before, with their indexes and foreign keys."""
        with measured(self.cr) as cost:
            self.cr.execute("INSERT INTO dunning_notice SELECT * FROM bench_new_notice")
            self.cr.execute("INSERT INTO dunning_notice_line SELECT * FROM bench_new_line")
        costs["inserts"].append(cost)
        self.cr.rollback()

    def _measure_propose(self, costs):
        """A run, a second one on the same day, and the release of the first, which is then
        cancelled."""
        run = self._new_run()
        with measured(self.cr) as cost:
            notices = run._propose()
            self.env.flush_all()
        costs["propose"].append(cost)
        second = self._new_run()
        with measured(self.cr) as cost:
            again = second._propose()
            self.env.flush_all()
        costs["second"].append(cost)
        if again:
            raise RuntimeError(f"A second proposal of the same day made {again} notices.")
        self.env.invalidate_all()
        with measured(self.cr) as cost:
            run._release()
            self.env.flush_all()
        costs["release"].append(cost)
        self.env.invalidate_all()
        with measured(self.cr) as cost:
            run._cancel()
            self.env.flush_all()
        costs["cancel"].append(cost)
        self.env.invalidate_all()
        self.cr.rollback()
        return notices

    def _new_run(self):
        run = self.env["dunning.run"].create({"company_id": self.env.company.id, "date": self.day})
        self.env.flush_all()
        return run

    def _get_statement(self):
        return SQL(
            "%s SELECT reason, COUNT(*) FROM decision GROUP BY reason",
            self.decisions._get_decision_sql(self.env.company, self.day),
        )

    def _vacuum(self):
        """Sweep up what was rolled back: it would slow down what is measured next."""
        vacuum(self.cr.dbname)
