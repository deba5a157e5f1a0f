"""The app with its page on systems that none of our tests runs on: opened, talked in, locked, ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import update_calls as u
from tests.api.people import new_name
from tests.api.service import Service
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Loop
from tests.system.conftest import System

INTERRUPTED = 130
People: TypeAlias = Callable[[Path, System], Person]


@pytest.fixture
def people(loop: Loop) -> Iterator[People]:
    """Makes people whose app runs on a system; whatever a test leaves of it is ended."""
    made: list[Person] = []

    def make(profile: Path, system: System) -> Person:
        start = (*system.python, "-m", "tests.app.start")
        more: dict[str, Any] = {**system.settings}
        made.append(Person(loop, profile, start=start, **more))
        return made[-1]

    yield make
    for person in made:
        for process in running(person.app.profile):
            os.kill(process, signal.SIGKILL)
        person.end()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_people_talk_at_the_page(system: System, service: Service, people: People, tmp_path: Path) -> None:
    """A second start opens the running app, and Ctrl-C ends it without a word."""
    mina, jun = (people(tmp_path / name, system) for name in ("mina", "jun"))
    for person, name in ((mina, "mina"), (jun, "jun")):
        person.sign_up(service.handle(new_name(name)))
    room = mina.befriend(jun)
    jun.page.told(p.ChatChanged, lambda push: push.chat.direct and push.chat.phase == "joined")
    jun.open(room)
    mina.send(room, "안녕 ☺")
    assert "안녕 ☺" == jun.reads(room, "안녕 ☺").text
    assert (not system.windows) is mina.call(u.GetUpdate()).supported
    _, again = mina.app.again()
    assert again.partition("#")[0] == mina.launch_url().partition("#")[0]
    for person in (mina, jun):
        assert (INTERRUPTED, "") == person.app.stop()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_lock_forgets(system: System, people: People, tmp_path: Path) -> None:
    """On macOS the process replaces itself and its pages come back; on Windows a successor opens a new page."""
    mina = people(tmp_path / "mina", system)
    mina.call(a.CreateProfile(PASSPHRASE))
    mina.call(a.CreateAccount("mina@127.0.0.1:9", ""))
    mina.call(a.ConfirmPhrase([], later=True))
    before, port = mina.app.pid, mina.app.profile.with_name(".mina.app") / "app.port"
    said = port.read_bytes() if system.windows else b""
    mina.call(a.Lock())
    if system.windows:
        eventually(lambda: port.exists() and port.read_bytes() not in {b"", said})
        page = mina.new_tab()
    else:
        page = mina.page
    assert "locked" == page.call(a.Start()).phase
    assert page.call(a.Unlock(PASSPHRASE)).phase in {"ready", "no-account"}
    (process,) = running(mina.app.profile)
    assert system.windows is (process != before)
    os.kill(process, signal.SIGINT)
    eventually(lambda: not running(mina.app.profile))


def running(profile: Path) -> list[int]:
    """The processes that are the app of a profile, whatever their shell is."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if str(profile).encode() in words and b"app" in words and state != "Z":
                found.append(int(folder.name))
    return found


def eventually(true: Callable[[], bool]) -> None:
    """Within a minute."""
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "it did not become true"
        time.sleep(0.05)
