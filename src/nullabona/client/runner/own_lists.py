"""Reads the lists of changes of every epoch, and says when the own handle has to be looked at whole (spec/map.md §6.1).

A list is asked for without a handle, once in each period, whatever the person does. So the directory does not learn
from it who is there. A look at the own handle names it, and happens only where `OwnLists.quiet` says so.
"""

from __future__ import annotations

from typing import Final

import msgspec

from nullabona.client.core.directory.errors import RecordGap
from nullabona.client.core.directory.keeping import load_expected, load_position, save_position
from nullabona.client.core.directory.listing import Listing, Position, begin_at
from nullabona.client.core.directory.owner import Look, Watch
from nullabona.client.core.directory.pinned import SKEW_S, Pinned
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.randomness import fraction
from nullabona.errors import Malformed, Refused
from nullabona.wire.handle import Handle

DAY_S: Final = 86_400
LOOK_S: Final = 43_200
"""Longest time between two looks at the own handle; the shortest is half of it. Those whom this account asks something
believe the proof that comes of a look for a day.
"""
SOON_S: Final = 3_600
"""A look that fell due while this device was off happens within this time, and not when it comes on."""
LATE_S: Final = 600
"""The same of a look that is late by a day or more: a device may never be on for an hour."""
_PASSING: Final = frozenset({"busy", "slow-down", "stopping"})
"""Refusals after which the same is asked again, and not with a handle."""


class OwnLists:
    """The lists that one device reads."""

    def __init__(self, context: RunnerContext, directories: Directories) -> None:
        self._context = context
        self._directories = directories
        self._lost = False

    def draw_again(self) -> None:
        """A device comes on: a look that fell due meanwhile is drawn again, so that it does not tell of that.

        How late it is counts from the first time at which it fell due, or devices that are often off would not look.
        """
        position = self._position()
        if position is None or not position.look_s or not self._is_due(position) or self._is_behind(position):
            return
        due_s = min(position.due_s or position.look_s, self._now_s)
        most_s = LATE_S if self._now_s - due_s > DAY_S else SOON_S
        look_s = self._now_s + 1 + int(fraction() * most_s)
        self._save(msgspec.structs.replace(position, look_s=look_s, due_s=due_s))

    async def quiet(self, handle: Handle, watch: Watch) -> tuple[Pinned, Listing] | None:
        """The directory's new state and its newest epochs, if their lists say nothing of the own handle.

        None: the handle has to be looked at whole now, because a list names its head, is missing or wrong, a promised
        card should have entered, or the drawn time has come. It stays due until `looked`. For a day after a change that
        changed nothing, a head is no reason. Raises as `Directories.look_up`.
        """
        position = self._position() or begin_at(watch)
        if self._is_due(position):
            return None
        return await self.read(handle, watch)

    async def read(self, handle: Handle, watch: Watch) -> tuple[Pinned, Listing] | None:
        """As `quiet`, also while a look is due that was drawn."""
        position = self._position() or begin_at(watch)
        try:
            pinned, found = await self._directories.list_epochs(handle.authority, position)
        except (Refused, Malformed, RecordGap) as error:
            if isinstance(error, Refused) and error.wire_code in _PASSING:
                raise
            self._lost = True
            self._save(msgspec.structs.replace(position, look_s=0))
            return None
        heeded = found.position.heeds(self._now_s) or not found.only_names(position.looked)
        quiet = (found.quiet or not heeded) and not self._promised(str(handle), found.position.epoch)
        self._save(found.position if quiet else msgspec.structs.replace(found.position, look_s=0))
        return (pinned, found) if quiet else None

    def looked(self, found: Look) -> None:
        """The own handle was looked at whole, and the next look is drawn. For its sake lists are read from there on;
        those before are still read for the proofs that others bring.
        """
        look_s = self._now_s + int((0.5 + fraction() / 2) * LOOK_S)
        position, fresh = self._position(), begin_at(found.watch, look_s=look_s, label=found.label)
        fresh = msgspec.structs.replace(fresh, unheeded_s=position.unheeded_s if position is not None else 0)
        if position is not None and not self._lost and position.size <= fresh.size:
            fresh = msgspec.structs.replace(
                position, look_s=look_s, due_s=0, label=found.label, looked=found.watch.epoch, named=0
            )
        self._lost = False
        self._save(fresh)

    def pause(self) -> float:
        """Seconds until a look is due that was drawn."""
        position = self._position()
        if position is None:
            return DAY_S
        return 0.0 if self._is_due(position) else max(0.0, position.look_s - self._context.now() / 1_000)

    def _is_due(self, position: Position) -> bool:
        """Whether the look's time has come, or is further away than any that is drawn: then a clock was ahead.

        While a clock is behind, right times are far away, and a look would only tell the directory who is there.
        """
        if position.look_s > self._now_s + LOOK_S:
            return not self._is_behind(position)
        return position.look_s <= self._now_s

    def _is_behind(self, position: Position) -> bool:
        """Whether the clock shows a time before one that witnesses signed."""
        return (position.closed_s or 0) > self._now_s + SKEW_S

    def _promised(self, handle: str, epoch: int) -> bool:
        """Whether the own card should be in the record by this epoch, and was not seen there."""
        with self._context.store.reading():
            return any(each.handle == handle and each.by <= epoch for each in load_expected(self._context.store))

    def _position(self) -> Position | None:
        with self._context.store.reading():
            return load_position(self._context.store)

    def _save(self, position: Position) -> None:
        with self._context.engine.step(self._context.now()) as step:
            save_position(step.store, position)

    @property
    def _now_s(self) -> int:
        return self._context.now() // 1_000
