"""Each view shows what its adversary has, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Recording, Truth, role_of
from bench.leakage.views import SAYS, View, see

ADDRESS = 7
LIVE = (View.TAP, View.ADDRESSES, View.DIRECTORY)


def events(*rows: tuple[float, Op]) -> Events:
    """Events with every field filled."""
    return np.array([(t, op, 1, 2, ADDRESS, 3, 4, 512, role_of(op)) for t, op in rows], EVENT)


@pytest.fixture
def recording() -> Recording:
    return Recording(
        "a design",
        live=events((1.0, Op.OPEN), (2.0, Op.LOOKUP), (3.0, Op.APPEND)),
        disk=events((0.0, Op.APPEND)),
        memory=events((5.0, Op.READ)),
        directory={1: 3},
        truth=Truth(
            5, frozenset({(3, 4)}), [frozenset({3, 4})], {1: 0}, [(1, 2)], Owners([NOBODY, NOBODY, 3]), {ADDRESS: 3}
        ),
    )


@pytest.mark.parametrize(
    ("view", "times", "addresses", "directory"),
    [
        (View.DISK, [0.0], {ADDRESS}, {1: 3}),
        (View.MEMORY, [0.0, 5.0], {ADDRESS}, {1: 3}),
        (View.TAP, [1.0, 3.0], {NOBODY}, {}),
        (View.ADDRESSES, [1.0, 3.0], {ADDRESS}, {}),
        (View.DIRECTORY, [1.0, 2.0, 3.0], {ADDRESS}, {1: 3}),
    ],
)
def test_a_view_shows_what_it_says(
    recording: Recording, view: View, times: list[float], addresses: set[int], directory: dict[int, int]
) -> None:
    """Disks alone, disks and memory, a tap without look-ups and addresses, with addresses, with the directory."""
    seen = see(recording, view)
    assert times == seen.events["t"].tolist()
    assert addresses == set(seen.events["addr"].tolist())
    assert directory == dict(seen.directory)


@pytest.mark.parametrize("view", View)
def test_no_view_shows_the_truth(recording: Recording, view: View) -> None:
    """What is seen has events, a directory, and whether the design's rooms move, which is public."""
    seen = see(recording, view)
    assert {"view", "events", "directory", "rooms_move", "mailboxes"} == set(type(seen).__slots__)
    assert seen.rooms_move


@pytest.mark.parametrize("view", View)
def test_an_attacker_cannot_change_the_recording(recording: Recording, view: View) -> None:
    """What is seen is a copy."""
    before = [part.copy() for part in (recording.live, recording.disk, recording.memory)]
    see(recording, view).events["size"] = 0
    for part, kept in zip((recording.live, recording.disk, recording.memory), before, strict=True):
        assert np.array_equal(part, kept)


@pytest.mark.parametrize("view", LIVE)
def test_a_tap_can_be_cut_off(recording: Recording, view: View) -> None:
    """What had passed by a moment, that moment included."""
    assert see(recording, view).until(1.0).events["t"].tolist() == [1.0]


@pytest.mark.parametrize("reads", [SAYS.__getitem__])
def test_every_view_has_words(reads: Callable[[View], str]) -> None:
    """For the page."""
    assert all(reads(view) for view in View)
