"""Everything a profile remembers, page by page, for archives: a page is one query that begins behind the last row."""

from __future__ import annotations

from nullabona.client.core.model.records import Message, Person, StoredFile
from nullabona.client.store.files import file_of
from nullabona.client.store.messages import message_of
from nullabona.client.store.rows import Rows
from nullabona.client.store.statements import STATEMENTS

_MESSAGES = STATEMENTS["archive_messages"]
_LINES = STATEMENTS["archive_lines"]
_LINE_COUNT = STATEMENTS["archive_line_count"]
_VALUES = STATEMENTS["archive_values"]
_PREFERENCES = STATEMENTS["archive_preferences"]
_PEOPLE = STATEMENTS["archive_people"]
_MARKERS = STATEMENTS["archive_markers"]
_FILES = STATEMENTS["archive_files"]
_SEEN = STATEMENTS["archive_seen"]
_SIZE = STATEMENTS["archive_size"]


class ArchiveRows(Rows):
    """Rows in a fixed order. Nothing here changes anything."""

    __slots__ = ()

    def message_page(self, after: int, limit: int) -> list[tuple[int, Message]]:
        """Messages of every room in the order they came in, each with the number it came in by."""
        return [(row[0], message_of(row[1:])) for row in self._all(_MESSAGES, (after, limit))]

    def line_page(self, room: bytes, after: tuple[int, int], limit: int) -> list[tuple[int, Message]]:
        """Shown messages of a room behind (position, number), lowest first, each with its number."""
        return [(row[0], message_of(row[1:])) for row in self._all(_LINES, (room, *after, limit))]

    def count_lines(self, room: bytes) -> int:
        """How many shown messages a room has."""
        row = self._one(_LINE_COUNT, (room,))
        return 0 if row is None else row[0]

    def value_page(self, prefix: str, after: str, limit: int) -> list[tuple[str, bytes]]:
        """Single values whose key begins with ``prefix``, by key."""
        return [(key, value) for key, value in self._all(_VALUES, (after, prefix, limit))]

    def preference_page(self, after: tuple[str, str], limit: int) -> list[tuple[str, str, bytes]]:
        """(scope, key, value) of everything chosen."""
        return [(scope, key, value) for scope, key, value in self._all(_PREFERENCES, (*after, limit))]

    def person_page(self, after: bytes, limit: int) -> list[Person]:
        """Everybody met, by account."""
        return [Person(*row) for row in self._all(_PEOPLE, (after, limit))]

    def marker_page(self, after: tuple[bytes, bytes], limit: int) -> list[tuple[bytes, bytes, int]]:
        """(room, account, position) of every read marker."""
        return [(room, account, at) for room, account, at in self._all(_MARKERS, (*after, limit))]

    def file_page(self, after: tuple[bytes, bytes], limit: int) -> list[StoredFile]:
        """Every file by room and message."""
        return [file_of(row) for row in self._all(_FILES, (*after, limit))]

    def seen_page(self, prefix: str, after: tuple[str, bytes], limit: int) -> list[tuple[str, bytes, int]]:
        """(scope, hash, day) of what was seen before, where the scope begins with ``prefix``."""
        return [(scope, hash, day) for scope, hash, day in self._all(_SEEN, (*after, prefix, limit))]

    def archive_size(self) -> tuple[int, int]:
        """How many messages there are, and how many bytes of chunks."""
        row = self._one(_SIZE)
        return (0, 0) if row is None else (row[0], row[1])
