"""What a commit may say of the room's relay: who, with which number, and to where (spec/relocation.md §5)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.room_info import DEVICES, MOST_AHEAD, RoomInfo
from tests.rooms.test_policy import ADMIN, INFO, OTHER, PAIR, PLAIN, ROOM, ROSTER, Commit, Somebody, ext

TWO = "wss://two.example:443/v1"
SHARED = RoomInfo(1, DEVICES, "", INFO.relay)
MOVED = {"relay": TWO, "moves": 1}


def change(info: RoomInfo, **changed: object) -> RoomInfo:
    return msgspec.structs.replace(info, **changed)


@pytest.mark.parametrize(
    ("who", "info", "changed"),
    [
        (ADMIN, INFO, MOVED),
        (ADMIN, INFO, {"relay": TWO, "moves": MOST_AHEAD}),
        (ADMIN, INFO, {**MOVED, "name": "elsewhere", "timer_s": 60}),
        (ADMIN, change(INFO, moves=5), {"relay": TWO, "moves": 6}),
        (ADMIN, change(INFO, relay=TWO), {"moves": 1}),
        (ADMIN, change(INFO, relay="ws://127.0.0.1:1/v1"), {"relay": "ws://127.0.0.1:2/v1", "moves": 1}),
        (ADMIN, change(INFO, relay="no relay"), MOVED),
        (ADMIN, PAIR, MOVED),
        (PLAIN, PAIR, {**MOVED, "timer_s": 60}),
        (PLAIN, SHARED, MOVED),
    ],
)
def test_who_may_note_a_move(who: Somebody, info: RoomInfo, changed: dict[str, object]) -> None:
    """An admin, either of a pair, a device of the account; together with whatever else they may change."""
    new = change(info, **changed)
    assert new == check_commit(Commit(who, new_group_ext=ext(new)), ROOM, info, ROSTER).info


@pytest.mark.parametrize(
    ("who", "info", "changed"),
    [
        (PLAIN, INFO, MOVED),
        (OTHER, PAIR, MOVED),
        (ADMIN, INFO, {"relay": TWO}),
        (ADMIN, change(INFO, moves=5), {"relay": TWO, "moves": 5}),
        (ADMIN, change(INFO, moves=5), {"relay": TWO, "moves": 4}),
        (ADMIN, change(INFO, moves=5), {"moves": 4}),
        (ADMIN, INFO, {"relay": TWO, "moves": MOST_AHEAD + 1}),
        (ADMIN, INFO, {"relay": "ws://127.0.0.1:1/v1", "moves": 1}),
        (ADMIN, INFO, {"relay": "wss://localhost:443/v1", "moves": 1}),
        (ADMIN, INFO, {"relay": "ws://two.example:80/v1", "moves": 1}),
        (ADMIN, INFO, {"relay": "https://two.example", "moves": 1}),
        (ADMIN, INFO, {"relay": "", "moves": 1}),
        (PLAIN, PAIR, {**MOVED, "relay": "ws://127.0.0.1:1/v1"}),
        (PLAIN, SHARED, {**MOVED, "relay": "ws://127.0.0.1:1/v1"}),
    ],
)
def test_what_nobody_may_note(who: Somebody, info: RoomInfo, changed: dict[str, object]) -> None:
    """Not by others, not without a newer number, not to a relay that is less safe or spelt otherwise."""
    with pytest.raises(PolicyRefused):
        check_commit(Commit(who, new_group_ext=ext(change(info, **changed))), ROOM, info, ROSTER)
