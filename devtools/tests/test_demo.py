import smtplib
import socket
import sys
import time
import urllib.request
from types import SimpleNamespace

import pytest

from .. import databases, demo
from ..paths import DEMO_DATABASE
from ..steps import Problem
from .common import cache

SERVER = """
import http.server, sys
port = int(next(a for a in sys.argv if a.startswith("--http-port=")).partition("=")[2])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/web/health" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class FakeOdoo(SimpleNamespace):
    """A session whose Odoo is a small web server, and whose database only keeps notes."""

    def __init__(self, tmp_path, server=SERVER):
        super().__init__(
            python=sys.executable,
            workspace=tmp_path,
            source=SimpleNamespace(version="1"),
            asked=[],
        )
        self.server = server

    def environment(self):
        return {"PATH": "/usr/bin:/bin"}

    def odoo(self, *arguments):
        return [sys.executable, "-c", self.server, *arguments]

    def sql(self, *statements, database="postgres"):
        self.asked += statements


@pytest.fixture
def occupied(monkeypatch):
    """The demo's port, in use by another program."""
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        monkeypatch.setattr(demo, "PORT", port)
        yield port


def test_port_in_use_takes_the_next_and_says_so(tmp_path, occupied, capsys, cache):
    (cache / "logs").mkdir()
    odoo = FakeOdoo(tmp_path)
    with demo.server(odoo, 25, crons=0) as (server, url):
        port = int(url.rpartition(":")[2])
        assert occupied < port < occupied + 100
        assert urllib.request.urlopen(f"{url}/web/health").status == 200
        assert odoo.asked[0][1] == [url]
        assert f"port {occupied} is in use, taking {port}" in capsys.readouterr().out
    assert server.poll() is not None


def test_server_that_dies_shows_its_log(tmp_path, cache):
    (cache / "logs").mkdir()
    odoo = FakeOdoo(tmp_path, server="raise SystemExit('the registry is broken')")
    with pytest.raises(Problem, match="the registry is broken"), demo.server(odoo, 25, crons=0):
        pass


def test_port_taken_at_the_last_moment(tmp_path, cache, monkeypatch):
    (cache / "logs").mkdir()
    tries = tmp_path / "tries"
    late = f"""
import pathlib
tries = pathlib.Path({str(tries)!r})
if not tries.exists():
    tries.touch()
    raise SystemExit("OSError: [Errno 98] Address already in use")
{SERVER}"""
    with demo.server(FakeOdoo(tmp_path, server=late), 25, crons=0) as (_server, url):
        assert urllib.request.urlopen(f"{url}/web/health").status == 200


def test_messages_stay_in_the_house(tmp_path):
    folder = tmp_path / "mails"
    with demo.mail_sink(FakeOdoo(tmp_path), folder) as port:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("me@a.test", ["you/../x@b.test"], "Subject: Hello\r\n\r\nText")
        (message,) = folder.iterdir()
        assert message.name.endswith(".eml")
        assert message.read_text().startswith("Subject: Hello")
    time.sleep(0.1)
    with pytest.raises(OSError):
        smtplib.SMTP("127.0.0.1", port)


@pytest.fixture
def actions(monkeypatch):
    """What is done to the demo database, without doing it: the state it has, and the calls."""
    seen = SimpleNamespace(state=None, calls=[])
    monkeypatch.setattr(databases, "dependencies_state", lambda odoo: "odoo1")
    monkeypatch.setattr(databases, "source_state", lambda odoo: "source1")
    monkeypatch.setattr(databases, "state_of", lambda odoo, name: seen.state)
    monkeypatch.setattr(demo, "_make", lambda odoo, port: seen.calls.append("make"))
    monkeypatch.setattr(demo, "_update", lambda odoo: seen.calls.append("update"))

    def mark(odoo, name, state):
        assert name == DEMO_DATABASE
        seen.state = state

    monkeypatch.setattr(databases, "mark_complete", mark)
    return seen


def test_absent_or_half_made_database_is_made_and_then_kept(actions):
    demo._provide(None, 25)
    demo._provide(None, 25)
    assert actions.calls == ["make"]


def test_changed_source_updates_the_database(actions):
    actions.state = "odoo1 source0"
    demo._provide(None, 25)
    assert actions.calls == ["update"]
    assert actions.state == "odoo1 source1"


def test_changed_odoo_makes_the_database_anew(actions):
    actions.state = "odoo0 source1"
    demo._provide(None, 25)
    assert actions.calls == ["make"]


def test_failure_leaves_the_database_unmarked(actions, monkeypatch):
    def fail(_odoo, _port):
        raise Problem("no")

    monkeypatch.setattr(demo, "_make", fail)
    with pytest.raises(Problem):
        demo._provide(None, 25)
    assert actions.state is None


def test_installation_log(tmp_path, monkeypatch, capsys):
    start = "2026-01-01 10:00:00,000 1 INFO db x: Loading module account_credit_management (1/1)\n"
    warning = "2026-01-01 10:00:00,000 1 WARNING db x: careful\n"
    log = tmp_path / "log"
    log.write_text(start)
    demo._check(log)
    assert capsys.readouterr().out == ""
    log.write_text(start + warning)
    demo._check(log)
    assert "careful" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Problem, match="careful"):
        demo._check(log)
    monkeypatch.delenv("CI")
    log.write_text(start + warning.replace("careful", demo.NO_DEMO_DATA))
    with pytest.raises(Problem):
        demo._check(log)
