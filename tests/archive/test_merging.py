"""From a store through bytes into another store: all that counts arrives, twice is as once, newer is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullabona.client.archive import Counts, begin_of, decode_stream, encode_stream, merge_records, read_records
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.records import Message, Preference, Record, Seen, Value
from nullabona.client.core import preferences
from nullabona.client.core.model.content import Deleted, Gone, React, Text, encode_body
from nullabona.client.core.model.records import ContactState, MessageState, Person
from nullabona.client.core.model.state import decode_state
from nullabona.client.core.timeline import search
from nullabona.client.store import SqliteStore
from tests.archive.filled import NOW, SECRET, TODAY, Life, edit, fill, put, rows, talk


@pytest.fixture
def life() -> Iterator[Life]:
    """A profile with some life in it."""
    store = SqliteStore.testing_in_memory()
    yield fill(store, 7)
    store.close()


def stream(life: Life, **options: bool) -> bytes:
    """The profile as bytes."""
    return b"".join(encode_stream(read_records(life.store, begin_of(life.account, NOW), None, **options)))  # type: ignore[arg-type]


def merged(data: bytes, store: SqliteStore | None = None) -> tuple[SqliteStore, Counts]:
    """A store with a stream in it."""
    store = store or SqliteStore.testing_in_memory()
    return store, merge_records(store, decode_stream([data]), today=TODAY)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), messages=st.integers(0, 60))
def test_any_profile_arrives_whole_and_reads_the_same_again(seed: int, messages: int) -> None:
    """A random profile through records into an empty store: the same rows, and the same records read from there."""
    life = fill(SqliteStore.testing_in_memory(), seed, messages=messages)
    other, _ = merged(stream(life))
    assert list(rows(life.store)) == list(rows(other))
    third, _ = merged(b"".join(encode_stream(read_records(other, begin_of(life.account, NOW)))))
    assert list(read_records(other, begin_of(life.account, 0))) == list(read_records(third, begin_of(life.account, 0)))


def test_merging_twice_adds_nothing(life: Life) -> None:
    """Everything is the same the second time, and nothing changes; into the profile it came from, too."""
    data = stream(life)
    other, first = merged(data)
    before = list(rows(other))
    _, again = merged(data, other)
    assert (Counts(same=again.same), before) == (again, list(rows(other)))
    assert first.messages == life.sent
    at_home = list(rows(life.store))
    merged(data, life.store)
    assert at_home == list(rows(life.store))


def test_nothing_that_encrypts_leaves_the_store(life: Life) -> None:
    """No ratchet state, epoch secret, frame, outbox item, link or event: the planted secret is in no record."""
    records = list(read_records(life.store, begin_of(life.account, NOW)))
    assert not [record for record in records if SECRET in msgspec_bytes(record)]
    assert life.account.record.root not in b"".join(msgspec_bytes(record) for record in records)
    other, _ = merged(stream(life))
    with other.transaction():
        states = [decode_state(other.load_room(room) or b"") for room in other.rooms()]
        assert {("away", 0), ("removed", 0)} == {(state.phase, len(state.boxes)) for state in states}
        assert [None] * len(states) == [other.mls_generation(room) for room in other.rooms()]


def msgspec_bytes(record: Record) -> bytes:
    return msgspec.msgpack.encode(record)


def test_what_is_newer_here_stays(life: Life) -> None:
    """A later edit, a deletion, a further marker, a newer profile, a choice and a contact's state are kept."""
    data, store, room = stream(life), life.store, life.rooms[0]
    with store.transaction():
        line = put(life, room, Text("원래"), life.people[0])
        gone = put(life, room, Text("없어질 말"), life.people[0])
    older = stream(life)
    with store.transaction():
        edit(life, line, "고친 말")
        store.put_message(replace(gone, body=encode_body(Deleted(gone.account)), kind="deleted"))
        store.put_marker(room, life.me, 10_000)
        known = store.person(life.people[0])
        assert known is not None
        assert known.told_at is not None
        store.put_person(Person(known.account, known.handle, "새 이름", b"", known.told_at + 1))
        store.put_preference(preferences.PROFILE, "theme", b"\xa5light")
        contact = store.contact(life.people[3])
        assert contact is not None
        store.put_contact(replace(contact, state=ContactState.ACCEPTED, name="다른 별명"))
    before = list(rows(store))
    for each in (data, older):
        merged(each, store)
        assert before == list(rows(store))


def test_what_the_archive_knows_better_counts(life: Life) -> None:
    """Into an older store: edits and deletions of lines it has, what it lacks; the search finds only the new words."""
    store, room = life.store, life.rooms[0]
    with store.transaction():
        line = put(life, room, Text("처음에 한 말"), life.people[0])
        gone = put(life, room, Text("지워진 비밀"), life.people[0])
    other, _ = merged(stream(life))
    with store.transaction():
        edit(life, line, "고쳐서 한 이야기")
        store.put_message(replace(gone, body=encode_body(Gone("hidden")), kind="gone", shown=False, unread=0))
        talk(life)
    merged(stream(life), other)
    assert list(rows(life.store)) == list(rows(other))
    with other.transaction():
        assert [line.id] == [hit.message.id for hit in search.find(other, "이야기", search.Wanted(), None, 5)]
        assert [[], []] == [search.find(other, text, search.Wanted(), None, 5) for text in ("처음에", "지워진")]


def test_what_was_not_sent_is_left_out_or_has_failed(life: Life) -> None:
    """For a linked device it is left out; from a backup it comes back as failed, so that it can be sent again."""
    own = {MessageState.WAITING, MessageState.FAILED}
    with life.store.transaction():
        unsent = {m.id for _, m in life.store.message_page(0, 9_999) if m.state in own}
    assert unsent
    sent = {r.id for r in read_records(life.store, begin_of(life.account, NOW), unsent=False) if isinstance(r, Message)}
    assert not unsent & sent
    other, _ = merged(stream(life))
    with other.transaction():
        states = {m.state for _, m in other.message_page(0, 9_999)}
        assert {MessageState.FAILED} == {m.state for _, m in other.message_page(0, 9_999) if m.id in unsent}
    assert {MessageState.FAILED, MessageState.DELIVERED, MessageState.RECEIVED} == states


def test_lines_that_come_after_their_annotations_are_named(life: Life) -> None:
    """A reaction was here before its line: whoever merges is told which lines to settle."""
    store, room = life.store, life.rooms[0]
    with store.transaction():
        line = put(life, room, Text("늦게 오는 말"), life.people[0])
        note = put(life, room, React(line.id, "👍"), life.people[1])
    other = SqliteStore.testing_in_memory()
    with other.transaction():
        other.put_message(note)
    _, counts = merged(stream(life), other)
    assert [(room, line.id)] == counts.met


@pytest.mark.parametrize("record", [Value("account", b"x"), Value("links", b"x"), Seen("box", b"h", 1)])
def test_a_stream_cannot_set_what_no_archive_keeps(record: Record) -> None:
    """Keys of the account and marks of boxes are refused, and the batch they came in with is undone."""
    store = SqliteStore.testing_in_memory()
    with pytest.raises(ArchiveDamaged):
        merge_records(store, [Preference("profile", "theme", b"\xa4dark"), record], today=TODAY)
    with store.transaction():
        assert (None, {}) == (store.get_value("account"), store.preferences("profile"))
