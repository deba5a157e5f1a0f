"""What must hold in the end of a schedule with a hostile device (spec/room.md §16)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.rooms.byzantine_bounds import CALLS_PER_FRAME, CALLS_PER_HOUR, HOUR, Part

if TYPE_CHECKING:
    from tests.rooms.byzantine_schedule import ByzantineSchedule


def check_end(schedule: ByzantineSchedule) -> None:
    """All say the same of the room, have all that was said, once, and worked no more than is stated."""
    room = schedule.room
    rosters = {frozenset(person.members(room)) for person in schedule.safe}
    assert len(rosters) == 1, "rosters differ"
    roster = set(next(iter(rosters)))
    assert {person.account for person in schedule.safe} <= roster, "an honest person is not listed"
    if schedule.target or schedule.part is Part.REMOVED:
        assert schedule.bad.account not in roster, "whom an admin removed is in"
    _check_messages(schedule, roster)
    _check_work(schedule)


def _check_messages(schedule: ByzantineSchedule, roster: set[bytes]) -> None:
    texts = {person.name: person.texts(schedule.room) for person in [*schedule.safe, schedule.spare]}
    for person in [*schedule.safe, schedule.spare]:
        doubled = [text for text, count in Counter(texts[person.name]).items() if count > 1]
        assert not doubled, f"{person.name} sees twice: {doubled}"
        shown = [data["message"] for kind, room, data in person.events() if kind == "message" and room == schedule.room]
        assert len(shown) == len(set(map(bytes, shown))), f"{person.name} was told twice"  # type: ignore[arg-type]
    readers = [*schedule.safe, *([schedule.spare] if schedule.spare.account in roster else [])]
    for said in schedule.said:
        for person in readers:
            if person.account in said.roster and said.sender in readers:
                assert said.text in texts[person.name], f"{person.name} lost {said.text}"


def free_calls(schedule: ByzantineSchedule) -> float:
    """What a device may call by itself, whatever the hostile one does."""
    hours = (schedule.world.now - schedule.began) / HOUR
    return CALLS_PER_HOUR * (hours + len(schedule.said) + 24)


def _check_work(schedule: ByzantineSchedule) -> None:
    most = free_calls(schedule) + CALLS_PER_FRAME * schedule.hostile.frames
    for person in schedule.safe:
        calls = schedule.calls_of(person)
        assert calls <= most, f"{person.name} made {calls} calls for {schedule.hostile.frames} hostile frames"
