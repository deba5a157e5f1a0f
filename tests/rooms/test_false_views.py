"""What a member says that the relay has shown it, which nobody else can know."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.content import Receipt, View
from nullabona.client.core.sync import histories
from tests.rooms.hostile import envelope, people, say_anything, track_of, update_keys, warnings
from tests.rooms.world import Person, World

MINUTE = 60_000


def test_a_member_accuses_the_relay_a_few_times_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so in every epoch. The limit is its account's: what another member says counts."""
    monkeypatch.setattr(histories, "MOST_DIFFER", 2)
    world = World(32)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)

    def accused(by: Person, times: int) -> int:
        for _ in range(times):
            track = track_of(a, room)
            view = View(track.keys.box.address[:8], track.incarnation, track.position, world.dice.bytes(16), (), ())
            say_anything(by, room, envelope(by, Receipt(), (view,)))
            world.settle(span=2 * MINUTE)
        return warnings(a, room).count("relay-showed-different-histories")

    assert 2 == accused(m, 3)
    update_keys(a, room)
    world.settle(span=2 * MINUTE)
    assert 3 == accused(b, 1)
