"""The relay is killed, or carried away with everything on it, and people go on talking."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client.api import Client, errors
from nullabona.client.api.events import Published, RelayLostBox, Warned
from nullabona.client.core.directory.keeping import load_pinned, load_watch, save_pinned, save_watch
from tests.api.people import PATIENCE_S, befriend, happens, new_name, opened, people, play, reads, texts, until
from tests.api.service import Service


async def stands_in_the_record(client: Client) -> None:
    """Until the client has seen its own card there."""

    def stands() -> bool:
        with client._session.look() as store:
            watch = load_watch(store)
        return watch is not None and watch.entry[1] > 0

    while not stands():  # noqa: ASYNC110 - another process changes it
        await asyncio.sleep(0.1)


@pytest.mark.slow
def test_a_killed_relay_loses_nothing(doomed: Service, tmp_path: Path) -> None:
    """What is written while the relay is dead is delivered when it is back, in order and once."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.messages.send(room, "before")
            await reads(b, room, "before")
            doomed.kill()
            with pytest.raises(errors.PendingStill):
                await a.messages.wait_sent(room, await a.messages.send(room, "meanwhile"), timeout_s=0.3)
            doomed.start()
            await reads(b, room, "before", "meanwhile")
            await b.messages.send(room, "after")
            await reads(a, room, "before", "meanwhile", "after")

    play(story())


@pytest.mark.slow
def test_a_seized_relay_is_an_inconvenience(tmp_path: Path) -> None:
    """Everything on the relay is gone: nothing is lost, nothing doubled, cards are back, a group can still change."""

    async def story(doomed: Service) -> None:
        async with people(doomed, tmp_path, "a", "b", "c") as (a, b, c):
            room = await befriend(a, b)
            await befriend(a, c)
            group = (await a.rooms.create_group("g", [b.me.handle])).id
            await until(b, lambda: len(b.rooms.all()) == 2)
            await a.messages.send(room, "one")
            await reads(b, room, "one")
            await stands_in_the_record(c)
            before = c.last_event()
            doomed.seize()
            await happens(a, RelayLostBox)
            await a.messages.send(room, "two")
            await b.messages.send(room, "three")
            await until(a, lambda: sorted(texts(a, room)) == ["one", "three", "two"])
            await until(b, lambda: sorted(texts(b, room)) == ["one", "three", "two"])
            assert texts(a, room) == texts(b, room)
            await happens(c, Published, after=before)
            await a.rooms.add(group, c.me.handle)
            await until(c, lambda: any(r.id == group for r in c.rooms.all()))
            await c.messages.send(group, "hello from the ruins")
            await until(b, lambda: "hello from the ruins" in texts(b, group))

    with Service(tmp_path / "relay", period_s=1) as doomed:
        play(story(doomed))


@pytest.mark.slow
def test_a_message_survives_its_sender_and_the_relay(doomed: Service, tmp_path: Path) -> None:
    """The sender is off, the relay lost everything: another member puts the message back for a third."""

    async def story() -> None:
        async with people(doomed, tmp_path, "a", "b", "c") as (a, b, c):
            await befriend(a, b)
            await befriend(a, c)
            room = (await a.rooms.create_group("g", [b.me.handle, c.me.handle])).id
            for client in (b, c):
                await until(client, lambda client=client: len(client.rooms.all()) == 2)  # type: ignore[misc]
            await c.sync(timeout_s=PATIENCE_S)
        async with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
            await a.messages.send(room, "for everybody")
            await reads(b, room, "for everybody")
        doomed.seize()
        async with opened(tmp_path / "b"), opened(tmp_path / "c") as c:
            await reads(c, room, "for everybody")

    play(story())


@pytest.mark.slow
def test_an_account_is_made_while_the_relay_is_out_of_reach(doomed: Service, tmp_path: Path) -> None:
    """It is stored at once, with its words; the card is published when the relay is there, even by a later run."""

    async def story() -> None:
        doomed.kill()
        handle = doomed.handle(new_name("late"))
        async with opened(tmp_path / "a") as a:
            await a.account.create(handle)
            words = a.account.phrase()
            with pytest.raises(errors.PendingStill):
                await a.account.wait_published(timeout_s=0.2)
        doomed.start()
        async with opened(tmp_path / "a") as a:
            await a.account.wait_published(timeout_s=PATIENCE_S)
            assert (True, handle, words) == (a.me.published, a.me.handle, a.account.phrase())

    play(story())


@pytest.mark.slow
def test_owners_put_their_cards_back_within_a_period(tmp_path: Path) -> None:
    """The directory lost its cards and people's relay did not: whoever is online publishes again by itself."""

    async def story(lost: Service, elsewhere: Service) -> None:
        async with opened(tmp_path / "a") as a, opened(tmp_path / "b") as b:
            for client, name in ((a, "a"), (b, "b")):
                await client.account.create(lost.handle(new_name(name)), relay=elsewhere.url)
                await client.account.wait_published(timeout_s=PATIENCE_S)
            await stands_in_the_record(a)
            before = a.last_event()
            lost.seize()
            await happens(a, Warned, lambda event: event.code == "card-not-in-log", after=before)
            await happens(a, Published, after=before)
            assert a.me.published
            assert (await b.contacts.look_up(a.me.handle)).identity_key == a.me.account

    with Service(tmp_path / "lost", period_s=1) as lost, Service(tmp_path / "elsewhere") as elsewhere:
        play(story(lost, elsewhere))


@pytest.mark.slow
def test_an_owner_who_missed_the_last_epochs_puts_the_card_back_too(tmp_path: Path) -> None:
    """What it saw last lies in the gap that the loss has left: it is told of the gap once, and goes on from now."""

    async def story(lost: Service, elsewhere: Service) -> None:
        async with opened(tmp_path / "a") as a:
            await a.account.create(lost.handle(new_name("a")), relay=elsewhere.url)
            await a.account.wait_published(timeout_s=PATIENCE_S)
            await stands_in_the_record(a)
            with a._session.look() as store:
                seen = load_pinned(store, lost.host), load_watch(store)
            size = a.record.standing().size
            while a.record.standing().size < size + 3:  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.1)
            lost.kill()
            before = a.last_event()
            with a._session.step() as step:
                assert seen[0] is not None
                save_pinned(step.store, seen[0])
                save_watch(step.store, seen[1])
            lost.seize()
            await happens(a, Warned, lambda event: event.code == "record-gap", after=before)
            await happens(a, Published, after=before)

    with Service(tmp_path / "lost", period_s=1) as lost, Service(tmp_path / "elsewhere") as elsewhere:
        play(story(lost, elsewhere))
