"""From events to pushes: what an event touched is looked at again once per tick, and pushed if it looks different.

However many events a tick brings, a room is pushed at most once in it: one row, one batch of messages.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import msgspec

from nullabona.app.desk.hub import Hub, Tick
from nullabona.app.desk.looks import Looks
from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import views as v
from nullabona.client.api import errors
from nullabona.client.api import events as e

TICK_S: Final = 0.016
_UNREAD_LOOKED_AT: Final = 200
"""Newest messages of an open room whose unread counts are followed."""

_encode = msgspec.msgpack.Encoder().encode


class Changes:
    """What has to be looked at again."""

    def __init__(self, looks: Looks, hub: Hub) -> None:
        self._looks = looks
        self._hub = hub
        self._tick = Tick(self._flush, TICK_S)
        self._rooms: set[bytes] = set()
        self._inside: set[bytes] = set()
        self._messages: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._read: set[bytes] = set()
        self._facts: set[str] = set()
        self._told: dict[str, bytes] = {}
        self._counts: dict[bytes, dict[str, int]] = {}

    def stop(self) -> None:
        self._tick.stop()

    # -- what was touched ---------------------------------------------------------------------------------------------

    def note(self, event: e.Event) -> None:
        """Note what an event may have changed."""
        match event:
            case e.MessageReceived() | e.MessageStateChanged() | e.MessageChanged() | e.NoticeAdded():
                self.message(event.room, event.message)
            case e.MessageGone():
                self._hub.push(p.MessagesGone(event.room.hex(), [event.message.hex()]))
                self.room(event.room)
            case e.ReadMarker():
                self._rooms.add(event.room)
                self._read.add(event.room)
            case e.ContactRequested() | e.ContactAccepted() | e.ContactChanged():
                self.people()
            case e.RoomRequested():
                self.fact("requests")
            case e.ConnectionChanged():
                self.fact("connection")
            case e.Published():
                self.fact("me")
            case _:
                self._inside_changed(event)
        self._tick.ask()

    def _inside_changed(self, event: e.Event) -> None:
        room = getattr(event, "room", b"")
        if room:
            self.room(room, inside=True)

    def message(self, room: bytes, *ids: bytes) -> None:
        """These messages are new or look different; so may their room's row."""
        self._messages[room].update(ids)
        self._rooms.add(room)
        self.fact("connection")

    def room(self, room: bytes, *, inside: bool = False) -> None:
        """A room's row, or more of it, may look different."""
        self._rooms.add(room)
        if inside:
            self._inside.add(room)
        self._tick.ask()

    def people(self) -> None:
        """Contacts and requests changed."""
        self._facts |= {"requests", "contacts"}
        self._tick.ask()

    def fact(self, name: str) -> None:
        """One of ``requests``, ``contacts``, ``connection``, ``me``, ``settings``."""
        self._facts.add(name)
        self._tick.ask()

    # -- pushing ------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        messages, self._messages = self._messages, defaultdict(set)
        rooms, self._rooms = self._rooms, set()
        inside, self._inside = self._inside, set()
        read, self._read = self._read, set()
        facts, self._facts = self._facts, set()
        for room, ids in messages.items():
            if self._hub.is_open(room):
                self._push_messages(room, ids)
        for room in read:
            if self._hub.is_open(room):
                self._push_counts(room)
        for room in rooms | inside:
            self._push_room(room, inside=room in inside)
        self._push_facts(facts)

    def _push_messages(self, room: bytes, ids: set[bytes]) -> None:
        try:
            found = self._looks.messages(room, ids)
        except errors.UserError:
            return
        if found:
            self._counts.setdefault(room, {}).update({m.id: m.unread_by for m in found})
            self._hub.push(p.MessagesChanged(room.hex(), found))

    def _push_counts(self, room: bytes) -> None:
        """Only what differs from what was told last."""
        known = self._counts.setdefault(room, {})
        page = self._looks.page(room, before=None, limit=_UNREAD_LOOKED_AT)
        fresh = {m.id: m.unread_by for m in page.messages if known.get(m.id) != m.unread_by}
        if fresh:
            known.update(fresh)
            self._hub.push(p.UnreadChanged(room.hex(), fresh))

    def _push_room(self, room: bytes, *, inside: bool) -> None:
        try:
            if inside and self._hub.is_open(room):
                self._push_if_new(f"room:{room.hex()}", p.RoomChanged(self._looks.room(room)))
            self._push_if_new(f"chat:{room.hex()}", p.ChatChanged(self._looks.chat(room)))
        except errors.UserError:
            if self._told.pop(f"chat:{room.hex()}", None) is not None:
                self._hub.push(p.ChatGone(room.hex()))

    def _push_facts(self, facts: set[str]) -> None:
        if "requests" in facts:
            self._push_if_new("requests", p.RequestsChanged(self._looks.requests()))
        if "contacts" in facts:
            self._hub.push(p.ContactsChanged())
        if "me" in facts:
            self._push_if_new("me", p.MeChanged(self._looks.me()))
        if "connection" in facts:
            self._push_connection()

    def _push_connection(self) -> None:
        now = self._looks.connection()
        told = _encode([now.online, 0 if now.online else now.since, now.waiting, now.trouble])
        if self._told.get("connection") != told:
            self._told["connection"] = told
            self._hub.push(p.ConnectionChanged(now))

    def _push_if_new(self, key: str, push: p.Push) -> None:
        data = _encode(push)
        if self._told.get(key) != data:
            self._told[key] = data
            self._hub.push(push)

    def told_state(self, state: v.State) -> None:
        """A page got the whole state: that is what later pushes differ from."""
        for chat in state.chats:
            self._told[f"chat:{chat.room}"] = _encode(p.ChatChanged(chat))
