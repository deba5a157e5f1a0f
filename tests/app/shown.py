"""What a page shows of an open room: what it got when it opened it, changed by pushes as the real page changes it."""

from __future__ import annotations

from collections.abc import Mapping

from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import talk_calls as t
from tests.app.person import Person
from tests.app.wire import Page


class Shown:
    """An open room of a page, without a reload."""

    def __init__(self, person: Person, room: str) -> None:
        self.person = person
        self.room = room
        opened = person.open(room)
        self.messages = {message.id: message for message in opened.page.messages}
        self.unread = {message.id: message.unread_by for message in opened.page.messages}
        self.chat = opened.room.chat
        self._seen = len(person.page.pushes)

    def take(self) -> None:
        """Take in what was pushed since the last time, and ask what the pushes say to ask."""
        asks = False
        pushes = self.person.page.pushes
        for pushed in pushes[self._seen :]:
            match pushed.push:
                case p.MessagesChanged(room=self.room, messages=changed):
                    self.messages |= {message.id: message for message in changed}
                    self.unread |= {message.id: message.unread_by for message in changed}
                case p.MessagesGone(room=self.room, messages=gone):
                    for id in gone:
                        self.messages.pop(id, None)
                        self.unread.pop(id, None)
                case p.UnreadChanged(room=self.room):
                    asks = True
                case p.ChatChanged(chat=chat) if chat.room == self.room:
                    self.chat = chat
                case _:
                    pass
            self._seen += 1
        if asks and self.messages:
            places = [message.place for message in self.messages.values()]
            counts = self.person.call(t.GetUnread(self.room, min(places), max(places))).counts
            self.unread |= {id: count for id, count in counts.items() if id in self.messages}

    def numbers(self) -> Mapping[str, int | None]:
        """The number beside each message that somebody said, by its text, as it is shown now."""
        self.take()
        said = [message for message in self.messages.values() if message.kind != "notice"]
        return {message.text: self.unread[message.id] for message in said}

    def badge(self) -> int:
        """The number beside the chat in the list, as it is shown now."""
        self.take()
        return self.chat.unread


def fresh(tab: Page, room: str) -> tuple[int, Mapping[str, int | None]]:
    """The badge and the numbers that a tab has which starts now."""
    state = tab.call(a.Start())
    page = tab.call(t.GetMessages(room))
    badge = next(chat.unread for chat in state.chats if chat.room == room)
    return badge, {message.text: message.unread_by for message in page.messages if message.kind != "notice"}
