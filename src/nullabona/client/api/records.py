"""What the API hands out: plain values. Ids are bytes; times are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account of this profile."""

    account: bytes
    handle: str
    device: bytes
    relay: str
    published: bool
    """Whether the directory has taken the newest card."""


@dataclass(frozen=True, slots=True)
class ContactInfo:
    """Another account. ``state``: ``requested`` (we asked), ``asking`` (they asked), ``accepted`` or ``blocked``."""

    account: bytes
    handle: str
    state: str
    room: bytes
    """The direct room with them, or empty."""
    greeting: str


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A room as a list shows it. ``phase``: ``joined``, ``removed``, ``left``, or ``request`` (a stranger invites)."""

    id: bytes
    title: str
    """A group's name, or the handle of the other person."""
    direct: bool
    phase: str
    members: int
    unread: int
    """Messages of others that this account has not read."""
    admin: bool
    changing: bool
    """A change of ours (add, remove, rename, …) has not been carried out yet."""


@dataclass(frozen=True, slots=True)
class RoomDetails:
    """A room in full, for whoever wants to look behind."""

    summary: RoomSummary
    relay: str
    epoch: int
    devices: int
    box: bytes
    """Address of the current box."""
    rejoining: bool


@dataclass(frozen=True, slots=True)
class Member:
    """An account in a room."""

    account: bytes
    handle: str
    admin: bool
    devices: int
    me: bool


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A message. ``state`` of an own one: ``waiting``, ``sent``, ``delivered`` or ``failed``; else ``received``."""

    id: bytes
    room: bytes
    account: bytes
    handle: str
    mine: bool
    sent_at: int
    state: str
    unread_by: int
    """How many accounts of the room, the sender aside, have not read it yet."""
    position: int
    """Sorts; give the smallest one you have as ``before`` to get what came earlier."""
    reply_to: bytes
    text: str


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """A connection to a relay. ``error`` is the code of why it is down, or empty."""

    relay: str
    lane: str
    connected: bool
    error: str


@dataclass(frozen=True, slots=True)
class Status:
    """How the client is doing."""

    handle: str
    published: bool
    relays: tuple[RelayStatus, ...]
    outbox: int
    """Items that still have to reach a relay."""
    rooms: int
    at_rest: bool
    """Everything that could go out or come in has done so."""
