"""What the desktop is asked to show, and what the person can do with it; values, no bus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

OPEN: Final = "default"
"""The action that a click on the notification itself means."""
READ: Final = "read"
REPLY: Final = "inline-reply"
"""The action of KDE and others whose notifications have a line to write in."""


@dataclass(frozen=True, slots=True)
class Alert:
    """News of one kind: a room's, requests, the operator's notices, or the lock. The words obey the person's level."""

    key: str
    """One notification is shown for each."""
    title: str = field(repr=False)
    body: str = field(repr=False)
    bare: str
    """The body that says nothing but that something came; for a screen that is locked."""
    message: str = ""
    """The message that is shown, which `READ` and `REPLY` mark as read."""
    acts: bool = False
    """It offers `READ` and `REPLY`."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of buttons and of the tray, in the person's language."""

    open: str
    read: str
    reply: str
    placeholder: str
    quit: str
    tooltip: str
    """With ``{count}``."""


class Acts(Protocol):
    """What a person did on the desktop."""

    def open(self, key: str) -> None: ...
    def read(self, alert: Alert) -> None: ...
    def reply(self, alert: Alert, text: str) -> None: ...
    def quit(self) -> None: ...


class Desktop(Protocol):
    """What shows alerts outside the page."""

    @property
    def shows(self) -> bool:
        """Whether notifications can be shown now."""
        ...

    def show(self, alert: Alert, fallback: Callable[[], None]) -> None:
        """Show the newest news of its key soon. ``fallback`` is called if that turns out to be impossible."""
        ...

    def withdraw(self, key: str) -> None:
        """Take back what is shown or waits for this key."""
        ...

    def count(self, unread: int) -> None:
        """How many messages are unread."""
        ...

    async def clear(self) -> None:
        """Take back everything; returns once the desktop was told, or after two seconds."""
        ...

    async def end(self) -> None:
        """As `clear`; then leave the desktop."""
        ...


class NoDesktop:
    """Where nothing can be shown outside the page."""

    shows = False

    def show(self, alert: Alert, fallback: Callable[[], None]) -> None:  # noqa: ARG002 - the protocol's signature
        """Nothing is shown; the page does it."""
        fallback()

    def withdraw(self, key: str) -> None:
        """Nothing was shown."""

    def count(self, unread: int) -> None:
        """There is no badge."""

    async def clear(self) -> None:
        """Nothing was shown."""

    async def end(self) -> None:
        """Nothing was begun."""
