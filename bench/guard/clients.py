"""Hot paths of a client: sending, receiving, following a commit, opening, listing, searching, showing."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

from bench._app_profile import plant
from bench.guard.counting import Act, Steps
from bench.guard.hot import HotPath
from nullabona.app.session.media import MediaKey
from nullabona.app.session.views import Views
from nullabona.client.api import Client, Options, Unprotected, open_client
from nullabona.client.core import commands
from nullabona.client.core.step import Timing
from nullabona.client.profile import open_profile
from tests.rooms.world import Person, World

_MANY: Final = 100
_ROOMS: Final = 20
_LINES: Final = 200
_PAGE: Final = 60
_NEVER: Final = 10**12


def client_paths(folder: Path, stack: ExitStack) -> list[HotPath]:
    """Those of this module, as long as ``stack`` is open."""
    return [*_talking(), *_following(), *_looking(folder, stack)]


# -- two devices and a model of a relay: send, receive


def _talking() -> list[HotPath]:
    world = World(1, timing=_quiet())
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)

    def sending() -> Act:
        world.turn(mina)
        return lambda: mina.send(room, "오늘 저녁에 만날까요? See you at seven.")

    def receiving() -> Act:
        sending()()
        world.turn(mina)
        return _reading(world, jun, room)

    return [
        HotPath(name="client: a message is encrypted and stored", prepare=sending, connections=[_of(mina)], timed=60),
        HotPath(name="client: a frame is decrypted and stored", prepare=receiving, connections=[_of(jun)], timed=60),
    ]


def _following() -> list[HotPath]:
    """One of a hundred devices changes its keys, and another follows."""
    world = World(2, timing=_quiet())
    mina, jun, *others = (world.person(f"p{number:03}") for number in range(_MANY))
    with mina.engine.step(world.now) as step:
        room = commands.create_group(step, "many")
    with mina.engine.step(world.now, room) as step:
        for other in (jun, *others):
            commands.add_account(step, room, other.card)
    _let(world, mina)
    with jun.engine.step(world.now) as step:
        commands.request_contact(step, mina.card, jun.card.encoded, "")
    with jun.store.transaction():
        for item in jun.store.outbox(world.now):
            jun.store.drop_outbox(item.id)
    _let(world, jun)

    def prepare() -> Act:
        with mina.engine.step(world.now, room) as step:
            commands.update_keys(step, room)
        _let(world, mina)
        assert mina.epoch(room) == jun.epoch(room) + 1
        return _reading(world, jun, room)

    return [HotPath(name="client: a commit is merged in a room of 100", prepare=prepare, connections=[_of(jun)],
                    timed=8)]  # fmt: skip


def _reading(world: World, reader: Person, room: bytes) -> Act:
    want = next(want for where, want in world.reads(reader) if where == room and not want.old)
    return lambda: world.read(reader, room, want)


def _let(world: World, person: Person) -> None:
    while world.turn(person):
        pass


def _quiet() -> Timing:
    return Timing(
        receipt=_NEVER, receipt_unread=_NEVER, reply=_NEVER, announcement=_NEVER, update=_NEVER, invite=_NEVER
    )


def _of(person: Person) -> Steps:
    return person.store._connection  # noqa: SLF001 - SQLite's steps are counted there


# -- a profile on disk: open, list, search, show


def _looking(folder: Path, stack: ExitStack) -> list[HotPath]:
    runner = stack.enter_context(asyncio.Runner())
    open_ones = AsyncExitStack()
    client, long = runner.run(_filled(folder / "profile", open_ones))
    runner.run(_closed_copy(folder / "closed"))
    stack.callback(lambda: runner.run(open_ones.aclose()))
    connections = [client._session.store._connection]  # type: ignore[attr-defined] # noqa: SLF001
    views = Views(client, MediaKey())

    def listing() -> Act:
        views.list_changed()
        return views.chats

    def searching() -> Act:
        return lambda: client.messages.search("저녁")

    def showing() -> Act:
        return lambda: (views.room(long), views.page(long, limit=_PAGE))

    return [
        HotPath(name="client: a profile is opened", prepare=lambda: lambda: _open_and_close(folder / "closed")),
        HotPath(name="app: the list of 20 rooms is shown", prepare=listing, connections=connections),
        HotPath(name="client: 4,000 messages are searched", prepare=searching, connections=connections),
        HotPath(name="app: a room with 60 messages is shown", prepare=showing, connections=connections),
    ]


async def _filled(path: Path, stack: AsyncExitStack) -> tuple[Client, bytes]:
    """A profile of some rooms with some messages each, that never calls anybody; one of the rooms."""
    opened = open_client(path, unlock=Unprotected(), create=True, options=Options(online=False))
    client = await stack.enter_async_context(opened)
    await client.account.create("mina@relay.example", relay="https://relay.example")
    dice = random.Random(3)
    others, room = [dice.randbytes(32) for _ in range(8)], b""
    for number in range(_ROOMS):
        room = (await client.rooms.create_group(f"room {number}")).id
        with client._session.step() as step:  # noqa: SLF001 - plants what years would bring
            plant(step, room, others, _LINES, dice)
    return client, room


async def _closed_copy(path: Path) -> None:
    async with AsyncExitStack() as stack:
        await _filled(path, stack)


def _open_and_close(path: Path) -> None:
    open_profile(path, Unprotected()).close()
