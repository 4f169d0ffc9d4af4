"""Programs that only the system's package manager brings: the PDF printer and the browser."""

import os
import subprocess

from .locks import exclusive
from .paths import lock_file, log_dir
from .steps import Problem, find_tool, is_ci, run_logged, say, step

# What Odoo's own test runner looks for.
BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chrome")
# A text that is measured and printed needs a font, and a bare machine has none.
FONT = "fonts-liberation"


def need_pdf() -> None:
    """Make sure that documents can be printed."""
    if not find_tool("wkhtmltopdf"):
        _get("wkhtmltopdf", "no PDF can be printed")


def need_browser() -> None:
    """Make sure that browser tests can run."""
    if not any(map(find_tool, BROWSERS)):
        _get("chromium", "browser tests are skipped")


def _get(package: str, consequence: str) -> None:
    """Install a package as root; otherwise tell how, and go on without unless this is CI."""
    if os.geteuid() == 0 and find_tool("apt-get"):
        apt_install([package, FONT], package)
        return
    command = f"sudo apt-get install {package} {FONT}"
    if is_ci():
        raise Problem(f"{package} is missing, and with CI=true nothing is skipped.", command)
    say(f"! {package} is missing: {consequence}. To have it, type: {command}")


def apt_install(packages: list[str], what: str) -> None:
    """Install Debian packages; for root only."""
    apt = find_tool("apt-get")
    # Another package manager at work is no failure: wait for its lock.
    options = ["-o", "DPkg::Lock::Timeout=300"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    with exclusive(lock_file("apt"), "installing system packages"), step(f"Installing {what}"):
        # One broken source of many is no reason to stop: the installation itself decides.
        subprocess.run([apt, *options, "update"], env=environment, capture_output=True, check=False)
        run_logged(
            [apt, *options, "install", "--yes", "--no-install-recommends", *packages],
            log_dir() / "apt-install.log",
            f"Installing {what}",
            f"Type: apt-get update && apt-get install {' '.join(packages)}",
            env=environment,
        )
