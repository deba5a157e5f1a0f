"""Each attacker finds what was planted for it, and finds nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from bench.leakage.attackers import ATTACKERS, attack, guess_all, prepare
from bench.leakage.attackers.chains import chain
from bench.leakage.attackers.cooccurrence import co_occurrence
from bench.leakage.attackers.devices import sessions
from bench.leakage.attackers.disclosure import following, least_squares, matched, sda
from bench.leakage.attackers.groups import readers_of_places, recipients_at_once
from bench.leakage.attackers.linking import link, named
from bench.leakage.attackers.scene import Scene
from bench.leakage.attackers.timing import correlation
from bench.leakage.guess import Pairs
from bench.leakage.rivals import RIVALS
from bench.leakage.society import SMALL, make
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Pair, Recording, Truth
from bench.leakage.views import View, see
from tests.leakage.scenes import Row, row, seen


def top(pairs: Pairs) -> list[Pair]:
    """Pairs, the surest first."""
    order = np.argsort(-pairs.score, kind="stable")
    return [tuple(sorted((int(pairs.left[at]), int(pairs.right[at])))) for at in order]  # type: ignore[misc]


def session(conn: int, begin: float, end: float, *places: int, addr: int = NOBODY) -> list[Row]:
    """A connection that reads places from its opening to its end."""
    opened = [
        row(begin, Op.OPEN, conn=conn, addr=addr),
        *(row(begin + 0.1, Op.READ, place, conn, addr) for place in places),
    ]
    return [*opened, row(end, Op.CLOSE, conn=conn, addr=addr)]


# --------------------------------------------------------------------------------------------------- who is who


def test_a_login_names_its_connection() -> None:
    """As does reading what is addressed to an account, and an inbox on a public card."""
    rows = [row(1, Op.OPEN, conn=0, who=5), row(2, Op.READ, 1, 1, to=6), row(3, Op.READ, 9, 2), row(4, Op.APPEND, 9, 3)]
    assert named(seen(rows, cards={9: 7})) == {0: 5, 1: 6, 2: 7}


def test_a_device_is_recognised_by_its_places() -> None:
    """After a reconnection, whoever reads the same places is the same person; others are others."""
    rows = [*session(0, 0, 100, 1, 2, 3), *session(1, 10, 90, 3, 4), *session(2, 200, 300, 1, 2, 3, 7)]
    cast = link(seen(rows), {})
    assert cast.conns[0] == cast.conns[2] != cast.conns[1]


def test_two_readers_of_one_place_at_one_time_are_two() -> None:
    """However alike their places are."""
    cast = link(seen([*session(0, 0, 100, 1), *session(1, 50, 150, 1)]), {})
    assert cast.conns[0] != cast.conns[1]


def test_connections_that_are_dropped_in_one_instant_are_one_devices() -> None:
    """Though they were opened hours apart; a third, that ends a second later, is not."""
    rows = [*session(0, 0, 9_000.0, 1), *session(1, 4_000, 9_000.001, 2), *session(2, 100, 9_001.5, 3)]
    rows += [*session(3, 20_000, 30_000, 4), *session(4, 20_100, 40_000, 5)]
    found = [sorted(one.conns) for one in sessions(seen(rows), {})]
    assert [0, 1] in found
    assert [2] in found


def test_two_who_are_named_are_never_one() -> None:
    """Not even if they come and go together."""
    rows = [*session(0, 0, 100, 1), *session(1, 0, 100, 2)]
    assert len(sessions(seen(rows), {0: 4, 1: 5})) == 2
    assert len(sessions(seen(rows), {})) == 1


def test_an_address_where_nobody_else_is_names_everything_there() -> None:
    """Two sessions without a place in common, from one address, one after the other."""
    rows = [*session(0, 0, 100, 1, addr=8), *session(1, 500, 600, 2, addr=8), *session(2, 50, 550, 3, addr=9)]
    cast = link(seen(rows, View.ADDRESSES), {})
    assert cast.conns[0] == cast.conns[1] != cast.conns[2]


def test_in_memory_neighbours_at_one_address_are_one_device() -> None:
    """The connection for the inbox and the one for rooms have neighbouring numbers; names come from the cards."""
    rows = [row(5, Op.READ, 1, 10, 3), row(7, Op.READ, 4, 11, 3), row(5, Op.READ, 2, 40, 3), row(9, Op.READ, 5, 41, 3)]
    cast = link(seen(rows, View.MEMORY, {1: 0, 2: 1}), {})
    assert cast.conns == {10: 0, 11: 0, 40: 1, 41: 1}


def test_a_connection_that_only_writes_is_whose_deliveries_it_follows() -> None:
    """Ten answers, each half a second after something was handed to account 1; account 2 is handed other things."""
    rows = [row(0, Op.OPEN, conn=0, who=1), row(0, Op.OPEN, conn=1, who=2), row(1, Op.OPEN, conn=2)]
    for n in range(10):
        t = 100.0 * n
        rows += [row(t, Op.DELIVER, 1, 0, who=1), row(t + 0.5, Op.APPEND, 7, 2), row(t + 40, Op.DELIVER, 2, 1, who=2)]
    assert link(seen(rows), {}).conns[2] == 1


def test_on_a_disk_every_place_is_somebody() -> None:
    """Unless it names its owner, or a card does."""
    cast = link(seen([row(0, Op.APPEND, 1), row(0, Op.APPEND, 2, to=3), row(0, Op.APPEND, 4)], View.DISK, {4: 6}), {})
    assert set(cast.places) == {1, 4}
    assert cast.places[4] == 6
    assert cast.places[1] not in {3, 6}


# ---------------------------------------------------------------------------------------------------------- pairs


def scene(rows: Sequence[Row]) -> Scene:
    found = seen(rows)
    return Scene(found, link(found, {}))


def test_a_place_of_two_is_surer_than_a_place_of_many() -> None:
    """Readers 0 and 1 share a place of two in which somebody writes; 2 to 5 a busier one of four."""
    rows = [row(0, Op.OPEN, conn=n, who=n) for n in range(6)]
    rows += [row(1, Op.READ, 1, n, who=n) for n in (0, 1)] + [row(1, Op.READ, 2, n, who=n) for n in (2, 3, 4, 5)]
    rows += [row(2, Op.APPEND, 1, 0, who=0), *(row(3 + n, Op.APPEND, 2, 2, who=2) for n in range(50))]
    assert top(co_occurrence(scene(rows)))[0] == (0, 1)


def test_a_place_where_one_writes_and_another_reads_is_theirs() -> None:
    """Where people share places by login, and only one of the two has spoken; taking in names the other once."""
    rows = [row(0, Op.OPEN, conn=n, who=n) for n in range(5)]
    rows += [row(1, Op.APPEND, 1, 0, who=0, to=1), row(2, Op.APPEND, 1, 0, who=0), row(3, Op.DELIVER, 1, 1, who=1)]
    rows += [row(1, Op.READ, 2, n, who=n) for n in (2, 3, 4)] + [row(2, Op.APPEND, 2, 2, who=2)]
    assert top(co_occurrence(scene(rows)))[0] == (0, 1)


def letters(dice: np.random.Generator, pairs: Sequence[Pair], people: int) -> list[Row]:
    """Mailboxes of ``people``: those of ``pairs`` write to one another and are answered at once; others chatter."""
    rows = [row(0, Op.OPEN, conn=n, who=n) for n in range(people)]
    rows += [row(0.5, Op.READ, n, n, who=n, to=n) for n in range(people)]
    for a, b in pairs:
        for t in dice.uniform(10, 5_000, 25).tolist():
            rows += [row(t, Op.APPEND, b, to=b), row(t + 0.01, Op.DELIVER, b, b, who=b, to=b)]
            rows += [row(t + 0.01 + dice.uniform(0.1, 0.9), Op.APPEND, a, to=a)]
    for person in range(people):
        for t in dice.uniform(10, 5_000, 40).tolist():
            rows += [
                row(t, Op.APPEND, person, to=person),
                row(t + 0.01, Op.DELIVER, person, person, who=person, to=person),
            ]
    return rows


@pytest.mark.parametrize("one", [sda, matched, least_squares])
def test_disclosure_finds_who_answers_whom(one: Callable[[Scene], Pairs]) -> None:
    """Three pairs among twelve people whose mailboxes are busy anyway; senders are never seen."""
    rows = letters(np.random.default_rng(3), [(0, 5), (1, 7), (8, 9)], 12)
    assert set(top(one(scene(rows)))[:3]) == {(0, 5), (1, 7), (8, 9)}


@pytest.mark.parametrize("one", [sda, matched, least_squares])
def test_disclosure_is_not_sure_of_chatter(one: Callable[[Scene], Pairs]) -> None:
    """Nobody answers anybody: nothing scores as high as a planted pair does."""
    quiet = one(scene(letters(np.random.default_rng(4), [], 12))).score
    planted = one(scene(letters(np.random.default_rng(4), [(0, 5)], 12))).score
    assert quiet.max(initial=0.0) < 0.6 * planted.max()


def test_following_pairs_are_those_within_the_window() -> None:
    """Against the plain way."""
    dice = np.random.default_rng(5)
    one, two = np.sort(dice.uniform(0, 30, 60)), np.sort(dice.uniform(0, 30, 50))
    expected = {(a, b) for a in range(60) for b in range(50) if one[a] + 0.2 <= two[b] <= one[a] + 1.1}
    assert expected == set(zip(*(side.tolist() for side in following(one, two, 0.2, 1.1)), strict=True))


def test_correlation_finds_who_is_handed_what_another_wrote() -> None:
    """0 writes and 1 is handed the same size at once, thirty times; 2 is handed things at other times."""
    dice = np.random.default_rng(6)
    rows = [row(0, Op.OPEN, conn=n, who=n) for n in range(3)]
    for t in dice.uniform(10, 5_000, 30).tolist():
        rows += [row(t, Op.APPEND, 1, 0, who=0, size=700), row(t + 0.1, Op.DELIVER, 1, 1, who=1, size=700)]
    rows += [row(t, Op.DELIVER, 2, 2, who=2, size=700) for t in dice.uniform(10, 5_000, 30).tolist()]
    assert top(correlation(scene(rows)))[0] == (0, 1)


# ----------------------------------------------------------------------------------------------- rooms that move


def test_a_room_is_followed_to_its_next_place() -> None:
    """Two rooms of three move at different moments; each reader asks for the new place over the same connection."""
    rows: list[Row] = []
    for conn in range(6):
        room = 10 if conn < 3 else 20
        moved = 500.0 if conn < 3 else 900.0
        rows += [row(conn, Op.OPEN, conn=conn), row(conn + 0.1, Op.READ, room, conn)]
        rows += [row(moved, Op.DELIVER, room, conn), row(moved + 0.05 + conn / 100, Op.READ, room + 1, conn)]
        rows += [row(moved + 50, Op.DELIVER, room, conn), row(moved + 60, Op.DELIVER, room + 1, conn)]
    rows += [row(499.9, Op.APPEND, 10, 0), row(899.9, Op.APPEND, 20, 3)]
    assert chain(scene(rows)) == {(10, 11), (20, 21)}


def test_a_room_is_followed_without_connections_that_last() -> None:
    """Every place is read over a connection of its own; what remains is who wrote where when the new place was born."""
    rows: list[Row] = []
    for n, (room, moved) in enumerate([(10, 500.0), (20, 900.0)]):
        for reader in range(3):
            rows += session(20 * n + reader, reader, 1_000 + reader + n, room)
            rows += session(20 * n + 10 + reader, moved + 0.2 + reader / 50, 2_000 + reader + n, room + 1)
        rows += [row(moved, Op.APPEND, room, 20 * n)]
    assert chain(scene(rows)) >= {(10, 11), (20, 21)}


def test_rooms_that_never_move_are_not_followed() -> None:
    """An attacker knows the design it attacks."""
    rows = [*session(0, 0, 100, 1, 2), *session(1, 0, 90, 1, 2)]
    assert prepare(seen(rows))[1] == frozenset()


def test_places_of_one_room_are_one_place_afterwards() -> None:
    """So that a room for two stays a room for two over all its places."""
    rows: list[Row] = []
    for conn in range(2):
        rows += [row(0, Op.OPEN, conn=conn, who=conn), row(0.1, Op.READ, 5, conn, who=conn)]
        rows += [row(9.1, Op.DELIVER, 5, conn, who=conn), row(9.2 + conn / 9, Op.READ, 6, conn, who=conn)]
    rows += [row(9, Op.APPEND, 5, 0, who=0)]
    scene, found = prepare(seen(rows, moves=True))
    assert found == {(5, 6)}
    assert set(scene.readers) == {5}


# --------------------------------------------------------------------------------------------------------- groups


def test_readers_of_a_place_are_a_group() -> None:
    """From three on."""
    rows = [row(0, Op.READ, 1, n, who=n) for n in range(4)] + [row(0, Op.READ, 2, n, who=n) for n in range(2)]
    assert readers_of_places(scene(rows)) == [frozenset({0, 1, 2, 3})]


def test_recipients_of_one_breath_are_a_group_with_whom_the_receipts_go_to() -> None:
    """0 writes to 1, 2 and 3 at once, ten times; their receipts come back to 0."""
    rows = [row(0.5, Op.READ, n, n, who=n, to=n) for n in range(5)]
    for n in range(10):
        t = 100.0 * (n + 1)
        rows += [row(t + 0.001 * other, Op.APPEND, other, to=other) for other in (1, 2, 3)]
        rows += [row(t + 0.3 + 0.1 * other, Op.APPEND, 0, to=0) for other in (1, 2, 3)]
    assert recipients_at_once(scene(rows)) == [frozenset({0, 1, 2, 3})]


# ---------------------------------------------------------------------------------------------------------- disks


def disk(rows: Sequence[Row], cards: Mapping[int, int] | None = None) -> Scene:
    found = seen(rows, View.DISK, cards)
    return Scene(found, link(found, {}))


def test_a_disk_shows_which_place_may_follow_which() -> None:
    """A place ends on the day on which another, that looks like it, begins; a third looks different."""
    rows = [row(0, Op.APPEND, 1, size=512), row(86_400, Op.APPEND, 1, size=512)]
    rows += [row(86_400, Op.APPEND, 2, size=512), row(172_800, Op.APPEND, 2, size=512)]
    rows += [row(86_400, Op.APPEND, 3, size=60_000), row(172_800, Op.APPEND, 3, size=60_000)]
    assert (1, 2) in prepare(seen(rows, View.DISK, moves=True))[1]


def test_memory_shows_which_places_are_one_rooms() -> None:
    """Two rooms of three: whoever waits at the one's first place waits at its next."""
    rows = [row(500 + conn, Op.READ, place, conn, addr=conn) for conn in range(3) for place in (1, 2)]
    rows += [row(600 + conn, Op.READ, place, conn, addr=conn) for conn in range(3, 6) for place in (3, 4)]
    rows += [row(0, Op.APPEND, place, size=NOBODY) for place in (1, 2, 3, 4)]
    assert prepare(seen(rows, View.MEMORY, moves=True))[1] == {(1, 2), (3, 4)}


@pytest.mark.parametrize("name", ["same moment", "same moment and size"])
def test_a_disk_shows_what_came_at_once(name: str) -> None:
    """Two who are away were sent something in the same second; the third at another time."""
    rows = [row(5, Op.APPEND, 1, to=1), row(5, Op.APPEND, 2, to=2), row(9, Op.APPEND, 3, to=3)]
    assert top(attack(disk(rows), name)) == [(1, 2)]


def test_a_disk_shows_equal_sizes() -> None:
    """Of two kinds of items, the rarer says more."""
    rows = [row(n, Op.APPEND, n, to=n, size=512) for n in range(4)]
    rows += [row(7, Op.APPEND, 1, to=1, size=999), row(8, Op.APPEND, 3, to=3, size=999)]
    assert top(attack(disk(rows), "same size"))[0] == (1, 3)


def test_a_disk_shows_who_is_busy() -> None:
    """By items that lie there and by what is said of those that are gone."""
    rows = [row(0, Op.ERASE, 1, size=40), row(0, Op.ERASE, 2, size=30), row(0, Op.APPEND, 3, size=512)]
    assert top(attack(disk(rows, {1: 1, 2: 2, 3: 3}), "busy people"))[0] == (1, 2)


# ----------------------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("name", RIVALS)
def test_every_attacker_bears_every_view(name: str, view: View) -> None:
    """Finite scores, of people of the cast; the same twice."""
    recording = RIVALS[name](make(2, SMALL)).recording()
    scene, guesses = guess_all(see(recording, view))
    people = {*scene.cast.conns.values(), *scene.cast.accounts.values(), *scene.cast.places.values()}
    for attacker in ATTACKERS:
        pairs = attack(scene, attacker)
        assert np.all(np.isfinite(pairs.score))
        assert {*pairs.left.tolist(), *pairs.right.tolist()} <= people
        assert np.array_equal(pairs.score, attack(scene, attacker).score)
    assert [each.groups for each in guesses.values()] == [
        each.groups for each in guess_all(see(recording, view))[1].values()
    ]


@pytest.mark.parametrize("view", View)
def test_nobody_at_all_is_no_trouble(view: View) -> None:
    """An empty machine gives empty guesses."""
    nothing: Events = np.empty(0, EVENT)
    truth = Truth(0, frozenset(), [], {}, (), Owners(()), {})
    scene, guesses = guess_all(see(Recording("nothing", nothing, nothing, nothing, {}, truth), view))
    assert all(guess.groups == [] for guess in guesses.values())
    assert all(len(attack(scene, name).score) == 0 for name in ATTACKERS)
