"""The reads that a device wants, derived from the store, so that a crash loses none."""

from __future__ import annotations

from nullabona.client.core.backfill import asking, giving
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices.inbox_state import InboxState
from nullabona.client.core.group.evidence import commits_wait
from nullabona.client.core.model.requests import ReadRequest
from nullabona.client.core.model.state import JOINED, REJOINING, BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync.rejoin import Join
from nullabona.client.core.sync.removal_watch import ends_at
from nullabona.wire.wakes import inbox_wake_secret, wake_token


def room_reads(room: RoomState) -> tuple[ReadRequest, ...]:
    return tuple(
        ReadRequest(
            track.relay,
            track.keys.box,
            track.position,
            old=track is not room.current or room.phase != JOINED,
            incarnation=track.incarnation,
            wake_token=track.wake_token,
            wake_secret=track.keys.wake_secret,
        )
        for track in (*room.boxes, *room.former_boxes)
    )


def reply_reads(step: Step) -> tuple[ReadRequest, ...]:
    """The boxes in which answers to our contact requests may come."""
    return tuple(
        ReadRequest(
            box.relay,
            box.keys.box,
            box.position,
            incarnation=box.incarnation,
            wake_token=wake_token(box.keys.wake_secret, 0),
            wake_secret=box.keys.wake_secret,
        )
        for box in reply_boxes.followed(step)
    )


def inbox_reads(state: InboxState | None) -> tuple[ReadRequest, ...]:
    """The inbox where its card says that it is; nothing for a device that is out of the account."""
    if state is None:
        return ()
    known = state.incarnation  # empty until something of the box was seen
    secret = inbox_wake_secret(state.read_secret, known, state.position) if known else None
    read_at = state.read_at if state.position >= state.head else 0
    return (
        ReadRequest(state.relay, state.box, state.position, incarnation=known, wake_secret=secret, read_at=read_at),
    )


def join_read(join: Join) -> ReadRequest:
    return ReadRequest(join.relay, join.keys.box, join.position)


def room_wake(room: RoomState) -> int | None:
    """When the room next needs upkeep if nothing comes, in ms; None: never."""
    if room.phase == REJOINING:
        return (
            room.rejoin.next_at if room.rejoin is not None and room.rejoin.helpers else None
        )  # else there is nobody to ask
    if room.phase != JOINED:
        return _watch_wake(room)
    times: list[int | None] = [
        room.receipt_at,
        room.update_at,
        room.invites_at,
        room.profile_at,
        room.sync_at,
        room.tend_at,
        room.unheard_at,
        room.card_at,
    ]
    times += [room.note_at, room.scout_at, asking.next_due(room), giving.next_due(room)]
    if room.rejoin is not None:
        times.append(room.rejoin.next_at)
    else:
        times.append(room.led_at)
    if room.intents and room.pending is None and not room.current.undecided and not commits_wait(room):
        times.append(max(room.commit_at, room.current.unsure_until, 1))
    if room.asked and room.rejoin is None and room.pending is None and not room.current.candidates:
        times.append(room.current.settle_until)
    for track in room.boxes:
        times += _track_times(track)
    return min((time for time in times if time), default=None)


def _watch_wake(room: RoomState) -> int | None:
    if not room.boxes:
        return None
    next_at = room.rejoin.next_at if room.rejoin is not None else ends_at(room)
    return min((time for time in (next_at, room.invites_at) if time is not None), default=None)


def _track_times(track: BoxTrack) -> list[int | None]:
    times = [
        track.put_back_own_at,
        track.put_back_any_at,
        track.announce_at,
        track.lighten_at if not track.closed else None,
        track.trim_at,
        track.answer_at,
        track.confirm_at,
        track.silence_at,
    ]
    if track.candidates and track.read_so_far:  # until then no hour helps, only what comes
        waits = [track.settle_until, track.insist_until, *(candidate.give_up_at for candidate in track.candidates)]
        times.append(max((until for until in waits if until is not None), default=None))
    return times
