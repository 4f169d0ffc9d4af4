"""Take the screenshots of the list: ``take_screenshots BROWSER URL MOMENT NAME...``.

The whole list is played up to the last one named, and only those named are written: a shot may
build on what the ones before it did.
"""

import io
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image

from .. import shots
from ..paths import ROOT
from .browser import Browser, Trouble

# Of a picture's file, in bytes; colors are given up until it fits.
MAX_SIZE = 145_000
COLORS = (256, 128, 64, 32, 16)
BANNER = ROOT / "static" / "description" / "banner.png"
BANNER_SIZE = (1120, 560)

# Something one can see and touch; `last` is what lies on top: a dialog comes after its page.
SEE = """
const seen = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility !== "hidden";
};
const last = (elements) => elements.filter(seen).at(-1);
const middle = (element) => {
    if (!element) return null;
    element.scrollIntoView({block: "nearest"});
    const box = element.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
};
"""
FIND_TEXT = f"""(text) => {{ {SEE}
    const kinds = `button, a, label, [role=tab], [role=menuitem], [role=menuitemcheckbox],
        .dropdown-item, .o-dropdown-item, .o_stat_text`;
    const scope = last([...document.querySelectorAll(".modal")]) || document;
    const all = [...document.querySelectorAll(".o-dropdown--menu"), scope]
        .flatMap((part) => [...part.querySelectorAll(kinds)]);
    const told = (element) => element.innerText.replace(/\\s+/g, " ").trim();
    return middle(last(all.filter((element) => told(element) === text)));
}}"""
FIND_CSS = f"""(selector) => {{ {SEE}
    return middle(last([...document.querySelectorAll(selector)]));
}}"""
FIND_ROW = f"""(text, box) => {{ {SEE}
    const rows = [...document.querySelectorAll(".o_data_row, .o_kanban_record, .o_group_header")];
    const row = rows.filter(seen).find((row) => row.innerText.includes(text));
    if (!row) return null;
    const cells = [...row.querySelectorAll(".o_data_cell, .o_group_name")];
    const cell = box ? row.querySelector("input") :
        cells.find((cell) => cell.innerText.includes(text)) || row;
    return middle(cell);
}}"""
FIND_BOX = f"""(selector) => {{ {SEE}
    const box = last([...document.querySelectorAll(selector)])?.getBoundingClientRect();
    if (!box) return null;
    const right = Math.min(box.right, innerWidth), bottom = Math.min(box.bottom, innerHeight);
    const left = Math.max(box.x, 0), top = Math.max(box.y, 0);
    return [left, top, right - left, bottom - top];
}}"""
SELECT_ALL = """(selector) => { document.querySelector(selector).select?.(); return true; }"""


class Photographer:
    """Goes through the list with one browser."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url
        self.login = ""

    def take(self, shot):
        """Do the steps of a shot; the picture as PNG."""
        self.browser.resize(*shot.size, phone=shot.screen == "phone")
        if shot.login != self.login:
            self._log_in(shot.login)
        for action, told in shot.steps:
            getattr(self, f"_{action}")(told)
        self.browser.run("() => { document.activeElement?.blur(); return true; }")
        self.browser.move_away()
        self.browser.settle()
        box = shot.part and self.browser.wait(FIND_BOX, shot.part, what=shot.part)
        return self.browser.picture(box)

    def _log_in(self, login):
        self.browser.forget(self.url)
        self.login = login
        if not login:
            return
        self.browser.go(f"{self.url}/web/login")
        for field in ("login", "password"):
            self._fill([f"input[name={field}]", login])
        self._press(".oe_login_form button[type=submit]")
        self.browser.wait("() => !location.pathname.startsWith('/web/login')", what=f"user {login}")
        self.browser.settle()

    # === STEPS ===#
    def _open(self, target):
        path = target if target.startswith("/") else f"/odoo/action-{target}"
        self.browser.go(self.url + path)

    def _click(self, text):
        self.browser.click(self.browser.wait(FIND_TEXT, text, what=f"button {text}"))

    def _press(self, selector):
        self.browser.click(self.browser.wait(FIND_CSS, selector, what=selector))

    def _row(self, text):
        self.browser.click(self.browser.wait(FIND_ROW, text, False, what=f"line with {text}"))

    def _tick(self, text):
        self.browser.click(self.browser.wait(FIND_ROW, text, True, what=f"line with {text}"))

    def _fill(self, told):
        selector, text = told
        self._press(selector)
        self.browser.run(SELECT_ALL, selector)
        self.browser.type(text)

    def _wait(self, selector):
        self.browser.wait(FIND_CSS, selector, what=selector)
        self.browser.settle()

    def _scroll(self, selector):
        script = "(found) => { document.querySelector(found).scrollIntoView(); return true; }"
        self.browser.wait(script, selector, what=selector)
        self.browser.settle()


def reduce(picture):
    """A picture with as many colors as fit in the size that a file may have."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for count in COLORS:
        out = io.BytesIO()
        image.quantize(count, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MAX_SIZE:
            break
    return out.getvalue()


def make_banner(picture):
    """The upper part of a picture in the shape which the app store shows."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    width, height = BANNER_SIZE
    part = image.crop((0, 0, image.width, image.width * height // width))
    out = io.BytesIO()
    part.resize(BANNER_SIZE, Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def main(program, url, moment, *names):
    start = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
    _moment, listed = shots.load()
    shots.IMAGES.mkdir(exist_ok=True)
    broken = []
    with Browser(program, start) as browser:
        photographer = Photographer(browser, url)
        for shot in shots.upto(listed, list(names)):
            try:
                picture = photographer.take(shot)
            except Trouble as trouble:
                broken.append(shot.name)
                screen = Path(tempfile.gettempdir(), f"broken-{shot.name}.png")
                screen.write_bytes(browser.picture())
                print(f"✗ {shot.name}: {trouble} The screen at that moment: {screen}", flush=True)
                continue
            if shot.name in names:
                shot.target.write_bytes(reduce(picture))
                if shot.banner:
                    BANNER.write_bytes(reduce(make_banner(picture)))
                print(f"  {shot.target.relative_to(ROOT)}", flush=True)
    for stale in set(shots.IMAGES.iterdir()) - {shot.target for shot in listed}:
        stale.unlink()
    if broken:
        sys.exit(f"Not made: {', '.join(broken)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
