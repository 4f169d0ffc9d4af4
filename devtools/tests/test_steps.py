import sys

import pytest

from .. import steps
from .common import cache


def test_failed_command_shows_the_end_of_its_output_and_the_advice(tmp_path, capsys):
    log = tmp_path / "logs" / "x.log"
    code = "print(*range(100), sep='\\n'); raise SystemExit(3)"
    with pytest.raises(steps.Problem) as caught:
        steps.run_logged([sys.executable, "-c", code], log, "Counting", "Count less.")
    assert steps.fail(caught.value) == 1
    shown = capsys.readouterr().err
    assert "Counting failed (exit code 3)" in shown
    assert "\n99\n" in shown and "\n50\n" not in shown
    assert "→ Count less." in shown
    assert str(log) in shown


def test_command_that_works_is_silent(tmp_path, capfd):
    steps.run_logged([sys.executable, "-c", "print('noise')"], tmp_path / "x.log", "It", "")
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "x.log").read_text() == "noise\n"


def test_ci(monkeypatch):
    assert not steps.is_ci()
    monkeypatch.setenv("CI", "true")
    assert steps.is_ci()
