"""Boxes of epochs that are over: announced to devices that have not followed, trimmed, forgotten (spec/room.md §4)."""

from __future__ import annotations

from typing import Final

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery import box_log, views
from nullabona.client.core.delivery.box_log import WATCH_DAYS, winner_key
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.group import branches
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import acknowledgements

KEEP_DAYS: Final = 30
"""We follow a closed box at most this long; relays expire frames after as many days."""
MAX_CLOSED: Final = 48
"""Most closed boxes followed at once."""
OLDEST_KEPT: Final = 16
"""How many of them are the oldest ones: a device that missed an epoch writes to the last box that it knows."""
LONELY_ANNOUNCEMENTS: Final = 7
"""A branch gives way to one that lives if nobody followed so many announcements and the next is due (43 hours)."""


def look_after(step: Step, room: RoomState) -> None:
    """Closed boxes: announce our branch to devices that have not followed, trim and forget what nobody needs."""
    _put_off(step, room)
    for track in list(room.boxes[:-1]):
        days = KEEP_DAYS if not track.trimmed else WATCH_DAYS if box_log.removed_since(room, track) else 0
        if step.over(track.left_at, days * DAY_MS + 1):
            _forget(step, room, track)
        elif step.due(track.trim_at):
            queue_trim(step, track.relay, track.keys.box, track.position)
            track.trim_at, track.trimmed = None, True
            if not box_log.removed_since(room, track):
                _forget(step, room, track)
        elif step.due(track.answer_at):
            track.answer_at = None
            if not track.settled_seen:
                box_log.announce(step, room, track)
        elif step.due(track.announce_at):
            _announce_again(step, room, track)
    room.former_boxes = [  # after a move, no relay is asked for them that may be gone
        track
        for track in room.former_boxes
        if track.relay == room.relay and not step.over(track.left_at, KEEP_DAYS * DAY_MS)
    ]
    while len(room.boxes) - 1 > MAX_CLOSED:
        _forget(step, room, _needed_least(step, room))
    if room.former and not any(box_log.removed_since(room, track) for track in room.boxes[:-1]):
        room.former = {}


def _needed_least(step: Step, room: RoomState) -> BoxTrack:
    """Of more closed boxes than we follow, the one to forget: not the oldest, nor the newest, nor if possible one in
    which a device was last seen. It asks there where the room is if it lacks what was said there.
    """
    between = room.boxes[OLDEST_KEPT:-1]
    last = {view.device: track.epoch for track in room.boxes for view in step.store.views(track.keys.box.address)}
    present = {device.device for device in step.others(room, room.epoch)}
    waited_for = {epoch for device, epoch in last.items() if device in present}
    return next((track for track in between if track.epoch not in waited_for), between[0])


def _put_off(step: Step, room: RoomState) -> None:
    """In a room with a blocked contact: announce and trim nothing that is due, as that would show that we are on."""
    for track in room.boxes[:-1]:
        for name in ("announce_at", "answer_at", "trim_at"):
            if step.due(getattr(track, name)) and acquaintance.is_shut(step.store, room.info):
                setattr(track, name, step.now + DAY_MS)


def _announce_again(step: Step, room: RoomState, track: BoxTrack) -> None:
    shown = views.shown_after(step, room, track)
    if shown and track.acked >= track.position:
        track.announce_at = None
        track.trim_at = track.trim_at or step.within(step.timing.trim) + 1
        return
    # All devices are in a later epoch, but some have not acknowledged everything: check later, without announcing.
    if not shown and not track.announced:
        box_log.announce(step, room, track)
    track.announced = False
    if shown and track.announcements:
        acknowledgements.send_again(step, room, track)
    if not shown and track.announcements >= LONELY_ANNOUNCEMENTS and not views.anybody_after(step, room, track):
        branches.give_way(step, room, track)
    track.announcements += 1
    track.announce_at = (
        step.now
        + (step.timing.announcement << min(track.announcements, 10))
        + step.rng.between(0, step.timing.announcement)
    )


def _forget(step: Step, room: RoomState, track: BoxTrack) -> None:
    room.boxes.remove(track)
    step.store.delete_value(winner_key(track))
    step.store.drop_box(track.keys.box.address)
