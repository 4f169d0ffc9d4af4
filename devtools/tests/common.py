"""Fixtures of these tests.

Every test module imports ``cache``, which then holds for all its tests. A conftest.py would be
loaded before pytest-odoo can tell pytest how Odoo names an add-on.
"""

import shutil

import pytest

from .. import postgres


def use_cache(monkeypatch, parent):
    """Have a cache folder under ``parent``, and none of the variables that steer the launcher."""
    for name in (*postgres.EXTERNAL_VARIABLES, "CI", "ODOO_SRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(parent / "cache"))
    folder = parent / "cache" / "account_credit_management"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of the test's own."""
    return use_cache(monkeypatch, tmp_path)


@pytest.fixture(autouse=True, scope="module")
def server_home(tmp_path_factory):
    """A cache folder of the module's own: to make a server takes seconds."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_cache(monkeypatch, tmp_path_factory.mktemp("module"))
        home = postgres.data_home()
        yield home
        # As root the server's files are not in the cache folder.
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Make programs that stand in for real ones: ``programs(name, shell_script)``."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def add(name, script):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return add
