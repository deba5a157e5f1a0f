"""Gaps that others name in a box: what is sent again, put back, or waits for new keys (spec/room.md §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.model.content import Text, View, encode_body
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.state import BoxTrack, PendingCommit, RoomState, Winner
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import histories, repair
from nullabona.wire.frame import Kind
from tests.core.stage import RELAY, Other, Stage, out, set_time

JUN, DORA = Other("jun"), Other("dora")
WON, MESSAGE = b"w" * 32, b"m" * 16
BODY = encode_body(Text("hi"))


def named(
    track: BoxTrack, missing: tuple[int, ...], unreadable: tuple[int, ...] = (), incarnation: bytes = b"inc"
) -> View:
    return View(track.keys.box.address[:8], incarnation, 9, bytes(16), missing, unreadable)


def hear(step: Step, state: RoomState, track: BoxTrack, said: View) -> tuple[int, bool]:
    """Somebody names gaps: how often our message was sent again, and whether it waits in the box where it was."""
    histories.note_views(step, state, JUN.device, (said,))
    message, lain = step.store.message(state.id, MESSAGE), step.store.frame_at(track.keys.box.address, 2)
    assert message is not None
    assert lain is not None
    return message.resent, message.frame == lain.hash


def spoken(stage: Stage, step: Step, state: RoomState, track: BoxTrack, resent: int = 0) -> None:
    """A message of ours lies at 2, somebody else's at 3, one of theirs that is gone here at 4, a note of ours at 5."""
    track.incarnation, track.position = b"inc", 9
    lain = stage.frame(step, track, 2, message=MESSAGE)
    step.store.put_message(stage.unsaved(state.id, MESSAGE, box=lain.box, frame=lain.hash, body=BODY, resent=resent))
    stage.frame(step, track, 3, mine=False)
    stage.frame(step, track, 4, mine=False, data=b"")
    stage.frame(step, track, 5)


@pytest.mark.parametrize(
    ("missing", "unreadable", "incarnation", "sent"),
    [
        ((2,), (), b"inc", True),
        ((), (2,), b"inc", True),
        ((7, 2), (), b"inc", True),
        ((2,), (), b"old", False),
        ((3,), (4,), b"inc", False),
    ],
)
def test_who_lacks_a_message_of_ours_gets_it_again(
    missing: tuple[int, ...], unreadable: tuple[int, ...], incarnation: bytes, *, sent: bool
) -> None:
    """Whether it is gone or does not open; an unknown place hides no other; and of this incarnation."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track)
        assert (int(sent), not sent) == hear(step, state, track, named(track, missing, unreadable, incarnation))
        assert ([], 0) == (state.intents, state.moved_on)


@pytest.mark.parametrize(
    ("missing", "unreadable", "closed", "before", "after"),
    [
        ((3,), (), False, 0, 60_000),
        ((3,), (), False, 5, 5),
        ((), (3,), False, 0, 0),
        ((4,), (), False, 0, 0),
        ((3,), (), True, 0, 60_000),
        ((2,), (), False, 0, 0),
        ((5,), (), False, 0, 60_000),
    ],
)
def test_what_somebody_else_lost_is_put_back_in_a_while(
    missing: tuple[int, ...], unreadable: tuple[int, ...], before: int, after: int, *, closed: bool
) -> None:
    """Frames that we still have and that are no message of ours, its epoch over or not; a time that is set stays."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track)
        track.winner = Winner(WON) if closed else None
        track.put_back_any_at = before and step.now + before
        histories.note_views(step, state, JUN.device, (named(track, missing, unreadable),))
        assert after == (track.put_back_any_at and track.put_back_any_at - step.now)


def lacks(step: Step, state: RoomState, track: BoxTrack, seq: int) -> list[bytes]:
    """Somebody lacks what lay at that place, and a minute passes: what is put back."""
    before = set(out(step, RoomFrame))
    histories.note_views(step, state, JUN.device, (named(track, (seq,)),))
    step.now += 60_000
    repair.put_back(step, state, track)
    return [each for each in out(step, RoomFrame) if each not in before]


def test_what_others_said_is_put_back_as_it_was_once_a_day() -> None:
    """Until it is read at its new place, nothing erases it; what the relay showed at the old one is still compared."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track)
        box = track.keys.box.address
        lain = step.store.frame_at(box, 3)
        assert lain is not None
        step.store.put_frame(replace(lain, chain=b"chain at three"))
        assert [lain.hash] == lacks(step, state, track, 3)
        step.store.erase_frame_data(box, 9)
        there, again = step.store.frame_at(box, 3), step.store.frame(box, lain.hash)
        assert there is not None
        assert again is not None
        assert (b"chain at three", b"", 0, lain.data) == (there.chain, there.data, again.seq, again.data)
        step.store.put_frame(replace(again, seq=9))
        step.store.drop_outbox_ref(box, lain.hash)
        assert [] == lacks(step, state, track, 9)
        step.now += DAY_MS
        assert [lain.hash] == lacks(step, state, track, 9)


@pytest.mark.parametrize("why", ["a commit", "nobody needs the box"])
def test_neither_commits_nor_what_nobody_needs_are_put_back_so(why: str) -> None:
    """Who lacks a commit asks for a ticket; a box that everybody read is followed for those who are out."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track)
        track.winner, track.trimmed = Winner(WON), why == "nobody needs the box"
        kind = Kind.COMMIT if why == "a commit" else Kind.MESSAGE
        stage.frame(step, track, 6, data=b"sixth", mine=False, kind=kind)
        assert [] == lacks(step, state, track, 6)
        there = step.store.frame_at(track.keys.box.address, 6)
        assert there is not None
        assert b"sixth" == there.data


def test_a_box_into_which_something_is_put_back_is_not_trimmed_before_it_is_read_there() -> None:
    """Everybody had read it to its end, and is to read on; the box is looked at again when its branch is announced."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track)
        track.winner, track.trim_at = Winner(WON), step.now + 1
        histories.note_views(step, state, JUN.device, (named(track, (3,)),))
        assert (None, 600_000) == (track.trim_at, set_time(track.announce_at) - step.now)  # type: ignore[comparison-overlap]


def test_who_cannot_read_ours_again_and_again_gets_it_in_a_new_epoch() -> None:
    """Sent twice in vain, the third time it waits for new keys; whoever lacks it only gets it at once."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track, resent=2)
        assert (2, True) == hear(step, state, track, named(track, (), (2,)))
        assert ([UpdateKeys()], 60_000, step.day) == (state.intents, state.commit_at - step.now, state.moved_on)
        assert (3, False) == hear(step, state, track, named(track, (2,)))


def test_a_new_epoch_begins_so_once_a_day_at_most() -> None:
    """When it was already today and nothing is on its way, the message goes out again as it is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track, resent=2)
        state.moved_on = step.day
        assert (3, False) == hear(step, state, track, named(track, (), (2,)))
        assert [] == state.intents


@pytest.mark.parametrize("wanted", ["intent", "commit"])
def test_it_waits_while_a_new_epoch_is_on_its_way(wanted: str) -> None:
    """Wanted or already staged, whoever began it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track, resent=2)
        state.moved_on = step.day
        if wanted == "intent":
            state.intents = [UpdateKeys()]
        else:
            state.pending = PendingCommit(b"c" * 32, b"", [], [], [], invites=False)
        assert (2, True) == hear(step, state, track, named(track, (), (2,)))


def test_in_a_closed_box_nothing_waits_for_new_keys() -> None:
    """There is a newer epoch already."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        spoken(stage, step, state, track, resent=2)
        track.winner = Winner(WON)
        state.boxes.append(BoxTrack(1, b"1" * 32, relay=RELAY))
        assert (3, False) == hear(step, state, track, named(track, (), (2,)))
        assert ([], 0) == (state.intents, state.moved_on)
