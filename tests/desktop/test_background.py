"""``nulla app --background`` on a profile with a passphrase: what its person hears, and how they come in."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.app.protocol import account_calls as a
from nullabona.processes.program import Program
from tests.api.people import play
from tests.app.conftest import loop
from tests.app.person import PASSPHRASE, ROOT, START, Person
from tests.app.wire import Loop
from tests.cli.shell import environment
from tests.desktop.service import Recorder
from tests.desktop.showing import until

__all__ = ["loop"]


@pytest.mark.slow  # a page may come within five seconds
def test_a_locked_profile_says_so_and_opens_a_page(
    loop: Loop, address: str, notifications: Callable[..., Recorder], tmp_path: Path
) -> None:
    """After log-in one notification says that nothing is received; pressing it opens the page in the browser."""
    service, opened, browser = notifications(), tmp_path / "opened", tmp_path / "browser"
    person = Person(loop, tmp_path / "profile")
    person.call(a.CreateProfile(PASSPHRASE))
    person.end()
    browser.write_text(f'#!/bin/sh\necho "$1" >>{opened}\n', "utf-8")
    browser.chmod(0o755)
    more = {"DBUS_SESSION_BUS_ADDRESS": address, "BROWSER": f"{browser} %s", "XDG_DATA_HOME": str(tmp_path)}
    command = (*START, "app", "--profile", str(tmp_path / "profile"), "--background", "--json")
    process = Program(command, cwd=ROOT, env=environment(**more))
    try:
        assert {"url": "", "mine": True} == process.ready
        service.until(lambda: service.shown)
        (one,) = service.shown
        said = "The app is locked and receives nothing. Messages arrive when you unlock it."
        assert ("nullabona", said, ("default", "Open")) == (one.title, one.body, one.actions)
        service.press(one.id, "default")
        play(until(opened.exists))
    finally:
        ended = process.stop(signal.SIGTERM)
    assert (130, "") == (ended.code, ended.err)
    assert 1 == len(opened.read_text("utf-8").splitlines())
