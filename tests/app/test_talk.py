"""Two people with an app each talk: what one writes, the other's page is told of, and the states come back."""

from __future__ import annotations

from collections.abc import Callable

from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from nullabona.app.protocol import views as v
from tests.app.person import Person

MakePerson = Callable[..., Person]


def test_two_people_talk(person: MakePerson) -> None:
    """A message reaches the other's open room with its words, sender and count; its state comes back."""
    mina, junho = person("mina"), person("준호", lang="ko")
    room = mina.befriend(junho)
    mina.open(room)
    junho.page.told(p.ChatChanged, lambda push: push.chat.room == room and push.chat.phase == "joined")
    junho.open(room)
    sent = mina.send(room, "안녕 https://example.org/ 봐", "page-1")
    assert ("page-1", "waiting", True, 1) == (sent.client, sent.state, sent.mine, sent.unread_by)
    read = junho.reads(room, sent.text)
    assert (sent.id, False, "received") == (read.id, read.mine, read.state)
    assert [
        v.Span("text", "안녕 "),
        v.Span("link", "https://example.org/", "https://example.org/"),
        v.Span("text", " 봐"),
    ] == read.spans
    junho.call(t.MarkRead(room))
    mina.page.told(p.UnreadChanged, lambda push: push.room == room)
    assert 0 == mina.call(t.GetUnread(room, "0" * 16, "f" * 16)).counts[sent.id]
    mina.page.told(
        p.MessagesChanged, lambda push: any(m.id == sent.id and m.state == "delivered" for m in push.messages)
    )


def test_a_page_that_starts_anew_sees_what_happened_since_another_started(person: MakePerson) -> None:
    """The chat list is not looked up twice while nothing happens; whatever happens is in the next one."""
    mina, junho = person("mina"), person("junho")
    room = mina.befriend(junho)
    mina.page.told(p.ChatChanged, lambda push: push.chat.room == room and push.chat.phase == "joined")

    def row() -> v.Chat:
        return next(chat for chat in mina.state().chats if chat.room == room)

    assert row() == row()
    mina.call(t.SetDraft(room, "not sent yet"))
    assert row().draft == "not sent yet"
    sent = mina.send(room, "sent", "page-1")
    last = row().last
    assert last is not None
    assert (last.text, last.mine) == (sent.text, True)
