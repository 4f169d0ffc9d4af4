"""What a person sees of a run: one line per step, and for a failure what to do next."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

# Lines shown of a log when something failed.
TAIL = 25


class Problem(Exception):
    """A failure that a person can act upon: what went wrong, and what to do next."""

    def __init__(self, what: str, advice: str = ""):
        super().__init__(what)
        self.what = what
        self.advice = advice


def say(text: str = "") -> None:
    """Print a line at once, so that it stands before the output of a child process."""
    print(text, flush=True)


@contextmanager
def step(what: str):
    """Announce a step that takes a while, and tell how long it took."""
    say(f"• {what} …")
    start = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - start:.0f} s")


def is_ci() -> bool:
    """In continuous integration a missing tool is an error, never a reason to skip."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def run_logged(command: list, log: Path, what: str, advice: str, **kwargs) -> None:
    """Run ``command`` silently with its output in ``log``; on failure show the log's end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            **kwargs,
        )
    if done.returncode:
        raise Problem(
            f"{what} failed (exit code {done.returncode}).\n{tail(log)}\n(whole output: {log})",
            advice,
        )


def tail(log: Path) -> str:
    """The last lines of a log, where the reason mostly stands."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])


def find_tool(name: str) -> str | None:
    """Path of a program on the PATH; also where Debian puts those of the administrator."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def fail(problem: Problem) -> int:
    """Report ``problem`` on standard error; the exit code to end with."""
    sys.stdout.flush()
    print(f"\n✗ {problem.what}", file=sys.stderr)
    if problem.advice:
        print(f"  → {problem.advice}", file=sys.stderr)
    return 1
