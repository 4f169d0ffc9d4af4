import subprocess
import sys

from .. import cli
from ..paths import DEVTOOLS, ROOT
from .common import cache


def test_help_names_every_command(capsys):
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    for command in ("demo", "test", "lint", "i18n", "bench", "shell", "screenshots", "help"):
        assert f"\n  {command} " in shown
    assert cli.main(["help"]) == 0
    assert capsys.readouterr().out == shown


def test_unknown_command_is_refused(capsys):
    assert cli.main(["dance"]) == 1
    assert "no command dance" in capsys.readouterr().err


def test_unknown_option_is_refused_before_anything_starts(capsys):
    assert cli.main(["demo", "--serve"]) == 1
    assert cli.main(["lint", "--all"]) == 1
    assert cli.main(["i18n", "nl"]) == 1
    assert cli.main(["shell", "one", "two"]) == 1
    assert cli.main(["screenshots", "nothing"]) == 1
    assert capsys.readouterr().out == ""


def test_launcher_needs_nothing_but_the_standard_library():
    modules = [path.stem for path in DEVTOOLS.glob("*.py") if path.stem != "__init__"]
    code = "import " + ", ".join(f"devtools.{module}" for module in modules)
    # -S leaves out everything that was installed.
    subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=True)
    done = subprocess.run(
        [sys.executable, "-S", ROOT / "dev", "help"], capture_output=True, text=True, check=True
    )
    assert done.stdout == cli.HELP


def test_lock_file_names_no_registry():
    lock = (DEVTOOLS / "package-lock.json").read_text()
    assert '"resolved"' not in lock and "://registry" not in lock
