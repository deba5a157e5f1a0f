"""Where a device asks for a ticket: in which boxes of the room, and when in inboxes instead (room.md §7.1)."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.group import branches, commits
from nullabona.client.core.model.records import DeviceView
from nullabona.client.core.relocation.search import ELSEWHERE
from nullabona.client.core.sync import tickets
from tests.core.forked import JUN, PEOPLE, Fork, branch
from tests.core.seen import earlier
from tests.core.stage import START

HOUR, DAY = 3_600_000, 86_400_000


def fork() -> Fork:
    found = Fork()
    found.reachable(*PEOPLE)
    return found


def asked(at: Fork, now: int = START) -> tuple[list[int], int]:
    """In the boxes of which epochs, and in how many inboxes, the next question goes."""
    boxes, inboxes = len(at.in_boxes()), len(at.in_inboxes())
    with at.here(now) as (step, room, _):
        assert room.rejoin is not None
        room.rejoin.next_at = now
        tickets.ask(step, room)
        epochs = {track.keys.box.address: track.epoch for track in room.boxes}
    return [epochs[each.box] for each in at.in_boxes()[boxes:]], len(at.in_inboxes()) - inboxes  # type: ignore[index]


def seen(at: Fork, epoch: int) -> None:
    """Jun has shown up in the box of that epoch."""
    with at.here() as (step, room, _):
        box = next(track for track in room.boxes if track.epoch == epoch).keys.box.address
        step.store.put_view(DeviceView(box, JUN.device, b"i" * 8, 1, b"c" * 16, (), ()))


def test_who_was_seen_in_the_epoch_is_first_asked_there_alone() -> None:
    """Without an answer, also in our current box: they may have left that one last."""
    at = fork()
    seen(at, 0)
    at.look_for(branch("fork", JUN))
    assert [([0], 0), ([0, 1], 0)] == [asked(at), asked(at)]


def test_who_was_not_seen_in_the_epoch_is_asked_where_they_were_seen_too() -> None:
    """The same question, which they answer once."""
    at = fork()
    seen(at, 1)
    at.look_for(branch("fork", JUN))
    assert ([0, 1], 0) == asked(at)
    assert 1 == len({each.id for each in at.in_boxes()})


def test_of_the_boxes_in_which_they_were_seen_the_newest_is_chosen() -> None:
    """Three at most: of the epoch, ours, and that one."""
    at = fork()
    with at.here() as (_, room, _track):
        room.current.epoch = 3
        for epoch in (1, 2):
            earlier(room, epoch=epoch)
        room.boxes.sort(key=lambda track: track.epoch)
    seen(at, 1)
    seen(at, 2)
    at.look_for(branch("fork", JUN))
    assert ([0, 3, 2], 0) == asked(at)


def test_who_lost_the_thread_asks_in_the_current_box() -> None:
    """And where it came from another branch."""
    at = fork()
    at.look_for(branch("silence", JUN, commit=b""))
    assert ([1], 0) == asked(at)
    with at.here() as (_, _room, old):
        old.unproven_end = True
    assert ([1, 0], 0) == asked(at)


@pytest.mark.parametrize("reason", [branches.LONELY, branches.RELAY_UNREACHABLE, ELSEWHERE])
def test_where_others_may_read_none_of_our_boxes_inboxes_are_used(reason: str) -> None:
    """The relay is gone, or they are: on another branch, or at another relay."""
    at = fork()
    at.look_for(branch(reason, JUN, commit=b""))
    assert ([], 1) == asked(at)


def test_inboxes_are_used_when_the_drawn_time_has_come() -> None:
    """Not a millisecond earlier. It is drawn with the first question and stays, whatever we look for."""
    at = fork()
    at.look_for(branch("fork", JUN))
    asked(at)
    with at.here() as (step, room, _):
        due = room.inbox_at
        assert due is not None
        assert START + 8 * HOUR <= due <= START + 12 * HOUR
        assert step.timing.silence == 4 * HOUR
    at.look_for(branch("silence", JUN, commit=b""))
    assert ([1], 0) == asked(at, due - 1)
    assert ([], 1) == asked(at, due)


def test_who_looks_for_nothing_draws_the_time_again() -> None:
    """But not who was led by one account alone, and asks others from time to time whether it is the room."""
    at = fork()
    for led, kept in ((START + DAY, True), (None, False)):
        with at.here() as (step, room, _):
            room.led_inbox_at, room.led_at, room.rejoin = START + HOUR, led, None
            tickets.ask(step, room)
            assert kept is (room.led_inbox_at is not None)


@pytest.mark.parametrize(("days", "by_inbox"), [(21, False), (22, True)])
def test_who_was_off_for_about_a_month_uses_inboxes_for_a_day(days: int, *, by_inbox: bool) -> None:
    """It is late by three weeks in renewing its keys, which it did every week."""
    at = fork()
    now = START + days * DAY
    with at.here(now) as (step, room, _):
        room.update_at = START
        commits.renew_keys(step, room)
        assert (now if by_inbox else None) == room.back_at
    at.look_for(branch("silence", JUN, commit=b""))
    assert (([], 1) if by_inbox else ([1], 0)) == asked(at, now)
    with at.here() as (_, room, _track):
        room.inbox_at = None
    assert ([1], 0) == asked(at, now + DAY)


def test_without_a_card_inboxes_are_used() -> None:
    """No key could be named for the answer."""
    at = fork()
    at.look_for(branch("fork", JUN))
    with at.here() as (step, _, _track):
        own_devices.forget_card(step.store)
    assert ([], 1) == asked(at)
