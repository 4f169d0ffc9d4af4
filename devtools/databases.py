"""Databases: made once as a template, copied in seconds.

A database that is complete carries a comment with the state it was made from; one without is
half-made and is dropped. Two levels of templates: Odoo with the modules that the add-on needs,
and that with the add-on installed, made anew when the add-on's source changes. Both exist a second
time with modules that the add-on does not need and works together with.
"""

import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from .locks import exclusive, pid_alive
from .paths import DEVTOOLS, MODULE, ROOT, cache_dir, lock_file, log_dir, short_hash
from .session import Session
from .steps import Problem, run_logged, step

# What the add-on depends on, and what its tests and demo use besides.
MODULES = ("account_payment", "l10n_nl", "payment_demo", "sale", "sms")
# Modules beside which the add-on has more to do: it holds deliveries, and orders of the shop, and
# sends through a job queue.
OTHER_MODULES = ("queue_job", "sale_stock", "website_sale")
PREFIX = "acm"
# Parts of the checkout that do not change what an installation makes.
NOT_INSTALLED = (
    *(".git", ".ci", "benchmarks", "devtools", "docs", "migrations", "tests"),
    *("__pycache__", "node_modules"),
)
# Templates of each kind that are kept: for other branches, checkouts and versions of Odoo.
KEPT_TEMPLATES = 3
# Tests work in transactions that others do not see. An autovacuum in between finds tables empty
# that are full for the test, and from then on PostgreSQL takes minutes for joins of a second.
KEEP_STATISTICS = """
DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN SELECT oid FROM pg_class
                  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', found);
    END LOOP;
END $$
"""
LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \S+ \d+ (\w+) ")
TROUBLE = ("WARNING", "ERROR", "CRITICAL")


def source_state(session: Session, others: tuple[str, ...] = ()) -> str:
    """Changes whenever an installation of the add-on could come out differently."""
    parts: list[str | bytes] = [dependencies_state(session, others)]
    for folder, subfolders, files in os.walk(ROOT):
        subfolders[:] = sorted(set(subfolders) - set(NOT_INSTALLED))
        for file in sorted(files):
            path = Path(folder, file)
            if path.suffix in (".py", ".xml", ".csv", ".po", ".pot", ".sql", ".js", ".scss"):
                parts += [str(path.relative_to(ROOT)), path.read_bytes()]
    return short_hash(*parts)


def dependencies_state(session: Session, others: tuple[str, ...] = ()) -> str:
    requirements = (DEVTOOLS / "requirements.txt").read_bytes()
    return short_hash(session.source.version, requirements, *MODULES, *others)


def exists(session: Session, name: str) -> bool:
    return bool(session.sql(("SELECT 1 FROM pg_database WHERE datname = %s", [name])))


def state_of(session: Session, name: str) -> str | None:
    """The state a database was completed with; None for a half-made or absent one."""
    rows = session.sql(
        (
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [name],
        )
    )
    return rows[0][0] if rows else None


def mark_complete(session: Session, name: str, state: str) -> None:
    session.sql(f"COMMENT ON DATABASE \"{name}\" IS '{state}'")


def drop(session: Session, *names: str) -> None:
    if names:
        session.sql(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))
    for name in names:
        shutil.rmtree(_filestore(session, name), ignore_errors=True)


def copy(session: Session, template: str, name: str) -> None:
    """Copy a database with its files. Odoo never changes a stored file, so links serve."""
    drop(session, name)
    session.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    files = _filestore(session, template)
    if files.exists():
        shutil.copytree(files, _filestore(session, name), copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _filestore(session: Session, name: str) -> Path:
    return session.data_dir / "filestore" / name


def provide_dependencies(session: Session) -> str:
    """Template with the modules that the add-on needs, on a Dutch main company.

    Call it under the lock ``templates``.
    """
    state = dependencies_state(session)
    family = f"{PREFIX}_odoo_"
    name = family + state
    if state_of(session, name) == state:
        return name
    with step("Making a database with Odoo's modules"):
        make_room(session, family, name)
        install(session, name, ("base",))
        run_script(session, name, DEVTOOLS / "inside" / "dutch_company.py")
        install(session, name, MODULES)
        mark_complete(session, name, state)
    return name


def provide_other_modules(session: Session) -> str:
    """Template with those modules and the others too. Call it under the lock ``templates``."""
    state = dependencies_state(session, OTHER_MODULES)
    family = f"{PREFIX}_others_"
    name = family + state
    if state_of(session, name) == state:
        return name
    template = provide_dependencies(session)
    with step("Making a database with inventory, shop and job queue"):
        make_room(session, family, name)
        copy(session, template, name)
        install(session, name, OTHER_MODULES)
        mark_complete(session, name, state)
    return name


def install(session: Session, name: str, modules: tuple[str, ...], *options: str) -> Path:
    """Install modules in a database, which is made if there is none; the log of it."""
    return _load(session, name, f"--init={','.join(modules)}", *options)


def update(session: Session, name: str, module: str) -> Path:
    """Bring an installed module up to date with its source; the log of it."""
    return _load(session, name, f"--update={module}")


def _load(session: Session, name: str, *options: str) -> Path:
    log = log_dir() / f"install-{name}.log"
    run_logged(
        session.odoo(
            *("-d", name, "--stop-after-init", "--no-http", "--max-cron-threads=0", *options)
        ),
        log,
        f"odoo {options[0]}",
        "Mend what the log names and try again.",
        env=session.environment(),
        cwd=session.workspace,
    )
    return log


def run_script(session: Session, name: str, script: Path, *options: str) -> str:
    """Run a script in an Odoo shell; what it prints."""
    with script.open() as text:
        done = subprocess.run(
            session.odoo("shell", "-d", name, "--no-http", "--log-level=warn", *options),
            stdin=text,
            env=session.environment(),
            cwd=session.workspace,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Problem(
            f"{script.name} failed on {name}:\n{done.stderr[-3000:]}",
            "Mend what it names and try again.",
        )
    return done.stdout


def trouble_in(log: Path) -> list[str]:
    """Warnings and errors logged since the installation of the add-on began.

    A message may have several lines: those after its first belong to it.
    """
    found: list[str] = []
    ours = wanted = False
    for line in log.read_text(errors="replace").splitlines():
        ours = ours or f"Loading module {MODULE}" in line
        start = LOGGED.match(line)
        if start:
            wanted = start[1] in TROUBLE
        if ours and wanted:
            found.append(line)
    return found


def provide_installed(session: Session) -> str:
    """Template with the add-on installed, without demo data. Call it under ``templates``."""
    state = source_state(session)
    return _provide_with_addon(session, f"{PREFIX}_addon_", state, provide_dependencies)


def provide_beside_others(session: Session) -> str:
    """The same beside the modules that the add-on does not need."""
    state = source_state(session, OTHER_MODULES)
    return _provide_with_addon(session, f"{PREFIX}_beside_", state, provide_other_modules)


def _provide_with_addon(session: Session, family: str, state: str, provide_base) -> str:
    name = family + state
    if state_of(session, name) == state:
        return name
    template = provide_base(session)
    with step("Installing the add-on in a copy"):
        make_room(session, family, name)
        copy(session, template, name)
        log = install(session, name, (MODULE,))
        trouble = trouble_in(log)
        if trouble:
            raise Problem(
                "The add-on's installation is not clean:\n" + "\n".join(trouble),
                f"Every line of these is to go. The whole log: {log}",
            )
        mark_complete(session, name, state)
    return name


@contextmanager
def temporary(session: Session, provide=provide_installed):
    """A copy of a template, by default that with the add-on, for the time of the block."""
    family = f"{PREFIX}_test_{short_hash(socket.gethostname(), str(cache_dir()))}_"
    name = f"{family}{os.getpid()}"
    with exclusive(lock_file("templates"), "making template databases"):
        drop(session, *_abandoned(session, family))
        template = provide(session)
        copy(session, template, name)
    session.sql(KEEP_STATISTICS, database=name)
    try:
        yield name
    finally:
        drop(session, name)


def make_room(session: Session, family: str, name: str) -> None:
    """Drop what is in the way of a new template: its half-made self, and the oldest ones."""
    others = [other for other in _names(session, family) if other != name]
    drop(session, name, *others[: 1 - KEPT_TEMPLATES])


def _abandoned(session: Session, family: str) -> list[str]:
    """Temporary databases, and copies of them, whose run was killed before it could drop them."""
    return [
        name
        for name in _names(session, family)
        if not pid_alive(int(name.removeprefix(family).partition("_")[0]))
    ]


def _names(session: Session, prefix: str) -> list[str]:
    """Names of the databases that begin so, the oldest first."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid"
    return [name for (name,) in session.sql((query, [prefix]))]
