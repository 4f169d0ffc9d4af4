"""Odoo's source: Debian's package unpacked into the cache, or the user's own checkout.

Nothing is installed and no root is needed: apt works with lists and a cache of its own, verifies
what it downloads with the system's Debian keyring, and the packages are only unpacked.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .locks import exclusive
from .paths import cache_dir, lock_file, log_dir
from .steps import Problem, find_tool, run_logged, step

SUITE = "sid"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Odoo's package links to scripts and fonts that these bring. Without the scripts no web page
# and no browser test works, without the fonts documents look different.
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
)
# Left out of Debian's package, but named in the web assets. An empty file serves: it only blurs
# the background of video calls.
MISSING_ASSET = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
OWN_CHECKOUT = (
    "Get Odoo 19 by yourself and name its folder: ODOO_SRC=/path/to/odoo ./dev … "
    "(the folder with odoo-bin)."
)


@dataclass(frozen=True)
class OdooSource:
    """Where Odoo is, and what to call this state of it.

    :param python_path: folder that makes ``import odoo`` work
    :param addons: folders of Odoo's own add-ons
    :param version: changes whenever the source changes; keys the template databases
    """

    python_path: Path
    addons: tuple[Path, ...]
    version: str


def provide() -> OdooSource:
    """The Odoo to work with; downloads it on the first call."""
    own = os.environ.get("ODOO_SRC")
    return _from_checkout(Path(own).expanduser().resolve()) if own else _from_debian()


def _from_checkout(folder: Path) -> OdooSource:
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        raise Problem(f"ODOO_SRC={folder} holds no Odoo (no odoo/release.py).", OWN_CHECKOUT)
    found = re.search(r"^version_info = \((\d+)", release.read_text(), re.MULTILINE)
    if not found or found[1] != "19":
        raise Problem(f"ODOO_SRC={folder} is not Odoo 19.", OWN_CHECKOUT)
    addons = (folder / "addons", folder / "odoo" / "addons")
    commit = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return OdooSource(
        folder, tuple(path for path in addons if path.is_dir()), f"{folder} {commit.stdout.strip()}"
    )


def _from_debian() -> OdooSource:
    home = cache_dir() / "odoo"
    unpacked = _find_unpacked(home)
    if not unpacked:
        with exclusive(lock_file("odoo"), "downloading Odoo"):
            unpacked = _find_unpacked(home) or _download(home)
    python_path = unpacked / "usr/lib/python3/dist-packages"
    return OdooSource(python_path, (python_path / "odoo/addons",), unpacked.name)


def _find_unpacked(home: Path) -> Path | None:
    """A folder gets its name only when it is complete."""
    return next(iter(sorted(home.glob("19.*"))), None)


def _download(home: Path) -> Path:
    incoming = home / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    tools = {name: find_tool(name) for name in ("apt-get", "dpkg-deb")}
    if not all(tools.values()) or not KEYRING.exists():
        raise Problem(
            "Odoo comes from a Debian package, and this is no machine of Debian's family.",
            OWN_CHECKOUT,
        )
    with step("Downloading Odoo 19 (130 MB)"):
        apt = Apt(tools["apt-get"], incoming / "apt")
        apt.use_suite(SUITE)
        packages = apt.download(PACKAGES)
    with step("Unpacking Odoo 19"):
        root = incoming / "root"
        for package in packages:
            run_logged(
                [tools["dpkg-deb"], "-x", package, root],
                log_dir() / "unpack.log",
                f"Unpacking {package.name}",
                "Is the disk full? " + OWN_CHECKOUT,
            )
        asset = root / "usr/lib/python3/dist-packages/odoo/addons" / MISSING_ASSET
        asset.parent.mkdir(parents=True, exist_ok=True)
        asset.touch()
        version = next(p.name.split("_")[1] for p in packages if p.name.startswith("odoo-19_"))
        complete = home / version
        root.rename(complete)
    shutil.rmtree(incoming)
    return complete


class Apt:
    """apt with lists, cache and state of its own: the system's are neither needed nor changed."""

    def __init__(self, program: str, home: Path):
        self.program = program
        self.home = home
        self.sources = None
        for folder in ("lists/partial", "cache/archives/partial", "state", "packages"):
            (home / folder).mkdir(parents=True)
        (home / "state/status").touch()

    def use_suite(self, suite: str) -> None:
        """Read the package lists of another suite from the mirror that this machine uses."""
        mirror = self._find_mirror()
        self.sources = self.home / "suite.list"
        self.sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
        self._update()

    def download(self, packages: tuple[str, ...]) -> list[Path]:
        folder = self.home / "packages"
        self._run("download", *packages, cwd=folder)
        return sorted(folder.glob("*.deb"))

    def _find_mirror(self) -> str:
        mirrors = self._known_mirrors([])
        if not mirrors:
            # A machine that never updated its lists knows its mirror, but not whose it is.
            self._update()
            mirrors = self._known_mirrors(self._options())
        if not mirrors:
            raise Problem("apt on this machine has no mirror of Debian.", OWN_CHECKOUT)
        return mirrors[0]

    def _known_mirrors(self, options: list[str]) -> list[str]:
        known = subprocess.run(
            [
                self.program,
                "indextargets",
                *options,
                "--format",
                "$(REPO_URI)",
                "Created-By: Packages",
                "Origin: Debian",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return [uri for uri in known.stdout.split() if not uri.rstrip("/").endswith("-security")]

    def _update(self) -> None:
        self._run("update")

    def _options(self) -> list[str]:
        settings = {
            "Dir::State": self.home / "state",
            "Dir::State::status": self.home / "state/status",
            "Dir::State::Lists": self.home / "lists",
            "Dir::Cache": self.home / "cache",
            "Acquire::Languages": "none",
            # Its unprivileged user cannot enter the cache folder of root.
            "APT::Sandbox::User": "root",
        }
        if self.sources:
            settings["Dir::Etc::SourceList"] = self.sources
            settings["Dir::Etc::SourceParts"] = "/dev/null"
        return [option for key, value in settings.items() for option in ("-o", f"{key}={value}")]

    def _run(self, command: str, *arguments: str, **kwargs) -> None:
        run_logged(
            [self.program, *self._options(), command, *arguments],
            log_dir() / f"apt-{command}.log",
            f"apt-get {command}",
            "Is the network up? Try again. Or: " + OWN_CHECKOUT,
            env={**os.environ, "LC_ALL": "C"},
            **kwargs,
        )
