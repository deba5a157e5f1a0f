"""What the directory knows of a handle, and what it may decide to do. Values only."""

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
    "StoredCard",
    "StoredEntry",
    "held_mark",
    "owner_mark",
]

HOLD_DAYS: Final = 90
"""How many days nobody may register a handle that was deleted, so that nobody steps into its owner's place."""
LAPSE_DAYS: Final = 365
"""A card that was issued longer ago goes: devices renew theirs each week. Its handle is held as long again for its
owner, who has the identity key.
"""

_HELD_DOMAIN: Final = b"nullabona held handle v1"
_OWNER_DOMAIN: Final = b"nullabona lapsed handle v1"


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
    held: Held | None = None
    by_owner: bool = False
    """The handle is held because its card lapsed, and the card that is offered has the same identity key."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a change stands in the public record, and 16 bytes of chance that hide what stands there."""

    label: bytes
    nonce: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the record has come: the newest epoch that is closed here, and the newest that is published."""

    closed: int = 0
    served: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a looker is shown of a name: the card in the record, or one that is promised for ``epoch``, or nothing."""

    card: bytes = field(repr=False, default=b"")
    promised: bytes = field(repr=False, default=b"")
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Keep:
    """Register or replace a card."""

    card: StoredCard
    digest: bytes
    """The card's hash, as the record commits to it."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Delete a card and hold its handle."""

    name: str
    hold: Hold
    owner: Hold | None = None
    """If the card lapsed: by which its owner is known, who may come back."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The wish is fulfilled already."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The wish is refused and nothing of it is kept."""

    reason: Reason


Change: TypeAlias = Keep | Erase
Decision: TypeAlias = Keep | Erase | Nothing | Refuse


def held_mark(handle: Handle) -> bytes:
    """The hash under which a deleted handle, and any of the same shape, is held."""
    return sha256(_HELD_DOMAIN + f"{shape(handle.name)}@{handle.authority}".encode()).digest()


def owner_mark(handle: Handle, identity_key: bytes) -> bytes:
    """The hash under which the owner of a lapsed card is known again."""
    return sha256(_OWNER_DOMAIN + identity_key + f"{shape(handle.name)}@{handle.authority}".encode()).digest()
