"""Who is an admin of a group once somebody has gone: all members judge alike (room.md §3)."""

from __future__ import annotations

from nullabona.client.core.model.admins import settled
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from tests.core.stage import RELAY, Other

ROOM = b"r" * 32
MINA, JUN, SORA = Other("mina"), Other("jun"), Other("sora")
INFO = RoomInfo(1, GROUP, "family", RELAY, (MINA.account, JUN.account))


def staying(**leaves: int) -> dict[int, Device]:
    """Who stays, by name, at which leaf."""
    return {leaf: Other(name).row(ROOM, leaf) for name, leaf in leaves.items()}


def test_nothing_changes_while_every_admin_is_there() -> None:
    """Neither who they are nor their order."""
    assert INFO is settled(INFO, staying(jun=1, mina=4, sora=0))


def test_an_admin_who_is_gone_is_none_any_more() -> None:
    """The others are, as before; nothing else of the room changes."""
    expected = RoomInfo(1, GROUP, "family", RELAY, (JUN.account,))
    assert expected == settled(INFO, staying(jun=1, sora=0))


def test_an_admin_who_comes_in_with_the_same_commit_stays_one() -> None:
    """Their device went, another of theirs is added."""
    assert INFO == settled(INFO, staying(jun=1), [MINA.account])


def test_a_group_is_never_without_an_admin() -> None:
    """The account with the lowest leaf of those who stay follows, and not one that only comes in."""
    found = settled(INFO, staying(sora=5, yuna=2), [Other("nari").account])
    assert (Other("yuna").account,) == found.admins


def test_a_group_that_nobody_stays_in_and_other_rooms_are_left_as_they_are() -> None:
    """There is nobody to follow, or nothing to follow in."""
    direct = RoomInfo(1, DIRECT, "", RELAY, (), (MINA.account, JUN.account))
    assert [INFO, direct] == [settled(INFO, {}), settled(direct, staying(sora=0))]
