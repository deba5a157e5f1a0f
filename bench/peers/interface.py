"""What the harness needs of a server under test. A peer is a small file that says how it is found, started, spoken to.

Every server listens on loopback, keeps everything below the folder it is given, and is pinned to one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.peers.lane import Lane
from bench.peers.process import Process

PAYLOAD_BYTES = 1_024
"""Of every message, opaque to the server; base64 where the protocol is text."""


class NotOffered(Exception):
    """This server has no such operation; the words say why."""


class NotFound(Exception):
    """The server is not on this machine; the words say what is missing."""


@dataclass(frozen=True, slots=True)
class About:
    """What a reader has to know of a server in one configuration."""

    name: str
    """Short and unique: the name in tables, data and options."""
    configuration: str
    """The settings that matter for a comparison."""
    answer: str
    """What its answer to a sender promises, from its documentation."""
    durable: bool
    """Whether that is: on disk, and nothing is lost at a power cut."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What to look for on a server's disk: a piece of the payload as it is sent, and the names of those who talk."""

    payload: bytes
    who: str
    """What the names are: account names, a box's address."""
    sender: bytes | None
    recipient: bytes | None
    """None: the server is not told."""


class Session(Protocol):
    """Clients of one running server, on the harness's loop. Numbers name boxes, topics, streams or accounts."""

    async def lane(self, number: int, receivers: int) -> Lane:
        """A sender and its receivers, connected and waiting."""
        ...

    async def store(self, number: int, count: int) -> None:
        """Send ``count`` messages to a reader who is away; return when the server has them all."""
        ...

    async def fetch(self, number: int, count: int) -> None:
        """Connect that reader and return when it has all ``count`` messages."""
        ...

    async def introduce(self, numbers: Sequence[int]) -> None:
        """Make the accounts of those whom `idle` will connect, where there are accounts; not timed."""
        ...

    async def idle(self, number: int) -> None:
        """Connect one client and leave it as it is when nothing happens, ready to be told of a message."""
        ...

    async def prepare(self, numbers: Sequence[int]) -> None:
        """Whatever the clients of `register` make themselves; not timed."""
        ...

    async def register(self, number: int) -> None:
        """Make one account."""
        ...

    def traces(self, number: int) -> Traces:
        """What the messages of lane ``number`` could leave behind."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class Running(Protocol):
    """A server that answers."""

    process: Process

    def session(self) -> Session:
        """New clients."""
        ...


class Peer(Protocol):
    """A server in one configuration."""

    @property
    def about(self) -> About:
        """What a reader has to know."""
        ...

    def version(self) -> str:
        """What is installed here. Raises `NotFound`."""
        ...

    def start(self, folder: Path, core: int) -> Running:
        """Start it with everything below ``folder``, pinned to ``core``; returns when it answers."""
        ...
