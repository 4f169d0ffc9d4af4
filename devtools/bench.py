"""``./dev bench [arguments]``: the benchmarks, on a database of their own."""

from . import databases, session, system_tools


def run(arguments: list[str]) -> int:
    system_tools.need_pdf()
    with session.opened() as odoo, databases.temporary(odoo) as database:
        return session.foreground(
            [str(odoo.python), "-m", "benchmarks", "--database", database, *arguments],
            env=odoo.environment(),
            cwd=odoo.link,
        )
