"""Attackers of meetings, invitations, addresses and ways: what was planted is found, and nothing without its trait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bench.leakage.attackers import attack, prepare
from bench.leakage.attackers.first_contact import FIRST_CONTACTS
from bench.leakage.attackers.groups import at_one_place, invited_together
from bench.leakage.attackers.mixture import Votes, for_two
from bench.leakage.attackers.scene import Scene
from bench.leakage.late_tap import late
from bench.leakage.trace import NOBODY, Op
from bench.leakage.views import View
from tests.leakage.scenes import Row, row, seen

PEOPLE = 8
REQUEST, SMALL = 9_000, 500
DAY = 80_000.0
Spans = Sequence[tuple[float, float]]
ALWAYS: Mapping[int, Spans] = dict.fromkeys(range(PEOPLE), ((0.0, DAY),))


class Simulation:
    """Rows of a design in which every request goes on a connection of its own; inbox ``n`` is person ``n``'s."""

    def __init__(self, there: Mapping[int, Spans] = ALWAYS, addr: Sequence[int] = (NOBODY,) * PEOPLE) -> None:
        self.rows: list[Row] = []
        self._conns = 0
        self.addr = addr
        self.way = [0.010 + 0.004 * person for person in range(PEOPLE)]
        for person, spans in there.items():
            for begin, end in spans:
                self._request(begin, Op.READ, person, person, end - begin)
        self.ask(100.0, 0, 100)  # so that most reading connections are brief
        self.ask(101.0, 0, 100)

    def _request(self, t: float, op: Op, place: int, who: int, lasts: float, size: int = SMALL) -> None:
        conn, addr, way = self._conns, self.addr[who], self.way[who]
        self._conns += 1
        self.rows.append(row(t, Op.OPEN, conn=conn, addr=addr))
        self.rows.append(row(t + way, op, place, conn, addr, size=size))
        self.rows.append(row(t + lasts, Op.CLOSE, conn=conn, addr=addr))

    def ask(self, t: float, who: int, place: int) -> None:
        self._request(t, Op.READ, place, who, 2 * self.way[who])

    def write(self, t: float, who: int, place: int, size: int = SMALL) -> None:
        self._request(t, Op.APPEND, place, who, 2 * self.way[who], size)

    def look_up(self, t: float, who: int, card: int) -> None:
        self.rows.append(row(t, Op.LOOKUP, card, self._conns, self.addr[who]))
        self._conns += 1

    def scene(self, view: View = View.TAP) -> Scene:
        inboxes = frozenset(range(PEOPLE))
        cards = {person: person for person in inboxes} if view is View.DIRECTORY else {}
        return prepare(replace(seen(self.rows, view, cards), mailboxes=inboxes))[0]


def people(scene: Scene, name: str) -> list[frozenset[int]]:
    """The pairs that the attacker names, the surest first, as the people of `Simulation`."""
    who = {person: inbox for inbox, person in scene.cast.places.items()}
    pairs = attack(scene, name)
    order = np.argsort(-pairs.score, kind="stable")
    return [frozenset({who[int(pairs.left[at])], who[int(pairs.right[at])]}) for at in order]


HOUSES = (11, 11, 12, 12, 13, 13, 14, 14)


def meetings(simulation: Simulation, *, answered: bool) -> Simulation:
    """2 asks 5 and 3 asks 6, an hour apart; small things come to inboxes all day."""
    dice = np.random.default_rng(1)
    for asker, asked, t in ((2, 5, 5_000.0), (3, 6, 8_600.0)):
        simulation.write(t, asker, asked, REQUEST)
        if answered:
            simulation.write(t + 21.0, asked, asker)
    for t in np.arange(20_000.0, 70_000.0, 2_500.0).tolist():
        one, two = dice.choice(PEOPLE, 2, replace=False).tolist()
        simulation.write(t, one, two)
    return simulation


PLANTED = {frozenset({2, 5}), frozenset({3, 6})}


@pytest.mark.parametrize("name", list(FIRST_CONTACTS)[:3])
def test_a_request_and_its_answer_are_put_together(name: str) -> None:
    """By size and time alone; without answers nobody is named."""
    assert set(people(meetings(Simulation(), answered=True).scene(), name)[:2]) == PLANTED
    assert not PLANTED & set(people(meetings(Simulation(), answered=False).scene(), name))


def test_a_request_is_answered_when_its_owner_comes() -> None:
    """An hour later, as they were away: not before, whatever came to others meanwhile."""
    simulation = Simulation({**ALWAYS, 5: ((9_000.0, DAY),)})
    simulation.write(5_000.0, 2, 5, REQUEST)
    simulation.write(5_020.0, 1, 4)
    simulation.write(9_015.0, 5, 2)
    assert people(simulation.scene(), "first contact") == [frozenset({2, 5})]


def test_an_answer_is_told_without_sizes() -> None:
    """Any append that is followed soon by one to somebody else."""
    simulation = Simulation()
    simulation.write(5_000.0, 2, 5)
    simulation.write(5_021.0, 5, 2)
    assert people(simulation.scene(), "first contact, any size") == [frozenset({2, 5})]


def test_addresses_say_which_answer_it_is() -> None:
    """Of two appends that could be the answer, one comes from where the asked is."""
    simulation = Simulation(addr=HOUSES)
    simulation.write(5_000.0, 2, 5, REQUEST)
    simulation.write(5_010.0, 7, 1)
    simulation.write(5_020.0, 5, 2)
    assert people(simulation.scene(View.ADDRESSES), "first contact")[0] == frozenset({2, 5})


def test_what_is_sent_to_many_at_once_is_hardly_an_answer() -> None:
    """An invitation to three goes out in the window too."""
    simulation = Simulation()
    simulation.write(5_000.0, 2, 5, REQUEST)
    for n, guest in enumerate((0, 1, 3)):
        simulation.write(5_010.0 + n / 1_000, 6, guest)
    simulation.way = [0.01] * PEOPLE
    simulation.write(5_020.0, 5, 2)
    assert people(simulation.scene(), "first contact")[0] == frozenset({2, 5})


def rooms(simulation: Simulation, *pairs: frozenset[int], times: int = 30) -> Simulation:
    """Each pair reads a room of their own now and then, each of the two."""
    dice = np.random.default_rng(2)
    for at, pair in enumerate(pairs):
        for t in dice.uniform(1_000, 79_000, times).tolist():
            simulation.ask(t, dice.choice(sorted(pair)), 200 + at)
    return simulation


def test_who_is_at_the_address_reads_the_room() -> None:
    """Though there are two at every address: the other one's votes are explained by other rooms' readers."""
    there = {**ALWAYS, 3: ((0.0, 30_000.0),), 4: ((0.0, 50_000.0),)}
    for addr, expected in ((HOUSES, [frozenset({2, 5})]), ((NOBODY,) * PEOPLE, [])):
        simulation = Simulation(there, addr)
        for t in np.linspace(1_000, 79_000, 30).tolist():
            simulation.ask(t, 2, 200)
            simulation.ask(t + 9, 5, 200)
        assert people(simulation.scene(View.ADDRESSES), "at addresses")[:1] == expected


def test_who_looks_up_whose_card_is_told_by_the_address() -> None:
    """One who looks up what is at their own address says nothing; without the directory there is nothing to see."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    for t in (1_000.0, 2_000.0, 3_000.0):
        simulation.look_up(t, 2, 5)
        simulation.look_up(t + 5, 4, 4)
    assert people(simulation.scene(View.DIRECTORY), "look-ups") == [frozenset({2, 5})]
    assert people(Simulation(addr=HOUSES).scene(View.ADDRESSES), "look-ups") == []


def test_a_card_is_not_a_place() -> None:
    """Cards are numbered by account: a room's place of the same number that moves leaves them alone."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    simulation.look_up(1_000.0, 2, 5)
    scene = simulation.scene(View.DIRECTORY)
    assert [5] == scene.seen.events["place"][scene.seen.events["op"] == Op.LOOKUP].tolist()


def test_who_writes_into_an_inbox_is_told_by_the_address() -> None:
    """And nobody is where addresses are not seen."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    simulation.write(1_000.0, 2, 5)
    assert people(simulation.scene(View.ADDRESSES), "letters") == [frozenset({2, 5})]
    assert people(meetings(Simulation(), answered=True).scene(), "letters") == []


def test_ways_of_one_length_are_one_persons() -> None:
    """Each person's way is of its own length; where all are as far away, the planted pair is one among many."""
    simulation = rooms(Simulation(), frozenset({2, 5}), frozenset({3, 6}))
    assert set(people(simulation.scene(), "same distance")[:2]) == PLANTED
    alike = Simulation()
    alike.way = [0.01] * PEOPLE
    scene = rooms(alike, frozenset({2, 5})).scene()
    scores = attack(scene, "same distance").score
    assert not len(scores) or scores.max() < attack(simulation.scene(), "same distance").score.max() / 2


def test_two_who_are_there_at_every_moment_are_told() -> None:
    """When one of them is away the other reads; others are away at some moment."""
    there: dict[int, Spans] = {person: ((9_000.0 * person, 9_000.0 * person + 26_000.0),) for person in range(PEOPLE)}
    simulation = Simulation(there)
    for person in (1, 4):
        begin, end = there[person][0]
        for t in np.linspace(begin + 60, end - 60, 40).tolist():
            simulation.ask(t, person, 200)
    assert people(simulation.scene(), "two who are there")[0] == frozenset({1, 4})


def test_a_room_that_begins_after_a_request_is_of_the_one_who_was_asked() -> None:
    """The answer goes where nobody sees it; then there is a new room, and everybody is always there."""
    simulation = Simulation()
    simulation.write(5_000.0, 2, 5, REQUEST)
    for t in np.linspace(5_020, 60_000, 12).tolist():
        simulation.write(t, 5, 200)
    scene = simulation.scene()
    assert all(5 in pair for pair in people(scene, "rooms after requests")[:3])
    assert not any(5 in pair for pair in people(Simulation().scene(), "rooms after requests")[:1])


def test_traces_are_added_up() -> None:
    """What a letter and a look-up both say is surer than what one says."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    simulation.write(1_000.0, 2, 5)
    simulation.look_up(3_000.0, 2, 5)
    simulation.look_up(4_000.0, 3, 6)
    assert people(simulation.scene(View.DIRECTORY), "inboxes and addresses together")[0] == frozenset({2, 5})


# ---------------------------------------------------------------------------------------------------------- groups


def _named(scene: Scene, groups: Sequence[frozenset[int]]) -> list[set[int]]:
    who = {person: inbox for inbox, person in scene.cast.places.items()}
    return [{who[one] for one in group} for group in groups]


def test_who_is_invited_in_one_breath_is_a_group() -> None:
    """Of one size; what comes a second later, or is of another size, is no part of it. An address names the inviter."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    simulation.way = [0.01] * PEOPLE
    for n, guest in enumerate((1, 2, 3)):
        simulation.write(500.0 + n / 1_000, 6, guest)
    simulation.write(501.0, 6, 4)
    simulation.write(501.001, 6, 5, REQUEST)
    for view, expected in ((View.TAP, {1, 2, 3}), (View.ADDRESSES, {1, 2, 3, 6})):
        scene = simulation.scene(view)
        if view is View.TAP:
            scene.seen.events["addr"] = NOBODY
        assert [expected] == _named(scene, invited_together(scene))


def test_three_at_one_place_are_a_group() -> None:
    """By their addresses; two are none."""
    simulation = Simulation(addr=tuple(range(20, 28)))
    for t in np.linspace(1_000, 70_000, 20).tolist():
        for who in (1, 2, 3):
            simulation.ask(t + who, who, 300)
        for who in (4, 5):
            simulation.ask(t + who, who, 301)
    scene = simulation.scene(View.ADDRESSES)
    assert [{1, 2, 3}] == _named(scene, at_one_place(scene))


# --------------------------------------------------------------------------------------------------------- mixture


def test_who_explains_votes_alone_gets_the_shared_ones() -> None:
    """Ten votes for 1 alone, five for 1 or 2, five for 3 alone: nothing is left for 2."""
    votes = Votes(
        np.zeros(3, np.int64), np.array([10.0, 5.0, 5.0]), np.array([0, 1, 1, 2]), np.array([1, 1, 2, 3]), np.ones(4)
    )
    found = votes.explained()
    assert found[0] == pytest.approx({1: 15.0, 3: 5.0}, abs=1e-6)
    assert for_two(found).score.shape == (1,)


# ------------------------------------------------------------------------------------------------------ a late tap


def test_a_late_tap_sees_what_is_open_and_nothing_older() -> None:
    """The connection that was open goes on; what was asked and answered before is gone."""
    rows = [
        row(1, Op.OPEN, conn=0), row(2, Op.READ, 5, 0), row(3, Op.APPEND, 5, 1), row(4, Op.OPEN, conn=2),
        row(5, Op.READ, 6, 2), row(6, Op.CLOSE, conn=2), row(20, Op.APPEND, 5, 3), row(30, Op.CLOSE, conn=0),
    ]  # fmt: skip
    found = late(seen(rows), 10.0).events
    kept = list(zip(found["t"].tolist(), found["op"].tolist(), found["conn"].tolist(), strict=True))
    assert kept == [(10.0, Op.OPEN, 0), (10.0, Op.READ, 0), (20.0, Op.APPEND, 3), (30.0, Op.CLOSE, 0)]
