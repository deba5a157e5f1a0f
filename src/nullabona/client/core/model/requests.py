"""What the core asks of the network, as values: boxes to read, chunks to fetch, relays to search."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.wakes import WakeToken


@dataclass(frozen=True, slots=True)
class Scout:
    """Look at one box at one relay, once: at the frames after ``after``, and then as `Report.next` says."""

    room: bytes
    relay: str
    box: BoxSecrets = field(repr=False)
    after: int = 0
    pages: int = 0
    """How many answers came before."""
    there: tuple[int, bytes] | None = None
    """The rank of the best order that lay in them."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class Report:
    """What follows from an answer: look further there, or put the frame ``leave`` there, if it is not empty, with the
    box's ``wake``.
    """

    next: Scout | None = None
    leave: bytes = field(default=b"", repr=False)
    wake: tuple[bytes, int] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReadWant:
    """Keep up with this box from ``after`` on. ``old`` boxes may be read less eagerly.

    With a ``wake_token``, by waiting for it.
    """

    relay: str
    box: BoxSecrets = field(repr=False)
    after: int
    old: bool = False
    incarnation: bytes = b""
    wake_token: WakeToken | None = field(default=None, repr=False)
    wake_secret: bytes | None = field(default=None, repr=False)
    """The secret of all its wake tokens, where there is a ``wake_token``."""

    @property
    def address(self) -> Address:
        return self.box.address


@dataclass(frozen=True, slots=True)
class ChunkWant:
    relay: str
    digest: bytes
