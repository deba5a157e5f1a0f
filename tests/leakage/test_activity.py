"""The classifier of activities: what it sees, what it is tested on, and that it learns what there is to learn."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.activity import (
    FEATURES,
    FOLDS,
    SECONDS,
    SIGNALS,
    Activity,
    Windows,
    describe,
    tell_apart,
    windows,
    without,
)
from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.society import Size, Society, make
from bench.leakage.trace import EVENT, NOBODY, Events, Op, role_of

TREES = 30


@pytest.fixture(scope="module")
def society() -> Society:
    return make(4, Size(30, 2, 5.0))


@pytest.fixture(scope="module")
def cut(society: Society) -> Windows:
    return windows(GroupIds(society).recording(), society)


def events(*rows: tuple[float, Op, int], place: int = 3, conn: int = 4, addr: int = 5) -> Events:
    return np.array([(t, op, place, conn, addr, NOBODY, NOBODY, size, role_of(op)) for t, op, size in rows], EVENT)


def test_a_window_is_sizes_directions_and_times() -> None:
    """The same traffic at another place, over another connection and address, looks the same; another size does not."""
    rows = ((10.5, Op.APPEND, 700), (11.0, Op.DELIVER, 900), (13.0, Op.DELIVER, 901))
    assert describe(events(*rows), 10.0) == describe(events(*rows, place=8, conn=9, addr=1), 10.0)
    assert describe(events(*rows), 10.0) != describe(events((10.5, Op.APPEND, 701), *rows[1:]), 10.0)


def test_a_connection_that_begins_is_seen() -> None:
    """Also where nothing goes over it yet."""
    assert describe(events((10.5, Op.OPEN, 0)), 10.0) != describe(events(), 10.0)


def test_coming_online_is_seen_in_every_design(cut: Windows) -> None:
    """A connection begins then, whatever the design."""
    assert tell_apart(cut, TREES).recalls[Activity.COME] > 0.9


def test_every_feature_has_its_name(cut: Windows) -> None:
    """In the order in which they are described."""
    described = dict(zip(FEATURES, describe(events((10.5, Op.APPEND, 700), (11.0, Op.READ, 0)), 10.0), strict=True))
    assert (described["up bytes"], described["up size 0"], described["asked first"]) == (700.0, 700.0, 1.0)
    assert len(FEATURES) == cut.features.shape[1]


@pytest.mark.parametrize("signal", SIGNALS)
def test_what_is_left_out_is_not_looked_at(signal: str, cut: Windows) -> None:
    """Traffic that differs in nothing else looks the same; and something is still looked at."""
    more = {
        "sizes": ((10.5, Op.APPEND, 700), (10.5, Op.APPEND, 16_384)),
        "what goes up": ((10.5, Op.APPEND, 700), (10.9, Op.PUT_BLOB, 90)),
        "what comes down": ((10.5, Op.DELIVER, 700), (10.9, Op.GET_BLOB, 90)),
        "what is asked and which connections begin": ((10.5, Op.OPEN, 0), (10.9, Op.READ, 0)),
    }[signal]
    seen = [describe(events(row), 10.0) for row in more]
    labels, accounts = np.array(["one", "other"]), np.arange(2)
    one, other = without(Windows(np.array(seen), labels, accounts), signal).features
    assert seen[0] != seen[1]
    assert np.array_equal(one, other)
    assert 1 < without(cut, signal).features.shape[1] < cut.features.shape[1]


def test_a_window_ends() -> None:
    """What comes later is not seen."""
    one = events((10.5, Op.APPEND, 700))
    two = events((10.5, Op.APPEND, 700), (10.0 + SECONDS + 0.01, Op.APPEND, 9_000))
    assert describe(one, 10.0) == describe(two, 10.0)


def test_windows_are_cut_for_what_people_do(cut: Windows, society: Society) -> None:
    """Of devices whose account has no other, but for linking."""
    single = {account.number for account in society.accounts if account.devices == 1}
    assert {Activity.TEXT, Activity.READ, Activity.COME, Activity.IDLE, Activity.MAKE} <= set(cut.labels.tolist())
    assert set(cut.accounts[cut.labels != str(Activity.LINK)].tolist()) <= single
    assert len(cut.labels) == len(cut.accounts) == len(cut.features)


def test_activities_are_told_apart_on_people_that_were_not_seen(cut: Windows) -> None:
    """Far better than by chance, in every fold."""
    told = tell_apart(cut, TREES)
    assert len(told.scores) == FOLDS
    assert min(told.scores) > 2 * told.chance
    assert told.chance == 1 / told.activities
    assert set(told.recalls) == set(cut.labels.tolist())
    assert np.mean(list(told.recalls.values())) == pytest.approx(np.mean(told.scores), abs=0.05)


def test_without_anything_to_see_there_is_chance(cut: Windows) -> None:
    """The same windows with noise for features."""
    noise = np.random.default_rng(0).random(cut.features.shape)
    told = tell_apart(Windows(noise, cut.labels, cut.accounts), TREES)
    assert np.mean(told.scores) == pytest.approx(told.chance, abs=0.06)


def test_no_account_is_trained_on_and_tested(cut: Windows) -> None:
    """A feature that is the account's number is worth nothing: who is tested was never seen."""
    number = np.repeat(cut.accounts[:, None].astype(np.float64), 2, axis=1)
    told = tell_apart(Windows(number, cut.labels, cut.accounts), TREES)
    assert np.mean(told.scores) == pytest.approx(told.chance, abs=0.08)
