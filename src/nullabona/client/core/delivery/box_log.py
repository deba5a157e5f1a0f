"""A box as this device follows it: running hash, places, loss, the commit that ended its epoch (spec/room.md §4)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from nullabona.client.core.delivery import receipts
from nullabona.client.core.delivery.outbox import queue_frame, queue_raw
from nullabona.client.core.model.mls_port import Group
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.records import Frame
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.frame import Kind, OpenedFrame, open_frame

WATCH_DAYS: Final = 3
"""So long a box is followed for the sake of people who were removed after it."""
_REPEAT: Final = 0
SLOTS: Final = 16
"""Sort positions per frame: the ones between are for lines that this device writes itself."""


def open_box(room: RoomState, group: Group) -> BoxTrack:
    """Begin to follow the box of the group's epoch as the room's current one."""
    info, order = room.info, room.order
    relay = order.relay if order is not None and order.number > info.moves else info.relay
    track = BoxTrack(epoch=group.epoch, secret=group.room_secret(), relay=relay, moves=info.moves)
    track.leaf, track.leaves = group.own_leaf, leaves_of(group)
    track.chain = first_chain(track)
    room.boxes.append(track)
    return track


def leaves_of(group: Group) -> int:
    """One more than the group's highest leaf: how many wake tokens its epoch's box has."""
    return 1 + max(member.leaf for member in group.members())


def first_chain(track: BoxTrack) -> bytes:
    return sha256(b"nullabona view v1" + track.keys.box.address).digest()


def next_chain(chain: bytes, seq: int, frame_hash: bytes) -> bytes:
    """The running hash after one more frame."""
    return sha256(chain + seq.to_bytes(8, "big") + frame_hash).digest()


def place(track: BoxTrack, seq: int) -> int:
    """The sort position of a frame: epoch, then how often the box was re-created, then seq. A multiple of `SLOTS`."""
    return (track.epoch << 40) | (min(track.generation, 255) << 32) | min(seq * SLOTS, (1 << 32) - SLOTS)


def epoch_start(epoch: int, count: int) -> int:
    """A sort position before everything in an epoch's box, and behind what stands in the box before it."""
    return count if not epoch else (epoch << 40) - 4 * SLOTS + count


def record_repeat(step: Step, track: BoxTrack, seq: int, frame_hash: bytes, known: Frame | None = None) -> None:
    """Remember the chain at a place that holds nothing new: a frame seen before, or garbage."""
    digest = sha256(frame_hash + seq.to_bytes(8, "big")).digest()
    box = track.keys.box.address
    mine, message = (known.mine, known.message) if known is not None else (False, b"")
    step.store.put_frame(Frame(box, digest, seq, track.chain, _REPEAT, mine, message, step.day, b""))


def open_quietly(track: BoxTrack, data: bytes) -> OpenedFrame | None:
    """What a frame of the box holds, or None if it is none of ours."""
    keys = track.keys
    try:
        return open_frame(keys.frame_key, keys.box.address, data)
    except PeerError:
        return None


def lose_box(step: Step, room: RoomState, track: BoxTrack, incarnation: bytes) -> None:
    """The relay lost the box: begin again at its start and put back what somebody may still need."""
    begin_anew(step, room, track, incarnation)
    step.event("relay-lost-box", room.id, epoch=track.epoch)


def begin_anew(step: Step, room: RoomState, track: BoxTrack, incarnation: bytes) -> None:
    """What we know of the box's order is over, and what lay in it may be gone. ``incarnation``: empty if unknown."""
    box = track.keys.box.address
    track.incarnation = incarnation
    track.generation += 1
    track.position, track.head, track.acked, track.start, track.told = 0, 0, 0, 0, -1
    track.chain = first_chain(track)
    track.missing, track.unreadable, track.candidates = [], [], []
    track.deferred, track.expected = {}, {}
    track.decide_at = track.winner_seq = 0
    track.settled_seen = track.announced = track.diverged = track.order_seen = False
    track.behind = []
    step.store.unplace_frames(box)
    if not track.closed:
        track.settle_until = step.now + step.timing.settle
        track.silence_at = step.now + step.timing.silence + step.rng.between(0, step.timing.silence)
    track.put_back_own_at = step.now
    track.put_back_any_at = step.within(step.timing.put_back_any)
    receipts.tell_soon(step, room)
    if room.invites_at:
        room.invites_at = min(room.invites_at, step.within(step.timing.put_back_any))


def miss_expected(step: Step, room: RoomState, track: BoxTrack) -> None:
    """The relay said where our frames are, and they are not there: append them again."""
    for seq in [seq for seq in track.expected if seq <= track.position]:
        frame = step.store.frame(track.keys.box.address, track.expected.pop(seq))
        if frame is not None and not frame.seq and frame.data:
            queue_raw(step, room, track, frame.hash, frame.data)


def confirm(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Put own frames of the open box there again that the relay took and does not show: nothing waits for ever."""
    if not 0 < track.confirm_at <= step.now:
        return
    track.confirm_at = 0
    if track.closed:
        return
    for frame in step.store.frames(track.keys.box.address):
        pending = room.pending is not None and room.pending.frame == frame.hash
        if frame.mine and frame.data and not frame.seq and (pending or frame.kind == Kind.MESSAGE):
            queue_raw(step, room, track, frame.hash, frame.data)


def announce(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Put the commit that ended this epoch into its box as settled: "this is the branch I am on"."""
    commit = winning_commit(step, track)
    if commit is None:
        return
    queue_frame(step, room, track, Kind.SETTLED, _claim(step, room, track, commit), keep=False)
    track.settled_seen = track.announced = True


def last_words(step: Step, room: RoomState) -> list[tuple[BoxTrack, bytes]]:
    """What a device that gives up a room's keys still has to announce, for each closed box that somebody may have to
    read yet: others may know nothing of the commit that it merged, and it will not be reminded of it.
    """
    ended = [(track, winning_commit(step, track)) for track in room.boxes if track.announce_at]
    return [(track, _claim(step, room, track, commit)) for track, commit in ended if commit is not None]


def _claim(step: Step, room: RoomState, track: BoxTrack, commit: bytes) -> bytes:
    removed, box = tuple(track.winner_removed), track.keys.box.address
    why = [order for merged in room.history if merged.commit == track.winner for order in merged.orders]
    return make_claim(step.mls, step.me.signature_key, box, commit, removed, tuple(why))


def winning_commit(step: Step, track: BoxTrack) -> bytes | None:
    """The MLS bytes of the commit that ended the epoch, as long as we keep them."""
    return step.store.get_value(winner_key(track))


def winner_key(track: BoxTrack) -> str:
    return f"winner:{track.keys.box.address.hex()}"


def settled_key(box: bytes, digest: bytes) -> str:
    """Where the body of a settled commit is kept until we decide."""
    return f"settled:{box.hex()}:{digest.hex()}"


def removed_since(room: RoomState, track: BoxTrack) -> bool:
    """Whether somebody who was in that epoch may be out by now, and on another branch without knowing it."""
    return any(merged.epoch >= track.epoch and (merged.removed or merged.revoked) for merged in room.history)


def answer(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Somebody who is no member claims a branch in a closed box: unless ours can be read there, say it soon."""
    if removed_since(room, track) and not track.settled_seen and not track.answer_at:
        track.answer_at = step.within(step.timing.put_back_any) + 1


def announce_again(step: Step, track: BoxTrack) -> None:
    """Somebody is still on another branch although ours was announced; they may have stopped asking. Say it again."""
    if not track.answer_at:
        track.settled_seen = False
        track.answer_at = step.within(step.timing.put_back_any) + 1
