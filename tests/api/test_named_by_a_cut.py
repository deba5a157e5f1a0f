"""A relay that is its people's directory, too, makes a device name nobody by what it does to its connections.

It sees no addresses. It cuts the connection on which one device is told of activity, and looks what is asked by name.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nullabona.client.account import Account
from nullabona.client.api import Client, NetOptions
from nullabona.client.core.step import DAY_MS
from nullabona.client.net import Connection, Endpoint, PostCarrier, Unreachable, connect
from nullabona.client.runner import activity_stream, now_ms, own_key_monitor, publishing
from nullabona.wire.map_messages import ListEpochs
from nullabona.wire.messages import AnyRequest, AnyResponse, LookupCard, PublishCard, Refusal, WatchHandle
from tests.api.people import PATIENCE_S, QUICK, befriend, new_name, opened, play
from tests.api.service import Service
from tests.api.test_apart import becomes, talk


@dataclass
class Operator:
    """Relay and directory in one hand, as one device meets them."""

    shut: bool = False
    """Whether it refuses connections on which activity is told; it answers everything else."""
    listing: bool = True
    """Whether it tells lists of changes."""
    asked: list[AnyRequest] = field(default_factory=list)
    _open: list[Connection] = field(default_factory=list)

    async def dial(self, endpoint: Endpoint, options: NetOptions) -> Connection:
        if self.shut:
            raise Unreachable("the server refuses the connection")
        self._open.append(await connect(endpoint, options))
        return self._open[-1]

    def post(self, endpoint: Endpoint, options: NetOptions) -> PostCarrier:
        return _Posts(self, endpoint, options)

    async def cut(self) -> None:
        """Drop the connection on which activity is told, once there is one."""
        await becomes(lambda: bool(self._open))
        await asyncio.gather(*(each.close() for each in self._open))
        self._open.clear()

    def named(self) -> list[AnyRequest]:
        """What was asked by a handle, or told of one."""
        return [each for each in self.asked if isinstance(each, LookupCard | WatchHandle | PublishCard)]


class _Posts(PostCarrier):
    def __init__(self, operator: Operator, endpoint: Endpoint, options: NetOptions) -> None:
        super().__init__(endpoint, options)
        self._operator = operator

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        self._operator.asked.append(request)
        if isinstance(request, ListEpochs) and not self._operator.listing:
            return Refusal("bad-request")
        return await super().request(request, timeout_s)


@pytest.fixture(autouse=True)
def _seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list is read for its own reasons during a test, and connections follow one another at once."""
    monkeypatch.setattr(own_key_monitor, "RETRY_S", 3_600.0)
    monkeypatch.setattr(activity_stream, "GONE_S", 0.05)


@asynccontextmanager
async def contacts(service: Service, folder: Path) -> AsyncIterator[tuple[Operator, Client, Client, bytes]]:
    """Two who have talked; the operator has forgotten what the first one's device asked until then."""
    operator = Operator()
    met = replace(QUICK, dial=operator.dial, post=operator.post)
    async with opened(folder / "a", met) as a, opened(folder / "b") as b:
        for client, name in ((a, "a"), (b, "b")):
            await client.account.create(service.handle(new_name(name)))
            await client.account.wait_published(timeout_s=PATIENCE_S)
        room = await befriend(a, b)
        await talk(a, b, room)
        await a.sync(timeout_s=PATIENCE_S)
        await becomes(lambda: any(isinstance(each, ListEpochs | WatchHandle) for each in operator.asked))
        operator.asked.clear()
        yield operator, a, b, room


def searched_s(client: Client, room: bytes) -> float:
    """For how long the client has looked for a room whose relay is out of its reach."""
    runner = client._session.runner
    with runner.store.reading():
        state = runner.view().room(room)
        return (runner.now() - state.scout_since) / 1_000 if state.scout_at and state.scout_turn > 1 else 0.0


def test_who_is_kept_from_activity_names_nobody(service: Service, tmp_path: Path) -> None:
    """Neither their own handle, in case their inbox moved, nor that of who may have moved a room, the contact's."""

    async def story() -> None:
        async with contacts(service, tmp_path) as (operator, a, b, room):
            operator.shut = True
            await operator.cut()
            await becomes(lambda: searched_s(a, room) > 2 * QUICK.timing.scout_cards / 1_000)
            assert [] == operator.named()
            operator.shut = False
            await talk(a, b, room, rounds=1)

    play(story())


def test_a_connection_that_is_cut_has_no_list_read(service: Service, tmp_path: Path) -> None:
    """Lists are read once a period. Who is refused one names the own handle, and would be known by the connection."""

    async def story() -> None:
        async with contacts(service, tmp_path) as (operator, a, b, room):
            operator.listing = False
            for _ in range(3):
                await operator.cut()
                await talk(a, b, room, rounds=1)
            assert ([], []) == (operator.named(), [one for one in operator.asked if isinstance(one, ListEpochs)])

    play(story())


def due_since(days: int) -> Callable[[Account, int], bool]:
    """As if the renewal of every published card had been due for so long."""
    first = now_ms() // DAY_MS - days
    return lambda account, today: account.published and today >= first


@pytest.mark.timeout(150)  # a device that comes on reads its boxes within fifteen seconds
@pytest.mark.parametrize(
    ("days", "drawn", "renewed"), [(0, 0.0, True), (0, 0.999, False), (6, 0.999, False), (7, 0.999, True)]
)
def test_a_card_is_renewed_at_a_drawn_time(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, days: int, drawn: float, renewed: bool
) -> None:
    """Not when the device comes on, nor with its next connection, of which nothing else says whose they are. But at
    once when that is a week late: a device on which commands are run is on for seconds.
    """

    def renewals(operator: Operator) -> list[AnyRequest]:
        return [each for each in operator.asked if isinstance(each, PublishCard)]

    async def story() -> None:
        async with contacts(service, tmp_path) as (operator, *_):
            assert [] == renewals(operator)
        monkeypatch.setattr(publishing, "renewal_due", due_since(days))
        monkeypatch.setattr(publishing, "fraction", lambda: drawn)
        operator = Operator()
        async with opened(tmp_path / "a", replace(QUICK, dial=operator.dial, post=operator.post)) as a:
            await a.sync(timeout_s=3 * PATIENCE_S)
            for _ in range(4):  # each waits for a new connection, so that what the one before caused has been seen
                await operator.cut()
            if renewed:
                await becomes(lambda: bool(renewals(operator)))
            else:
                assert [] == operator.named()

    play(story(), 120)
