"""The port between the shelf and the library that speaks to an engine's nodes; and which shard has which box."""

from __future__ import annotations

import binascii
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from nullabona.errors import NullabonaError, UserError
from nullabona.relay.core.places import UNNAMED

SLOTS: Final = 16_384
NAME: Final = UNNAMED
"""What a relay is called among those that use one engine, if its settings do not say."""
Command: TypeAlias = tuple[bytes, ...]
Reply: TypeAlias = object
"""Bytes, an int or a list of replies; `EngineFailed` in its place if it was refused or nobody answered."""
Heard: TypeAlias = Callable[[bytes, bytes], None]
"""Takes a channel and a message. No channel: what was published at the node that is named instead of a message may not
have come, and may not come from now on.
"""


class EngineFailed(NullabonaError):
    """The engine did not answer, or refused; what was asked may or may not have been done."""

    code = "engine-failed"
    default_hint = "see whether the engine's nodes run, and what their logs say"
    retryable = True
    word = ""
    """The first word of a refusal, such as ``NOPERM``; empty if nobody answered."""


class EngineFull(EngineFailed):
    """The engine's memory is full: nothing was done."""

    code = "engine-full"
    default_hint = "give its nodes more memory, or the cluster another shard"


class EngineLacksFunctions(EngineFailed):
    """A node has no functions, as after a start: nothing was done."""

    code = "engine-lacks-functions"
    default_hint = "a relay loads them by itself"


class EngineUnreachable(UserError):
    """No node of the engine answers, or none lets this relay in."""

    code = "engine-unreachable"
    default_hint = "check the addresses, the certificate and the passwords in the relay's settings"
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAddress:
    """Where an engine is, and who a relay is there."""

    nodes: tuple[tuple[str, int], ...]
    """Host and port of some of its nodes; the others are asked of them."""
    authority: Path
    """The certificate that the nodes' own are signed with."""
    relay_password: Path
    keeper_password: Path
    name: str = NAME
    """What this relay is called there. Its processes have one name, and those of another relay another one."""


class Driver(Protocol):
    """Speaks to all nodes of one cluster. Nothing that may have been done is ever repeated by itself."""

    async def call(self, commands: Sequence[Command]) -> list[Reply]:
        """Ask for several things in order, at the shard that has the first one's key; what it does not have goes to
        where it is. Those of one box are done in order. Never raises.
        """
        ...

    async def ask_node(self, node: str, command: Command) -> Reply:
        """Ask the node at ``host:port``. Never raises."""
        ...

    async def shards(self) -> SlotMap | None:
        """Ask some nodes who has which slots, and go by that from now on; None if none answers. Never raises."""
        ...

    async def listen(self, channels: Collection[bytes]) -> set[bytes]:
        """Hear these channels from now on, beside those before; those that nobody lets us hear now. Never raises."""
        ...

    async def ignore(self, channels: Collection[bytes]) -> None:
        """Hear these channels no more. Never raises."""
        ...

    async def listen_anew(self, channels: Collection[bytes]) -> set[bytes]:
        """As `listen`, over new connections to the nodes that have them, on which nothing else is heard any more."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


def slot_of(key: bytes) -> int:
    """A key's slot. What is between the first braces counts alone, and random bytes may have some."""
    begin = key.find(b"{")
    if begin >= 0 and (end := key.find(b"}", begin + 1)) > begin + 1:
        key = key[begin + 1 : end]
    return binascii.crc_hqx(key, 0) % SLOTS


class SlotMap:
    """Which node has which slots, as CLUSTER SLOTS said at the node ``asked``. It may be stale: a node that has a slot
    no longer says where it is.
    """

    def __init__(self, reply: Reply, asked: str = "") -> None:
        ranges = sorted(_ranges(reply, asked.rpartition(":")[0]))
        self._firsts = [first for first, _ in ranges]
        self._nodes = [nodes[0] for _, nodes in ranges]
        self._everyone = frozenset(node for _, nodes in ranges for node in nodes)

    @property
    def nodes(self) -> frozenset[str]:
        """All primaries, as ``host:port``."""
        return frozenset(self._nodes)

    @property
    def everyone(self) -> frozenset[str]:
        """Primaries and replicas."""
        return self._everyone

    def node_of(self, key: bytes) -> str:
        """The primary that has this key; empty if nobody is known to."""
        at = bisect_right(self._firsts, slot_of(key)) - 1
        return self._nodes[at] if at >= 0 else ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotMap) and (self._firsts, self._nodes) == (other._firsts, other._nodes)

    __hash__ = None  # type: ignore[assignment]


def _ranges(reply: Reply, own: str) -> list[tuple[int, list[str]]]:
    """First slot, primary and replicas of each range. A node that does not know its own host, ``own``, gives none."""
    rows = reply if isinstance(reply, list) else []
    return [(first, [_address(host, port, own) for host, port, *_ in nodes]) for first, _, *nodes in rows]


def _address(host: bytes | None, port: int, own: str) -> str:
    return f"{host.decode() if host else own}:{port}"
