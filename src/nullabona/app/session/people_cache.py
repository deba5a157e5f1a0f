"""People as the client knows them now, with the signed paths of their pictures."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from nullabona.app.presenting.people import to_person
from nullabona.app.presenting.text import one_line
from nullabona.app.protocol import views as v
from nullabona.app.session.media import MediaKey
from nullabona.client.api import Client, ContactInfo, Member, MessageInfo
from nullabona.extras import installed

_JOIN_REQUEST_STATES: dict[str, Literal["waiting", "silent", "used", "expired", "closed"]] = {
    "waiting": "waiting",
    "silent": "silent",
    "used": "used",
    "expired": "expired",
    "closed": "closed",
}
_RECORD: dict[str, Literal["", "pending", "promised", "proven", "refuted"]] = {
    "pending": "pending",
    "promised": "promised",
    "proven": "proven",
    "refuted": "refuted",
}
_STATES: dict[str, v.ContactState] = {
    "requested": "requested",
    "asking": "asking",
    "accepted": "accepted",
    "blocked": "blocked",
}


class PeopleCache:
    """Who is who. Remembers which accounts have a picture until told that one changed."""

    def __init__(self, client: Client, media: MediaKey) -> None:
        self._client = client
        self._media = media
        self._pictures: dict[bytes, str] = {}
        self._known: dict[bytes, ContactInfo] | None = None

    def picture(self, account: bytes) -> str:
        """The signed path of an account's picture, another one for another picture; empty if none can be shown."""
        known = self._pictures.get(account)
        if known is None:
            data = self._client.profiles.get(account).picture if installed("pictures") else b""
            known = self._media.sign("face", account, sha256(data).digest()[:8]) if data else ""
            self._pictures[account] = known
        return known

    def known(self) -> dict[bytes, ContactInfo]:
        """Contacts by account; looked up again after `people_changed`."""
        if self._known is None:
            self._known = {info.account: info for info in self._client.contacts.all()}
        return self._known

    def people_changed(self) -> None:
        """Some contact is another than it was."""
        self._known = None

    def forget(self) -> None:
        """Anybody may be somebody else than was known."""
        self._pictures.clear()
        self._known = None

    def changed(self, account: bytes) -> None:
        """The account has another picture."""
        self._pictures.pop(account, None)
        self._known = None

    def me(self) -> v.Me:
        """The own account."""
        me, profile = self._client.me, self._client.profiles.get()
        person = to_person(me.account, me.handle, profile.name, me=True, picture=self.picture)
        return v.Me(person, me.account.hex(), me.handle, me.relay, me.published, profile.name)

    def member(self, member: Member) -> v.Person:
        """Somebody in a room."""
        return to_person(member.account, member.handle, member.name, me=member.me, picture=self.picture)

    def sender(self, info: MessageInfo) -> v.Person:
        """Who wrote."""
        return to_person(info.account, info.handle, info.name, me=info.mine, picture=self.picture)

    def contact(self, info: ContactInfo) -> v.Contact:
        """Somebody known."""
        person = to_person(info.account, info.handle, info.name, me=False, picture=self.picture)
        state = _STATES.get(info.state, "requested")
        return v.Contact(person, info.nickname, state, info.room.hex(), info.verified, info.changed, info.replaced)

    def contacts(self) -> list[v.Contact]:
        """Everybody known."""
        return [self.contact(info) for info in self._client.contacts.all()]

    def requests(self) -> list[v.Request]:
        """Who asks to talk, and into which rooms strangers invite."""
        found = [
            v.Request(
                c.account.hex(),
                self.contact(c).person,
                "",
                "",
                one_line(c.greeting),
                0,
                _RECORD.get(c.record, ""),
                c.answered,
                c.asks,
            )
            for c in self._client.contacts.all()
            if c.state == "asking"
        ]
        for room in self._client.rooms.requests():
            person = to_person(room.id, "", room.title, me=False, picture=lambda _account: "")
            title, record = one_line(room.title), _RECORD.get(room.record, "")
            answer = room.answered, room.asks
            found.append(v.Request(room.id.hex(), person, room.id.hex(), title, "", 0, record, *answer))
        return found

    def join_requests(self) -> list[v.JoinRequest]:
        """Into which groups the person asked to be let, and what came of it."""
        found = []
        for request in self._client.links.join_requests():
            person = to_person(request.account, request.handle, request.name, me=False, picture=self.picture)
            patience_s = request.patience_ms // 1_000
            found.append(
                v.JoinRequest(
                    request.room.hex(), person, _JOIN_REQUEST_STATES[request.state], request.asked_at, patience_s
                )
            )
        return found
