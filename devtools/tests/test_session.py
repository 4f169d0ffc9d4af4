import os
import signal
import subprocess
import sys

import pytest

from .. import session
from ..odoo_source import OdooSource
from ..paths import ROOT, provide_link
from .common import cache

# A launcher with a child that takes a moment to end, and something to clean up.
LAUNCHER = """
import sys
from devtools import session
session.end_on_termination()
try:
    code = session.foreground([sys.executable, "-c", sys.argv[1]])
finally:
    print("cleaned up", flush=True)
sys.exit(code)
"""
CHILD = r"""
import os, signal, time
def leave(number, frame):
    time.sleep(0.3)
    os.write(1, b"child ended by %d\n" % number)
    os._exit(7)
signal.signal(signal.SIGINT, leave)
signal.signal(signal.SIGTERM, leave)
os.write(1, b"up\n")
time.sleep(60)
"""


@pytest.fixture
def launcher():
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, CHILD],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


def test_ctrl_c_waits_for_the_child_and_cleans_up(launcher):
    # The terminal sends it to the launcher and its child alike.
    os.killpg(launcher.pid, signal.SIGINT)
    output, _error = launcher.communicate(timeout=30)
    assert output == "child ended by 2\ncleaned up\n"
    assert launcher.returncode == 7


def test_termination_is_passed_on_and_cleans_up(launcher):
    launcher.terminate()
    output, _error = launcher.communicate(timeout=30)
    assert output == "child ended by 15\ncleaned up\n"
    assert launcher.returncode == 128 + signal.SIGTERM


def test_child_that_does_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(session, "GRACE", 0.2)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        session.end(child)
        assert child.returncode == -signal.SIGKILL


def make_session(tmp_path):
    python = tmp_path / "venv/bin/python"
    (tmp_path / "venv/lib/python3.11").mkdir(parents=True)
    source = OdooSource(tmp_path / "odoo", (tmp_path / "odoo/addons",), "1")
    return session.Session(python, source, tmp_path / "link", tmp_path / "conf", {"PGPORT": "1"})


def test_settings_for_another_odoo_do_not_leak_in(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_RC", "/etc/odoo.conf")
    monkeypatch.setenv("ODOO_HTTP_PORT", "1")
    monkeypatch.setenv("PGDATABASE", "production")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    environment = make_session(tmp_path).environment()
    assert environment["ODOO_RC"] == str(tmp_path / "conf")
    assert environment["PYTHONPATH"] == str(tmp_path / "odoo")
    assert environment["PGPORT"] == "1"
    assert "ODOO_HTTP_PORT" not in environment and "PGDATABASE" not in environment


def test_configuration_stays_on_this_machine(tmp_path):
    source = OdooSource(tmp_path, (tmp_path / "addons",), "1")
    link = provide_link()
    text = session._write_configuration(source, link).read_text()
    assert "http_interface = 127.0.0.1\n" in text
    assert f"addons_path = {tmp_path}/addons,{link.parent}\n" in text
    assert "publisher_warranty_url = http://127.0.0.1:" in text
