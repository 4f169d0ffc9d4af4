"""The list of screenshots in ``docs/screenshots.json``: what each shows, and how to get there."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from .paths import ROOT
from .steps import Problem

SHOT_LIST = ROOT / "docs" / "screenshots.json"
IMAGES = ROOT / "docs" / "images"
# Width of the screen: a desk, and the phone that most people have.
SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
# What a step does, and the type of what it is told. Texts are those on the screen.
STEPS = {
    "open": str,  # an address on the server, or the XML id of an action
    "click": str,  # the button, link, tab or menu with this text
    "press": str,  # the element of this CSS selector
    "row": str,  # the line or card of a list that holds this text
    "tick": str,  # the box of the line that holds this text
    "fill": list,  # [CSS selector, text]
    "wait": str,  # until the element of this CSS selector is there
    "scroll": str,  # to the element of this CSS selector
}
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
KEYS = {"name", "login", "screen", "height", "part", "banner", "steps"}


@dataclass(frozen=True)
class Shot:
    """One picture: who looks, on which screen, and the steps that lead to it.

    The steps of a shot go on where the one before ended, unless they open something. Whatever
    they do to the data stays: the list tells a day, from top to bottom.
    """

    name: str
    steps: tuple
    login: str = ""  # nobody is logged in without
    screen: str = "desktop"
    height: int = 0  # of the screen; 0 for the usual one
    part: str = ""  # CSS selector of the part that is shown
    banner: bool = False  # also shown in the app store

    @property
    def size(self) -> tuple[int, int]:
        width, height = SCREENS[self.screen]
        return width, self.height or height

    @property
    def target(self) -> Path:
        return IMAGES / f"{self.name}.png"


def load(path: Path = SHOT_LIST) -> tuple[str, list[Shot]]:
    """The moment at which the clock of the pictures starts (UTC), and the pictures in order."""
    try:
        told = json.loads(path.read_text())
        shots = [_read_shot(entry) for entry in told["shots"]]
        moment = told["moment"]
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path.name} cannot be read: {error}.") from error
    names = [shot.name for shot in shots]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Problem(f"{path.name} has more than one screenshot {twice[0]}.")
    return moment, shots


def _read_shot(entry: dict) -> Shot:
    name = entry.get("name", "")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a file")
    unknown = sorted(set(entry) - KEYS)
    if unknown:
        raise ValueError(f"{name} has an unknown {unknown[0]}")
    if entry.get("screen", "desktop") not in SCREENS:
        raise ValueError(f"{name} has an unknown screen {entry['screen']}")
    steps = tuple(_read_step(name, step) for step in entry["steps"])
    return Shot(**{**entry, "steps": steps})


def _read_step(name: str, step: dict) -> tuple:
    if len(step) != 1:
        raise ValueError(f"a step of {name} does not do exactly one thing")
    ((action, told),) = step.items()
    if action not in STEPS:
        raise ValueError(f"{name} has an unknown step {action}")
    if not isinstance(told, STEPS[action]) or (action == "fill" and len(told) != 2):
        raise ValueError(f"{name} does not tell what to {action}")
    return action, told


def upto(shots: list[Shot], names: list[str]) -> list[Shot]:
    """The shots which lead to the named ones; all without names."""
    unknown = sorted(set(names) - {shot.name for shot in shots})
    if unknown:
        raise Problem(f"There is no screenshot {unknown[0]}.", f"See: docs/{SHOT_LIST.name}")
    last = max((i for i, shot in enumerate(shots) if shot.name in names), default=len(shots) - 1)
    return shots[: last + 1]
