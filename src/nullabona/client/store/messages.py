"""Messages by position, and how far each account has read."""

from __future__ import annotations

from collections.abc import Sequence

from nullabona.client.core.model.records import FIRST, UNPLACED, Message, MessageState
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_MESSAGE = STATEMENTS["message"]
_PUT = STATEMENTS["message_put"]
_DROP = STATEMENTS["message_drop"]
_CHAT_FILES = STATEMENTS["chat_files"]
_CHAT_WORDS = STATEMENTS["chat_drop_words"]
_CHAT_DROP = STATEMENTS["chat_drop"]
_FIRST = STATEMENTS["messages_first"]
_LATEST = STATEMENTS["messages_last"]
_ROWS = STATEMENTS["message_rows"]
_ROWS_BACK = STATEMENTS["message_rows_back"]
_OWN = STATEMENTS["messages_own"]
_LAST = STATEMENTS["message_last"]
_TOP = STATEMENTS["message_top"]
_TOP_PLACED = STATEMENTS["message_top_placed"]
_SPOKEN = STATEMENTS["message_spoken"]
_UNREAD = STATEMENTS["message_unread"]
_COUNT = STATEMENTS["messages_count"]
_FAILED = STATEMENTS["messages_failed"]
_ABOUT = STATEMENTS["messages_about"]
_ABOUT_BY = STATEMENTS["messages_about_by"]
_KIND = STATEMENTS["messages_kind"]
_TIMED = STATEMENTS["messages_timed"]
_EXPIRED = STATEMENTS["messages_expired"]
_NEXT_EXPIRY = STATEMENTS["message_next_expiry"]
_MARKER = STATEMENTS["marker"]
_MARKERS = STATEMENTS["markers"]
_MARKER_PUT = STATEMENTS["marker_put"]

_STATES = {state.value: state for state in MessageState}


def message_of(row: Row) -> Message:
    room, id, account, device, sent_at, position, epoch, state, box, frame, resent, body, kind, shown, *rest = row
    unread, together, about, entitled, timer_s, expires_at, edited_at = rest
    return Message(
        *(room, id, account, device, sent_at, position, epoch, _STATES[state], box, frame, resent, body, kind),
        *(bool(shown), unread, about, bool(entitled), timer_s, expires_at, edited_at, together),
    )


def row_of(m: Message) -> Row:
    """The columns of a message, as `message_of` reads them."""
    return (
        *(m.room, m.id, m.account, m.device, m.sent_at, m.position),
        *(m.epoch, m.state.value, m.box, m.frame, m.resent, m.body, m.kind, int(m.shown)),
        *(m.unread, m.together, m.about, int(m.entitled), m.timer_s, m.expires_at, m.edited_at),
    )


def _position(message: Message) -> int:
    return message.position


class MessageRows(Rows):
    """The messages of rooms, and read markers."""

    __slots__ = ()

    def message(self, room: bytes, id: bytes) -> Message | None:
        """A message, or None."""
        row = self._one(_MESSAGE, (room, id))
        return None if row is None else message_of(row)

    def put_message(self, message: Message) -> None:
        """Insert or replace by (room, id); the new position counts."""
        self._write(_PUT, row_of(message))

    def drop_message(self, room: bytes, id: bytes) -> None:
        """Forget a message; harmless if there is none."""
        self._write(_DROP, (room, id))

    def files_of_chat(self, room: bytes, until: int) -> list[bytes]:
        """The ids of a room's messages with a file, of those that `drop_chat` would forget."""
        return [id for (id,) in self._all(_CHAT_FILES, (room, until))]

    def drop_chat(self, room: bytes, until: int) -> None:
        """Forget the lines of a room that were sent up to this time in ms, and what finds them."""
        self._write(_CHAT_WORDS, (room, until))
        self._write(_CHAT_DROP, (room, until))

    def messages(
        self, room: bytes, *, after: int = FIRST, before: int | None = None, limit: int = 100
    ) -> list[Message]:
        """Shown ones with after < position < before: the first ``limit``, or the last ones if ``before`` is given.

        Lowest position first in both cases.
        """
        if before is None:
            rows = self._all(_FIRST, (room, after, limit))
        else:
            rows = self._all(_LATEST, (room, after, before, limit))
            rows.reverse()
        return [message_of(row) for row in rows]

    def rows(self, room: bytes, *, after: int, before: int, limit: int, newest: bool = False) -> list[Message]:
        """All rows with after < position < before, annotations and erased ones too: the first ``limit`` of them, lowest
        position first, or with ``newest`` the last ones, highest first.
        """
        statement = _ROWS_BACK if newest else _ROWS
        return [message_of(row) for row in self._all(statement, (room, after, before, limit))]

    def annotations(self, room: bytes, target: bytes) -> list[Message]:
        """What is about a message of the room, by position."""
        return [message_of(row) for row in self._all(_ABOUT, (room, target))]

    def annotations_by(self, room: bytes, target: bytes, account: bytes, kind: str) -> list[Message]:
        """What one account has said of one kind about a message of the room, in no order."""
        return [message_of(row) for row in self._all(_ABOUT_BY, (room, target, account, kind))]

    def messages_of(self, room: bytes, kind: str, *, before: int, limit: int) -> list[Message]:
        """``photo``, ``file``, ``voice`` or ``pin`` rows below a position, highest first."""
        return [message_of(row) for row in self._all(_KIND, (room, kind, before, limit))]

    def own_messages(self, room: bytes, states: Sequence[MessageState]) -> list[Message]:
        """Own messages in these states, by position. A received message is never own."""
        found = [message_of(row) for state in set(states) for row in self._all(_OWN, (room, state.value))]
        return sorted(found, key=_position)

    def last_message(self, room: bytes) -> Message | None:
        """The shown message with the highest position, or None."""
        row = self._one(_LAST, (room,))
        return None if row is None else message_of(row)

    def next_unplaced(self, room: bytes) -> int:
        """A position >= UNPLACED above every other position of the room."""
        row = self._one(_TOP, (room,))
        top = None if row is None else row[0]
        return UNPLACED if top is None or top < UNPLACED else int(top) + 1

    def top_placed(self, room: bytes) -> int | None:
        """The highest position < UNPLACED in the room; None if there is none."""
        row = self._one(_TOP_PLACED, (room, UNPLACED))
        return None if row is None or row[0] is None else int(row[0])

    def last_spoken(self, room: bytes, upto: int) -> Message | None:
        """The highest one at or below a position that came with a frame, shown or not; None if there is none."""
        row = self._one(_SPOKEN, (room, upto))
        return None if row is None else message_of(row)

    def first_unread(self, room: bytes, after: int) -> Message | None:
        """The lowest one above a position that counts as unread, or None."""
        row = self._one(_UNREAD, (room, after))
        return None if row is None else message_of(row)

    def count_unread(self, room: bytes, after: int) -> tuple[int, int]:
        """How many above a position count as unread, and of them mention this account; those together are one."""
        row = self._one(_COUNT, (room, after))
        return (0, 0) if row is None else (row[0], row[1])

    def count_failed(self, room: bytes) -> int:
        """How many own messages failed."""
        row = self._one(_FAILED, (room,))
        return 0 if row is None else row[0]

    def timed_messages(self, room: bytes, upto: int) -> list[Message]:
        """Received ones at or below a position that have a timer which does not run yet."""
        return [message_of(row) for row in self._all(_TIMED, (room, upto))]

    def expired_messages(self, now: int, limit: int) -> list[Message]:
        """Those whose time is up, the longest overdue first."""
        return [message_of(row) for row in self._all(_EXPIRED, (now, limit))]

    def next_expiry(self) -> int | None:
        """When the next message's time is up (ms), or None."""
        row = self._one(_NEXT_EXPIRY)
        return None if row is None else row[0]

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
