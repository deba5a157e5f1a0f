"""The files of messages, their pieces, and what the person chose."""

from __future__ import annotations

from nullabona.client.core.model.records import FileState, Piece, StoredFile
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_FILE = STATEMENTS["file"]
_PUT = STATEMENTS["file_put"]
_IN = STATEMENTS["files_in"]
_DROP = STATEMENTS["file_drop"]
_PIECE_PUT = STATEMENTS["piece_put"]
_PIECES = STATEMENTS["pieces"]
_NAMED = STATEMENTS["pieces_named"]
_DROP_CHUNKS = STATEMENTS["pieces_drop_chunks"]
_DROP_PIECES = STATEMENTS["pieces_drop"]
_PREFERENCE_PUT = STATEMENTS["preference_put"]
_PREFERENCES = STATEMENTS["preferences"]
_PREFERENCES_DROP = STATEMENTS["preferences_drop"]

_STATES = {state.value: state for state in FileState}


def file_of(row: Row) -> StoredFile:
    room, message, mine, state, reason = row
    return StoredFile(room, message, bool(mine), _STATES[state], reason)


class FileRows(Rows):
    """Files by message."""

    __slots__ = ()

    def file(self, room: bytes, message: bytes) -> StoredFile | None:
        """The file of a message, or None."""
        row = self._one(_FILE, (room, message))
        return None if row is None else file_of(row)

    def put_file(self, file: StoredFile) -> None:
        """Insert or replace by (room, message)."""
        self._write(_PUT, (file.room, file.message, int(file.mine), file.state.value, file.reason))

    def files(self, state: FileState) -> list[StoredFile]:
        """Every file in a state."""
        return [file_of(row) for row in self._all(_IN, (state.value,))]

    def drop_file(self, room: bytes, message: bytes) -> None:
        """Forget a file and its pieces, and the chunks that no other file names; harmless if there is none."""
        for statement in (_DROP_CHUNKS, _DROP_PIECES, _DROP):
            self._write(statement, (room, message))

    def put_pieces(self, room: bytes, message: bytes, pieces: list[Piece]) -> None:
        """Insert or replace by place."""
        self._write_many(_PIECE_PUT, [(room, message, piece.place, piece.digest, int(piece.done)) for piece in pieces])

    def pieces(self, room: bytes, message: bytes) -> list[Piece]:
        """The pieces of a file in order."""
        return [Piece(place, digest, bool(done)) for place, digest, done in self._all(_PIECES, (room, message))]

    def pieces_named(self, digest: bytes) -> list[tuple[bytes, bytes, int]]:
        """Room, message and place of every piece that is this chunk."""
        return [(room, message, place) for room, message, place in self._all(_NAMED, (digest,))]


class PreferenceRows(Rows):
    """What the person chose."""

    __slots__ = ()

    def preferences(self, scope: str) -> dict[str, bytes]:
        """Everything chosen in a scope, by key."""
        return dict(self._all(_PREFERENCES, (scope,)))

    def put_preference(self, scope: str, key: str, value: bytes) -> None:
        """Set or replace."""
        self._write(_PREFERENCE_PUT, (scope, key, value))

    def drop_preferences(self, scope: str) -> None:
        """Forget everything chosen in a scope."""
        self._write(_PREFERENCES_DROP, (scope,))
