"""The current box is kept light: what is trimmed, when, and whose turn it is (spec/room.md §4)."""

from __future__ import annotations

import pytest
from msgspec import structs

from nullabona.client.core.model.outbox_targets import RoomTrim
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import BoxTrack
from nullabona.client.core.step import DAY_MS, Step
from nullabona.client.core.sync import open_box
from tests.core.stage import DAY, RELAY, Other, Stage

JUN = Other("jun")


def trims(step: Step) -> list[int]:
    """Up to where the queued trims go."""
    return [item.target.upto for item in step.store.outbox_of(None) if isinstance(item.target, RoomTrim)]


def read(track: BoxTrack, *, acked: int = 7, told: int | None = 9, lightened: int = 0) -> None:
    track.acked, track.told, track.lightened, track.relay = acked, told, lightened, RELAY


@pytest.mark.parametrize(
    ("acked", "told", "lightened", "planned"),
    [(7, 9, 0, True), (7, 9, 7, False), (9, 7, 7, False), (9, None, 0, False), (0, 9, 0, False)],
)
def test_a_trim_is_planned_when_all_and_we_have_acknowledged_more(
    acked: int, told: int | None, lightened: int, *, planned: bool
) -> None:
    """Within a day; what we have not told that we read is not trimmed, as our last frame is above it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        read(track, acked=acked, told=told, lightened=lightened)
        open_box.look_after(step, state)
        assert (step.now + DAY_MS + 1 if planned else None) == track.lighten_at
        assert [] == trims(step)


@pytest.mark.parametrize(("acked", "told", "upto"), [(7, 9, 7), (9, 7, 7)])
def test_on_our_day_it_is_trimmed_up_to_what_all_have(acked: int, told: int, upto: int) -> None:
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        read(track, acked=acked, told=told)
        track.lighten_at = step.now
        other = step.others(state, track.epoch)[0]
        track.leaf = other.leaf + (1 if step.day % 2 else -1)
        open_box.look_after(step, state)
        assert ([upto], upto) == (trims(step), track.lightened)
        open_box.look_after(step, state)
        assert [upto] == trims(step)
        assert track.lighten_at is None


def test_on_the_other_devices_day_we_wait_for_ours() -> None:
    """It comes at a random moment of the next day that chooses us."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        read(track)
        other = step.others(state, track.epoch)[0]
        track.leaf, track.lighten_at = other.leaf + (-1 if step.day % 2 else 1), step.now
        open_box.look_after(step, state)
        assert ([], 0) == (trims(step), track.lightened)
        assert (DAY + 1) * DAY_MS <= (track.lighten_at or 0) < (DAY + 2) * DAY_MS


@pytest.mark.parametrize("why", ["diverged", "settling", "rereading", "relay down"])
def test_while_frames_may_be_missing_nothing_is_trimmed(why: str) -> None:
    """Nor asked of a relay that is away: the next day decides again."""
    stage = Stage()
    room = stage.room(JUN)
    down = frozenset({RELAY}) if why == "relay down" else frozenset()
    with stage.inside(room, down=down) as (step, state, track):
        read(track)
        track.lighten_at, track.diverged = step.now, why == "diverged"
        track.settle_until = step.now + 1 if why == "settling" else step.now
        track.reread_until = step.now + 1 if why == "rereading" else None
        open_box.look_after(step, state)
        assert ([], step.now + DAY_MS) == (trims(step), track.lighten_at)


def test_a_blocked_contact_is_not_shown_that_we_are_on() -> None:
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    with stage.inside(room) as (step, state, track):
        state.info = structs.replace(state.info, kind=DIRECT, pair=(step.local.account, JUN.account))
        step.store.put_contact(Contact(JUN.account, JUN.handle, "", ContactState.BLOCKED, b"", "", b"", ()))
        read(track)
        track.lighten_at = step.now
        open_box.look_after(step, state)
        assert ([], step.now + DAY_MS) == (trims(step), track.lighten_at)
