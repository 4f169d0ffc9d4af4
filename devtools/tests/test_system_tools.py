import pytest

from .. import system_tools
from ..steps import Problem
from .common import cache, programs


@pytest.fixture
def bare(monkeypatch):
    """A machine without the programs, where the user is not root."""
    present = set()
    monkeypatch.setattr(system_tools, "find_tool", lambda name: name if name in present else None)
    monkeypatch.setattr(system_tools.os, "geteuid", lambda: 1000)
    return present


def test_present_tool_is_left_alone(bare, capsys):
    bare.update(("wkhtmltopdf", "chromium"))
    system_tools.need_pdf()
    system_tools.need_browser()
    assert capsys.readouterr().out == ""


def test_user_is_told_what_to_type(bare, capsys):
    system_tools.need_pdf()
    system_tools.need_browser()
    shown = capsys.readouterr().out
    assert "sudo apt-get install wkhtmltopdf" in shown
    assert "sudo apt-get install chromium" in shown


@pytest.mark.parametrize("need", [system_tools.need_pdf, system_tools.need_browser])
def test_ci_skips_nothing(bare, monkeypatch, need):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Problem) as caught:
        need()
    assert "apt-get install" in caught.value.advice


def test_root_installs(monkeypatch, programs, tmp_path):
    apt = programs("apt-get", f'echo "$@" >> {tmp_path}/calls')
    present = {"apt-get": str(apt)}
    monkeypatch.setattr(system_tools, "find_tool", present.get)
    monkeypatch.setattr(system_tools.os, "geteuid", lambda: 0)
    system_tools.need_browser()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[0].endswith(" update")
    assert "install --yes" in calls[1] and " chromium " in calls[1]


def test_installation_that_fails_names_the_command(monkeypatch, programs):
    apt = programs("apt-get", "echo E: no space left; exit 100")
    monkeypatch.setattr(system_tools, "find_tool", {"apt-get": str(apt)}.get)
    monkeypatch.setattr(system_tools.os, "geteuid", lambda: 0)
    with pytest.raises(Problem, match="no space left") as caught:
        system_tools.need_pdf()
    assert "apt-get install wkhtmltopdf" in caught.value.advice
