import pytest

from .. import python_env
from ..steps import Problem
from .common import cache, programs


@pytest.fixture
def requirements(tmp_path, monkeypatch):
    """Requirements without a package: an environment that needs no network."""
    monkeypatch.setattr(python_env, "DEVTOOLS", tmp_path)
    (tmp_path / "requirements.txt").write_text("# nothing\n")


def test_environment_is_made_once(requirements, monkeypatch, capsys):
    python = python_env.provide("requirements.txt", "nothing")
    assert python.exists()
    assert "Installing nothing" in capsys.readouterr().out

    def refuse(*_arguments, **_options):
        raise AssertionError("a warm cache starts no program")

    monkeypatch.setattr(python_env, "run_logged", refuse)
    assert python_env.provide("requirements.txt", "nothing") == python
    assert capsys.readouterr().out == ""


def test_half_made_environment_is_made_anew(requirements, monkeypatch):
    made = []

    def install(_base, folder, _requirements):
        folder.mkdir(parents=True, exist_ok=True)
        made.append(folder)
        if len(made) == 1:
            raise Problem("The network went down.")

    monkeypatch.setattr(python_env, "_install", install)
    with pytest.raises(Problem):
        python_env.provide("requirements.txt", "nothing")
    python_env.provide("requirements.txt", "nothing")
    python_env.provide("requirements.txt", "nothing")
    assert made == [made[0]] * 2


def test_changed_requirements_make_another_environment(requirements, tmp_path, monkeypatch):
    monkeypatch.setattr(python_env, "_install", lambda base, folder, file: folder.mkdir())
    before = python_env.provide("requirements.txt", "nothing")
    (tmp_path / "requirements.txt").write_text("# something\n")
    assert python_env.provide("requirements.txt", "nothing") != before


def test_packages_that_cannot_be_had(requirements, monkeypatch, programs):
    fake = programs("python9.9", 'test "$1" = -c || { echo no network; exit 1; }')
    monkeypatch.setattr(python_env, "find_python", lambda: (fake, "9.9"))
    with pytest.raises(Problem, match="no network"):
        python_env.provide("requirements.txt", "nothing")


def test_unsupported_python_looks_for_another(programs, monkeypatch):
    monkeypatch.setattr(python_env, "SUPPORTED", ("9.8", "9.9"))
    monkeypatch.setattr(python_env, "PREFERRED_ORDER", ("9.8", "9.9"))
    programs("python9.8", "echo 'a stub of a version manager'; exit 127")
    with pytest.raises(Problem, match=r"needs Python 9\.8 to 9\.9"):
        python_env.find_python()
    found = programs("python9.9", "echo 9.9")
    assert python_env.find_python() == (found.resolve(), "9.9")
