"""Histories are compared line by line, room by room: one fault cannot make up for another."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from bench.soak.histories import Histories, lines_of, told
from bench.soak.ledger import Ledger, Line

SAID = [Line(speaker, "room", number) for speaker in ("anna", "ben.2") for number in (1, 2, 3)]


def compared(found: list[Line]) -> Histories:
    histories = Histories()
    histories.compare("cem", SAID, Counter(found))
    return histories


def test_exactly_what_was_said_is_exact() -> None:
    """In whatever order it comes."""
    found = compared(SAID[::-1])
    assert (6, 6) == (found.want, found.held)
    assert found.are_exact


def test_a_lost_line_and_one_held_twice_do_not_make_up_for_each_other() -> None:
    """As many lines as there should be, and both faults are named."""
    found = compared([*SAID[1:], SAID[1]])
    assert (6, 5) == (found.want, found.held)
    assert ([("cem", SAID[0])], [("cem", SAID[1])], []) == (found.lost, found.twice, found.unsaid)
    assert not found.are_exact


def test_a_line_of_another_room_does_not_make_up_for_a_lost_one() -> None:
    """A line belongs in the room in which it was said."""
    astray = Line("anna", "other", 1)
    found = compared([astray, *SAID[1:]])
    assert ([("cem", SAID[0])], [], [("cem", astray)]) == (found.lost, found.twice, found.unsaid)
    assert not found.are_exact


def test_one_room_does_not_make_up_for_another() -> None:
    """A line that one device lacks in one room and another holds twice in the next: the totals agree, nothing else."""
    histories = Histories()
    histories.compare("cem", SAID, Counter(SAID[1:]))
    other = [Line("dana", "other", 1)]
    histories.compare("emil", other, Counter(other * 2))
    assert (7, 6, 1, 1) == (histories.want, histories.held, len(histories.lost), len(histories.twice))
    assert not histories.are_exact


def test_a_device_that_holds_nothing_lacks_everything() -> None:
    """And where nothing at all is wanted nothing is shown."""
    assert 6 == len(compared([]).lost)
    assert not Histories().are_exact


@pytest.mark.parametrize("found", [[], SAID[1:], [*SAID, SAID[0]], [*SAID, Line("anna", "room", 4)]])
def test_each_fault_alone_is_one(found: list[Line]) -> None:
    """All lines lost or one, one twice, one that nobody said."""
    assert not compared(found).are_exact


def test_lines_are_told_in_few_words_and_come_back() -> None:
    """As JSON, each as often as it was there."""
    lines = [*SAID, SAID[1], Line("anna", "room", 7), Line("anna", "other", 1)]
    assert Counter(lines) == lines_of(json.loads(json.dumps(told(lines))))
    assert [("anna", "room", [(1, 90_000)])] == told(Line("anna", "room", number) for number in range(90_000, 0, -1))


def test_the_ledger_knows_what_was_said_in_a_room() -> None:
    """Of every speaker, also with numbers that are still to come between, and nothing of other rooms."""
    ledger = Ledger()
    said = [Line("anna", "room", 1), Line("anna", "room", 3), Line("ben", "room", 1)]
    for line in [*said, Line("anna", "other", 2)]:
        ledger.say(line, 1.0)
    assert said == sorted(ledger.said_in("room"))
