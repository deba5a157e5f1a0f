"""Turns one relay's activity digests into reads, and remembers the last digest that was fully processed.

A relay that lies can cause reads and watch what we do. What it gains is bounded: a relay that reports activity where
there is none is soon no longer believed, and one that keeps claiming that we missed something makes us read slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol

from nullabona.client.core.model.ports import Store
from nullabona.client.runner.activity_stream import ActivityStream
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.connections import PersistentConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.wire.messages import ACTIVITY_TAG_SIZE

NOTE_S: Final = 300.0
"""Seconds between two notes of the last processed digest, at least."""
OFTEN_S: Final = 1_800.0
"""A relay that claims twice within so many seconds that we missed something makes us read our boxes slowly."""
LONG_S: Final = 60.0
"""A box that was not read for so many seconds and has nothing new was reported in vain."""
FALSE_REPORTS: Final = 3
"""So many boxes a relay may report in vain ..."""
BY_CHANCE: Final = 2
"""... and this many times as many as tags of others collide with ours, where strangers append as fast as they can."""
OMITTED_S: Final = 900.0
"""Seconds between two rounds of reading all boxes because digests omit activity, each box at its own random moment."""


class Schedule(Protocol):
    """What a watcher asks for. See `nullabona.client.runner.read_schedule.ReadSchedule`."""

    def secrets(self, relay: str) -> Mapping[Key, bytes]: ...
    def is_behind(self, relay: str) -> bool: ...
    def put_behind(self, keys: Collection[Key], *, slow: bool = False) -> None: ...
    def only_active(self, relay: str, but: Collection[Key]) -> None: ...
    def read_soon(self, keys: Collection[Key]) -> None: ...
    def redraw(self, keys: Collection[Key]) -> None: ...
    def check_all(self, keys: Collection[Key]) -> None: ...


class ActivityWatcher:
    """Watches one relay. See `activity_stream.Listener`. ``rng`` gives numbers in [0, 1)."""

    def __init__(
        self,
        schedule: Schedule,
        context: RunnerContext,
        relay: str,
        connection: PersistentConnection,
        rng: Callable[[], float],
    ) -> None:
        self._schedule = schedule
        self._context = context
        self._relay = relay
        self._clock = asyncio.get_running_loop().time
        self._noted = noted_digest(context.store, relay)
        self._noted_at = float("-inf")
        self._missed_at = float("-inf")
        self._checked_at = float("-inf")
        self._checking: asyncio.TimerHandle | None = None
        """All boxes are to be read, later."""
        self._first = self._noted > 0
        """Whether no digest came yet since this device was last there."""
        self._believed = True
        self._read_at: dict[Key, float] = {}
        self._unproven: set[Key] = set()
        """Boxes that were reported active and had not been read for long: a read must find something."""
        self._false_reports = 0
        self._stream: ActivityStream[Key] = ActivityStream(connection, self, rng, self._noted)
        self._task = context.spawn(self._stream.follow())

    @property
    def is_told(self) -> bool:
        """Whether the relay tells us all activity, and we believe it."""
        return self._stream.up and self._believed

    def close(self) -> None:
        """Stop polling."""
        self._task.cancel()
        if self._checking is not None:
            self._checking.cancel()

    def lost(self, key: Key) -> None:
        """The box is not ours any more."""
        self._read_at.pop(key, None)
        self._unproven.discard(key)

    def was_read(self, key: Key, *, moved: bool) -> None:
        """A box was read to its end; ``moved``: it held something new."""
        self._read_at[key] = self._clock()
        if key in self._unproven:
            self._unproven.discard(key)
            self._false_reports += not moved
            if self._false_reports >= FALSE_REPORTS + self._by_chance() and self._believed:
                self._believed = False
                self._context.warn("relay-false-activity", relay=self._relay)
                self.up_changed()
        if not self._noted:
            self.rest()

    def rest(self) -> None:
        """Note the last digest, if all boxes that were active until then have been read."""
        if self.is_told and self._checking is None and not self._schedule.is_behind(self._relay):
            self._note(self._stream.reported)

    # -- what the stream reports

    def secrets(self) -> Mapping[Key, bytes]:
        return self._schedule.secrets(self._relay)

    def active(self, boxes: Sequence[Key], *, late: bool) -> None:
        if self._first:
            self._schedule.only_active(self._relay, boxes)
        elif late:
            self._schedule.put_behind(boxes)
        elif self._believed:
            now = self._clock()
            self._unproven |= {key for key in boxes if now - self._read_at.get(key, now) > LONG_S}
            self._schedule.read_soon(boxes)
        self._first = False
        if self._clock() - self._noted_at >= NOTE_S:
            self.rest()

    def missed(self) -> None:
        now = self._clock()
        self._schedule.put_behind(self.secrets().keys(), slow=now - self._missed_at < OFTEN_S)
        self._missed_at, self._first = now, False

    def omitted(self) -> None:
        if self._checking is None:
            loop = asyncio.get_running_loop()
            self._checking = loop.call_later(max(0.0, self._checked_at + OMITTED_S - loop.time()), self._check_all)

    def up_changed(self) -> None:
        self._schedule.redraw(self.secrets().keys())

    def _check_all(self) -> None:
        self._checking, self._checked_at = None, self._clock()
        self._schedule.check_all(self.secrets().keys())

    def _by_chance(self) -> float:
        """How many tags of others may well have collided with ours, of all that came."""
        return BY_CHANCE * self._stream.tags * len(self.secrets()) / 2.0 ** (8 * ACTIVITY_TAG_SIZE)

    def _note(self, number: int) -> None:
        self._noted, self._noted_at = number, self._clock()
        with self._context.store.transaction():
            self._context.store.set_value(noted_as(self._relay), number.to_bytes(8, "big"))


def noted_digest(store: Store, relay: str) -> int:
    """The number of the last digest that was fully processed when it was last noted; 0 if it never was."""
    with store.reading():
        return int.from_bytes(store.get_value(noted_as(relay)) or b"", "big")


def noted_as(relay: str) -> str:
    """The key under which the store keeps that."""
    return f"heard {relay}"
