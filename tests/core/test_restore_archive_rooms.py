"""Rooms that an archive tells of: what is remembered of them, and who is asked for a way back (devices.md §8)."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.imports import IMPORTED
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED, RoomState, decode_state
from nullabona.client.core.restore import archive_rooms
from tests.core.stage import RELAY, Other, Stage

ROOM = b"r" * 32
JUN, SORA = Other("jun"), Other("sora")


def remembered(stage: Stage, phase: str, info: RoomInfo | None = None) -> tuple[bool, RoomState | None]:
    """Whether a room with us, Jun's two devices and Sora was taken, and what is known of it then."""
    devices = [stage.row, JUN.row(ROOM, 1), Other("jun", 1).row(ROOM, 2), SORA.row(ROOM, 3)]
    with stage.store.transaction():
        done = archive_rooms.remember(
            stage.store, stage.me.account, ROOM, info or stage.info(), phase, devices, b"read"
        )
        data = stage.store.load_room(ROOM)
    return done, None if data is None else decode_state(data)


@pytest.mark.parametrize("phase", [JOINED, REJOINING, "anything"])
def test_a_room_that_we_were_in_waits_for_a_way_back(phase: str) -> None:
    """Every other account in it is asked, at once; it has no keys, and is read as far as it was."""
    stage = Stage()
    done, room = remembered(stage, phase)
    assert done
    assert room is not None
    assert (REJOINING, stage.info(), [], b"read") == (room.phase, room.info, room.boxes, room.read_upto)
    rejoin = room.rejoin
    assert rejoin is not None
    helpers = [Helper(JUN.account, JUN.handle), Helper(SORA.account, SORA.handle)]
    assert ("returning", 0, b"", [], helpers, 0) == (
        *(rejoin.reason, rejoin.epoch, rejoin.commit, rejoin.removed),
        *(rejoin.helpers, rejoin.next_at),
    )
    with stage.store.transaction():
        assert {JUN.account, SORA.account} == {each.account for each in stage.store.devices(ROOM)}


@pytest.mark.parametrize("phase", [LEFT, REMOVED, IMPORTED])
def test_a_room_that_we_were_out_of_stays_so(phase: str) -> None:
    """Nobody is asked."""
    done, room = remembered(Stage(), phase)
    assert done
    assert room is not None
    assert (phase, None) == (room.phase, room.rejoin)


def test_what_is_known_already_and_the_devices_own_room_are_not_touched() -> None:
    """The first is the newer; of the second each device has its own."""
    stage = Stage()
    assert (False, None) == remembered(stage, JOINED, RoomInfo(1, DEVICES, "", RELAY))
    remembered(stage, LEFT)
    done, room = remembered(stage, JOINED)
    assert not done
    assert room is not None
    assert LEFT == room.phase
