"""A new room: this device alone in it, and what follows at once (spec/room.md §3)."""

from __future__ import annotations

import pytest

from nullabona.client.core.group.create import create_room
from nullabona.client.core.model.content import Notice, NoticeKind
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo, decode_info
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.timeline import kinds
from tests.core.stage import RELAY, START, Other, Stage
from tests.rooms.world import fields_of

JUN = Other("jun")
WEEK = 7 * 86_400_000


def made(stage: Stage, kind: str) -> tuple[bytes, RoomInfo]:
    """A room of this kind, and what it agrees on."""
    info = stage.info(JUN, kind=kind)
    with stage.step() as step:
        return create_room(step, info).id, info


def test_a_new_room_is_at_its_first_epoch_with_this_device_alone() -> None:
    """Our other devices are looked after at once, our keys renewed in a week; two rooms are two."""
    stage = Stage()
    (id, info), (other, _) = made(stage, GROUP), made(stage, GROUP)
    with stage.step() as step:
        room = step.room(id)
        assert (32, True) == (len(id), id != other)
        assert (info, JOINED, 0, START, START + WEEK) == (
            room.info,
            room.phase,
            room.epoch,
            room.tend_at,
            room.update_at,
        )
        assert info == decode_info(step.group(room).room_info())
        assert [stage.me.device] == [each.device for each in step.roster(id).values()]
        assert (RELAY, step.group(room).room_secret()) == (room.relay, room.current.secret)


@pytest.mark.parametrize(("kind", "name"), [(GROUP, "family"), (DIRECT, "")])
def test_a_new_room_is_told_and_noted(kind: str, name: str) -> None:
    """By whom it was made."""
    stage = Stage()
    id, _ = made(stage, kind)
    with stage.step() as step:
        rows = [row for row in step.store.events(0, 100) if row.kind == "joined"]
        lines = [kinds.stored(line) for line in step.store.messages(id, limit=10)]
    told = [(row.room, fields_of(row.data)) for row in rows]
    assert [(id, {"name": name, "direct": kind == DIRECT, "handle": stage.me.handle})] == told
    assert [Notice(NoticeKind.CREATED, stage.me.account)] == lines


def test_the_room_of_an_accounts_devices_is_not_told() -> None:
    """Nobody sees it."""
    stage = Stage()
    made(stage, DEVICES)
    with stage.step() as step:
        assert "joined" not in [row.kind for row in step.store.events(0, 100)]
