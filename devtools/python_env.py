"""Virtual environments in the cache, one per Python and state of the requirements file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .locks import exclusive
from .paths import DEVTOOLS, cache_dir, lock_file, log_dir, short_hash
from .steps import Problem, find_tool, run_logged, step
from .system_tools import apt_install

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
PREFERRED_ORDER = ("3.11", "3.12", "3.13", "3.10")


def provide(requirements: str, what: str) -> Path:
    """The environment with what ``requirements`` lists; its ``python``.

    :param requirements: name of a file in ``devtools/``; a full list, installed as it stands
    :param what: what the packages are for, to tell the user
    """
    base, version = find_python()
    wanted = DEVTOOLS / requirements
    key = short_hash(version, str(base), wanted.read_bytes())
    folder = cache_dir() / f"venv-{wanted.stem.partition('-')[2] or 'odoo'}-{version}-{key}"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        with exclusive(lock_file(folder.name), f"installing {what}"):
            if not (folder / "complete").exists():
                with step(f"Installing {what} for Python {version}"):
                    _install(base, folder, wanted)
                (folder / "complete").touch()
    return python


def site_packages(python: Path) -> Path:
    return next((python.parent.parent / "lib").glob("python3.*")) / "site-packages"


def find_python() -> tuple[Path, str]:
    """An interpreter that Odoo 19 supports: the running one, or another on the PATH."""
    running = "{}.{}".format(*sys.version_info[:2])
    if running in SUPPORTED:
        return Path(os.path.realpath(sys.executable)), running
    for version in PREFERRED_ORDER:
        found = shutil.which(f"python{version}")
        # A version manager's stub may stand there and fail: only an answer counts.
        if found and _answer(found) == version:
            return Path(os.path.realpath(found)), version
    raise Problem(
        f"Odoo 19 needs Python {SUPPORTED[0]} to {SUPPORTED[-1]}; this one is {running}.",
        "Install one of them and run: python3.11 ./dev …",
    )


def _answer(python: str) -> str:
    code = "import sys; print('{}.{}'.format(*sys.version_info[:2]))"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def _install(base: Path, folder: Path, requirements: Path) -> None:
    # An environment cannot be moved, so a half-made one lies in its place and is made anew.
    shutil.rmtree(folder, ignore_errors=True)
    log = log_dir() / f"{folder.name}.log"
    _make_sure_of_venv(base)
    run_logged(
        [base, "-m", "venv", folder],
        log,
        "Making a virtual environment",
        "Install Python's venv module (Debian: apt install python3-venv) and try again.",
    )
    run_logged(
        [
            folder / "bin" / "python",
            *("-m", "pip", "install", "--disable-pip-version-check", "--no-input"),
            *("--no-deps", "--requirement", requirements),
        ],
        log,
        "Installing Python packages",
        "Is the network up? Try again: nothing half-made is kept.",
    )


def _make_sure_of_venv(base: Path) -> None:
    """Debian ships Python without venv. As root, fetch it rather than ask for it."""
    probe = subprocess.run([base, "-c", "import ensurepip"], capture_output=True, check=False)
    if probe.returncode and os.geteuid() == 0 and find_tool("apt-get"):
        apt_install(["python3-venv"], "Python's venv module")
