"""How this device notices that a relay lost frames, and what it notes for the repair (spec/room.md §4).

A loss is noticed while a box is read, or when the relay answers one of our appends. Each function here is one way to
notice it. It notes what is to be done and does nothing more:

- frames that we have: when to append them again (``put_back_own_at``, ``put_back_any_at``);
- frames that we lack: their places (``missing``, ``unreadable``), which our next receipt tells the others.

`core.sync.repair` acts on the first here and on the second at the devices that read our receipt.
"""

from __future__ import annotations

from nullabona.client.core.delivery import receipts
from nullabona.client.core.delivery.box_log import GAP, first_chain, next_chain, record_repeat
from nullabona.client.core.delivery.outbox import queue_raw
from nullabona.client.core.model.facts.rooms import RelayLostBox
from nullabona.client.core.model.records import Frame
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step

# -- frames that we have ------------------------------------------------------------------------------------------


def lose_box(step: Step, room: RoomState, track: BoxTrack, incarnation: bytes) -> None:
    """The relay lost the box: read it from its start, then re-append what some device may still need.

    A box of which a relay lost only the newest frames still has the others: who put back what it has would double it.
    """
    until = track.reread_until or step.now + step.timing.reread  # a relay that renames it again gains no more time
    begin_anew(step, room, track, incarnation)
    track.reread_until = track.put_back_own_at = track.put_back_any_at = until
    # Not soon: a relay that renames a box could have all devices of the room show at once that they are on.
    receipts.tell_later(step, room)
    step.tell(RelayLostBox(room.id, track.epoch))


def reread(step: Step, track: BoxTrack) -> None:
    """A box was read. If that was a lost one to its head, what it did not show goes back: ours now, others' later."""
    if track.reread_until is not None and track.position >= track.head:
        track.reread_until, track.put_back_own_at = None, step.now
        track.put_back_any_at = step.within(step.timing.put_back_any)


def begin_anew(step: Step, room: RoomState, track: BoxTrack, incarnation: bytes) -> None:
    """Forget the box's order: its frames may be gone. ``incarnation``: of the new box; empty if unknown."""
    box = track.keys.box.address
    track.incarnation = incarnation
    track.generation += 1
    before = track.read_before if track.reread_until is not None else 0  # it was lost again while we read it again
    track.read_before = max(before, track.position)
    track.position, track.head, track.acked, track.start, track.told = 0, 0, 0, 0, None
    track.chain = first_chain(track)
    track.lighten_at, track.lightened = None, 0
    track.missing, track.unreadable, track.candidates = [], [], []
    track.deferred, track.expected = {}, {}
    track.decide_at = None
    track.settled_seen = track.announced = track.diverged = track.order_seen = False
    track.behind = []
    step.store.unplace_frames(box)
    if not track.closed:
        track.settle_until = step.now + step.timing.settle
        track.silence_at = step.now + step.timing.silence + step.rng.between(0, step.timing.silence)
    track.reread_until, track.put_back_own_at = None, step.now
    track.put_back_any_at = step.within(step.timing.put_back_any)
    if room.invites_at:
        room.invites_at = min(room.invites_at, step.within(step.timing.put_back_any))


def taken(step: Step, track: BoxTrack, digest: bytes, seq: int) -> None:
    """The relay says that it appended our frame at ``seq``: `missed` checks that when we have read so far."""
    frame = step.store.frame(track.keys.box.address, digest)
    # A seq that we have already read is a lie. If many frames are gone, another immediate re-append does not help:
    # `repair.confirm` does it later, and not forever.
    if frame is not None and not frame.seq and seq > track.position and track.doubts <= receipts.DOUBTS_AT_ONCE:
        track.expected[seq] = digest


def missed(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Re-append own frames that are not where the relay reported them."""
    for seq in [seq for seq in track.expected if seq <= track.position]:
        frame = step.store.frame(track.keys.box.address, track.expected.pop(seq))
        if frame is not None and not frame.seq and frame.data:
            queue_raw(step, room, track, frame.hash, frame.data)


# -- frames that we lack ------------------------------------------------------------------------------------------


def gap(step: Step, room: RoomState, track: BoxTrack, upto: int, *, trimmed: bool) -> None:
    """Frames up to ``upto`` are gone that we never saw. If the box is open, one of them may have been a commit.

    ``trimmed``: we had read them before the relay renamed the box. Nobody has to act on that, so it is told late.
    """
    lost = range(track.position + 1, upto + 1)
    track.missing += lost[-receipts.MAX_LISTED :]
    del track.missing[: -receipts.MAX_LISTED]
    track.position = track.start = upto
    track.chain = next_chain(track.chain, upto, GAP)
    if trimmed:
        receipts.tell_later(step, room)
    else:
        receipts.tell_doubt(step, room, track)


def unreadable(step: Step, room: RoomState, track: BoxTrack, seq: int) -> None:
    """We cannot decrypt this frame: its sender resends it."""
    track.unreadable.append(seq)
    del track.unreadable[: -receipts.MAX_LISTED]
    receipts.tell_doubt(step, room, track)


def repeated(step: Step, room: RoomState, track: BoxTrack, seq: int, digest: bytes, known: Frame) -> None:
    """The relay shows a frame a second time: the real frame with this seq may be one that we lack."""
    record_repeat(step, track, seq, digest, known)
    receipts.tell_doubt(step, room, track)
