"""Each role's machine sees what it says and nothing else, and a plain ingress takes addresses away from the others."""

from __future__ import annotations

import numpy as np
import pytest

from bench.leakage.deployment import CELL_DOWN, CELL_UP, HOP, behind_ingress, direct, hide_addresses
from bench.leakage.role_views import (
    ALL,
    DIRECTORY,
    FEED,
    INGRESS,
    INGRESS_RELAY,
    LINKS,
    ONE_INGRESS,
    OPERATOR,
    PASSING,
    RELAY,
    SEIZED,
    RoleView,
    see_at,
)  # fmt: skip
from bench.leakage.trace import EVENT, NOBODY, Op, Owners, Recording, Role, Truth, role_of
from tests.leakage.scenes import row

MINA, JUN, SORA = 0, 1, 2
INBOX, BOX = 100, 200
TALK = (
    row(1.0, Op.OPEN, conn=0, addr=7),
    row(1.1, Op.READ, INBOX, conn=0, addr=7),
    row(2.0, Op.OPEN, conn=1, addr=8),
    row(2.0, Op.APPEND, BOX, conn=1, addr=8, size=4_000),
    row(2.1, Op.CLOSE, conn=1, addr=8),
    row(3.0, Op.LOOKUP, JUN, conn=2, addr=9),
    row(4.0, Op.DELIVER, INBOX, conn=0, addr=7, size=500),
    row(9.0, Op.CLOSE, conn=0, addr=7),
)


@pytest.fixture
def recording() -> Recording:
    kept = np.array([row(0.0, Op.APPEND, BOX)], EVENT)
    truth = Truth(3, frozenset({(MINA, JUN)}), [], {BOX: 0}, (), Owners([MINA, JUN, SORA]), {})
    return Recording("ours", np.array(list(TALK), EVENT), kept, kept.copy(), {INBOX: MINA}, truth)


def test_every_event_says_where_it_is_seen() -> None:
    """Look-ups at the directory, cells at an ingress, all else at the relay."""
    assert {op: role_of(op) for op in Op if role_of(op) is not Role.RELAY} == {
        Op.LOOKUP: Role.DIRECTORY, Op.SENT: Role.INGRESS, Op.ANSWERED: Role.INGRESS,
    }  # fmt: skip


def test_an_ingress_sees_when_whose_cells_pass(recording: Recording) -> None:
    """And how many of the two sizes; the connection that lasts, not those of single requests; no box, no handle."""
    seen = see_at(behind_ingress(recording), INGRESS).events
    assert seen[["op", "who", "addr", "size"]].tolist() == [
        (Op.OPEN, MINA, 7, CELL_UP), (Op.SENT, MINA, 7, CELL_UP), (Op.SENT, JUN, 8, 2 * CELL_UP),
        (Op.SENT, SORA, 9, CELL_UP), (Op.ANSWERED, MINA, 7, CELL_DOWN), (Op.CLOSE, MINA, 7, CELL_UP),
    ]  # fmt: skip
    assert set(seen["place"].tolist()) == {NOBODY}


def test_behind_an_ingress_nobody_else_sees_an_address(recording: Recording) -> None:
    """Relay and directory get the same requests a moment later, from nobody."""
    seen = see_at(behind_ingress(recording), OPERATOR).events
    assert set(seen["addr"].tolist()) == set(seen["who"].tolist()) == {NOBODY}
    assert seen["t"].tolist() == pytest.approx([t + HOP for t, *_ in TALK])
    assert seen["place"].tolist() == [place for _, _, place, *_ in TALK]


def test_without_the_ingress_the_others_see_the_same(recording: Recording) -> None:
    """For those who need no ingress: half of the events, in place."""
    behind = see_at(behind_ingress(recording), OPERATOR).events
    hidden = see_at(hide_addresses(recording), OPERATOR)
    assert np.array_equal(behind, hidden.events)
    assert not len(hidden.at(Role.INGRESS))


def test_whoever_sees_an_address_knows_whose_it_is(recording: Recording) -> None:
    """Where clients connect themselves that is the relay."""
    assert see_at(direct(recording), RELAY).events["who"].tolist() == [MINA, MINA, JUN, JUN, JUN, MINA, MINA]


@pytest.mark.parametrize("view", [*PASSING, *SEIZED], ids=lambda view: view.name)
def test_a_view_shows_only_its_roles(recording: Recording, view: RoleView) -> None:
    """And all of them, in order; a copy that an attacker may change."""
    behind = behind_ingress(recording)
    seen = see_at(behind, view)
    before = behind.live.copy()
    seen.events["size"] = 0
    assert set(seen.events["at"].tolist()) <= {int(role) for role in view.roles}
    assert np.all(np.diff(seen.events["t"]) >= 0)
    assert np.array_equal(before, behind.live)
    assert bool(seen.directory) == bool(view.roles & {Role.RELAY, Role.DIRECTORY})


def test_how_much_each_view_shows(recording: Recording) -> None:
    """Nothing at a feed, which today's design does not have; on no disk of an ingress."""
    behind = behind_ingress(recording)
    many = {view.name: len(see_at(behind, view).events) for view in (*PASSING, *SEIZED)}
    everything = len(behind.live)
    assert many[ALL.name] == everything == many[INGRESS_RELAY.name] + many[DIRECTORY.name]
    assert (many[FEED.name], many[LINKS.name], many[DIRECTORY.name]) == (0, many[INGRESS.name], 1)
    assert [many[f"{role}, {held}"] for role in ("ingress", "relay") for held in ("V1", "V2")] == [0, 0, 1, 2]


def test_one_of_several_ingresses_sees_a_share_of_the_people(recording: Recording) -> None:
    """Those who come by it, with all that they send."""
    assert set(see_at(behind_ingress(recording), ONE_INGRESS).events["who"].tolist()) == {MINA}


def test_a_view_can_be_cut_off(recording: Recording) -> None:
    """What had passed by a moment, that moment included."""
    assert see_at(recording, RELAY).until(2.0).events["t"].tolist() == [1.0, 1.1, 2.0, 2.0]
