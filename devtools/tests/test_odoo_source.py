import subprocess
import sys

import pytest

from .. import odoo_source
from ..paths import ROOT
from ..steps import Problem
from .common import cache, programs

# Stands in for apt-get: knows a mirror, "downloads" two packages.
APT = """
for word in "$@"; do
    case "$word" in
        indextargets) echo "http://mirror.test/debian-security/"; echo "http://mirror.test/debian/"
                      exit ;;
        download) touch odoo-19_19.0.0_all.deb libjs-jquery_1_all.deb; exit ;;
    esac
done
"""
# Stands in for dpkg-deb: unpacks a mail module.
DPKG = 'mkdir -p "$3/usr/lib/python3/dist-packages/odoo/addons/mail"'


@pytest.fixture
def debian(programs, monkeypatch, tmp_path):
    """A machine with apt whose mirror has Odoo."""
    keyring = tmp_path / "keyring"
    keyring.touch()
    monkeypatch.setattr(odoo_source, "KEYRING", keyring)
    programs("apt-get", APT)
    programs("dpkg-deb", DPKG)
    return programs


def test_download_is_unpacked_completed_and_kept(debian, cache):
    source = odoo_source.provide()
    assert source.version == "19.0.0"
    assert source.python_path == cache / "odoo/19.0.0/usr/lib/python3/dist-packages"
    assert (source.addons[0] / odoo_source.MISSING_ASSET).read_text() == ""
    assert [path.name for path in (cache / "odoo").iterdir()] == ["19.0.0"]


def test_suite_comes_from_the_mirror_of_the_machine(debian, cache, tmp_path):
    debian(
        "apt-get",
        APT + f'cat "$(dirname "$0")"/../none 2>/dev/null; cp "{cache}"/odoo/incoming'
        f'/apt/suite.list "{tmp_path}/seen"',
    )
    odoo_source.provide()
    assert "http://mirror.test/debian/ sid main" in (tmp_path / "seen").read_text()


def test_second_run_asks_nobody(debian, cache):
    first = odoo_source.provide()
    debian("apt-get", "exit 1")
    debian("dpkg-deb", "exit 1")
    assert odoo_source.provide() == first


@pytest.mark.parametrize("program", ["apt-get", "dpkg-deb"])
def test_half_finished_download_is_told_and_made_again(debian, cache, program):
    debian(program, "echo no network; exit 100")
    with pytest.raises(Problem) as caught:
        odoo_source.provide()
    assert "no network" in caught.value.what
    assert "ODOO_SRC" in caught.value.advice
    debian("apt-get", APT)
    debian("dpkg-deb", DPKG)
    assert odoo_source.provide().version == "19.0.0"


def test_killed_download_is_made_again(debian, cache):
    rest = cache / "odoo/incoming/root"
    rest.mkdir(parents=True)
    (rest / "half").touch()
    odoo_source.provide()
    assert not (cache / "odoo/19.0.0/half").exists()
    assert not rest.exists()


def test_two_runs_at_once_download_once(debian, tmp_path):
    debian("apt-get", f'echo "$@" >> {tmp_path}/calls; sleep 0.3; {APT}')
    code = (
        "from pathlib import Path; from devtools import odoo_source as o; "
        f"o.KEYRING = Path({str(tmp_path / 'keyring')!r}); print(o.provide().version)"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _number in range(2)
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert all(output.endswith("19.0.0\n") for output in outputs)
    assert any("another run is downloading Odoo" in output for output in outputs)
    assert (tmp_path / "calls").read_text().count("download odoo-19") == 1


def test_machine_without_apt_is_told_what_to_do(monkeypatch, programs, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem) as caught:
        odoo_source.provide()
    assert "ODOO_SRC=" in caught.value.advice


def test_own_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_SRC", str(tmp_path))
    with pytest.raises(Problem, match="holds no Odoo"):
        odoo_source.provide()
    (tmp_path / "odoo/addons").mkdir(parents=True)
    (tmp_path / "addons").mkdir()
    release = tmp_path / "odoo/release.py"
    release.write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    with pytest.raises(Problem, match="is not Odoo 19"):
        odoo_source.provide()
    release.write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    source = odoo_source.provide()
    assert source.python_path == tmp_path
    assert source.addons == (tmp_path / "addons", tmp_path / "odoo/addons")
