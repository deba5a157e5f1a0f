"""Small worlds: every order of a few events ends well; the search tells states apart and repeats none.

`make small-worlds` goes deeper; docs/small-worlds.md says what was covered.
"""

from __future__ import annotations

import pytest

from tests.rooms.small_state import fingerprint
from tests.rooms.small_world import SmallWorld, explore, moment_of, restore


def test_any_event_of_a_small_world_ends_well() -> None:
    """Each event alone, by two honest devices, a hostile one or the relay; then a day of rest."""
    covered = explore(1)
    assert [] == covered.failures
    assert covered.transitions == covered.events
    assert 0 == covered.unfinished


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("honest", [2, 3])
def test_any_two_events_of_a_small_world_end_well(honest: int) -> None:
    """In any order; of the states that are met one in ten is let come to rest."""
    assert [] == explore(2, honest=honest, calm_every=10).failures


def test_a_world_is_restored_as_it_was() -> None:
    """What happens after a moment leaves nothing behind; and two ways to the same state are one state."""
    small = SmallWorld()
    moment = moment_of(small)
    restore(small, moment)
    before = fingerprint(small.world)
    met = []
    for order in (("ben renews keys!", "the relay loses all!"), ("the relay loses all!", "ben renews keys!")):
        for name in order:
            small.events[name]()
        met.append(fingerprint(small.world))
        restore(small, moment)
        assert before == fingerprint(small.world)
    assert met[0] == met[1] != before
