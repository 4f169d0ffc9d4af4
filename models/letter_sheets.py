"""Many letters in one document for the PDF printer, and the printed pages back to their letters.

Starting the printer takes longer than printing, so letters are printed together. A page that went
to the wrong debtor would be a breach, so nothing is guessed: each letter begins and ends with a dot
of a color of its own, next to white, and pages are given out only when every dot is found exactly
where it has to be. That works with every build of wkhtmltopdf: outlines and links, by which pages
could be found too, are missing in some.

The printer also shrinks a document whose text is too wide for the page: one letter would make all
the others smaller, and their addresses would miss the window of the envelope. The dot at the end of
a letter shows only when the letter is no wider than it has to be.
"""

import io
import re
from collections import defaultdict
from itertools import takewhile

import lxml.html

from odoo.tools.pdf import PdfFileReader, PdfFileWriter, PdfReadError

DOT = (
    "position: absolute; left: 0; width: 1px; height: 1px; margin: 0; padding: 0; border: 0; "
    "overflow: hidden;"
)
# Shows the dots at the end of the letters that are not too wide for the page.
FIT_SCRIPT = """
    Array.prototype.forEach.call(document.querySelectorAll(".acm_letter"), function (letter) {
        if (letter.scrollWidth <= letter.clientWidth + 1) {
            letter.lastElementChild.style.display = "block";
        }
    });
"""
# Letters that are printed together: more take longer each, as the time grows with the document.
MAX_LETTERS = 20
# Shades per color component: enough for two dots of each letter.
SHADES = 8
# How the lines end by which a page says in which color it draws: after three numbers from 0 to 1.
COLOR_OPERATORS = (b" scn", b" sc", b" rg")
# What may place parts of a text outside the letter to which it belongs.
LOOSE_STYLE = re.compile(
    r"position\s*:\s*(absolute|fixed|sticky)|margin[\w-]*\s*:[^;]*-\s*[\d.]|transform\s*:", re.I
)
LOOSE_TAGS = ("style", "script", "link", "iframe", "object")
LETTER_PATH = "//div[contains(concat(' ', normalize-space(@class), ' '), ' acm_letter ')]"


class MixedPagesError(Exception):
    """It is not certain which page belongs to which letter."""


def get_house_style(document):
    """What letters must have in common to be printed together: their style sheets.

    :param str document: HTML with one letter
    :return: the same for letters that can; nothing when one has to be printed alone, as it has
        parts that could show up on the pages of others
    :rtype: str | None
    """
    root, letter = _parse(document)
    styles = "".join(element.text or "" for element in _take_styles(letter))
    loose = any(
        element.tag in LOOSE_TAGS or LOOSE_STYLE.search(element.get("style") or "")
        for element in letter.iter(lxml.etree.Element)
    )
    return None if loose else lxml.html.tostring(root.find("head"), encoding="unicode") + styles


def join_letters(documents):
    """Put letters of one house style into one document, each on pages of its own.

    :param list[str] documents: HTML with one letter each, at most ``MAX_LETTERS``
    """
    (root, letter), *others = [_parse(document) for document in documents]
    body = letter.getparent()
    for element in _take_styles(letter):
        body.insert(body.index(letter), element)
    _mark(letter, 0)
    for number, (_root, other) in enumerate(others, start=1):
        _take_styles(other)
        _mark(other, number)
        body.append(other)
    script = lxml.html.Element("script")
    script.text = FIT_SCRIPT
    body.append(script)
    return lxml.html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")


def split_letters(content, count):
    """Return the pages of each letter of a joined document as a PDF of its own.

    :param bytes content: the PDF
    :param int count: how many letters it must have
    :rtype: list[bytes]
    :raise MixedPagesError: when it is not certain which page belongs to which letter
    """
    try:
        reader = PdfFileReader(io.BytesIO(content))
        ranges = find_letters([_get_colors(page) for page in reader.pages], count)
        return [_write_pages(reader.pages[start:end]) for start, end in ranges]
    except (PdfReadError, KeyError, TypeError, ValueError) as error:
        raise MixedPagesError(str(error)) from error


def find_letters(pages, count):
    """Find the pages of each letter by the dots at its beginning and its end.

    :param list[set] pages: the colors drawn on each page
    :return: first page of each letter, and the one after its last
    :rtype: list[tuple[int, int]]
    :raise MixedPagesError: when a dot is missing, or there twice, or out of place
    """
    places = defaultdict(list)
    for number, colors in enumerate(pages):
        for color in colors:
            places[color].append(number)
    ranges = []
    page = 0
    for letter in range(count):
        first, last = (places[_get_dot_color(2 * letter + side)] for side in (0, 1))
        if first != [page] or len(last) != 1 or last[0] < page:
            raise MixedPagesError(f"letter {letter} begins on {first}, ends on {last}")
        page = last[0] + 1
        ranges.append((first[0], page))
    if page != len(pages):
        raise MixedPagesError(f"{page} of {len(pages)} pages belong to letters")
    return ranges


def _parse(document):
    """The root of a document, and its letter.

    :raise ValueError: when it has none, or more than one
    """
    root = lxml.html.document_fromstring(document)
    (letter,) = root.xpath(LETTER_PATH)
    return root, letter


def _take_styles(letter):
    """Take out the style sheets that stand at the head of a letter."""
    elements = list(takewhile(lambda element: element.tag == "style", letter))
    for element in elements:
        element.drop_tree()
    return elements


def _mark(letter, number):
    """Let a letter begin on a new page, with a dot of its first color, and end with its second."""
    start = lxml.html.Element("div", style=_get_dot_style("top", 2 * number))
    end = lxml.html.Element(
        "div", style=_get_dot_style("bottom", 2 * number + 1) + "display: none;"
    )
    letter.insert(0, start)
    letter.append(end)
    page_break = "page-break-before: always;" if number else ""
    letter.set("style", f"{letter.get('style') or ''}; position: relative; {page_break}")


def _get_dot_style(edge, number):
    return f"{DOT} {edge}: 0; background-color: rgb{_get_dot_color(number)};"


def _get_dot_color(number):
    """A color next to white for each number, as its red, green and blue part."""
    number += 1  # white itself is drawn everywhere
    return tuple(255 - number // SHADES**power % SHADES for power in range(3))


def _get_colors(page):
    """The colors set on a page of a PDF, without parsing all that is drawn there."""
    contents = page["/Contents"].get_object()
    streams = [part.get_object() for part in contents] if isinstance(contents, list) else [contents]
    data = b"\n".join(stream.get_data() for stream in streams)
    lines = {line for line in data.split(b"\n") if line.endswith(COLOR_OPERATORS)}
    return {tuple(round(255 * float(part)) for part in line.split()[-4:-1]) for line in lines}


def _write_pages(pages):
    writer = PdfFileWriter()
    for page in pages:
        writer.add_page(page)
    with io.BytesIO() as stream:
        writer.write(stream)
        return stream.getvalue()
