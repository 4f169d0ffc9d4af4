"""``./dev shell [DATABASE]``: an Odoo shell; runs a script given on standard input."""

from . import databases, session
from .paths import DEMO_DATABASE
from .steps import Problem


def run(arguments: list[str]) -> int:
    if len(arguments) > 1 or arguments[:1] == ["--help"]:
        raise Problem("./dev shell takes at most one argument, the name of a database.")
    database = arguments[0] if arguments else DEMO_DATABASE
    with session.opened() as odoo:
        if not databases.exists(odoo, database):
            raise Problem(
                f"There is no database {database}.",
                "Make the demo's with: ./dev demo --no-serve",
            )
        return session.foreground(
            odoo.odoo("shell", "-d", database, "--no-http", "--log-level=warn"),
            env=odoo.environment(),
            cwd=odoo.workspace,
        )
