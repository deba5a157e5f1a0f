"""Boxes at which somebody waits: who is told when something comes there, from whichever relay (spec/engine.md §4).

An append publishes its number on its box's own channel. A relay listens only for boxes at which somebody of its own
waits. What is published may be lost, so a relay publishes something to itself as well, at every shard: if that does not
come back, it listens over new connections and looks at every box again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from nullabona.relay.shelves.engine.access import PREFIX
from nullabona.relay.shelves.engine.driver import Driver, EngineFailed, SlotMap
from nullabona.relay.shelves.engine.lanes import Chores

PATIENCE_S: Final = 3
"""Whole seconds after which a shard that was not heard is not believed to be listened to."""
FORGET_S: Final = 30
"""Whole seconds between two looks at which boxes nobody waits any more."""
_BEAT: Final = PREFIX + b"beat:"
_PREFIX_SIZE: Final = len(PREFIX)


@dataclass(slots=True)
class Watch:
    """One box."""

    listened: bool = False
    """The engine has said that it tells us."""
    heard: int = 0
    """How often it told us of an append."""
    last: int = 0
    """The number that it told us last, while an append of our own is under way."""
    looks: int = 0
    """Looks that are under way."""
    again: bool = False
    """It told us of something meanwhile."""


class Watches:
    """All of them. ``moved`` is called with a box to look at again, ``waits_at`` says whether anybody still waits."""

    def __init__(
        self,
        driver: Driver,
        chores: Chores,
        moved: Callable[[bytes], None],
        waits_at: Callable[[bytes], bool],
        others: Collection[bytes] = (),
        renewed: Callable[[], None] = lambda: None,
    ) -> None:
        self._renewed = renewed
        """Called when what was published before may not have come."""
        self._others = others
        """Channels that are listened to in any case."""
        self._driver = driver
        self._chores = chores
        self._moved = moved
        self._waits_at = waits_at
        self._watches: dict[bytes, Watch] = {}
        self._to_listen: set[bytes] = set()
        self._refused: set[bytes] = set()
        """Boxes to which nobody let us listen; we ask again at the next tick."""
        self._slots = SlotMap([])
        self._beats: dict[str, bytes] = {}
        """The channel on which we hear ourselves, by shard."""
        self._beaten: dict[str, int] = {}
        """When each shard was heard last."""
        self._everywhere = True
        """Listen over new connections to all nodes."""
        self._deaf: set[str] = set()
        """Shards at which to listen over a new connection."""
        self._now = 0
        self._forget_at = 0

    def get(self, address: bytes) -> Watch | None:
        """The watch of this box, if there is one."""
        return self._watches.get(address)

    def add(self, address: bytes) -> None:
        """Watch this box, and look at it once that is so."""
        self._watches[address] = Watch()
        self._to_listen.add(address)
        self._chores.run("listen", self._listen)

    def take(self, channel: bytes, message: bytes) -> tuple[bytes, Watch, int] | None:
        """The box that a message is about, and its number; None if it is not about one that is watched."""
        watch = self._watches.get(address := channel[_PREFIX_SIZE:])
        if watch is not None:
            if not message.isdigit():
                return None
            watch.heard += 1
            return address, watch, int(message)
        for shard, own in self._beats.items():
            if own == channel:
                self._beaten[shard] = self._now
        return None

    def beats(self, slots: SlotMap) -> Collection[bytes]:
        """The channels on which to publish now, one for each shard."""
        self._slots = slots
        if slots.nodes != self._beats.keys():
            self._beats = {node: _channel_of(node, slots) for node in slots.nodes}
            self._beaten = dict.fromkeys(self._beats, self._now)
            self.renew()
        return self._beats.values()

    def renew(self, shard: str = "") -> None:
        """Listen over a new connection to this shard, or to all if it is none: something may not have come."""
        if shard in self._beats:
            self._deaf.add(shard)
        else:
            self._everywhere = True
        self._chores.run("listen", self._listen)

    def tick(self, now: int) -> None:
        """Time has come to ``now``."""
        self._now = now
        late = [shard for shard, heard in self._beaten.items() if now - heard > PATIENCE_S]
        for shard in late:
            self._beaten[shard] = now
        if late or self._refused:
            self._deaf.update(late)
            self._to_listen |= self._refused & self._watches.keys()
            self._refused.clear()
            self._chores.run("listen", self._listen)
        if now >= self._forget_at:
            self._forget_at = now + FORGET_S
            self._chores.run("ignore", self._ignore)

    async def _listen(self) -> None:
        """Until everything that is watched is listened to, or nobody lets us. Raises `EngineFailed` for the latter.

        A shard that is away keeps nobody from hearing the others, whose connections go on.
        """
        refused: set[bytes] = set()
        while self._everywhere or self._deaf or self._to_listen:
            anew = self._take_anew()
            fresh = {PREFIX + address for address in self._to_listen} - anew
            self._to_listen.clear()
            refused = await self._driver.listen_anew(anew) if anew else set()
            if anew:
                self._renewed()
            refused |= await self._driver.listen(fresh) if fresh else set()
            for channel in anew | fresh:
                self._came_of(channel[_PREFIX_SIZE:], listened=channel not in refused)
        if refused:
            raise EngineFailed(f"nobody in the engine lets this relay listen to {len(refused)} channels")

    def _take_anew(self) -> set[bytes]:
        """The channels that have to be heard over new connections."""
        everywhere, self._everywhere = self._everywhere, False
        deaf, self._deaf = self._deaf, set()
        channels = {*(PREFIX + address for address in self._watches), *self._beats.values(), *self._others}
        return {channel for channel in channels if everywhere or self._slots.node_of(channel) in deaf}

    def _came_of(self, address: bytes, *, listened: bool) -> None:
        watch = self._watches.get(address)
        if watch is None:
            return
        watch.listened = listened
        if listened:
            self._moved(address)
        else:
            self._refused.add(address)

    async def _ignore(self) -> None:
        gone = [address for address, watch in self._watches.items() if watch.listened and not self._waits_at(address)]
        for address in gone:
            del self._watches[address]
        if gone:
            await self._driver.ignore([PREFIX + address for address in gone])


def _channel_of(node: str, slots: SlotMap) -> bytes:
    """A channel of our own that this shard has."""
    while slots.node_of(channel := _BEAT + secrets.token_hex(8).encode()) != node:
        pass
    return channel
