"""The model of static group ids, checked against every statement of its source."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bench.leakage.rivals.groupids import GroupIds, padded
from bench.leakage.society import DAY, SMALL, Kind, Society, make
from bench.leakage.trace import NOBODY, Op, Recording
from tests.leakage.recorded import of, said


@pytest.fixture(scope="module")
def society() -> Society:
    return make(5, SMALL)


@pytest.fixture(scope="module")
def groupids(society: Society) -> Recording:
    return GroupIds(society).recording()


def test_n1_everything_of_a_group_has_one_id(groupids: Recording, society: Society) -> None:
    """From the first message to the last; rooms for two too."""
    rooms = Counter(
        groupids.truth.room_of[place]
        for place in np.unique(of(groupids.live, Op.APPEND)["place"]).tolist()
        if place in groupids.truth.room_of
    )
    assert set(rooms.values()) == {1}
    assert any(society.rooms[room].pair for room in rooms)
    assert groupids.truth.chain == ()


def test_n2_events_have_no_sender(groupids: Recording) -> None:
    """Neither when they pass nor where they lie; key packages are another matter."""
    lying = of(groupids.disk, Op.APPEND)
    assert set(of(groupids.live, Op.APPEND)["who"].tolist()) == {NOBODY}
    assert set(lying[lying["place"] != NOBODY]["who"].tolist()) == {NOBODY}


def test_n3_a_relay_keeps_events_with_the_second_they_say(groupids: Recording, society: Society) -> None:
    """All of them."""
    rows = of(groupids.disk, Op.APPEND)
    assert np.all(rows["t"] % 1 == 0)
    assert len(rows[rows["place"] != NOBODY]) == len(of(groupids.live, Op.APPEND))
    assert len(rows) > len(said(society))


def test_n4_one_connection_asks_for_all_groups_and_for_what_is_addressed_to_it(groupids: Recording) -> None:
    """The question for one's own key names the account."""
    rows = of(groupids.live, Op.READ)
    own = rows[rows["to"] != NOBODY]
    owner = groupids.truth.account_of_conn
    assert own["to"].tolist() == [owner[conn] for conn in own["conn"].tolist()]
    most = Counter(rows["conn"].tolist()).most_common(1)[0][1]
    assert most > 2


def test_n5_a_welcome_is_addressed_and_backdated(groupids: Recording) -> None:
    """By up to two days, differently each time; it passes in the moment."""
    lying, live = of(groupids.disk, Op.APPEND), of(groupids.live, Op.APPEND)
    said_times, passed = lying[lying["to"] != NOBODY], live[live["to"] != NOBODY]
    assert Counter(said_times["to"].tolist()) == Counter(passed["to"].tolist())
    assert said_times["t"].max() < passed["t"].max()
    assert said_times["t"].min() >= max(0.0, passed["t"].min() - 2 * DAY - 1)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 32), (32, 32), (33, 64), (200, 224), (257, 320), (320, 320), (1_000, 1_024), (1_025, 1_280)],
)
def test_n6_content_is_padded(size: int, expected: int) -> None:
    """NIP-44's own examples among them."""
    assert expected == padded(size)


def test_n7_key_packages_are_signed_and_public(groupids: Recording, society: Society) -> None:
    """One for each device, with the account's name."""
    rows = groupids.disk[groupids.disk["who"] != NOBODY]
    devices = sum(one.kind in {Kind.ARRIVE, Kind.LINK} for one in society.intents if one.t < society.end)
    assert len(rows) == devices


def test_n8_no_receipts(groupids: Recording, society: Society) -> None:
    """As many events as were written, and those that make, join or leave a room."""
    acts = {Kind.CREATE: 1, Kind.ADD: 2, Kind.REMOVE: 1, Kind.LEAVE: 1, Kind.SAY: 1, Kind.FILE: 1}
    end = society.end
    expected = sum(acts.get(one.kind, 0) for one in society.intents if one.t < end)
    expected += sum(
        len(society.rooms[one.room].founders) for one in society.intents if one.kind is Kind.CREATE and one.t < end
    )
    assert len(of(groupids.live, Op.APPEND)) == expected
