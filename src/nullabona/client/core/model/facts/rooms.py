"""Facts about rooms: members, name and settings, epochs, and the relay that keeps them."""

from __future__ import annotations

from typing import TypeAlias

from nullabona.client.core.model.facts.base import Logged


class Joined(Logged, frozen=True, tag="joined"):
    """This account joined a room; ``handle`` is who invited it."""

    room: bytes
    name: str
    direct: bool
    handle: str


class MemberAdded(Logged, frozen=True, tag="member-added"):
    """An account joined a room."""

    room: bytes
    account: bytes
    handle: str


class MemberRemoved(Logged, frozen=True, tag="member-removed"):
    """An account left a room or was removed."""

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
    """We asked to leave a room. Any other member's device then removes us."""

    room: bytes


class Left(Logged, frozen=True, tag="left"):
    """A member's device removed us from a room that we asked to leave."""

    room: bytes


class Rejoined(Logged, frozen=True, tag="rejoined"):
    """This device is back in a room after it had lost the room's keys; ``reason`` says why."""

    room: bytes
    reason: str
    epoch: int


class RequestRefused(Logged, frozen=True, tag="refused"):
    """The relay permanently refuses a request of ours: ``what`` we sent, and the wire ``code`` of the refusal."""

    room: bytes
    what: str
    code: str


class ChangeFailed(Logged, frozen=True, tag="change-failed"):
    """A change of a room that we wanted cannot be made."""

    room: bytes
    reason: str


class RelayLostBox(Logged, frozen=True, tag="relay-lost-box"):
    """The relay lost a room's box. Members' devices put back the frames that somebody may still need."""

    room: bytes
    epoch: int


class RoomMoved(Logged, frozen=True, tag="room-moved"):
    """A room's boxes are at another relay from now on. ``account`` ordered the move; empty if it is unknown here."""

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
