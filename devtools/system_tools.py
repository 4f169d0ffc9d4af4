"""Programs that only the system's package manager brings: the PDF printer and the browser."""

import os
import subprocess

from .locks import exclusive
from .paths import lock_file, log_dir
from .steps import Problem, find_tool, run_logged, say, step

# Program → Debian packages. Chromium measures text, so it needs a font.
PDF = {"wkhtmltopdf": ["wkhtmltopdf", "fonts-liberation"]}
BROWSER = {"chromium": ["chromium", "fonts-liberation"]}
# What Odoo's own test runner looks for.
BROWSER_NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")


def need_pdf(required: bool = True) -> None:
    """Make sure that documents can be printed."""
    _need(PDF, bool(find_tool("wkhtmltopdf")), "print PDF documents", required)


def need_browser(required: bool = True) -> None:
    """Make sure that browser tests can run."""
    _need(BROWSER, any(map(find_tool, BROWSER_NAMES)), "run the browser tests", required)


def _need(packages: dict[str, list[str]], present: bool, purpose: str, required: bool) -> None:
    if present:
        return
    names = sorted({package for wanted in packages.values() for package in wanted})
    if os.geteuid() == 0 and find_tool("apt-get"):
        apt_install(names, " and ".join(packages))
        return
    program = next(iter(packages))
    command = f"sudo apt-get install {' '.join(names)}"
    if required:
        raise Problem(f"{program} is missing; it is needed to {purpose}.", f"Type: {command}")
    say(f"! {program} is missing, so this cannot {purpose}. To have it: {command}")


def apt_install(packages: list[str], what: str) -> None:
    """Install Debian packages; call as root only."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    advice = f"Type: apt-get update && apt-get install {' '.join(packages)}"
    apt = find_tool("apt-get")
    with exclusive(lock_file("apt"), "installing system packages"), step(f"Installing {what}"):
        # Another package manager at work is no failure: wait for its lock.
        options = ["-o", "DPkg::Lock::Timeout=300"]
        subprocess.run([apt, *options, "update"], env=environment, capture_output=True, check=False)
        run_logged(
            [apt, *options, "install", "--yes", "--no-install-recommends", *packages],
            log_dir() / "apt-install.log",
            f"Installing {what}",
            advice,
            env=environment,
        )
