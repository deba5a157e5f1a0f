"""What the core asks of the network, as values: boxes to read, chunks to fetch, relays to search."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.wakes import WakeToken


@dataclass(frozen=True, slots=True)
class Scout:
    """Read one box at one relay, once: the frames after ``after``, then as `Report.next` says."""

    room: bytes
    relay: str
    box: BoxSecrets = field(repr=False)
    after: int = 0
    pages: int = 0
    """How many answers of this search came before."""
    there: tuple[int, bytes] | None = None
    """The rank of the best move order in those answers."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class Report:
    """What follows from an answer: read further there, or append the frame ``leave`` there with the box's ``wake``,
    if it is not empty.
    """

    next: Scout | None = None
    leave: bytes = field(default=b"", repr=False)
    wake: tuple[bytes, int] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReadWant:
    """Keep reading this box from ``after`` on. ``old`` boxes may be read less often.

    With a ``wake_token``, wait for that token instead of polling.
    """

    relay: str
    box: BoxSecrets = field(repr=False)
    after: int
    old: bool = False
    incarnation: bytes = b""
    wake_token: WakeToken | None = field(default=None, repr=False)
    wake_secret: bytes | None = field(default=None, repr=False)
    """The secret of all wake tokens of the box, if there is a ``wake_token``."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class ChunkWant:
    relay: str
    digest: bytes
