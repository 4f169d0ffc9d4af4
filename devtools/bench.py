"""``./dev bench [arguments]``: the benchmarks, on a database of their own."""

from . import databases, session
from .paths import ROOT
from .steps import Problem


def run(arguments: list[str]) -> int:
    if not (ROOT / "benchmarks" / "__main__.py").is_file():
        raise Problem("This checkout has no benchmarks (benchmarks/__main__.py).")
    with session.opened() as odoo, databases.temporary(odoo) as database:
        return session.foreground(
            [str(odoo.python), str(odoo.link / "benchmarks"), "--database", database, *arguments],
            env=odoo.environment(),
            cwd=odoo.workspace,
        )
