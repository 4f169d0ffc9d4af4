import subprocess
import sys

import pytest

from ..paths import DEVTOOLS

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n{dates}\n'
DATES = '"POT-Creation-Date: {date}\\n"\n"PO-Revision-Date: {date}\\n"\n'


def write(path, entries, date="2026-01-01"):
    text = HEADER.format(dates=DATES.format(date=date))
    for source, target in entries.items():
        text += f'#. module: x\nmsgid "{source}"\nmsgstr "{target}"\n\n'
    path.write_text(text)
    return path


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, DEVTOOLS / "inside" / script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def template(tmp_path):
    return write(tmp_path / "x.pot", {"Hello %(name)s": "", "<b>Bye</b>": ""})


def check(tmp_path, template, **entries):
    return run("check_translations.py", template, write(tmp_path / "nl.po", entries))


def test_complete_translation_passes(tmp_path, template):
    entries = {"Hello %(name)s": "Dag %(name)s", "<b>Bye</b>": "<b>Doei</b>"}
    done = check(tmp_path, template, **entries)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ({"Hello %(name)s": "Dag %(name)s"}, "lacks '<b>Bye</b>'"),
        ({"Hello %(name)s": "", "<b>Bye</b>": "<b>Doei</b>"}, "is not translated"),
        ({"Hello %(name)s": "Dag %(naam)s", "<b>Bye</b>": "<b>Doei</b>"}, "changes placeholders"),
        ({"Hello %(name)s": "Dag %(name)s", "<b>Bye</b>": "<i>Doei</i>"}, "changes placeholders"),
        ({"Hello %(name)s": "Dag %(name)s", "<b>Bye</b>": "<b>x</b>", "Old": "Oud"}, "superfluous"),
    ],
)
def test_incomplete_translation_is_refused(tmp_path, template, entries, complaint):
    done = check(tmp_path, template, **entries)
    assert done.returncode == 1
    assert complaint in done.stderr and "./dev i18n" in done.stderr


def test_translation_that_does_not_parse_is_refused(tmp_path, template):
    broken = tmp_path / "nl.po"
    broken.write_text('msgid "a\nmsgstr ""\n')
    assert run("check_translations.py", template, broken).returncode


def test_merge_keeps_what_stands_and_brings_what_is_new(tmp_path, template):
    folder = tmp_path / "i18n"
    folder.mkdir()
    dutch = write(folder / "nl.po", {"Hello %(name)s": "Dag %(name)s", "Old": "Oud"})
    done = run("merge_translations.py", template, folder)
    assert done.returncode == 0
    assert "nl.po: 1 terms to translate" in done.stdout
    text = dutch.read_text()
    assert "Dag %(name)s" in text and "<b>Bye</b>" in text and "Oud" not in text


def test_merge_of_the_same_terms_changes_nothing(tmp_path, template):
    folder = tmp_path / "i18n"
    run("merge_translations.py", template, folder)
    before = (folder / "x.pot").read_text()
    write(template, {"Hello %(name)s": "", "<b>Bye</b>": ""}, date="2027-01-01")
    run("merge_translations.py", template, folder)
    assert (folder / "x.pot").read_text() == before
