"""A box as this device follows it: running hash, positions, the commit that ended its epoch (spec/room.md §4)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

from nullabona.client.core.delivery.outbox import queue_frame
from nullabona.client.core.model.mls_port import Group
from nullabona.client.core.model.proofs import make_bare_claim, make_claim
from nullabona.client.core.model.records import Frame
from nullabona.client.core.model.state import BoxTrack, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.errors import PeerError
from nullabona.wire.frame import Kind, OpenedFrame, open_frame

WATCH_DAYS: Final = 3
"""How long we follow a box for the sake of accounts that were removed after it."""
REPEAT: Final = 0
"""The kind of a place with nothing new."""
GAP: Final = b"gap"
"""What the running hash has for frames that were gone."""
SLOTS: Final = 16
"""Sort positions per frame: those in between are for lines that this device writes itself."""


def open_box(room: RoomState, group: Group) -> BoxTrack:
    """Start to follow the box of the group's epoch as the room's current box."""
    info, order = room.info, room.order
    relay = order.relay if order is not None and order.number > info.moves else info.relay
    track = BoxTrack(epoch=group.epoch, secret=group.room_secret(), relay=relay, moves=info.moves)
    track.leaf, track.leaves = group.own_leaf, leaves_of(group)
    track.chain = first_chain(track)
    room.boxes.append(track)
    return track


def leaves_of(group: Group) -> int:
    """The group's highest leaf plus one: the number of wake tokens of its epoch's box."""
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
    """A sort position before every frame of an epoch's box and after every frame of the box before it."""
    return count if not epoch else (epoch << 40) - 4 * SLOTS + count


def epoch_of(position: int) -> int:
    """The epoch of a frame's sort position."""
    return position >> 40


def record_repeat(step: Step, track: BoxTrack, seq: int, frame_hash: bytes, known: Frame | None = None) -> None:
    """Record the chain at a seq with nothing new: a frame seen before, or garbage."""
    digest = sha256(frame_hash + seq.to_bytes(8, "big")).digest()
    box = track.keys.box.address
    mine, message = (known.mine, known.message) if known is not None else (False, b"")
    step.store.put_frame(Frame(box, digest, seq, track.chain, REPEAT, mine, message, step.day, b""))


def lift(step: Step, frame: Frame) -> None:
    """Note that a frame is gone from its place, though we have it; the chain there stays comparable."""
    place = sha256(frame.hash + frame.seq.to_bytes(8, "big")).digest()
    step.store.put_frame(replace(frame, hash=place, kind=REPEAT, mine=False, message=b"", data=b""))
    step.store.put_frame(replace(frame, seq=0, chain=b""))


def open_quietly(track: BoxTrack, data: bytes) -> OpenedFrame | None:
    """The opened frame, or None if it does not open with the box's key."""
    keys = track.keys
    try:
        return open_frame(keys.frame_key, keys.box.address, data)
    except PeerError:
        return None


def close(step: Step, track: BoxTrack, winner: Winner) -> None:
    """The epoch has ended for us by ``winner``: we choose among no commits any more, and announce this one later."""
    track.winner = winner
    track.left_at = step.now if track.left_at is None else track.left_at
    for candidate in track.candidates:
        step.store.delete_value(settled_key(track.keys.box.address, candidate.frame))
    track.candidates = []
    track.decide_at = None
    track.announce_at = step.now + step.timing.announcement + step.rng.between(0, step.timing.announcement)


def announce(step: Step, room: RoomState, track: BoxTrack) -> None:
    """Append the commit that ended this epoch to its box as settled: "this is the branch I am on".

    Who came to the branch by a ticket has only the commit's hash. That tells those who are on another branch.
    """
    claim = _claim(step, room, track)
    if claim is None:
        return
    queue_frame(step, room, track, Kind.SETTLED, claim, keep=False)
    track.settled_seen = track.announced = True


def last_words(step: Step, room: RoomState) -> list[tuple[BoxTrack, bytes]]:
    """The announcements that a device owes when it gives up a room's keys, for each closed box that others may still
    read. They may not know the commit that it merged, and afterwards nothing would remind it to announce.
    """
    known = [track for track in room.boxes if track.announce_at and winning_commit(step, track) is not None]
    claims = [(track, _claim(step, room, track)) for track in known]
    return [(track, claim) for track, claim in claims if claim is not None]


def _claim(step: Step, room: RoomState, track: BoxTrack) -> bytes | None:
    winner, commit = track.winner, winning_commit(step, track)
    if winner is None or track.unproven_end:
        return None
    why = tuple(order for merged in room.history if merged.commit == winner.commit for order in merged.orders)
    mls, signer, box = step.mls, step.local.signature_key, track.keys.box.address
    if commit is None:
        return make_bare_claim(mls, signer, box, winner.commit, winner.removed, why, track.refused)
    return make_claim(mls, signer, box, commit, winner.removed, why, track.refused)


def winning_commit(step: Step, track: BoxTrack) -> bytes | None:
    """The MLS bytes of the commit that ended the epoch, as long as we keep them."""
    return step.store.get_value(winner_key(track))


def winner_key(track: BoxTrack) -> str:
    return f"winner:{track.keys.box.address.hex()}"


def settled_key(box: bytes, digest: bytes) -> str:
    """The store key of a settled commit's body, kept until we decide."""
    return f"settled:{box.hex()}:{digest.hex()}"


def removed_since(room: RoomState, track: BoxTrack) -> bool:
    """Whether an account that was in that epoch may have been removed, and may be on another branch unaware of it."""
    return any(merged.epoch >= track.epoch and (merged.removed or merged.revoked) for merged in room.history)


def answer(step: Step, room: RoomState, track: BoxTrack) -> None:
    """A non-member claims a branch in a closed box: announce ours soon, unless the box already shows it."""
    if removed_since(room, track) and not track.settled_seen and not track.answer_at:
        track.answer_at = step.within(step.timing.put_back_any) + 1


def announce_again(step: Step, track: BoxTrack) -> None:
    """Announce our branch again: a member is still on another one and may have stopped asking.

    Two branches that ignore each other's claims would answer each other for a week, so the pauses double.
    """
    if not track.answer_at:
        track.settled_seen = False
        track.answer_at = step.within(step.timing.put_back_any << min(track.answers, 10)) + 1
        track.answers += 1
