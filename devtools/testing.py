"""``./dev test``: the suite with pytest-odoo, in databases of its own.

Almost all tests run where only what the add-on needs is installed, as that is what must do. Those
of what it does beside other modules run in a second database, which has these too.
"""

from pathlib import Path

from . import databases, session, system_tools
from .paths import ROOT
from .session import Session

# Tests that need one of the other modules, in the second database.
BESIDE_OTHERS = (
    "tests/test_credit_delivery.py",
    "tests/test_credit_shop.py",
    "tests/test_dispute_delivery.py",
    "tests/test_dunning_queue.py",
)
# Exit codes of pytest: with these the next run may begin, and finding nothing is no failure when
# the other run found something.
NOTHING_FOUND = 5
COMPLETE = (0, 1, NOTHING_FOUND)


def run(arguments: list[str]) -> int:
    system_tools.need_pdf()
    system_tools.need_browser()
    codes = []
    with session.opened() as odoo:
        alone, beside = _divided(arguments, odoo.link)
        for chosen, provide in (
            (alone, databases.provide_installed),
            (beside, databases.provide_beside_others),
        ):
            if chosen is None:
                continue
            with databases.temporary(odoo, provide) as database:
                codes.append(_pytest(odoo, database, chosen))
            if codes[-1] not in COMPLETE:
                break
    found = [code for code in codes if code != NOTHING_FOUND]
    return max(found, default=NOTHING_FOUND)


def _pytest(odoo: Session, database: str, arguments: list[str]) -> int:
    return session.foreground(
        [
            *(str(odoo.python), "-m", "pytest"),
            f"--rootdir={odoo.link}",
            f"--config-file={odoo.link / 'pyproject.toml'}",
            *("-o", f"cache_dir={odoo.workspace / 'pytest-cache'}"),
            f"--odoo-database={database}",
            *("--odoo-http", "--odoo-log-level=warn"),
            *arguments,
        ],
        # The server in the process of the tests runs no jobs: those of a test are for its own.
        env=odoo.environment() | {"ODOO_QUEUE_JOB_CHANNELS": "root:0"},
        cwd=odoo.workspace,
    )


def _divided(arguments: list[str], link: Path) -> tuple[list[str] | None, list[str] | None]:
    """The arguments of pytest for either database; None where there is nothing to do."""
    needing = [str(link / name) for name in BESIDE_OTHERS]
    paths = {argument: _linked(argument, link) for argument in arguments}
    if not any(paths.values()):
        arguments = [*arguments, str(link)]
        paths[str(link)] = str(link)
    alone: list[str] = []
    beside: list[str] = []
    for argument in arguments:
        path = paths[argument]
        if not path:
            alone.append(argument)
            beside.append(argument)
        elif path.partition("::")[0] in needing:
            beside.append(path)
        else:
            alone.append(path)
            beside += [file for file in needing if Path(file).is_relative_to(path)]
    wanted = [path for path in paths.values() if path]
    return (
        [*alone, *(f"--ignore={file}" for file in needing)]
        if any(path in alone for path in wanted)
        else None,
        beside if any(path.startswith(tuple(needing)) for path in beside) else None,
    )


def _linked(argument: str, link: Path) -> str | None:
    """An argument that names a test of the checkout, by the path through the add-on's link."""
    path, separator, test = argument.partition("::")
    if argument.startswith("-"):
        return None
    for base in (Path.cwd(), ROOT):
        candidate = (base / path).resolve()
        if candidate.exists() and candidate.is_relative_to(ROOT):
            return str(link / candidate.relative_to(ROOT)) + separator + test
    return None
