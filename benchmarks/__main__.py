"""Entry of ``./dev bench``: measure, report, and fail when a promise is broken."""

import argparse
import sys
import time

from odoo import api, fields
from odoo.modules.registry import Registry
from odoo.tools import config

from .beside import get_broken_gate_promises, measure_beside
from .check import check_copies
from .crediting import PAGE, SHORT_PAGE, Crediting
from .cycle import measure_cycle
from .generator import Generator
from .measure import describe_machine
from .orders import add_orders
from .proposing import Proposing
from .report import (
    format_beside,
    format_cycle,
    format_on_demand,
    format_positions,
    format_proposal,
    format_sending,
    format_settings,
)
from .screens import make_subjects
from .sending import measure_sending
from .tuning import Tuning

SIZES = (1_000, 10_000, 100_000)
# From this number of items on, constant costs no longer matter.
LARGE = 100_000
LIMIT = 3.0


def main():
    options = _parse_arguments()
    config.parse_config(
        ["-d", options.database, "--no-http", "--log-level=warn"], setup_logging=True
    )
    with Registry(options.database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {"lang": "en_US"})
        if env["account.move"].search_count([], limit=1):
            sys.exit(f"{options.database} has journal entries. It would be filled and spoiled.")
        print(describe_machine(cr))
        broken = _run(env, options)
        subjects = make_subjects(env) if options.beside is not None else None
    if subjects:
        names, rows = measure_beside(options.database, subjects, options.beside)
        print(f"\nBeside\n{format_beside(names, rows)}")
        broken += get_broken_gate_promises(names, rows)
    if options.cycle_beside:
        costs = measure_cycle(options.database, options.cycle_beside)
        print(f"\nCycle beside\n{format_cycle(*costs)}")
    for promise in broken:
        print(f"✗ {promise}", file=sys.stderr)
    return 1 if broken else 0


def _parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--database", required=True, help="an empty one with the add-on")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, help="open items, in rising order"
    )
    parser.add_argument("--send", type=int, default=30, help="notices to send in each way")
    parser.add_argument(
        "--beside",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="also measure Odoo alone, and the add-ons for financial risk in a folder",
    )
    parser.add_argument(
        "--cycle-beside",
        metavar="FOLDER",
        help="also measure a whole cycle, from nothing to what was sent, with this add-on and "
        "with the one for credit control in a folder",
    )
    parser.add_argument(
        "--tune",
        type=int,
        metavar="COUNT",
        help="also measure what settings of the server cost, with so many notices for each value",
    )
    parser.add_argument("--explain", help="file for the plan of the decision at the last size")
    return parser.parse_args()


def _run(env, options):
    """Fill the database step by step and measure at every size; the promises that broke."""
    day = fields.Date.context_today(env["dunning.run"])
    generator = Generator(env, day)
    proposing = Proposing(env, day)
    crediting = Crediting(env, day)
    proposals = []
    positions = []
    for size in sorted(options.sizes):
        start = time.perf_counter()
        generator.add(size - generator.count_open_items())
        check_copies(env, day)
        print(f"\nGenerated in {time.perf_counter() - start:.0f} s", flush=True)
        proposals.append(proposing.measure(generator.count_open_items()))
        print(format_proposal(proposals[-1]), flush=True)
        add_orders(env)
        crediting.prepare()
        positions.append(crediting.measure())
        print(f"Credit\n{format_positions(positions[-1])}", flush=True)
    print(f"\nOn demand, at that size\n{format_on_demand(proposing.measure_on_demand())}")
    if options.explain:
        proposing.explain(options.explain)
    if options.tune:
        settings = Tuning(env, day, proposing).measure(options.tune)
        print(f"\nSettings\n{format_settings(settings)}", flush=True)
    if options.send:
        print(f"\nSending\n{format_sending(measure_sending(env, day, options.send))}")
    return _get_broken_promises(proposals) + _get_broken_position_promises(positions)


def _get_broken_promises(proposals):
    """What the design promises and these figures do not keep."""
    broken = []
    queries = {proposal.propose.queries for proposal in proposals}
    if len(queries) > 1:
        broken.append(f"The queries of a proposal grow with the items: {sorted(queries)}.")
    broken += [
        f"Proposing {proposal.items:,} items takes {proposal.ratio:.1f} times the bare SQL, "
        f"more than {LIMIT:.0f}."
        for proposal in proposals
        if proposal.items >= LARGE and proposal.ratio > LIMIT
    ]
    return broken


def _get_broken_position_promises(positions):
    """The queries of the list depend on neither its rows nor the ledger."""
    queries = {
        cost.queries
        for costs in positions
        for label, cost in costs
        if label in (f"list, first {PAGE}", f"list, first {SHORT_PAGE}")
    }
    if len(queries) > 1:
        return [f"The queries of the list of debtors grow with its rows: {sorted(queries)}."]
    return []


sys.exit(main())
