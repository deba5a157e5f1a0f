"""Messages by position, and how far each account has read."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.client.core.records import UNPLACED, Message, MessageState
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_MESSAGE = STATEMENTS["message"]
_PUT = STATEMENTS["message_put"]
_FIRST = STATEMENTS["messages_first"]
_LATEST = STATEMENTS["messages_last"]
_OWN = STATEMENTS["messages_own"]
_LAST = STATEMENTS["message_last"]
_TOP = STATEMENTS["message_top"]
_COUNT = STATEMENTS["messages_count"]
_MARKER = STATEMENTS["marker"]
_MARKERS = STATEMENTS["markers"]
_MARKER_PUT = STATEMENTS["marker_put"]

_STATES = {state.value: state for state in MessageState}


def _message(row: Row) -> Message:
    room, id, account, device, sent_at, position, epoch, state, *rest = row
    return Message(room, id, account, device, sent_at, position, epoch, _STATES[state], *rest)


def _position(message: Message) -> int:
    return message.position


class MessageRows(Rows):
    """The messages of rooms, and read markers."""

    __slots__ = ()

    def message(self, room: bytes, id: bytes) -> Message | None:
        """A message, or None."""
        row = self._one(_MESSAGE, (room, id))
        return None if row is None else _message(row)

    def put_message(self, message: Message) -> None:
        """Insert or replace by (room, id); the new position counts."""
        m = message
        self._write(
            _PUT,
            (
                *(m.room, m.id, m.account, m.device, m.sent_at, m.position),
                *(m.epoch, m.state.value, m.box, m.frame, m.resent, m.body),
            ),
        )

    def messages(self, room: bytes, *, after: int = -1, before: int | None = None, limit: int = 100) -> list[Message]:
        """Messages with after < position < before: the first ``limit``, or the last ones if ``before`` is given.

        Lowest position first in both cases.
        """
        if before is None:
            rows = self._all(_FIRST, (room, after, limit))
        else:
            rows = self._all(_LATEST, (room, after, before, limit))
            rows.reverse()
        return [_message(row) for row in rows]

    def own_messages(self, room: bytes, states: Sequence[MessageState]) -> list[Message]:
        """Own messages in these states, by position. A received message is never own."""
        found = [_message(row) for state in set(states) for row in self._all(_OWN, (room, state.value))]
        return sorted(found, key=_position)

    def last_message(self, room: bytes) -> Message | None:
        """The message with the highest position, or None."""
        row = self._one(_LAST, (room,))
        return None if row is None else _message(row)

    def next_unplaced(self, room: bytes) -> int:
        """A position >= UNPLACED above every other position of the room."""
        row = self._one(_TOP, (room,))
        top = None if row is None else row[0]
        return UNPLACED if top is None or top < UNPLACED else int(top) + 1

    def count_messages(self, room: bytes, *, after: int, not_from: bytes) -> int:
        """How many messages lie above a position and are not from an account."""
        row = self._one(_COUNT, (room, after, not_from))
        return 0 if row is None else row[0]

    def marker(self, room: bytes, account: bytes) -> int | None:
        """The position up to which an account has read a room, or None."""
        row = self._one(_MARKER, (room, account))
        return None if row is None else row[0]

    def markers(self, room: bytes) -> dict[bytes, int]:
        """The position up to which each account has read a room."""
        return dict(self._all(_MARKERS, (room,)))

    def put_marker(self, room: bytes, account: bytes, position: int) -> None:
        """Never moves a marker back."""
        self._write(_MARKER_PUT, (room, account, position))
