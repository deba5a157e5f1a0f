"""What was said before a device came, as parts of an archive in the devices' room: kept out of sight, and in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import files
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import history
from nullabona.client.core.devices.history import MOST_PARTS, Part
from nullabona.client.core.model.content import Attachment, File, Text
from nullabona.client.core.model.records import FileState, Message, MessageState, StoredFile
from nullabona.client.core.model.sync_items import ContactItem
from nullabona.wire.blob import BlobRef
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.talk import JUN, Talk


@pytest.mark.parametrize(
    ("stream", "number", "last", "name"), [("a", 0, False, "a-0"), ("a", 12, True, "a-12-last"), ("", 5, False, "-5")]
)
def test_a_part_is_named_after_its_archive_and_place(stream: str, number: int, name: str, *, last: bool) -> None:
    """And the last one as such; read back it is the same."""
    assert name == history.part_name(stream, number, last=last)
    assert (stream, number, last) == history.read_name(name)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a-99999", ("a", 99_999, False)),
        (f"a-{MOST_PARTS}", None),
        ("a", None),
        ("a-", None),
        ("a-x", None),
        ("a--1", None),
        ("a-1.5", None),
        ("a-\u0663", None),
        ("a-\u00b2", None),
        ("a-5-lasting", None),
        ("a--last", None),
    ],
)
def test_what_is_named_otherwise_is_no_part(name: str, read: tuple[str, int, bool] | None) -> None:
    """Only ASCII digits count, up to a hundred thousand."""
    assert read == history.read_name(name)


def test_devices_wait_for_what_was_said_before_they_came(at: Talk) -> None:
    """Until it is on its way to them."""
    for device in (PHONE, TABLET):
        history.owe(at.step, device.device)
    history.paid(at.step, {PHONE.device, WATCH.device})
    assert [TABLET.device] == history.owed(at.step.store)


def file(name: str) -> File:
    """A file of three bytes."""
    return File(Attachment("file", name, "", 3, (BlobRef(3, b"k" * 32, (b"d" * 32,)),)))


def row(
    talk: Talk, home: Home, name: str, number: int, *, state: FileState | None = FileState.HERE, mine: bool = False
) -> Message:
    """A file in the devices' room, by default as another device sent it and as it is here whole."""
    by = None if mine else JUN
    line = talk.said(file(name), by, room=home.shared, id=bytes([number]) * 16, position=number, shown=False)
    if state is not None:
        talk.step.store.put_file(StoredFile(home.shared, line.id, mine, state))
    return line


# -- what comes ---------------------------------------------------------------------------------------------------


def come(talk: Talk, home: Home, body: File | Text, *, mine: bool = True) -> None:
    """The phone, or somebody else, sends this into the room."""
    device = twin(home.stage, PHONE, home.shared, 1) if mine else JUN.row(home.shared, 1)
    line = talk.said(body, JUN, room=home.shared, id=b"p" * 16, unread=1)
    talk.step.store.drop_message(home.shared, line.id)
    history.came(talk.step, home.shared_of(talk), device, line, body)


def test_a_part_that_comes_is_kept_out_of_sight_and_fetched(home: Home, at: Talk) -> None:
    """It counts as read, and does not take the place of what is there."""
    come(at, home, file("a-0"))
    kept = at.step.store.message(home.shared, b"p" * 16)
    assert kept is not None
    assert (False, 0) == (kept.shown, kept.unread)
    found = at.step.store.file(home.shared, b"p" * 16)
    assert found is not None
    assert (FileState.MOVING, False) == (found.state, found.mine)


@pytest.mark.parametrize(("body", "mine"), [(Text("hi"), True), (file("holiday"), True), (file("a-0"), False)])
def test_nothing_else_is_kept_of_what_comes_there(home: Home, at: Talk, body: File | Text, *, mine: bool) -> None:
    """No words, no other file, nothing by somebody else."""
    come(at, home, body, mine=mine)
    assert at.step.store.message(home.shared, b"p" * 16) is None
    assert at.step.store.file(home.shared, b"p" * 16) is None


def test_a_part_that_came_before_stays_as_it_is(home: Home, at: Talk) -> None:
    """It is not fetched again."""
    line = row(at, home, "a-0", 7)
    device = twin(home.stage, PHONE, home.shared, 1)
    history.came(at.step, home.shared_of(at), device, replace(line, position=99), file("a-1"))
    assert line == at.now(line)
    assert StoredFile(home.shared, line.id, mine=False, state=FileState.HERE) == at.step.store.file(
        home.shared, line.id
    )


# -- what is here -------------------------------------------------------------------------------------------------


def test_the_parts_that_are_here_whole_are_in_order(home: Home, at: Talk) -> None:
    """Of the newest archive; own ones, others' files and what is still on its way are not."""
    row(at, home, "old-0", 1)
    row(at, home, "new-2-last", 2)
    row(at, home, "new-0", 3)
    row(at, home, "new-1", 4)
    row(at, home, "new-3", 5, state=FileState.MOVING)
    row(at, home, "other-0", 6, mine=True)
    row(at, home, "holiday", 7)
    row(at, home, "other-1", 8, state=None)
    assert [
        Part("new", 0, last=False, message=b"\x03" * 16),
        Part("new", 1, last=False, message=b"\x04" * 16),
        Part("new", 2, last=True, message=b"\x02" * 16),
    ] == history.parts(at.step.store)
    own_devices.forget_room(at.step.store, home.shared)
    assert [] == history.parts(at.step.store)


@pytest.mark.parametrize(
    ("state", "out"), [(None, True), (FileState.MOVING, False), (FileState.HERE, True), (FileState.FAILED, True)]
)
def test_a_part_is_out_when_it_moves_no_more(home: Home, at: Talk, state: FileState | None, *, out: bool) -> None:
    """Also if it is not kept any more."""
    line = row(at, home, "a-0", 1, state=state, mine=True)
    assert out is history.is_out(at.step.store, home.shared, line.id)


def test_a_part_that_is_not_needed_is_forgotten(home: Home, at: Talk) -> None:
    """The message and its file."""
    line = row(at, home, "a-0", 1)
    history.done(at.step, home.shared, line.id)
    assert at.step.store.message(home.shared, line.id) is None
    assert at.step.store.file(home.shared, line.id) is None


def test_an_archive_that_is_taken_in_is_forgotten(home: Home, at: Talk) -> None:
    """All that came of it; own parts are still for others."""
    lines = [row(at, home, "a-0", 1), row(at, home, "a-1", 2, state=None), row(at, home, "b-0", 3, mine=True)]
    own_devices.set_room(at.step.store, at.group.id)
    history.forget_parts(at.step)
    assert all(at.step.store.message(home.shared, line.id) for line in lines)
    own_devices.set_room(at.step.store, home.shared)
    history.forget_parts(at.step)
    assert [None, None, lines[2]] == [at.step.store.message(home.shared, line.id) for line in lines]
    own_devices.forget_room(at.step.store, home.shared)
    history.forget_parts(at.step)


def test_own_parts_that_every_device_has_are_swept(home: Home, at: Talk) -> None:
    """Others wait; what is no file is left alone."""
    out = row(at, home, "a-0", 1, mine=True)
    at.step.store.put_message(replace(out, state=MessageState.DELIVERED))
    waits = row(at, home, "a-1", 2, mine=True)
    words = at.said(Text("x"), room=home.shared, state=MessageState.DELIVERED)
    assert [out.id] == history.delivered(at.step.store)
    history.sweep(at.step)
    assert [None, waits, words] == [at.step.store.message(home.shared, line.id) for line in (out, waits, words)]
    own_devices.forget_room(at.step.store, home.shared)
    assert [] == history.delivered(at.step.store)


def test_a_part_is_read_as_it_was_cut(home: Home, at: Talk) -> None:
    """Piece by piece; of one that is not here nothing is read."""
    key, id = b"k" * 32, b"p" * 16
    digest = files.keep_piece(at.step, home.shared, id, 0, key, b"abc")
    blobs = (BlobRef(3, key, (digest,)), BlobRef(3, key, (b"d" * 32,)))
    part = File(Attachment("file", "a-0", "", 6, blobs))
    at.said(part, room=home.shared, id=id, shown=False)
    assert b"abc" == history.content(at.step.store, id)


def test_a_contact_is_not_shown_in_what_is_logged() -> None:
    """But for the state of it."""
    item = ContactItem(JUN.account, 5, JUN.handle, "Jun", "accepted", b"", "hi", b"")
    assert "<ContactItem accepted>" == repr(item)
