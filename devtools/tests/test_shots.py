import io
import json
import re

import polib
import pytest
from PIL import Image

from .. import databases, demo, screenshots, shots
from ..inside import take_screenshots
from ..inside.browser import Trouble
from ..paths import MODULE, ROOT
from ..steps import Problem
from .common import cache

PICTURE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<path>[^)]+)\)")
# Set in bold or italics: a name on the screen, or a path of names.
NAMED = re.compile(r"(?<!\*)\*{1,2}([^*|]{3,60})\*{1,2}(?!\*)")
# Names of Odoo itself, and what is set in bold for other reasons.
OTHER_NAMES = {
    *("Apps", "Update Apps List", "Users", "Invoicing"),
    *("Advanced Settings", "Communication Standard", "Import records"),
    *("Send message", "Log note"),
    *("1. Customers", "2. Tone and Sender", "3. How to Begin", "4. Check and Finish"),
    "Changing levels that are in use",
}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def write(tmp_path, *entries, moment="2026-03-09 08:00:00"):
    path = tmp_path / "shots.json"
    path.write_text(json.dumps({"moment": moment, "shots": list(entries)}))
    return path


def entry(name="one", **values):
    return {"name": name, "steps": [{"open": "/odoo"}], **values}


# === THE LIST ===#
def test_list_is_read(tmp_path):
    path = write(tmp_path, entry(login="me", screen="phone"), entry("two-2", height=500))
    moment, (one, two) = shots.load(path)
    assert moment == "2026-03-09 08:00:00"
    assert one.steps == (("open", "/odoo"),)
    assert one.size == shots.SCREENS["phone"]
    assert two.size == (1280, 500)
    assert (one.login, two.login) == ("me", "")
    assert two.target == ROOT / "docs" / "images" / "two-2.png"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (entry("../one"), "no name of a file"),
        (entry(widht=3), "unknown widht"),
        (entry(screen="watch"), "unknown screen watch"),
        (entry(steps=[{"dance": "now"}]), "unknown step dance"),
        (entry(steps=[{"open": "/a", "click": "b"}]), "exactly one thing"),
        (entry(steps=[{"click": 3}]), "what to click"),
        (entry(steps=[{"fill": ["input"]}]), "what to fill"),
        ({"name": "one"}, "steps"),
    ],
)
def test_mistake_in_the_list_is_told(tmp_path, wrong, told):
    with pytest.raises(Problem, match=re.escape(told)):
        shots.load(write(tmp_path, wrong))


def test_one_name_twice_is_refused(tmp_path):
    with pytest.raises(Problem, match="more than one screenshot one"):
        shots.load(write(tmp_path, entry(), entry()))


def test_broken_file_is_told(tmp_path):
    path = tmp_path / "shots.json"
    path.write_text("{")
    with pytest.raises(Problem, match="shots.json cannot be read"):
        shots.load(path)


def test_a_shot_needs_those_before_it(tmp_path):
    _moment, listed = shots.load(write(tmp_path, entry("a"), entry("b"), entry("c")))
    assert [shot.name for shot in shots.upto(listed, ["b"])] == ["a", "b"]
    assert shots.upto(listed, []) == listed
    with pytest.raises(Problem, match="no screenshot d"):
        shots.upto(listed, ["d"])


def test_our_list_is_in_order():
    moment, listed = shots.load()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:00:00", moment)
    assert listed[0].steps[0][0] == "open"
    assert sum(shot.banner for shot in listed) == 1
    for shot in listed:
        for action, _told in shot.steps:
            assert hasattr(take_screenshots.Photographer, f"_{action}")


# === THE STORY ===#
def test_odoo_starts_on_the_day_of_the_pictures():
    odoo = screenshots.SessionOnADay("python", None, None, None, {}, moment="2026-03-09 08:00:00")
    command = odoo.odoo("shell", "-d", "x")
    assert command[0] == "python"
    assert command[1].endswith("odoo_on_a_day.py")
    assert command[2:] == ["2026-03-09 08:00:00", "shell", "-d", "x"]


def test_story_is_made_once_and_anew_when_something_changed(monkeypatch):
    complete, made = {}, []
    monkeypatch.setattr(databases, "source_state", lambda odoo: "source")
    monkeypatch.setattr(databases, "state_of", lambda odoo, name: complete.get(name))
    monkeypatch.setattr(databases, "provide_dependencies", lambda odoo: "template")
    monkeypatch.setattr(databases, "make_room", lambda *_values: None)
    monkeypatch.setattr(databases, "copy", lambda odoo, template, name: made.append(name))
    monkeypatch.setattr(demo, "install_story", lambda odoo, name: made.append("story"))
    monkeypatch.setattr(
        databases, "mark_complete", lambda odoo, name, state: complete.update({name: state})
    )
    monday = screenshots.SessionOnADay("python", None, None, None, {}, moment="monday")
    name = screenshots._provide_story(monday)
    assert name.startswith(screenshots.FAMILY)
    assert screenshots._provide_story(monday) == name
    assert made == [name, "story"]
    tuesday = screenshots.SessionOnADay("python", None, None, None, {}, moment="tuesday")
    assert screenshots._provide_story(tuesday) != name
    assert len(made) == 4


# === PICTURES ===#
def noise(width, height):
    return Image.effect_noise((width, height), 80).convert("RGB")


def as_png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_picture_becomes_small_enough():
    heavy = as_png(noise(640, 400))
    assert len(heavy) > take_screenshots.MAX_SIZE
    light = take_screenshots.reduce(heavy)
    assert len(light) <= take_screenshots.MAX_SIZE
    assert Image.open(io.BytesIO(light)).size == (640, 400)


def test_few_colors_stay_as_they_are():
    image = Image.new("RGB", (20, 20), "#714b67")
    image.putpixel((3, 3), (255, 255, 255))
    reduced = Image.open(io.BytesIO(take_screenshots.reduce(as_png(image)))).convert("RGB")
    assert reduced.getpixel((3, 3)) == (255, 255, 255)
    assert reduced.getpixel((4, 4)) == image.getpixel((4, 4))


def test_banner_has_the_shape_of_the_store():
    banner = take_screenshots.make_banner(as_png(Image.new("RGB", (1280, 900))))
    assert Image.open(io.BytesIO(banner)).size == take_screenshots.BANNER_SIZE


# === PHOTOGRAPHER ===#
class FakeBrowser:
    """Notes what it is asked to do; finds everything but what is called nowhere."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        def note(*values, **_options):
            self.asked.append((name, *values))
            return b"picture"

        return note

    def wait(self, _script, *values, what):
        self.asked.append(("wait", *values))
        if "nowhere" in values:
            raise Trouble(f"There is no {what}.")
        return [1, 2]


def test_photographer_logs_in_once_and_does_the_steps():
    browser = FakeBrowser()
    photographer = take_screenshots.Photographer(browser, "http://demo")
    steps = (("open", "module.action"), ("click", "Propose"))
    one = shots.Shot("one", steps, login="me")
    assert photographer.take(one) == b"picture"
    assert ("go", "http://demo/odoo/action-module.action") in browser.asked
    assert ("wait", "Propose") in browser.asked
    photographer.take(one)
    assert browser.asked.count(("go", "http://demo/web/login")) == 1
    photographer.take(shots.Shot("two", (), login="you", part=".modal"))
    assert browser.asked.count(("go", "http://demo/web/login")) == 2
    assert ("picture", [1, 2]) in browser.asked


def test_what_is_not_on_the_page_is_told():
    photographer = take_screenshots.Photographer(FakeBrowser(), "http://demo")
    with pytest.raises(Trouble, match="no button nowhere"):
        photographer.take(shots.Shot("one", (("click", "nowhere"),)))


# === DOCUMENTATION ===#
def get_pictures():
    return [
        (page, found["text"], (page.parent / found["path"]).resolve())
        for page in PAGES
        for found in PICTURE.finditer(page.read_text())
    ]


def test_every_picture_of_the_documentation_exists_and_is_described():
    pictures = get_pictures()
    assert pictures
    for page, text, path in pictures:
        assert path.is_file(), f"{page.name}: {path.name} does not exist"
        assert len(text.split()) > 1, f"{page.name}: {path.name} has no description"


def test_every_picture_is_referred_to_and_can_be_made_again():
    shown = {path for _page, _text, path in get_pictures()}
    made = set(shots.IMAGES.iterdir())
    assert made == {path for path in shown if path.parent == shots.IMAGES}
    assert made == {shot.target for shot in shots.load()[1]}


def test_pictures_are_light():
    for path in (*shots.IMAGES.iterdir(), take_screenshots.BANNER):
        assert path.stat().st_size < 150_000, f"{path.name} is too heavy"


def get_anchors(page):
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for found in re.finditer(r"(?<!!)\[[^\]]+\]\((?P<link>[^)]+)\)", page.read_text()):
        link = found["link"]
        if "://" in link:
            continue
        path, _separator, part = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not part or part in get_anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", ["administrator.md", "accountant.md"])
def test_names_are_those_on_the_screen(page):
    terms = polib.pofile(str(ROOT / "i18n" / f"{MODULE}.pot"))
    shown = "\n".join(" ".join(term.msgid.split()) for term in terms)
    text = (ROOT / "docs" / page).read_text()
    # Lists begin with the sign that also sets names apart.
    text = " ".join(re.sub(r"^ *[*-] ", "", text, flags=re.MULTILINE).split())
    names = {name.strip(" .:") for found in NAMED.findall(text) for name in found.split("→")}
    assert len(names) > 20
    assert not sorted(name for name in names - OTHER_NAMES if name not in shown)
