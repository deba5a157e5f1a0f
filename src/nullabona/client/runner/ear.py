"""What is made of one relay's peals: which boxes are read when, and how far was heard when this device was last there.

A relay that lies can have us read, and see what we do. What it gains by that is bounded: one that rings for nothing is
soon no longer believed, and one that says again and again that we missed something has us look slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from nullabona.client.core.ports import Store
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.connections import PersistentConnection
from nullabona.client.runner.ground import Ground
from nullabona.client.runner.hearing import Hearing
from nullabona.wire.messages import MARK_SIZE

NOTE_S: Final = 300.0
"""How far was heard is noted so often at most."""
OFTEN_S: Final = 1_800.0
"""Who says that we missed something twice within this time has us look into our boxes slowly."""
LONG_S: Final = 60.0
"""A box that was not read for so long, and has nothing new when it rings, rang for nothing."""
FOR_NOTHING: Final = 3
"""So often a relay may ring for nothing ..."""
BY_CHANCE: Final = 2
"""... and this many times as often as marks of others are ours by chance, where strangers ring as fast as they can."""
MORE_S: Final = 900.0
"""However often more rang than was told, all boxes are looked into so often at most, each at a moment of its own."""


class Looks(Protocol):
    """What an ear can have done. See `nullabona.client.runner.visits.Visits`."""

    def secrets(self, relay: str) -> Mapping[Key, bytes]: ...
    def is_behind(self, relay: str) -> bool: ...
    def put_behind(self, keys: Collection[Key], *, slow: bool = False) -> None: ...
    def bring_up(self, relay: str, but: Collection[Key]) -> None: ...
    def rang(self, keys: Collection[Key]) -> None: ...
    def stir(self, keys: Collection[Key]) -> None: ...
    def doubt(self, keys: Collection[Key]) -> None: ...


class Ear:
    """Hears one relay. See `hearing.Listener`. ``chance`` gives numbers in [0, 1)."""

    def __init__(
        self, looks: Looks, ground: Ground, relay: str, connection: PersistentConnection, chance: Callable[[], float]
    ) -> None:
        self._looks = looks
        self._ground = ground
        self._relay = relay
        self._clock = asyncio.get_running_loop().time
        self._noted = heard_at(ground.store, relay)
        self._noted_at = float("-inf")
        self._missed_at = float("-inf")
        self._doubts_at = float("-inf")
        self._doubting: asyncio.TimerHandle | None = None
        """All boxes are to be looked into, later."""
        self._first = self._noted > 0
        """Whether nothing was heard yet since the last time."""
        self._believed = True
        self._read_at: dict[Key, float] = {}
        self._doubted: set[Key] = set()
        """Boxes that rang though they had not been read for long: something must be there."""
        self._for_nothing = 0
        self._hearing: Hearing[Key] = Hearing(connection, self, chance, self._noted)
        self._task = ground.spawn(self._hearing.follow())

    @property
    def hears(self) -> bool:
        """Whether we are told of whatever rings."""
        return self._hearing.up and self._believed

    def close(self) -> None:
        """Hear no more."""
        self._task.cancel()
        if self._doubting is not None:
            self._doubting.cancel()

    def lost(self, key: Key) -> None:
        """One box less."""
        self._read_at.pop(key, None)
        self._doubted.discard(key)

    def was_read(self, key: Key, *, moved: bool) -> None:
        """A box was read to its end; ``moved``: and something was there."""
        self._read_at[key] = self._clock()
        if key in self._doubted:
            self._doubted.discard(key)
            self._for_nothing += not moved
            if self._for_nothing >= FOR_NOTHING + self._by_chance() and self._believed:
                self._believed = False
                self._ground.warn("relay-rings-falsely", relay=self._relay)
                self.turned()
        if not self._noted:
            self.rest()

    def rest(self) -> None:
        """Note how far was heard, if what rang until then is read."""
        if self.hears and self._doubting is None and not self._looks.is_behind(self._relay):
            self._note(self._hearing.heard)

    # -- what is heard

    def secrets(self) -> Mapping[Key, bytes]:
        return self._looks.secrets(self._relay)

    def rang(self, boxes: Sequence[Key], *, late: bool) -> None:
        if self._first:
            self._looks.bring_up(self._relay, boxes)
        elif late:
            self._looks.put_behind(boxes)
        elif self._believed:
            now = self._clock()
            self._doubted |= {key for key in boxes if now - self._read_at.get(key, now) > LONG_S}
            self._looks.rang(boxes)
        self._first = False
        if self._clock() - self._noted_at >= NOTE_S:
            self.rest()

    def missed(self) -> None:
        now = self._clock()
        self._looks.put_behind(self.secrets().keys(), slow=now - self._missed_at < OFTEN_S)
        self._missed_at, self._first = now, False

    def more(self) -> None:
        if self._doubting is None:
            loop = asyncio.get_running_loop()
            self._doubting = loop.call_later(max(0.0, self._doubts_at + MORE_S - loop.time()), self._doubt)

    def turned(self) -> None:
        self._looks.stir(self.secrets().keys())

    def _doubt(self) -> None:
        self._doubting, self._doubts_at = None, self._clock()
        self._looks.doubt(self.secrets().keys())

    def _by_chance(self) -> float:
        """How often the marks that came, if they were all of others', may well have been ours."""
        return BY_CHANCE * self._hearing.marks * len(self.secrets()) / 2.0 ** (8 * MARK_SIZE)

    def _note(self, heard: int) -> None:
        self._noted, self._noted_at = heard, self._clock()
        with self._ground.store.transaction():
            self._ground.store.set_value(noted_as(self._relay), heard.to_bytes(8, "big"))


def heard_at(store: Store, relay: str) -> int:
    """The number of the last peal before which all that rang was read, when that was noted last; 0 if it was not."""
    with store.reading():
        return int.from_bytes(store.get_value(noted_as(relay)) or b"", "big")


def noted_as(relay: str) -> str:
    """Under which name that is kept."""
    return f"heard {relay}"
