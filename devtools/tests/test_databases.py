import pytest

from .. import databases
from ..odoo_source import OdooSource
from ..session import Session
from .common import cache

LOG = """\
2026-01-01 10:00:00,000 1 WARNING db odoo.tools.config: before the add-on
2026-01-01 10:00:01,000 1 INFO db odoo.modules: Loading module account_credit_management (63/63)
2026-01-01 10:00:02,000 1 WARNING db odoo.models: a warning
with a second line
2026-01-01 10:00:03,000 1 INFO db odoo.models: an information
with a second line too
2026-01-01 10:00:04,000 1 ERROR db odoo.models: an error
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small add-on in place of this one."""
    root = tmp_path / "checkout"
    for name in ("models/a.py", "tests/test_a.py", "devtools/x.py", "docs/a.xml", "i18n/nl.po"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1")
    monkeypatch.setattr(databases, "ROOT", root)
    return root


def state(tmp_path, version="1"):
    source = OdooSource(tmp_path, (), version)
    return databases.source_state(Session(tmp_path, source, tmp_path, tmp_path, {}))


def test_log_tells_only_of_the_addon(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG)
    found = [line.rpartition(": ")[2] for line in databases.trouble_in(log)]
    assert found == ["a warning", "with a second line", "an error"]


def test_log_without_trouble(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG.replace("WARNING", "INFO").replace("ERROR", "DEBUG"))
    assert databases.trouble_in(log) == []


@pytest.mark.parametrize("name", ["models/a.py", "i18n/nl.po"])
def test_state_changes_with_what_is_installed(checkout, tmp_path, name):
    before = state(tmp_path)
    (checkout / name).write_text("2")
    assert state(tmp_path) != before


@pytest.mark.parametrize("name", ["tests/test_a.py", "devtools/x.py", "docs/a.xml", "README.md"])
def test_state_does_not_change_with_the_rest(checkout, tmp_path, name):
    before = state(tmp_path)
    (checkout / name).write_text("2")
    assert state(tmp_path) == before


def test_state_changes_with_odoo(checkout, tmp_path):
    assert state(tmp_path, "1") != state(tmp_path, "2")


def test_copied_files_are_links(tmp_path):
    (tmp_path / "a").write_text("content")
    databases._link_or_copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").samefile(tmp_path / "a")


def test_oldest_templates_and_the_half_made_one_are_dropped(tmp_path):
    dropped = []

    class FakeSession:
        data_dir = tmp_path

        def sql(self, *statements):
            dropped.extend(text for text in statements if isinstance(text, str))
            return [["t_1"], ["t_2"], ["t_new"], ["t_3"], ["t_4"]]

    databases.make_room(FakeSession(), "t_", "t_new")
    names = [statement.split('"')[1] for statement in dropped]
    assert names == ["t_new", "t_1", "t_2"]


def test_copies_of_an_abandoned_database_go_with_it(monkeypatch):
    class FakeSession:
        def sql(self, *_statements):
            return [["t_11"], ["t_11_plain"], ["t_12"], ["t_12_plain"]]

    monkeypatch.setattr(databases, "pid_alive", lambda pid: pid == 12)
    assert databases._abandoned(FakeSession(), "t_") == ["t_11", "t_11_plain"]
