"""The app of a profile as a process of its own, with the protocol's pauses shortened.

``serve.py PROFILE HOST LANG [MINUTE [LINK]]``: ``MINUTE`` is how many seconds a minute of idle time has. Everything
else is what ``nulla app`` runs. Prints the address of a launch file; with each empty line that comes in on standard
input it prints another. What the app itself opens in the browser is appended to ``opened`` beside the profile. A line
with a name puts that state (states.py) into the open profile; one with an invite link opens that; ``read-to`` prints
how far each room was read.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import ClassVar

from nullabona.app import run
from nullabona.app.run import running_app
from nullabona.app.session import work
from nullabona.app.session.place import Place
from nullabona.app.session.session import Session
from nullabona.client.core.model.state import JOINED
from nullabona.words.catalogue import Language
from tests.api.people import QUICK
from tests.browser.states import PUT


class Kept(Session):
    """The app's own session, within reach."""

    made: ClassVar[list[Session]] = []

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.made.append(self)


def put(session: Session, name: str) -> None:
    """A state in which the profile warns, as if the device had just found out."""
    assert session._work is not None
    with session._work.client._session.step() as step:
        PUT[name](step)


def read_to(session: Session) -> dict[str, list[int]]:
    """Room → its epoch, and the number of the last frame that was read there."""
    assert session._work is not None
    with session._work.client._session.view() as step:
        rooms = [step.room(room) for room in step.store.rooms()]
        return {room.id.hex(): [room.epoch, room.current.position] for room in rooms if room.phase == JOINED}


async def main(profile: str, host: str, language: str, minute_s: str = "60", link: str = "") -> None:
    """Serve until the input ends."""
    vars(work)["_MINUTE_S"] = float(minute_s)
    vars(run)["Session"] = Kept
    path = Path(profile)
    spoken: Language = "ko" if language == "ko" else "en"

    def browse(launch: Path) -> None:
        with path.with_name("opened").open("a", encoding="utf-8") as file:
            file.write(f"{launch.as_uri()}\n")

    async with running_app(
        path, options=QUICK, host=host, language=spoken, home=path.parent, updates=path.parent / "program",
        renews=True, browse=browse, link=link,
    ) as opened:  # fmt: skip
        if not opened.again:
            sys.stdout.write(f"{opened.launch.as_uri()}\n")
            sys.stdout.flush()
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line == "read-to\n":
                sys.stdout.write(f"{json.dumps(read_to(Kept.made[0]))}\n")
            elif (name := line.strip()) and ":" not in name:
                put(Kept.made[0], name)
                sys.stdout.write("put\n")
            else:
                async with running_app(path, options=QUICK, link=name) as other:
                    sys.stdout.write(f"{other.launch.as_uri()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
