"""Frames and views of a box as a device remembers them, for tests of what follows from them."""

from __future__ import annotations

from hashlib import sha256

from nullabona.client.core.records import DeviceView, Frame
from nullabona.client.core.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind
from tests.core.stage import RELAY, Other

INCARNATION = b"incarnation one."
CHAIN = b"chain"


def digest(name: str) -> bytes:
    """A hash that a frame can have."""
    return sha256(name.encode()).digest()


def frame(step: Step, track: BoxTrack, seq: int, message: bytes = b"", **about: object) -> bytes:
    """An own message's frame of the box, which is kept; its hash. ``about``: other fields of `Frame`."""
    found = {"kind": int(Kind.MESSAGE), "mine": True, "data": b"kept", "chain": b"", "day": step.day, **about}
    hash = digest(f"frame {track.epoch} {seq}")
    step.store.put_frame(Frame(track.keys.box.address, hash, seq, message=message, **found))  # type: ignore[arg-type]
    return hash


def view(
    step: Step,
    track: BoxTrack,
    other: Other,
    seq: int,
    *,
    missing: tuple[int, ...] = (),
    unreadable: tuple[int, ...] = (),
    incarnation: bytes = INCARNATION,
    chain: bytes = CHAIN,
) -> None:
    """Somebody else's device has told what it saw of the box."""
    box = track.keys.box.address
    step.store.put_view(DeviceView(box, other.device, incarnation, seq, chain, missing, unreadable))


def earlier(room: RoomState, epoch: int = 0, **about: object) -> BoxTrack:
    """A closed box before the room's current one, which has the epoch after it."""
    track = BoxTrack(epoch, digest(f"epoch {epoch}"), incarnation=INCARNATION, relay=RELAY, winner=digest("winner"))
    for name, value in about.items():
        setattr(track, name, value)
    room.boxes.insert(len(room.boxes) - 1, track)
    room.current.epoch = max(room.current.epoch, epoch + 1)
    return track
