"""What happens to an engine's nodes: each fault ends when the cluster is whole again, so that the next one can follow.

A fault is a function of the stage (`Stage`). It runs on a thread of its own while relays write and read.

On a busy machine a replica may take over at any moment, because its primary was not heard for a second. So nothing here
waits for a node to be what it was a moment ago: who leads is asked again with every look.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from nullabona.drills.failover.network import TwoSides
from nullabona.operating.engine.leaving import GIVEN_UP_S, followed_s, settled_s
from nullabona.processes.engine import NODE_TIMEOUT_MS, EngineCluster, Node

LAG: Final = 200
"""So many frames are acknowledged beyond what a replica that lags has, or by a primary that took over."""
PATIENCE_S: Final = 120.0
"""A node that hears nothing more from the other end of a copy notices after 60 seconds (``repl-timeout``)."""
_HASTY: Final = 4
"""So often places are changed without a pause."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a fault has to do with."""

    cluster: EngineCluster
    wait_acknowledged: Callable[[int], None]
    """Wait until so many more frames were acknowledged."""
    restart_relays: Callable[[], None]
    """End each relay's process in good order and start it again, one after the other."""
    network: TwoSides | None

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until ``holds()``. Raises `ProcessFailed`."""
        self.cluster.until(holds, what, PATIENCE_S)


Fault: TypeAlias = Callable[[Stage], None]


def lose_while_the_replica_lags(stage: Stage) -> None:
    """The replica is cut off while its primary goes on; then the primary is killed, and started again later."""
    victim, replica = _pair_with_boxes(stage)
    replica.send(signal.SIGSTOP)
    victim.ask("CLIENT", "KILL", "TYPE", "replica")
    try:
        stage.wait_acknowledged(LAG)
    finally:
        victim.end()
        replica.send(signal.SIGCONT)
    stage.until(replica.is_primary, "the replica does not take over")
    victim.start()
    _settled(stage, victim, replica)


def stall(stage: Stage) -> None:
    """The primary stops, its replica takes over, and the old one wakes with requests that it had not seen yet."""
    victim, replica = _pair_with_boxes(stage)
    victim.send(signal.SIGSTOP)
    try:
        stage.until(replica.is_primary, "the replica does not take over")
        stage.wait_acknowledged(LAG)
    finally:
        victim.send(signal.SIGCONT)
    _settled(stage, victim, replica)


def cut_off(stage: Stage) -> None:
    """A primary and a relay are cut off from everybody else, go on, and come back."""
    assert stage.network is not None
    victim = stage.cluster.nodes[0]
    replica = _lead(stage, victim)
    _have_boxes(stage, victim, replica)
    stage.network.cut()
    try:
        stage.until(replica.is_primary, "the replica does not take over")
        stage.wait_acknowledged(LAG)
    finally:
        stage.network.join()
    _settled(stage, victim, replica)


def come_back_empty(stage: Stage) -> None:
    """A primary is killed and started again before its replica takes its place: the shard is empty."""
    victim, replica = pair(stage)
    victim.end()
    victim.start()
    stage.until(lambda: victim.ask("PING") == "PONG", "the node does not come back")
    _settled(stage, victim, replica)


def lose_a_shard(stage: Stage) -> None:
    """A primary and its replica are killed, and the others go on; both are started again later, empty."""
    victim, replica = pair(stage)
    replica.end()
    victim.end()
    try:
        stage.wait_acknowledged(LAG)
    finally:
        victim.start()
        replica.start()
    _settled(stage, victim, replica)


def hand_over(stage: Stage) -> None:
    """A replica takes its primary's place in good order."""
    victim, replica = pair(stage)
    _hand_over(stage, replica)
    _settled(stage, victim, replica)


def hand_over_in_haste(stage: Stage) -> None:
    """Both nodes of a shard change places again and again, sooner than the votes of an election are old.

    `nulla relay engine drain` never does. A node then leads for a moment that nobody elected, beside the one that does.
    """
    for _ in range(_HASTY):
        victim, replica = pair(stage)
        stage.until(_asked_to_lead(stage, replica, hasty=True), "the replica does not take over")
        _settled(stage, victim, replica)


def restart_everything(stage: Stage) -> None:
    """Every node and every relay in turn, as an upgrade does it: a primary hands over before it is stopped."""
    for node in stage.cluster.nodes:
        if replicas := _replicas_of(stage, node):
            _hand_over(stage, replicas[0])
            _settled(stage, node, replicas[0])
        node.end()
        node.start()
        stage.until(lambda node=node: _is_linked(node), "a node does not follow again")  # type: ignore[misc]
    stage.restart_relays()


FAULTS: Final[Mapping[str, Fault]] = {
    "kill": lose_while_the_replica_lags,
    "stall": stall,
    "partition": cut_off,
    "empty": come_back_empty,
    "shard": lose_a_shard,
    "hasty": hand_over_in_haste,
    "handover": hand_over,
    "rolling": restart_everything,
}
"""By name, in the order in which the short form plays them."""
PLANNED: Final = frozenset({"handover", "rolling"})
"""Those that an operator does on purpose."""
UNTAKEN: Final = frozenset({"shard"})
"""Those in which nobody takes the place of what is lost: how long that is away is up to who starts it again."""
REFUSED: Final = frozenset({"hasty"})
"""Those that our commands do not do: how long nobody answers is up to the engine."""


def pair(stage: Stage) -> tuple[Node, Node]:
    """A primary and its replica."""
    found: list[tuple[Node, Node]] = []

    def are_there() -> bool:
        found.extend(_pairs(stage.cluster))
        return bool(found)

    stage.until(are_there, "no primary has a replica")
    return found[0]


def _pair_with_boxes(stage: Stage) -> tuple[Node, Node]:
    victim, replica = pair(stage)
    _have_boxes(stage, victim, replica)
    return victim, replica


def _have_boxes(stage: Stage, victim: Node, replica: Node) -> None:
    """Wait until the replica has all that its primary has now. One without the boxes makes new ones, and two contents
    of one number could not be.
    """
    offset = _offset(victim, "master_repl_offset")
    stage.until(
        lambda: _is_linked(replica) and _offset(replica, "slave_repl_offset") >= offset, "a replica stays behind"
    )


def _offset(node: Node, name: str) -> int:
    found = re.search(rf"^{name}:(\d+)", node.ask("INFO", "replication"), re.MULTILINE)
    return int(found[1]) if found else -1


def _pairs(cluster: EngineCluster) -> Iterator[tuple[Node, Node]]:
    for node in cluster.primaries():
        yield from ((node, cluster.node(port)) for port in node.replicas()[:1])


def _replicas_of(stage: Stage, node: Node) -> list[Node]:
    """Those of a primary, which has one at least; none if the node is a replica itself."""
    found: list[Node] = []

    def is_known() -> bool:
        if not node.is_primary():
            return _is_linked(node)
        found.extend(map(stage.cluster.node, node.replicas()))
        return bool(found)

    stage.until(is_known, "a node has no replica, and is none")
    return found


def _lead(stage: Stage, node: Node) -> Node:
    """Have this node be a primary; its replica."""
    found: list[Node] = []
    takes_over = _asked_to_lead(stage, node)

    def leads() -> bool:
        if takes_over():
            found.extend(map(stage.cluster.node, node.replicas()))
        return bool(found)

    stage.until(leads, "a node does not become a primary with a replica")
    return found[0]


def _hand_over(stage: Stage, replica: Node) -> None:
    stage.until(_asked_to_lead(stage, replica), "the replica does not take over")


def _asked_to_lead(stage: Stage, replica: Node, *, hasty: bool = False) -> Callable[[], bool]:
    """Whether it is a primary; it is asked to become one, and again when that was given up.

    Unless ``hasty`` it is asked when `nulla relay engine drain` would.
    """
    again_at = 0.0

    def takes_over() -> bool:
        nonlocal again_at
        if replica.is_primary():
            return True
        if time.monotonic() >= again_at and (hasty or _has_settled(stage, replica)):
            again_at = time.monotonic() + GIVEN_UP_S
            replica.ask("CLUSTER", "FAILOVER")
        return False

    return takes_over


def _has_settled(stage: Stage, replica: Node) -> bool:
    leader = next((node for node in stage.cluster.nodes if replica.port in node.replicas()), None)
    followed = None if leader is None else followed_s(leader.ask("CLIENT", "LIST", "TYPE", "replica"))
    return followed is not None and followed >= settled_s(NODE_TIMEOUT_MS)


def _settled(stage: Stage, one: Node, other: Node) -> None:
    """Wait until one of both follows the other, and every node sees all shards served."""
    both = (one, other), (other, one)
    stage.until(lambda: any(_follows(*pair) for pair in both), "a shard has no pair of nodes")
    stage.until(stage.cluster.is_whole, "the cluster does not come together")


def _follows(leader: Node, follower: Node) -> bool:
    return follower.port in leader.replicas() and _is_linked(follower)


def _is_linked(node: Node) -> bool:
    return "master_link_status:up" in node.ask("INFO", "replication")
