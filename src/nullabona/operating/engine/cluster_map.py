"""Who is in a cluster, as one of its nodes says (the answer to CLUSTER NODES)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.operating.engine.node import NodeConnection, NodeRefused, NodeSilent, NodeUnknown, Reach
from nullabona.relay.shelves.engine.driver import SLOTS, EngineUnreachable

_ADDRESS: Final = re.compile(r"(?P<host>.*):(?P<port>\d+)@\d+(?:,(?P<name>[^,]*))?")


@dataclass(frozen=True, slots=True)
class Member:
    """One node. ``primary`` is the name of the node that it copies, empty if it is one itself."""

    name: str
    address: str
    primary: str
    lost: bool
    slots: int
    """How many of the cluster's slots it serves."""

    @property
    def host(self) -> str:
        """Without its port."""
        return self.address.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class ClusterMap:
    """All nodes that a node knows."""

    members: tuple[Member, ...]

    @property
    def primaries(self) -> tuple[Member, ...]:
        """Those that serve slots."""
        return tuple(member for member in self.members if not member.primary and member.slots and not member.lost)

    @property
    def missing(self) -> int:
        """How many slots nobody serves."""
        return SLOTS - sum(member.slots for member in self.primaries)

    def replicas_of(self, member: Member) -> tuple[Member, ...]:
        """The nodes that copy it, as far as they are not lost."""
        return tuple(each for each in self.members if each.primary == member.name and not each.lost)

    def at(self, address: str) -> Member | None:
        """The node there."""
        return next((member for member in self.members if member.address == address), None)


def map_of(connection: NodeConnection) -> ClusterMap:
    """What this node says. Raises what `NodeConnection.ask` raises."""
    rows = connection.text("CLUSTER", "NODES").splitlines()
    return ClusterMap(tuple(filter(None, (_member(row.split(" "), connection.node) for row in rows))))


def ask_for_map(seeds: Iterable[str], reach: Reach) -> ClusterMap:
    """What the first of these nodes says that answers. Raises the last one's reason, or `EngineUnreachable`."""
    reason: NodeSilent | NodeUnknown | NodeRefused | None = None
    for seed in seeds:
        try:
            with reach.open(seed) as connection:
                return map_of(connection)
        except (NodeSilent, NodeUnknown, NodeRefused) as error:
            reason = error
    raise reason or EngineUnreachable("no node of the engine is named")


def _member(words: Sequence[str], asked: str) -> Member | None:
    name, address, flags, primary = words[0], _ADDRESS.match(words[1]), words[2].split(","), words[3]
    if address is None or {"noaddr", "handshake"} & set(flags):
        return None
    # A node that has met no other one does not know its own host. The name that it announces is in its certificate.
    host = address["name"] or address["host"]
    place = f"{host}:{address['port']}" if host else asked
    lost = "fail" in flags or words[7] != "connected"
    return Member(name, place, "" if primary == "-" else primary, lost, sum(map(_slots_in, words[8:])))


def _slots_in(range_: str) -> int:
    """How many slots are in ``5`` or ``5-9``; a slot on its way, ``[5->-name]``, is counted by its range."""
    if range_.startswith("["):
        return 0
    first, _, last = range_.partition("-")
    return int(last or first) - int(first) + 1
