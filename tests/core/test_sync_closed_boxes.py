"""Boxes whose epoch is over: announced, trimmed and forgotten (spec/room.md §§4-5)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.branches import CompetingBranch, Helper
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.outbox_targets import RoomFrame, RoomTrim
from nullabona.client.core.model.records import DeviceView, MessageState
from nullabona.client.core.model.state import BoxTrack, Merged, RoomState, Winner
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import closed_boxes
from tests.core.stage import EVER, RELAY, Other, Randomness, Stage, out, set_time

JUN, DORA = Other("jun"), Other("dora")
WON, MESSAGE = b"w" * 32, b"m" * 16
BODY = encode_body(Text("hi"))


# -- closed boxes ---------------------------------------------------------------------------------------------------


def closed(stage: Stage, *others: Other, **about: object) -> bytes:
    """A room in its second epoch: the first one's box is closed, read up to 9, and its winner is known."""
    room = stage.room(*others)
    with stage.inside(room) as (step, state, track):
        track.winner, track.left_at, track.incarnation, track.position = Winner(WON), step.now, b"inc", 9
        step.store.set_value(box_log.winner_key(track), b"commit")
        stage.frame(step, track, 1)
        state.boxes.append(BoxTrack(1, b"1" * 32, relay=RELAY, incarnation=b"new"))
        for name, value in about.items():
            setattr(track, name, value)
    return room


def removal(epoch: int = 0, *, revoked: bool = False) -> Merged:
    return Merged(epoch, WON, [] if revoked else [DORA.account], [], [], revoked=revoked)


def left_of(step: Step, first: BoxTrack) -> tuple[bool, bool]:
    """Whether anything is kept of a box: its frames, and the commit that ended it."""
    return bool(step.store.frames(first.keys.box.address)), box_log.winning_commit(step, first) is not None


@pytest.mark.parametrize(
    ("history", "trimmed", "days", "kept"),
    [
        ([], False, 30, True),
        ([], True, 0, True),
        ([removal()], True, 3, True),
        ([removal(revoked=True)], True, 3, True),
        ([removal(1)], True, 3, True),
        ([Merged(0, WON, [], [], [])], True, 0, True),
    ],
)
def test_a_closed_box_is_followed_so_long_and_no_longer(
    history: list[Merged], days: int, *, trimmed: bool, kept: bool
) -> None:
    """Thirty days; once it is trimmed three days if somebody was removed since, else not at all."""
    stage = Stage()
    room = closed(stage, JUN, trimmed=trimmed)
    with stage.inside(room, stage.now + days * DAY_MS) as (step, state, _):
        state.history = history
        first = state.boxes[0]
        closed_boxes.look_after(step, state)
        assert (kept, (True, True)) == (first in state.boxes, left_of(step, first))
        step.now += 1
        closed_boxes.look_after(step, state)
        assert ([1], (False, False)) == ([track.epoch for track in state.boxes], left_of(step, first))


def test_a_removal_before_an_epoch_concerns_nobody_who_was_in_it() -> None:
    """Only what was merged in it or later."""
    track = BoxTrack(2, b"2" * 32)
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (_, state, _current):
        found = []
        for history in ([removal(1)], [removal(2)], [removal(3)], [Merged(3, WON, [], [], [])], []):
            state.history = history
            found.append(box_log.removed_since(state, track))
    assert [False, True, True, False, False] == found


def trims(step: Step) -> list[tuple[str, int]]:
    return [
        (item.target.relay, item.target.upto) for item in step.store.outbox(EVER) if isinstance(item.target, RoomTrim)
    ]


@pytest.mark.parametrize(("due", "trimmed"), [(None, False), (1, False), (-1, True), (0, True)])
def test_a_box_that_nobody_needs_is_trimmed_and_forgotten(due: int | None, *, trimmed: bool) -> None:
    """In its time, up to where we have read."""
    stage = Stage()
    room = closed(stage, JUN, trim_at=None if due is None else stage.now + due)
    with stage.inside(room) as (step, state, _):
        closed_boxes.look_after(step, state)
        assert ([(RELAY, 9)] if trimmed else [], 1 if trimmed else 2) == (trims(step), len(state.boxes))


def test_a_trimmed_box_is_watched_on_for_those_who_were_removed() -> None:
    """They may come there and must be told."""
    stage = Stage()
    room = closed(stage, JUN, trim_at=stage.now)
    with stage.inside(room) as (step, state, _):
        state.history = [removal()]
        state.former = {"key": Helper(DORA.account, DORA.handle)}
        closed_boxes.look_after(step, state)
        closed_boxes.look_after(step, state)
        first = state.boxes[0]
        assert ([(RELAY, 9)], 2, None, True) == (trims(step), len(state.boxes), first.trim_at, first.trimmed)
        assert {"key"} == set(state.former)


def test_former_devices_are_forgotten_with_the_last_box_they_may_come_to() -> None:
    """The current box is none of these."""
    stage = Stage()
    room = closed(stage, JUN)
    with stage.inside(room) as (step, state, _):
        state.former = {"key": Helper(DORA.account, DORA.handle)}
        state.boxes[1:1] = [BoxTrack(1, b"2" * 32, left_at=step.now)]
        state.history = [removal(0)]
        closed_boxes.look_after(step, state)
        assert {"key"} == set(state.former)
        state.history = [removal(-1)]
        closed_boxes.look_after(step, state)
        assert {} == state.former


def test_no_more_closed_boxes_are_followed_than_can_be() -> None:
    """The oldest sixteen stay, then the oldest go first, and the current one is not counted."""
    stage = Stage()
    room = closed(stage, JUN)
    with stage.inside(room) as (step, state, _):
        state.boxes = [BoxTrack(n, bytes([n]) * 32, left_at=step.now) for n in range(50)]
        closed_boxes.look_after(step, state)
        assert [*range(16), *range(17, 50)] == [track.epoch for track in state.boxes]
        closed_boxes.look_after(step, state)
        assert 49 == len(state.boxes)


@pytest.mark.parametrize(
    ("due", "seen", "said", "left"),
    [(1, False, False, 1), (0, False, True, None), (-1, False, True, None), (-1, True, False, None)],
)
def test_an_answer_is_said_in_its_time_unless_it_can_be_read_there(
    due: int, left: int | None, *, seen: bool, said: bool
) -> None:
    """Somebody who was removed learns which branch we are on."""
    stage = Stage()
    room = closed(stage, JUN, answer_at=stage.now + due, settled_seen=seen)
    with stage.inside(room) as (step, state, _):
        first = state.boxes[0]
        closed_boxes.look_after(step, state)
        assert (said, left) == (bool(out(step, RoomFrame)), first.answer_at and first.answer_at - step.now)


def test_of_several_boxes_each_is_looked_after() -> None:
    """What is due in one hides nothing in another, and forgetting one does not skip the next."""
    stage = Stage()
    room = closed(stage, JUN, left_at=0)
    with stage.inside(room) as (step, state, _):
        old = BoxTrack(0, b"2" * 32, winner=Winner(WON))
        due = BoxTrack(0, b"3" * 32, winner=Winner(WON), left_at=step.now, trim_at=step.now, position=4, relay=RELAY)
        state.boxes[1:1] = [old, due]
        closed_boxes.look_after(step, state)
        assert ([1], [(RELAY, 4)]) == ([track.epoch for track in state.boxes], trims(step))


# -- answers and announcements ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "seen", "before", "after"),
    [
        ([removal()], False, 0, 60_001),
        ([removal()], True, 0, 0),
        ([], False, 0, 0),
        ([removal()], False, 5, 5),
    ],
)
def test_a_claim_by_nobody_who_is_in_is_answered_soon(
    history: list[Merged], before: int, after: int, *, seen: bool
) -> None:
    """If somebody was removed since, ours cannot be read there, and no answer is on its way."""
    stage = Stage()
    room = closed(stage, JUN, settled_seen=seen, answer_at=before and stage.now + before)
    with stage.inside(room) as (step, state, _):
        state.history = history
        first = state.boxes[0]
        box_log.answer(step, state, first)
        assert after == (first.answer_at and first.answer_at - step.now)


@pytest.mark.parametrize(("before", "after", "seen"), [(0, 1, False), (5, 5, True)])
def test_the_branch_is_announced_again_for_who_is_still_on_another(before: int, after: int, *, seen: bool) -> None:
    """Even if it was read there; not twice at once. At the earliest in the next moment."""
    stage = Stage(rng=Randomness(low=True))
    room = closed(stage, JUN, settled_seen=True, answer_at=before and stage.now + before)
    with stage.inside(room) as (step, state, _):
        first = state.boxes[0]
        box_log.announce_again(step, first)
        assert (after, seen) == (set_time(first.answer_at) - step.now, first.settled_seen)


def show(step: Step, track: BoxTrack, other: Other, seq: int = 9) -> None:
    """A device tells its view of a box."""
    box = track.keys.box.address
    step.store.put_view(DeviceView(box, other.device, track.incarnation, seq, b"chain", (), ()))


def branch_announced(
    stage: Stage, room: bytes, now: int = 0, **about: object
) -> tuple[list[bytes], BoxTrack, RoomState]:
    """What is put into boxes when the time to announce has come."""
    with stage.inside(room, now) as (step, state, _):
        first = state.boxes[0]
        for name, value in about.items():
            setattr(first, name, value)
        if about.pop("shown", False):
            show(step, state.current, JUN)
        closed_boxes.look_after(step, state)
        return out(step, RoomFrame), first, state
    raise AssertionError


@pytest.mark.parametrize(("announcements", "delay"), [(0, 2), (1, 4), (8, 512), (9, 1024), (10, 1024)])
def test_announcements_come_ever_later(announcements: int, delay: int) -> None:
    """Doubled each time, up to ten times; a random part of the first delay is added."""
    for low in (True, False):
        stage = Stage(rng=Randomness(low=low))
        room = closed(stage, JUN, announce_at=stage.now, announcements=announcements)
        _, first, _ = branch_announced(stage, room)
        assert (announcements + 1, delay * 600_000) == (
            first.announcements,
            set_time(first.announce_at) - stage.now - (0 if low else 600_000),
        )


@pytest.mark.parametrize(
    ("due", "announced", "said"), [(1, False, False), (0, False, True), (-1, True, False), (-1, False, True)]
)
def test_the_branch_is_announced_while_somebody_has_not_come_along(due: int, *, announced: bool, said: bool) -> None:
    """Unless somebody did so since the last time."""
    stage = Stage()
    room = closed(stage, JUN, announce_at=stage.now + due, announced=announced)
    frames, first, _ = branch_announced(stage, room)
    assert (int(said), 1 if due <= 0 else 0) == (len(frames), first.announcements)
    assert first.announced is False


@pytest.mark.parametrize(("acked", "trim", "kept"), [(9, None, 120_001), (10, None, 120_001), (9, 7, 7)])
def test_a_box_that_all_have_and_have_left_is_trimmed_soon(acked: int, trim: int | None, kept: int) -> None:
    """Everybody has shown up later and acknowledged what lies there."""
    stage = Stage()
    room = closed(stage, JUN, announce_at=stage.now, acked=acked, trim_at=trim and stage.now + trim)
    with stage.inside(room) as (step, state, _):
        show(step, state.current, JUN)
    frames, first, _ = branch_announced(stage, room)
    assert ([], None, 0, kept) == (
        frames,
        first.announce_at,
        first.announcements,
        set_time(first.trim_at) - stage.now,
    )


@pytest.mark.parametrize(("announcements", "again"), [(0, False), (1, True)])
def test_who_came_along_and_lacks_something_gets_it_again_the_second_time(announcements: int, *, again: bool) -> None:
    """Nothing is announced to them; the box is kept until they have said that they have it all."""
    stage = Stage()
    room = closed(stage, JUN, announce_at=stage.now, announcements=announcements, acked=8)
    with stage.inside(room) as (step, state, _):
        first = state.boxes[0]
        show(step, state.current, JUN)
        lain = stage.frame(step, first, 9, message=MESSAGE)
        step.store.put_message(stage.unsaved(room, MESSAGE, box=lain.box, frame=lain.hash, body=BODY))
    frames, first, _ = branch_announced(stage, room)
    with stage.store.transaction():
        message = stage.store.message(room, MESSAGE)
    assert message is not None
    assert (int(again), MessageState.WAITING if again else MessageState.SENT) == (message.resent, message.state)
    assert (int(again), None, announcements + 1) == (len(frames), first.trim_at, first.announcements)


@pytest.mark.parametrize(
    ("announcements", "seen", "gives"), [(6, False, False), (7, False, True), (8, False, True), (7, True, False)]
)
def test_who_is_alone_for_about_a_day_gives_way_to_another_branch(
    announcements: int, *, seen: bool, gives: bool
) -> None:
    """After the eighth announcement, if nobody at all has followed: of two others one is enough to stay."""
    stage = Stage()
    room = closed(stage, JUN, DORA, announce_at=stage.now, announcements=announcements)
    with stage.inside(room) as (step, state, _):
        state.boxes[0].competing = CompetingBranch(b"r" * 32, (), DORA.account, DORA.handle)
        if seen:
            show(step, state.current, JUN)
    _, _, state = branch_announced(stage, room)
    assert ("alone" if gives else "") == (state.rejoin.reason if state.rejoin is not None else "")
