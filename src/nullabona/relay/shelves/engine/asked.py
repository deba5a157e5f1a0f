"""What a shelf on an engine was asked for, as it waits in a lane."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nullabona.relay.caller import Caller
from nullabona.relay.shelves.engine.driver import Reply
from nullabona.relay.shelves.engine.lanes import Request
from nullabona.relay.shelves.engine.watches import Watch
from nullabona.relay.shelves.port import Looked, MaybeWake


@dataclass(slots=True)
class Write(Request):
    """A write, and what it was asked for."""

    caller: Caller | None
    request_id: int
    address: bytes
    frame: bytes | None
    wake: MaybeWake

    def put_in(self, left: Sequence[Reply]) -> None:
        """An append to an inbox was kept: it wakes with the secret that was left there, without one nobody."""
        wake = self.wake
        if wake is None or wake[1]:
            return
        self.wake = None
        for secret in left:
            if isinstance(secret, bytes):
                wake[0][:], self.wake = secret, wake


@dataclass(slots=True)
class Read(Request):
    """A look, and what it was asked for."""

    address: bytes
    done: Looked
    watch: Watch | None
    heard: int | None
    """How often the box had been heard of when the look was sent, if it was listened to."""


def wipe(writes: Iterable[Write]) -> None:
    """Overwrite the secrets of what they wake."""
    for write in writes:
        if write.wake is not None:
            write.wake[0][:] = bytes(len(write.wake[0]))
