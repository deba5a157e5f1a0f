"""Where imported lines stand, by what they are known again, and what is written of them: counted, found, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nullabona.client.core.model.content import Attachment, Imported, decode_body
from nullabona.client.core.model.imports import Import, ImportState
from nullabona.client.core.model.ports import Store
from nullabona.client.core.timeline.search import place_words
from nullabona.client.importing import kakao, telegram
from nullabona.client.importing.placing import Placer, position_at
from nullabona.client.importing.records import LATEST, Layout, Line, LineKind
from nullabona.client.importing.storing import Writer, author_id, no_files
from nullabona.client.store import SqliteStore
from nullabona.wire.blob import BlobRef

ROOM = b"r" * 32
KEPT = Import(
    b"i" * 16, b"x" * 16, "kakaotalk", "산책", "산책", ROOM, b"d" * 32,
    -50, 50, 0, 0, 0, ImportState.RUNNING, 1, made_room=True,
)  # fmt: skip
MINUTE = 60_000
NOON = 1_742_040_000_000
MINA = b"m" * 32


def line(text: str, at: int = NOON, author: str = "민아", kind: str = "text", **more: Any) -> Line:  # noqa: ANN401
    return Line(at, author, text, kind, 1, **more)


def ids(*lines: Line, salt: bytes = b"s", scope: str = "chat") -> list[bytes]:
    return [id for id, _ in Placer(salt, scope).place(lines)]


@pytest.fixture
def store() -> SqliteStore:
    return SqliteStore.testing_in_memory()


def writer(kept: Import = KEPT, layout: Layout = telegram.LAYOUT, **more: Any) -> Writer:  # noqa: ANN401
    given: dict[str, Any] = {"salt": b"s", "people": {}, "offset": lambda _at: 0} | more
    return Writer(kept, layout, **given)


def add(store: SqliteStore, to: Writer, *lines: Line) -> Import:
    with store.transaction():
        return to.add(store, lines)


def shown(store: SqliteStore) -> list[tuple[int, int, str]]:
    """Row, position within the minute's beginning, and text of every line, in the order of the room."""
    found = []
    for row, message in store.recent_messages(before=1, limit=100):
        body = decode_body(message.body)
        assert isinstance(body, Imported)
        found.append((row, message.position - position_at(NOON), body.text))
    return sorted(found, key=lambda one: one[1])


# -- places ------------------------------------------------------------------------------------------------------------


def test_every_imported_line_stands_before_what_was_sent() -> None:
    """From the first moment to the last; a minute has room for 960,000 lines, in their order."""
    assert [-(2**52), True] == [position_at(0), position_at(LATEST) < 0]
    assert [1, 960_000] == [position_at(NOON, 1) - position_at(NOON), position_at(NOON + MINUTE) - position_at(NOON)]


def test_a_line_is_known_by_its_minute_and_its_words() -> None:
    """Not by its second, its author or its kind; its minute stands at the front of its id."""
    first = ids(line("안녕"))
    assert first == ids(line("안녕", NOON + MINUTE - 1, "준호", "file"))
    assert 16 == len(first[0])
    assert NOON // MINUTE == int.from_bytes(first[0][:4], "big")
    others = [line("또"), line("안녕", NOON - 1), line("안녕", NOON + MINUTE), line("안녕", kind="photo")]
    assert 5 == len({*first, *(ids(one)[0] for one in others)})
    assert first != ids(line("안녕"), salt=b"t")


def test_ids_are_the_same_for_ever() -> None:
    """Or the next version would take in once more what is there already."""
    assert [
        "01bb0610838290d28af7609ee3575b47",
        "01bb061033552246592556845fd2cc05",
        "01bb06102948b632e14a2738469a3f0f",
        "01bb06105feb0759bafde92a220c6cb5",
        "01bb0610978e09ac6ba1dd9002a7fb14",
    ] == [id.hex() for id in ids(*[line("안녕")] * 3, line("사진", kind="photo"), line("x", native="7"))]


def test_what_only_stands_for_something_is_known_by_its_kind() -> None:
    """Exports in other languages have other words for it."""
    assert ids(line("사진", kind="photo")) == ids(line("Photo", kind="photo"))
    assert ids(line("사진", kind="photo")) != ids(line("사진", kind="video"))
    for kind in (LineKind.TEXT, LineKind.FILE, LineKind.SYSTEM, LineKind.UNPARSED):
        assert ids(line("a", kind=kind)) != ids(line("b", kind=kind))


def test_a_line_with_a_number_of_its_own_is_known_by_that() -> None:
    """In its minute and its chat, whatever it says."""
    assert ids(line("a", native="7")) == ids(line("b", native="7"))
    assert 3 == len({ids(line("a", native="7"))[0], ids(line("a", native="8"))[0], ids(line("a"))[0]})
    assert ids(line("a", native="7")) != ids(line("a", native="7"), scope="other")
    assert ids(line("a", native="7"), scope="\ud83d") == ids(line("a", native="7"), scope="?")


def test_the_same_words_in_one_minute_are_several_lines() -> None:
    """Each has an id of its own, the same the next time; lines of one moment are counted, in every call."""
    placer = Placer(b"s", "chat")
    lines = [line("ㅋ"), line("ㅋ"), line("ㅋ", NOON + 1_000), line("ㅎ")]
    found = [*placer.place(lines), *placer.place([line("ㅋ")])]
    assert [0, 1, 0, 2, 3] == [number for _, number in found]
    assert 5 == len({id for id, _ in found})
    assert [id for id, _ in found] == ids(*lines, line("ㅋ"))


@pytest.mark.parametrize(("minutes", "forgotten"), [(512, 0), (513, 256)])
def test_the_last_512_minutes_are_counted(minutes: int, forgotten: int) -> None:
    """Where there are more, the older half is forgotten: a clock that goes back so far begins anew."""
    placer = Placer(b"s", "chat")
    before = placer.place([line("ㅋ", NOON + n * MINUTE) for n in range(minutes)])
    again = placer.place([line("ㅋ", NOON + n * MINUTE) for n in (forgotten, minutes - 1)])
    assert [1, 1] == [number for _, number in again]
    assert not {id for id, _ in before} & {id for id, _ in again}
    if forgotten:
        assert [before[forgotten - 1]] == placer.place([line("ㅋ", NOON + (forgotten - 1) * MINUTE)])


# -- lines into the store ----------------------------------------------------------------------------------------------


def test_lines_are_stored_and_counted(store: SqliteStore) -> None:
    """In rows of the import, in their order; what is written says how far it came, and so does the store."""
    to = writer(people={"민아": MINA})
    first = add(store, to, line("하나"), line("둘", author="준호"))
    second = add(store, to, line("셋", NOON + 1_000, "", "system"))
    assert [(2, 2), (3, 3)] == [(kept.done, kept.added) for kept in (first, second)]
    assert [second] == [to.kept] == store.imports()
    assert [(-50, 0, "하나"), (-49, 1, "둘"), (-48, 16_000, "셋")] == shown(store)
    messages = [message for _, message in reversed(store.recent_messages(before=1, limit=9))]
    assert [(MINA, "text"), (b"", "text"), (b"", "told")] == [(one.account, one.kind) for one in messages]
    assert {(KEPT.id, ROOM)} == {(one.device, one.room) for one in messages}
    assert [NOON, NOON, NOON + 1_000] == [one.sent_at for one in messages]
    assert [
        Imported("telegram", "민아", "하나", "text", precise=True),
        Imported("telegram", "준호", "둘", "text", precise=True),
        Imported("telegram", "", "셋", "system", precise=True),
    ] == [decode_body(one.body) for one in messages]


def test_lines_are_found_by_their_words_their_room_and_who_said_them(store: SqliteStore) -> None:
    """By the account where somebody here is the author, else by the name."""
    add(store, writer(people={"민아": MINA}), line("산책"), line("산책", author="준호"), line("산책", author=""))
    for person, row in ((MINA, -50), (author_id("준호"), -49), (b"", -48)):
        words = " ".join(f'"{word}"' for word in place_words(ROOM, person).split())
        assert [row] == [number for number, _ in store.find_words(f'{words} "산책"', before=1, limit=9)]
    assert "383fd2a85694e4413f0d532191528b13bdba79e398e8d37c8aad4947bcf2b3b9" == author_id("준호").hex()
    assert [b"", 32] == [author_id(""), len(author_id("준호"))]
    assert author_id("준호") != author_id("민아")
    assert author_id("\ud83d") == author_id("?")


def test_a_layout_without_seconds_is_said_to_be_so(store: SqliteStore) -> None:
    """Its lines are precise to the minute; what nobody understood is told, not said."""
    add(store, writer(layout=kakao.LAYOUT), line("a"), line("b", kind="unparsed"))
    messages = [message for _, message in reversed(store.recent_messages(before=1, limit=9))]
    assert [Imported("kakaotalk", "민아", "a", "text"), Imported("kakaotalk", "민아", "b", "unparsed")] == [
        decode_body(one.body) for one in messages
    ]
    assert ["text", "told"] == [one.kind for one in messages]


@pytest.mark.parametrize(("layout", "ahead"), [(kakao.LAYOUT, 1), (telegram.LAYOUT, 0)])
def test_a_wall_clock_is_put_back_by_what_it_is_ahead(layout: Layout, ahead: int, store: SqliteStore) -> None:
    """As it is in each hour; times that are UTC stand as they are."""
    hour = 60 * MINUTE
    asked = []

    def offset(at: int) -> int:
        asked.append(at)
        return 2 * hour if at >= NOON + hour else hour

    lines = [line("a"), line("b", NOON + hour - 1), line("c", NOON + hour), line("d")]
    add(store, writer(layout=layout, offset=offset), *lines)
    back = {-50: hour, -49: hour, -48: 2 * hour, -47: hour}
    wanted = {row: one.at - back[row] * ahead for row, one in zip(back, lines, strict=True)}
    assert wanted == {row: message.sent_at for row, message in store.recent_messages(before=1, limit=9)}


def test_what_is_there_already_is_not_stored_again(store: SqliteStore) -> None:
    """It counts as done, keeps its place, and its row stays empty; what is new stands where there is room."""
    add(store, writer(), line("하나"), line("셋"), line("끝", NOON + 599_000))
    kept = add(store, writer(LATER), line("하나"), line("둘"), line("셋"), line("넷"), line("끝", NOON + 599_000))
    assert (5, 2) == (kept.done, kept.added)
    wanted = [(-50, 0, "하나"), (-49, 1, "셋"), (-99, 2, "둘"), (-97, 3, "넷"), (-48, 599_000 * 16, "끝")]
    assert wanted == shown(store)


LATER = replace(KEPT, id=b"j" * 16, run=b"y" * 16, digest=b"e" * 32, first=-100, made_room=False)
"""Another import into the room."""


def test_a_new_line_stands_behind_the_one_that_was_before_it(store: SqliteStore) -> None:
    """Also where a place before that is free, because a line was deleted, and where its time goes back."""
    add(store, writer(), *(line(text) for text in "abc"))
    with store.transaction():
        store.drop_rows(-49, -48)
    add(store, writer(LATER), line("c"), line("d"), line("e", NOON + 1_000), line("f", NOON - 1_000))
    assert [(-50, 0, "a"), (-48, 2, "c"), (-99, 3, "d"), (-98, 16_000, "e"), (-97, 16_001, "f")] == shown(store)


def test_two_lines_of_one_id_in_a_file_are_one(store: SqliteStore) -> None:
    """Numbers of the other messenger that come twice: the second adds nothing, and what follows it stands behind."""
    kept = add(store, writer(), line("a", native="1"), line("b", native="1"), line("c", native="2"))
    assert (3, 2) == (kept.done, kept.added)
    assert [(-50, 0, "a"), (-48, 2, "c")] == shown(store)


def test_a_line_at_the_end_of_its_minute_is_known_again(store: SqliteStore) -> None:
    """However many lines its minute has, and whichever of them comes first in the file."""
    add(store, writer(), *(line("ㅋ", NOON + 59_999, native=str(n)) for n in range(20)))
    kept = add(store, writer(LATER), line("ㅋ", NOON + 59_999, native="19"))
    assert (1, 0) == (kept.done, kept.added)


def test_nothing_to_store_is_nothing(store: SqliteStore) -> None:
    """And is written down all the same."""
    assert KEPT == add(store, writer())
    assert [KEPT] == store.imports()


@pytest.mark.parametrize(("done", "given", "skipped"), [(0, 2, 0), (2, 3, 2), (3, 3, 3), (5, 3, 3)])
def test_what_an_earlier_attempt_stored_is_passed_over(done: int, given: int, skipped: int) -> None:
    """As many lines as it had done; the rest is to be stored."""
    assert skipped == writer(replace(KEPT, done=done)).skip([line(str(n)) for n in range(given)])


def test_an_import_goes_on_where_it_was_stopped(store: SqliteStore) -> None:
    """Lines that are passed over keep their rows and are counted; what they said is not taken for new."""
    lines = [line("ㅋ") for _ in range(5)]
    first = add(store, writer(), *lines[:3])
    to = writer(first)
    assert [2, 1, 0] == [to.skip(lines[:2]), to.skip(lines[2:]), to.skip(lines[3:])]
    kept = add(store, to, *lines[3:])
    assert (5, 5) == (kept.done, kept.added)
    assert [(n - 50, n, "ㅋ") for n in range(5)] == shown(store)
    again = writer(kept)
    assert [4, 1] == [again.skip(lines[:4]), again.skip(lines[4:])]


BLOBS = (BlobRef(3, b"k" * 32, (b"d" * 32,)),)


def attached(calls: list[tuple[bytes, str]]) -> Callable[[Store, bytes, Line], Attachment | None]:
    def keep(_store: Store, id: bytes, kept: Line) -> Attachment | None:
        calls.append((id, kept.media))
        return Attachment("photo", "고래.png", "image/png", 3, BLOBS, 1, 1) if kept.media == "a.png" else None

    return keep


def test_files_are_kept_under_the_id_of_their_line(store: SqliteStore) -> None:
    """Asked for only where the line names one; found by its name, of its kind; one that is not there is not counted."""
    calls: list[tuple[bytes, str]] = []
    kept = add(store, writer(keep=attached(calls)), line("사진", media="a.png"), line("x", media="b.png"), line("y"))
    (photo,) = store.messages_of(ROOM, "photo", before=0, limit=9)
    assert (3, 3, 1) == (kept.done, kept.added, kept.files)
    assert [(photo.id, "a.png"), "b.png"] == [calls[0], calls[1][1]]
    assert 2 == len(calls)
    assert [-50] == [row for row, _ in store.find_words('"고래"', before=1, limit=9)]
    body = decode_body(photo.body)
    assert isinstance(body, Imported)
    assert ("사진", "고래.png") == (body.text, body.attachment.name if body.attachment else "")
    later_one = add(store, writer(LATER, keep=attached(calls)), line("사진", media="a.png"))
    assert (1, 0, 0, 2) == (later_one.done, later_one.added, later_one.files, len(calls))


def test_an_export_without_media_keeps_none(store: SqliteStore) -> None:
    """Whatever its lines name."""
    assert no_files(store, b"", line("x", media="a.png")) is None  # type: ignore[func-returns-value]
    kept = add(store, writer(fresh=True), line("x", media="a.png"))
    assert (1, 0) == (kept.added, kept.files)
