"""The current box is kept light: what every device has acknowledged is trimmed (spec/room.md §4).

What each device said last always stays: a view acknowledges only what its device had read before it sent the view, and
ours counts like the others'. So a copy of a device that was put back still finds a frame of its own that it does not
know.
"""

from __future__ import annotations

from nullabona.client.core import acquaintance
from nullabona.client.core.delivery.outbox import drop_trim, queue_trim
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import DAY_MS, Step


def look_after(step: Step, room: RoomState) -> None:
    """Trim the current box if that is due and it is this device's turn."""
    track = room.current
    upto = min(track.acked, track.told or 0)
    if upto > track.lightened and track.lighten_at is None:
        track.lighten_at = step.within(step.timing.lighten) + 1
    if not step.due(track.lighten_at):
        return
    track.lighten_at = None
    if _must_wait(step, room, track):
        track.lighten_at = step.now + DAY_MS
    elif days := _days_to_turn(step, room, track):
        track.lighten_at = (step.day + days) * DAY_MS + step.rng.between(0, DAY_MS - 1)
    else:
        drop_trim(step, track.keys.box)
        queue_trim(step, track.relay, track.keys.box, upto)
        track.lightened = upto


def _must_wait(step: Step, room: RoomState, track: BoxTrack) -> bool:
    """Whether frames may be missing somewhere, the relay is away, or a blocked contact would see that we are on."""
    lost = track.diverged or step.before(track.settle_until) or track.reread_until is not None
    return lost or track.relay in step.down or acquaintance.is_shut(step.store, room.info)


def _days_to_turn(step: Step, room: RoomState, track: BoxTrack) -> int:
    """The devices of the epoch take turns by the day: one trim says what all of theirs would."""
    leaves = sorted([track.leaf, *(device.leaf for device in step.others(room, track.epoch))])
    return (leaves.index(track.leaf) - step.day) % len(leaves)
