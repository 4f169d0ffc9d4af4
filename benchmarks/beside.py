"""The same ledger without this add-on, and with others in its place.

Copies of the filled database: in one the add-on is uninstalled, so that Odoo alone is measured,
and in another one the add-ons that were asked for are installed after that. All are measured in
turn, so that a busy moment of the machine hits all.
"""

from contextlib import ExitStack

from odoo.modules.registry import Registry
from odoo.tools import SQL

from .copies import add_folder, copied, install, uninstall, vacuum
from .measure import Cost
from .screens import CONFIRM, CONFIRM_LARGEST, Screens

REPEATS = 7
# Queries that confirming an order may cost on top of what Odoo does.
QUERIES = 6

OWN_GROUPS = ("account_credit_management.group_viewer",)
OWN_COLUMNS = (
    "debtor_code",
    "credit_exposure",
    "credit_limit_in_force",
    "credit_available",
    "credit_usage",
    "credit_risk_class_id",
    "credit_days_to_pay",
    "credit_days_late",
    "credit_late_share",
    "overdue_amount",
)
OTHERS = ("account_financial_risk", "sale_financial_risk")
OTHER_GROUPS = ("account_financial_risk.group_account_financial_risk_user",)
OTHER_COLUMNS = (
    "risk_invoice_draft",
    "risk_invoice_open",
    "risk_invoice_unpaid",
    "risk_sale_order",
    "risk_total",
    "risk_exception",
    "risk_remaining_value",
    "risk_remaining_percentage",
)
# Which kinds of debt count; without one nothing is ever held.
OTHER_KINDS = ("invoice_draft", "invoice_open", "invoice_unpaid", "sale_order")


def measure_beside(database, subjects, folder=None):
    """Measure the screens in the database and its copies.

    :param str folder: with the other add-ons; empty to compare with Odoo alone
    :return: names of what was compared, and rows of a label and the :class:`Cost` of each
    """
    if folder:
        add_folder(folder)
    with ExitStack() as stack:
        plain = stack.enter_context(copied(database, f"{database}_plain"))
        uninstall(plain)
        vacuum(plain)
        names = {"this add-on": database, "Odoo alone": plain}
        if folder:
            other = stack.enter_context(copied(plain, f"{database}_other"))
            _install_others(other)
            names["the others"] = other
        cursors = [stack.enter_context(Registry(name).cursor()) for name in names.values()]
        arms = [
            Screens(cursors[0], subjects, OWN_GROUPS, OWN_COLUMNS),
            Screens(cursors[1], subjects),
            *(Screens(cr, subjects, OTHER_GROUPS, OTHER_COLUMNS) for cr in cursors[2:]),
        ]
        for arm in (arms[0], *arms[2:]):
            arm.check_gate()
        return list(names), _measure_in_turn(arms)


def get_broken_gate_promises(names, rows):
    """Confirming costs little on top of Odoo, whatever the debtor owes."""
    costs = dict(rows)
    broken = []
    for label in (CONFIRM, CONFIRM_LARGEST):
        own, plain = (cost.queries for cost in costs[label][:2])
        if own - plain > QUERIES:
            broken.append(f"“{label}” takes {own - plain} queries more than {names[1]}.")
    if costs[CONFIRM][0].queries != costs[CONFIRM_LARGEST][0].queries:
        broken.append("Confirming takes more queries for the debtor who owes most.")
    return broken


def _measure_in_turn(arms):
    works = [arm.get_works() for arm in arms]
    rows = []
    for label in works[0]:
        for arm, work in zip(arms, works, strict=True):
            arm.measure(work[label])  # fills the caches
        repeats = [
            [arm.measure(work[label]) for arm, work in zip(arms, works, strict=True)]
            for _repeat in range(REPEATS)
        ]
        rows.append((label, [Cost.median(costs) for costs in zip(*repeats, strict=True)]))
    return rows


def _install_others(database):
    """Install the others and have them count the same, for the same debtors."""
    install(database, OTHERS)
    with Registry(database).cursor() as cr:
        cr.execute(
            SQL(
                "UPDATE res_partner SET %s WHERE credit_limit IS NOT NULL",
                SQL(", ").join(
                    SQL("%s = TRUE", SQL.identifier(f"risk_{kind}_include")) for kind in OTHER_KINDS
                ),
            )
        )
    vacuum(database)
