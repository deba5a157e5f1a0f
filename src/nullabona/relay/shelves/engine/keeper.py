"""Checks the settings of an engine's nodes and gives them the functions (spec/engine.md §5, §6)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from nullabona.relay.shelves.engine.access import BLOBS_LIBRARY, DIGESTS_LIBRARY, LIBRARY
from nullabona.relay.shelves.engine.driver import Driver, EngineFailed, EngineUnreachable, Reply
from nullabona.relay.shelves.engine.settings import NEEDED, EngineSettings, check_node

Connect: TypeAlias = Callable[[], Awaitable[Driver]]
_SHUT_OUT: Final = {"NOPERM", "WRONGPASS", "NOAUTH"}
_ACCESS: Final = "give every node the users.acl that `nulla relay engine init` writes now"
_DAY_S: Final = 86_400
_CLOCK_S: Final = _DAY_S
_CLOCK: Final = "set the clocks of all machines; a relay whose clock is ahead erases what others still need"


async def check_engine(driver: Driver, now_s: Callable[[], float] = time.time) -> list[str]:
    """The nodes that answered, whose settings are as needed and whose clocks fit ours.

    Raises `EngineSettings`, also for a node that does not let the user `keeper` ask; `EngineUnreachable`.
    """
    checked = []
    slots = await driver.shards()
    for node in sorted(slots.everyone) if slots is not None else ():
        reply = await driver.ask_node(node, (b"CONFIG", b"GET", *(setting.name.encode() for setting in NEEDED)))
        _check_let_in(node, reply)
        if isinstance(reply, dict):  # a node that is away is checked at the next start
            check_node(node, {name.decode(): value.decode() for name, value in reply.items()})
            _check_clock(node, await driver.ask_node(node, (b"TIME",)), now_s())
            checked.append(node)
    if not checked:
        raise EngineUnreachable("no node of the engine says how it is set up")
    return checked


async def load_functions(driver: Driver) -> None:
    """Give every primary the functions, which its replicas get from it. Raises `EngineFailed` if none takes them;
    `EngineSettings` if one does not let the user `keeper` load them.
    """
    slots = await driver.shards()
    nodes = () if slots is None else sorted(slots.nodes)
    replies = []
    for node in nodes:
        for library in (LIBRARY, DIGESTS_LIBRARY, BLOBS_LIBRARY):
            reply = await driver.ask_node(node, (b"FUNCTION", b"LOAD", b"REPLACE", library.encode()))
            _check_let_in(node, reply)
            replies.append(reply)
    if not replies or all(isinstance(reply, EngineFailed) for reply in replies):
        raise EngineFailed("no primary took the functions")


def _check_let_in(node: str, reply: Reply) -> None:
    """A node that refuses is not away: a relay would go on with one of which nobody knows how it is set up."""
    if isinstance(reply, EngineFailed) and reply.word in _SHUT_OUT:
        raise EngineSettings(f"node {node} of the engine refuses the user 'keeper' ({reply.word})", hint=_ACCESS)


def _check_clock(node: str, reply: Reply, now_s: float) -> None:
    """By its clock a relay erases what is over, for all relays: one that is days ahead would erase what is not."""
    _check_let_in(node, reply)
    if isinstance(reply, list) and abs(int(reply[0]) - now_s) > _CLOCK_S:
        days = round(abs(int(reply[0]) - now_s) / _DAY_S)
        raise EngineSettings(f"the clocks of this machine and of node {node} are {days} days apart", hint=_CLOCK)
