"""Views made from the client's present state."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Final

from nullabona.app.presenting.chats import room_may, to_chat
from nullabona.app.presenting.finding import parts
from nullabona.app.presenting.messages import Around, all_words, quote_of, to_message
from nullabona.app.presenting.people import tints, to_person
from nullabona.app.presenting.text import clean_name, colour
from nullabona.app.protocol import views as v
from nullabona.app.protocol.talk_calls import Words
from nullabona.app.session.media import MediaKey
from nullabona.app.session.people_cache import PeopleCache
from nullabona.client.api import Client, ContactInfo, Found, Member, MessageInfo, RoomPreferences, RoomSummary, errors
from nullabona.extras import installed

_SENT_KEPT: Final = 1_000
_FACES: Final = 4


class Views:
    """Makes the views of an open profile."""

    def __init__(self, client: Client, media: MediaKey) -> None:
        self.client = client
        self.media = media
        self.people = PeopleCache(client, media)
        self._sent: OrderedDict[bytes, str] = OrderedDict()
        self._groups: dict[bytes, list[v.Person]] = {}
        self._titles: dict[bytes, v.Person] = {}
        """The face of a group in which nobody is known: its title's."""
        self._since = 0
        self._listed: tuple[int, list[v.Chat]] | None = None

    # -- rooms --------------------------------------------------------------------------------------------------------

    def chats(self) -> list[v.Chat]:
        """Every row of the chat list; made again only if something happened since the last call."""
        newest = self.client.last_event()
        if self._listed is None or self._listed[0] != newest:
            rows = self._all_chats()
            # Rows that change with time alone are not cached.
            self._listed = None if any(isinstance(row.muted_until, int) for row in rows) else (newest, rows)
            return rows
        return self._listed[1]

    def all_changed(self) -> None:
        """Nothing that was looked up before is good any more."""
        self.people.forget()
        self._groups.clear()
        self._titles.clear()
        self._listed = None

    def list_changed(self) -> None:
        """Rows of the chat list may have changed."""
        self._listed = None

    def _all_chats(self) -> list[v.Chat]:
        known, chosen = self.people.known(), self.client.preferences.of_rooms()
        rooms = self.client.rooms.all()
        new = [r.id for r in rooms if not r.direct and r.phase == "joined" and r.id not in self._groups]
        for room, members in self.client.rooms.members_of(new).items():
            self._note_group(room, members)
        return [self._chat(room, known.get(room.partner), chosen[room.id]) for room in rooms]

    def chat(self, room: bytes) -> v.Chat:
        """One row. Raises `NoSuchRoom`."""
        summary = self.client.rooms.get(room)
        return self._chat(summary, self.people.known().get(summary.partner), self.client.preferences.of_room(room))

    def row(self, room: bytes) -> tuple[v.Chat | None, bytes]:
        """The room's row, or None and the room in which the two of a direct room talk now. Raises `NoSuchRoom`."""
        summary = self.client.rooms.get(room)
        partner = self.people.known().get(summary.partner)
        if summary.hidden:
            return None, partner.room if partner is not None and partner.room != room else b""
        return self._chat(summary, partner, self.client.preferences.of_room(room)), b""

    def _chat(self, room: RoomSummary, partner: ContactInfo | None, chosen: RoomPreferences) -> v.Chat:
        person = None
        if room.direct:
            handle, name = ("", room.title) if partner is None else (partner.handle, partner.name)
            person = to_person(room.partner, handle, name, me=False, picture=self.people.picture)
        faces = [] if room.direct or room.phase != "joined" else self._group_faces(room.id)
        if room.phase == "imported":
            faces = self._imported_faces(room)
        elif not faces and not room.direct:  # nobody is known to be in it
            faces = [self._title_face(room)]
        return to_chat(room, chosen, person, faces, now_ms())

    def _title_face(self, room: RoomSummary) -> v.Person:
        face = self._titles.get(room.id)
        if face is None or face.name != room.title:
            face = to_person(b"", "", room.title, me=False, picture=self.people.picture)
            self._titles[room.id] = face
        return face

    def _imported_faces(self, room: RoomSummary) -> list[v.Person]:
        """Up to four people of imported history; its title if nobody is known."""
        people = self.client.imports.people(room.id)
        given = tints(people, (), room.id)
        others = [(name, who) for name, who in people.items() if who != self.client.me.account] or list(people.items())
        return [
            to_person(who, "", name, me=False, picture=self.people.picture, tint=given.get(name))
            for name, who in others[:_FACES]
        ] or [to_person(b"", "", room.title, me=False, picture=self.people.picture, tint=colour(room.id))]

    def _group_faces(self, room: bytes) -> list[v.Person]:
        if room not in self._groups:
            self._note_group(room, self.client.rooms.members(room))
        return self._groups[room]

    def _note_group(self, room: bytes, members: list[Member]) -> None:
        others = [member for member in members if not member.me]
        # With one other it would look like the chat with them.
        shown = others if len(others) != 1 else [*others, *(member for member in members if member.me)]
        self._groups[room] = [self.people.member(member) for member in shown[:_FACES]]

    def inside_changed(self, room: bytes) -> None:
        """Members of a room, or their names or pictures, changed."""
        self._groups.pop(room, None)

    def room(self, room: bytes) -> v.Room:
        """Everything about a room but its messages. Raises `NoSuchRoom`."""
        details = self.client.rooms.details(room)
        summary, around = details.summary, self.around(room)
        partner = self.people.known().get(summary.partner)
        chosen, unread = self.client.preferences.of_room(room), self.client.messages.first_unread(room)
        return v.Room(
            chat=self.chat(room),
            members=[self._member(member, summary) for member in self.members(room)],
            may=room_may(summary, friend=partner is not None and partner.state in {"accepted", "requested"}),
            pinned=self.pins(room),
            draft=chosen.draft,
            draft_reply=self._quote(room, chosen.draft_reply, around),
            first_unread="" if unread is None else unread.id.hex(),
            timer_s=summary.timer_s,
            members_pin=summary.members_pin,
            relay=details.relay,
            verified=partner is not None and partner.verified,
            held=partner is not None and partner.changed,
            blocked=partner is not None and partner.state == "blocked",
            typing=self.typing(room),
            receipts=around.receipts,
            earlier=[id.hex() for id in details.earlier],
        )

    def pins(self, room: bytes) -> list[v.Message]:
        """The pinned messages of a room, newest pin first."""
        around = self.around(room)
        return [to_message(info, around) for info in self.client.messages.pinned(room)]

    def members(self, room: bytes) -> list[Member]:
        """The members of a room that we are in; empty for another room."""
        try:
            return self.client.rooms.members(room)
        except errors.UserError:
            return []

    def _member(self, member: Member, room: RoomSummary) -> v.Member:
        boss = room.admin and not room.direct and not member.me
        return v.Member(self.people.member(member), member.admin, member.devices, may_remove=boss, may_appoint=boss)

    def _quote(self, room: bytes, id: bytes, around: Around) -> v.Quote | None:
        """The message that a draft answers."""
        if not id:
            return None
        try:
            return quote_of(self.client.messages.get(room, id), around)
        except errors.NoSuchMessage:
            return v.Quote(id.hex(), "", "deleted", "", "", gone=True)

    def typing(self, room: bytes) -> list[str]:
        """The names of the people who are typing now."""
        writing = self.client.rooms.typing(room)
        names = {member.account: self.people.member(member).name for member in self.members(room)} if writing else {}
        return [names[account] for account in writing if account in names]

    def rooms_of(self, account: bytes) -> set[bytes]:
        """Every room that an account is in with us."""
        rooms = [room for room in self.client.rooms.all() if room.phase == "joined"]
        return {room.id for room in rooms if any(member.account == account for member in self.members(room.id))}

    # -- messages -----------------------------------------------------------------------------------------------------

    def page(
        self,
        room: bytes,
        *,
        before: int | None = None,
        after: int | None = None,
        around: bytes | None = None,
        limit: int,
    ) -> v.Page:
        """Some messages of a room, oldest first. Raises `NoSuchRoom` or `NoSuchMessage`."""
        infos = self.client.messages.page(room, before=before, after=after, around=around, limit=limit)
        if not infos:
            return v.Page(room.hex(), [], more_before=after is not None, more_after=before is not None)
        newest = before is None and after is None and around is None
        shown = self._shown(room, infos)
        first, last = infos[0].position, infos[-1].position
        more_before = bool(self.client.messages.page(room, before=first, limit=1))
        more_after = not newest and bool(self.client.messages.page(room, after=last, limit=1))
        return v.Page(room.hex(), shown, more_before, more_after)

    def gallery(self, room: bytes, kind: str, before: int | None, limit: int) -> v.Page:
        """Files of a kind, oldest first."""
        infos = self.client.messages.media(room, kind, before=before, limit=limit + 1)
        return v.Page(room.hex(), self._shown(room, infos[:limit][::-1]), len(infos) > limit, before is not None)

    def unread(self, room: bytes, first: int, last: int) -> dict[str, int | None]:
        """How many have not read the messages between two positions, by id. Raises `NoSuchRoom`."""
        return {id.hex(): count for id, count in self.client.messages.unread_by(room, first, last).items()}

    def messages(self, room: bytes, ids: set[bytes]) -> list[v.Message]:
        """The requested messages that are stored here, oldest first."""
        infos = []
        for id in ids:
            try:
                infos.append(self.client.messages.get(room, id))
            except errors.NoSuchMessage:
                continue
        return self._shown(room, sorted(infos, key=lambda info: info.position))

    def message(self, room: bytes, id: bytes) -> v.Message:
        """One line. Raises `NoSuchMessage`."""
        return to_message(self.client.messages.get(room, id), self.around(room))

    def words(self, room: bytes, id: bytes) -> Words:
        """All the words of a long message. Raises `NoSuchMessage`."""
        return all_words(self.client.messages.get(room, id), self.around(room))

    def match(self, found: Found, place: str) -> v.Match:
        """A found message."""
        info = found.message
        title, pieces = clean_name(found.title), parts(found.snippet, found.matches)
        person = self.people.sender(info)
        return v.Match(info.room.hex(), title, info.id.hex(), place, person, info.sent_at, pieces)

    def _shown(self, room: bytes, infos: list[MessageInfo]) -> list[v.Message]:
        around = self.around(room)
        return [to_message(info, around) for info in infos]

    def around(self, room: bytes) -> Around:
        """The context for showing messages of a room. Raises `NoSuchRoom`."""
        summary = self.client.rooms.get(room)
        return Around(
            me=self.client.me.account,
            joined=summary.phase == "joined",
            direct=summary.direct,
            admin=summary.admin,
            may_pin=summary.may_pin,
            receipts=self.client.preferences.get().receipts,
            names={member.account: (member.handle, member.name) for member in self.members(room)},
            picture=self.people.picture,
            media=self.media.sign,
            client=lambda message: self._sent.get(message, ""),
            pictures=installed("pictures"),
            tints=self._tints(summary),
        )

    def _tints(self, room: RoomSummary) -> dict[str, int]:
        """Of people in imported history, beside those who are in the room."""
        people = self.client.imports.people(room.id)
        beside = [] if room.phase == "imported" else [member.account for member in self.members(room.id)]
        return tints(people, beside, room.id) if people else {}

    def sent(self, message: bytes, client: str) -> None:
        """Remember the page's own id of a message it sent."""
        self._sent[message] = client
        while len(self._sent) > _SENT_KEPT:
            self._sent.popitem(last=False)

    # -- how it is doing ----------------------------------------------------------------------------------------------

    def connection(self) -> v.Connection:
        """Whether our relay is reachable, and how much waits to be sent."""
        status = self.client.status()
        own = [relay for relay in status.relays if relay.own]
        online = any(relay.connected for relay in own)
        if online:
            self._since = now_ms()
        trouble = "" if online or not own else own[0].error
        return v.Connection(online, self._since, status.outbox, trouble)


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
