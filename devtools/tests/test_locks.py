import subprocess
import sys
import textwrap

from .. import locks
from ..paths import ROOT

HOLD = """
import sys
from pathlib import Path
from devtools import locks
with locks.exclusive(Path(sys.argv[1]), "busy"):
    print("got it", flush=True)
    sys.stdin.readline()
"""


def start(path, script=HOLD):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_second_run_says_that_it_waits_and_goes_on_afterwards(tmp_path):
    with start(tmp_path / "lock") as first:
        assert first.stdout.readline() == "got it\n"
        with start(tmp_path / "lock") as second:
            assert second.stdout.readline() == "  another run is busy: waiting for it …\n"
            first.stdin.write("\n")
            first.stdin.flush()
            assert second.stdout.readline() == "got it\n"
            second.stdin.write("\n")


def test_killed_run_leaves_no_lock(tmp_path):
    with start(tmp_path / "lock") as first:
        assert first.stdout.readline() == "got it\n"
        first.kill()
        first.wait()
        with start(tmp_path / "lock") as second:
            assert second.stdout.readline() == "got it\n"
            second.stdin.write("\n")


def test_only_the_last_user_is_last(tmp_path):
    first = locks.SharedUse(tmp_path / "use")
    second = locks.SharedUse(tmp_path / "use")
    assert not first.is_last()
    first.close()
    assert second.is_last()
    second.close()


def test_pid_alive():
    with subprocess.Popen(["sleep", "60"]) as child:
        assert locks.pid_alive(child.pid)
        child.kill()
    assert not locks.pid_alive(child.pid)
