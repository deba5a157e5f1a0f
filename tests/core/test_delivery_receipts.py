"""What a room is told of what we have seen of its boxes, and when (spec/room.md §4)."""

from __future__ import annotations

import random
from statistics import fmean, median

import pytest

from nullabona.client.core.delivery import receipts
from nullabona.client.core.model.content import View
from nullabona.client.core.model.state import BoxTrack, RoomState
from nullabona.client.core.step import Step
from tests.core.stage import Other, Randomness, Stage, set_time

JUN = Other("jun")


def track(epoch: int, told: int = -1, **about: object) -> BoxTrack:
    made = BoxTrack(epoch, bytes([epoch]) * 32, incarnation=b"inc", position=9, told=told, chain=bytes(range(32)))
    for name, value in about.items():
        setattr(made, name, value)
    return made


def with_boxes(state: RoomState, *tracks: BoxTrack) -> list[bytes]:
    """Of which boxes the room is told now."""
    state.boxes = list(tracks)
    return [view.box for view in receipts.own_views(state)]


def names(*tracks: BoxTrack) -> list[bytes]:
    return [each.keys.box.address[:8] for each in tracks]


def test_a_view_says_how_far_and_what_is_lacking() -> None:
    """The first half of the running hash; of much that is lacking the newest."""
    seen = track(0, missing=list(range(1, 51)), unreadable=list(range(51, 101)))
    view = receipts.view_of(seen)
    assert View(names(seen)[0], b"inc", 9, bytes(range(16)), tuple(range(3, 51)), tuple(range(53, 101))) == view


def test_while_something_waits_for_its_blob_a_view_shows_no_history() -> None:
    """It ends before the first that waits."""
    view = receipts.view_of(track(0, deferred={7: b"a", 5: b"b"}))
    assert (4, bytes(16)) == (view.seq, view.chain)


def test_the_room_is_told_of_the_current_box_and_of_closed_ones_that_it_does_not_know() -> None:
    """The current one always, even if nothing was read of it; of closed ones the last eight."""
    stage = Stage()
    with stage.inside(stage.room(JUN)) as (_, state, _track):
        known, old, new = track(0, told=9), track(1, told=8), track(2, told=9, incarnation=b"")
        assert names(old, new) == with_boxes(state, known, old, new)
        lost = track(3, incarnation=b"")
        assert names(old, new) == with_boxes(state, known, old, lost, new)
        many = [track(n) for n in range(10)]
        assert names(*many[1:9], many[9]) == with_boxes(state, *many)
        assert receipts.has_more_to_tell(state)
        receipts.told_views(state)
        assert [-1, *[9] * 9] == [each.told for each in many]
        assert receipts.has_more_to_tell(state)
        receipts.told_views(state)
        assert not receipts.has_more_to_tell(state)


def test_what_was_told_of_the_current_box_is_no_matter_once_it_is_closed() -> None:
    """Only what came since."""
    stage = Stage()
    with stage.inside(stage.room(JUN)) as (_, state, _track):
        first, second = track(0), track(1)
        with_boxes(state, first)
        receipts.told_views(state)
        assert names(second) == with_boxes(state, first, second)
        first.position = 10
        assert names(first, second) == with_boxes(state, first, second)


# -- when -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("devices", "longest"), [(1, 2_000), (7, 2_000), (8, 4_000), (12, 6_000)])
def test_the_larger_a_room_the_longer_an_answer_may_wait(devices: int, longest: int) -> None:
    """So that a thousand devices do not answer at once."""
    stage = Stage()
    room = stage.room(*(Other(f"p{n}") for n in range(devices - 1)))
    with stage.inside(room) as (step, state, _):
        assert longest == receipts.delay(step, state)
        receipts.tell_soon(step, state)
        assert longest == set_time(state.receipt_at) - step.now


@pytest.mark.parametrize(("before", "after"), [(None, 2_000), (0, 0), (1, 1), (2_000, 2_000), (2_001, 2_000), (-5, -5)])
def test_a_time_that_is_soon_enough_stays(before: int | None, after: int) -> None:
    """One that is due already as well."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, _):
        state.receipt_at = None if before is None else step.now + before
        receipts.tell_soon(step, state)
        assert after == set_time(state.receipt_at) - step.now


class Drawn(Randomness):
    """Numbers by chance, the same in each run."""

    def __init__(self) -> None:
        super().__init__()
        self.dice = random.Random(1)

    def between(self, low: int, high: int) -> int:
        return self.dice.randint(low, high)


def later(stage: Stage, before: int | None) -> int:
    """When the room is told of what nobody has read, in ms from now. ``before``: when it is told something anyway."""
    with stage.inside(stage.room(JUN)) as (step, state, _):
        state.receipt_at = None if before is None else step.now + before
        receipts.tell_later(step, state)
        return set_time(state.receipt_at) - step.now


@pytest.mark.parametrize("before", [-5, 0, 2_000, 86_400_000])
def test_what_nobody_has_read_is_told_with_what_is_told_anyway(before: int) -> None:
    """The time is not drawn a second time: the first of many draws would be early."""
    assert before == later(Stage(), before)


def test_the_time_of_what_nobody_has_read_is_exponential() -> None:
    """A quarter of an hour in the mean, from nothing to some hours; it tells nothing of when the frame came."""
    stage = Stage(rng=Drawn())
    waits = [later(stage, None) / 900_000 for _ in range(400)]
    assert 0.8 < fmean(waits) < 1.25
    assert 0.55 < median(waits) < 0.85
    assert 3 < max(waits) < 14


@pytest.mark.parametrize(
    ("pause", "waits"), [(None, (0, 2_000)), (600_000, (0, 2_000)), (599_999, (25_000, 50_000)), (0, (25_000, 50_000))]
)
@pytest.mark.parametrize("low", [False, True])
def test_while_people_talk_what_was_read_waits_for_the_reply(
    pause: int | None, waits: tuple[int, int], *, low: bool
) -> None:
    """After a pause it is told soon: its sender may wonder whether somebody is there."""
    stage = Stage(rng=Randomness(low=low))
    with stage.inside(stage.room(JUN)) as (step, state, _):
        state.talked_at = None if pause is None else step.now - pause
        receipts.tell_read(step, state)
        assert (waits[not low], step.now) == (set_time(state.receipt_at) - step.now, state.talked_at)


def test_in_a_large_room_what_was_read_waits_as_long_as_an_answer_may() -> None:
    """Half a minute would not be enough for two hundred devices."""
    stage = Stage()
    with stage.inside(stage.room(*(Other(f"p{n}") for n in range(199)))) as (step, state, _):
        state.talked_at = step.now
        receipts.tell_read(step, state)
        assert 25_000 + 100_000 == set_time(state.receipt_at) - step.now


@pytest.mark.parametrize(("before", "after"), [(49_999, 49_999), (50_001, 50_000), (3_600_000, 50_000), (1, 1)])
def test_reading_brings_forward_a_receipt_that_would_be_late(before: int, after: int) -> None:
    """And never puts one off."""
    stage = Stage()
    with stage.inside(stage.room(JUN)) as (step, state, _):
        state.talked_at, state.receipt_at = step.now, step.now + before
        receipts.tell_read(step, state)
        assert after == set_time(state.receipt_at) - step.now


@pytest.mark.parametrize(
    ("look", "due", "after"), [(60_000, 60_001, 2_000), (60_000, 59_999, 59_999), (None, 60_001, 60_001)]
)
def test_a_receipt_that_waited_for_a_look_into_the_box_goes_out_soon_after_it(
    look: int | None, due: int, after: int
) -> None:
    """It need not wait until the look would have been given up; one that is due otherwise stays."""
    stage = Stage()
    with stage.inside(stage.room(JUN)) as (step, state, seen):
        seen.look_until = None if look is None else step.now + look
        state.receipt_at = step.now + due
        receipts.looked(step, state, seen)
        assert after == set_time(state.receipt_at) - step.now


def doubt(step: Step, state: RoomState, seen: BoxTrack) -> int:
    """Something is gone: when the room is told, and how many doubts there were."""
    receipts.tell_doubt(step, state, seen)
    return set_time(state.receipt_at) - step.now


def test_doubts_are_told_as_soon_as_anything_and_then_ever_later() -> None:
    """Eight times; at most half an hour later in the end. What is told already is no further doubt."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, seen):
        waits = []
        for _ in range(20):
            state.receipt_at = None
            waits.append(doubt(step, state, seen))
        assert [*[2_000] * 8, *(2_000 << n for n in range(1, 10)), *[1_800_000] * 3] == waits
        assert 20 == seen.doubts
        doubt(step, state, seen)
        assert 20 == seen.doubts


def test_however_many_doubts_there_were_a_large_room_waits_as_long_as_it_must() -> None:
    """Its usual time may be longer than what doubts come to."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, seen):
        step.timing = type(step.timing)(receipt=2_000_000)
        assert 2_000_000 == doubt(step, state, seen)
        seen.doubts, state.receipt_at = 1_000, None
        assert 2_000_000 == doubt(step, state, seen)
