"""A relay's machine is gone for good, another one begins empty under another name: people move, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nullabona.client.api import Client, NoticeKind, RelayMoved, RoomMoved
from nullabona.client.net import parse_endpoint
from tests.api.people import PATIENCE_S, befriend, happens, new_name, opened, play, reads, texts, until
from tests.api.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Service]:
    """The relay that dies. Its directory is nobody's."""
    with Service(tmp_path / "one") as running:
        yield running


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Service]:
    """The relay that people move to."""
    with Service(tmp_path / "two") as running:
        yield running


def url(service: Service) -> str:
    """As clients name it."""
    return str(parse_endpoint(service.url))


@asynccontextmanager
async def living_at(relay: Service, directory: Service, folder: Path, *names: str) -> AsyncIterator[list[Client]]:
    """Registered accounts whose cards are at one host and whose inboxes are at another."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(opened(folder / name)) for name in names]
        for client, name in zip(clients, names, strict=True):
            await client.account.create(directory.handle(new_name(name)), relay=relay.url)
        for client in clients:
            await client.account.wait_published(timeout_s=PATIENCE_S)
        yield clients


def relays_of(client: Client) -> set[str]:
    """Where the client's rooms live."""
    return {room.relay for room in (client.rooms.details(each.id) for each in client.rooms.all())}


def moved_notices(client: Client, room: bytes) -> list[str]:
    """The relays that the lines of a room name."""
    notices = [message.notice for message in client.messages.page(room, limit=1_000)]
    return [notice.text for notice in notices if notice is not None and notice.what == NoticeKind.RELAY_CHANGED]


@pytest.mark.slow
def test_a_relay_that_is_gone_for_good_is_left(service: Service, one: Service, two: Service, tmp_path: Path) -> None:
    """Direct room and group go on at the other relay, with what was written meanwhile; everybody is told, once."""

    async def story() -> None:
        async with living_at(one, service, tmp_path, "a", "b", "c") as (a, b, c):
            room = await befriend(a, b)
            await befriend(a, c)
            group = (await a.rooms.create_group("g", [b.me.handle, c.me.handle])).id
            for client in (b, c):
                await until(client, lambda client=client: any(r.id == group for r in client.rooms.all()))  # type: ignore[misc]
            await a.messages.send(group, "before")
            await reads(b, group, "before")
            one.kill()
            await b.messages.send(group, "from b")
            await a.messages.send(room, "from a")
            for client in (c, b, a):
                moved = await client.account.move_relay(two.url)
                assert (url(two), url(one)) == (moved.relay, moved.left)
            for client in (a, b, c):
                await until(client, lambda client=client: sorted(texts(client, group)) == ["before", "from b"])  # type: ignore[misc]
            await reads(b, room, "from a")
            await b.messages.send(room, "and back")
            await reads(a, room, "from a", "and back")
            for client in (a, b, c):
                await client.account.wait_published(timeout_s=PATIENCE_S)
                await until(client, lambda client=client: relays_of(client) == {url(two)})  # type: ignore[misc]
                assert [url(two)] == moved_notices(client, group)
                assert url(two) == client.me.relay
            assert url(two) == (await happens(c, RoomMoved, lambda event: event.room == group)).relay
            assert (url(two), url(one)) == ((await happens(b, RelayMoved)).relay, (await happens(b, RelayMoved)).left)
            await a.rooms.rename(group, "after")
            await until(c, lambda: c.rooms.get(group).title == "after")

    play(story(), 90)
