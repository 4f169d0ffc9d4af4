"""Bring a folder of translations up to date with a template that Odoo exported.

Arguments: the exported template and the folder. A template whose terms did not change keeps its
dates, so that it does not change with every export.
"""

import sys
from pathlib import Path

import polib

DATES = ("POT-Creation-Date", "PO-Revision-Date")
WIDTH = 78


def content(template):
    return {(entry.msgctxt, entry.msgid, entry.comment, *entry.occurrences) for entry in template}


def main(exported, folder):
    template = polib.pofile(str(exported), wrapwidth=WIDTH)
    target = folder / exported.name
    if target.exists():
        before = polib.pofile(str(target))
        if content(before) == content(template):
            template.metadata.update({name: before.metadata[name] for name in DATES})
    folder.mkdir(exist_ok=True)
    template.save(str(target))
    print(f"{target.name}: {len(template)} terms")
    for path in sorted(folder.glob("*.po")):
        translation = polib.pofile(str(path), wrapwidth=WIDTH)
        translation.merge(template)
        for entry in translation.obsolete_entries():
            translation.remove(entry)
        translation.sort(key=lambda entry: entry.msgid)
        translation.save(str(path))
        open_terms = len(translation.untranslated_entries()) + len(translation.fuzzy_entries())
        print(f"{path.name}: {open_terms} terms to translate")


main(Path(sys.argv[1]), Path(sys.argv[2]))
