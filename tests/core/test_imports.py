"""Imported history: where its rows lie, and how it goes, part by part, with the room that nothing else is in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import imports
from nullabona.client.core.imports import UNDONE_AT_ONCE
from nullabona.client.core.model.content import Imported, encode_body
from nullabona.client.core.model.imports import IMPORTED, Import, ImportState
from nullabona.client.core.model.records import FileState, StoredFile
from nullabona.client.core.model.room_info import RoomInfo
from tests.core.stage import START, rows
from tests.core.talk import PHOTO, Talk

ID = b"i" * 16
BODY = encode_body(Imported("kakaotalk", "지우", "hi"))
PICTURE = encode_body(Imported("kakaotalk", "지우", "", "photo", attachment=PHOTO.attachment))


def begun(talk: Talk, total: int = 5, *, id: bytes = ID, room: bytes = b"") -> Import:
    """An import of which nothing is stored yet."""
    room = room or imports.make_room(talk.step, "old times")
    fresh = Import(
        *(id, b"run", "kakaotalk", "old times", "key", room, b"digest", 0, total, 0, 0, 0),
        *(ImportState.RUNNING, START, True),
    )
    return imports.begin(talk.step, fresh)


def stored(talk: Talk, kept: Import, count: int) -> Import:
    """The first lines of it are stored; every other one has a picture, whose file is known."""
    rows = []
    for number in range(count):
        id = kept.id[:8] + number.to_bytes(8, "big")
        body, kind = (PICTURE, "photo") if number % 2 else (BODY, "text")
        rows.append((kept.first + number, kept.room, id, b"j" * 32, kept.id, START, kept.first + number, body, kind))
        if number % 2:
            talk.step.store.put_file(StoredFile(kept.room, id, mine=False, state=FileState.HERE))
    talk.step.store.add_imported(rows, [])
    done = replace(kept, done=count, added=count)
    talk.step.store.put_import(done)
    return done


def lines(talk: Talk, kept: Import) -> int:
    """How much of it is in its room."""
    return len(talk.step.store.messages(kept.room, limit=10_000))


def events(talk: Talk) -> list[bytes]:
    """The rooms of which listeners were told that an import changed."""
    return [room for kind, room, _ in rows(talk.step) if kind == "imported"]


def test_a_room_of_imported_history_is_of_this_account_alone(talk: Talk) -> None:
    """With a clean name, on no relay; under the id that it had before, if that is free."""
    first = imports.make_room(talk.step, " old\ntimes ", b"r" * 32)
    second = imports.make_room(talk.step, "x", b"r" * 32)
    third = imports.make_room(talk.step, "x")
    assert b"r" * 32 == first
    assert 3 == len({first, second, third})
    room = talk.step.room(first)
    info = RoomInfo(1, "group", "old times", "", (talk.me,))
    assert (info, IMPORTED, []) == (room.info, room.phase, room.boxes)


def test_imports_lie_below_all_that_is_there_and_one_below_the_other(talk: Talk) -> None:
    """Each has rows for all of its lines, whether they are stored or not."""
    first = begun(talk, 5)
    second = begun(talk, 7, id=b"j" * 16)
    assert (-5, -12) == (first.first, second.first)
    assert {first, second} == set(talk.step.store.imports())


def test_an_import_that_is_finished_is_told(talk: Talk) -> None:
    """One that is not there is not."""
    kept = begun(talk)
    imports.finish(talk.step, b"x" * 16)
    assert ([kept], []) == (talk.step.store.imports(), events(talk))
    imports.finish(talk.step, kept.id)
    assert ([replace(kept, state=ImportState.DONE)], [kept.room]) == (talk.step.store.imports(), events(talk))


def test_what_is_undone_leaves_nothing(talk: Talk) -> None:
    """Its lines, their files, and the room that nothing else is in; that is told once."""
    kept = stored(talk, begun(talk), 4)
    room = talk.step.room(kept.room)
    assert (4, True) == (lines(talk, kept), room is not None)
    assert not imports.undo(talk.step, kept)
    assert (0, [], None) == (lines(talk, kept), talk.step.store.imports(), talk.step.find_room(kept.room))
    assert talk.step.store.file(kept.room, kept.id[:8] + (1).to_bytes(8, "big")) is None
    assert [kept.room] == events(talk)
    assert not imports.undo(talk.step, kept)
    assert [kept.room] == events(talk)


def test_much_is_undone_in_parts(talk: Talk) -> None:
    """The last lines first, two thousand in a step; until all are gone it is remembered how far that has come."""
    kept = stored(talk, begun(talk, UNDONE_AT_ONCE + 9), UNDONE_AT_ONCE + 1)
    assert imports.undo(talk.step, kept)
    assert [replace(kept, state=ImportState.UNDOING, done=1)] == talk.step.store.imports()
    assert (1, [], True) == (lines(talk, kept), events(talk), talk.step.find_room(kept.room) is not None)
    assert not imports.undo(talk.step, kept)
    assert (0, [], [kept.room]) == (lines(talk, kept), talk.step.store.imports(), events(talk))


def test_just_as_much_as_a_step_undoes_is_undone_in_one(talk: Talk) -> None:
    """Nothing is left for another."""
    kept = stored(talk, begun(talk, UNDONE_AT_ONCE), UNDONE_AT_ONCE)
    assert not imports.undo(talk.step, kept)
    assert (0, []) == (lines(talk, kept), talk.step.store.imports())


@pytest.mark.parametrize("which", ["people", "another import", "forgotten"])
def test_a_room_that_something_else_is_in_stays(talk: Talk, which: str) -> None:
    """People's rooms, and those of another import."""
    kept = begun(talk, room=talk.group.id if which == "people" else b"")
    if which == "another import":
        begun(talk, id=b"j" * 16, room=kept.room)
    if which == "forgotten":
        talk.step.forget_room(kept.room)
    imports.undo(talk.step, kept)
    assert (which != "forgotten") is (talk.step.find_room(kept.room) is not None)
    assert [kept.room] == events(talk)
