"""The legal desk's page of the public record in the states in which it warns, for `screens.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.browser.person import Theme
from tests.docket_console.place import Place
from tests.docket_console.seat import Seat


def _late(place: Place) -> None:
    """Three periods came late: whoever publishes says why."""
    place.tell("tick")
    place.tell("late", periods=3)


def _failing(place: Place) -> None:
    """The witness is gone: the batch cannot be published."""
    place.tell("tick")
    place.tell("lose_witness")
    place.tell("try_publishing")


def _undelivered(place: Place) -> None:
    """Notices that a relay refuses, that a gag keeps back, that the log does not prove yet."""
    told = [place.tell("take_in") for _ in range(4)]
    place.tell("tick")
    for case in told:
        place.tell("receipted", case=case)
    for case in told[:3]:
        place.tell("notified", case=case)
    place.tell("tick")
    place.tell("gag", case=told[2])
    place.tell("notified", case=told[3])
    place.tell("inboxes", broken=True)


DESK: Final[dict[str, tuple[str, Callable[[Place], None]]]] = {
    "desk-late": ("pia", _late),
    "desk-failing": ("pia", _failing),
    "desk-undelivered": ("nora", _undelivered),
}
"""Screen → who looks, and what has happened."""


@contextmanager
def at_desk(folder: Path, screen: str) -> Iterator[Place]:
    """A console where it has happened."""
    with Place(folder, "public") as place:
        place.tell("register")
        DESK[screen][1](place)
        yield place


@contextmanager
def seen(
    browser: Browser, place: Place, screen: str, lang: str, theme: Theme, viewport: dict[str, int]
) -> Iterator[Seat]:
    """The page on somebody's screen."""
    with Seat(browser, place, DESK[screen][0], lang=lang, theme=theme, viewport=viewport) as seat:
        seat.arrive()
        seat.go("/record")
        if screen == "desk-undelivered":
            seat.page.locator('form[action="/record/deliver"] button').click()
            seat.page.wait_for_function("() => location.pathname === '/record'")
            seat.go("/record")
        yield seat
