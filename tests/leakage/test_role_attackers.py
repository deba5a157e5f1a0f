"""Attackers of roles find what is there to find, and nothing where there is nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
import pytest

from bench.leakage.attackers.trained import train
from bench.leakage.cells.attackers import ATTACKS, HOMES, Known, guesses
from bench.leakage.cells.attackers.accomplice import among_others, helpers, without_theirs
from bench.leakage.cells.attackers.active import HELD, Holds, false_digests, releases
from bench.leakage.cells.attackers.learning import lesson, table
from bench.leakage.cells.exchange import chance_by, freely
from bench.leakage.cells.scores import ranking_of
from bench.leakage.cells.simulate import record
from bench.leakage.cells.talking import Crowd, make
from bench.leakage.deployment import HOP, behind_ingress
from bench.leakage.guess import Pairs
from bench.leakage.measure import average_precision
from bench.leakage.role_views import ALL, INGRESS, OPERATOR, RELAY, RoleSeen, RoleView
from bench.leakage.trace import EVENT, NOBODY, Events, Op, Owners, Pair, Role, Truth
from tests.leakage.scenes import Row

PEOPLE = 12
DAYS = 4
FRIENDS = tuple((one, one + 1) for one in range(0, PEOPLE, 2))
INBOXES = {account: account for account in range(PEOPLE)}
TRUTH = Truth(PEOPLE, frozenset(FRIENDS), [], {}, (), Owners([]), {})
HOMES_OF = np.arange(PEOPLE)
INGRESS_ATTACKS = ("same seconds", "two alone", "same minutes", "co-starts", "long intersection", "on and off", HOMES)


def row(t: float, op: Op, at: Role, place: int = NOBODY, conn: int = NOBODY, who: int = NOBODY, size: int = 512) -> Row:
    return (t, int(op), place, conn, who, who, NOBODY, size, int(at))


def events(rows: Iterable[Row]) -> Events:
    return np.array(sorted(rows), EVENT)


def open_book(seed: int) -> RoleSeen:
    """Nothing is hidden: friends come and go together, from one home, talk with nobody else, look one another up."""
    dice, rows = np.random.default_rng(seed), list[Row]()
    for number, pair in enumerate(FRIENDS):
        box, addr = 1_000 + number, 50 + number
        for visit, begin in enumerate(np.sort(dice.uniform(0, DAYS * 86_400.0, 60))):
            begin_, conn = float(begin), 2 * (number * 100 + visit)
            for step, who in enumerate(pair):
                t, at = begin_ + 0.1 * step, Role.RELAY
                lasting = [(t, Op.OPEN, NOBODY), (t + 0.05, Op.READ, who), (t + 400.0, Op.CLOSE, NOBODY)]
                rows += [row(when + HOP, op, at, place, conn + step, size=0) for when, op, place in lasting]
                cells = [(t, Op.OPEN), (t + 400.0, Op.CLOSE)]
                for said in (*(t + 20.0 * turn for turn in range(1, 9)), t + 2.0):
                    rows.append(row(said + HOP, Op.READ if said == t + 2.0 else Op.APPEND, at, box))
                    cells.append((said, Op.SENT))
                if not visit:
                    other = pair[1 - step]
                    rows += [
                        row(t + 70.0 + HOP, Op.LOOKUP, Role.DIRECTORY, other),
                        row(t + HOP, Op.APPEND, at, who, size=9_000),
                    ]
                    rows.append(row(t + 55.0 + HOP, Op.DELIVER, at, who, conn + step, size=9_000))
                    cells.append((t + 70.0, Op.SENT))
                rows += [(when, int(op), -1, -1, addr, who, -1, 3_072, int(Role.INGRESS)) for when, op in cells]
    return RoleSeen(ALL, events(rows), INBOXES)


def noise(seed: int) -> RoleSeen:
    """Everybody comes, asks and is asked at moments of their own; no friends in it."""
    dice, rows = np.random.default_rng(seed), list[Row]()
    end = DAYS * 86_400.0
    for who in range(PEOPLE):
        for visit, begin in enumerate(dice.uniform(0, end, 30).tolist()):
            conn = 100 * who + visit
            lasting = [(begin, Op.OPEN, NOBODY), (begin + 0.05, Op.READ, who), (begin + 900.0, Op.CLOSE, NOBODY)]
            rows += [row(when, op, Role.RELAY, place, conn) for when, op, place in lasting]
            rows += [(when, int(op), -1, -1, who, who, -1, 512, int(Role.INGRESS)) for when, op, _ in lasting]
        rows += [(t, int(Op.SENT), -1, -1, who, who, -1, 3_072, int(Role.INGRESS)) for t in dice.uniform(0, end, 300)]
        rows += [row(t, Op.LOOKUP, Role.DIRECTORY, who) for t in dice.uniform(0, end, 40)]
        for t in dice.uniform(0, end, 1 + dice.poisson(4)).tolist():
            rows += [
                row(t, Op.APPEND, Role.RELAY, who, size=9_000),
                row(t + 1.0, Op.DELIVER, Role.RELAY, who, size=9_000),
            ]
    for box in range(8):
        rows += [row(t, Op.READ, Role.RELAY, 1_000 + box) for t in dice.uniform(0, end, 60)]
    return RoleSeen(ALL, events(rows), INBOXES)


@lru_cache
def noise_guesses(seed: int) -> Mapping[str, Pairs]:
    return guesses(noise(seed), PEOPLE)


@lru_cache
def book_guesses(seed: int) -> Mapping[str, Pairs]:
    return guesses(open_book(seed), PEOPLE)


def precision(pairs: Pairs) -> float:
    return average_precision(ranking_of(pairs, TRUTH))


def only(seen: RoleSeen, view: RoleView) -> RoleSeen:
    return RoleSeen(view, seen.events[np.isin(seen.events["at"], [int(role) for role in view.roles])], seen.directory)


FINDS_LITTLE = {"request counts", "asked together"}
"""They say who is asked often, and who is in a group: nothing about friends of whom all are asked once."""


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in FINDS_LITTLE])
def test_where_nothing_is_hidden_everything_is_found(name: str) -> None:
    """Friends come before all others."""
    assert precision(book_guesses(1)[name]) > 0.95


@pytest.mark.parametrize("name", ATTACKS)
def test_in_noise_nobody_is_found(name: str) -> None:
    """No better than the same guess with names exchanged, over several societies."""
    above = []
    for seed in range(6):
        pairs = noise_guesses(seed).get(name, Pairs.none())
        ranking = ranking_of(pairs, TRUTH)
        above.append(average_precision(ranking) > chance_by(freely, ranking, TRUTH, HOMES_OF, 60).high)
    assert sum(above) <= 2


def test_reads_of_inboxes_alone_say_whose_the_boxes_are() -> None:
    """Where nothing waits: an inbox is read now and then while its owner is there, and so are the boxes."""
    dice, rows = np.random.default_rng(5), list[Row]()
    for number, pair in enumerate(FRIENDS):
        for begin in dice.uniform(0, DAYS * 86_400.0, 60).tolist():
            for step, who in enumerate(pair):
                rows.append(row(begin + 60.0 * step, Op.READ, Role.RELAY, who))
            rows += [row(begin + 20.0 * turn, Op.READ, Role.RELAY, 1_000 + number) for turn in range(9)]
    found = guesses(RoleSeen(RELAY, events(rows), INBOXES), PEOPLE)
    assert precision(found["signs of presence"]) > 0.95
    assert not len(found["presence"].score)


def test_look_ups_name_people_where_the_directory_is_in_the_same_hand() -> None:
    """Even if the relay's view was attacked before: what is known of that is of its reads alone."""
    dice, rows, known = np.random.default_rng(6), list[Row](), Known()
    for number, pair in enumerate(FRIENDS):
        for begin in dice.uniform(0, DAYS * 86_400.0, 60).tolist():
            rows += [row(begin + 60.0 * step, Op.LOOKUP, Role.DIRECTORY, who) for step, who in enumerate(pair)]
            rows += [row(begin + 20.0 * turn, Op.READ, Role.RELAY, 1_000 + number) for turn in range(9)]
    whole = RoleSeen(OPERATOR, events(rows), INBOXES)
    assert not len(guesses(only(whole, RELAY), PEOPLE, known)["signs of presence"].score)
    assert precision(guesses(whole, PEOPLE, known)["signs and look-ups"]) > 0.95


def test_who_is_asked_often_is_guessed_to_know_many() -> None:
    """By request counts, the pair of those who were asked most comes first."""
    rows = [row(float(t), Op.APPEND, Role.RELAY, who, size=9_000) for who in range(4) for t in range(1 + 3 * (who > 1))]
    found = guesses(RoleSeen(RELAY, events(rows), {account: account for account in range(4)}), 4)["request counts"]
    best = int(np.argmax(found.score))
    assert {int(found.left[best]), int(found.right[best])} == {2, 3}


def test_a_box_is_of_the_two_who_are_there_in_turn() -> None:
    """Not of two others who are always there: they would read it also when neither of the first two is."""
    rows, day = list[Row](), 86_400.0
    spans = {0: (0.1 * day, 0.2 * day), 1: (0.3 * day, 0.4 * day), 2: (0.0, day), 3: (0.0, day)}
    for who, (begin, end) in spans.items():
        lasting = [(begin, Op.OPEN, NOBODY), (begin + 1.0, Op.READ, who), (end, Op.CLOSE, NOBODY)]
        rows += [row(when, op, Role.RELAY, place, who) for when, op, place in lasting]
    moments = [*np.linspace(0.11, 0.19, 20), *np.linspace(0.31, 0.39, 20)]
    rows += [row(float(each) * day, Op.READ, Role.RELAY, 1_000) for each in moments]
    found = guesses(RoleSeen(RELAY, events(rows), {account: account for account in range(4)}), 4)["presence"]
    assert (int(found.left[np.argmax(found.score)]), int(found.right[np.argmax(found.score)])) == (0, 1)


def test_several_cells_of_one_account_at_once_are_no_doubt() -> None:
    """Those of two accounts are: then nobody is named."""

    def asked(*who: int) -> Pairs:
        cells = [row(10.0, Op.SENT, Role.INGRESS, who=each) for each in who]
        own = row(9.0, Op.LOOKUP, Role.DIRECTORY, 2, who=2)  # a login, as of a client that publishes its card
        seen = RoleSeen(ALL, events([*cells, own, row(10.0 + HOP, Op.LOOKUP, Role.DIRECTORY, 3)]), {})
        return guesses(seen, 4)["matched look-ups"]

    assert asked(1, 1, 1).left.tolist() == [1]
    assert asked(1, 1, 1).right.tolist() == [3]
    assert asked(1, 2).left.tolist() == []


def test_handles_that_are_asked_for_together_are_a_group() -> None:
    seen = [row(1_000.0 * turn + 0.1 * who, Op.LOOKUP, Role.DIRECTORY, who) for turn in range(1, 9) for who in (1, 2)]
    seen += [row(317.0 * turn, Op.LOOKUP, Role.DIRECTORY, 3) for turn in range(1, 20)]
    found = guesses(RoleSeen(ALL, events(seen), {}), 4)["asked together"]
    assert (int(found.left[np.argmax(found.score)]), int(found.right[np.argmax(found.score)])) == (1, 2)


def test_a_crowd_says_less_than_two() -> None:
    """Moments of a group raise all of its pairs alike; those of two alone decide."""
    group = [row(100.0 * turn, Op.SENT, Role.INGRESS, who=who) for turn in range(1, 40) for who in range(5)]
    alone = [row(50.0 + 100.0 * turn, Op.SENT, Role.INGRESS, who=who) for turn in range(1, 12) for who in (0, 1)]
    found = guesses(RoleSeen(INGRESS, events([*group, *alone]), {}), PEOPLE)["two alone"]
    order = np.argsort(-found.score)
    assert (int(found.left[order[0]]), int(found.right[order[0]])) == (0, 1)
    assert found.score[order[0]] > 1.5 * found.score[order[1]]


def test_no_attacker_works_without_its_roles() -> None:
    """An ingress alone runs those of an ingress; a relay alone has no look-ups."""
    book = open_book(1)
    assert set(guesses(only(book, INGRESS), PEOPLE)) <= set(INGRESS_ATTACKS)
    alone = guesses(only(book, RELAY), PEOPLE)
    assert not set(alone) & {*INGRESS_ATTACKS, "matched look-ups", "look-ups after requests"}
    assert not len(alone["matched boxes"].score)


def test_who_learns_from_one_society_finds_friends_in_another() -> None:
    """And learns nothing from noise that would help."""
    lessons = [lesson(book_guesses(seed), TRUTH) for seed in (2, 3)]
    taught = train([each for each in lessons if each is not None])
    rows = table(book_guesses(1), PEOPLE)
    assert taught is not None
    assert rows is not None
    assert taught.fits(rows)
    assert precision(taught(rows)) > 0.95


# -- those who interfere, and those who help


def test_what_is_held_passes_when_the_hold_ends() -> None:
    """Everybody is held for a sixth of the time, each at moments of their own, and nothing passes early."""
    holds = Holds(1)
    t = np.arange(0.0, 86_400.0, 7.0)
    passed = [holds(np.full(len(t), account), t) for account in (1, 2)]
    assert np.all(passed[0] >= t)
    assert np.all(passed[0] <= t + HELD)
    assert np.mean(passed[0] > t) == pytest.approx(HELD / 240.0, abs=0.02)
    assert not np.array_equal(passed[0] > t, passed[1] > t)


def test_who_answers_a_release_is_found() -> None:
    """Of twelve who send all the time only one answers each; nobody is found where nobody does."""
    holds, dice = Holds(1), np.random.default_rng(4)

    def seen(answered: tuple[Pair, ...]) -> RoleSeen:
        rows = []
        for who in range(PEOPLE):
            t = holds(np.full(600, who), np.sort(dice.uniform(0, 86_400.0, 600)))
            rows += [row(float(each), Op.SENT, Role.INGRESS, who=who) for each in t]
            _, end = holds.release(np.full(600, who), t - 0.5)
            for other in (two for one, two in answered if one == who):
                rows += [
                    row(float(each) + 1.2, Op.SENT, Role.INGRESS, who=other)
                    for each in np.unique(end[abs(end - t) < 0.4])
                ]
        return RoleSeen(INGRESS, events(rows), {})

    assert precision(releases(seen(FRIENDS), PEOPLE, holds)) > 0.95
    assert precision(releases(seen(()), PEOPLE, holds)) < 0.4


def test_false_digests_make_readers_come_when_nobody_talks() -> None:
    """Reads of a room's box are spread over the hours at which somebody of it is there."""
    town = make(1, Crowd(12, 2, 3.0))
    usual, probed = record(town), record(town, probes=false_digests(town))
    reads = [np.sum((each.live["op"] == Op.READ) & (each.live["place"] >= 12)) for each in (usual, probed)]
    assert reads[1] > 1.2 * reads[0]
    written = [np.sum((each.live["op"] == Op.APPEND) & (each.live["place"] >= 12)) for each in (usual, probed)]
    assert written[0] == written[1]


def test_what_helpers_tell_is_out_of_the_question() -> None:
    """Nothing that is written in their rooms is left, all else is; and pairs with one of them do not count."""
    town = make(1, Crowd(12, 2, 3.0))
    its = record(town)
    helping = helpers(1, 12)
    left = without_theirs(its, helping)
    rooms = {
        int(p): its.truth.rooms[its.truth.room_of[int(p)]] for p in left.live["place"] if int(p) in its.truth.room_of
    }
    wrote = left.live[(left.live["op"] == Op.APPEND) & (left.live["place"] >= 12)]
    assert not any(rooms[int(place)] & helping for place in wrote["place"])
    assert len(behind_ingress(left).live) < len(behind_ingress(its).live)
    one = min(helping)
    ranking = among_others(
        ranking_of(Pairs.of({(min(one, (one + 1) % 12), max(one, (one + 1) % 12)): 1.0}), its.truth), its.truth, helping
    )
    assert len(ranking.score) == 0
    assert ranking.pairs == (12 - len(helping)) * (11 - len(helping)) // 2
