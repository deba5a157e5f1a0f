"""What the 24 words bring back and what not, as the restore screen, the command line and the guide say it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from nullabona.client.api import Client, ContactRequested, Event, IdentityChanged, Warned
from nullabona.client.core import inbox
from tests.api.people import PATIENCE_S, QUICK, SOON, befriend, happens, opened, people, play, until
from tests.api.service import Service

TRIMS = replace(QUICK, timing=replace(SOON, trim=100))


def test_the_words_bring_back_handle_and_key_and_nothing_else(swift: Service, tmp_path: Path) -> None:
    """No contact, room, name, picture or block; people are told nothing, and an old contact does not hear a request.

    A stranger does; an admin brings the account back into a group by removing and adding it; a contact who deletes it
    hears it again. When this changes, so must the words on the restore screen.
    """

    async def story() -> None:
        async with people(swift, tmp_path, "a", "s") as (a, stranger):
            async with people(swift, tmp_path, "b", options=TRIMS) as (b,):
                words, handle, account = b.phrase(), b.me.handle, b.me.account
                await b.set_profile("준")
                room = await befriend(a, b)
                group = (await a.create_group("모임", [handle])).id
                await until(b, lambda: any(r.id == group and r.phase == "joined" for r in b.rooms()))
                await b.send(group, "before")
                await until(a, lambda: any(m.text == "before" for m in a.messages(group)))
                await until(b, lambda: inbox_is_empty(b))
                await b.sync(timeout_s=PATIENCE_S)
            last = a.last_event()
            async with opened(tmp_path / "new") as new:
                await new.restore_account(words, handle)
                await new.wait_published(timeout_s=PATIENCE_S)
                assert (account, handle) == (new.me.account, new.me.handle)
                assert ([], [], "") == (new.contacts(), new.rooms(), new.profile().name)
                await new.request_contact(a.me.handle, "it is me again")
                await new.request_contact(stranger.me.handle, "hello")
                await happens(stranger, ContactRequested)
                await new.sync(timeout_s=PATIENCE_S)
                await stranger.request_contact(a.me.handle, "a later request")
                told = await told_until_asked(a, last)
                assert ["a later request"] == [event.greeting for event in told if isinstance(event, ContactRequested)]
                assert not [event for event in told if isinstance(event, IdentityChanged | Warned)]
                assert ("accepted", []) == (next(c.state for c in a.contacts() if c.account == account), new.rooms())
                await a.send(room, "are you there?")
                while (await a.look_up(handle)).sequence == 0:  # noqa: ASYNC110 - until the new card is in the record
                    await asyncio.sleep(0.2)
                await a.remove(group, handle)
                await until(a, lambda: len(a.members(group)) == 1)
                await a.add(group, handle)
                await until(new, lambda: [r.id for r in new.rooms()] == [group])
                assert "before" not in [m.text for m in new.messages(group)]
                await a.delete_contact(handle)
                await new.request_contact(a.me.handle, "once more")
                await until(a, lambda: any(c.account == account and c.state == "asking" for c in a.contacts()))
                again = (await a.accept_contact(handle)).room
                await until(new, lambda: any(r.id == again and r.phase == "joined" for r in new.rooms()))
                assert again != room

    play(story())


def inbox_is_empty(client: Client) -> bool:
    """Whether everything in the client's inbox was read and erased: what still lies there is read again."""
    with client._session.view() as step:
        state = inbox.load(step)
    return state is not None and 0 < state.position == state.trimmed


async def told_until_asked(client: Client, after: int) -> list[Event]:
    """What happened to a client, up to the next contact request."""
    told: list[Event] = []
    async for event in client.events(after=after):
        told.append(event)
        if isinstance(event, ContactRequested):
            break
    return told
