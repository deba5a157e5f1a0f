"""What a copy of a profile is worth after a removal, by hand: no program of ours runs that would forget anything.

The holder of the copy is given more than any relay has: by a member, what opens the box of each later epoch, and the
seal of its frames. Only MLS stands between them and what was said. That its keys cannot be derived either is shown
beside it (tests/mls/test_removed.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from nullabona.client.account import load_account
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.mls_port import Group
from nullabona.client.profile import Unlock, open_profile
from nullabona.drills.removal.hand import Hand
from nullabona.errors import PeerError
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.frame import Kind, OpenedFrame, open_frame


@dataclass(frozen=True, slots=True)
class Given:
    """An epoch as a member gives it away."""

    keys: EpochKeys = field(repr=False)
    ended_by: bytes
    """The hash of the commit that ended it; empty: it is the present one."""
    frames: tuple[bytes, ...] = field(repr=False)

    @classmethod
    async def fetched(cls, relay: str, told: dict[str, Any]) -> Self:
        """With every frame that the relay has of it."""
        keys = epoch_keys(bytes.fromhex(told["secret"]))
        return cls(keys, bytes.fromhex(told["ended_by"]), tuple(await Hand(relay, keys.box).read()))

    def opened(self) -> Iterable[OpenedFrame]:
        """The MLS messages in its frames."""
        for data in self.frames:
            with suppress(PeerError):
                frame = open_frame(self.keys.frame_key, self.keys.box.address, data)
                if frame.kind in {Kind.MESSAGE, Kind.COMMIT}:
                    yield frame


@dataclass(slots=True)
class ReadOn:
    """What came of it in one room."""

    said: list[bytes] = field(default_factory=list)
    """What was read, in whatever form the protocol gives it."""
    held: list[bytes] = field(default_factory=list)
    """What the frames hold, as it stands: words that MLS does not seal would be here."""
    out: bool = False
    """Whether the copy read the commit that removes it: it was taken in the epoch before."""
    opened: int = 0
    """How much of what came after that it could open."""
    closed: int = 0
    """And how much not."""

    def has(self, text: str) -> bool:
        """Whether something that was said has been read."""
        return any(text.encode() in said for said in (*self.said, *self.held))


def read_on(profile: Path, unlock: Unlock, room: bytes, given: Sequence[Given]) -> ReadOn:
    """Read what was ``given`` with the copy at ``profile``, which follows every commit but the one that removes it.

    A copy that is not in the room reads nothing.
    """
    with open_profile(profile, unlock) as opened, opened.store.reading():
        account = load_account(opened.store)
        assert account is not None
        if opened.store.mls_generation(room) is None:
            return ReadOn()
        return _read_on(account.mls(opened.store).group(room), given)


def _read_on(group: Group, given: Sequence[Given]) -> ReadOn:
    read = ReadOn()
    for epoch in given:
        for frame in epoch.opened():
            _read(group, frame, read)
        for frame in epoch.opened():
            if frame.kind is Kind.COMMIT and sha256(frame.body).digest() == epoch.ended_by:
                _follow(group, frame, read)
    return read


def _read(group: Group, frame: OpenedFrame, read: ReadOn) -> None:
    read.held.append(frame.body)
    try:
        said = group.process(frame.body).plaintext
    except MlsRefused as refused:
        opened = refused.reason == "duplicate"
    else:
        read.said += [said] if said is not None else []
        opened = True
    if read.out:
        read.opened += opened
        read.closed += not opened


def _follow(group: Group, frame: OpenedFrame, read: ReadOn) -> None:
    """Come into the next epoch, unless the commit is refused or removes this copy: then it stays where it is."""
    with suppress(MlsRefused):
        seen = group.process(frame.body)
        if seen.self_removed:
            read.out = True
        elif seen.kind in {"commit", "own_commit"}:
            group.accept(seen)
