"""Events: typed, in order, and resumed after the last one that was handled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from nullabona.client.api import Client, Event, MessageReceived, errors, events
from nullabona.client.api.converting import to_event
from nullabona.client.core.model.facts.messages import HistoryImported, MessageStored
from nullabona.client.core.model.facts.rooms import EpochChanged
from nullabona.client.core.model.facts.union import LoggedFact, encode_fact
from nullabona.client.core.model.records import LoggedEvent
from nullabona.client.runner.tidying import KEEP_EVENTS
from nullabona.client.store import SqliteStore
from tests.api.people import befriend, events_until_now, opened, people, play, reads, until
from tests.api.service import Service
from tests.core.test_model_facts import FACTS


def test_a_listener_goes_on_where_it_stopped(service: Service, tmp_path: Path) -> None:
    """The event that was being handled when the program died comes again; those handled before do not."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            for text in ("one", "two", "three"):
                await a.messages.send(room, text)
            await reads(b, room, "one", "two", "three")
        for first in ("one", "two", "two"):  # after "one" was handled, the program dies twice while it handles "two"
            async with opened(tmp_path / "b") as b:
                seen = 0
                async for event in b.events():
                    if isinstance(event, MessageReceived):
                        assert first == event.text or seen
                        seen += 1
                        if first == "two" or seen == 2:
                            break

    play(story())


def test_after_shows_everything_since(service: Service, tmp_path: Path) -> None:
    """Ids grow; listening after one shows those above it and does not move the default listener."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await befriend(a, b)
            everything = await events_until_now(b, 0)
            ids = [event.id for event in everything]
            assert (sorted(set(ids)), b.last_event()) == (ids, ids[-1])
            assert everything[3:] == await events_until_now(b, ids[2])
            async for event in b.events():
                assert everything[0] == event
                break

    play(story())


def test_forgotten_events_are_not_left_out_without_a_word(service: Service, tmp_path: Path) -> None:
    """Who asks for them sees `EventsForgotten` in their place and goes on behind it; later it is not told again."""

    async def story() -> None:
        async with people(service, tmp_path, "a") as (a,):
            with a._session.change() as store:
                for number in range(KEEP_EVENTS + 50):
                    store.log_event("epoch", b"r", encode_fact(EpochChanged(b"r", number)))
        async with opened(tmp_path / "a") as a:
            last = a.last_event()
            await until(a, lambda: first(a) > 1)
            gone = last - KEEP_EVENTS
            for after in (0, 1, gone - 1):
                assert [events.EventsForgotten(id=gone), gone + 1] == await two(a, after)
            assert [gone + 1, gone + 2] == await two(a, gone)
            assert [events.EventsForgotten(id=gone), gone + 1] == await two(a, None)
            assert [gone + 1, gone + 2] == await two(a, None)

    def first(client: Client) -> int:
        with client._session.look() as store:
            return store.events(0, 1)[0].id

    async def two(client: Client, after: int | None) -> list[Event | int]:
        found: list[Event | int] = []
        async for event in client.events(after=after):
            if isinstance(event, events.EventsForgotten | events.EpochChanged):
                found.append(event if isinstance(event, events.EventsForgotten) else event.id)
            if len(found) == 2:
                break
        return found

    play(story())


def test_two_listeners_do_not_disturb_one_another(service: Service, tmp_path: Path) -> None:
    """Both see the same message."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)

            async def first() -> Event:
                async for event in b.events(after=b.last_event()):
                    if isinstance(event, MessageReceived):
                        return event
                raise AssertionError

            listeners = [asyncio.create_task(first()) for _ in range(2)]
            await asyncio.sleep(0)
            await a.messages.send(room, "to both")
            one, two = await asyncio.gather(*listeners)
            assert one == two

    play(story())


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_listeners_are_told_is_the_event(fact: LoggedFact) -> None:
    """But for a message, whose words are not kept twice, and for imported history, which has no class of its own."""
    event = to_event(SqliteStore.testing_in_memory(), LoggedEvent(7, fact.kind, fact.room, encode_fact(fact)))
    match fact:
        case MessageStored(room, message, account, handle):
            assert MessageReceived(room, message, account, handle, "", 0, b"", "gone", id=7) == event
        case HistoryImported(room):
            assert events.OtherEvent("imported", room, {}, id=7) == event
        case _:
            assert msgspec.structs.replace(fact, id=7) == event


def test_an_unknown_event_is_no_error() -> None:
    """A later version's event, or one with other fields, is shown as it is."""
    store = SqliteStore.testing_in_memory()
    for kind in ("brand-new", "joined"):
        row = LoggedEvent(7, kind, b"r", msgspec.msgpack.encode({"x": 1}))
        assert events.OtherEvent(kind, b"r", {"x": 1}, id=7) == to_event(store, row)


def test_a_profile_without_an_account_says_so(tmp_path: Path) -> None:
    """Whatever is asked of it: there is no account."""

    async def story() -> None:
        async with opened(tmp_path / "empty") as client:
            assert not client.has_account
            for ask in (lambda: client.me, client.rooms.all, client.contacts.all, client.status):
                with pytest.raises(errors.NoAccount):
                    ask()

    play(story())
