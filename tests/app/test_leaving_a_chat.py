"""A chat of two is left, opened again by a message from either side, and deleted; a page hears of each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nullabona.app.protocol import people_calls as c
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from nullabona.app.protocol import views as v
from tests.app.person import Person
from tests.app.wire import Refusal

pytestmark = pytest.mark.slow
"""Of two processes each. tests/rooms/test_talking_again.py asserts the same of the core in a moment."""
MakePerson = Callable[..., Person]


def row(person: Person, room: str, fits: Callable[[v.Chat], bool]) -> v.Chat:
    """The first row of a chat that fits."""
    return person.page.told(p.ChatChanged, lambda push: push.chat.room == room and fits(push.chat)).chat


def befriended(person: MakePerson) -> tuple[Person, Person, str]:
    mina, junho = person("mina"), person("준호", lang="ko")
    room = mina.befriend(junho)
    row(junho, room, lambda chat: chat.phase == "joined")
    mina.open(room)
    junho.open(room)
    mina.send(room, "before")
    junho.reads(room, "before")
    return mina, junho, room


def rooms(person: Person) -> list[str]:
    return [chat.room for chat in person.state().chats]


def test_a_chat_that_one_left_is_opened_again_by_the_other(person: MakePerson) -> None:
    """Both pages say how it is, and both have the same chat again, once."""
    mina, junho, room = befriended(person)
    mina.call(c.LeaveRoom(room))
    assert "left" == row(mina, room, lambda chat: chat.phase == "left").opening
    assert ["send", "delete"] == mina.open(room).room.may
    row(junho, room, lambda chat: chat.opening == "alone")
    mina.page.told(p.MessagesChanged, lambda push: any(m.notice and m.notice.what == "left" for m in push.messages))
    assert ["send", "leave"] == junho.open(room).room.may
    junho.send(room, "아직 있어?")
    mina.reads(room, "아직 있어?")
    for one in (mina, junho):
        row(one, room, lambda chat: chat.phase == "joined" and not chat.opening)
        assert [room] == rooms(one)


def test_who_left_and_deleted_a_chat_writes_to_the_friend_again(person: MakePerson) -> None:
    """It is in the list no more; opened from the friend's profile, it is empty, and a message brings it back."""
    mina, junho, room = befriended(person)
    with pytest.raises(Refusal) as refused:
        mina.call(c.DeleteChat(room))
    assert "bad-request" == refused.value.code
    mina.call(c.LeaveRoom(room))
    mina.call(c.DeleteChat(room))
    mina.page.told(p.ChatGone, lambda push: push.room == room)
    row(junho, room, lambda chat: chat.opening == "alone")
    assert [] == rooms(mina)
    assert [] == mina.call(t.Search("before")).messages
    opened = mina.open(room)
    assert ([], ["send", "delete"]) == (opened.page.messages, opened.room.may)
    mina.send(room, "hello again")
    assert ["before", "hello again"] == [junho.reads(room, text).text for text in ("before", "hello again")]
    row(mina, room, lambda chat: chat.phase == "joined" and not chat.opening)
    assert [room] == rooms(mina) == rooms(junho)


def test_two_who_both_left_have_one_chat_with_the_older_behind_it(person: MakePerson) -> None:
    """The page that shows the older one is led to the new one."""
    mina, junho, room = befriended(person)
    mina.call(c.LeaveRoom(room))
    row(junho, room, lambda chat: chat.opening == "alone")
    junho.call(c.LeaveRoom(room))
    row(junho, room, lambda chat: chat.phase == "left")
    mina.send(room, "shall we?")
    gone = mina.page.told(p.ChatGone, lambda push: push.room == room)
    assert gone.instead not in {"", room}
    junho.open(gone.instead)
    junho.reads(gone.instead, "shall we?")
    for one in (mina, junho):
        assert [gone.instead] == rooms(one)
        assert [room] == one.open(gone.instead).room.earlier
