"""Turns events into pushes. Once per tick, each view that an event touched is made again, and pushed if it changed.

A tick pushes a room at most once, regardless of the number of events: one row, one batch of messages.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeAlias, assert_never

import msgspec

from nullabona.app.protocol import pushes as p
from nullabona.app.protocol import views as v
from nullabona.app.protocol.privacy_views import OperatorNotices
from nullabona.app.session.pages import OpenPages, Tick
from nullabona.app.session.views import Views
from nullabona.client.api import errors
from nullabona.client.api import events as e

TICK_S: Final = 0.016

_OfAccount: TypeAlias = (
    e.CardChecked
    | e.ContactRequested
    | e.ContactAccepted
    | e.ContactChanged
    | e.ProfileChanged
    | e.IdentityChanged
    | e.PreferencesChanged
    | e.HistoryCame
    | e.SignedOut
    | e.RelayMoved
    | e.Published
    | e.JoinRequestChanged
    | e.RoomRequested
    | e.RoomRequestGone
    | e.OperatorNoticeChanged
    | e.ConnectionChanged
)
"""What is about the account and its people, not inside one room."""
_encode = msgspec.msgpack.Encoder().encode


class Changes:
    """The views to check again."""

    def __init__(
        self, views: Views, pages: OpenPages, settings: Callable[[], v.Settings], notices: Callable[[], OperatorNotices]
    ) -> None:
        self._views = views
        self._pages = pages
        self._settings = settings
        self._notices = notices
        self._tick = Tick(self._flush, TICK_S)
        self._rooms: set[bytes] = set()
        self._inside: set[bytes] = set()
        self._messages: defaultdict[bytes, set[bytes]] = defaultdict(set)
        self._changed: set[bytes] = set()
        self._read: set[bytes] = set()
        self._typing: set[bytes] = set()
        self._moved: set[tuple[bytes, bytes]] = set()
        self._facts: set[str] = set()
        self._told: dict[str, bytes] = {}

    def stop(self) -> None:
        """Push nothing more."""
        self._tick.close()

    # -- what was touched ---------------------------------------------------------------------------------------------

    def note(self, event: e.Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of event
        """Note what an event may have changed."""
        if not isinstance(event, e.ConnectionChanged):
            self._views.list_changed()
        match event:
            case e.MessageReceived() | e.MessageStateChanged():
                self.message(event.room, event.message)
            case e.MessageChanged():
                self.message(event.room, event.message)
                self._changed.add(event.room)
            case e.MessageGone():
                self._note_gone(event)
            case e.NoticeAdded():
                self.message(event.room, event.message)
                self._inside.add(event.room)
            case e.ReadMarker():
                self._rooms.add(event.room)
                self._read.add(event.room)
            case e.Typing():
                self._note_typing(event)
            case e.Transfer():
                self._moved.add((event.room, event.message))
            case e.Joined(direct=True):
                self.room(event.room, inside=True)
                self._note_earlier()
            case e.Joined() | e.Left() | e.Leaving() | e.Removed() | e.Rejoined() | e.MemberAdded() | e.MemberRemoved():
                self.room(event.room, inside=True)
            case e.RoomChanged() | e.RoomMoved() | e.EpochChanged() | e.RelayLostBox() | e.ChangeFailed():
                self.room(event.room, inside=True)
            case e.RequestRefused() | e.LinkUsed() | e.Warned() | e.OtherEvent():
                if event.room:
                    self.room(event.room, inside=True)
            case e.DevicesChanged() | e.EventsForgotten():
                pass
            case _:
                self._note_account(event)
        self._tick.ask()

    def _note_account(self, event: _OfAccount) -> None:  # noqa: C901 - one case for each kind of event
        match event:
            case e.CardChecked() | e.ContactRequested() | e.ContactAccepted() | e.ContactChanged():
                self.people()
            case e.ProfileChanged():
                self._note_profile(event)
            case e.IdentityChanged():
                self._note_identity(event)
            case e.PreferencesChanged():
                self.note_choice(event.scope)
            case e.HistoryCame():
                self._note_history(event)
            case e.SignedOut():
                self.everything()
            case e.RelayMoved() | e.Published():
                self.fact("me")
            case e.JoinRequestChanged():
                self.fact("join-requests")
            case e.RoomRequested() | e.RoomRequestGone():
                self.fact("requests")
            case e.OperatorNoticeChanged():
                self.fact("notices")
            case e.ConnectionChanged():
                self.fact("connection")
            case _:
                assert_never(event)

    def _note_earlier(self) -> None:
        """An older chat with the same person has no row any more."""
        self._rooms |= {bytes.fromhex(key[5:]) for key in self._told if key.startswith("chat:")}

    def _note_gone(self, event: e.MessageGone) -> None:
        self._pages.push(p.MessagesGone(event.room.hex(), [event.message.hex()]))
        self.room(event.room, inside=True)

    def _note_profile(self, event: e.ProfileChanged) -> None:
        self._views.people.changed(event.account)
        self.people()
        self.fact("me")
        self._inside |= self._views.rooms_of(event.account)

    def _note_typing(self, event: e.Typing) -> None:
        self._typing.add(event.room)
        if event.until:
            left = max(0.0, event.until / 1_000 - time.time()) + TICK_S
            asyncio.get_running_loop().call_later(left, self._typing_ends, event.room)

    def _typing_ends(self, room: bytes) -> None:
        self._typing.add(room)
        self._tick.ask()

    def _note_identity(self, event: e.IdentityChanged) -> None:
        self.people()
        if event.room:
            self.room(event.room, inside=True)

    def _note_history(self, event: e.HistoryCame) -> None:
        """What was said before, and people's names, came to this new device past all other events."""
        self._views.all_changed()
        if event.whole:
            self._told.clear()
            self._pages.push(p.Reset())
        else:
            self.everything()

    def note_choice(self, scope: str) -> None:
        what, _, id = scope.partition(":")
        if what == "profile":
            self.fact("settings")
            self._read |= self._pages.open_rooms()
        elif what == "room":
            self.room(bytes.fromhex(id), inside=True)
        else:
            self.people()

    def message(self, room: bytes, *ids: bytes) -> None:
        """These messages are new or changed; their room's row may have changed too."""
        self._views.list_changed()
        self._messages[room].update(ids)
        self._rooms.add(room)
        self.fact("connection")

    def room(self, room: bytes, *, inside: bool = False) -> None:
        """A room's row, or its inside, may have changed."""
        self._views.list_changed()
        self._rooms.add(room)
        if inside:
            self._inside.add(room)
        self._tick.ask()

    def everything(self) -> None:
        """Every room may have changed."""
        for chat in self._views.chats():
            self.room(bytes.fromhex(chat.room), inside=True)

    def people(self) -> None:
        """Contacts and requests changed."""
        self._views.list_changed()
        self._views.people.people_changed()
        self._facts |= {"requests", "contacts"}
        self._tick.ask()

    def fact(self, name: str) -> None:
        """One of ``requests``, ``join-requests``, ``notices``, ``contacts``, ``connection``, ``me``, ``settings``."""
        self._facts.add(name)
        self._tick.ask()

    # -- pushing ------------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        messages, self._messages = self._messages, defaultdict(set)
        rooms, self._rooms = self._rooms, set()
        inside, self._inside = self._inside, set()
        changed, self._changed = self._changed, set()
        read, self._read = self._read, set()
        facts, self._facts = self._facts, set()
        moved, self._moved = self._moved, set()
        typing, self._typing = self._typing, set()
        inside |= {room for room in changed if self._pages.is_open(room) and self._other_pins(room)}
        for room in inside:
            self._views.inside_changed(room)
        for room, ids in messages.items():
            if self._pages.is_open(room):
                self._push_messages(room, ids)
        told = {(room, id) for room, ids in messages.items() for id in ids}
        # who comes or goes changes how many have not read
        self._push_little(typing, moved, read | inside, told)
        for room in rooms | inside:
            self._push_room(room, inside=room in inside)
        self._push_facts(facts)

    def _push_little(
        self, typing: set[bytes], moved: set[tuple[bytes, bytes]], read: set[bytes], told: set[tuple[bytes, bytes]]
    ) -> None:
        """Push changes inside open rooms other than new messages."""
        for room, message in moved:
            if self._pages.is_open(room) and (room, message) not in told:
                self._push_transfer(room, message)
        for room in filter(self._pages.is_open, typing):
            self._push_if_new(f"typing:{room.hex()}", p.TypingChanged(room.hex(), self._views.typing(room)))
        for room in filter(self._pages.is_open, read):
            self._pages.push(p.UnreadChanged(room.hex()))

    def _push_messages(self, room: bytes, ids: set[bytes]) -> None:
        try:
            found = self._views.messages(room, ids)
        except errors.UserError:
            return
        if found:
            self._pages.push(p.MessagesChanged(room.hex(), found))

    def _other_pins(self, room: bytes) -> bool:
        """Whether a room's pinned messages or their text changed since the last call."""
        try:
            pins = _encode(self._views.pins(room))
        except errors.UserError:
            return False
        before, self._told[f"pins:{room.hex()}"] = self._told.get(f"pins:{room.hex()}"), pins
        return before != pins

    def _push_transfer(self, room: bytes, message: bytes) -> None:
        with suppress(errors.UserError):
            shown = self._views.message(room, message)
            if shown.file is not None:
                self._pages.push(p.TransferChanged(shown.room, shown.id, shown.file))

    def _push_room(self, room: bytes, *, inside: bool) -> None:
        try:
            if inside and self._pages.is_open(room):
                self._push_if_new(f"room:{room.hex()}", p.RoomChanged(self._views.room(room)))
            row, instead = self._views.row(room)
        except errors.UserError:
            row, instead = None, b""
        if row is not None:
            self._push_if_new(f"chat:{room.hex()}", p.ChatChanged(row))
        elif self._told.pop(f"chat:{room.hex()}", None) is not None:
            self._pages.push(p.ChatGone(room.hex(), instead.hex()))

    def _push_facts(self, facts: set[str]) -> None:
        if "requests" in facts:
            self._push_if_new("requests", p.RequestsChanged(self._views.people.requests()))
        if "join-requests" in facts:
            self._push_if_new("join-requests", p.JoinRequestsChanged(self._views.people.join_requests()))
        if facts & {"notices", "settings"}:
            self._push_if_new("notices", p.OperatorNoticesChanged(self._notices()))
        if "contacts" in facts:
            self._pages.push(p.ContactsChanged())
        if "settings" in facts:
            self._push_if_new("settings", p.SettingsChanged(self._settings()))
        if "me" in facts:
            self._push_if_new("me", p.MeChanged(self._views.people.me()))
        if "connection" in facts:
            self._push_connection()

    def _push_connection(self) -> None:
        now = self._views.connection()
        told = _encode([now.online, 0 if now.online else now.since, now.waiting, now.trouble])
        if self._told.get("connection") != told:
            self._told["connection"] = told
            self._pages.push(p.ConnectionChanged(now))

    def _push_if_new(self, key: str, push: p.Push) -> None:
        data = _encode(push)
        if self._told.get(key) != data:
            self._told[key] = data
            self._pages.push(push)

    def told_state(self, state: v.State) -> None:
        """A page got the whole state: later pushes are relative to it."""
        for chat in state.chats:
            self._told[f"chat:{chat.room}"] = _encode(p.ChatChanged(chat))
