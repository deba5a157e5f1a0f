"""Records into a store: what is new is added, what is known stays unless the archive knows better (spec/archive.md §4).

Merging the same records again changes nothing. Search entries are made again from the bodies. Decides what wins; never
what is shown, and never touches keys of rooms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from nullabona.client.archive import records as r
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.imported import Imports
from nullabona.client.archive.index import KeyIndex, message_key
from nullabona.client.archive.ports import ArchiveStore
from nullabona.client.archive.reading import SEEN, VALUES
from nullabona.client.core import files
from nullabona.client.core.model.content import Attachment, Stored
from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.records import (
    Contact,
    ContactState,
    Device,
    FileState,
    Message,
    MessageState,
    Person,
    Piece,
    StoredFile,
)
from nullabona.client.core.model.room_info import decode_info
from nullabona.client.core.restore import archive_rooms
from nullabona.client.core.timeline import kinds, search
from nullabona.errors import Bug, PeerError
from nullabona.wire.blob import seal_piece
from nullabona.wire.card import decode_card

BATCH: Final = 1_000
"""Records that become durable together."""
_BATCH_BYTES: Final = 8 * 1_048_576
_ERASED: Final = frozenset({kinds.DELETED, kinds.GONE})


@dataclass(slots=True)
class Counts:
    """What a merge has added or changed; ``same`` records were known as they are, or known better."""

    messages: int = 0
    rooms: int = 0
    contacts: int = 0
    people: int = 0
    files: int = 0
    pieces: int = 0
    others: int = 0
    same: int = 0
    met: list[tuple[bytes, bytes]] = field(default_factory=list)
    """(room, message) of added lines whose annotations were here before them: `annotating.settle` each in a step."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            messages=self.messages + other.messages,
            rooms=self.rooms + other.rooms,
            contacts=self.contacts + other.contacts,
            people=self.people + other.people,
            files=self.files + other.files,
            pieces=self.pieces + other.pieces,
            others=self.others + other.others,
            same=self.same + other.same,
            met=self.met + other.met,
        )


def merge_records(store: ArchiveStore, records: Iterable[r.Record], *, today: int) -> Counts:
    """Merge a stream, in transactions of some thousand records. To be called outside a transaction.

    If the stream raises on the way, what came before is kept, and merging the whole stream later completes it.
    Raises `ArchiveDamaged` if a record contradicts itself.
    """
    merger = Merger(store, today=today)
    batch: list[r.Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.data) if isinstance(record, r.Piece) else 0
        if len(batch) >= BATCH or size >= _BATCH_BYTES:
            merger.take(batch)
            batch, size = [], 0
    merger.take(batch)
    return merger.counts


class Merger:
    """A merge under way. ``replace``: what the stream says counts in any case (the later one of two backups)."""

    __slots__ = ("_dropped", "_file", "_imports", "_made_at", "_me", "_replace", "_said", "_store", "_today", "counts")

    def __init__(
        self, store: ArchiveStore, *, today: int, replace: bool = False, dropped: KeyIndex | None = None
    ) -> None:
        self.counts = Counts()
        self._store = store
        self._imports = Imports(store, replace=replace)
        self._today = today
        self._replace = replace
        self._dropped = dropped
        self._me = b""
        self._made_at = 0
        self._file: r.File | None = None
        self._said: Attachment | None = None

    def take(self, records: Iterable[r.Record]) -> None:
        """Merge some records, all or none of them; in the order of the stream from one call to the next."""
        with self._store.transaction():
            for record in records:
                self._merge(record)
            self._imports.settle()

    def forget_other_imports(self) -> None:
        """Of imports only those are left that the stream told of."""
        with self._store.transaction():
            self._imports.forget_others()

    def _merge(self, record: r.Record) -> None:
        if not self._added(record):
            self.counts.same += 1

    def _added(self, record: r.Record) -> bool:  # noqa: C901, PLR0911, PLR0912 - one line for each kind
        match record:
            case r.Message():
                return self._message(record)
            case r.Piece():
                return self._piece(record)
            case r.File():
                return self._file_of(record)
            case r.Marker():
                return self._marker(record)
            case r.Room():
                return self._room(record)
            case r.Seen():
                return self._seen(record)
            case r.Import():
                return self._import(record)
            case r.Person():
                return self._person(record)
            case r.Contact():
                return self._contact(record)
            case r.Value():
                return self._value(record)
            case r.Preference():
                return self._preference(record)
            case r.Begin():
                self._me, self._made_at = record.account, record.made_at
            case r.Identity() | r.Dropped():  # for anyone who reads the stream
                pass
        return False

    # -- what was chosen, and people ------------------------------------------------------------------------------

    def _value(self, said: r.Value) -> bool:
        if not said.key.startswith(VALUES):
            raise ArchiveDamaged("the archive has a value that no archive keeps")
        known = self._store.get_value(said.key)
        if known == said.value or (known is not None and not self._replace):
            return False
        self._store.set_value(said.key, said.value)
        self.counts.others += 1
        return True

    def _preference(self, said: r.Preference) -> bool:
        known = self._store.preferences(said.scope).get(said.key)
        if known == said.value or (known is not None and not self._replace):
            return False
        self._store.put_preference(said.scope, said.key, said.value)
        self.counts.others += 1
        return True

    def _person(self, said: r.Person) -> bool:
        known = self._store.person(said.account)
        person = Person(said.account, said.handle, said.name, said.picture, said.told_at or None)
        if known is not None and (known == person or (known.told_at or 0) > said.told_at):
            return False
        if known is not None and known.told_at == person.told_at and not self._replace:
            return False
        self._store.put_person(person)
        self.counts.people += 1
        return True

    def _contact(self, said: r.Contact) -> bool:
        contact = _contact(said)
        known = self._store.contact(said.account)
        if known is not None and not self._replace:
            if _sequence(contact.card) <= _sequence(known.card):
                return False
            contact = replace(known, card=contact.card, key_packages=contact.key_packages)
        if known == contact:
            return False
        self._store.put_contact(contact)
        self.counts.contacts += 1
        return True

    def _room(self, said: r.Room) -> bool:
        try:
            info = decode_info(said.info)
        except PeerError as error:
            raise ArchiveDamaged("a room of the archive does not decode") from error
        devices = [
            Device(said.id, d.device, d.account, d.handle, d.leaf, d.signature_key, d.encryption_key, d.since)
            for d in said.devices
        ]
        added = archive_rooms.remember(
            self._store, self._me, said.id, info, said.phase, devices, said.read_upto, made_at=self._made_at
        )
        self.counts.rooms += added
        return added

    def _marker(self, said: r.Marker) -> bool:
        known = self._store.marker(said.room, said.account)
        if known is not None and known >= said.position:
            return False
        self._store.put_marker(said.room, said.account, said.position)
        self.counts.others += 1
        return True

    def _seen(self, said: r.Seen) -> bool:
        if not said.scope.startswith(SEEN):
            raise ArchiveDamaged("the archive has a mark that no archive keeps")
        added = self._store.saw(said.scope, said.hash, said.day)
        self.counts.others += added
        return added

    def _import(self, said: r.Import) -> bool:
        added = self._imports.take(said)
        self.counts.others += added
        return added

    # -- messages -------------------------------------------------------------------------------------------------

    def _message(self, said: r.Message) -> bool:
        if self._dropped is not None and message_key(said.room, said.id) in self._dropped:
            return False
        row, body = _row(said)
        known = self._store.message(said.room, said.id)
        if known is not None:
            row = row if self._replace else _later(known, row)
            if row == replace(known, box=b"", frame=b""):
                return False
            row = replace(row, box=known.box, frame=known.frame)
        self._put(row, body, known)
        self.counts.messages += 1
        return True

    def _put(self, row: Message, body: Stored, known: Message | None) -> None:
        store = self._store
        place = self._imports.row_for(row) if known is None or known.device != row.device else None
        if place is None:
            store.put_message(row)
        else:
            if known is not None:  # another import brings it: what that one is undone by are its rows
                store.put_words(row.room, row.id, "")
                store.drop_message(row.room, row.id)
            store.put_message_at(place, row)
        if row.shown and row.kind not in _ERASED:
            search.index(store, row, body)
        elif known is not None:
            store.put_words(row.room, row.id, "")
        if known is not None and row.kind in _ERASED:
            store.drop_file(row.room, row.id)
        if known is None and not self._replace and row.shown and store.annotations(row.room, row.id):
            self.counts.met.append((row.room, row.id))

    # -- files ----------------------------------------------------------------------------------------------------

    def _file_of(self, said: r.File) -> bool:
        self._file, self._said = None, files.attachment_of(self._store, said.room, said.message)
        if self._said is None:
            return False
        self._file = said
        known = self._store.file(said.room, said.message)
        state = _file_state(said)
        if known is not None and (not self._replace or known.state is state):
            here = state is FileState.HERE and known.state is not FileState.HERE
            if not here or known.mine:
                return False
        pieces = [Piece(place, digest, done) for place, (digest, done) in enumerate(said.pieces)]
        self._store.put_file(StoredFile(said.room, said.message, said.mine, state, said.reason))
        self._store.put_pieces(said.room, said.message, pieces)
        self.counts.files += 1
        return True

    def _piece(self, said: r.Piece) -> bool:
        file, attachment = self._file, self._said
        if file is None or (file.room, file.message) != (said.room, said.message):
            file, attachment = self._found(said)
        if file is None or attachment is None:
            return False  # of a message that is not here (any more)
        digest = file.pieces[said.place][0] if said.place < len(file.pieces) else b""
        if self._store.chunk(digest) is not None:
            return False
        self._store.put_chunk(digest, _sealed(attachment, said, digest), self._today)
        self.counts.pieces += 1
        return True

    def _found(self, said: r.Piece) -> tuple[r.File | None, Attachment | None]:
        """The file of a piece that does not come right behind it."""
        attachment = files.attachment_of(self._store, said.room, said.message)
        known = self._store.file(said.room, said.message)
        if attachment is None or known is None:
            return None, None
        pieces = tuple((piece.digest, piece.done) for piece in self._store.pieces(said.room, said.message))
        return r.File(said.room, said.message, known.mine, known.state, known.reason, pieces), attachment


def _contact(said: r.Contact) -> Contact:
    try:
        state = ContactState(said.state)
        devices = decode_card(said.card).body.devices if said.card else ()
    except (ValueError, PeerError):
        raise ArchiveDamaged("a contact of the archive does not decode") from None
    packages = tuple(device.key_package for device in devices)
    return Contact(said.account, said.handle, said.name, state, said.room, said.greeting, said.card, packages)


def _sequence(card: bytes) -> int:
    return decode_card(card).body.sequence if card else -1


def _row(said: r.Message) -> tuple[Message, Stored]:
    """The row as it is on a device that has sent nothing yet. What waited has failed, and can be sent again; for what
    was out nobody waits here any more.
    """
    try:
        state = MessageState(said.state)
    except ValueError:
        raise ArchiveDamaged("a message of the archive does not decode") from None
    state = {MessageState.WAITING: MessageState.FAILED, MessageState.SENT: MessageState.DELIVERED}.get(state, state)
    row = Message(
        *(said.room, said.id, said.account, said.device, said.sent_at, said.position, said.epoch, state, b"", b"", 0),
        *(said.body, said.kind, said.shown, said.unread, said.about, said.entitled, said.timer_s),
        *(said.expires_at or None, said.edited_at or None),
    )
    try:
        body = kinds.stored(row)
    except (Bug, PeerError):
        raise ArchiveDamaged("a message of the archive is none that a room shows") from None
    return replace(row, together=kinds.together(row.account, body)), body


def _later(known: Message, row: Message) -> Message:
    """What is known, with what the archive knows better: an erasure, a later edit, a timer that runs already."""
    if known.kind in _ERASED:
        return replace(known, box=b"", frame=b"")
    kept = replace(known, box=b"", frame=b"")
    if row.kind in _ERASED or (row.edited_at or 0) > (known.edited_at or 0):
        unread = 0 if row.kind in _ERASED else known.unread
        kept = replace(kept, body=row.body, kind=row.kind, shown=row.shown, unread=unread, edited_at=row.edited_at)
        kept = replace(kept, timer_s=row.timer_s, expires_at=row.expires_at or known.expires_at)
    elif known.expires_at is None:
        kept = replace(kept, expires_at=row.expires_at)
    return kept


def _file_state(said: r.File) -> FileState:
    try:
        state = FileState(said.state)
    except ValueError:
        raise ArchiveDamaged("a file of the archive does not decode") from None
    if state is FileState.MOVING:  # nothing moves here: an own one goes again with its message, another is asked for
        return FileState.FAILED if said.mine else FileState.REMOTE
    return state


def _sealed(said: Attachment, piece: r.Piece, digest: bytes) -> bytes:
    """The chunk as the relay has it; the digest proves that it is that one."""
    try:
        ref, index = files.at(said, piece.place)
    except BadRequest as error:
        raise ArchiveDamaged("a piece of the archive is of no file") from error
    chunk = seal_piece(ref.key, index, piece.data)
    if sha256(chunk).digest() != digest:
        raise ArchiveDamaged("a piece of the archive is not the one its file names")
    return chunk
