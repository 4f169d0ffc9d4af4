"""``./dev test``: the whole suite with pytest-odoo in a database of its own."""

from pathlib import Path

from . import databases, session, system_tools
from .paths import ROOT


def run(arguments: list[str]) -> int:
    system_tools.need_pdf()
    system_tools.need_browser()
    with session.opened() as odoo, databases.temporary(odoo) as database:
        paths = {argument: _linked(argument, odoo.link) for argument in arguments}
        targets = [] if any(paths.values()) else [str(odoo.link)]
        return session.foreground(
            [
                *(str(odoo.python), "-m", "pytest"),
                f"--rootdir={odoo.link}",
                f"--config-file={odoo.link / 'pyproject.toml'}",
                *("-o", f"cache_dir={odoo.workspace / 'pytest-cache'}"),
                f"--odoo-database={database}",
                *("--odoo-http", "--odoo-log-level=warn"),
                *(paths[argument] or argument for argument in arguments),
                *targets,
            ],
            env=odoo.environment(),
            cwd=odoo.workspace,
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
