"""Speaks to all nodes of one cluster: who has which slots, where to listen, what to do when a node goes
(docs/decisions/0058-own-driver-of-the-engine.md).
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

from nullabona.relay.shelves.engine.access import RELAY
from nullabona.relay.shelves.engine.connection import Connection, Elsewhere, Login, open_connection
from nullabona.relay.shelves.engine.driver import (
    Command,
    EngineAddress,
    EngineFailed,
    EngineUnreachable,
    Heard,
    Reply,
    SlotMap,
)

ANSWER_MS: Final = 2_000
"""How long a node may take for one batch."""
REFRESH_S: Final = 0.2
"""Seconds between two questions who has which slots, while a node is away."""
_FIRST_TRIES: Final = 8
"""How often silent nodes are tried at a start, a second each time."""
_ASKED: Final = 3
"""Nodes that are asked who has which slots. Two that agree are believed."""
_TURNS: Final = 4
"""How often something is sent on to where a node says that it belongs."""
_CHANNELS: Final = 1_000
"""Channels that one batch listens to."""
_SLOTS: Final = (b"CLUSTER", b"SLOTS")
_ASKING: Final = (b"ASKING",)


class ClusterDriver:
    """A `Driver`. ``heard`` is called on the loop. Use `connect_driver`."""

    def __init__(self, seeds: Sequence[str], login: Login, heard: Heard) -> None:
        self._seeds = list(seeds)
        self._login = login
        self._heard = heard
        self._slots = SlotMap([])
        self._connections: dict[str, Connection] = {}
        self._opening: dict[str, asyncio.Task[Connection]] = {}
        self._listening: dict[str, Connection] = {}
        """The connections on which nodes tell what is published."""
        self._wanted: set[bytes] = set()
        """The channels that are listened to."""
        self._refusal = EngineFailed("no node was asked")
        """Why a node did not let us in, the last time."""
        self._refreshing: asyncio.Task[None] | None = None
        self._closed = False

    async def connect(self) -> None:
        """Find the nodes. Raises `EngineUnreachable`: at once if they refuse, after some seconds if they are silent."""
        # Nodes on a machine that starts, as after a power cut, may take longer than a connection may take later.
        for _ in range(_FIRST_TRIES):
            if await self.shards() is not None:
                return
            if not isinstance(self._refusal.__cause__, TimeoutError):
                break
        raise EngineUnreachable(f"no node of the engine lets this relay in. The last one: {self._refusal.message}")

    async def call(self, commands: Sequence[Command]) -> list[Reply]:
        replies = await self._ask(self._slots.node_of(_key_of(commands[0])), commands)
        for _ in range(_TURNS):
            if Elsewhere not in map(type, replies):
                return replies
            await self._send_on(commands, replies)
        return list(map(_settled, replies))

    async def ask_node(self, node: str, command: Command) -> Reply:
        (reply,) = await self._ask(node, [command])
        return _settled(reply)

    async def shards(self) -> SlotMap | None:
        nodes = sorted({*self._seeds, *self._slots.everyone})
        asked = {asyncio.create_task(self._ask_slots(node)) for node in random.sample(nodes, min(_ASKED, len(nodes)))}
        found: list[SlotMap] = []
        while asked:
            done, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            for slots in filter(None, (task.result() for task in done)):
                found.append(slots)
                if found.count(slots) > 1:
                    for task in asked:
                        task.cancel()
                    asked = set()
                    found = [slots]
                    break
        if not found:
            return None
        self._follow(found[0])
        return found[0]

    async def listen(self, channels: Collection[bytes]) -> set[bytes]:
        self._wanted |= set(channels)
        left, failed = list(channels), set[bytes]()
        for _ in range(_TURNS):
            by_node = defaultdict(list)
            for channel in left:
                by_node[self._slots.node_of(channel)].append(channel)
            # All are waited for, so that no two ever open a connection to one node.
            answers = await asyncio.gather(*(self._listen_at(node, wanted) for node, wanted in by_node.items()))
            left = [channel for moved, _ in answers for channel in moved]
            failed.update(channel for _, refused in answers for channel in refused)
            if not left:
                break
            await self.shards()
        return failed | set(left)

    async def ignore(self, channels: Collection[bytes]) -> None:
        self._wanted -= set(channels)
        by_node = defaultdict(list)
        for channel in channels:
            by_node[self._slots.node_of(channel)].append((b"SUNSUBSCRIBE", channel))
        asked = [self._listening[node].ask_refusals(them) for node, them in by_node.items() if node in self._listening]
        await asyncio.gather(*asked)

    async def listen_anew(self, channels: Collection[bytes]) -> set[bytes]:
        nodes = {self._slots.node_of(channel) for channel in channels}
        for node in nodes & self._listening.keys():
            self._listening.pop(node).close()
        self._wanted = {channel for channel in self._wanted if self._slots.node_of(channel) not in nodes}
        return await self.listen(channels)

    async def close(self) -> None:
        self._closed = True
        tasks = [*self._opening.values(), *filter(None, [self._refreshing])]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for connection in (*self._connections.values(), *self._listening.values()):
            connection.close()

    # -- asking

    async def _ask(self, node: str, commands: Sequence[Command]) -> list[Reply]:
        connection = self._connections.get(node)
        if connection is None or connection.closed:
            try:
                connection = await self._open(node)
            except EngineFailed as failure:
                self._refusal = failure
                self._doubt()
                return [failure] * len(commands)
        replies = await connection.ask(commands)
        if connection.closed:
            self._doubt()
        return replies

    async def _open(self, node: str) -> Connection:
        """The connection to a node; several may wait for it."""
        if not node or self._closed:
            raise EngineFailed("nobody has the slot")
        task = self._opening.get(node)
        if task is None:
            task = self._opening[node] = asyncio.create_task(self._open_now(node))
        return await asyncio.shield(task)

    async def _open_now(self, node: str) -> Connection:
        try:
            connection = await open_connection(node, self._login)
            self._connections[node] = connection
        finally:
            del self._opening[node]
        return connection

    async def _send_on(self, commands: Sequence[Command], replies: list[Reply]) -> None:
        """Ask again where the nodes say: what they sent on they did not do. Those of one box stay in order."""
        by_place: dict[tuple[str, bool], list[int]] = defaultdict(list)
        for at, reply in enumerate(replies):
            if isinstance(reply, Elsewhere):
                by_place[reply.node, reply.asking].append(at)
        if not all(asking for _, asking in by_place):
            self._doubt()

        async def ask(node: str, places: Sequence[int], *, asking: bool) -> None:
            if asking:
                found = (await self._ask(node, [word for at in places for word in (_ASKING, commands[at])]))[1::2]
            else:
                found = await self._ask(node, [commands[at] for at in places])
            for at, reply in zip(places, found, strict=True):
                replies[at] = reply

        await asyncio.gather(*(ask(node, places, asking=asking) for (node, asking), places in by_place.items()))

    # -- who has what

    async def _ask_slots(self, node: str) -> SlotMap | None:
        (reply,) = await self._ask(node, [_SLOTS])
        slots = SlotMap(reply, node)
        return slots if slots.nodes else None

    def _follow(self, slots: SlotMap) -> None:
        self._slots = slots
        for node in set(self._connections) - {*slots.everyone, *self._seeds}:
            self._connections.pop(node).close()
        for node in self._listening.keys() - slots.nodes:
            self._listening.pop(node).close()  # who listens sees from the new map that it has to begin again

    def _doubt(self) -> None:
        """A node is away, or has no longer what it had: see who has it now, soon and not all the time."""
        if self._refreshing is None and not self._closed:
            self._refreshing = asyncio.create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            await asyncio.sleep(REFRESH_S)
            await self.shards()
        finally:
            self._refreshing = None

    # -- listening

    async def _listen_at(self, node: str, channels: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
        """Listen there; the channels that another node has, and those that are refused or not answered."""
        try:
            connection = await self._listening_at(node)
        except EngineFailed:
            return [], list(channels)
        moved, refused = [], []
        for begin in range(0, len(channels), _CHANNELS):
            part = channels[begin : begin + _CHANNELS]
            replies = await connection.ask([(b"SSUBSCRIBE", channel) for channel in part])
            for channel, reply in zip(part, replies, strict=True):
                if isinstance(reply, Elsewhere):
                    moved.append(channel)
                elif isinstance(reply, EngineFailed):
                    refused.append(channel)
        return moved, refused

    async def _listening_at(self, node: str) -> Connection:
        connection = self._listening.get(node)
        if connection is not None and not connection.closed:
            return connection
        if not node or self._closed:
            raise EngineFailed("nobody has the slot")
        connection = await open_connection(node, self._login, self._told, lambda: self._deaf(node))
        self._listening[node] = connection
        if self._has_ended():
            connection.close()
        return connection

    def _has_ended(self) -> bool:
        return self._closed

    def _told(self, push: Sequence[Any]) -> None:
        kind, channel, message = push
        if kind == b"smessage":
            self._heard(channel, message)
        elif kind == b"sunsubscribe" and channel in self._wanted:
            self._deaf("")  # its slot goes to a node that nobody has named yet

    def _deaf(self, node: str) -> None:
        """What is published there may not come from now on; at all nodes if none is named."""
        if not self._closed:
            self._heard(b"", node.encode())


async def connect_driver(
    address: EngineAddress,
    user: str,
    heard: Heard = lambda _channel, _message: None,
    *,
    answer_ms: int = ANSWER_MS,
) -> ClusterDriver:
    """A driver that is connected. Raises `EngineUnreachable`, or `OSError` if a file cannot be read."""
    password = (address.relay_password if user == RELAY else address.keeper_password).read_text("utf-8").strip()
    try:
        context = ssl.create_default_context(cadata=address.authority.read_text("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise EngineUnreachable(f"{address.authority} has no certificate that can be used") from error
    seeds = [f"{host}:{port}" for host, port in address.nodes]
    driver = ClusterDriver(seeds, Login(context, user, password, answer_ms / 1_000), heard)
    try:
        await driver.connect()
    except BaseException:
        await driver.close()
        raise
    return driver


def _key_of(command: Command) -> bytes:
    """The key or channel that a command is about."""
    at = 3 if command[0] in {b"FCALL", b"FCALL_RO"} else 1
    return command[at] if at < len(command) else b""


def _settled(reply: Reply) -> Reply:
    """The nodes sent it on in a circle, or away from where it was to be asked."""
    return EngineFailed("no node of the engine has what was asked for") if isinstance(reply, Elsewhere) else reply
