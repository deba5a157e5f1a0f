"""What the API hands out about links: plain values. Times are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """A link that this account gave out. ``kind``: ``contact`` or ``room``; ``expires_at`` None: never."""

    id: bytes
    """Empty for the lasting link to this account, which cannot be revoked."""
    kind: str
    text: str = field(repr=False)
    web: str = field(repr=False)
    """The same link in the form that every program opens: it shows a page of the own relay."""
    room: bytes
    expires_at: int | None
    uses_left: int | None
    """None: any number."""


@dataclass(frozen=True, slots=True)
class LinkRead:
    """What a link says. ``state``: ``new``, ``known`` (a contact or room of ours), ``own``, or ``other``.

    ``other``: its handle is that of a contact, but the link means another account.
    """

    kind: str
    handle: str
    room: bytes
    state: str
    account: bytes = b""
    """The contact that it was made by, if we know them."""


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A link was followed; what it leads to comes as events."""

    kind: str
    handle: str
    account: bytes
    room: bytes


@dataclass(frozen=True, slots=True)
class JoinRequestInfo:
    """We asked an admin, by their link, to be let into a group. ``name``: what to call the admin, or empty.

    ``state``: ``waiting``; ``silent`` (no answer within ``patience_ms``; it may still come); ``used``, ``expired`` or
    ``closed`` (refused: the link was used up, is past its time, or does not lead in any more).
    """

    room: bytes
    account: bytes
    handle: str
    name: str
    state: str
    asked_at: int
    patience_ms: int
