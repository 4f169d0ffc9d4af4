"""Servers beside the benchmark: one that takes its e-mails, and Odoo's own for its letters."""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from odoo.tools import config

MAIL_SINK = Path(__file__).resolve().parent.parent / "devtools" / "inside" / "mail_sink.py"
SERVER_START = 120


@contextmanager
def mail_server():
    """A mail server on this machine that keeps the messages: yields their folder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, str(MAIL_SINK), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as sink,
    ):
        config["smtp_server"] = "127.0.0.1"
        config["smtp_port"] = int(sink.stdout.readline())
        yield Path(folder)
        # It ends with its standard input, which leaving the block closes.


@contextmanager
def web_server(env):
    """Odoo's web server, from which the PDF printer fetches styles and pictures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    env["ir.config_parameter"].set_param("report.url", url)
    env.cr.commit()
    command = [sys.executable, "-m", "odoo", "-d", env.cr.dbname, f"--http-port={port}"]
    command += [f"--addons-path={','.join(config['addons_path'])}"]
    command += ["--max-cron-threads=0", "--log-level=error"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_until_up(server, url)
            yield
        finally:
            server.terminate()


def _wait_until_up(server, url):
    deadline = time.monotonic() + SERVER_START
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/web/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("Odoo's web server did not start.")
