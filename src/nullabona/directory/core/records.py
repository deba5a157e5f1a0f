"""What the directory knows of a handle, and what it may decide to do. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol, TypeAlias

from nullabona.directory.core.refusal import Reason
from nullabona.wire.handle import Handle, skeleton
from nullabona.wire.producible import StoredCard

__all__ = [
    "HOLD_DAYS",
    "CardLog",
    "Change",
    "Decision",
    "Erase",
    "Hold",
    "Keep",
    "Known",
    "LogEntry",
    "NoLog",
    "Nothing",
    "Refuse",
    "StoredCard",
    "held_mark",
]

HOLD_DAYS: Final = 90
"""How many days nobody may register a handle that was deleted, so that nobody steps into its owner's place."""

_HELD_DOMAIN: Final = b"nullabona held handle v1"


@dataclass(frozen=True, slots=True)
class Hold:
    """A deleted handle, as a hash, and the last day on which nobody may register it."""

    mark: bytes
    until_day: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has about one handle."""

    current: StoredCard | None = None
    alike: str | None = None
    """The registered name that has this handle's skeleton; the handle's own name if it is registered."""
    held_until: int | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What the log learns of a change: the name and its new card's hash, or None when it was deleted."""

    name: str
    card_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Register or replace a card."""

    card: StoredCard
    entry: LogEntry


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete a card and hold its handle."""

    name: str
    hold: Hold
    entry: LogEntry


@dataclass(frozen=True, slots=True)
class Nothing:
    """The wish is fulfilled already."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The wish is refused and nothing of it is kept."""

    reason: Reason


Change: TypeAlias = Keep | Erase
Decision: TypeAlias = Keep | Erase | Nothing | Refuse


class CardLog(Protocol):
    """The log behind the directory. Called inside the transaction that keeps the change it is told of."""

    def append(self, entry: LogEntry) -> None:
        """Enter the change; it counts only if the transaction commits."""
        ...


class NoLog:
    """No log yet."""

    def append(self, entry: LogEntry) -> None:
        """Enter nothing."""


def held_mark(handle: Handle) -> bytes:
    """The hash under which a deleted handle, and any that looks like it, is held."""
    return sha256(_HELD_DOMAIN + f"{skeleton(handle.name)}@{handle.authority}".encode()).digest()
