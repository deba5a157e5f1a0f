"""A clock that cannot be right is not believed, in either direction, until it agrees again or somebody says so."""

from __future__ import annotations

import pytest

from nullabona.machine.timekeeping import AWAY_S, DAY_S, LEEWAY_S, ClockGuard, Clocks

NOON = 20_000 * DAY_S + DAY_S // 2


class Hands:
    """Two clocks that are moved by hand."""

    def __init__(self, wall: float = NOON) -> None:
        self.wall = wall
        self.steady = 50.0

    def clocks(self) -> Clocks:
        return Clocks(wall=lambda: self.wall, steady=lambda: self.steady)

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_time_that_passes_is_believed() -> None:
    """A night between two readings is no step, and neither are corrections of some minutes."""
    hands = Hands()
    guard = ClockGuard(hands.clocks())
    seen = [guard.check()]
    for step in (0, LEEWAY_S, -LEEWAY_S):
        hands.pass_by(DAY_S)
        hands.wall += step
        seen.append(guard.check())
    assert ([True] * 4, 20_003) == (seen, guard.day)


@pytest.mark.parametrize("step", [LEEWAY_S + 1, 3_650 * DAY_S, -LEEWAY_S - 1, -3_650 * DAY_S])
def test_a_step_is_not_believed_until_it_is_taken_back(step: float, caplog: pytest.LogCaptureFixture) -> None:
    """Meanwhile the day stands still, and the log has one line of it, and one when it is over."""
    hands = Hands()
    guard = ClockGuard(hands.clocks())
    guard.check()
    hands.wall += step
    doubted = []
    for _ in range(3):
        hands.pass_by(60)
        doubted.append((guard.check(), guard.day))
    hands.wall -= step
    assert ([(False, 20_000)] * 3, True) == (doubted, guard.check())
    words = "stepped on" if step > 0 else "stepped back"
    assert [True, True] == [words in caplog.messages[0], caplog.messages[1:] == ["the clock is believed again"]]


def test_another_process_begins_with_the_clock_as_it_is() -> None:
    """A guard of its own knows nothing of the step that the one before it saw."""
    hands = Hands()
    ClockGuard(hands.clocks()).check()
    hands.wall += 10 * DAY_S
    later = ClockGuard(hands.clocks())
    later.know(NOON)
    assert (True, 20_010) == (later.check(), later.day)


@pytest.mark.parametrize("away", [-LEEWAY_S - 1, -NOON, AWAY_S + 1])
def test_a_start_at_an_impossible_time_waits(away: float, caplog: pytest.LogCaptureFixture) -> None:
    """Before what is known to have been, or long after it: the day stays that of the known time meanwhile."""
    hands = Hands(NOON + away)
    guard = ClockGuard(hands.clocks())
    guard.know(NOON)
    assert [(False, 20_000)] * 2 == [(guard.check(), guard.day) for _ in range(2)]
    assert 1 == len(caplog.messages)
    hands.wall = NOON + 60
    assert (True, 20_000) == (guard.check(), guard.day)


@pytest.mark.parametrize("away", [-40 * DAY_S, 40 * DAY_S])
def test_an_operator_who_looked_is_believed(away: int) -> None:
    """With the date of that day only: yesterday's word says nothing about a clock that is wrong today."""
    hands = Hands(NOON + away)
    said = (NOON + away) // DAY_S
    answers = []
    for today in (said, said - 2, said + 2):
        guard = ClockGuard(hands.clocks(), today=today)
        guard.know(NOON)
        answers.append(guard.check())
    assert [True, False, False] == answers


def test_nothing_known_is_nothing_to_compare_with() -> None:
    """The first start of all believes the clock."""
    assert ClockGuard(Hands(7.0).clocks()).check()
