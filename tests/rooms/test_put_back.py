"""What a relay or a member erased is there again though who said it is off, as long as anybody has it (room.md §4)."""

from __future__ import annotations

import pytest

from tests.rooms.hostile import all_well, people, track_of, update_keys
from tests.rooms.test_false_branches import HOUR, MINUTE
from tests.rooms.world import World


@pytest.mark.parametrize("over", [False, True])
def test_what_was_erased_is_put_back_by_who_has_it(*, over: bool) -> None:
    """In the newest epoch, or one that is over. Nobody who has it sees it twice when its sender says it again, too."""
    world = World(5)
    a, b, c, d = people(world, 4)
    room = world.group(a, b, c, d)
    c.online = False
    d.send(room, "said before it was erased")
    world.settle(span=5 * MINUTE)
    box = world.relay.boxes[bytes(track_of(a, room).keys.box.address)]
    if over:
        update_keys(a, room)
        world.settle(span=5 * MINUTE)
    box.frames = {seq: frame for seq, frame in box.frames.items() if over and seq == box.head}
    d.online, c.online = False, True
    world.settle(span=HOUR)
    assert ["said before it was erased"] == c.texts(room)
    d.online = True
    all_well(world, room, a, b, c, d)
