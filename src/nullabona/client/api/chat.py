"""Conversation: polls, edits, reactions, pins, forwarding, timers, who is writing, profiles, finding things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.client.api.contacts import named_info
from nullabona.client.api.files import FileCalls
from nullabona.client.api.finding import find_message, find_person, find_room
from nullabona.client.api.messages import MessageCalls
from nullabona.client.api.records import Found, FoundPeople, MessageInfo, ProfileInfo
from nullabona.client.api.showing import look_at, room_title, show
from nullabona.client.core import conversation
from nullabona.client.core.contacts.requests import rename_contact
from nullabona.client.core.model.content import File
from nullabona.client.core.model.errors import BadRequest, NoSuchContact
from nullabona.client.core.model.hangul import matches_name
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds, profiles, search, typing_out
from nullabona.client.core.timeline.names import MAX_NAME, clean_name

_END: Final = (1 << 63) - 1
_PINS: Final = 500


class ChatCalls(MessageCalls, FileCalls):
    """The part of `Client` about conversation. What annotates a message raises `NoSuchMessage` if it is not there."""

    # -- saying ---------------------------------------------------------------------------------------------------

    async def send_poll(
        self, room: bytes | str, question: str, options: Sequence[str], *, multiple: bool = False
    ) -> bytes:
        """Ask the room; the message's id. Raises `BadRequest` unless there are 2 to 12 different answers."""
        with self._session.step() as step:
            return conversation.send_poll(step, find_room(step.store, room), question, options, multiple=multiple)

    async def forward(
        self, room: bytes | str, messages: Sequence[bytes | str], to: Sequence[bytes | str]
    ) -> list[bytes]:
        """Send what messages say to other rooms, marked as forwarded; the new ids. Polls begin anew.

        A file goes by its reference where the relay is the same and still has it; else it must be here and is sent
        anew. Raises `BadRequest` or `FileNotHere` at the first thing that cannot be forwarded.
        """
        return [await self._forward(room, message, target) for target in to for message in messages]

    async def _forward(self, room: bytes | str, message: bytes | str, to: bytes | str) -> bytes:
        with self._session.step() as step:
            source, target = find_room(step.store, room), find_room(step.store, to)
            line = find_message(step.store, source, message)
            body = kinds.stored(line)
            if not isinstance(body, File) or conversation.may_refer(step, line, target):
                return conversation.forward(step, source, line.id, target)
        return await self.forward_file(source, line.id, target, body.caption)

    async def edit(self, room: bytes | str, message: bytes | str, text: str, *, mentions: Sequence[bytes] = ()) -> None:
        """Say something else in an own message. The old words are kept nowhere that honest devices reach."""
        with self._session.step() as step:
            target, line = _found(step, room, message)
            conversation.edit(step, target, line, text, mentions)

    async def delete(self, room: bytes | str, messages: Sequence[bytes | str], *, for_all: bool) -> None:
        """Delete messages here, or for all: own ones, or anybody's as an admin of a group. All of them or none."""
        with self._session.step() as step:
            for message in messages:
                target, line = _found(step, room, message)
                conversation.delete(step, target, line, for_all=for_all)

    async def react(self, room: bytes | str, message: bytes | str, emoji: str) -> None:
        """One emoji per person and message; empty takes it back."""
        with self._session.step() as step:
            conversation.react(step, *_found(step, room, message), emoji)

    async def vote(self, room: bytes | str, message: bytes | str, choices: Sequence[int]) -> None:
        """Choose in a poll, instead of what was chosen before; nothing takes it back."""
        with self._session.step() as step:
            conversation.vote(step, *_found(step, room, message), choices)

    async def close_poll(self, room: bytes | str, message: bytes | str) -> None:
        """End an own poll."""
        with self._session.step() as step:
            conversation.close_poll(step, *_found(step, room, message))

    async def pin(self, room: bytes | str, message: bytes | str, *, on: bool = True) -> None:
        """Keep a message at the top of the room for everybody, or not any more. In a group admins may."""
        with self._session.step() as step:
            conversation.pin(step, *_found(step, room, message), on=on)

    async def retry(self, room: bytes | str, message: bytes | str) -> None:
        """Send a failed message again."""
        with self._session.step() as step:
            conversation.retry(step, *_found(step, room, message))

    async def discard(self, room: bytes | str, message: bytes | str) -> None:
        """Give up a failed message."""
        with self._session.step() as step:
            conversation.discard(step, *_found(step, room, message))

    async def set_timer(self, room: bytes | str, seconds: int) -> None:
        """How long messages written from now on live once read; 0: for ever. `wait_changed` waits for it."""
        with self._session.step() as step:
            conversation.set_timer(step, find_room(step.store, room), seconds)

    async def set_typing(self, room: bytes | str, *, on: bool) -> None:
        """Tell the room that I am writing or have stopped: at most every 5 s, and only if the person wants that."""
        with self._session.step() as step:
            typing_out.say(step, step.room(find_room(step.store, room)), on=on)

    def typing(self, room: bytes | str) -> list[bytes]:
        """Who is writing in the room now."""
        with self._session.look() as store:
            target = find_room(store, room)
        return self._session.runner.writing(target)

    # -- looking --------------------------------------------------------------------------------------------------

    def pinned(self, room: bytes | str) -> list[MessageInfo]:
        """What is kept at the top of the room, the newest pin first."""
        with self._session.view() as step:
            target, look = find_room(step.store, room), look_at(step)
            pins = step.store.messages_of(target, kinds.PIN, before=_END, limit=_PINS)
            lines = [step.store.message(target, about) for about in dict.fromkeys(pin.about for pin in pins)]
            shown = [show(look, line) for line in lines if line is not None and line.shown]
            return [info for info in shown if info.pinned]

    def media(self, room: bytes | str, kind: str, *, before: int | None = None, limit: int = 60) -> list[MessageInfo]:
        """The room's ``photo``, ``file`` or ``voice`` messages before a position, newest first."""
        if kind not in kinds.FILES:
            raise BadRequest("there are photo, file and voice messages")
        with self._session.view() as step:
            target, look = find_room(step.store, room), look_at(step)
            found = step.store.messages_of(target, kind, before=_END if before is None else before, limit=limit)
            return [show(look, line) for line in found if line.shown]

    def search(
        self,
        text: str,
        *,
        room: bytes | str | None = None,
        before: int | None = None,
        limit: int = 30,
        people: Sequence[bytes | str] = (),
        since: int | None = None,
        until: int | None = None,
    ) -> list[Found]:
        """Messages that contain every word of ``text``, newest first. ``before``: the cursor of the last one had.

        ``people``: said by any of these accounts, contacts, or authors of imported history. ``since`` and ``until``:
        sent from one time on and before another, in ms.
        """
        with self._session.view() as step:
            look = look_at(step)
            target = find_room(step.store, room) if room is not None else b""
            persons = tuple(person for who in people for person in find_person(step, who))
            hits = search.find(step.store, text, search.Wanted(target, persons, since, until), before, limit)
            return [
                Found(
                    show(look, hit.message),
                    room_title(look, step.find_room(hit.message.room)),
                    hit.snippet,
                    hit.matches,
                    hit.number,
                )
                for hit in hits
            ]

    def find_people(self, text: str) -> FoundPeople:
        """Contacts, people in rooms with me, and rooms, by name or handle: ㄱㅈㅇ and 김ㅈ find 김지우."""
        with self._session.view() as step:
            look = look_at(step)
            names = look.names

            def fits(account: bytes) -> bool:
                called = (names.name(account), names.profiles.get(account, ""), names.handle(account).partition("@")[0])
                return any(matches_name(text, name) for name in called)

            contacts = [contact for contact in step.store.contacts() if fits(contact.account)]
            known = {contact.account for contact in contacts} | {step.me.account}
            members: dict[bytes, ProfileInfo] = {}
            rooms = []
            for room_id in step.store.rooms():
                if matches_name(text, room_title(look, step.find_room(room_id))):
                    rooms.append(room_id)
                for device in step.store.devices(room_id):
                    if device.account not in known and device.account not in members and fits(device.account):
                        members[device.account] = _profile(step, device.account)
            return FoundPeople(
                tuple(named_info(step, contact, names) for contact in contacts), tuple(members.values()), tuple(rooms)
            )

    # -- profiles -------------------------------------------------------------------------------------------------

    def profile(self, account: bytes | None = None) -> ProfileInfo:
        """What an account (default: this one) says of itself; empty if it never said anything."""
        with self._session.view() as step:
            return _profile(step, account or step.me.account)

    async def set_profile(self, name: str, picture: bytes | None = None) -> ProfileInfo:
        """Change it, and tell every room. ``picture`` None: as before; empty: none. Raises `BadRequest`."""
        with self._session.step() as step:
            profiles.set_own(step, name, picture)
            return _profile(step, step.me.account)

    async def set_nickname(self, account: bytes, nickname: str) -> None:
        """What I call a contact, on this device only; empty: as they call themselves."""
        cleaned = clean_name(nickname)
        if len(nickname.strip()) > MAX_NAME:
            raise BadRequest(f"a name has at most {MAX_NAME} characters")
        with self._session.step() as step:
            contact = step.store.contact(account)
            if contact is None:
                raise NoSuchContact("this account is not among your contacts")
            rename_contact(step, contact, cleaned)


def _found(step: Step, room: bytes | str, message: bytes | str) -> tuple[bytes, bytes]:
    target = find_room(step.store, room)
    return target, find_message(step.store, target, message).id


def _profile(step: Step, account: bytes) -> ProfileInfo:
    known = step.store.person(account)
    return ProfileInfo(account, known.name if known else "", known.picture if known else b"")
