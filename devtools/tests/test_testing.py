from pathlib import Path

import pytest

from .. import testing
from ..paths import ROOT

LINK = Path("/cache/addons/account_credit_management")


@pytest.mark.parametrize("folder", [ROOT, ROOT / "devtools"])
def test_paths_go_through_the_link(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert testing._linked("devtools/cli.py::Test::test_x", LINK) == (
        f"{LINK}/devtools/cli.py::Test::test_x"
    )
    assert testing._linked(str(ROOT / "devtools"), LINK) == f"{LINK}/devtools"


@pytest.mark.parametrize("argument", ["-k", "-x", "not_there.py", "--lf", "/etc/hostname"])
def test_other_arguments_are_passed_on(argument):
    assert testing._linked(argument, LINK) is None
