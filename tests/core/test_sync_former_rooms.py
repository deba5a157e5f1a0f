"""What is kept of a room whose keys were given up: a ticket for those who were in, for thirty days (room.md §7)."""

from __future__ import annotations

import pytest
from msgspec import structs

from nullabona.client.core.step import DAY_MS, way_key
from nullabona.client.core.sync import former_rooms
from tests.core.stage import Other, Stage

JUN, DORA = Other("jun"), Other("dora")


@pytest.mark.parametrize(("days", "there"), [(30, True), (31, False)])
def test_who_was_in_gets_the_ticket_that_was_kept(days: int, *, there: bool) -> None:
    """Nobody else, and not for ever: then nothing is left of it."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(DORA)
    with stage.inside(room) as (step, state, _):
        ticket = former_rooms.make_ticket(step, state)
        way = former_rooms.keep(step, state)
        assert former_rooms.ticket_for(step, room, JUN.account) is None
        former_rooms.put(step, room, way)
        step.now += days * DAY_MS
        assert former_rooms.ticket_for(step, room, DORA.account) is None
        assert there is (step.store.get_value(way_key(room)) is not None)
        found = [former_rooms.ticket_for(step, room, account) for account in (JUN.account, stage.me.account)]
        assert [ticket if there else None] * 2 == [
            each and structs.replace(each, group_info=ticket.group_info) for each in found
        ]
        assert former_rooms.ticket_for(step, other, DORA.account) is None


def test_what_is_kept_shows_nothing_of_itself() -> None:
    """Neither in a log nor in an error."""
    assert "<Kept>" == repr(former_rooms.Kept(b"secret", (), 0))
