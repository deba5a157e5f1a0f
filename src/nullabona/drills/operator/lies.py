"""A relay whose program lies, in ways that an order can be given for while it runs.

``python -m nullabona.drills.operator.lies relay serve ...`` is ``nulla relay serve ...`` that obeys lines of JSON on
stdin, ``{"do": "lie", "name": ..., "apart": [address, ...]}`` or ``{"do": "count"}``, and answers each with
``{"ok": VALUE}``. What single connections are told of activity is in `alone`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from nullabona.drills.operator.alone import Alone
from nullabona.drills.operator.cards import forge_card
from nullabona.drills.operator.interceptor import Peer, intercept
from nullabona.drills.operator.serving import serve
from nullabona.wire.address import box_address
from nullabona.wire.card import verify_card
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    POLICY_INBOX,
    POLICY_ROOM,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    CardFound,
    Frames,
    Read,
)
from nullabona.wire.wakes import wake_tokens

_LEAST_FRAME: Final = 512
_LETTERS: Final = re.compile(rb"[A-Za-z]{3,}")
_DAY_S: Final = 86_400
_NOTHING: Final = Frames(b"", 0, ())
APART: Final = "apart"
SPOIL: Final = "spoil"
"""What comes during this lie is altered for everybody alike and for good, as if the relay's disk had spoiled it."""
CARDS: Final = "cards"


@dataclass(slots=True)
class _Box:
    """A box as this program saw it grow."""

    incarnation: bytes = b""
    frames: list[bytes] = field(default_factory=list)
    before: int = 0
    """How many frames it had when the lie began."""
    spoiled: set[int] = field(default_factory=set)
    """Places of frames that are shown altered from now on."""


def _dropped(told: Frames, _: _Box) -> Frames:
    """Nothing that is new: the head moves on, the frames do not come."""
    return replace(told, frames=())


def _delayed(told: Frames, _: _Box) -> Frames:
    """As if nothing had come."""
    return replace(told, frames=(), head=max(0, told.head - len(told.frames)))


def _reordered(told: Frames, box: _Box) -> Frames:
    """Neighbours change places; one that comes alone waits for another."""
    if len(told.frames) == 1:
        return _delayed(told, box)
    numbers = [seq for seq, _ in told.frames]
    data = [frame for _, frame in told.frames]
    for at in range(0, len(data) - 1, 2):
        data[at], data[at + 1] = data[at + 1], data[at]
    return replace(told, frames=tuple(zip(numbers, data, strict=True)))


def _repeated(told: Frames, box: _Box) -> Frames:
    """The first frame of the box again, in the place of every other; or of the answer, if it is not known."""
    first = next(filter(None, box.frames[:1]), told.frames[0][1])
    return replace(told, frames=tuple((seq, first) for seq, _ in told.frames))


def _forged(told: Frames, _: _Box) -> Frames:
    """Noise of the right size."""
    return replace(told, frames=tuple((seq, os.urandom(max(_LEAST_FRAME, len(data)))) for seq, data in told.frames))


def _altered(told: Frames, _: _Box) -> Frames:
    """One bit of each frame is another."""
    return replace(told, frames=tuple((seq, _with_a_bit(data)) for seq, data in told.frames))


def _with_spoiled(told: Frames, box: _Box) -> Frames:
    """As it is, but for the frames that came while the relay spoiled them."""
    shown = ((seq, _with_a_bit(data) if seq in box.spoiled else data) for seq, data in told.frames)
    return replace(told, frames=tuple(shown)) if box.spoiled else told


def _with_a_bit(frame: bytes) -> bytes:
    return frame[:-1] + bytes((frame[-1] ^ 1,))


def _rewritten(told: Frames, _: _Box) -> Frames:
    """Whatever looks like letters in a frame is written in the other case."""
    return replace(told, frames=tuple((seq, _LETTERS.sub(_other_case, data)) for seq, data in told.frames))


def _other_case(match: re.Match[bytes]) -> bytes:
    return match.group().swapcase()


def _forgotten(told: Frames, _: _Box) -> Frames:  # noqa: ARG001 - whatever there was
    """There never was such a box."""
    return _NOTHING


LIES: Final[Mapping[str, Callable[[Frames, _Box], Frames]]] = {
    "drop": _dropped,
    "delay": _delayed,
    "reorder": _reordered,
    "repeat": _repeated,
    "forge": _forged,
    "alter": _altered,
    "rewrite": _rewritten,
    "forget": _forgotten,
}
"""What becomes of an answer that holds frames of a room; `APART`, `SPOIL` and `CARDS` are lies of other kinds."""
PROMISED, BARE, STANDING = "promised", "bare", "standing"
"""A false card with the promise of the true one, with none, or with none as if it were in the record."""


class Liar:
    """Lies as it is told to. Inboxes are served as they are, and but for `CARDS` the directory too."""

    def __init__(self) -> None:
        self._lie, self._pass_for = "", PROMISED
        self._apart: frozenset[str] = frozenset()
        self._real: dict[bytes, _Box] = {}
        self._other: dict[bytes, _Box] = {}
        self._box_of: dict[bytes, bytes] = {}
        self._woken: set[bytes] = set()
        self._count = 0
        self._readers: dict[bytes, str] = {}
        self._lied, self._letters = False, 0
        self.alone = Alone()

    # -- orders

    def lie(self, name: str, apart: list[str] | None = None) -> None:
        """Begin a lie of `LIES`, or `APART` towards these addresses, or with an empty name be honest."""
        self._lie, self._apart, self._count = name, frozenset(apart or ()), 0
        self._lied = self._lied or bool(name)
        for box in self._real.values():
            box.before = len(box.frames)
        self._other = {address: _Box(box.incarnation, list(box.frames)) for address, box in self._real.items()}

    def pass_for(self, what: str) -> None:
        """For what false cards are to pass from now on: `PROMISED`, `BARE` or `STANDING`."""
        self._pass_for = what

    def count(self) -> int:
        """How many answers were lies since the last order to lie."""
        return self._count

    def letters(self) -> int:
        """How often somebody has put something into an inbox, but their own, since the first lie began."""
        return self._letters

    def longer(self) -> bool:
        """Whether in each box of before that grew for those who are kept apart, more came in truth."""
        both = [(self._real[address], other) for address, other in list(self._other.items())]
        grew = [(real, other) for real, other in both if 0 < real.before < len(other.frames)]
        return bool(grew) and all(len(real.frames) > len(other.frames) for real, other in grew)

    def tell_alone(self, faces: dict[str, tuple[str, str]]) -> None:
        """Show each of these addresses, on the connection of this moment alone, a face of the next digest: see `Alone`.
        Nothing else is a lie then, and what is read from now on is counted.
        """
        self.alone.show(faces)

    def untold(self) -> list[str]:
        """Which of them were shown nothing yet."""
        return self.alone.untold

    def read_since(self) -> dict[str, list[str]]:
        """See `Alone`."""
        return self.alone.read_since()

    def calm_s(self) -> float:
        """For how long nobody has written to a room's box."""
        return self.alone.calm_s(time.monotonic())

    def cut_off(self, address: str) -> None:
        """See `Alone`."""
        self.alone.cut_off(address)

    def key(self) -> str:
        """That which signs the digests."""
        return self.alone.key().hex()

    # -- what passes

    def asked(self, peer: Peer, request: Request) -> AnyResponse | None:
        """See `Interceptor`. Who is kept apart is served from another shelf."""
        self._watch_inboxes(peer, request)
        if isinstance(request, Append) and request.policy == POLICY_ROOM:
            self._note(request)
        if isinstance(request, Read) and request.policy == POLICY_ROOM:
            self.alone.reads(peer.address, _read(request))
        if self._lie != APART or peer.address not in self._apart:
            return None
        if isinstance(request, Append) and request.policy == POLICY_ROOM:
            return self._append_apart(request)
        if isinstance(request, Read) and request.policy == POLICY_ROOM:
            return self._read_apart(request)
        return _NOTHING if isinstance(request, AwaitWake) else None

    def answered(self, peer: Peer, request: Request, response: AnyResponse) -> AnyResponse:
        """See `Interceptor`."""
        if isinstance(request, Append) and isinstance(response, Appended) and request.policy == POLICY_ROOM:
            self._remember(request, response)
        if self._lie == CARDS and isinstance(response, CardFound) and response.card:
            return self._false_card(response)
        if self._lie == APART and peer.address in self._apart:
            return self._told_apart(request, response)
        box = self._room_box(request)
        if box is None or not isinstance(response, Frames) or not response.frames:
            return response
        if self._lie == SPOIL:
            box.spoiled.update(seq for seq, _ in response.frames if seq > box.before)
        response = _with_spoiled(response, box)
        twist = LIES.get(self._lie)
        if twist is None:
            return response
        told = twist(response, box)
        self._count += told != response
        return told

    def left(self, peer: Peer) -> None:
        """See `Interceptor`."""

    # -- inside

    def _watch_inboxes(self, peer: Peer, request: Request) -> None:
        """Whose device reads an inbox is its owner: what they put there are letters to themselves (room.md §9.2)."""
        if isinstance(request, Read) and request.policy == POLICY_INBOX:
            self._readers[_read(request)] = peer.address
        elif isinstance(request, Append) and request.policy == POLICY_INBOX:
            self._letters += self._lied and self._readers.get(_written(request)) != peer.address

    def _told_apart(self, request: Request, response: AnyResponse) -> AnyResponse:
        if isinstance(request, Read) and request.policy == POLICY_ROOM:
            return self._read_apart(request)
        return _NOTHING if isinstance(request, AwaitWake) else response

    def _room_box(self, request: Request) -> _Box | None:
        """The box of a room whose frames answer ``request``."""
        if isinstance(request, Read) and request.policy == POLICY_ROOM:
            return self._real.get(_read(request))
        return self._real.get(self._box_of.get(request.token, b"")) if isinstance(request, AwaitWake) else None

    def _note(self, request: Append) -> None:
        """A room's box and its wake tokens. It counts even if the appending client is gone before the answer."""
        self._real.setdefault(_written(request), _Box())
        if request.wake is not None:
            self.alone.wrote(_written(request), bytes(request.wake[0]), time.monotonic())
        if request.wake is not None and request.wake[0] not in self._woken:
            self._woken.add(request.wake[0])
            self._box_of |= dict.fromkeys(wake_tokens(*request.wake), _written(request))

    def _remember(self, request: Append, response: Appended) -> None:
        box = self._real[_written(request)]
        if box.incarnation != response.incarnation:
            box.incarnation, box.frames, box.before, box.spoiled = response.incarnation, [], 0, set()
        box.frames += [b""] * (response.seq - len(box.frames))
        box.frames[response.seq - 1] = request.frame
        if self._lie == SPOIL:
            box.spoiled.add(response.seq)
            self._count += 1

    def _false_card(self, found: CardFound) -> CardFound:
        """Another key's card for the same handle, with the proof of the real one, and as `pass_for` says."""
        self._count += 1
        real = verify_card(found.card, today=int(time.time()) // _DAY_S)
        card = forge_card(real, Ed25519PrivateKey.generate(), previous=None)
        if self._pass_for == PROMISED:
            return replace(found, card=card)
        version = max(1, found.proof.version) if self._pass_for == STANDING else found.proof.version
        return replace(found, card=card, promise=b"", proof=replace(found.proof, version=version))

    def _append_apart(self, request: Append) -> Appended:
        box = self._other.setdefault(_written(request), _Box(os.urandom(8)))
        box.frames.append(request.frame)
        self._count += 1
        return Appended(len(box.frames), box.incarnation)

    def _read_apart(self, request: Read) -> Frames:
        box = self._other.get(_read(request))
        if box is None:
            return _NOTHING
        fresh = tuple(enumerate(box.frames[request.after :], request.after + 1))
        return Frames(box.incarnation, len(box.frames), fresh)


def _written(request: Append) -> bytes:
    return box_address(request.policy, request.read_hash, sha256(request.write_secret).digest())


def _read(request: Read) -> bytes:
    return box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)


def _obey(liar: Liar) -> None:
    for line in sys.stdin:
        order = json.loads(line)
        done = getattr(liar, order.pop("do"))(**order)
        sys.stdout.write(json.dumps({"ok": done}) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Serve a relay that obeys."""
    liar = Liar()
    intercept(liar)
    liar.alone.take_part()
    threading.Thread(target=_obey, args=(liar,), daemon=True).start()
    serve(sys.argv[1:])


if __name__ == "__main__":
    main()
