"""Messages: sending, waiting for them to arrive, reading back, marking as read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nullabona.client.api.errors import MessageFailed
from nullabona.client.api.finding import find_message, find_room
from nullabona.client.api.records import MessageInfo
from nullabona.client.api.rooms import RoomCalls
from nullabona.client.api.showing import look_at, show
from nullabona.client.core import commands, conversation
from nullabona.client.core.model.ports import Store
from nullabona.client.core.model.records import UNPLACED, Message, MessageState

_END: Final = (1 << 63) - 1
_ARRIVED: Final = frozenset({MessageState.SENT, MessageState.DELIVERED})


class MessageCalls(RoomCalls):
    """The part of `Client` about messages."""

    async def send(
        self, room: bytes | str, text: str, reply_to: bytes | str = b"", *, mentions: Sequence[bytes] = ()
    ) -> bytes:
        """Store and queue a message; its id. It is never lost from then on; `wait_sent` waits for the relay.

        ``mentions`` are accounts in the room. Raises `NoSuchRoom`, `NotInRoom`, `NoSuchMessage` or `BadRequest`.
        """
        with self._session.step() as step:
            target = find_room(step.store, room)
            answered = find_message(step.store, target, reply_to).id if reply_to else b""
            return conversation.send_text(step, target, text, reply_to=answered, mentions=mentions)

    async def wait_sent(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Until the relay has taken the message. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, _ARRIVED, timeout_s)

    async def wait_delivered(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Until every device that should get the message has it. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, frozenset({MessageState.DELIVERED}), timeout_s)

    def history(self, room: bytes | str, *, before: int | None = None, limit: int = 50) -> list[MessageInfo]:
        """The last ``limit`` messages (those before position ``before``), oldest first, with who has not read them."""
        return self.messages(room, before=before, limit=limit)

    def messages(
        self,
        room: bytes | str,
        *,
        before: int | None = None,
        after: int | None = None,
        around: bytes | str | None = None,
        limit: int = 100,
    ) -> list[MessageInfo]:
        """A page of a room, oldest first: the last ones before a position, the first ones after one, or those around
        a message; with none of them the newest. Raises `NoSuchRoom` or `NoSuchMessage`.
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

    def message(self, room: bytes | str, message: bytes | str) -> MessageInfo:
        """One message. Raises `NoSuchRoom` or `NoSuchMessage`, also for one that is gone."""
        with self._session.view() as step:
            target = find_room(step.store, room)
            return show(look_at(step), find_message(step.store, target, message))

    def first_unread(self, room: bytes | str) -> MessageInfo | None:
        """The oldest message that counts as unread; None if all are read."""
        with self._session.view() as step:
            target = find_room(step.store, room)
            read = step.store.marker(target, step.me.account)
            found = step.store.first_unread(target, -1 if read is None else read)
            return show(look_at(step), found) if found is not None else None

    async def look(self, room: bytes | str, *, timeout_s: float | None = 10.0) -> None:
        """Read what waits in one room, now. Raises `NoSuchRoom`, `Ambiguous` or `PendingStill`."""
        runner = self._session.runner
        target = self.room(room).id
        runner.look(target)
        await self._session.until(lambda: runner.has_read(target) or None, timeout_s, "not everything came in")

    async def mark_read(self, room: bytes | str, message: bytes | str = b"") -> None:
        """This account has read up to ``message`` (default: everything there is). Never moves back."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            self._session.runner.look(target)
            upto = find_message(step.store, target, message) if message else _last_placed(step.store, target)
            if upto is not None:
                commands.mark_read(step, target, upto.id)

    async def _wait_state(
        self, room: bytes | str, message: bytes, wanted: frozenset[MessageState], timeout_s: float | None
    ) -> None:
        target = self.room(room).id

        def state() -> MessageState | None:
            with self._session.look() as store:
                found = find_message(store, target, message).state
            return found if found in wanted or found is MessageState.FAILED else None

        reached = await self._session.until(state, timeout_s, "the message was not sent")
        if reached is MessageState.FAILED:
            raise MessageFailed("the relay refused the message for good")


def _last_placed(store: Store, room: bytes) -> Message | None:
    placed = store.messages(room, before=UNPLACED, limit=1)
    return placed[0] if placed else None
