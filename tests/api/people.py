"""Clients in tests: real profiles on disk, real MLS, a real relay; only the protocol's pauses are shorter."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from nullabona.client.api import (
    Client,
    ConnectionChanged,
    Event,
    MessageInfo,
    Options,
    Policy,
    Unprotected,
    open_client,
)
from nullabona.client.core.step import Timing
from nullabona.wire.lookalikes import skeleton
from tests.api.service import Service

T = TypeVar("T")
E = TypeVar("E", bound=Event)
SOON = Timing(
    settle=400,
    put_back_any=600,
    receipt=100,
    receipt_unread=100,
    reply=100,
    retry=100,
    retry_most=1_000,
    commit_spread=100,
    ticket=500,
    joining=50,
    link_answer=2_000,
    claim=200,
    scout=400,
    scout_cards=2_000,
    apart=100,
    unsure=100,
    active=20,
    behind=50,
)
QUICK = Options(policy=Policy(first_s=0.05, most_s=0.5, apart_s=0.05), timing=SOON)
PATIENCE_S = 20.0
_names = itertools.count(1)
_looks: set[str] = set()
"""What the names look like that were given out: a directory refuses a second name that looks like one it has."""
_LATIN = str.maketrans("0123456789", "bcdfghjkmp")
"""Digits would sooner or later look like a reserved name."""
_HANGUL = str.maketrans("0123456789", "가나다라마바사아자차")


def play(story: Coroutine[Any, Any, T], most_s: float = 50.0) -> T:
    """Run a test's story to its end."""

    async def within() -> T:
        async with asyncio.timeout(most_s):
            return await story

    return asyncio.run(within())


def opened(path: Path, options: Options = QUICK) -> AbstractAsyncContextManager[Client]:
    """The client of the profile at ``path``, made if need be."""
    return open_client(path, unlock=Unprotected(), create=True, options=options)


def new_name(name: str) -> str:
    """A name that nobody has at this service yet, and that looks like nobody's there."""
    letters = _LATIN if name.isascii() else _HANGUL
    # `nn` looks like `m`: the sixth name, of an `ann`, would look like the 86th, of an `a`.
    found = next(made for made in (name + str(n).translate(letters) for n in _names) if skeleton(made) not in _looks)
    _looks.add(skeleton(found))
    return found


@asynccontextmanager
async def people(service: Service, folder: Path, *names: str, options: Options = QUICK) -> AsyncIterator[list[Client]]:
    """Registered accounts, each a client of its own, that do not know one another."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(opened(folder / name, options)) for name in names]
        for client, name in zip(clients, names, strict=True):
            await client.account.create(service.handle(new_name(name)))
        for client in clients:
            await client.account.wait_published(timeout_s=PATIENCE_S)
        yield clients


@asynccontextmanager
async def two_contacts(
    service: Service, folder: Path, options: Options
) -> AsyncIterator[tuple[Client, list[tuple[Client, bytes]]]]:
    """A client with these options, and two others, each with the room of two that they share."""
    async with people(service, folder, "a", options=options) as (one,), people(service, folder, "b", "c") as others:
        yield one, [(other, await befriend(one, other)) for other in others]


async def happens(client: Client, kind: type[E], fits: Callable[[E], bool] = lambda _: True, *, after: int = 0) -> E:
    """The first such event; waits for it."""
    async with asyncio.timeout(PATIENCE_S):
        async for event in client.events(after=after):
            if isinstance(event, kind) and fits(event):
                return event
    raise AssertionError("events never end")


async def until(client: Client, find: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Until something about the client is true, looked at whenever anything happens to it."""
    await client._session.until(lambda: find() or None, within_s, "it did not become true")


async def befriend(one: Client, other: Client) -> bytes:
    """Let ``one`` ask and ``other`` accept; the direct room that both are in then."""
    await one.contacts.request(other.me.handle, "hello")
    await until(other, lambda: any(c.handle == one.me.handle and c.state == "asking" for c in other.contacts.all()))
    contact = await other.contacts.accept(one.me.handle)
    room = contact.room
    await until(one, lambda: any(found.id == room and found.phase == "joined" for found in one.rooms.all()))
    return room


def said(client: Client, room: bytes) -> list[MessageInfo]:
    """What people said in the room, in order, without the lines about the room."""
    return [message for message in client.messages.page(room, limit=100_000) if message.kind != "notice"]


def texts(client: Client, room: bytes) -> list[str]:
    """What the room says, in order."""
    return [message.text for message in said(client, room)]


async def events_until_now(client: Client, after: int) -> list[Event]:
    """What has happened since."""
    found: list[Event] = []
    last = client.last_event()
    if last > after:
        async for event in client.events(after=after):
            found += [event] if not isinstance(event, ConnectionChanged) else []
            if event.id >= last:
                break
    return found


async def reads(client: Client, room: bytes, *wanted: str) -> None:
    """Until these messages, and no others, are in the room, in this order."""
    await until(client, lambda: texts(client, room) == list(wanted))
