"""What wins when an archive meets what is here: for each kind of record, both ways, counted as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nullabona.client.archive import Counts, merge_records, merging
from nullabona.client.archive import records as r
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.records import Contact, ContactState, Device, Person
from nullabona.client.core.model.room_info import GROUP, RoomInfo, encode_info
from nullabona.client.core.model.state import decode_state
from nullabona.client.store import SqliteStore
from nullabona.wire.card import decode_card
from tests.archive.filled import RELAY, TODAY
from tests.archive.making import ME, ROOM, YOU, cards, merged, message, piece


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore.testing_in_memory()
    yield made
    made.close()


ADDED, SAME = Counts(others=1), Counts(same=1)


@pytest.mark.parametrize("key", ["import-salt", "inbox-of:7", "own-profile", "record:relay.example"])
def test_a_value_that_is_here_stays_unless_the_archive_counts_in_any_case(key: str, store: SqliteStore) -> None:
    """The same value is nothing new."""
    assert [ADDED, SAME, SAME] == [merged(store, r.Value(key, value)) for value in (b"1", b"1", b"2")]
    assert b"1" == store.get_value(key)
    assert [SAME, ADDED] == [merged(store, r.Value(key, value), replace=True) for value in (b"1", b"2")]
    assert b"2" == store.get_value(key)


def test_a_choice_that_is_here_stays_unless_the_archive_counts_in_any_case(store: SqliteStore) -> None:
    """Each in its own scope."""
    one, two, other = (r.Preference("a", "k", b"1"), r.Preference("a", "k", b"2"), r.Preference("b", "k", b"2"))
    assert [ADDED, SAME, SAME, ADDED] == [merged(store, each) for each in (one, one, two, other)]
    assert ({"k": b"1"}, {"k": b"2"}) == (store.preferences("a"), store.preferences("b"))
    assert [SAME, ADDED] == [merged(store, each, replace=True) for each in (one, two)]
    assert {"k": b"2"} == store.preferences("a")


def person(name: str, told_at: int) -> r.Person:
    return r.Person(YOU, "jun@relay.example", name, b"p", told_at)


@pytest.mark.parametrize(
    ("said", "replace", "wins"),
    [
        (person("a", 5), False, False),
        (person("a", 5), True, False),
        (person("b", 5), False, False),
        (person("b", 5), True, True),
        (person("b", 6), False, True),
        (person("b", 6), True, True),
        (person("b", 4), False, False),
        (person("b", 4), True, False),
    ],
)
def test_of_a_person_the_newest_is_known(said: r.Person, store: SqliteStore, *, replace: bool, wins: bool) -> None:
    """What was told last; of the same moment, what is here, unless the archive counts in any case."""
    assert Counts(people=1) == merged(store, person("a", 5))
    assert (Counts(people=1) if wins else SAME) == merged(store, said, replace=replace)
    name, told_at = (said.name, said.told_at) if wins else ("a", 5)
    assert Person(YOU, "jun@relay.example", name, b"p", told_at) == store.person(YOU)


def contact(card: bytes = b"", **more: Any) -> r.Contact:  # noqa: ANN401
    plain = {"account": YOU, "handle": "jun@relay.example", "name": "준", "state": "accepted", "room": ROOM}
    return r.Contact(**(plain | {"greeting": "안녕", "card": card} | more))


def packages(card: bytes) -> tuple[bytes, ...]:
    return tuple(device.key_package for device in decode_card(card).body.devices) if card else ()


def test_a_contact_comes_whole(store: SqliteStore) -> None:
    """With the key packages of its card; the same again is nothing new."""
    card, *_ = cards()
    whole = Contact(YOU, "jun@relay.example", "준", ContactState.ACCEPTED, ROOM, "안녕", card, packages(card))
    assert (Counts(contacts=1), whole) == (merged(store, contact(card)), store.contact(YOU))
    assert packages(card)
    assert [SAME, SAME] == [merged(store, contact(card), replace=replace) for replace in (False, True)]


def test_a_contact_that_is_here_takes_only_a_newer_card(store: SqliteStore) -> None:
    """Its name and what was decided of it stay; an older card, or none, changes nothing."""
    old, new, fork = cards()
    other = {"name": "다른", "state": "blocked", "greeting": "x"}
    merged(store, contact())
    for card, counts in ((old, Counts(contacts=1)), (b"", SAME), (fork, SAME), (new, Counts(contacts=1)), (old, SAME)):
        assert counts == merged(store, contact(card, **other))
    assert Contact(YOU, "jun@relay.example", "준", ContactState.ACCEPTED, ROOM, "안녕", new, packages(new)) == (
        store.contact(YOU)
    )
    assert SAME == merged(store, contact(b"", **other))


def test_a_contact_is_replaced_where_the_archive_counts_in_any_case(store: SqliteStore) -> None:
    """Also by one with an older card."""
    old, new, _ = cards()
    merged(store, contact(new))
    assert Counts(contacts=1) == merged(store, contact(old, name="다른"), replace=True)
    known = store.contact(YOU)
    assert known is not None
    assert ("다른", old, packages(old)) == (known.name, known.card, known.key_packages)


@pytest.mark.parametrize("wrong", [contact(state="friend"), contact(b"no card")])
def test_a_contact_that_does_not_decode_is_refused(wrong: r.Contact, store: SqliteStore) -> None:
    """Nothing of it is kept."""
    with pytest.raises(ArchiveDamaged):
        merged(store, wrong)
    assert store.contact(YOU) is None


INFO = RoomInfo(1, GROUP, "모임", RELAY, (ME,))
MEMBERS = tuple(
    r.MemberDevice(account[:16], account, "x@relay.example", leaf, b"s", b"e", 3)
    for leaf, account in enumerate((ME, YOU))
)


def room(phase: str = "joined", info: bytes | None = None) -> r.Room:
    return r.Room(ROOM, encode_info(INFO) if info is None else info, phase, MEMBERS, b"u" * 16)


def test_a_room_comes_back_as_one_that_waits_for_a_way_in(store: SqliteStore) -> None:
    """With its members, of whom others than oneself are asked; once it is here nothing changes it."""
    begin = r.Begin(1, ME, "mina@relay.example", 7)
    assert Counts(rooms=1, same=1) == merged(store, begin, room())
    state = decode_state(store.load_room(ROOM) or b"")
    assert (INFO, "away", b"u" * 16) == (state.info, state.phase, state.read_upto)
    assert isinstance(state.rejoin, Rejoin)
    assert 1 == len(state.rejoin.helpers)
    wanted = [
        Device(ROOM, m.device, m.account, m.handle, m.leaf, m.signature_key, m.encryption_key, 3) for m in MEMBERS
    ]
    assert wanted == store.devices(ROOM)
    assert [SAME, SAME] == [merged(store, room("left"), replace=replace) for replace in (False, True)]
    assert "away" == decode_state(store.load_room(ROOM) or b"").phase


def test_a_room_that_does_not_decode_is_refused(store: SqliteStore) -> None:
    """It is not here then."""
    with pytest.raises(ArchiveDamaged):
        merged(store, room(info=b"no room"))
    assert store.load_room(ROOM) is None


def test_a_marker_only_goes_on(store: SqliteStore) -> None:
    """Whatever the archive says."""
    for position, counts in ((5, ADDED), (5, SAME), (4, SAME), (6, ADDED)):
        for replace in (False, True):
            assert (counts if not replace else SAME) == merged(store, r.Marker(ROOM, YOU, position), replace=replace)
    assert 6 == store.marker(ROOM, YOU)


def test_a_mark_of_imported_history_is_made_once(store: SqliteStore) -> None:
    """Only of that."""
    mark = r.Seen("import:kakao", b"h" * 32, 5)
    assert [ADDED, SAME] == [merged(store, mark), merged(store, mark)]
    assert [("import:kakao", b"h" * 32, 5)] == store.seen_page("import", ("", b""), 9)
    with pytest.raises(ArchiveDamaged):
        merged(store, r.Seen("box", b"h" * 32, 5))


def test_what_is_for_the_reader_of_a_stream_changes_nothing(store: SqliteStore) -> None:
    """Whose it is, and what is gone."""
    whose = r.Identity(bytes(32), "mina@relay.example", RELAY, b"card")
    begin = r.Begin(1, ME, "mina@relay.example", 7)
    assert Counts(same=3) == merged(store, begin, whose, r.Dropped(bytes(16)))


# -- batches -----------------------------------------------------------------------------------------------------------


class Broken(Exception):
    """A stream ends so."""


def breaking(records: list[r.Record]) -> Iterator[r.Record]:
    yield from records
    raise Broken


@pytest.mark.parametrize(("number", "left"), [(1, 0), (2, 2), (3, 2), (4, 4)])
def test_what_came_before_a_stream_broke_is_kept(
    number: int, left: int, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many whole batches as had come; merging it all later completes it."""
    monkeypatch.setattr(merging, "BATCH", 2)
    records: list[r.Record] = [r.Value(f"record:{n}", b"1") for n in range(number)]
    with pytest.raises(Broken):
        merge_records(store, breaking(records), today=TODAY)
    assert left == len(store.value_page("record:", "", 9))
    assert Counts(others=number - left, same=left) == merge_records(store, records, today=TODAY)


@pytest.mark.parametrize(
    ("sizes", "left"), [([9], 0), ([10], 1), ([4, 5], 0), ([4, 6], 1), ([10, 9], 1), ([10, 10], 2)]
)
def test_large_pieces_end_a_batch_sooner(
    sizes: list[int], left: int, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the bytes that they have together since the last one ended."""
    monkeypatch.setattr(merging, "_BATCH_BYTES", 10)
    records: list[r.Record] = []
    for number, size in enumerate(sizes):
        records += [r.Value(f"record:{number}", b"1"), piece(bytes(size))]
    with pytest.raises(Broken):
        merge_records(store, breaking(records), today=TODAY)
    assert (0 if left == 0 else len(sizes) if sizes in ([4, 6], [10, 10]) else 1) == len(
        store.value_page("record:", "", 9)
    )


def test_a_batch_with_a_record_that_is_refused_is_undone(store: SqliteStore) -> None:
    """All of it."""
    with pytest.raises(ArchiveDamaged):
        merge_records(store, [r.Value("own-profile", b"1"), message(state="lost")], today=TODAY)
    assert store.get_value("own-profile") is None


def test_counts_add_up() -> None:
    """Each for itself."""
    one = Counts(1, 2, 3, 4, 5, 6, 7, 8, [(b"a", b"b")])
    two = Counts(10, 20, 30, 40, 50, 60, 70, 80, [(b"c", b"d")])
    assert Counts(11, 22, 33, 44, 55, 66, 77, 88, [(b"a", b"b"), (b"c", b"d")]) == one + two
