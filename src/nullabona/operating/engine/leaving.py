"""Takes a node of an engine out of service in good order: a replica takes its place first (spec/engine.md §5)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from nullabona.errors import NullabonaError, UserError
from nullabona.findings import Finding, good, refused, warning, wrong
from nullabona.operating.engine.cluster_map import Member, ask_for_map, map_of
from nullabona.operating.engine.node import NodeRefused, NodeSilent, NodeUnknown, Reach

_LOOK_S: Final = 0.1
_TIMEOUT: Final = "cluster-node-timeout"
_LONGEST_MS: Final = 15_000


def settled_s(node_timeout_ms: int) -> int:
    """How many seconds a replica must have followed its primary before it can be asked to lead.

    For four times `cluster-node-timeout` after an election, at least four seconds, an engine's node counts the votes of
    that one again. Asked to lead, it believes that it was elected, no other node does, and its primary answers nothing
    for five seconds.
    """
    return -(-max(4 * node_timeout_ms, 4_000) // 1_000)


def followed_s(links: str) -> int | None:
    """For how many whole seconds a replica has followed its primary, from its own list of links to it; None if not."""
    ages = [int(age) for age in re.findall(r"\bage=(\d+)", links)]
    return min(ages, default=None)


class NodeNotThere(UserError):
    """The engine has no node at this address."""

    code = "engine-node-absent"
    default_hint = "name it as `engine check` does"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait in all, and what to wait with."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, holds: Callable[[], bool]) -> bool:
        """Wait until it holds; False if it does not in time."""
        end = self.clock() + self.seconds
        while not holds():
            if self.clock() >= end:
                return False
            self.sleep(_LOOK_S)
        return True


def drain_node(node: str, seeds: Sequence[str], operator: Reach, patience: Patience) -> Iterator[Finding]:
    """Have a replica take the place of ``node`` if that is a primary; each step as it is done.

    The last finding says whether the node may be stopped. Repeating it is harmless.
    """
    try:
        yield from _drain(node, (node, *seeds), operator, patience)
    except NullabonaError as error:
        yield refused(error)


def _drain(node: str, seeds: Sequence[str], operator: Reach, patience: Patience) -> Iterator[Finding]:
    found = ask_for_map(seeds, operator)
    member = found.at(node)
    if member is None:
        raise NodeNotThere(f"the engine has no node {node}")
    if member.primary:
        primary = next((each for each in found.members if each.name == member.primary), None)
        others = [] if primary is None else [each for each in found.replicas_of(primary) if each != member]
        if primary is not None and not others:
            yield warning("engine-drain-last-replica", node=node, primary=primary.address)
        yield good("engine-drained-here", node=node)
        return
    if not member.slots:
        yield good("engine-drained-here", node=node)
        return
    successor = _newest(found.replicas_of(member), operator)
    if successor is None:
        yield wrong("engine-drain-alone", node=node)
        return
    left_s = _unsettled_s(successor, operator)
    if left_s:
        yield good("engine-drain-waits-here", node=node, successor=successor, seconds=left_s)
        patience.sleep(left_s)
    yield good("engine-drain-begins-here", node=node, successor=successor)
    with operator.open(successor) as connection:
        connection.ask("CLUSTER", "FAILOVER")
    if not patience.until(lambda: _follows(node, operator)):
        yield wrong("engine-drain-late", node=node, successor=successor, seconds=int(patience.seconds))
        return
    yield good("engine-drained-here", node=node)


def _newest(replicas: Sequence[Member], operator: Reach) -> str | None:
    """The replica that has copied the most and is connected to its primary."""
    best: tuple[int, str] | None = None
    for replica in replicas:
        try:
            with operator.open(replica.address) as connection:
                state = connection.info("replication")
        except (NodeSilent, NodeUnknown, NodeRefused):
            continue
        if state.get("master_link_status") == "up":
            place = (int(state.get("slave_repl_offset", 0)), replica.address)
            best = place if best is None else max(best, place)
    return None if best is None else best[1]


def _unsettled_s(successor: str, operator: Reach) -> int:
    """How many seconds to wait before it can be asked to lead. All of them where the operator may not ask since when
    it follows: files of an older version give no right to.
    """
    with operator.open(successor) as connection:
        needed = settled_s(int(connection.settings(_TIMEOUT).get(_TIMEOUT, _LONGEST_MS)))
        try:
            followed = followed_s(connection.text("CLIENT", "LIST", "TYPE", "master"))
        except NodeRefused:
            followed = None
    return max(needed - (followed or 0), 0)


def _follows(node: str, operator: Reach) -> bool:
    """Whether it serves nothing any more and its copy of the new primary is complete."""
    try:
        with operator.open(node) as connection:
            own = map_of(connection).at(node)
            state = connection.info("replication")
    except (NodeSilent, NodeRefused):
        return False
    return own is not None and bool(own.primary) and state.get("master_link_status") == "up"
