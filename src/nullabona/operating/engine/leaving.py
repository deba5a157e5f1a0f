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
GIVEN_UP_S: Final = 6
"""A handover that takes more than five seconds is given up by the engine."""


def settled_s(node_timeout_ms: int) -> int:
    """How many seconds the replicas of a shard must have followed before one of them can be asked to lead.

    For twice `cluster-node-timeout` after an election, at least two seconds, an engine's node counts the votes of that
    one again: asked to lead, it believes that it was elected, and no other node does. For the same time after that it
    does not stand. Its primary answers nothing meanwhile, for up to five seconds.
    """
    return -(-max(4 * node_timeout_ms, 4_000) // 1_000)


def followed_s(links: str) -> int | None:
    """For how many whole seconds at least all replicas have followed, from their primary's list of their links.

    None: there is no link. A replica's own list would not do: it keeps the age of a link that it resumed.
    """
    ages = [int(age) for age in re.findall(r"\bage=(\d+)", links)]
    # An age is the difference of two times without their fractions.
    return max(min(ages) - 1, 0) if ages else None


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

    The last finding says whether the node may be stopped. It may be repeated.
    """
    try:
        yield from _wait_until_settled(node, (node, *seeds), operator, patience)
        # Who leads and who is the newest may be otherwise by now.
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
    if (successor := _newest(found.replicas_of(member), operator)) is None:
        yield wrong("engine-drain-alone", node=node)
        return
    yield good("engine-drain-begins-here", node=node, successor=successor)
    if not patience.until(_asked_to_lead(node, successor, operator, patience)):
        yield wrong("engine-drain-late", node=node, successor=successor, seconds=int(patience.seconds))
        return
    yield good("engine-drained-here", node=node)


def _wait_until_settled(node: str, seeds: Sequence[str], operator: Reach, patience: Patience) -> Iterator[Finding]:
    """Wait until the votes of the last election of its shard are old; twice that time at most."""
    began, told = patience.clock(), False
    while True:
        found = ask_for_map(seeds, operator)
        member = found.at(node)
        if member is None or not member.slots or (successor := _newest(found.replicas_of(member), operator)) is None:
            return
        needed, followed = _settling(node, operator)
        waited = patience.clock() - began
        left_s = needed - (int(waited) if followed is None else followed)
        if left_s <= 0 or waited >= 2 * needed:
            return
        if not told:
            yield good("engine-drain-waits-here", node=node, successor=successor, seconds=left_s)
            told = True
        patience.sleep(1)


def _settling(node: str, operator: Reach) -> tuple[int, int | None]:
    """How long its replicas must have followed, and how long they have.

    None: it has no replica now, or the operator may not ask: files of an older version give no right to.
    """
    with operator.open(node) as connection:
        needed = settled_s(int(connection.settings(_TIMEOUT).get(_TIMEOUT, _LONGEST_MS)))
        try:
            return needed, followed_s(connection.text("CLIENT", "LIST", "TYPE", "replica"))
        except NodeRefused:
            return needed, None


def _asked_to_lead(node: str, successor: str, operator: Reach, patience: Patience) -> Callable[[], bool]:
    """Whether the node follows; its successor is asked to lead, and again where that was given up and is settled."""
    again_s = patience.clock()

    def follows() -> bool:
        nonlocal again_s
        if _follows(node, operator):
            return True
        if patience.clock() >= again_s:
            again_s = patience.clock() + GIVEN_UP_S + _settling(successor, operator)[0]
            with operator.open(successor) as connection:
                try:
                    connection.ask("CLUSTER", "FAILOVER")
                except NodeRefused as error:
                    if error.word != "ERR":  # which is that it leads already, or that its primary is away for now
                        raise
        return False

    return follows


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


def _follows(node: str, operator: Reach) -> bool:
    """Whether it serves nothing any more and its copy of the new primary is complete."""
    try:
        with operator.open(node) as connection:
            own = map_of(connection).at(node)
            state = connection.info("replication")
    except (NodeSilent, NodeRefused):
        return False
    return own is not None and bool(own.primary) and state.get("master_link_status") == "up"
