"""An admin who left on two branches of a room, of which neither knows the other's order (spec/room.md §15)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from msgspec import structs

from nullabona.client.core.group import evidence
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.inbox_items import Ticket
from nullabona.client.core.model.intents import RemoveAccount
from nullabona.client.core.model.room_info import RoomInfo
from nullabona.client.core.model.state import Merged
from tests.core.stage import Other, Stage
from tests.core.test_group_evidence import JUN, SORA, YUNA, group, judged, places, rejoin


def test_an_admin_who_left_on_both_branches_keeps_nobody_from_the_better_one() -> None:
    """Our commit took them off, which the other branch lacks, and we know the key of no order there: they are out."""
    stage = Stage()
    was = group(stage.me.account, YUNA.account)
    left = Merged(3, b"ours" * 8, [YUNA.account], [], [RemoveAccount(YUNA.account)], was=was, changed=[YUNA.account])
    room = stage.room(JUN, SORA, info=group(stage.me.account), history=[left])
    there = group(stage.me.account)
    assert "" == judged(stage, room, there, JUN, SORA, by=SORA, seeks=rejoin(SORA))


def test_an_admin_who_is_still_in_there_is_one_there() -> None:
    """Nobody led there loses a role by a member's word, nor is given one."""
    stage = Stage()
    was = group(stage.me.account, YUNA.account)
    left = Merged(3, b"ours" * 8, [YUNA.account], [], [RemoveAccount(YUNA.account)], was=was, changed=[YUNA.account])
    room = stage.room(JUN, SORA, info=group(stage.me.account), history=[left])
    found = [
        judged(stage, room, there, JUN, SORA, YUNA, by=SORA, seeks=rejoin(SORA))
        for there in (group(stage.me.account), was, group(stage.me.account, SORA.account))
    ]
    assert ["unproven-roles", "", "unproven-roles"] == found


RENAMED = "renamed by an admin who left"


def led_by(
    stage: Stage,
    there: RoomInfo,
    *order: Other,
    branches: Mapping[Other, RoomInfo] | None = None,
    members: tuple[Other, ...] = (JUN, SORA),
) -> list[str]:
    """Why tickets to a branch are refused, one after another; each to ``there``, if ``branches`` says nothing else."""
    room = stage.room(*members, info=group(stage.me.account, name=RENAMED))
    seeks = rejoin(SORA)
    ticket = Ticket(room, 5, bytes(32), b"", b"", b"", 0, ((seeks.epoch, seeks.commit, ()),))
    found = []
    for by in order:
        info = (branches or {}).get(by, there)
        with stage.step() as step:
            state = step.room(room)
            try:
                evidence.check_branch(step, state, seeks, by.account, info, places(stage, *members), ticket)
                found.append("")
            except MlsRefused as refused:
                found.append(refused.reason)
                if isinstance(refused, evidence.UnprovenRules):
                    evidence.note_led(seeks, seeks, ticket, by.account, refused)
    return found


@pytest.mark.parametrize(("name", "timer"), [("family", 0), (RENAMED, 5), ("family", 5)])
def test_a_branch_to_which_all_others_led_may_lack_what_an_admin_changed_who_left(name: str, timer: int) -> None:
    """We are the only admin left: nobody whom we must believe can lead us, and here we would be alone."""
    stage = Stage()
    there = structs.replace(group(stage.me.account, name=name), timer_s=timer)
    assert ["unproven-roles", "unproven-roles", ""] == led_by(stage, there, SORA, SORA, JUN)


def test_each_must_lead_to_the_same_branch() -> None:
    """Whoever comes last does not decide: the others were not there."""
    stage = Stage()
    there, own = group(stage.me.account), group(stage.me.account, name="made by one alone")
    refused = "unproven-roles"
    assert [refused] * 3 == led_by(stage, there, JUN, SORA, JUN, branches={SORA: own})
    assert [refused, ""] == led_by(stage, there, JUN, SORA)


def test_everybody_together_gives_nobody_a_role_and_takes_none() -> None:
    """All others may say so: a role is what an admin gives or takes."""
    stage = Stage()
    for there in (group(stage.me.account, SORA.account), group(SORA.account), group()):
        assert ["unproven-roles"] * 2 == led_by(stage, there, JUN, SORA)


def test_one_other_account_is_not_everybody() -> None:
    """In a room with one other, that one's word alone would change what the only admin decided."""
    stage = Stage()
    assert ["unproven-roles"] * 2 == led_by(stage, group(stage.me.account), SORA, SORA, members=(SORA,))


def test_a_ticket_that_does_not_name_the_branch_counts_for_nothing() -> None:
    """Neither to remember who led there, nor as the last of all."""
    stage = Stage()
    room = stage.room(JUN, SORA, info=group(stage.me.account, name=RENAMED))
    seeks = rejoin(SORA)
    for history in ((), ((seeks.epoch, b"o" * 32, ()),), ((seeks.epoch + 1, seeks.commit, ()),)):
        ticket = Ticket(room, 5, bytes(32), b"", b"", b"", 0, history)
        evidence.note_led(seeks, seeks, ticket, JUN.account, evidence.UnprovenRules(b"r" * 32))
        assert {} == seeks.led
