"""Locks between runs. The kernel lets go of them when a process dies, so none goes stale."""

import errno
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from .steps import say


@contextmanager
def exclusive(path: Path, waiting_for: str):
    """Hold ``path`` alone; says ``waiting_for`` once when another run has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        if not _try_lock(handle.fileno(), fcntl.LOCK_EX):
            say(f"  another run is {waiting_for}: waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class SharedUse:
    """Counts the runs that use one thing, across processes, by a shared lock on ``path``."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = path.open("a")
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Whether nobody else uses it. Call under a lock that newcomers take before theirs."""
        return _try_lock(self._handle.fileno(), fcntl.LOCK_EX)

    def close(self) -> None:
        self._handle.close()


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def pid_alive(pid: int) -> bool:
    """Whether a process with this id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
