"""What the 24 words bring back and what not, as the restore screen, the command line and the guide say it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.client.api import Client, ContactRequested, Event, IdentityChanged, Warned, account
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.directory.checking import Checked
from nullabona.client.runner import now_ms, publishing
from nullabona.client.runner.directories import Directories, find_card
from tests.api.people import (
    PATIENCE_S,
    QUICK,
    SOON,
    befriend,
    events_until_now,
    happens,
    opened,
    people,
    play,
    texts,
    until,
)
from tests.api.service import Service

TRIMS = replace(QUICK, timing=replace(SOON, trim=100))


def joined(client: Client) -> set[bytes]:
    """The rooms that an account is in."""
    return {room.id for room in client.rooms.all() if room.phase == "joined"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_words_and_one_old_contact_bring_the_rooms_back(swift: Service, tmp_path: Path) -> None:
    """At first there is only handle and key. Whoever is asked and knew us takes us into the rooms we share, unasked.

    No history, name, picture or other contact comes back; who knew us is not asked again; the lost device is revoked.
    When this changes, so must the words on the restore screen.
    """

    async def story() -> None:
        async with people(swift, tmp_path, "a", "c", "s") as (a, c, stranger):
            async with people(swift, tmp_path, "b", options=TRIMS) as (b,):
                words, handle, account = b.account.phrase(), b.me.handle, b.me.account
                await b.profiles.set("준")
                await a.profiles.set("아라")
                room = await befriend(a, b)
                other = await befriend(c, b)
                group = (await a.rooms.create_group("모임", [handle])).id
                theirs = (await c.rooms.create_group("c's", [handle])).id
                await until(b, lambda: joined(b) == {room, other, group, theirs})
                await b.messages.send(group, "before")
                await until(a, lambda: any(m.text == "before" for m in a.messages.page(group)))
                await until(b, lambda: inbox_is_empty(b))
                await b.sync(timeout_s=PATIENCE_S)
            last = a.last_event()
            async with opened(tmp_path / "new") as new:
                await new.account.restore(words, handle)
                await new.account.wait_published(timeout_s=PATIENCE_S)
                assert (account, handle) == (new.me.account, new.me.handle)
                assert ([], [], "") == (new.contacts.all(), new.rooms.all(), new.profiles.get().name)
                await new.contacts.request(a.me.handle, "it is me again")
                await new.contacts.request(stranger.me.handle, "hello")
                await happens(stranger, ContactRequested)
                await until(new, lambda: joined(new) == {room, group})
                assert [("accepted", room)] == [
                    (k.state, k.room) for k in new.contacts.all() if k.account == a.me.account
                ]
                # Who sends before the commit that puts the old device out sends to that device, too.
                # Somebody makes it within 20 s, at a time that each device draws.
                await until(a, lambda: alone(a, group, room), within_s=3 * PATIENCE_S)
                await until(new, lambda: alone(new, group, room), within_s=3 * PATIENCE_S)
                await until(new, lambda: ["아라"] == [m.name for m in new.rooms.members(room) if not m.me])
                assert ([], []) == (texts(new, room), texts(new, group))
                await new.messages.send(room, "here again")
                await a.messages.send(group, "welcome back")
                await until(a, lambda: "here again" in texts(a, room))
                await until(new, lambda: "welcome back" in texts(new, group))
                await stranger.contacts.request(a.me.handle, "a later request")
                told = await told_until_asked(a, last)
                assert ["a later request"] == [event.greeting for event in told if isinstance(event, ContactRequested)]
                assert not [event for event in told if isinstance(event, IdentityChanged | Warned)]
                assert {room, group} == {r.id for r in new.rooms.all()}
                await new.contacts.request(c.me.handle)
                await until(new, lambda: joined(new) == {room, group, other, theirs})
            async with opened(tmp_path / "b") as lost:
                await until(lost, lambda: all(r.phase in {"left", "removed", "signed-out"} for r in lost.rooms.all()))
                assert not {"welcome back", "here again"} & {*texts(lost, room), *texts(lost, group)}

    play(story(), 240)


def alone(client: Client, *rooms: bytes) -> bool:
    """Whether every member of the rooms has one device."""
    return {1} == {member.devices for room in rooms for member in client.rooms.members(room)}


def inbox_is_empty(client: Client) -> bool:
    """Whether everything in the client's inbox was read and erased: what still lies there is read again."""
    with client._session.view() as step:
        state = inbox_state.load(step)
    return state is not None and 0 < state.position == state.trimmed


async def told_until_asked(client: Client, after: int) -> list[Event]:
    """What happened to a client, up to the next contact request."""
    told: list[Event] = []
    async for event in client.events(after=after):
        told.append(event)
        if isinstance(event, ContactRequested):
            break
    return told


def test_a_card_that_the_record_did_not_show_yet_is_followed(
    swift: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lost device's last card was between two epochs: the restored one waits for it, without a word, and follows.

    It keeps what that card says about the inbox.
    """

    async def story() -> None:
        async with people(swift, tmp_path, "a") as (lost,):
            words, handle = lost.account.phrase(), lost.me.handle
            older = await find_card(handle, QUICK.net, now_ms() // 1_000)
            assert older
            await lost.account.move_relay(f"ws://localhost:{swift.port}")
            await lost.account.wait_published(anew=True, timeout_s=PATIENCE_S)
            there = lost.me.relay
        looks = late(monkeypatch, older)
        async with opened(tmp_path / "new") as new:
            await new.account.restore(words, handle)
            await new.account.wait_published(timeout_s=PATIENCE_S)
            assert len(looks) >= 2
            assert there == new.me.relay
            while (await new.contacts.look_up(handle)).sequence < 2:  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.2)
            assert [] == [each for each in await events_until_now(new, 0) if isinstance(each, Warned)]

    play(story())


def late(monkeypatch: pytest.MonkeyPatch, older: bytes) -> list[str]:
    """To who restores, and once more after that, the directory shows an older card; the handles looked up."""
    looks: list[str] = []
    look_up = Directories.look_up

    async def once_late(self: Directories, handle: str) -> Checked:
        looks.append(handle)
        found = await look_up(self, handle)
        return replace(found, card=older) if len(looks) == 1 else found

    async def found(*_: object) -> bytes:
        return older

    monkeypatch.setattr(Directories, "look_up", once_late)
    monkeypatch.setattr(account, "find_card", found)
    monkeypatch.setattr(publishing, "LAG_S", 0.2)
    return looks
