"""Who an account is to this device, which hosts it has to do with, and how often others make it look (room.md §9)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core import acquaintance
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED
from nullabona.client.core.step import Timing
from tests.core.stage import RELAY, START, Other, Stage

JUN, BO, EVE = Other("jun", host="jun.example"), Other("boo", host="boo.example"), Other("eve", host="eve.example")
HOUR, DAY = 3_600_000, 86_400_000
ELSEWHERE = "wss://other.example:443/v1"
HEAL = Rejoin("fork", 0, b"c", [], [Helper(EVE.account, EVE.handle)], START)


# -- who it is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*ContactState, None])
def test_blocked_is_whom_the_person_has_blocked_and_nobody_else(state: ContactState | None) -> None:
    """Neither somebody unknown nor a contact in any other state; ours is whom the person asked or accepted."""
    stage = Stage()
    if state is not None:
        stage.contact(JUN, state)
    with stage.step() as step:
        assert (state is ContactState.BLOCKED) is acquaintance.is_blocked(step.store, JUN.account)
        wanted = state in {ContactState.ACCEPTED, ContactState.REQUESTED}
        assert wanted is acquaintance.is_contact(step.store, JUN.account)


@pytest.mark.parametrize(
    ("kind", "state", "shut"),
    [
        (DIRECT, ContactState.BLOCKED, True),
        (DIRECT, ContactState.ACCEPTED, False),
        (GROUP, ContactState.BLOCKED, False),
        (DEVICES, ContactState.BLOCKED, False),
    ],
)
def test_shut_is_the_room_with_a_blocked_contact_alone(kind: str, state: ContactState, shut: bool) -> None:  # noqa: FBT001
    """A group in which they are goes on."""
    stage = Stage()
    stage.contact(JUN, state)
    info = stage.info(JUN, kind=kind)
    if kind == GROUP:
        info = replace_info(info, pair=(stage.me.account, JUN.account))
    with stage.step() as step:
        assert shut is acquaintance.is_shut(step.store, info)


def replace_info(info: RoomInfo, **about: object) -> RoomInfo:
    return msgspec.structs.replace(info, **about)


@pytest.mark.parametrize(
    ("kind", "relay", "attended"),
    [(DIRECT, ELSEWHERE, False), (DIRECT, RELAY, True), (GROUP, ELSEWHERE, True)],
)
def test_a_shut_room_at_another_relay_is_left_alone(kind: str, relay: str, attended: bool) -> None:  # noqa: FBT001
    """At our own relay it is read as ever, and so is any other room; no room is none."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    room = stage.room(JUN, info=replace_info(stage.info(JUN, kind=kind), relay=relay))
    with stage.step() as step:
        found = step.room(room)
        assert (found if attended else None) is acquaintance.attended(step, found)
        assert acquaintance.attended(step, None) is None


@pytest.mark.parametrize(
    ("state", "handle"),
    [
        (ContactState.ACCEPTED, JUN.handle),
        (ContactState.REQUESTED, JUN.handle),
        (ContactState.ASKING, "jun@room.example"),
        (ContactState.BLOCKED, ""),
        (None, "jun@room.example"),
    ],
)
def test_an_account_is_known_as_a_contact_else_as_a_member(state: ContactState | None, handle: str) -> None:
    """By the handle that the person asked or accepted; who asks is known only from rooms, who is blocked not at all."""
    stage = Stage()
    if state is not None:
        stage.contact(JUN, state)
    room = stage.room()
    with stage.step() as step:
        step.store.put_devices([replace(JUN.row(room, 1), handle="jun@room.example")])
        assert handle == acquaintance.handle_of(step, JUN.account)


def test_this_device_knows_itself_and_no_stranger() -> None:
    """Whatever a row says of our handle."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        step.store.put_devices([replace(stage.row, room=room, handle="other@relay.example")])
        assert (stage.me.handle, "") == tuple(
            acquaintance.handle_of(step, each) for each in (stage.me.account, JUN.account)
        )


@pytest.mark.parametrize(
    ("phase", "rejoin", "known"),
    [
        (JOINED, None, (JUN.handle, "")),
        (REJOINING, None, (JUN.handle, "")),
        (LEFT, None, ("", "")),
        (REMOVED, None, ("", "")),
        (REMOVED, HEAL, (JUN.handle, EVE.handle)),
        (JOINED, HEAL, (JUN.handle, EVE.handle)),
    ],
)
def test_members_and_helpers_count_while_we_are_in_or_look_for_a_way(
    phase: str, rejoin: Rejoin | None, known: tuple[str, str]
) -> None:
    """Of a room that is over nobody is known; for their hosts the same holds."""
    stage = Stage()
    stage.room(JUN, phase=phase, rejoin=rejoin)
    with stage.step() as step:
        assert known == (acquaintance.handle_of(step, JUN.account), acquaintance.handle_of(step, EVE.account))
        hosts = [acquaintance.uses_host(step, each.host) for each in (JUN, EVE)]
        assert [bool(each) for each in known] == hosts


# -- which hosts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(ContactState))
def test_the_host_of_a_contact_is_ours_to_use_if_the_person_wanted_them(state: ContactState) -> None:
    """Not that of somebody who only asks, nor of one who is blocked."""
    stage = Stage()
    stage.contact(BO, ContactState.ASKING)
    stage.contact(JUN, state)
    with stage.step() as step:
        known = state in {ContactState.ACCEPTED, ContactState.REQUESTED}
        assert known is acquaintance.uses_host(step, JUN.host)
        assert (True, False) == (
            acquaintance.uses_host(step, "relay.example"),
            acquaintance.uses_host(step, "nobody.example"),
        )


def test_the_host_of_a_blocked_member_is_not_ours_to_use() -> None:
    """Those of the other members are."""
    stage = Stage()
    stage.contact(EVE, ContactState.BLOCKED)
    stage.room(JUN, EVE, BO)
    with stage.step() as step:
        assert [True, False, True] == [acquaintance.uses_host(step, each.host) for each in (JUN, EVE, BO)]


@pytest.mark.parametrize(
    ("phase", "kind", "used"),
    [(JOINED, GROUP, True), (REJOINING, GROUP, False), (LEFT, GROUP, False), (JOINED, DIRECT, False)],
)
def test_the_relay_of_a_room_that_we_are_in_is_ours_to_use(phase: str, kind: str, used: bool) -> None:  # noqa: FBT001
    """Not that of a room which is over, or shut, or to which we only seek a way; our account's own always."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    stage.room(JUN, info=replace_info(stage.info(JUN, kind=kind), relay=ELSEWHERE), phase=phase)
    with stage.step() as step:
        assert (used, True, False) == tuple(
            acquaintance.uses_relay(step, each) for each in (ELSEWHERE, RELAY, "wss://third.example:443/v1")
        )


# -- how often ----------------------------------------------------------------------------------------------------


def looks(stage: Stage, account: bytes, *times: int) -> list[bool]:
    """Whether what an account sent at these times, in ms from now, may have a card looked up."""
    answers = []
    for at in times:
        with stage.step(START + at) as step:
            answers.append(acquaintance.may_look_up(step, account))
    return answers


def test_one_account_causes_ever_fewer_look_ups() -> None:
    """The pause doubles from twenty seconds on; a refusal does not make it longer."""
    stage = Stage()
    assert [True, False, False, True] == looks(stage, JUN.account, 0, 0, 19_999, 20_000)
    assert [False, True, False, True] == looks(stage, JUN.account, 59_999, 60_000, 139_999, 140_000)


def test_the_pause_grows_to_an_hour() -> None:
    """Eight doublings are more than that, and from then on it stays."""
    stage = Stage()
    at = 0
    for doubled in range(8):
        assert [True] == looks(stage, JUN.account, at)
        at += 20_000 << doubled
    assert [True, False, True, False, True] == looks(
        stage, JUN.account, at, at + HOUR - 1, at + HOUR, at + 2 * HOUR - 1, at + 2 * HOUR
    )


def test_each_of_four_devices_of_an_account_counts_for_itself() -> None:
    """One that was revoked goes on asking. Further ones count together, and a day later others count apart."""
    stage = Stage()
    devices = [Other("jun", number).signature_key for number in range(6)]

    def look(at: int, *which: int) -> list[bool]:
        with stage.step(START + at) as step:
            return [acquaintance.may_look_up(step, JUN.account, devices[number]) for number in which]

    assert [True, False, True, True, True, True, False] == look(0, 0, 0, 1, 2, 3, 4, 5)
    assert [False] == looks(stage, JUN.account, 0)
    assert [True] == looks(stage, BO.account, 0)
    assert [True, False] == look(20_000, 5, 4)
    assert [True, True] == look(20_000 + DAY, 5, 4)


@pytest.mark.parametrize(("before", "pause"), [(11, 2_048), (12, 4_096), (13, 4_096)])
def test_the_pause_doubles_twelve_times_at_most(before: int, pause: int) -> None:
    """However short the first one is."""
    stage = Stage(timing=Timing(ticket=1))
    at = 0
    for _ in range(before):
        assert [True] == looks(stage, JUN.account, at)
        at += 4_096
    assert [True, False, True] == looks(stage, JUN.account, at, at + pause - 1, at + pause)


@pytest.mark.parametrize(("rest", "pause"), [(DAY - 1, 40_000), (DAY, 20_000)])
def test_after_a_calm_day_an_account_begins_anew(rest: int, pause: int) -> None:
    """A moment less, and it goes on where it was."""
    stage = Stage()
    assert [True, True, False, True] == looks(stage, JUN.account, 0, rest, rest + pause - 1, rest + pause)


def test_of_a_calm_account_nothing_is_kept() -> None:
    """It is out of what is stored with the next look-up that somebody else causes, and not before its day is over."""
    stage = Stage()
    looks(stage, JUN.account, 0)
    kept = []
    for at, other in ((DAY - 1, BO), (DAY, EVE)):
        looks(stage, other.account, at)
        with stage.step() as step:
            kept.append(JUN.account.hex().encode() in (step.store.get_value("caused-look-ups") or b""))
    assert [True, False] == kept


def test_all_together_cause_so_many_an_hour() -> None:
    """64; then nobody any more, until the hour that began with the first is over."""
    stage = Stage()
    assert [True] == looks(stage, b"first", 0)
    for count in range(62):
        assert [True] == looks(stage, bytes((count,)), 1_000)
    assert [True, False, False] == looks(stage, JUN.account, HOUR - 1) + looks(stage, BO.account, HOUR - 1, HOUR - 1)
    assert [True] == looks(stage, BO.account, HOUR)
    for count in range(63):
        assert [True] == looks(stage, bytes((count,)), HOUR + 63_000)
    assert [False, False, True] == looks(stage, EVE.account, HOUR + 63_000, 2 * HOUR - 1, 2 * HOUR)
