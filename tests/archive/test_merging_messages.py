"""Messages, files and imports of an archive, into a store that knows some of them already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any

import pytest

from nullabona.client.archive import Counts
from nullabona.client.archive import records as r
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.index import KeyIndex, message_key
from nullabona.client.core.model.content import Poll, React, Receipt, Text, decode_body, encode_body
from nullabona.client.core.model.records import Message, MessageState
from nullabona.client.core.timeline import search
from nullabona.client.store import SqliteStore
from tests.archive.making import (
    DELETED,
    HIDDEN,
    ID,
    ROOM,
    YOU,
    deleted,
    file,
    hidden,
    merged,
    message,
    piece,
    with_file,
)

SAME = Counts(same=1)
ONE = Counts(messages=1)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore.testing_in_memory()
    yield made
    made.close()


def row_of(store: SqliteStore) -> Message:
    found = store.message(ROOM, ID)
    assert found is not None
    return found


def finds(store: SqliteStore, text: str) -> list[bytes]:
    with store.transaction():
        return [hit.message.id for hit in search.find(store, text, search.Wanted(), None, 9)]


def indexed(store: SqliteStore) -> list[int]:
    """The rows of which the search has any words."""
    return [row for (row,) in store._all("SELECT rowid FROM word")]


def sent(store: SqliteStore, said: r.Message) -> Message:
    """A row that this device had sent or taken in itself, with what it did that with."""
    merged(store, said)
    row = changed(row_of(store), box=b"b" * 32, frame=b"f" * 32)
    with store.transaction():
        store.put_message(row)
    return row


def forget(store: SqliteStore) -> None:
    with store.transaction():
        store.drop_message(ROOM, ID)


@pytest.mark.parametrize(
    ("state", "here"),
    [
        ("waiting", "failed"),
        ("failed", "failed"),
        ("sent", "delivered"),
        ("delivered", "delivered"),
        ("received", "received"),
    ],
)
def test_a_message_comes_whole(state: str, here: str, store: SqliteStore) -> None:
    """With all that it says of itself; nothing of it waits or is on its way here. It is found by its words."""
    said = message(state=state, about=b"t" * 16, entitled=True, timer_s=60, expires_at=99, edited_at=8, unread=2)
    assert ONE == merged(store, said)
    assert Message(
        *(ROOM, ID, YOU, b"d" * 16, 5_000, 7, 1, MessageState(here), b"", b"", 0, said.body, "text", True, 2),
        *(b"t" * 16, True, 60, 99, 8),
    ) == row_of(store)
    assert [ID] == finds(store, "안녕하세요")
    assert [SAME, SAME] == [merged(store, said, replace=replace) for replace in (False, True)]


@pytest.mark.parametrize("wrong", [message(state="lost"), message(body=b""), message(body=b"\x91\x01")])
def test_a_message_that_no_room_shows_is_refused(wrong: r.Message, store: SqliteStore) -> None:
    """It is not here then."""
    with pytest.raises(ArchiveDamaged):
        merged(store, wrong)
    assert store.message(ROOM, ID) is None


def test_what_is_never_a_row_is_refused(store: SqliteStore) -> None:
    """Signs that messages carry beside what they say."""
    with pytest.raises(ArchiveDamaged):
        merged(store, message(body=encode_body(Receipt())))


def test_a_message_that_the_later_backup_dropped_does_not_come(store: SqliteStore) -> None:
    """All others do."""
    dropped = KeyIndex()
    dropped.add(message_key(ROOM, ID))
    counts = merged(store, message(), message(id=b"n" * 16), dropped=dropped)
    assert (Counts(messages=1, same=1), None) == (counts, store.message(ROOM, ID))
    assert store.message(ROOM, b"n" * 16) is not None


# -- what wins ---------------------------------------------------------------------------------------------------------

EDITED = message(Text("고친 말"), edited_at=9, timer_s=60, expires_at=70, unread=0)


def test_a_later_edit_counts_and_the_search_knows_it(store: SqliteStore) -> None:
    """What this device sent it with stays, and so does whether it was read."""
    known = sent(store, message(edited_at=8))
    assert ONE == merged(store, EDITED)
    wanted = changed(known, body=EDITED.body, edited_at=9, timer_s=60, expires_at=70)
    assert wanted == row_of(store)
    assert ([ID], []) == (finds(store, "고친"), finds(store, "안녕하세요"))
    assert SAME == merged(store, EDITED)


@pytest.mark.parametrize("edited_at", [9, 10])
def test_an_edit_that_is_no_later_changes_nothing(edited_at: int, store: SqliteStore) -> None:
    """Of the same moment, or of one before."""
    known = sent(store, message(edited_at=edited_at, expires_at=70))
    assert (SAME, known) == (merged(store, EDITED), row_of(store))


@pytest.mark.parametrize(("erased", "body", "kind"), [(deleted, DELETED, "deleted"), (hidden, HIDDEN, "gone")])
def test_an_erasure_counts(erased: Any, body: object, kind: str, store: SqliteStore) -> None:  # noqa: ANN401
    """However much later the line was edited here; its words and its file go with it, and it is not unread."""
    known = sent(store, with_file(edited_at=50, unread=1, expires_at=33))
    merged(store, file(), piece())
    assert ONE == merged(store, erased())
    row = row_of(store)
    assert (body, kind, 0, None, 33) == (decode_body(row.body), row.kind, row.unread, row.edited_at, row.expires_at)
    assert (known.box, known.frame, kind == "deleted") == (row.box, row.frame, row.shown)
    assert ([], []) == (finds(store, "a.txt"), indexed(store))
    assert (None, []) == (store.file(ROOM, ID), store.pieces(ROOM, ID))
    assert SAME == merged(store, erased())


def test_an_edit_keeps_the_file(store: SqliteStore) -> None:
    """Only an erasure takes it."""
    merged(store, with_file(), file(), piece())
    assert ONE == merged(store, with_file(edited_at=9))
    assert store.file(ROOM, ID) is not None


def test_what_was_erased_here_stays_erased(store: SqliteStore) -> None:
    """Whatever the archive has; and how, does not change."""
    known = sent(store, deleted())
    for said in (message(edited_at=99), hidden(), message(expires_at=5)):
        assert (SAME, known) == (merged(store, said), row_of(store))
    assert [] == finds(store, "안녕하세요")


@pytest.mark.parametrize(("here", "said", "then"), [(None, 70, 70), (60, 70, 60), (60, None, 60), (None, None, None)])
def test_a_timer_that_runs_already_counts(
    here: int | None, said: int | None, then: int | None, store: SqliteStore
) -> None:
    """One that is known is not moved; nothing else changes."""
    known = sent(store, message(expires_at=here or 0))
    other = message(Text("다른 말"), expires_at=said or 0, timer_s=5)
    assert (ONE if here != then else SAME) == merged(store, other)
    assert changed(known, expires_at=then) == row_of(store)


def test_an_edit_without_a_running_timer_keeps_the_one_that_runs(store: SqliteStore) -> None:
    """It does not begin again."""
    sent(store, message(expires_at=33))
    merged(store, message(Text("고친 말"), edited_at=9))
    assert (33, 9) == (row_of(store).expires_at, row_of(store).edited_at)


def test_the_later_of_two_backups_counts_in_any_case(store: SqliteStore) -> None:
    """Also against an edit or an erasure; only what this device sent it with stays."""
    known = sent(store, message(edited_at=99))
    assert ONE == merged(store, message(Text("처음 말"), state="delivered", unread=0), replace=True)
    first = changed(known, body=encode_body(Text("처음 말")), state=MessageState.DELIVERED, unread=0, edited_at=None)
    assert first == row_of(store)
    assert [ID] == finds(store, "처음")
    merged(store, deleted())
    assert ONE == merged(store, message(), replace=True)
    assert [ID] == finds(store, "안녕하세요")


def test_what_is_not_shown_is_not_found(store: SqliteStore) -> None:
    """An annotation, and a line that is not shown any more."""
    note = message(React(ID, "안녕하세요"), kind="react", shown=False, about=ID)
    merged(store, note)
    assert ([], []) == (finds(store, "안녕하세요"), indexed(store))
    merged(store, message(), replace=True)
    assert [ID] == finds(store, "안녕하세요")
    merged(store, note, replace=True)
    assert ([], []) == (finds(store, "안녕하세요"), indexed(store))


def test_lines_whose_annotations_were_here_before_are_named(store: SqliteStore) -> None:
    """New ones, that are shown; not where the archive counts in any case, which has them in order."""
    note = message(React(ID, "👍"), id=b"n" * 16, kind="react", shown=False, about=ID)
    assert [] == merged(store, note).met
    assert [] == merged(store, hidden()).met
    forget(store)
    assert [] == merged(store, message(), replace=True).met
    forget(store)
    assert [(ROOM, ID)] == merged(store, message()).met
    assert [] == merged(store, message(edited_at=9)).met
    assert [] == merged(store, message(Poll("?", ("a", "b"), multiple=False), id=b"o" * 16, kind="poll")).met
