"""Frames and views of a box as a device remembers them, for tests of what follows from them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from nullabona.client.core.model.content import Body, decode_envelope
from nullabona.client.core.model.mls_port import Group
from nullabona.client.core.model.records import DeviceView, Frame
from nullabona.client.core.model.state import BoxTrack, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind
from tests.core.stage import RELAY, Other

INCARNATION = b"this box"
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
    track = BoxTrack(
        epoch,
        digest(f"epoch {epoch}"),
        incarnation=INCARNATION,
        chain=digest("chain"),
        relay=RELAY,
        winner=Winner(digest("winner")),
    )
    for name, value in about.items():
        setattr(track, name, value)
    room.boxes.insert(len(room.boxes) - 1, track)
    room.current.epoch = max(room.current.epoch, epoch + 1)
    return track


class Overheard:
    """A step's MLS, which notes what is said in rooms before it is encrypted."""

    def __init__(self, step: Step) -> None:
        self.said: list[Body] = []
        self._mls = step.mls
        step.mls = self

    def group(self, room: bytes) -> _Listening:
        """The room's group."""
        return _Listening(self._mls.group(room), self.said)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever MLS has)
        return getattr(self._mls, name)


class _Listening:
    def __init__(self, group: Group, said: list[Body]) -> None:
        self._group, self._said = group, said

    def encrypt(self, plaintext: bytes) -> bytes:
        self._said.append(decode_envelope(plaintext).body)
        return self._group.encrypt(plaintext)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a group has)
        return getattr(self._group, name)
