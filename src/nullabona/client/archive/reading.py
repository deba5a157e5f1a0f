"""A profile as records, read from its store in pages (spec/archive.md §3). Holds one page in memory, never a room.

Each page is a transaction of its own, so that a running client goes on between two pages: every row is as it was when
its page was read, and what came in after the last page of messages is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nullabona.client.archive.index import Earlier
from nullabona.client.archive.ports import ArchiveStore
from nullabona.client.archive.records import (
    Begin,
    Contact,
    File,
    Identity,
    Import,
    Marker,
    MemberDevice,
    Message,
    Person,
    Piece,
    Preference,
    Record,
    Room,
    Seen,
    Value,
)
from nullabona.client.core import files
from nullabona.client.core.model import records
from nullabona.client.core.model.content import Attachment
from nullabona.client.core.model.records import FIRST, MessageState
from nullabona.client.core.model.room_info import DEVICES, encode_info
from nullabona.client.core.model.state import decode_state
from nullabona.client.core.timeline.kinds import BACKFILL
from nullabona.errors import PeerError
from nullabona.wire.blob import open_piece

PAGE: Final = 500
VALUES: Final = ("import-salt", "inbox-of:", "own-profile", "record:")
"""Beginnings of the single values that are kept: what imported lines' ids are made with, inboxes, the own profile,
pinned public records."""
SEEN: Final = "import"
"""Beginning of the scopes of marks that are kept: of imported history."""
_UNSENT: Final = frozenset({MessageState.WAITING, MessageState.FAILED})


def read_records(
    store: ArchiveStore,
    begin: Begin,
    identity: Identity | None = None,
    *,
    unsent: bool = True,
    had: Earlier | None = None,
) -> Iterator[Record]:
    """Everything the profile remembers. To be called outside a transaction, and iterated outside one.

    Without ``unsent``, own messages that are not out are left out: another device will hear of them. Of messages, files
    and pieces, those that ``had`` has are left out, and what it has and the profile does not is named at the end.
    """
    yield begin
    if identity is not None:
        yield identity
    yield from _small(store)
    yield from _rooms(store)
    yield from _imports(store)
    for record in _bulk(store, unsent=unsent):
        if isinstance(record, Message | File) and had is not None and had.has(record):
            continue
        yield record
        if isinstance(record, File):
            yield from _pieces(store, record, had)
    yield from _seen(store)
    if had is not None:
        yield from had.dropped()


def _small(store: ArchiveStore) -> Iterator[Record]:
    for prefix in VALUES:
        key = ""
        while True:
            with store.transaction():
                values = store.value_page(prefix, key, PAGE)
            yield from (Value(key, value) for key, value in values)
            if len(values) < PAGE:
                break
            key = values[-1][0]
    choice = ("", "")
    while True:
        with store.transaction():
            chosen = store.preference_page(choice, PAGE)
        yield from (Preference(*each) for each in chosen)
        if len(chosen) < PAGE:
            break
        choice = chosen[-1][:2]
    yield from _people(store)


def _people(store: ArchiveStore) -> Iterator[Record]:
    account = b""
    while True:
        with store.transaction():
            people = store.person_page(account, PAGE)
        yield from (Person(p.account, p.handle, p.name, p.picture, p.told_at or 0) for p in people)
        if len(people) < PAGE:
            break
        account = people[-1].account
    with store.transaction():
        contacts = store.contacts()
    for c in contacts:
        yield Contact(c.account, c.handle, c.name, c.state.value, c.room, c.greeting, c.card)


def _rooms(store: ArchiveStore) -> Iterator[Record]:
    with store.transaction():
        known = store.rooms()
    for room in known:
        with store.transaction():
            data, devices = store.load_room(room), store.devices(room)
        if data is None:
            continue
        state = decode_state(data)
        if state.info.kind == DEVICES:  # the one room that a new device is let into in another way
            continue
        members = tuple(
            MemberDevice(d.device, d.account, d.handle, d.leaf, d.signature_key, d.encryption_key, d.since)
            for d in devices
        )
        yield Room(room, encode_info(state.info), state.phase, members, state.read_upto)


def _imports(store: ArchiveStore) -> Iterator[Import]:
    with store.transaction():
        known = store.imports()
    for k in known:
        yield Import(
            *(k.id, k.run, k.service, k.title, k.key, k.room, k.digest, k.total, k.done, k.added, k.files),
            *(k.state.value, k.started_at, k.made_room),
        )


def _bulk(store: ArchiveStore, *, unsent: bool) -> Iterator[Record]:
    row = FIRST  # what was imported has rows below 0
    while True:
        with store.transaction():
            page = store.message_page(row, PAGE)
        yield from (_message(m) for _, m in page if m.kind != BACKFILL and (unsent or m.state not in _UNSENT))
        if len(page) < PAGE:
            break
        row = page[-1][0]
    marker = (b"", b"")
    while True:
        with store.transaction():
            markers = store.marker_page(marker, PAGE)
        yield from (Marker(*each) for each in markers)
        if len(markers) < PAGE:
            break
        marker = markers[-1][:2]
    yield from _files(store, unsent=unsent)


def _message(m: records.Message) -> Message:
    return Message(
        *(m.room, m.id, m.account, m.device, m.sent_at, m.position, m.epoch, m.state.value, m.body, m.kind, m.shown),
        *(m.unread, m.about, m.entitled, m.timer_s, m.expires_at or 0, m.edited_at or 0),
    )


# -- files --------------------------------------------------------------------------------------------------------


def _files(store: ArchiveStore, *, unsent: bool) -> Iterator[File]:
    place = (b"", b"")
    while True:
        with store.transaction():
            page = store.file_page(place, PAGE)
            found = [_file(store, file) for file in page if _belongs(store, file, unsent=unsent)]
        yield from found
        if len(page) < PAGE:
            break
        place = (page[-1].room, page[-1].message)


def _belongs(store: ArchiveStore, file: records.StoredFile, *, unsent: bool) -> bool:
    row = store.message(file.room, file.message)
    return row is not None and (unsent or row.state not in _UNSENT)


def _file(store: ArchiveStore, file: records.StoredFile) -> File:
    pieces = store.pieces(file.room, file.message)
    named = tuple((piece.digest, piece.done) for piece in pieces)
    return File(file.room, file.message, file.mine, file.state.value, file.reason, named)


def _pieces(store: ArchiveStore, file: File, had: Earlier | None) -> Iterator[Piece]:
    """The bytes that are here, each once: what a forwarded file shares with the first one comes with that one."""
    with store.transaction():
        said = files.attachment_of(store, file.room, file.message)
    if said is None:
        return
    for place, (digest, _) in enumerate(file.pieces):
        with store.transaction():
            data = _piece(store, file, said, place) if _first(store, file, digest, place) else None
        piece = None if data is None else Piece(file.room, file.message, place, data)
        if piece is not None and (had is None or not had.has(piece)):
            yield piece


def _first(store: ArchiveStore, file: File, digest: bytes, place: int) -> bool:
    for room, message, named in store.pieces_named(digest):
        if (room, message, named) == (file.room, file.message, place):
            return True
        if files.attachment_of(store, room, message) is not None:
            return False
    return True


def _piece(store: ArchiveStore, file: File, said: Attachment, place: int) -> bytes | None:
    chunk = store.chunk(file.pieces[place][0])
    if chunk is None:
        return None
    try:
        return open_piece(*files.at(said, place), chunk)
    except PeerError:  # what does not open here would not open there
        return None


def _seen(store: ArchiveStore) -> Iterator[Record]:
    seen = ("", b"")
    while True:
        with store.transaction():
            marks = store.seen_page(SEEN, seen, PAGE)
        yield from (Seen(*each) for each in marks)
        if len(marks) < PAGE:
            break
        seen = marks[-1][:2]
