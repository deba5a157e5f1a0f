"""Views made from what the client says now."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

from nullabona.app.desk.media import MediaKey
from nullabona.app.protocol import views as v
from nullabona.app.showing.chats import Choice, room_may, to_chat
from nullabona.app.showing.messages import Around, to_message
from nullabona.app.showing.people import no_picture, to_person
from nullabona.app.showing.words import one_line
from nullabona.client.api import Client, ContactInfo, Member, MessageInfo, RoomSummary, errors

EDIT_MS: Final = 24 * 3_600_000
"""Own texts may be edited so long."""
_FACES: Final = 4
_SENT_KEPT: Final = 1_000


class Looks:
    """What an open profile looks like."""

    def __init__(self, client: Client, media: MediaKey) -> None:
        self.client = client
        self.media = media
        self._sent: OrderedDict[bytes, str] = OrderedDict()
        self._since = 0

    # -- people -------------------------------------------------------------------------------------------------------

    def me(self) -> v.Me:
        """The own account."""
        me = self.client.me
        person = to_person(me.account, me.handle, "", me=True, picture=no_picture)
        return v.Me(person, me.account.hex(), me.handle, me.relay, me.published, "")

    def contact(self, info: ContactInfo) -> v.Contact:
        """Somebody known."""
        person = to_person(info.account, info.handle, info.name, me=False, picture=no_picture)
        state: v.ContactState = info.state if info.state in _STATES else "requested"  # type: ignore[assignment]
        return v.Contact(person, info.nickname, state, info.room.hex(), verified=False)

    def contacts(self) -> list[v.Contact]:
        """Everybody known."""
        return [self.contact(info) for info in self.client.contacts()]

    def requests(self) -> list[v.Request]:
        """Who asks to talk, and into which rooms strangers invite."""
        found = [
            v.Request(c.account.hex(), self.contact(c).person, "", "", one_line(c.greeting), 0)
            for c in self.client.contacts()
            if c.state == "asking"
        ]
        for room in self.client.room_requests():
            person = to_person(room.id, room.title, room.title, me=False, picture=no_picture)
            found.append(v.Request(room.id.hex(), person, room.id.hex(), one_line(room.title), "", 0))
        return found

    # -- rooms --------------------------------------------------------------------------------------------------------

    def chats(self) -> list[v.Chat]:
        """Every row of the chat list."""
        known = {contact.room: contact for contact in self.client.contacts() if contact.room}
        return [self._chat(room, known.get(room.id)) for room in self.client.rooms()]

    def chat(self, room: bytes) -> v.Chat:
        """One row. Raises `NoSuchRoom`."""
        known = next((contact for contact in self.client.contacts() if contact.room == room), None)
        return self._chat(self.client.room(room), known)

    def _chat(self, room: RoomSummary, partner: ContactInfo | None) -> v.Chat:
        person = self.contact(partner).person if room.direct and partner is not None else None
        faces = [] if room.direct or room.phase != "joined" else self._faces(room.id)
        return to_chat(room, Choice(), person, faces, _now())

    def _faces(self, room: bytes) -> list[v.Person]:
        others = [member for member in self.client.members(room) if not member.me]
        return [_person(member) for member in others[:_FACES]]

    def room(self, room: bytes) -> v.Room:
        """Everything about a room but its messages. Raises `NoSuchRoom`."""
        details, members = self.client.room_details(room), self._members(room)
        summary = details.summary
        partner = next((c for c in self.client.contacts() if c.room == room), None)
        return v.Room(
            chat=self.chat(room),
            members=[self._member(member, summary) for member in members],
            may=room_may(summary),
            pinned=[],
            draft="",
            draft_reply=None,
            first_unread="",
            timer_s=summary.timer_s,
            relay=details.relay,
            verified=False,
            held=False,
            blocked=summary.direct and partner is not None and partner.state == "blocked",
            typing=[],
            receipts=True,
        )

    def _members(self, room: bytes) -> list[Member]:
        return self.client.members(room)

    def _member(self, member: Member, room: RoomSummary) -> v.Member:
        boss = room.admin and not room.direct and not member.me
        return v.Member(_person(member), member.admin, member.devices, may_remove=boss, may_appoint=boss)

    # -- messages -----------------------------------------------------------------------------------------------------

    def page(self, room: bytes, *, before: int | None, limit: int) -> v.Page:
        """The last ``limit`` messages before a position."""
        infos = self.client.history(room, before=before, limit=limit + 1)
        more = len(infos) > limit
        around = self.around(room)
        shown = [to_message(info, around) for info in infos[-limit:]]
        return v.Page(room.hex(), shown, more_before=more, more_after=False)

    def messages(self, room: bytes, ids: set[bytes]) -> list[v.Message]:
        """Those of the messages that are here, oldest first."""
        around = self.around(room)
        return [to_message(info, around) for info in self._infos(room, ids)]

    def message(self, room: bytes, id: bytes) -> v.Message:
        """One line. Raises `NoSuchMessage`."""
        found = self.messages(room, {id})
        if not found:
            raise errors.NoSuchMessage("the room has no such message")
        return found[0]

    def _infos(self, room: bytes, ids: set[bytes]) -> list[MessageInfo]:
        return [info for info in self.client.history(room, limit=_RECENT) if info.id in ids]

    def around(self, room: bytes) -> Around:
        """What showing messages of a room needs to know. Raises `NoSuchRoom`."""
        summary = self.client.room(room)
        try:
            members = self._members(room)
        except errors.UserError:
            members = []
        return Around(
            me=self.client.me.account,
            joined=summary.phase == "joined",
            direct=summary.direct,
            admin=summary.admin,
            receipts=True,
            names={member.account: (member.handle, member.name) for member in members},
            picture=no_picture,
            media=self.media.sign,
            client=self._client_of,
            edit_ms=EDIT_MS,
            now=_now(),
        )

    def sent(self, message: bytes, client: str) -> None:
        """Remember the page's own id of a message it sent."""
        self._sent[message] = client
        while len(self._sent) > _SENT_KEPT:
            self._sent.popitem(last=False)

    def _client_of(self, message: bytes) -> str:
        return self._sent.get(message, "")

    # -- how it is doing ----------------------------------------------------------------------------------------------

    def connection(self) -> v.Connection:
        """Whether the own relay is reached, and what waits."""
        status = self.client.status()
        inbox = [relay for relay in status.relays if relay.lane == "inbox"]
        online = any(relay.connected for relay in inbox)
        if online:
            self._since = _now()
        trouble = "" if online or not inbox else inbox[0].error
        return v.Connection(online, self._since, status.outbox, trouble)


def _person(member: Member) -> v.Person:
    return to_person(member.account, member.handle, member.name, me=member.me, picture=no_picture)


def _now() -> int:
    return time.time_ns() // 1_000_000


_RECENT: Final = 200
_STATES: Final = frozenset({"requested", "asking", "accepted", "blocked"})
