"""Two and three people talk through a real relay process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nullabona.client.api import (
    ContactRequested,
    Joined,
    MessageReceived,
    MessageStateChanged,
    RoomRequested,
    RoomRequestGone,
    errors,
)
from nullabona.client.api.events import ReadMarker
from tests.api.people import befriend, events_until_now, happens, opened, people, play, reads, said, texts, until
from tests.api.service import Service


def test_strangers_become_contacts_and_talk_both_ways(service: Service, tmp_path: Path) -> None:
    """A request is shown with its greeting; once accepted both are in one direct room and read one another."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "준호") as (mina, junho):
            await mina.contacts.request(junho.me.handle, "같이 얘기해요")
            asked = await happens(junho, ContactRequested)
            assert (mina.me.handle, "같이 얘기해요") == (asked.handle, asked.greeting)
            room = (await junho.contacts.accept(mina.me.handle)).room
            joined = await happens(mina, Joined)
            assert (room, True) == (joined.room, joined.direct)
            first = await mina.messages.send(junho.me.handle, "안녕, hello")
            await mina.messages.wait_sent(room, first)
            await reads(junho, room, "안녕, hello")
            await junho.messages.send(room, "네!", reply_to=first)
            received = await happens(mina, MessageReceived)
            assert ("네!", first, junho.me.handle) == (received.text, received.reply_to, received.handle)
            await mina.messages.wait_delivered(room, first)

    play(story())


def test_read_markers_count_down(service: Service, tmp_path: Path) -> None:
    """Each message shows how many have not read it yet."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            message = await a.messages.send(room, "read me")
            await reads(b, room, "read me")
            assert ([1], 1) == ([m.unread_by for m in said(a, room)], b.rooms.get(room).unread)
            await b.messages.mark_read(room)
            await happens(a, ReadMarker, lambda event: event.account == b.me.account)
            assert ([(message, 0)], 0) == ([(m.id, m.unread_by) for m in said(a, room)], b.rooms.get(room).unread)

    play(story())


def test_a_removed_member_reads_nothing_more(service: Service, tmp_path: Path) -> None:
    """What is sent after a removal reaches those who stayed and not the one who was removed, who is told."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c") as (a, b, c):
            await befriend(a, b)
            await befriend(a, c)
            room = (await a.rooms.create_group("우리 가족", [b.me.handle, c.me.handle])).id
            for client in (b, c):
                await until(client, lambda client=client: any(r.id == room for r in client.rooms.all()))  # type: ignore[misc]
            await a.messages.send(room, "everybody")
            await reads(b, room, "everybody")
            await reads(c, room, "everybody")
            await a.rooms.remove(room, c.me.handle)
            await until(c, lambda: c.rooms.get(room).phase == "removed")
            await a.rooms.wait_changed(room)
            message = await a.messages.send(room, "without c")
            await a.messages.wait_delivered(room, message)
            assert (["everybody", "without c"], ["everybody"]) == (texts(b, room), texts(c, room))
            with pytest.raises(errors.UserError, match="not in this room"):
                await c.messages.send(room, "hello?")

    play(story())


def test_roles_names_and_leaving(service: Service, tmp_path: Path) -> None:
    """An admin appoints another, who renames; the first leaves; everybody sees the same."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await befriend(a, b)
            room = (await a.rooms.create_group("old name", [b.me.handle])).id
            await until(b, lambda: any(r.id == room for r in b.rooms.all()))
            with pytest.raises(errors.UserError, match="only an admin"):
                await b.rooms.rename(room, "new name")
            await a.rooms.set_admin(room, b.me.handle)
            await until(b, lambda: b.rooms.get(room).admin)
            await b.rooms.rename(room, "new name")
            await until(a, lambda: a.rooms.get(room).title == "new name")
            await a.rooms.update_keys(room)
            await a.rooms.wait_changed(room)
            await a.rooms.leave(room)
            await until(a, lambda: a.rooms.get(room).phase == "removed" or a.rooms.get(room).phase == "left")
            await until(b, lambda: [m.handle for m in b.rooms.members(room)] == [b.me.handle])

    play(story())


def test_a_strangers_invitation_waits(service: Service, tmp_path: Path) -> None:
    """Who is no contact can invite, but the room is entered only when the person says so."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = (await a.rooms.create_group("surprise", [b.me.handle])).id
            asked = await happens(b, RoomRequested)
            assert ((room, "surprise"), []) == ((asked.room, asked.name), b.rooms.all())
            assert [(room, "request")] == [(found.id, found.phase) for found in b.rooms.requests()]
            await b.rooms.accept(room.hex()[:8])
            assert room == (await happens(b, RoomRequestGone)).room
            await a.messages.send(room, "welcome")
            await until(b, lambda: "welcome" in texts(b, room))
            assert [] == b.rooms.requests()

    play(story())


def test_both_ask_at_once(service: Service, tmp_path: Path) -> None:
    """Two requests that cross end in one direct room, without anybody having to accept."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            await asyncio.gather(a.contacts.request(b.me.handle), b.contacts.request(a.me.handle))
            for client in (a, b):
                await until(client, lambda client=client: [c.state for c in client.contacts.all()] == ["accepted"])  # type: ignore[misc]
                await until(client, lambda client=client: bool(client.rooms.all()))  # type: ignore[misc]
            assert [r.id for r in a.rooms.all()] == [r.id for r in b.rooms.all()]

    play(story())


def test_nothing_is_lost_while_one_is_away(service: Service, tmp_path: Path) -> None:
    """What is written while the other's device is off arrives when it is on again; what it wrote itself goes out."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.sync(timeout_s=20)
        async with opened(tmp_path / "a") as a:
            for number in range(5):
                await a.messages.send(room, f"while you were away {number}")
            await a.sync(timeout_s=20)
        async with opened(tmp_path / "b") as b:
            await reads(b, room, *(f"while you were away {number}" for number in range(5)))
            message = await b.messages.send(room, "I am back")
            async with opened(tmp_path / "a") as a:
                await b.messages.wait_delivered(room, message)
                assert "I am back" == texts(a, room)[-1]

    play(story())


def test_message_states_are_told(service: Service, tmp_path: Path) -> None:
    """An own message is waiting, sent, delivered, in this order and each once."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            start = a.last_event()
            message = await a.messages.send(room, "x")
            assert ["waiting"] == [m.state for m in said(a, room)]
            await a.messages.wait_delivered(room, message)
            told = await events_until_now(a, start)
            assert ["sent", "delivered"] == [e.state for e in told if isinstance(e, MessageStateChanged)]

    play(story())


def test_a_large_message_goes_through_blobs(service: Service, tmp_path: Path) -> None:
    """A message of 100,000 Korean characters arrives whole."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            text = "가나다라마" * 20_000
            await a.messages.send(room, text)
            await reads(b, room, text)

    play(story())


def test_the_last_admin_leaves_with_a_successor(service: Service, tmp_path: Path) -> None:
    """Without one nobody leaves; with one they are admin, and the others stay."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b", "c") as (a, b, c):
            await befriend(a, b)
            await befriend(a, c)
            room = (await a.rooms.create_group("three", [b.me.handle, c.me.handle])).id
            await until(a, lambda: len(a.rooms.members(room)) == 3)
            with pytest.raises(errors.UserError, match="last admin"):
                await a.rooms.leave(room)
            await until(b, lambda: any(r.id == room and r.phase == "joined" for r in b.rooms.all()))
            await a.rooms.leave(room, successor=b.me.account)
            await until(a, lambda: a.rooms.get(room).phase == "left")
            await until(b, lambda: len(b.rooms.members(room)) == 2)
            assert [m.account for m in b.rooms.members(room) if m.admin] == [b.me.account]

    play(story())
