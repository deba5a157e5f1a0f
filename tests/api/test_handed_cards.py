"""Who makes a group asks the directory for none of its contacts, also after their cards changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.account import need_account, renew_card
from nullabona.client.api import Client, rooms
from nullabona.client.core.contacts import handed_cards
from nullabona.client.core.directory.found import ProvenCard
from tests.api.people import PATIENCE_S, QUICK, SOON, befriend, people, play, until
from tests.api.service import Service

OPTIONS = replace(QUICK, timing=replace(SOON, card=100))


async def in_record(client: Client, handle: str) -> None:
    """Until the record has this handle's card, and does not only promise it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await client._session.runner.look_up(handle)
            if isinstance(found, ProvenCard) and not found.promised:
                return
            await asyncio.sleep(0.2)


def count_look_ups(client: Client) -> list[str]:
    """The handles that this client looks up from now on."""
    asked: list[str] = []
    directories = client._session.runner.directories
    look_up = directories.look_up

    async def counting(handle: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the method that it replaces
        asked.append(handle)
        return await look_up(handle)

    directories.look_up = counting  # type: ignore[method-assign]
    return asked


def newest(client: Client, account: bytes) -> int:
    """The number of a contact's card that is known to be the newest; -1: none is."""
    with client._session.view() as step:
        card = handed_cards.newest_of(step, account)[0]
    return -1 if card is None else card.sequence


def renew(client: Client) -> int:
    """Make the account's next card; its number."""
    runner = client._session.runner
    with runner.step() as step:
        account = need_account(step.store)
        number = renew_card(step.store, step.mls, account, runner.now() // 86_400_000).card.sequence
    runner.publishing.poke()
    return number


@pytest.mark.slow  # several epochs; tests/record/test_handed_cards.py has the same without a process
def test_a_group_of_contacts_is_made_without_a_look_up(
    swift: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First with what was looked up to ask them, then with the card that they handed over in the room of two."""
    monkeypatch.setattr(rooms, "_LISTS_S", PATIENCE_S)  # a busy machine may not read the lists in five seconds

    async def story() -> None:
        async with people(swift, tmp_path, "a", "b", options=OPTIONS) as (a, b):
            await in_record(a, a.me.handle)
            await in_record(a, b.me.handle)
            await befriend(a, b)
            asked = count_look_ups(a)
            room = await a.rooms.create_group("first", [b.me.handle])
            await until(b, lambda: any(each.id == room.id and each.phase == "joined" for each in b.rooms.all()))
            number = renew(b)
            await until(a, lambda: newest(a, b.me.account) == number)
            room = await a.rooms.create_group("second", [b.me.handle])
            await until(b, lambda: any(each.id == room.id and each.phase == "joined" for each in b.rooms.all()))
            assert b.me.handle not in asked

    play(story())
