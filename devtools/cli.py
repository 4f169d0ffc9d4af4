"""The launcher's commands."""

import sys
from importlib import import_module

from .session import end_on_termination
from .steps import Problem, fail

HELP = """\
./dev COMMAND

  demo [--no-serve] [--fresh]
                            a running Odoo 19 with this add-on and demo data; --no-serve ends
                            after the table of what the dunning run did;
                            --fresh makes the database anew
  test [pytest arguments]   the whole test suite in fresh databases, browser tests included: one
                            with only what the add-on needs, and one beside the inventory and the
                            online shop
  lint [--fix]              all checks of the source; --fix formats what can be formatted
  i18n                      export the terms and merge them into the translations
  bench [arguments]         measure the dunning run on generated receivables
  shell [DATABASE]          an Odoo shell, on the demo database by default; runs a script given
                            on standard input
  screenshots [NAME ...]    the pictures of the documentation, all or those named, made anew from
                            the demo's story; docs/screenshots.json lists them
  help                      this text

Everything is kept in ~/.cache/account_credit_management (or under $XDG_CACHE_HOME) and may be
deleted at any time. ODOO_SRC names an Odoo 19 checkout of your own; PGHOST, PGPORT, PGUSER and
PGPASSWORD name a PostgreSQL server of your own.
"""
COMMANDS = {
    "demo": "demo",
    "test": "testing",
    "lint": "lint",
    "i18n": "translations",
    "bench": "bench",
    "shell": "shell",
    "screenshots": "screenshots",
}


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    # A terminal that lacks a character shows a question mark instead of an error.
    sys.stdout.reconfigure(errors="replace")
    sys.stderr.reconfigure(errors="replace")
    command, *rest = arguments or ["help"]
    if command in ("help", "--help", "-h"):
        print(HELP, end="")
        return 0
    if command not in COMMANDS:
        return fail(Problem(f"There is no command {command}.", "See: ./dev help"))
    end_on_termination()
    try:
        return import_module(f".{COMMANDS[command]}", __package__).run(rest)
    except Problem as problem:
        return fail(problem)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
