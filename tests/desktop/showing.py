"""A desktop of this process, and what it shows; for tests with a service on a bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from nullabona.app.desktop.alert import Alert, Labels
from nullabona.app.desktop.freedesktop import FreeDesktop

LABELS = Labels("Open", "Mark as read", "Reply", "Write a reply", "Quit", "Unread: {count}")
ROOM = "5f" * 16


class Acted:
    """Remembers what a person did on the desktop."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []

    def open(self, key: str) -> None:
        self.done.append(("open", key))

    def read(self, alert: Alert) -> None:
        self.done.append(("read", alert.key, alert.message))

    def reply(self, alert: Alert, text: str) -> None:
        self.done.append(("reply", alert.key, alert.message, text))

    def quit(self) -> None:
        self.done.append(("quit",))


def shown(desktop: FreeDesktop) -> list[Alert]:
    """What this process takes for shown."""
    assert desktop._notifier is not None
    return desktop._notifier.shown


def alert(body: str = "hello", key: str = ROOM, title: str = "Mina", message: str = "aa") -> Alert:
    return Alert(key, title, body, "New message", message, acts=True)


@asynccontextmanager
async def desktop(acts: Acted | None = None) -> AsyncIterator[FreeDesktop]:
    """A desktop of this process that is connected and has found its notification service."""
    made = FreeDesktop(acts or Acted(), lambda: LABELS)
    await until(lambda: made._ready)
    try:
        yield made
    finally:
        await made.end()


async def until(true: Callable[[], object], most_s: float = 10.0) -> None:
    """Until something is true on this loop."""
    async with asyncio.timeout(most_s):
        while not true():  # noqa: ASYNC110 - what is waited for happens on a bus, which sets no events here
            await asyncio.sleep(0.005)


def unexpected() -> None:
    pytest.fail("pages were told instead")
