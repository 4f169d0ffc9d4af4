"""``./dev demo``: a running Odoo with the add-on and its demo data, made once and kept."""

import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from . import databases, postgres, session, system_tools
from .locks import exclusive
from .paths import DEMO_DATABASE, DEVTOOLS, MODULE, cache_dir, lock_file, log_dir
from .session import Session
from .steps import Problem, is_ci, say, step, tail

PORT = 8069
SERVER_START = 120
START_ATTEMPTS = 3
NO_DEMO_DATA = "demo data failed to install"
AGAIN = "Start over with: ./dev demo --fresh"
OPTIONS = ("--no-serve", "--fresh")
DEMO_LOGINS = f"""
    SELECT u.login
      FROM res_users u
      JOIN ir_model_data d ON d.model = 'res.users' AND d.res_id = u.id
     WHERE d.module = '{MODULE}'
     ORDER BY u.id
"""


def run(arguments: list[str]) -> int:
    unknown = [argument for argument in arguments if argument not in OPTIONS]
    if unknown:
        raise Problem(f"./dev demo knows no {unknown[0]}.", "See: ./dev help")
    system_tools.need_pdf()
    mails = cache_dir() / "mails"
    with session.opened() as odoo, mail_sink(odoo, mails) as mail_port:
        with exclusive(lock_file("demo"), "making the demo database"):
            if "--fresh" in arguments:
                databases.drop(odoo, DEMO_DATABASE)
            _provide(odoo, mail_port)
        say(databases.run_script(odoo, DEMO_DATABASE, _script("demo_summary")))
        say(f"Messages went to a mail server that only keeps them: {mails}")
        if "--no-serve" in arguments:
            return 0
        return _serve(odoo, mail_port)


def _provide(odoo: Session, mail_port: int) -> None:
    """Have a complete and current demo database; a half-made one is dropped."""
    dependencies = databases.dependencies_state(odoo)
    state = f"{dependencies} {databases.source_state(odoo)}"
    present = databases.state_of(odoo, DEMO_DATABASE) or ""
    if present == state:
        return
    if present.split(" ")[0] == dependencies:
        _update(odoo)
    else:
        _make(odoo, mail_port)
    databases.mark_complete(odoo, DEMO_DATABASE, state)


def _update(odoo: Session) -> None:
    """The add-on changed since: bring the database up to date and keep what is in it."""
    with step("Updating the add-on in the demo database"):
        try:
            databases.update(odoo, DEMO_DATABASE, MODULE)
        except Problem as problem:
            raise Problem(problem.what, AGAIN) from problem


def _make(odoo: Session, mail_port: int) -> None:
    with exclusive(lock_file("templates"), "making template databases"):
        template = databases.provide_dependencies(odoo)
        databases.copy(odoo, template, DEMO_DATABASE)
    install_story(odoo, DEMO_DATABASE)
    with step("Running the dunning scheduled action"), server(odoo, mail_port, crons=0):
        databases.run_script(
            odoo, DEMO_DATABASE, _script("demo_dunning"), *_mail_options(mail_port)
        )


def install_story(odoo: Session, database: str) -> None:
    """Install the add-on and its demo data in a copy of the template with Odoo's modules."""
    with step("Installing the add-on with its demo data"):
        databases.run_script(odoo, database, _script("demo_setting"))
        log = databases.install(odoo, database, (MODULE,), "--with-demo")
        _check(log)


def _check(log: Path) -> None:
    """Odoo only warns when demo data cannot be loaded, and this demo is nothing without."""
    trouble = databases.trouble_in(log)
    if not trouble:
        return
    what = "The installation is not clean:\n" + "\n".join(trouble)
    if is_ci() or any(NO_DEMO_DATA in line for line in trouble):
        raise Problem(what, f"The whole log: {log}")
    say(f"! {what}")


def _serve(odoo: Session, mail_port: int) -> int:
    with server(odoo, mail_port, crons=1) as (process, url):
        say(f"\nOpen {url} and log in as admin with password admin (Ctrl-C ends).")
        logins = [login for (login,) in odoo.sql(DEMO_LOGINS, database=DEMO_DATABASE)]
        if logins:
            say(f"Other users, with the login as password: {', '.join(logins)}")
        return session.attend(process)


@contextmanager
def server(odoo: Session, mail_port: int, crons: int, database: str = DEMO_DATABASE):
    """Odoo's web server for the time of the block: yields its process and its address.

    Documents are printed through it too: the PDF printer fetches styles and pictures from it.
    """
    for attempt in range(1, START_ATTEMPTS + 1):
        port = postgres.free_port(PORT)
        url = f"http://127.0.0.1:{port}"
        if port != PORT:
            say(f"  port {PORT} is in use, taking {port}")
        odoo.sql(
            ("UPDATE ir_config_parameter SET value = %s WHERE key = 'web.base.url'", [url]),
            database=database,
        )
        log = log_dir() / f"demo-server-{port}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                odoo.odoo(
                    *("-d", database, "--no-database-list", f"--http-port={port}"),
                    *(f"--max-cron-threads={crons}", *_mail_options(mail_port)),
                ),
                env=odoo.environment(),
                cwd=odoo.workspace,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        with process:
            if _wait_until_up(process, url):
                try:
                    yield process, url
                finally:
                    session.end(process)
                return
        if attempt == START_ATTEMPTS or "Address already in use" not in log.read_text():
            raise Problem(f"Odoo's server did not start.\n{tail(log)}", AGAIN)


def _wait_until_up(process: subprocess.Popen, url: str) -> bool:
    """Whether it answers; False when it ended instead."""
    deadline = time.monotonic() + SERVER_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/web/health", timeout=5):
                return True
        except OSError:
            time.sleep(0.2)
    session.end(process)
    return False


@contextmanager
def mail_sink(odoo: Session, folder: Path):
    """A mail server that writes every message to a file: yields its port."""
    command = [str(odoo.python), str(_script("mail_sink")), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sink:
        port = sink.stdout.readline()
        if not port:
            raise Problem("The demo's mail server did not start.", "Try again.")
        yield int(port)
        # It ends with its standard input, which leaving the block closes.


def _mail_options(port: int) -> tuple[str, ...]:
    return ("--smtp=127.0.0.1", f"--smtp-port={port}")


def _script(name: str) -> Path:
    return DEVTOOLS / "inside" / f"{name}.py"
