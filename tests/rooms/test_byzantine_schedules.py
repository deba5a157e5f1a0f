"""Schedules with a hostile device: everybody honest keeps the room, its roles and what was said, at a bounded cost.

A failure prints its seed and what happened; ``schedule_of(seed)`` plays it again, and so does
``python tools/byzantine.py SEED``. MLS draws its keys from the machine, so which of two commits has the lower hash is
not in the seed: play one that failed several times (``--times``).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rooms import byzantine_bounds as bounds
from tests.rooms.byzantine_schedule import schedule_of

QUICK = 8
MANY = 300
CHUNK = 10


def play(seed: int) -> None:
    """Play a seed's schedule and check all that must hold."""
    schedule = schedule_of(seed)
    try:
        schedule.play()
        schedule.check()
    except BaseException:
        print(f"seed {seed}, {schedule.part}", *schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
        raise


def test_the_page_says_the_same_numbers() -> None:
    """What is stated in spec/room.md is what the schedules check."""
    page = (Path(__file__).parents[2] / "spec/room.md").read_text(encoding="utf-8")
    _, _, section = page.partition("## 16. ")
    for text in (
        f"{bounds.APART_H} hours", f"{bounds.REMOVAL_MIN} minutes", f"{bounds.REMOVAL_COMMITS} commits",
        f"{bounds.CALLS_PER_FRAME} calls", f"{bounds.CALLS_PER_HOUR} an hour",
    ):  # fmt: skip
        assert text in section, text


@pytest.mark.parametrize("seed", range(QUICK))
def test_a_hostile_device_does_no_more_than_is_said(seed: int) -> None:
    """Thirty seeds, always the same; 10,000 are played by `make byzantine`."""
    play(seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(QUICK, QUICK + MANY, CHUNK))
def test_three_hundred_hostile_devices(first: int) -> None:
    """Three hundred more, ten to a test."""
    for seed in range(first, first + CHUNK):
        play(seed)
