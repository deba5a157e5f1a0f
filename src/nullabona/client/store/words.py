"""What messages are found by. Knows nothing of languages: anyone who puts words here has cut them already."""

from __future__ import annotations

from nullabona.client.core.model.records import Message
from nullabona.client.store.messages import message_of
from nullabona.client.store.rows import Rows
from nullabona.client.store.statements import STATEMENTS

_PUT = STATEMENTS["words_put"]
_DROP = STATEMENTS["words_drop"]
_FOUND = STATEMENTS["messages_found"]
_RECENT = STATEMENTS["messages_recent"]


class WordRows(Rows):
    """The search index, inside the encrypted file. What leaves it is overwritten, not marked."""

    __slots__ = ()

    def put_words(self, room: bytes, id: bytes, words: str) -> None:
        """What a message is found by, separated by spaces; empty: nothing. The message must be there."""
        if words:
            self._write(_PUT, (room, id, words))
        else:
            self._write(_DROP, (room, id))

    def find_words(self, match: str, *, before: int, limit: int) -> list[tuple[int, Message]]:
        """Messages that fit an FTS5 expression, newest first, each with the number it came in by."""
        return [(row[0], message_of(row[1:])) for row in self._all(_FOUND, (match, before, limit))]

    def recent_messages(self, *, before: int, limit: int) -> list[tuple[int, Message]]:
        """The messages that came last, newest first, in the same way."""
        return [(row[0], message_of(row[1:])) for row in self._all(_RECENT, (before, limit))]
