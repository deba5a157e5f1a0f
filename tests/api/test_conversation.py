"""What people do in a conversation, between real clients through a real relay."""

from __future__ import annotations

from pathlib import Path

from nullabona.client.api import (
    MessageChanged,
    MessageGone,
    MessageReceived,
    NoticeAdded,
    NoticeKind,
    ProfileChanged,
    Typing,
)
from tests.api.people import befriend, happens, people, play, reads, said, texts, until
from tests.api.service import Service


def test_a_conversation_with_all_it_has(service: Service, tmp_path: Path) -> None:
    """Names, an answer with its quote, an edit, reactions, a poll, a pin, a search; both see the same."""

    async def story() -> None:
        async with people(service, tmp_path, "mina", "준호") as (mina, junho):
            room = await befriend(mina, junho)
            await mina.profiles.set("미나")
            await happens(junho, ProfileChanged, lambda e: e.account == mina.me.account)
            assert ("미나", "미나") == (junho.rooms.get(room).title, junho.contacts.all()[0].name)
            first = await mina.messages.send(room, "주말 회의 어때?", mentions=[junho.me.account])
            await reads(junho, room, "주말 회의 어때?")
            assert (1, 1) == (junho.rooms.get(room).unread, junho.rooms.get(room).mentions)
            answer = await junho.messages.send(room, "좋아", reply_to=first)
            await junho.messages.react(room, first, "👍")
            poll = await junho.messages.send_poll(room, "몇 시?", ["한 시", "두 시"])
            await until(mina, lambda: len(said(mina, room)) == 3)
            await mina.messages.edit(room, first, "주말 모임 어때?")
            await mina.messages.vote(room, poll, [1])
            await mina.messages.pin(room, answer)
            await happens(junho, MessageChanged, lambda e: e.message == answer)
            for client in (mina, junho):
                await until(client, lambda c=client: bool(c.messages.get(room, first).reactions))  # type: ignore[misc]
                edited, quoting, asked = said(client, room)
                assert ("주말 모임 어때?", True) == (edited.text, edited.edited_at is not None)
                assert quoting.quote is not None
                assert (first, "주말 모임 어때?", "미나") == (quoting.reply_to, quoting.quote.text, quoting.quote.name)
                assert [("👍", (junho.me.account,))] == [(r.emoji, r.accounts) for r in edited.reactions]
                assert asked.poll is not None
                assert {mina.me.account: (1,)} == asked.poll.votes
                assert [answer] == [message.id for message in client.messages.pinned(room)]
                assert ([first], []) == (
                    [found.message.id for found in client.messages.search("모임")],
                    client.messages.search("회의"),
                )
            found = junho.contacts.find("ㅁㄴ")
            assert ([mina.me.account], (room,)) == ([contact.account for contact in found.contacts], found.rooms)

    play(story())


def test_deleted_and_disappeared_messages(service: Service, tmp_path: Path) -> None:
    """Each side is told; an answer shows that what it answers is not there any more."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            gone = await a.messages.send(room, "take this back")
            await reads(b, room, "take this back")
            await b.messages.send(room, "what?", reply_to=gone)
            await a.messages.delete(room, [gone], for_all=True)
            await happens(b, MessageChanged, lambda e: e.message == gone)
            deleted, answer = said(b, room)
            assert ("deleted", a.me.account) == (deleted.kind, deleted.deleted_by)
            assert answer.quote is not None
            assert ("deleted", "") == (answer.quote.kind, answer.quote.text)
            received = await happens(b, MessageReceived)
            assert "" == received.text
            await b.rooms.set_timer(room, 1)
            await until(a, lambda: a.rooms.get(room).timer_s == 1)
            short = await a.messages.send(room, "for a second")
            await until(b, lambda: "for a second" in texts(b, room))
            await b.messages.mark_read(room)
            for client in (a, b):
                await happens(client, MessageGone, lambda e: e.message == short)
                assert "for a second" not in texts(client, room)
            notice = await happens(b, NoticeAdded, lambda e: b.messages.get(room, e.message).kind == "notice")
            assert notice.room == room
            whats = [m.notice.what for m in b.messages.page(room) if m.notice is not None]
            assert NoticeKind.TIMER_CHANGED in whats

    play(story())


def test_who_is_writing(service: Service, tmp_path: Path) -> None:
    """Shown while it happens, and not after the message came."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            await a.messages.send(room, "first")
            await reads(b, room, "first")
            last = b.last_event()
            listening = b.events(after=last)
            for person in (a, b):
                await person.preferences.set(typing=True)
            await a.rooms.set_typing(room, on=True)
            async for event in listening:
                if isinstance(event, Typing):
                    assert (room, a.me.account) == (event.room, event.account)
                    break
            assert [a.me.account] == b.rooms.typing(room)
            await a.messages.send(room, "second")
            await reads(b, room, "first", "second")
            assert [] == b.rooms.typing(room)

    play(story())


def test_a_page_around_a_message(service: Service, tmp_path: Path) -> None:
    """Before, after and around: always oldest first, and without gaps."""

    async def story() -> None:
        async with people(service, tmp_path, "a", "b") as (a, b):
            room = await befriend(a, b)
            ids = [await a.messages.send(room, str(number)) for number in range(9)]
            await reads(b, room, *map(str, range(9)))
            middle = b.messages.get(room, ids[4])
            assert ["2", "3", "4", "5", "6"] == [m.text for m in b.messages.page(room, around=ids[4], limit=5)]
            assert ["5", "6"] == [m.text for m in b.messages.page(room, after=middle.position, limit=2)]
            assert ["2", "3"] == [m.text for m in b.messages.page(room, before=middle.position, limit=2)]
            unread = b.messages.first_unread(room)
            assert unread is not None
            assert ids[0] == unread.id

    play(story())
