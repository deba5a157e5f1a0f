"""What is counted for each message: frames in the room's boxes, on the second day."""

from __future__ import annotations

import numpy as np
import pytest

from bench.appends import Counted, alone, counted, lived, room_of, rooms_for, spoken
from bench.leakage.cells import one_room
from bench.leakage.cells.acknowledging import told
from bench.leakage.cells.talking import Crowd
from bench.leakage.intents import DAY, Kind
from bench.leakage.trace import EVENT, Op, Owners, Recording, Truth
from tests.leakage.scenes import row


def test_a_room_has_everybody_and_talks_on_its_second_day() -> None:
    society = room_of(5, 1, 40)
    said = [intent for intent in society.intents if intent.kind in {Kind.SAY, Kind.FILE} and intent.t > DAY]
    [room] = society.rooms
    assert {room.creator, *room.founders} <= set(range(5))
    assert len(said) > 5


def test_only_frames_of_the_room_on_the_second_day_count() -> None:
    """Not those of the first day, of an inbox, or that were read."""
    society = room_of(2, 1, 40)
    rows = [
        row(DAY - 1, Op.APPEND, 7), row(DAY + 1, Op.APPEND, 7), row(DAY + 2, Op.APPEND, 8), row(DAY + 3, Op.APPEND, 1),
        row(DAY + 4, Op.READ, 7),
    ]  # fmt: skip
    truth = Truth(2, frozenset(), [], {7: 0, 8: 0}, (), Owners([]), {})
    nothing = np.empty(0, EVENT)
    found = counted(society, Recording("ours", np.array(rows, EVENT), nothing, nothing, {}, truth))
    said = sum(intent.kind in {Kind.SAY, Kind.FILE} and DAY <= intent.t < society.end for intent in society.intents)
    assert (found.appends, found.messages, found.people) == (2, said, 2)
    assert Counted(2, 2, 4, 10).each == 2.5


def test_a_room_in_which_nobody_spoke_does_not_count() -> None:
    """Its frames have no message that they belong to."""
    assert [Counted(10, 12, 4, 50)] == spoken([Counted(10, 12, 0, 33), Counted(10, 12, 4, 50)])


def test_a_seed_is_for_rooms_that_no_other_seed_is_for() -> None:
    """Several of two people or a hundred."""
    assert list(range(1, 25)) == rooms_for(2, [1, 2, 3])
    assert ([1, 2, 3], [5, 6, 7, 8]) == (rooms_for(10, [1, 2, 3]), rooms_for(100, [2]))


@pytest.mark.parametrize("people", [2, 10])
def test_requests_alone_say_what_fewer_receipts_are_worth(people: int) -> None:
    """Prompt receipts cost more in each room in which somebody talks, and each message is counted itself."""
    societies = [room_of(people, seed, 40) for seed in (1, 2, 3)]
    few, prompt = ([alone(each, law) for each in societies] for law in (told, one_room.prompt))
    assert [each.messages for each in few] == [each.messages for each in prompt]
    assert all(each.messages <= each.appends for each in few)
    assert sum(each.appends for each in few) < sum(each.appends for each in prompt)
    assert few == [alone(each) for each in societies]


def test_societies_append_more_than_they_say() -> None:
    """Each message and its receipts, in all rooms of the society, and the same for the same seed."""
    found = lived([1], Crowd(12, 2, 20.0))
    assert found == lived([1], Crowd(12, 2, 20.0))
    assert 1.2 < found.each < 3.0
    assert 0.0 <= found.in_groups < 1.0
