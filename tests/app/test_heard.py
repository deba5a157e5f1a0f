"""The process while no page is open: its lock, its start in the background, and what a pressed notification does."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from nullabona.app.desktop.alert import Alert
from nullabona.app.session import heard
from nullabona.app.session.heard import LOCKED, Heard
from nullabona.app.session.place import Place
from nullabona.app.session.session import Session
from nullabona.client.api import Options, Preferences
from nullabona.processes.program import Program, python, run
from tests.api.people import play
from tests.app.person import ROOT, START
from tests.cli.shell import environment


class Shown:
    """A desktop that remembers."""

    shows = True

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def show(self, alert: Alert, fallback: Callable[[], None]) -> None:
        self.alerts.append(alert)


@pytest.mark.parametrize(("page", "off", "told"), [(False, False, [LOCKED]), (True, False, []), (False, True, [])])
def test_a_locked_profile_says_once_that_nothing_is_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, page: bool, off: bool, told: list[str]
) -> None:
    """Unless a page is open, which shows that, or the person wants no notifications."""
    monkeypatch.setattr(heard, "_PAGE_MAY_COME_S", 0.0)
    profile = tmp_path / "profile"
    profile.mkdir()

    async def story() -> list[str]:
        session = Session(Place(profile, tmp_path, Options(), "", "en", tmp_path, tmp_path))
        session.desktop = cast(Any, Shown())
        if page:
            cast(Any, session.pages)._pages.add(object())
        if off:
            session.remember_alerts("off")
        made = Heard(session)
        made.tell_locked()
        await asyncio.gather(*made._tasks)
        return [alert.key for alert in cast(Any, session.desktop).alerts]

    assert told == play(story())


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        ("", []),
        ("22:00-07:00", [*range(7), 22, 23]),
        ("00:00-23:59", list(range(24))),
        ("12:00-14:00", [12, 13]),
        ("09:00-09:00", []),
    ],
)
def test_quiet_hours_may_cross_midnight(hours: str, quiet: list[int]) -> None:
    """From the first minute on, up to the last, which is none of them."""
    assert quiet == [hour for hour in range(24) if Preferences(quiet_hours=hours).is_quiet(hour * 60)]


def test_a_page_of_a_running_app_opens_without_the_client() -> None:
    """What a second `nulla app` imports to ask the first for a page, which is most of the time that it takes."""
    code = (
        "import sys; import nullabona.cli.person.app, nullabona.app.server.instance, nullabona.app.server.launch;"
        "import nullabona.app.server.renewal; print([n for n in sys.modules if n.startswith('nullabona.client')])"
    )
    assert "[]\n" == run(python("-c", code), cwd=ROOT, patience_s=60).out


def test_in_the_background_no_page_is_opened_and_the_next_start_opens_one(tmp_path: Path) -> None:
    """It leaves no launch file; a second one in the background ends at once; `nulla app` opens a page; TERM ends it."""
    profile = tmp_path / "profile"
    command = (*START, "app", "--profile", str(profile), "--background", "--json")
    running = Program(command, cwd=ROOT, env=environment(XDG_DATA_HOME=str(tmp_path)))
    try:
        assert {"url": "", "mine": True} == running.ready
        folder = tmp_path / ".profile.app"
        assert [] == list(folder.glob("open-*"))
        assert 0 == run(command, cwd=ROOT, env=environment()).code
        assert [] == list(folder.glob("open-*"))
        opens = (*START, "app", "--profile", str(profile), "--no-browser", "--json")
        assert run(opens, cwd=ROOT, env=environment()).row["mine"] is False
        assert 1 == len(list(folder.glob("open-*")))
    finally:
        ended = running.stop(signal.SIGTERM)
    assert (130, "") == (ended.code, ended.err)
    assert [] == list(folder.glob("open-*"))
