"""Answers the requests about the map as a whole, which name no handle (spec/map.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from nullabona.directory.core.refusal import BUSY, NOT_FOUND, SLOW_DOWN, refuse
from nullabona.directory.epoch_lists import EpochLists
from nullabona.directory.epochs import EpochKeeper
from nullabona.directory.health import Health
from nullabona.directory.looking_up import LookUps
from nullabona.directory.store.interface import StoreFailed
from nullabona.wire.map_messages import ListEpochs, ShowLeaves
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse
from nullabona.wire.service import Handler

RETRY_S: Final = 5


class WholeMap:
    """The requests of one directory. ``too_often``: for how many seconds the asker has to wait; 0: not."""

    def __init__(
        self, lists: EpochLists, epochs: EpochKeeper, lookups: LookUps, health: Health, too_often: Callable[[], int]
    ) -> None:
        self._lists = lists
        self._epochs = epochs
        self._lookups = lookups
        self._health = health
        self._too_often = too_often

    def handlers(self) -> Mapping[type[Request], Handler]:
        """See `nullabona.wire.service.Service`."""
        return {ListEpochs: self.list_epochs, ShowLeaves: self.show_leaves}

    async def list_epochs(self, request: ListEpochs) -> AnyResponse:
        """The epochs after a given one, with their lists of changes."""
        if wait := self._too_often():
            return refuse(SLOW_DOWN, wait)
        served = await self._epochs.served()
        if served is None:
            return refuse(BUSY, RETRY_S)
        return await self._read(lambda: self._lists.tell(request.after, served.number, served.checkpoint))

    async def show_leaves(self, request: ShowLeaves) -> AnyResponse:
        """Leaves of the map, also of an epoch that is not published yet: mirrors look before they sign."""
        if wait := self._too_often():
            return refuse(SLOW_DOWN, wait)
        if self._epochs.hidden:
            return refuse(BUSY, RETRY_S)
        return await self._read(lambda: self._lists.leaves(request))

    async def _read(self, work: Callable[[], AnyResponse | None]) -> AnyResponse:
        try:
            return await self._lookups.run(work) or refuse(NOT_FOUND)
        except StoreFailed as error:
            self._health.failed(error)
            return refuse(BUSY, RETRY_S)
