"""Attackers of what waits in memory, and of designs in which every request is apart: what was planted is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.leakage.attackers import ATTACKERS, attack, prepare
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import Seen, View
from tests.leakage.scenes import Row, row, seen


def _waits(*rows: tuple[int, int, float]) -> Seen:
    """What waits in memory: connection, place, second."""
    return seen([row(t, Op.READ, place, conn, size=NOBODY) for conn, place, t in rows], View.MEMORY, moves=True)


def test_who_waits_anew_in_one_second_is_found() -> None:
    """Two connections with a wake token each that end together; what one connection began together says nothing."""
    scene, _ = prepare(_waits((1, 10, 50.0), (5, 20, 50.0), (9, 30, 51.0), (1, 11, 7.0), (1, 12, 7.0), (9, 31, 7.0)))
    pairs = attack(scene, "same second")
    found = {frozenset((int(a), int(b))) for a, b in zip(pairs.left, pairs.right, strict=True)}
    assert found == {frozenset((scene.cast.conns[1], scene.cast.conns[5]))}


def test_wake_tokens_have_nothing_in_common() -> None:
    """Where nobody shares a place or a second, what looks at memory finds no pair, but for who waits for much."""
    scene, _ = prepare(_waits((1, 10, 50.0), (1, 11, 61.0), (5, 20, 72.0), (5, 21, 73.0), (9, 30, 83.0)))
    assert all(len(attack(scene, name).score) == 0 for name in ATTACKERS if name != "many waits")
    pairs = attack(scene, "many waits")
    found = {
        frozenset((int(a), int(b))): float(s) for a, b, s in zip(pairs.left, pairs.right, pairs.score, strict=True)
    }
    one, five, nine = (scene.cast.conns[conn] for conn in (1, 5, 9))
    assert found == {frozenset((one, five)): 4.0, frozenset((one, nine)): 2.0, frozenset((five, nine)): 2.0}


def _polls(dice: np.random.Generator, present: Sequence[Sequence[tuple[float, float]]], places: Mapping[int, set[int]],
           addr: Sequence[int]) -> list[Row]:  # fmt: skip
    """Everybody asks for their mailbox (its number is theirs) and for the places of theirs, while they are there."""
    rows: list[Row] = []
    for who, spans in enumerate(present):
        for place in (who, *(place for place, members in places.items() if who in members)):
            for begin, end in spans:
                for t in np.cumsum(dice.exponential(60.0, int((end - begin) / 20))) + begin:
                    if t < end:
                        conn = len(rows)
                        rows += [
                            row(t, Op.READ, place, conn, addr[who]),
                            row(t + 0.1, Op.CLOSE, NOBODY, conn, addr[who]),
                        ]
    return rows


HOURS = [[(0.0, 30_000.0)], [(10_000.0, 60_000.0)], [(40_000.0, 80_000.0)], [(0.0, 9_000.0), (50_000.0, 80_000.0)]]
PLACES = {10: {0, 1}, 11: {2, 3}, 12: {1, 2, 3}}


@pytest.mark.parametrize("addr", [[NOBODY] * 4, [5, 6, 7, 8]], ids=["without addresses", "with addresses"])
def test_presence_tells_who_reads_what(addr: list[int]) -> None:
    """Where every request is apart: by the hours in which people are there, or by their addresses."""
    rows = _polls(np.random.default_rng(1), HOURS, PLACES, addr)
    view = View.TAP if addr[0] == NOBODY else View.ADDRESSES
    scene, chained = prepare(replace(seen(rows, view), mailboxes=frozenset(range(4)), rooms_move=True))
    assert not chained
    named = {place: {scene.cast.places[who] for who in members} for place, members in PLACES.items()}
    assert named == {place: scene.readers[place] for place in PLACES}
    best = attack(scene, "presence")
    order = np.argsort(-best.score)[:2]
    found = {frozenset((int(best.left[at]), int(best.right[at]))) for at in order}
    assert found == {frozenset(named[10]), frozenset(named[11])}


def test_lasting_connections_are_not_taken_for_single_requests() -> None:
    """Linking by connection is the stronger attack wherever there is one."""
    rows = [
        row(0.0, Op.READ, 1, 1),
        row(900.0, Op.DELIVER, 1, 1),
        row(5.0, Op.READ, 2, 2),
        row(800.0, Op.CLOSE, conn=2),
    ]
    scene, _ = prepare(replace(seen(rows), mailboxes=frozenset({1})))
    assert not scene.weights
