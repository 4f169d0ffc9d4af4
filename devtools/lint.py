"""``./dev lint [--fix]``: every check of the source that needs no database."""

import subprocess
from pathlib import Path

from . import node, python_env
from .paths import DEVTOOLS, ROOT, provide_link
from .steps import Problem, say

PRETTIER_FILES = "**/*.{xml,js,scss,css}"


def run(arguments: list[str]) -> int:
    fix = arguments == ["--fix"]
    if arguments and not fix:
        raise Problem("./dev lint knows no option but --fix.")
    python = python_env.provide("requirements-lint.txt", "the checks")
    prettier = node.provide(python)
    checks = _checks(python, prettier, fix)
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    if failed:
        raise Problem(
            f"Not clean: {', '.join(failed)}.",
            "What is only a matter of format is mended by: ./dev lint --fix",
        )
    say("All checks passed.")
    return 0


def _checks(python: Path, prettier: list[str], fix: bool) -> dict[str, list]:
    """Command line per check, in the order of the run: what mends comes first."""
    programs = python.parent
    link = provide_link()
    formatted = [] if fix else ["--check"]
    translations = [str(path) for path in sorted((link / "i18n").glob("*.po*"))]
    return {
        "ruff format": [programs / "ruff", "format", *formatted, ROOT],
        "ruff check": [programs / "ruff", "check", *(["--fix"] if fix else []), ROOT],
        "prettier": [*prettier, "--write" if fix else "--check", PRETTIER_FILES],
        "pylint-odoo": [programs / "pylint", f"--rcfile={ROOT / 'pyproject.toml'}", link],
        "OCA's module checks": [programs / "oca-checks-odoo-module", link],
        "translations": [python, DEVTOOLS / "inside" / "check_translations.py", *translations],
    }


def _passes(name: str, command: list) -> bool:
    say(f"• {name}")
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False).returncode == 0
