from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

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


IGNORED = [f"--ignore={LINK}/{name}" for name in testing.BESIDE_OTHERS]
BESIDE = [f"{LINK}/{name}" for name in testing.BESIDE_OTHERS]
DELIVERY = testing.BESIDE_OTHERS[0]


@pytest.mark.parametrize(
    ("arguments", "alone", "beside"),
    [
        ([], [str(LINK), *IGNORED], BESIDE),
        (["-x"], ["-x", str(LINK), *IGNORED], ["-x", *BESIDE]),
        (["tests", "-x"], [f"{LINK}/tests", "-x", *IGNORED], [*BESIDE, "-x"]),
        (["devtools"], [f"{LINK}/devtools", *IGNORED], None),
        ([f"{DELIVERY}::Test::test_x"], None, [f"{LINK}/{DELIVERY}::Test::test_x"]),
        ([DELIVERY, "README.md"], [f"{LINK}/README.md", *IGNORED], [f"{LINK}/{DELIVERY}"]),
    ],
)
def test_some_tests_run_beside_other_modules(arguments, alone, beside, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert testing._divided(arguments, LINK) == (alone, beside)


def test_tests_beside_other_modules_exist():
    assert all((ROOT / name).exists() for name in testing.BESIDE_OTHERS)


@pytest.mark.parametrize(
    ("codes", "result", "runs"),
    [
        ([0, 0], 0, 2),
        ([1, 0], 1, 2),
        ([0, 1], 1, 2),
        ([5, 0], 0, 2),
        ([0, 5], 0, 2),
        ([5, 5], 5, 2),
        ([2], 2, 1),
    ],
)
def test_result_of_both_runs(codes, result, runs, monkeypatch):
    left = list(codes)
    monkeypatch.setattr(testing.system_tools, "need_pdf", lambda: None)
    monkeypatch.setattr(testing.system_tools, "need_browser", lambda: None)
    monkeypatch.setattr(testing.session, "opened", lambda: nullcontext(SimpleNamespace(link=LINK)))
    monkeypatch.setattr(testing.databases, "temporary", lambda *_: nullcontext("database"))
    monkeypatch.setattr(testing, "_pytest", lambda *_: left.pop(0))
    assert testing.run([]) == result
    assert len(codes) - len(left) == runs
