"""Files and imports of an archive, into a store that knows some of them already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nullabona.client.archive import Counts
from nullabona.client.archive import records as r
from nullabona.client.archive.errors import ArchiveDamaged
from nullabona.client.archive.merging import Merger
from nullabona.client.core.model.content import decode_body
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.model.records import FileState, Piece, StoredFile
from nullabona.client.core.timeline import search
from nullabona.client.store import SqliteStore
from tests.archive.filled import TODAY
from tests.archive.making import DIGEST, ID, ROOM, file, kept, line, merged, message, piece, with_file

SAME = Counts(same=1)


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    made = SqliteStore.testing_in_memory()
    yield made
    made.close()


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_comes_with_its_pieces(store: SqliteStore) -> None:
    """Sealed again as it was; the same again is nothing new."""
    assert Counts(messages=1, files=1, pieces=1) == merged(store, with_file(), file(reason="x"), piece())
    assert StoredFile(ROOM, ID, mine=False, state=FileState.HERE, reason="x") == store.file(ROOM, ID)
    assert [Piece(0, DIGEST, done=True)] == store.pieces(ROOM, ID)
    assert store.chunk(DIGEST) is not None
    assert Counts(same=3) == merged(store, with_file(), file(), piece())


def test_a_piece_may_come_by_itself(store: SqliteStore) -> None:
    """Long after its file; one of no file that is here is passed over."""
    merged(store, with_file())
    assert SAME == merged(store, piece())
    merged(store, file())
    assert SAME == merged(store, piece(message=b"o" * 16))
    assert SAME == merged(store, file(message=b"o" * 16))
    assert Counts(pieces=1) == merged(store, piece())
    assert Counts(same=2, pieces=0) == merged(store, file(message=b"o" * 16), piece())


def test_a_piece_behind_another_s_file_is_its_own_file_s(store: SqliteStore) -> None:
    """It is not taken for one of that."""
    merged(store, with_file(), file())
    other = with_file(id=b"o" * 16)
    counts = merged(store, other, file(message=b"o" * 16, pieces=()), piece())
    assert Counts(messages=1, files=1, pieces=1) == counts


@pytest.mark.parametrize(
    ("state", "mine", "here"),
    [
        ("here", False, "here"),
        ("here", True, "here"),
        ("moving", False, "remote"),
        ("moving", True, "failed"),
        ("remote", False, "remote"),
        ("failed", True, "failed"),
    ],
)
def test_nothing_moves_in_a_profile_that_has_just_begun(
    state: str, here: str, store: SqliteStore, *, mine: bool
) -> None:
    """An own file goes again with its message; another is asked for."""
    merged(store, with_file(), file(state=state, mine=mine))
    assert StoredFile(ROOM, ID, mine, FileState(here)) == store.file(ROOM, ID)


@pytest.mark.parametrize(
    ("known", "mine", "said", "replace", "then"),
    [
        ("remote", False, "here", False, "here"),
        ("failed", False, "here", False, "here"),
        ("remote", True, "here", False, "remote"),
        ("here", False, "remote", False, "here"),
        ("remote", False, "failed", False, "remote"),
        ("here", False, "remote", True, "remote"),
        ("remote", True, "here", True, "here"),
    ],
)
def test_a_file_that_is_here_stays_here(
    known: str, said: str, then: str, store: SqliteStore, *, mine: bool, replace: bool
) -> None:
    """One that is not comes with the archive, unless it is an own one; or what the archive says counts in any case."""
    merged(store, with_file(), file(state=known, mine=mine))
    counts = merged(store, file(state=said, mine=mine), replace=replace)
    assert (Counts(files=1) if known != then else SAME) == counts
    found = store.file(ROOM, ID)
    assert then == (found.state.value if found is not None else "")
    assert SAME == merged(store, file(state=then, mine=mine, reason="y"), replace=True)


@pytest.mark.parametrize(
    "records",
    [
        (file(state="lost"),),
        (file(), piece(b"other bytes")),
        (file(), piece(place=1)),
        (file(pieces=((DIGEST, True), (b"o" * 32, True))), piece(place=1)),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(records: tuple[r.Record, ...], store: SqliteStore) -> None:
    """No byte of it is kept."""
    with pytest.raises(ArchiveDamaged):
        merged(store, with_file(), *records)
    assert (None, None) == (store.chunk(DIGEST), store.chunk(b"o" * 32))


# -- imports -----------------------------------------------------------------------------------------------------------


def finds(store: SqliteStore, text: str) -> list[bytes]:
    with store.transaction():
        return [hit.message.id for hit in search.find(store, text, search.Wanted(), None, 9)]


def places(store: SqliteStore) -> dict[int, str]:
    """What lies in which row below zero."""
    found = {}
    for row, one in store.message_page(-(1 << 62), 99):
        body = decode_body(one.body)
        found[row] = getattr(body, "text", "")
    return found


def test_lines_of_an_import_get_rows_of_their_own(store: SqliteStore) -> None:
    """In the order in which they come, below all others; what it says it had done is at least what it brought."""
    counts = merged(store, kept(), line(1, "a"), line(2, "b"), line(3, "c"), message())
    assert Counts(others=1, messages=4) == counts
    assert {-5: "a", -4: "b", -3: "c", 1: "안녕하세요"} == places(store)
    (known,) = store.imports()
    assert (-5, 5, 3, 2, ImportState.RUNNING) == (known.first, known.total, known.done, known.added, known.state)
    merged(store, kept(id=b"j" * 16, total=2), line(4, "d", device=b"j" * 16))
    assert {-7: "d"} == {row: text for row, text in places(store).items() if row < -5}


def test_an_import_that_says_more_than_came_is_believed(store: SqliteStore) -> None:
    """Lines that were deleted are done too."""
    merged(store, kept(done=5, added=4, files=1, state="done"), line(1))
    (known,) = store.imports()
    assert (
        Import(
            *(
                b"i" * 16,
                b"x" * 16,
                "kakaotalk",
                "산책",
                "산책",
                ROOM,
                bytes(32),
                -5,
                5,
                5,
                4,
                1,
                ImportState.DONE,
                9,
                True,
            )
        )
        == known
    )


def test_lines_that_come_later_lie_behind_those_that_are_here(store: SqliteStore) -> None:
    """Within the rows that are kept for them; more than that, and those of no import, lie where all others do."""
    merged(store, kept(), line(1), line(2))
    counts = merged(store, kept(done=4), *(line(n) for n in range(3, 8)), line(9, device=b"u" * 16))
    assert Counts(messages=6, same=1) == counts
    assert [-5, -4, -3, -2, -1] == [row for row in places(store) if row < 0]
    assert [1, 2, 3] == [row for row in places(store) if row > 0]
    assert [5] == [known.done for known in store.imports()]


def test_a_message_that_was_sent_has_no_row_of_an_import(store: SqliteStore) -> None:
    """Whatever it calls its device."""
    merged(store, kept(), message(device=b"i" * 16))
    assert [1] == list(places(store))
    assert [2] == [known.done for known in store.imports()]


@pytest.mark.parametrize("replace", [False, True])
def test_an_import_that_is_known_changes_only_where_the_archive_counts(store: SqliteStore, *, replace: bool) -> None:
    """Its rows stay what they are."""
    merged(store, kept())
    counts = merged(store, kept(done=4, total=9, title="다른"), replace=replace)
    assert (Counts(others=1) if replace else SAME) == counts
    (known,) = store.imports()
    assert (-5, 5, 4 if replace else 2, "다른" if replace else "산책") == (
        known.first,
        known.total,
        known.done,
        known.title,
    )
    assert SAME == merged(store, kept(done=known.done, title=known.title), replace=replace)


def test_a_line_that_another_import_brings_goes_to_that(store: SqliteStore) -> None:
    """It is undone with it; it is found once."""
    merged(store, kept(), line(1, "하나"))
    merged(store, kept(id=b"j" * 16), line(1, "하나", device=b"j" * 16), replace=True)
    assert [-10] == list(places(store))
    assert [b"%016d" % 1] == finds(store, "하나")
    assert [(-10,)] == store._all("SELECT rowid FROM word")
    merged(store, line(1, "둘", device=b"j" * 16), replace=True)
    assert {-10: "둘"} == places(store)


def test_imports_that_the_stream_does_not_tell_of_are_forgotten(store: SqliteStore) -> None:
    """They were undone since."""
    merged(store, kept(), kept(id=b"j" * 16))
    merger = Merger(store, today=TODAY, replace=True)
    merger.take([kept(id=b"j" * 16)])
    merger.forget_other_imports()
    assert [b"j" * 16] == [known.id for known in store.imports()]


@pytest.mark.parametrize(("wrong", "good"), [({"done": 6}, False), ({"done": 5}, True), ({"state": "x"}, False)])
def test_an_import_that_contradicts_itself_is_refused(wrong: dict[str, Any], store: SqliteStore, *, good: bool) -> None:
    """More lines than it had, or a state that there is not."""
    if good:
        assert Counts(others=1) == merged(store, kept(**wrong))
    else:
        with pytest.raises(ArchiveDamaged):
            merged(store, kept(**wrong))
