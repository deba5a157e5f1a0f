"""A simulated population: no frame is lost from its books, and only who was away for too long lacks anything."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.leakage.society import Society
from bench.scale.device import Device
from bench.scale.ledger import DAY_S, HOUR_S, Ledger
from bench.scale.people import MANY, NOBODY, Away, by_room, populate, society
from bench.scale.room import RoomLife
from bench.scale.simulation import live, live_devices, simulate

DAYS = 5


@cache
def few() -> Society:
    return society(3, 12, DAYS, 4.0)


def books(life: RoomLife) -> tuple[int, int]:
    """What was appended, and what became of it."""
    ledger = life.ledger
    return sum(ledger.appended), sum(ledger.trimmed) + sum(ledger.expired) + life.held()


@pytest.mark.parametrize("kept_days", [1, 2, 30])
@pytest.mark.parametrize("away", [NOBODY, MANY])
def test_every_frame_is_trimmed_expired_or_held(away: Away, kept_days: int) -> None:
    """In every room, and the last hour of the books is what the boxes really have."""
    population = populate(few(), away)
    happens = by_room(population.society)
    lives = [live(population, room, happens.get(room.number, ()), kept_days) for room in population.society.rooms]
    lives += [live_devices(population, one.number, kept_days) for one in population.society.accounts if one.devices > 1]
    assert sum(life.ledger.said for life in lives) > 50
    assert [books(life)[0] for life in lives] == [books(life)[1] for life in lives]
    assert [life.held() for life in lives] == [life.ledger.held()[-1] for life in lives]
    assert all(life.ledger.boxes()[-1] == len([box for box in life.kept if box.is_there]) for life in lives)


def test_the_same_seed_gives_the_same_books() -> None:
    """Whatever the order of sets or the address of objects."""
    first, second = (simulate(populate(society(7, 10, 3, 3.0), MANY), 1) for _ in range(2))
    assert vars(first[0]) == vars(second[0])
    assert vars(first[1]) == vars(second[1])
    assert first[0].appended != simulate(populate(society(8, 10, 3, 3.0), MANY), 1)[0].appended


def test_trims_free_memory_and_cost_nobody_a_frame() -> None:
    """Without them more is held, and with them nobody lacks more."""
    population = populate(few(), NOBODY)
    with_trims, without = (simulate(population, 30, trims=trims)[0] for trims in (True, False))
    assert sum(with_trims.held()) < sum(without.held())
    assert 0 == with_trims.missed


@st.composite
def lives(draw: st.DrawFn) -> tuple[int, int, list[list[tuple[float, float]]], list[tuple[float, int]]]:
    """Days kept, a seed, when each of some devices is off, and who says something when."""
    kept, count = draw(st.integers(1, 4)), draw(st.integers(2, 4))
    offs = [
        draw(st.lists(st.tuples(st.floats(0.0, 14 * DAY_S), st.floats(60.0, 6 * DAY_S)), max_size=3))
        for _ in range(count)
    ]
    says = draw(st.lists(st.tuples(st.floats(10.0, 14 * DAY_S), st.integers(0, count - 1)), min_size=1, max_size=30))
    return kept, draw(st.integers(0, 2**16)), offs, says


def play(kept: int, seed: int, offs: list[list[tuple[float, float]]], says: list[tuple[float, int]]) -> RoomLife:
    """A room whose devices are online but for those times."""
    devices = [Device(number, number) for number in range(len(offs))]
    life = RoomLife(devices, Ledger(14 * 24), random.Random(seed), kept)
    for number, off in enumerate(offs):
        at = 0.0
        for begin, length in sorted(off):
            if begin > at:
                life.at(at, partial(life.come, number=number))
                life.at(begin, partial(life.go, number=number))
            at = max(at, begin + length)
        life.at(at, partial(life.come, number=number))
    life.at(0.0, lambda t: life.begin(t, devices, 0))
    for t, number in says:
        life.at(t, partial(life.say, number=number))
    life.run(14 * 24 * HOUR_S)
    return life


@given(lives())
@settings(max_examples=25, deadline=None)
def test_nobody_lacks_anything_who_was_away_for_less_than_frames_are_kept(
    drawn: tuple[int, int, list[list[tuple[float, float]]], list[tuple[float, int]]],
) -> None:
    """Whatever is said, trimmed and committed meanwhile; and the books are right whoever was away how long."""
    kept, seed, offs, says = drawn
    longer = play(kept, seed, offs, says)
    assert books(longer)[0] == books(longer)[1]
    short = [[(begin, min(length, kept * DAY_S / 3)) for begin, length in off] for off in offs]
    life = play(kept, seed, short, says)
    assert (0, 0) == (life.ledger.missed, life.ledger.rejoined)
    assert books(life)[0] == books(life)[1]


def test_who_was_away_for_longer_gets_what_is_missing_again() -> None:
    """Its author is there, and sends it again; who missed the end of an epoch comes back, too."""
    away = [[], [(DAY_S, 5 * DAY_S)]]
    life = play(1, 5, away, [(DAY_S + 600 * number, 0) for number in range(1, 6)])
    assert life.ledger.missed >= 5
    assert life.ledger.back >= 5
    later = play(1, 5, [[], [(DAY_S, 12 * DAY_S)]], [(DAY_S + 600, 0)])
    assert 1 == later.ledger.rejoined


def test_who_is_gone_for_good_holds_all_frames_back() -> None:
    """What one device has not read stays until its day, and no longer."""
    life = play(2, 1, [[], [(DAY_S, math.inf)]], [(2 * DAY_S + 600 * number, 0) for number in range(10)])
    held = life.ledger.held()
    assert held[48 + 3] >= 10
    assert 0 == held[24 * 6]
    assert 10 <= sum(life.ledger.expired)


def test_a_device_is_off_while_its_owner_is_away() -> None:
    """The hours of the society, without the days off; nobody gains an hour."""
    present, away = populate(few(), NOBODY), populate(few(), replace(MANY, trips=20.0))
    hours = [
        {device: sum(end - begin for begin, end in spans) for device, spans in population.online.items()}
        for population in (present, away)
    ]
    assert all(hours[1][device] <= hours[0][device] for device in hours[0])
    assert sum(hours[1].values()) < 0.6 * sum(hours[0].values())
