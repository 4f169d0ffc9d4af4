"""``./dev i18n``: the terms of the source as a template, and merged into the translations."""

from . import databases, session
from .paths import DEVTOOLS, MODULE, ROOT
from .steps import Problem, run_logged, step

FOLDER = ROOT / "i18n"


def run(arguments: list[str]) -> int:
    if arguments:
        raise Problem("./dev i18n takes no arguments.")
    with session.opened() as odoo, databases.temporary(odoo) as database:
        exported = odoo.workspace / f"{MODULE}.pot"
        with step("Exporting the terms"):
            run_logged(
                odoo.odoo("i18n", "export", "-d", database, "-o", str(exported), MODULE),
                odoo.workspace / "i18n.log",
                "Exporting the terms",
                "Mend what the log names and try again.",
                env=odoo.environment(),
                cwd=odoo.workspace,
            )
        script = DEVTOOLS / "inside" / "merge_translations.py"
        return session.foreground([str(odoo.python), str(script), str(exported), str(FOLDER)])
