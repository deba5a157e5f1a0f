"""The parts of a client that watch a record, and a way to one directory, which may lie."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, Unpack, cast

from nullabona.client.core.directory.keeping import load_evidence, load_expected, note_own_card
from nullabona.client.core.model.facts.account import WarningDetail
from nullabona.client.runner.directories import Directories
from nullabona.client.runner.own_key_monitor import OwnKeyMonitor
from nullabona.directory.core.records import Keep, StoredCard
from nullabona.wire.card import card_hash
from nullabona.wire.messages import AnyRequest, AnyResponse
from tests.record.directories import Directory
from tests.record.test_checking import CARD, FALSE
from tests.rooms.world import Person, World
from tests.wire.cards import MINA

Lie: TypeAlias = Callable[[AnyRequest], Awaitable[AnyResponse | None]]


class Device:
    """The parts of a client that watch, and a way to one directory, which may lie."""

    def __init__(self, directory: Directory, person: Person | None = None) -> None:
        self.person = person or World(1).person("mina")
        self.engine, self.store = self.person.engine, self.person.store
        with self.store.transaction():
            note_own_card(self.store, CARD.hash)
        self.directory = directory
        self.lie: Lie | None = None
        self.warned: list[str] = []
        self.asked: list[AnyRequest] = []
        self.directories = Directories(cast(Any, self))
        self.own_key_monitor = OwnKeyMonitor(cast(Any, self), cast(Any, self).directories)

    # -- what the watch stands on

    @property
    def connections(self) -> Device:
        return self

    def one_shot(self, relay: str) -> Device:
        del relay
        return self

    async def ready(self) -> Device:
        return self

    def worked(self) -> None: ...

    async def failed(self, carrier: object, error: object) -> None: ...

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        del timeout_s
        self.asked.append(request)
        told = await self.lie(request) if self.lie is not None else None
        return told or await cast(Any, self.directory.service.handlers()[type(request)])(request)

    def now(self) -> int:
        return self.directory.now * 1_000

    def happened(self, touched: object) -> None: ...

    def warn(self, code: str, **detail: Unpack[WarningDetail]) -> None:
        """The same one once, as the runner does within an hour."""
        del detail
        if code not in self.warned:
            self.warned.append(code)

    # -- what the tests do

    async def watch(self) -> None:
        """As the client does once a period."""
        try:
            await self.own_key_monitor._watch_through(MINA)
        except Exception as error:  # noqa: BLE001 - as `Oversight._once`
            await self.own_key_monitor._not_watched(MINA, cast(Any, error))

    def codes(self) -> list[str]:
        """Of every warning."""
        told = [str(data["code"]) for kind, _, data in self.person.events() if kind == "warning"]
        return [*told, *self.warned]

    def promised(self) -> list[str]:
        with self.store.transaction():
            return [each.handle for each in load_expected(self.store)]

    def kept(self) -> list[tuple[str, bool]]:
        """Of every piece of evidence its code, and whether it has anything."""
        with self.store.transaction():
            return [(each.code, bool(each.shown)) for each in load_evidence(self.store)]


async def enter_false(directory: Directory) -> None:
    """The operator enters a card of its own."""
    with directory.service._store.transaction():
        keep = Keep(StoredCard.of(MINA, FALSE, 0), card_hash(FALSE))
        directory.service._store.apply(keep, directory.service._record.place(MINA))
    await directory.advance()
