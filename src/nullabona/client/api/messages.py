"""Messages: sending, changing, reading, searching, marking as read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.client.api.errors import MessageFailed
from nullabona.client.api.files import Files
from nullabona.client.api.finding import find_message, find_person, find_room
from nullabona.client.api.records import Found, MessageInfo
from nullabona.client.api.reopening import is_closed, reopen
from nullabona.client.api.session import Session
from nullabona.client.api.showing import look_at, room_title, show, unread_by
from nullabona.client.core import commands, conversation
from nullabona.client.core.model.content import ALBUM, File
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import UNPLACED, Message, MessageState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import kinds, search

_END: Final = (1 << 63) - 1
_PINS: Final = 500
UNREAD_MOST: Final = 2_000
_ARRIVED: Final = frozenset({MessageState.SENT, MessageState.DELIVERED})


class Messages:
    """Messages. ``room`` is named as for `Rooms`. A method about one message raises `NoSuchMessage` without it."""

    def __init__(self, session: Session, files: Files) -> None:
        self._session = session
        self._files = files

    # -- sending -------------------------------------------------------------------------------------------------------

    async def send(
        self, room: bytes | str, text: str, reply_to: bytes | str = b"", *, mentions: Sequence[bytes] = ()
    ) -> bytes:
        """Store and queue a message, and return its id. It is durable from then on; `wait_sent` waits for the relay.

        In a direct room that one of the two has left, this opens it again: see `reopening.reopen`. ``mentions`` are
        accounts in the room. Raises `NoSuchRoom`, `NotInRoom`, `NoSuchMessage` or `BadRequest`.
        """
        with self._session.step() as step:
            target = find_room(step.store, room)
            if not is_closed(step, target):
                return self._send(step, target, text, reply_to, mentions)
        await reopen(self._session, target)
        with self._session.step() as step:
            return self._send(step, target, text, reply_to, mentions)

    @staticmethod
    def _send(step: Step, room: bytes, text: str, reply_to: bytes | str, mentions: Sequence[bytes]) -> bytes:
        answered = find_message(step.store, room, reply_to).id if reply_to else b""
        return conversation.send_text(step, room, text, reply_to=answered, mentions=mentions)

    async def send_poll(
        self, room: bytes | str, question: str, options: Sequence[str], *, multiple: bool = False
    ) -> bytes:
        """Send a poll, and return its id. Raises `BadRequest` unless there are 2 to 12 different options."""
        with self._session.step() as step:
            return conversation.send_poll(step, find_room(step.store, room), question, options, multiple=multiple)

    async def forward(
        self, room: bytes | str, messages: Sequence[bytes | str], to: Sequence[bytes | str]
    ) -> list[bytes]:
        """Send the content of messages to other rooms, marked as forwarded, and return the new ids. Polls start empty.

        A file is sent as a reference where the relay is the same and still has it; else it must be on this device and
        is uploaded again. Photos of an album are one there, too. Raises `BadRequest` or `FileNotHere` at the first
        message that cannot be forwarded.
        """
        sent = []
        for target in to:
            albums: dict[bytes, bytes] = {b"": b""}
            sent += [await self._forward(room, message, target, albums) for message in messages]
        return sent

    async def _forward(
        self, room: bytes | str, message: bytes | str, to: bytes | str, albums: dict[bytes, bytes]
    ) -> bytes:
        """``albums``: those of the originals → those of their copies; new ones are drawn."""
        with self._session.step() as step:
            source, target = find_room(step.store, room), find_room(step.store, to)
            line = find_message(step.store, source, message)
            body = kinds.stored(line)
            if not isinstance(body, File):
                return conversation.forward(step, source, line.id, target)
            album = albums.setdefault(body.album, step.rng.bytes(ALBUM))
            if conversation.may_refer(step, line, target):
                return conversation.forward(step, source, line.id, target, album)
        return await self._files.forward(source, line.id, target, body.caption, album)

    async def wait_sent(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Wait until the relay has stored the message. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, _ARRIVED, timeout_s)

    async def wait_delivered(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Wait until every device of the room has the message. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, frozenset({MessageState.DELIVERED}), timeout_s)

    async def retry(self, room: bytes | str, message: bytes | str) -> None:
        """Send a failed message again."""
        with self._session.step() as step:
            conversation.retry(step, *_found(step, room, message))

    async def discard(self, room: bytes | str, message: bytes | str) -> None:
        """Delete a message that failed to be sent."""
        with self._session.step() as step:
            conversation.discard(step, *_found(step, room, message))

    # -- changing what was sent ----------------------------------------------------------------------------------------

    async def edit(self, room: bytes | str, message: bytes | str, text: str, *, mentions: Sequence[bytes] = ()) -> None:
        """Replace the text of our own message; honest devices erase the old one. Raises `BadRequest`, `NotAllowed`."""
        with self._session.step() as step:
            target, line = _found(step, room, message)
            conversation.edit(step, target, line, text, mentions)

    async def delete(self, room: bytes | str, messages: Sequence[bytes | str], *, for_all: bool) -> None:
        """Delete messages here, or ``for_all``: our own, or as admin of a group anybody's. Raises `NotAllowed`."""
        with self._session.step() as step:
            for message in messages:
                target, line = _found(step, room, message)
                conversation.delete(step, target, line, for_all=for_all)

    async def react(self, room: bytes | str, message: bytes | str, emoji: str) -> None:
        """Set our reaction to a message: one emoji; empty removes it. Raises `BadRequest`."""
        with self._session.step() as step:
            conversation.react(step, *_found(step, room, message), emoji)

    async def vote(self, room: bytes | str, message: bytes | str, choices: Sequence[int]) -> None:
        """Choose options of a poll, by index, in place of an earlier choice; none withdraws it. Raises `BadRequest`."""
        with self._session.step() as step:
            conversation.vote(step, *_found(step, room, message), choices)

    async def close_poll(self, room: bytes | str, message: bytes | str) -> None:
        """Close one of our polls. Raises `NotAllowed` or `BadRequest`."""
        with self._session.step() as step:
            conversation.close_poll(step, *_found(step, room, message))

    async def pin(self, room: bytes | str, message: bytes | str, *, on: bool = True) -> None:
        """Pin a message for everybody in the room, or unpin it. Raises `NotAllowed`, see `RoomSummary.may_pin`."""
        with self._session.step() as step:
            conversation.pin(step, *_found(step, room, message), on=on)

    # -- reading -------------------------------------------------------------------------------------------------------

    def page(
        self,
        room: bytes | str,
        *,
        before: int | None = None,
        after: int | None = None,
        around: bytes | str | None = None,
        limit: int = 100,
    ) -> list[MessageInfo]:
        """At most ``limit`` messages of a room, oldest first, with who has not read them.

        The last ones before a position, the first ones after a position, or those around a message; with none of these
        the newest. Raises `NoSuchRoom` or `NoSuchMessage`.
        """
        with self._session.view() as step:
            store, look = step.store, look_at(step)
            target = find_room(store, room)
            if around is not None:
                place = find_message(store, target, around).position
                found = store.messages(target, before=place + 1, limit=limit // 2 + 1)
                found += store.messages(target, after=place, limit=max(limit - len(found), 0))
            elif after is not None:
                found = store.messages(target, after=after, limit=limit)
            else:
                found = store.messages(target, before=_END if before is None else before, limit=limit)
            return [show(look, message) for message in found]

    def get(self, room: bytes | str, message: bytes | str) -> MessageInfo:
        """One message. Raises `NoSuchRoom`, or `NoSuchMessage`, also for a message that was deleted or expired."""
        with self._session.view() as step:
            target = find_room(step.store, room)
            return show(look_at(step), find_message(step.store, target, message))

    def unread_by(self, room: bytes | str, first: int, last: int) -> dict[bytes, int | None]:
        """`MessageInfo.unread_by` of the messages between two positions, both included: the newest `UNREAD_MOST`.

        Raises `NoSuchRoom`.
        """
        with self._session.view() as step:
            target, look = find_room(step.store, room), look_at(step)
            after, before = max(first, -_END) - 1, min(last, _END - 1) + 1
            found = step.store.messages(target, after=after, before=before, limit=UNREAD_MOST)
            return {message.id: unread_by(look, message) for message in found}

    def first_unread(self, room: bytes | str) -> MessageInfo | None:
        """The oldest unread message; None if all are read."""
        with self._session.view() as step:
            target = find_room(step.store, room)
            read = step.store.marker(target, step.local.account)
            found = step.store.first_unread(target, -1 if read is None else read)
            return show(look_at(step), found) if found is not None else None

    async def fetch(self, room: bytes | str, *, timeout_s: float | None = 10.0) -> None:
        """Read what waits at the relay for one room, now. Raises `NoSuchRoom`, `Ambiguous` or `PendingStill`."""
        runner = self._session.runner
        with self._session.look() as store:
            target = find_room(store, room)
        runner.look(target)
        await self._session.until(lambda: runner.has_read(target) or None, timeout_s, "not everything came in")

    async def mark_read(self, room: bytes | str, message: bytes | str = b"") -> None:
        """Mark everything up to ``message`` as read (default: the newest). An earlier mark is never moved back."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            self._session.runner.look(target)
            upto = find_message(step.store, target, message) if message else _last_placed(step.store, target)
            if upto is not None:
                commands.mark_read(step, target, upto.id)

    def pinned(self, room: bytes | str) -> list[MessageInfo]:
        """The pinned messages of a room, the newest pin first."""
        with self._session.view() as step:
            target, look = find_room(step.store, room), look_at(step)
            pins = step.store.messages_of(target, kinds.PIN, before=_END, limit=_PINS)
            lines = [step.store.message(target, about) for about in dict.fromkeys(pin.about for pin in pins)]
            shown = [show(look, line) for line in lines if line is not None and line.shown]
            return [info for info in shown if info.pinned]

    def media(self, room: bytes | str, kind: str, *, before: int | None = None, limit: int = 60) -> list[MessageInfo]:
        """The ``photo``, ``file`` or ``voice`` messages of a room before a position, newest first."""
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
        """Messages that contain every word of ``text``, newest first. ``before`` is the cursor of the last result.

        ``people`` limits the search to these accounts, contacts, or authors of imported history; ``since`` and
        ``until`` to messages sent at or after one time and before another, in ms since 1970.
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

    async def _wait_state(
        self, room: bytes | str, message: bytes, wanted: frozenset[MessageState], timeout_s: float | None
    ) -> None:
        with self._session.look() as store:
            target = find_room(store, room)

        def state() -> MessageState | None:
            with self._session.look() as store:
                found = find_message(store, target, message).state
            return found if found in wanted or found is MessageState.FAILED else None

        reached = await self._session.until(state, timeout_s, "the message was not sent")
        if reached is MessageState.FAILED:
            raise MessageFailed("the server refused the message permanently")


def _last_placed(store: Store, room: bytes) -> Message | None:
    placed = store.messages(room, before=UNPLACED, limit=1)
    return placed[0] if placed else None


def _found(step: Step, room: bytes | str, message: bytes | str) -> tuple[bytes, bytes]:
    target = find_room(step.store, room)
    return target, find_message(step.store, target, message).id
