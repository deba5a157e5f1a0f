"""Taking back what was said, by a person or by time: what is left of a line, and what still goes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import conversation
from nullabona.client.core.model.content import Delete, Deleted, Edit, Gone, Pin, Profile, React, Stored, Text
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import FileState, Frame, Message, MessageState, StoredFile
from nullabona.client.core.timeline import erasure, expiry, search
from tests.core.stage import START
from tests.core.talk import JUN, NARI, PHOTO, Talk

TARGET = b"t" * 16


def sent(talk: Talk) -> tuple[Message, Frame]:
    """A message of mine whose frame waits to go out."""
    row = talk.step.store.message(talk.group.id, conversation.send_text(talk.step, talk.group.id, "secret"))
    assert row is not None
    return row, frame(talk, row)


def frame(talk: Talk, row: Message) -> Frame:
    """Its frame as it is kept now."""
    found = talk.step.store.frame(row.box, row.frame)
    assert found is not None
    return found


def waiting(talk: Talk) -> list[bytes]:
    """The frames that wait to go out."""
    return [item.ref for item in talk.step.store.outbox(1 << 61) if isinstance(item.target, RoomFrame)]


# -- erasing ------------------------------------------------------------------------------------------------------


def test_nothing_is_left_of_an_erased_line_but_a_mark(talk: Talk) -> None:
    """Its words, its file, what it is found by, its times, and what others attached to it."""
    line = talk.said(fading_photo(9), JUN, expires_at=START + 1, edited_at=START)
    talk.step.store.put_file(StoredFile(line.room, line.id, mine=False, state=FileState.HERE))
    search.index(talk.step.store, line, PHOTO)
    notes = [talk.said(body, NARI) for body in (React(line.id, "👍"), Pin(line.id, on=True))]
    deletion, done = talk.said(Delete(line.id), JUN), talk.said(Gone("expired"), JUN, about=line.id)
    erasure.erase(talk.step, line, Deleted(JUN.account))
    now = talk.now(line)
    assert (
        replace(line, body=now.body, kind="deleted", shown=True, unread=0, timer_s=0, expires_at=None, edited_at=None)
        == now
    )
    assert (Deleted(JUN.account), MessageState.RECEIVED) == (talk.body(line), now.state)
    assert talk.step.store.file(line.room, line.id) is None
    assert [] == talk.step.store.find_words('"se"', before=1 << 62, limit=9)
    assert [Gone("done")] * 2 == [talk.body(note) for note in notes]
    assert (Delete(line.id), Gone("expired")) == (talk.body(deletion), talk.body(done))


def fading_photo(timer_s: int) -> Stored:
    """A photo that lives so long once it is read."""
    return type(PHOTO)(PHOTO.attachment, PHOTO.caption, timer_s=timer_s)


def test_what_is_left_of_a_line_that_no_one_is_to_see_is_not_shown(talk: Talk) -> None:
    """No mark stands in the history."""
    line = talk.said(Text("secret"), JUN)
    erasure.erase(talk.step, line, Gone("hidden"))
    assert ("gone", False, Gone("hidden")) == (talk.now(line).kind, talk.now(line).shown, talk.body(line))


def test_what_is_not_out_yet_never_goes_out(talk: Talk) -> None:
    """Its frame is kept empty, so that it is not put back either; of an own line nothing is waited for any more."""
    row, kept = sent(talk)
    assert [kept.hash] == waiting(talk)
    erasure.erase(talk.step, row, Gone("hidden"))
    assert (replace(kept, data=b""), []) == (frame(talk, row), waiting(talk))
    assert MessageState.DELIVERED is talk.now(row).state


def test_what_lies_at_the_relay_stays_there_for_others(talk: Talk) -> None:
    """They may still need the frame."""
    row, kept = sent(talk)
    talk.step.store.put_frame(replace(kept, seq=1))
    erasure.erase(talk.step, row, Gone("hidden"))
    assert (replace(kept, seq=1), [kept.hash]) == (frame(talk, row), waiting(talk))


def test_what_somebody_elses_frame_says_is_never_taken_back(talk: Talk) -> None:
    """A line of theirs that names a frame of ours changes nothing about it."""
    row, kept = sent(talk)
    line = talk.said(Text("hi"), JUN, box=row.box, frame=row.frame)
    erasure.erase(talk.step, line, Gone("hidden"))
    note = talk.said(Edit(line.id, "ho"), JUN, box=row.box, frame=row.frame)
    erasure.finish(talk.step, note)
    assert (kept, [kept.hash]) == (frame(talk, row), waiting(talk))


def test_a_line_whose_frame_is_not_kept_any_more_is_erased_all_the_same(talk: Talk) -> None:
    """There is nothing to take back."""
    line = talk.said(Text("hi"), box=b"b" * 32, frame=b"f" * 32)
    erasure.erase(talk.step, line, Gone("hidden"))
    assert Gone("hidden") == talk.body(line)


@pytest.mark.parametrize(("void", "about"), [(False, TARGET), (True, b"")])
def test_of_an_annotation_that_is_over_it_is_known_that_it_came(talk: Talk, *, void: bool, about: bytes) -> None:
    """And what it was and was about, unless it has no effect. An own one that waits does not go out."""
    row, kept = sent(talk)
    mine = talk.said(Edit(TARGET, "x"), box=row.box, frame=row.frame, state=MessageState.WAITING)
    theirs = talk.said(Edit(TARGET, "x"), JUN)
    for note, state in ((mine, MessageState.DELIVERED), (theirs, MessageState.RECEIVED)):
        erasure.finish(talk.step, note, void=void)
        kind = "gone" if void else note.kind
        assert replace(note, body=talk.now(note).body, state=state, about=about, kind=kind) == talk.now(note)
        assert Gone("done") == talk.body(note)
    assert [] == waiting(talk)
    assert b"" == frame(talk, row).data
    assert kept.data


@pytest.mark.parametrize("state", list(MessageState))
def test_a_line_hidden_here_is_still_sent_to_those_who_lack_it(talk: Talk, state: MessageState) -> None:
    """What is on its way keeps its words until it has arrived; everything else loses them at once."""
    line = talk.said(Text("secret"), JUN, state=state, unread=1)
    search.index(talk.step.store, line, Text("secret"))
    erasure.hide(talk.step, line)
    kept = state in {MessageState.WAITING, MessageState.SENT}
    assert (Text("secret") if kept else Gone("hidden"), False, 0) == (
        talk.body(line),
        talk.now(line).shown,
        talk.now(line).unread,
    )
    assert ([], [("message-gone", line.id)]) == (
        talk.step.store.find_words('"se"', before=1 << 62, limit=9),
        talk.told(),
    )


@pytest.mark.parametrize(
    ("body", "shown", "left"),
    [
        (Text("hi"), True, Text("hi")),
        (Text("hi"), False, Gone("hidden")),
        (PHOTO, False, Gone("hidden")),
        (Edit(TARGET, "x"), False, Gone("done")),
        (Profile("mina"), False, Gone("done")),
        (React(TARGET, "👍"), False, React(TARGET, "👍")),
        (Deleted(b""), False, Deleted(b"")),
    ],
)
def test_what_was_kept_only_to_send_it_again_goes_when_everybody_has_it(
    talk: Talk, body: Stored, left: Stored, *, shown: bool
) -> None:
    """The words of hidden lines, edits and profiles; what is shown or counts stays."""
    line = talk.said(body, shown=shown)
    erasure.arrived(talk.step, line)
    assert left == talk.body(line)


# -- expiry -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "expires_at"),
    [(None, START + 60_000), (START - 5, START + 59_995), (START, START + 60_000), (START + 5, START + 60_000)],
)
def test_the_time_of_a_line_runs_from_when_it_was_read(talk: Talk, since: int | None, expires_at: int | None) -> None:
    """Here or earlier elsewhere, never from a moment that is still to come; and it begins once."""
    line = talk.said(Text("hi", timer_s=60), JUN)
    expiry.start(talk.step, line, since)
    assert (expires_at, [("message-changed", line.id)]) == (talk.now(line).expires_at, talk.told())
    expiry.start(talk.step, line, START - 99)
    assert (expires_at, 1) == (talk.now(line).expires_at, len(talk.told()))


def test_a_line_without_a_time_or_that_is_gone_does_not_expire(talk: Talk) -> None:
    """What is asked is the row as it is now. Of a hidden one nothing is told."""
    line, hidden = talk.said(Text("hi"), JUN), talk.said(Text("hi", timer_s=60), shown=False)
    for each in (replace(line, timer_s=60), replace(line, id=TARGET, timer_s=60), hidden):
        expiry.start(talk.step, each)
    assert (None, START + 60_000, []) == (talk.now(line).expires_at, talk.now(hidden).expires_at, talk.told())
    assert talk.step.store.message(line.room, TARGET) is None


def test_what_others_said_begins_to_go_when_it_is_read(talk: Talk) -> None:
    """Up to the place that was read to."""
    read, unread = (talk.said(Text("hi", timer_s=60), JUN) for _ in range(2))
    expiry.read_upto(talk.step, talk.group.id, read.position)
    assert (START + 60_000, None) == (talk.now(read).expires_at, talk.now(unread).expires_at)


def test_every_line_whose_time_is_up_is_erased(talk: Talk) -> None:
    """However many they are; of hidden ones nothing is told, and those with time left stay."""
    over = [talk.said(Text("hi", timer_s=60), JUN, expires_at=START) for _ in range(258)]
    hidden = talk.said(Text("hi", timer_s=60), JUN, expires_at=START - 1, shown=False)
    later = talk.said(Text("hi", timer_s=60), JUN, expires_at=START + 1)
    expiry.sweep(talk.step)
    assert {Gone("expired")} == {talk.body(line) for line in (*over, hidden)}
    assert Text("hi", timer_s=60) == talk.body(later)
    assert [("message-gone", line.id) for line in over] == talk.told()
