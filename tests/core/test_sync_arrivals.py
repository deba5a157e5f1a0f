"""Where one member led us is not the room until somebody says so whose word counts (spec/room.md §15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nullabona.client.core.group import branches
from nullabona.client.core.model.branches import Helper, Rejoin, Tries
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import Merged, RoomState
from nullabona.client.core.sync import arrivals
from tests.core.seen import earlier, view
from tests.core.stage import RELAY, START, Other, Randomness, Stage

JUN, BO, EVE = Other("jun"), Other("boo"), Other("eve")
MINUTE, WEEK = 60_000, 7 * 86_400_000
SOON, LATER = 15 * MINUTE, 3 * 60 * MINUTE


def info(*admins: Other) -> RoomInfo:
    return RoomInfo(1, GROUP, "family", RELAY, tuple(each.account for each in admins))


def rejoin(reason: str = branches.FORK, *helpers: Other) -> Rejoin:
    return Rejoin(reason, 0, b"c", [], [Helper(each.account, each.handle) for each in helpers], START)


# -- coming -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "pause"), [(True, SOON), (False, SOON + SOON // 4)])
def test_who_was_led_by_a_plain_member_looks_around_a_while_later(low: bool, pause: int) -> None:  # noqa: FBT001
    """About a quarter of an hour, at random; what claims have cost is not forgotten."""
    stage = Stage(rng=Randomness(low=low))
    room = stage.room(JUN, vain=Tries(3, START))
    with stage.step() as step:
        found = step.room(room)
        arrivals.arrived(step, found, rejoin(), JUN.account, found.info)
        assert (JUN.account, START + pause, Tries(3, START), {}) == (
            found.led_by,
            found.led_at,
            found.vain,
            found.doubted,
        )


def test_who_was_led_by_an_admin_is_in_the_room() -> None:
    """Of the room as we knew it, whatever the branch says of admins; nobody else is asked."""
    stage = Stage()
    room = stage.room(JUN, BO, led_by=BO.account, led_at=START, vain=Tries(3, START))
    with stage.step() as step:
        found = step.room(room)
        arrivals.arrived(step, found, rejoin(), JUN.account, info(JUN))
        assert (b"", None, Tries()) == (found.led_by, found.led_at, found.vain)
        arrivals.arrived(step, found, rejoin(), JUN.account, info(BO))
        assert JUN.account == found.led_by


def test_who_led_us_away_from_the_room_is_not_believed_for_a_week() -> None:
    """Somebody else was asked whether this is the room, and led us elsewhere."""
    stage = Stage()
    room = stage.room(JUN, BO, led_by=BO.account, led_at=START)
    with stage.step() as step:
        found = step.room(room)
        arrivals.arrived(step, found, rejoin(branches.UNPROVEN), JUN.account, info(JUN))
        assert ({BO.account.hex(): START + WEEK}, b"") == (found.doubted, found.led_by)


@pytest.mark.parametrize(("by", "low", "pause"), [(JUN, True, 0), (BO, True, SOON), (BO, False, SOON + SOON // 4)])
def test_an_invitation_does_not_make_us_forget_who_said_what(by: Other, low: bool, pause: int) -> None:  # noqa: FBT001
    """And if it is a plain member's, we look around in a while."""
    stage = Stage(rng=Randomness(low=low))
    about: dict[str, Any] = {
        "doubted": {"aa": 5},
        "tries": {"aa": Tries(1, 2)},
        "vain": Tries(3, 4),
        "former": {"bb": Helper(EVE.account, EVE.handle)},
    }
    old_id, new_id = stage.room(JUN, BO, info=info(JUN), **about), stage.room(JUN, BO, info=info(BO))
    with stage.step() as step:
        old, new = step.room(old_id), step.room(new_id)
        arrivals.invited(step, old, new, by.account)
        assert about == {name: getattr(new, name) for name in about}
        assert ((b"", None) if by is JUN else (BO.account, START + pause)) == (new.led_by, new.led_at)


# -- looking around -----------------------------------------------------------------------------------------------


def led(stage: Stage, *others: Other, admins: tuple[Other, ...] = (JUN,), **about: object) -> bytes:
    """A room into which Bo led us; it is time to look around."""
    found: dict[str, Any] = {"led_by": BO.account, "led_at": START, **about}
    return stage.room(*others, info=info(*admins), **found)


def asked(stage: Stage, room: bytes, now: int = START) -> tuple[set[bytes] | None, int]:
    """Whom the device asks for the room after it looked around, and when it looks again, in ms; -1: not again."""
    with stage.step(now) as step:
        found = step.room(room)
        arrivals.look_around(step, found)
        helpers = {each.account for each in found.rejoin.helpers} if found.rejoin is not None else None
        return helpers, found.led_at - now if found.led_at else -1


def test_an_admin_who_has_not_come_is_asked() -> None:
    """Once each, and again in three hours; the plain members are not."""
    stage = Stage()
    room = led(stage, JUN, Other("jun", 1), BO, EVE)
    assert ({JUN.account}, LATER) == asked(stage, room)
    with stage.step() as step:
        found = step.room(room)
        expected = Rejoin(branches.UNPROVEN, 0, b"", [], [Helper(JUN.account, JUN.handle)], START)
        assert expected == found.rejoin


@pytest.mark.parametrize("before", [1, 60_000])
def test_before_its_time_nothing_is_asked(before: int) -> None:
    """Nor where nobody led us."""
    stage = Stage()
    room, other = led(stage, JUN, BO), led(stage, JUN, BO, led_at=None)
    assert (None, before) == asked(stage, room, START - before)
    assert (None, -1) == asked(stage, other)


def test_whoever_looks_for_a_branch_does_not_look_around() -> None:
    """That is settled first."""
    stage = Stage()
    room = led(stage, JUN, BO, rejoin=rejoin(branches.FORK, EVE))
    assert {EVE.account} == asked(stage, room)[0]
    with stage.step() as step:
        assert (START, branches.FORK) == (step.room(room).led_at, step.room(room).rejoin.reason)  # type: ignore[union-attr]


def test_if_no_admin_is_left_the_others_are_asked() -> None:
    """All but the one who led us here, and our own devices."""
    stage = Stage()
    room = led(stage, BO, EVE, JUN, admins=())
    with stage.step() as step:
        ours = replace(Other("second").row(room, 4), account=stage.me.account)
        step.store.put_devices([ours])
    assert {EVE.account, JUN.account} == asked(stage, room)[0]


def test_nobody_is_asked_where_nobody_could_say() -> None:
    """Only who led us is in: that is known well enough."""
    stage = Stage()
    assert (None, -1) == asked(stage, led(stage, BO, admins=(BO,)))


def test_an_admin_who_was_seen_here_has_said_enough() -> None:
    """In a box of an epoch since we came; what they said in one before tells nothing."""
    stage = Stage()
    room, before, unknown = (led(stage, JUN, BO) for _ in range(3))
    for id, in_old, since in ((room, False, 1), (before, True, 1), (unknown, True, 0)):
        with stage.step() as step:
            found = step.room(id)
            old = earlier(found)
            view(step, old if in_old else found.current, JUN, 1)
            step.store.put_devices([replace(stage.row, room=id, since=since)])
    assert [(None, -1), ({JUN.account}, LATER), (None, -1)] == [asked(stage, each) for each in (room, before, unknown)]


def test_where_our_own_place_is_not_known_every_box_counts() -> None:
    """Whoever was seen in any of them has come."""
    stage = Stage()
    room = led(stage, JUN, BO)
    with stage.step() as step:
        step.store.drop_devices(room, [stage.me.device])
        view(step, earlier(step.room(room)), JUN, 1)
    assert (None, -1) == asked(stage, room)


# -- what a ticket says -------------------------------------------------------------------------------------------


def ticket(*history: tuple[int, bytes]) -> Ticket:
    told = tuple((epoch, commit, ()) for epoch, commit in history)
    return Ticket(b"r" * 32, 9, b"s" * 32, b"", b"", b"", 0, told)


def stays(by: Other, *history: tuple[int, bytes]) -> tuple[bool, bool, int | None]:
    """Whether an answer to Jun's question keeps us here; whether we go on asking; when we look around again."""
    state = RoomState(b"r" * 32, info(JUN), "joined", [], led_at=START)
    state.history = [Merged(3, b"three", [], [], []), Merged(4, b"four", [], [], [])]
    state.rejoin = rejoin(branches.UNPROVEN, JUN)
    found = arrivals.stays(state, state.rejoin, ticket(*history), by.account)
    return found, state.rejoin is not None, state.led_at


def test_a_ticket_of_somebody_else_is_no_reason_to_go() -> None:
    """And no answer: we go on asking."""
    assert (True, True, START) == stays(EVE, (3, b"other"))


def test_who_went_through_our_commits_is_where_we_are() -> None:
    """That settles it, however few of them they know."""
    assert [(True, False, None)] * 2 == [stays(JUN, (3, b"three"), (4, b"four"), (5, b"on")), stays(JUN, (4, b"four"))]


@pytest.mark.parametrize("history", [(), ((5, b"on"),), ((3, b"other"),), ((3, b"three"), (4, b"other"))])
def test_who_went_through_others_leads_us_on(history: tuple[tuple[int, bytes], ...]) -> None:
    """Or through none that we know."""
    assert (False, True, START) == stays(JUN, *history)
