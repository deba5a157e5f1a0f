"""What changes by itself when its time is up: lines, wishes, whom we ask, where we belong."""

from __future__ import annotations

from nullabona.client.core import timers
from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import join_requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.invite_link import Link, key_check
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from tests.core.stage import START, Other, Stage

JUN = Other("jun")
ROOM, OTHER = b"r" * 32, b"o" * 32


def request(step: Step) -> None:
    join_requests.ask(step, Link("room", JUN.handle, key_check(JUN.account), b"t" * 16, ROOM), JUN.card(), b"")


def asks(step: Step) -> None:
    """A contact is asked for the rooms that we share, at once."""
    step.store.set_value(returning.RESTORED, b"begun")
    seeking.want(step, JUN.account, JUN.handle)


def expects(stage: Stage, step: Step) -> None:
    """Another device of ours lets us into a room, in at most eight hours."""
    returning.expect(step, OTHER, stage.info(), [Helper(JUN.account, JUN.handle)])


def test_the_first_of_what_is_due_wakes() -> None:
    """A line that is erased, a request, a question or a room; without any of them nothing does."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        times = [timers.next_due(step)]
        expects(stage, step)
        times.append(timers.next_due(step))
        request(step)
        times.append(timers.next_due(step))
        step.store.put_message(stage.unsaved(room, b"m" * 16, expires_at=START + 5))
        times.append(timers.next_due(step))
        asks(step)
        times.append(timers.next_due(step))
    assert [None, START + 28_800_000, START + 600_000, START + 5, START] == times


def test_what_is_due_is_done() -> None:
    """Each of them."""
    stage = Stage()
    stage.contact(JUN)
    room = stage.room(JUN)
    with stage.step() as step:
        request(step)
        expects(stage, step)
        asks(step)
        step.store.put_message(stage.unsaved(room, b"m" * 16, expires_at=START + 5))
        step.now = START + 28_800_000
        timers.sweep(step)
        assert ["silent"] == [each.state for each in join_requests.kept(step)]
        assert (True, None) == (step.find_room(OTHER) is not None, step.store.next_expiry())
        assert 2 == len(inbox_sending.unsent(step))


def test_a_device_that_is_signed_out_only_erases() -> None:
    """It does nothing for the account any more."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        request(step)
        expects(stage, step)
        step.store.put_message(stage.unsaved(room, b"m" * 16, expires_at=START + 5))
        own_devices.note_signed_out(step.store)
        assert START + 5 == timers.next_due(step)
        step.now = START + 28_800_000
        timers.sweep(step)
        assert ["waiting"] == [each.state for each in join_requests.kept(step)]
        assert (None, None, None) == (step.find_room(OTHER), step.store.next_expiry(), timers.next_due(step))
