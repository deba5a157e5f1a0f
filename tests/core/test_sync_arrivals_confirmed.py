"""Whether we are in a room on one account's word alone, so that another's is heard, too (spec/room.md §15)."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP
from nullabona.client.core.sync import arrivals
from tests.core.seen import earlier, view
from tests.core.stage import START, Other, Stage

JUN, BO, EVE = Other("jun"), Other("boo"), Other("eve")
WEEK = 7 * 86_400_000


def unconfirmed(stage: Stage, id: bytes, account: bytes = EVE.account) -> bool:
    """Whether Eve's word, or that of an account, is to be heard."""
    with stage.step() as step:
        return arrivals.unconfirmed(step, step.room(id), account)


def test_who_was_let_in_by_one_alone_hears_others() -> None:
    """But not that one again, nor ourselves."""
    stage = Stage()
    id = stage.room(JUN, BO, let_in_by=JUN.account)
    found = [unconfirmed(stage, id, each) for each in (EVE.account, BO.account, JUN.account, stage.me.account)]
    assert [True, True, False, False] == found


@pytest.mark.parametrize("about", [{"let_in_by": b""}, {"doubted": {EVE.account.hex(): START + 1}}])
def test_who_made_the_room_or_knows_better_hears_nobody(about: dict[str, Any]) -> None:
    """Nobody let us in; or they led us astray before."""
    stage = Stage()
    assert not unconfirmed(stage, stage.room(JUN, BO, **{"let_in_by": JUN.account, **about}))


@pytest.mark.parametrize(("kind", "heard"), [(GROUP, True), (DIRECT, False), (DEVICES, False)])
def test_only_of_a_group_there_may_be_two_versions(kind: str, heard: bool) -> None:  # noqa: FBT001
    """The others say who is in them."""
    stage = Stage()
    assert heard is unconfirmed(stage, stage.room(JUN, BO, kind=kind, let_in_by=JUN.account))


@pytest.mark.parametrize(
    ("who", "state", "in_old", "heard"),
    [
        (BO, ContactState.ACCEPTED, False, False),
        (BO, ContactState.ACCEPTED, True, False),
        (BO, ContactState.ASKING, False, True),
        (BO, None, False, True),
        (JUN, ContactState.ACCEPTED, False, True),
        (EVE, ContactState.ACCEPTED, False, True),
    ],
)
def test_it_is_the_room_once_a_contact_has_shown_up_in_it(
    who: Other,
    state: ContactState | None,
    in_old: bool,  # noqa: FBT001
    heard: bool,  # noqa: FBT001
) -> None:
    """Another than the one who let us in, who is a member, in any box of it."""
    stage = Stage()
    id = stage.room(JUN, BO, let_in_by=JUN.account)
    if state is not None:
        stage.contact(who, state)
    with stage.step() as step:
        room = step.room(id)
        old = earlier(room)
        view(step, old if in_old else room.current, who, 1)
    assert heard is unconfirmed(stage, id)


def test_who_led_us_into_another_version_is_not_believed_for_a_week() -> None:
    """If it is known who it was, and the room is there."""
    stage = Stage()
    id = stage.room(JUN)
    with stage.step() as step:
        for room, account in ((id, JUN.account), (id, b""), (b"n" * 32, BO.account)):
            arrivals.disbelieve(step, room, account)
        assert {JUN.account.hex(): START + WEEK} == step.room(id).doubted
