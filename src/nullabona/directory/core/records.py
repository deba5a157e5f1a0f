"""The directory's data on a handle, and its possible decisions, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, TypeAlias

from nullabona.directory.core.refusal import Reason
from nullabona.wire.handle import Handle
from nullabona.wire.lookalikes import shape
from nullabona.wire.producible import Held, ReplacedCard, StoredCard, StoredEntry

__all__ = [
    "HOLD_DAYS",
    "LAPSE_DAYS",
    "Change",
    "Decision",
    "Erase",
    "Held",
    "Hold",
    "Keep",
    "Known",
    "Nothing",
    "Place",
    "Progress",
    "Refuse",
    "ReplacedCard",
    "Shown",
    "Spent",
    "StoredCard",
    "StoredEntry",
    "held_mark",
    "owner_mark",
]

HOLD_DAYS: Final = 90
"""Days for which a deleted handle cannot be registered, so that nobody takes its owner's place."""
LAPSE_DAYS: Final = 365
"""Days after which an unrenewed card is erased; devices renew theirs each week. Its handle is then held as long again
for its owner, who has the identity key.
"""

_HELD_DOMAIN: Final = b"nullabona held handle v1"
_OWNER_DOMAIN: Final = b"nullabona lapsed handle v1"


@dataclass(frozen=True, slots=True)
class Hold:
    """A deleted handle, as a hash, and the last day on which it cannot be registered."""

    mark: bytes
    until_day: int


@dataclass(frozen=True, slots=True)
class Known:
    """The stored data on one handle."""

    current: StoredCard | None = None
    alike: str | None = None
    """The registered name with this handle's skeleton; the handle's own name if it is registered."""
    held: Held | None = None
    by_owner: bool = False
    """The handle is held because its card lapsed, and the submitted card has the same identity key."""


@dataclass(frozen=True, slots=True)
class Place:
    """A change's position in the public record, and the 16 random bytes that hide its content."""

    label: bytes
    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """The record's progress: the newest closed epoch, and the newest published one."""

    closed: int = 0
    served: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """The result of a lookup: the card in the record, a card that is promised for ``epoch``, or nothing."""

    card: bytes = field(repr=False, default=b"")
    promised: bytes = field(repr=False, default=b"")
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """The mark of a registration token (`nullabona.wire.registration`), remembered until the token ends."""

    mark: bytes = field(repr=False)
    until_day: int


@dataclass(frozen=True, slots=True)
class Keep:
    """Register or replace a card."""

    card: StoredCard
    digest: bytes
    """The card's hash, to which the record commits."""
    spent: Spent | None = None
    """The token that a new handle cost."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete a card and hold its handle."""

    name: str
    hold: Hold
    owner: Hold | None = None
    """If the card lapsed: the mark of its owner, who may register the handle again."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The request is already fulfilled."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is refused and nothing of it is kept."""

    reason: Reason


Change: TypeAlias = Keep | Erase
Decision: TypeAlias = Keep | Erase | Nothing | Refuse


def held_mark(handle: Handle) -> bytes:
    """The hash under which a deleted handle and every one of the same shape is held."""
    return sha256(_HELD_DOMAIN + f"{shape(handle.name)}@{handle.authority}".encode()).digest()


def owner_mark(handle: Handle, identity_key: bytes) -> bytes:
    """The hash by which the owner of a lapsed card is recognised."""
    return sha256(_OWNER_DOMAIN + identity_key + f"{shape(handle.name)}@{handle.authority}".encode()).digest()
