"""Receiving messages: each once, told and found, sorted alike by all; and who has read what (room.md §6)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core import preferences
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.content import (
    Annotation,
    Attachment,
    Edit,
    Envelope,
    File,
    Gone,
    Profile,
    React,
    Shown,
    Text,
    encode_body,
)
from nullabona.client.core.model.facts.messages import MessageChanged, ReadMarker, Typing
from nullabona.client.core.model.facts.signals import OwnMarkerMoved
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.records import UNPLACED, Device, FileState, Message, MessageState
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.preferences import Preferences
from nullabona.client.core.timeline import kinds, read_markers, search
from nullabona.wire.blob import BlobRef
from tests.core.stage import START, Other, Stage, rows, signals

JUN, SORA = Other("jun"), Other("sora")
ID, LINE = b"i" * 16, b"l" * 16
WORDS = encode_body(Text("hello"))
Told = list[tuple[str, bytes, dict[str, object]]]


def receive(
    stage: Stage, room: bytes, body: Shown | Annotation, *, by: Device | None = None, seq: int = 3, id: bytes = ID
) -> tuple[Told, list[Typing]]:
    """Jun's first device says something at a place of the box: what is told, and who stops writing."""
    with stage.step() as step:
        state = step.room(room)
        said = Envelope(id, START - 7, (), b"", body)
        room_frames.receive(step, state, state.current, seq, by or JUN.row(room, 1), said, body)
        return rows(step), signals(step, Typing)


def row(stage: Stage, room: bytes, id: bytes = ID) -> Message | None:
    """A message as it is stored."""
    with stage.step() as step:
        return step.store.message(room, id)


def news(room: bytes, id: bytes = ID) -> tuple[str, bytes, dict[str, object]]:
    """What is told of a new line of Jun's."""
    return "message", room, {"message": id, "account": JUN.account, "handle": JUN.handle}


# -- what comes ---------------------------------------------------------------------------------------------------


def test_a_line_of_somebody_else_is_kept_told_and_found() -> None:
    """Where it lies in the box; whoever said it is not writing it any more."""
    stage = Stage()
    room = stage.room(JUN)
    assert ([news(room)], [Typing(room, JUN.account, 0)]) == receive(stage, room, Text("hello", timer_s=9))
    found = row(stage, room)
    assert found is not None
    assert (JUN.account, JUN.device, START - 7, 48, 0, MessageState.RECEIVED, b"", 0) == (
        *(found.account, found.device, found.sent_at, found.position),
        *(found.epoch, found.state, found.frame, found.resent),
    )
    assert (encode_body(Text("hello", timer_s=9)), 1, False, 9, None) == (
        *(found.body, found.unread),
        *(found.entitled, found.timer_s, found.expires_at),
    )
    with stage.step() as step:
        assert step.room(room).current.keys.box.address == found.box
        assert [ID] == [hit.message.id for hit in search.find(step.store, "hello", search.Wanted(), None, 10)]


def test_a_copy_of_a_line_says_at_most_that_it_lies_earlier() -> None:
    """Nobody is told again; somebody else's under that id changes nothing."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    receive(stage, room, Text("hello"), seq=3)
    assert ([], []) == receive(stage, room, Text("other"), seq=5)
    assert ([], []) == receive(stage, room, Text("other"), seq=1, by=SORA.row(room, 2))
    found = row(stage, room)
    assert found is not None
    assert (48, WORDS) == (found.position, found.body)
    receive(stage, room, Text("other"), seq=2)
    found = row(stage, room)
    assert found is not None
    assert (32, WORDS) == (found.position, found.body)


def test_an_admins_annotation_is_known_as_one() -> None:
    """As the room is when it comes."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=msgspec.structs.replace(stage.info(), admins=(JUN.account,)))
    receive(stage, room, React(LINE, "👍"))
    receive(stage, room, React(LINE, "👍"), by=SORA.row(room, 2), id=b"s" * 16)
    assert [True, False] == [found.entitled for id in (ID, b"s" * 16) if (found := row(stage, room, id)) is not None]


def test_an_annotation_changes_its_line_whichever_comes_first() -> None:
    """It is no line itself: nothing but the change is told."""
    for ahead in (True, False):
        stage = Stage()
        room = stage.room(JUN)
        if not ahead:
            receive(stage, room, Text("hello"), id=LINE)
        told, writing = receive(stage, room, Edit(LINE, "goodbye"), seq=4)
        assert ([] if ahead else [("message-changed", room, {"message": LINE})], []) == (told, writing)
        if ahead:
            assert news(room, LINE) == receive(stage, room, Text("hello"), id=LINE)[0][0]
        found = row(stage, room, LINE)
        assert found is not None
        assert "goodbye" == kinds.words_of(kinds.stored(found))


def test_what_somebody_is_called_is_learned_and_its_words_are_not_kept() -> None:
    """The row stays, so that it does not come twice."""
    stage = Stage()
    room = stage.room(JUN)
    told, _ = receive(stage, room, Profile("준"))
    found = row(stage, room)
    assert found is not None
    assert ([("profile", b"", {"account": JUN.account})], Gone("done"), False) == (
        *(told, kinds.stored(found)),
        found.shown,
    )
    with stage.step() as step:
        person = step.store.person(JUN.account)
    assert person is not None
    assert ("준", JUN.handle, START - 7) == (person.name, person.handle, person.told_at)


def test_a_file_is_known_from_then_on() -> None:
    """It is with the relay or with others."""
    stage = Stage()
    room = stage.room(JUN)
    receive(stage, room, File(Attachment("file", "a.txt", "text/plain", 5, (BlobRef(5, bytes(32), (bytes(32),)),))))
    with stage.step() as step:
        file = step.store.file(room, ID)
    assert file is not None
    assert (FileState.REMOTE, False) == (file.state, file.mine)


def test_in_the_room_of_our_devices_nothing_is_a_line() -> None:
    """Words are not kept there; a part of an archive is, out of sight."""
    stage = Stage()
    room = stage.room(kind=DEVICES)
    assert ([], []) == receive(stage, room, Text("hello"), by=stage.row)
    assert None is row(stage, room)
    part = Attachment("file", "archive-0", "application/octet-stream", 5, (BlobRef(5, bytes(32), (bytes(32),)),))
    assert [] == receive(stage, room, File(part), by=stage.row)[0]
    found = row(stage, room)
    assert found is not None
    assert (False, 0) == (found.shown, found.unread)


def test_the_time_of_our_own_line_runs_since_it_was_said() -> None:
    """By another device of ours: we have read it."""
    stage = Stage()
    room = stage.room(JUN)
    receive(stage, room, Text("hello", timer_s=9), by=stage.row)
    found = row(stage, room)
    assert found is not None
    assert START - 7 + 9_000 == found.expires_at


@pytest.mark.parametrize(("read", "expires"), [(None, None), (47, None), (48, START + 9_000)])
def test_the_time_of_a_line_that_comes_late_runs_if_it_counts_as_read(read: int | None, expires: int | None) -> None:
    """It lies at or before what our account has read."""
    stage = Stage()
    room = stage.room(JUN)
    if read is not None:
        with stage.store.transaction():
            stage.store.put_marker(room, stage.me.account, read)
    receive(stage, room, Text("hello", timer_s=9))
    found = row(stage, room)
    assert found is not None
    assert expires == found.expires_at


# -- who has read what --------------------------------------------------------------------------------------------


def marked(stage: Stage, room: bytes, marker: bytes, account: bytes = JUN.account) -> Told:
    """An account says that it has read up to a message."""
    with stage.step() as step:
        read_markers.note_marker(step, step.room(room), account, marker)
        return rows(step)


def position(stage: Stage, room: bytes, account: bytes = JUN.account) -> int | None:
    """How far an account has read."""
    with stage.step() as step:
        return step.store.marker(room, account)


def test_how_far_somebody_has_read_never_moves_back() -> None:
    """Told when it moves; no word is no marker, and what the relay does not have yet nobody has read."""
    stage = Stage()
    room = stage.room(JUN)
    for id, place in ((b"1" * 16, 16), (b"2" * 16, 32), (b"3" * 16, UNPLACED)):
        stage.message(room, id, body=WORDS, position=place)
    read = [("read", room, {"account": JUN.account})]
    assert ([], None) == (marked(stage, room, b""), position(stage, room))
    assert (read, 16) == (marked(stage, room, b"1" * 16), position(stage, room))
    assert ([], 16) == (marked(stage, room, b"1" * 16), position(stage, room))
    assert (read, 32) == (marked(stage, room, b"2" * 16), position(stage, room))
    assert ([], 32) == (marked(stage, room, b"1" * 16), position(stage, room))
    assert ([], 32) == (marked(stage, room, b"3" * 16), position(stage, room))
    with stage.step() as step:
        assert {} == step.room(room).unmatched_markers


def test_a_marker_waits_for_its_message() -> None:
    """Each account's newest one; other messages leave it waiting."""
    stage = Stage()
    room = stage.room(JUN, SORA)
    marked(stage, room, b"x" * 16)
    marked(stage, room, ID)
    marked(stage, room, b"y" * 16, SORA.account)
    told, _ = receive(stage, room, Text("hello"), seq=2)
    assert [news(room), ("read", room, {"account": JUN.account})] == told
    assert (32, None) == (position(stage, room), position(stage, room, SORA.account))
    with stage.step() as step:
        assert {SORA.account.hex(): b"y" * 16} == step.room(room).unmatched_markers


def mark_read(stage: Stage, room: bytes, id: bytes) -> tuple[list[Fact], int | None, bytes]:
    """We have read up to a message: what is told, when the room is, and what it is told then."""
    with stage.step() as step:
        state = step.room(room)
        read_markers.mark_read(step, state, id)
        return list(step.told), state.receipt_at, state.read_upto


def test_what_we_have_read_is_told_soon() -> None:
    """Once; what others said with a timer begins to go, also before what was read already."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, LINE, by=JUN, body=WORDS, position=16)
    stage.message(room, ID, by=JUN, body=WORDS, position=32, timer_s=5)
    changed = MessageChanged(room, ID)
    soon = START + stage.timing.receipt
    read = [ReadMarker(room, stage.me.account), OwnMarkerMoved(room)]
    assert ([changed, *read], soon, ID) == mark_read(stage, room, ID)
    assert 32 == position(stage, room, stage.me.account)
    for id in (ID, LINE):
        assert ([], soon, ID) == mark_read(stage, room, id)
    late = b"z" * 16
    stage.message(room, late, by=JUN, body=WORDS, position=31, timer_s=5)
    assert [MessageChanged(room, late)] == mark_read(stage, room, late)[0]


def test_whoever_wants_it_so_does_not_tell_what_they_have_read() -> None:
    """It counts here all the same, and is not told either when they want to tell again."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, ID, by=JUN, body=WORDS, position=16)
    with stage.step() as step:
        preferences.change(step, preferences.PROFILE, Preferences, {"receipts": False})
    read = [ReadMarker(room, stage.me.account), OwnMarkerMoved(room)]
    assert (read, None, b"") == mark_read(stage, room, ID)
    assert 16 == position(stage, room, stage.me.account)


@pytest.mark.parametrize("place", [UNPLACED, UNPLACED + 1, -1])
def test_what_nobody_else_knows_is_not_read(place: int) -> None:
    """What the relay does not have yet, and imported lines; nor what is not here."""
    stage = Stage()
    room = stage.room(JUN, read_upto=LINE)
    stage.message(room, ID, body=WORDS, position=place)
    assert [([], None, LINE)] * 2 == [mark_read(stage, room, id) for id in (ID, b"x" * 16)]
    assert None is position(stage, room, stage.me.account)


def test_the_room_is_told_of_the_last_line_that_somebody_said() -> None:
    """A notice that this device wrote is known to nobody else; if there was none before, what was told stands."""
    stage = Stage()
    room = stage.room(JUN, read_upto=LINE)
    stage.message(room, b"n" * 16, body=WORDS, kind="notice", position=15)
    assert LINE == mark_read(stage, room, b"n" * 16)[2]
    stage.message(room, ID, by=JUN, body=WORDS, position=16)
    stage.message(room, b"m" * 16, body=WORDS, kind="notice", position=17)
    assert ID == mark_read(stage, room, b"m" * 16)[2]


def test_what_we_have_read_on_another_device_counts_here() -> None:
    """Timers begin; one that is still to come is waited for, and what has no place is not read."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, ID, by=JUN, body=WORDS, position=16, timer_s=5)
    stage.message(room, LINE, body=WORDS, position=UNPLACED)
    read = ("read", room, {"account": stage.me.account})
    with stage.step() as step:
        state = step.room(room)
        read_markers.read_elsewhere(step, state, LINE)
        assert [] == rows(step)
        read_markers.read_elsewhere(step, state, ID)
        assert [("message-changed", room, {"message": ID}), read] == rows(step)
        read_markers.read_elsewhere(step, state, b"x" * 16)
        assert {stage.me.account.hex(): b"x" * 16} == state.unmatched_markers
