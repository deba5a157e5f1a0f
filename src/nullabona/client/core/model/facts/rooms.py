"""What happened with rooms: who is in them, how they look, where they are kept."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Logged


class Joined(Logged, frozen=True, tag="joined"):
    """This account is in a room; ``handle`` invited it."""

    room: bytes
    name: str
    direct: bool
    handle: str


class MemberAdded(Logged, frozen=True, tag="member-added"):
    """An account came into a room."""

    room: bytes
    account: bytes
    handle: str


class MemberRemoved(Logged, frozen=True, tag="member-removed"):
    """An account is out of a room."""

    room: bytes
    account: bytes
    handle: str


class RoomChanged(Logged, frozen=True, tag="room-changed"):
    """A room's name, admins, timer or who may pin changed."""

    room: bytes
    name: str
    admins: tuple[bytes, ...]
    timer_s: int


class EpochChanged(Logged, frozen=True, tag="epoch"):
    """A room has new keys and a new box."""

    room: bytes
    epoch: int


class Removed(Logged, frozen=True, tag="removed"):
    """Somebody removed this account from a room."""

    room: bytes


class Leaving(Logged, frozen=True, tag="leaving"):
    """We asked to leave a room; any other member carries it out."""

    room: bytes


class Left(Logged, frozen=True, tag="left"):
    """We are out of a room that we wanted to leave."""

    room: bytes


class Rejoined(Logged, frozen=True, tag="rejoined"):
    """This device found its way back into a room; ``reason`` says why it had to."""

    room: bytes
    reason: str
    epoch: int


class RequestRefused(Logged, frozen=True, tag="refused"):
    """The relay will never take something of ours; ``what`` it was, and the wire code."""

    room: bytes
    what: str
    code: str


class ChangeFailed(Logged, frozen=True, tag="change-failed"):
    """A wanted change of a room cannot be made."""

    room: bytes
    reason: str


class RelayLostBox(Logged, frozen=True, tag="relay-lost-box"):
    """The relay lost what it kept of a room; what somebody may still need is put back."""

    room: bytes
    epoch: int


class RoomMoved(Logged, frozen=True, tag="room-moved"):
    """A room lives at another relay from now on; ``account``: who ordered it, empty if that is not known here."""

    room: bytes
    relay: str
    account: bytes


RoomFact: TypeAlias = (
    Joined
    | MemberAdded
    | MemberRemoved
    | RoomChanged
    | EpochChanged
    | Removed
    | Leaving
    | Left
    | Rejoined
    | RequestRefused
    | ChangeFailed
    | RelayLostBox
    | RoomMoved
)
