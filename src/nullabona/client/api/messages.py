"""Messages: sending, waiting for them to arrive, reading back, marking as read."""

from __future__ import annotations

from typing import Final

from nullabona.client.api.errors import MessageFailed
from nullabona.client.api.finding import find_message, find_room
from nullabona.client.api.records import MessageInfo
from nullabona.client.api.rooms import RoomCalls
from nullabona.client.core import commands
from nullabona.client.core.content import Text, decode_body
from nullabona.client.core.ports import Store
from nullabona.client.core.records import UNPLACED, Message, MessageState
from nullabona.client.core.step import Step

_END: Final = (1 << 63) - 1
_ARRIVED: Final = frozenset({MessageState.SENT, MessageState.DELIVERED})


class MessageCalls(RoomCalls):
    """The part of `Client` about messages."""

    async def send(self, room: bytes | str, text: str, reply_to: bytes | str = b"") -> bytes:
        """Store and queue a message; its id. It is never lost from then on; `wait_sent` waits for the relay.

        Raises `NoSuchRoom`, `NotInRoom`, `NoSuchMessage` or `BadRequest`.
        """
        with self._session.step() as step:
            target = find_room(step.store, room)
            answered = find_message(step.store, target, reply_to).id if reply_to else b""
            return commands.send_text(step, target, text, answered)

    async def wait_sent(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Until the relay has taken the message. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, _ARRIVED, timeout_s)

    async def wait_delivered(self, room: bytes | str, message: bytes, *, timeout_s: float | None = 30.0) -> None:
        """Until every device that should get the message has it. Raises `PendingStill` or `MessageFailed`."""
        await self._wait_state(room, message, frozenset({MessageState.DELIVERED}), timeout_s)

    def history(self, room: bytes | str, *, before: int | None = None, limit: int = 50) -> list[MessageInfo]:
        """The last ``limit`` messages (those before position ``before``), oldest first, with who has not read them."""
        with self._session.view() as step:
            target = find_room(step.store, room)
            found = step.store.messages(target, before=_END if before is None else before, limit=limit)
            handles = _handles(step.store, target)
            return [self._message(step, message, handles) for message in found]

    async def mark_read(self, room: bytes | str, message: bytes | str = b"") -> None:
        """This account has read up to ``message`` (default: everything there is). Never moves back."""
        with self._session.step() as step:
            target = find_room(step.store, room)
            upto = find_message(step.store, target, message) if message else _last_placed(step.store, target)
            if upto is not None:
                commands.mark_read(step, target, upto.id)

    def _message(self, step: Step, message: Message, handles: dict[bytes, str]) -> MessageInfo:
        body = decode_body(message.body)
        text, reply_to = (body.text, body.reply_to) if isinstance(body, Text) else ("", b"")
        return MessageInfo(
            id=message.id,
            room=message.room,
            account=message.account,
            handle=handles.get(message.account, message.account.hex()[:12]),
            mine=message.account == self._me,
            sent_at=message.sent_at,
            state=str(message.state),
            unread_by=_unread_by(step, message),
            position=message.position,
            reply_to=reply_to,
            text=text,
        )

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


def _unread_by(step: Step, message: Message) -> int:
    if step.find_room(message.room) is None:
        return 0
    return commands.unread_by(step, message.room, message.position, message.epoch, message.account)


def _last_placed(store: Store, room: bytes) -> Message | None:
    placed = store.messages(room, before=UNPLACED, limit=1)
    return placed[0] if placed else None


def _handles(store: Store, room: bytes) -> dict[bytes, str]:
    """What accounts are called: from the room as it is now, and from the contacts."""
    known = {contact.account: contact.handle for contact in store.contacts()}
    return known | {device.account: device.handle for device in store.devices(room)}
