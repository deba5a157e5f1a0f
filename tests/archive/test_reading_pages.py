"""A profile read in pages: the same however small they are, and nothing of it that no archive keeps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nullabona.client.archive import read_records, reading
from nullabona.client.archive import records as r
from nullabona.client.archive.index import Earlier, message_key
from nullabona.client.core.model.room_info import DEVICES, GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import RoomState, encode_state
from nullabona.client.store import SqliteStore
from tests.archive.filled import RELAY
from tests.archive.making import DIGEST, ID, ME, ROOM, file, kept, line, merged, message, piece, with_file

BEGIN = r.Begin(1, ME, "mina@relay.example", 7)
IDENTITY = r.Identity(bytes(32), "mina@relay.example", RELAY, b"card")
INFO = encode_info(RoomInfo(1, GROUP, "모임", RELAY, (ME,)))


def many() -> list[r.Record]:
    """Seven of each kind, in the order in which they are read."""
    numbers = range(7)
    found: list[r.Record] = [r.Value("import-salt", b"s")]
    found += [r.Value(f"inbox-of:{n}", b"%d" % n) for n in numbers]
    found += [r.Value("own-profile", b"p"), *(r.Value(f"record:{n}", b"%d" % n) for n in numbers)]
    found += [r.Preference(scope, f"k{n}", b"%d" % n) for scope in ("a", "b") for n in numbers]
    found += [r.Person(bytes([n]) * 32, f"p{n}@relay.example", "x", b"", n) for n in numbers]
    found += [r.Contact(bytes([n]) * 32, f"p{n}@relay.example", "x", "accepted", b"", "", b"") for n in numbers]
    found += [r.Room(bytes([n]) * 32, INFO, "away", (), b"") for n in numbers]
    found += [kept(run=b"x" * 16, total=5, done=5, added=5)]
    found += [line(n) for n in range(5)]
    found += [message(id=b"%016d" % (n + 50), position=n) for n in numbers]
    found += [with_file(id=bytes([n + 100]) * 16, position=20 + n) for n in numbers]
    found += [r.Marker(room, bytes([n]) * 32, n) for room in (b"a" * 32, b"b" * 32) for n in numbers]
    for n in numbers:
        found.append(file(message=bytes([n + 100]) * 16))
        if n == 0:
            found.append(piece(message=bytes([100]) * 16))
    found += [r.Seen(f"import{scope}", bytes([n]) * 32, n) for scope in ("", ":b") for n in numbers]
    return found


@pytest.fixture(scope="module")
def store() -> Iterator[SqliteStore]:
    """A profile of all these."""
    made = SqliteStore.testing_in_memory()
    merged(made, BEGIN, *many())
    yield made
    made.close()


@pytest.mark.parametrize("page", [1, 2, 3, 7, 500])
def test_every_record_is_read_once_in_its_order(page: int, store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at a time; also where a page ends with the last of them."""
    monkeypatch.setattr(reading, "PAGE", page)
    assert [BEGIN, IDENTITY, *many()] == list(read_records(store, BEGIN, IDENTITY))
    assert [BEGIN, *many()] == list(read_records(store, BEGIN))


def test_what_an_earlier_backup_has_is_left_out(store: SqliteStore) -> None:
    """Of messages, files and pieces alone; what it has and the profile has not is named at the end."""
    earlier = Earlier()
    for record in many():
        earlier.add(record)
    earlier.add(message(id=b"gone"))
    left = [each for each in many() if not isinstance(each, r.Message | r.File | r.Piece)]
    assert [BEGIN, *left, r.Dropped(message_key(ROOM, b"gone"))] == list(read_records(store, BEGIN, had=earlier))


def test_a_file_that_changed_comes_without_the_bytes_that_are_known() -> None:
    """And a piece that is new comes with the file."""
    store = SqliteStore.testing_in_memory()
    merged(store, with_file(), file(), piece())
    for known, wanted in (([piece()], [file()]), ([file()], []), ([with_file()], [file(), piece()])):
        earlier = Earlier()
        for record in known:
            earlier.add(record)
        found = list(read_records(store, BEGIN, had=earlier))
        assert wanted == [each for each in found if isinstance(each, r.File | r.Piece)]


def test_what_no_archive_keeps_is_not_read() -> None:
    """Other values and marks, and the room in which the own devices meet."""
    store = SqliteStore.testing_in_memory()
    with store.transaction():
        for key in ("links", "inbox", "recor", "x-record:"):
            store.set_value(key, b"1")
        store.saw("box", b"h" * 32, 1)
        info = RoomInfo(1, DEVICES, "", RELAY, (ME,))
        store.save_room(ROOM, encode_state(RoomState(ROOM, info, "joined", [])))
    assert [BEGIN] == list(read_records(store, BEGIN))
    around = [r.Room(id * 32, INFO, "away", (), b"") for id in (b"a", b"z")]
    merged(store, BEGIN, *around)
    assert [BEGIN, *around] == list(read_records(store, BEGIN))


def test_own_messages_that_are_not_out_are_for_a_backup_alone() -> None:
    """Neither they nor their files are told to another device."""
    store = SqliteStore.testing_in_memory()
    states = ["waiting", "failed", "delivered", "received"]
    merged(store, *(with_file(id=bytes([n]) * 16, state=state) for n, state in enumerate(states)))
    merged(store, *(file(message=bytes([n]) * 16, mine=True) for n in range(4)))
    for unsent, ids in ((True, [0, 1, 2, 3]), (False, [2, 3])):
        found = list(read_records(store, BEGIN, unsent=unsent))
        wanted = [bytes([n]) * 16 for n in ids]
        assert wanted == [each.id for each in found if isinstance(each, r.Message)]
        assert wanted == [each.message for each in found if isinstance(each, r.File)]


def test_a_file_of_no_message_is_not_read() -> None:
    """It is a rest of one that is gone."""
    store = SqliteStore.testing_in_memory()
    merged(store, with_file(), file(), piece())
    with store.transaction():
        store.drop_message(ROOM, ID)
    assert [BEGIN] == list(read_records(store, BEGIN))


def test_bytes_that_several_messages_share_come_once() -> None:
    """With the first of them that is still there; what is not here, or does not open, does not come."""
    store = SqliteStore.testing_in_memory()
    first, second = bytes([1]) * 16, bytes([2]) * 16
    merged(store, with_file(id=first), with_file(id=second, position=8), file(message=first), file(message=second))
    assert [] == [each for each in read_records(store, BEGIN) if isinstance(each, r.Piece)]
    merged(store, piece(message=second))
    assert [piece(message=first)] == [each for each in read_records(store, BEGIN) if isinstance(each, r.Piece)]
    with store.transaction():
        store.drop_message(ROOM, first)
    assert [piece(message=second)] == [each for each in read_records(store, BEGIN) if isinstance(each, r.Piece)]
    with store.transaction():
        store.put_chunk(DIGEST, b"something else", 1)
    assert [] == [each for each in read_records(store, BEGIN) if isinstance(each, r.Piece)]
