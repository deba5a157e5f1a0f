"""Who is there before a journey begins: accounts that are registered, friends of one another, in groups together.

Made with the client's API on a thread of its own, because Playwright's loop occupies the test's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from nullabona.client.api import Client, Passphrase
from tests.api.people import PATIENCE_S, befriend, opened, people, texts, until
from tests.api.service import Service

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Made:
    """A profile on disk and its account's handle."""

    profile: Path
    handle: str


def apart(story: Coroutine[Any, Any, T]) -> T:
    """Run a story on another thread, to its end."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, story).result()


async def _make(
    service: Service, folder: Path, names: Sequence[str], group: str, said: Sequence[str], *, strangers: bool
) -> list[Made]:
    async with people(service, folder, *names) as clients:
        for client, name in zip(clients, names, strict=True):
            await client.preferences.set(language="ko" if not name.isascii() else "en")
            await client.profiles.set(name)
        for one, other in () if strangers else combinations(clients, 2):
            await befriend(one, other)
        if group:
            await _group(clients, group, said)
        for client, name in zip(clients, names, strict=True):
            await client.sync(timeout_s=PATIENCE_S)
            if not strangers:  # a room is called by its contact's name once their profile has come
                await until(client, lambda client=client, name=name: set(names) - {name} <= _titles(client))  # type: ignore[misc]
        return [Made(folder / name, client.me.handle) for name, client in zip(names, clients, strict=True)]


def _titles(client: Client) -> set[str]:
    """What the joined rooms are called."""
    return {room.title for room in client.rooms.all() if room.phase == "joined"}


async def _group(clients: Sequence[Client], group: str, said: Sequence[str]) -> None:
    first, *others = clients
    room = (await first.rooms.create_group(group, [other.me.handle for other in others])).id
    for other in others:
        await until(other, lambda other=other: any(r.id == room and r.phase == "joined" for r in other.rooms.all()))  # type: ignore[misc]
    for index, text in enumerate(said):
        speaker = clients[index % len(clients)]
        message = await speaker.messages.send(room, text)
        await speaker.messages.wait_sent(room, message, timeout_s=PATIENCE_S)
        for client in clients:
            await until(client, lambda client=client, text=text: text in texts(client, room))  # type: ignore[misc]


def make(
    service: Service, folder: Path, *names: str, group: str = "", said: Sequence[str] = (), strangers: bool = False
) -> list[Made]:
    """Accounts that all know one another, unless they are ``strangers``.

    With ``group`` they are also in a room where ``said`` was said in turn.
    """
    return apart(_make(service, folder, names, group, said, strangers=strangers))


async def _protect(profile: Path, passphrase: str) -> None:
    async with opened(profile) as client:
        client._session.profile.change_protection(Passphrase(passphrase))


def protect(made: Made, passphrase: str) -> Made:
    """Lock somebody's profile, so that their app begins with the question for the passphrase."""
    apart(_protect(made.profile, passphrase))
    return made
