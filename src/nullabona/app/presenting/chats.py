"""Rows of the chat list, and a room without its messages."""

from __future__ import annotations

from typing import Final, cast, get_args

from nullabona.app.presenting.messages import to_last
from nullabona.app.presenting.text import clean_name
from nullabona.app.protocol import views as v
from nullabona.client.api import RoomPreferences, RoomSummary

_PHASES: Final = frozenset(get_args(v.RoomPhase))


def order_of(pinned: int, at: int, room: bytes) -> str:
    """Sorts rows: pinned ones, then by the newest line; highest first."""
    return f"{pinned:012d}-{at:015d}-{room.hex()[:8]}"


def to_chat(
    room: RoomSummary, choice: RoomPreferences, person: v.Person | None, faces: list[v.Person], now: int
) -> v.Chat:
    """A row of the chat list."""
    last, muted = room.last, choice.is_muted(now)
    return v.Chat(
        room=room.id.hex(),
        title=person.name if person is not None else clean_name(room.title),
        person=person,
        faces=faces,
        phase=phase_of(room),
        direct=room.direct,
        members=room.members,
        unread=room.unread,
        mentions=room.mentions,
        marked_unread=choice.marked_unread and not room.unread,
        pinned=choice.pinned > 0,
        muted=muted,
        muted_until=choice.muted_until if muted else None,
        archived=choice.archived,
        draft=choice.draft,
        failed=room.failed,
        timer_s=room.timer_s,
        order=order_of(choice.pinned, 0 if last is None else last.sent_at, room.id),
        last=None if last is None else to_last(last, direct=room.direct, photos=room.photos),
        opening=cast(v.Opening, room.opening),
    )


def phase_of(room: RoomSummary) -> v.RoomPhase:
    """The room's phase. Who asked to leave has left, whenever a member's device carries that out."""
    if room.leaving:
        return "left"
    return cast(v.RoomPhase, room.phase if room.phase in _PHASES else "left")


def room_may(room: RoomSummary, *, friend: bool = False) -> list[v.RoomMay]:
    """What I may do in a room. A chat with a ``friend`` that one of us left is opened again by a message."""
    if phase_of(room) in {"left", "removed"}:
        return ["send", "delete"] if room.opening and friend else ["delete"]
    if room.phase != "joined":
        return []
    if room.direct:
        if room.opening and not friend:
            return ["leave"]
        return ["send", "files", "timer", "pin", "poll", "leave"] if room.opening != "alone" else ["send", "leave"]
    may: list[v.RoomMay] = ["send", "files", "poll", "leave"]
    may += ["pin"] if room.may_pin else []
    return [*may, "add", "remove", "rename", "admins", "timer", "link"] if room.admin else may
