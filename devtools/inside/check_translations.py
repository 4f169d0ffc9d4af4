"""Check translation files: they parse, are complete, and keep every placeholder.

Arguments: the template (``.pot``) and the translations (``.po``) of one add-on.
"""

import re
import sys
from pathlib import Path

import polib

# %s, %(name)s, {{ expression }}, ${expression}, tags of HTML with their attributes.
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\{.*?\}\}|\$\{.*?\}|</?\w+[^<>]*>")


def key(entry):
    return (entry.msgctxt or "", entry.msgid)


def check_entry(entry):
    """Complaints about one translation."""
    if "fuzzy" in entry.flags:
        return ["is fuzzy"]
    if not entry.msgstr:
        return ["is not translated"]
    source = sorted(PLACEHOLDER.findall(entry.msgid))
    target = sorted(PLACEHOLDER.findall(entry.msgstr))
    if source != target:
        return [f"changes placeholders: {source} → {target}"]
    return []


def check_file(path, template):
    """Complaints about one translation file."""
    translation = polib.pofile(str(path), check_for_duplicates=True)
    current = {key(entry) for entry in translation if not entry.obsolete}
    wanted = {key(entry) for entry in template}
    yield from (f"lacks {msgid!r}" for _context, msgid in sorted(wanted - current))
    yield from (f"has the superfluous {msgid!r}" for _context, msgid in sorted(current - wanted))
    for entry in translation:
        for complaint in [] if entry.obsolete else check_entry(entry):
            yield f"line {entry.linenum}: {entry.msgid[:60]!r} {complaint}"


def main(paths):
    templates = [path for path in paths if path.suffix == ".pot"]
    if not templates:
        return ["There is no template (.pot): make it with ./dev i18n"] if paths else []
    template = polib.pofile(str(templates[0]), check_for_duplicates=True)
    complaints = []
    for path in paths:
        if path.suffix == ".po":
            complaints += [f"{path.name}: {line}" for line in check_file(path, template)]
    return complaints


if found := main([Path(argument) for argument in sys.argv[1:]]):
    sys.exit("\n".join([*found, "Bring the files up to date with: ./dev i18n"]))
