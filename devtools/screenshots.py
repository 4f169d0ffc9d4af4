"""``./dev screenshots``: the pictures of the documentation, made anew from the demo's story."""

import dataclasses
from pathlib import Path

from . import databases, demo, session, shots, system_tools
from .paths import DEVTOOLS, ROOT, cache_dir, short_hash
from .session import Session
from .steps import Problem, find_tool, say

FAMILY = f"{databases.PREFIX}_pictures_"


@dataclasses.dataclass(frozen=True)
class SessionOnADay(Session):
    """A session whose Odoo always starts at the same moment."""

    moment: str = ""

    def odoo(self, *arguments: str) -> list[str]:
        script = DEVTOOLS / "inside" / "odoo_on_a_day.py"
        return [str(self.python), str(script), self.moment, *arguments]


def run(arguments: list[str]) -> int:
    moment, wanted = shots.load()
    wanted = shots.upto(wanted, arguments)
    system_tools.need_pdf()
    system_tools.need_browser()
    browser = next(filter(None, map(find_tool, system_tools.BROWSERS)), None)
    if not browser:
        raise Problem("Without a browser there are no screenshots.")
    with session.opened() as found:
        parts = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
        odoo = SessionOnADay(**parts, moment=moment)
        return _take(odoo, browser, arguments or [shot.name for shot in wanted])


def _take(odoo: SessionOnADay, browser: str, names: list[str]) -> int:
    """Play the list on a copy of the story, so that it always begins at the same point."""
    with (
        databases.temporary(odoo, _provide_story) as database,
        demo.mail_sink(odoo, cache_dir() / "mails") as mail_port,
        demo.server(odoo, mail_port, crons=0, database=database) as (_process, url),
    ):
        say(f"Taking screenshots with {Path(browser).name} …")
        return session.foreground(
            [
                *(str(odoo.python), "-m", "devtools.inside.take_screenshots"),
                *(browser, url, odoo.moment, *names),
            ],
            env={**odoo.environment(), "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )


def _provide_story(odoo: SessionOnADay) -> str:
    """Template with the demo's story on the day of the pictures, before its dunning run."""
    state = short_hash(databases.source_state(odoo), odoo.moment)
    name = FAMILY + state
    if databases.state_of(odoo, name) == state:
        return name
    template = databases.provide_dependencies(odoo)
    databases.make_room(odoo, FAMILY, name)
    databases.copy(odoo, template, name)
    demo.install_story(odoo, name)
    databases.mark_complete(odoo, name, state)
    return name
