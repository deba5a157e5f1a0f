"""Of a direct room either of the pair may change the timer, and nobody anything else; in a group an admin may."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model.commit_policy import check_commit
from nullabona.client.core.model.errors import PolicyRefused
from nullabona.client.core.model.room_info import RoomInfo
from tests.rooms.test_policy import ADMIN, INFO, OTHER, PAIR, PLAIN, ROOM, ROSTER, Commit, Somebody, ext


def changed(info: RoomInfo, **changes: object) -> RoomInfo:
    return msgspec.structs.replace(info, **changes)


@pytest.mark.parametrize(("sender", "info"), [(ADMIN, PAIR), (PLAIN, PAIR), (ADMIN, INFO)])
def test_who_may_change_the_timer(sender: Somebody, info: RoomInfo) -> None:
    """Everybody accepts the commit."""
    wanted = changed(info, timer_s=3_600)
    assert wanted == check_commit(Commit(sender, new_group_ext=ext(wanted)), ROOM, info, ROSTER).info


@pytest.mark.parametrize(
    ("sender", "info", "wanted"),
    [
        (OTHER, PAIR, changed(PAIR, timer_s=1)),
        (PLAIN, INFO, changed(INFO, timer_s=1)),
        (PLAIN, PAIR, changed(PAIR, relay="https://other.example")),
        (PLAIN, PAIR, changed(PAIR, timer_s=1, relay="https://other.example")),
        (PLAIN, PAIR, changed(PAIR, pair=tuple(sorted((PLAIN.account, OTHER.account))))),
        (PLAIN, PAIR, changed(INFO, admins=(PLAIN.account,))),
    ],
    ids=["a third", "no admin", "relay", "timer and relay", "pair", "kind"],
)
def test_what_nobody_may_with_it(sender: Somebody, info: RoomInfo, wanted: RoomInfo) -> None:
    """Everybody ignores the commit."""
    with pytest.raises(PolicyRefused):
        check_commit(Commit(sender, new_group_ext=ext(wanted)), ROOM, info, ROSTER)
