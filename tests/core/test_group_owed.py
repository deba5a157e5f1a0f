"""What a device says and owes to those on other branches: it moves, it sends again, it redoes (spec/room.md §7)."""

from __future__ import annotations

from typing import Any

import pytest

from nullabona.client.core.group import owed, ticket_branch
from nullabona.client.core.model.content import Moved, Text, encode_body
from nullabona.client.core.model.intents import Intent, RemoveAccount, UpdateKeys
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.state import JOINED, REJOINING, PendingCommit
from nullabona.client.core.sync import tickets
from tests.core.forked import BO, EVE, JUN, Alone, Fork, branch
from tests.core.seen import INCARNATION, Overheard, frame, view
from tests.core.stage import Other

COMMIT = b"c" * 32
WAITING, SENT, DELIVERED = MessageState.WAITING, MessageState.SENT, MessageState.DELIVERED


def written(fork: Fork, number: int, **about: object) -> bytes:
    """A message of ours; its id."""
    id = bytes((number,)) * 16
    found: dict[str, Any] = {"position": number, "body": encode_body(Text(f"{number}")), **about}
    fork.stage.message(fork.id, id, **found)
    return id


def sent_again(heard: Overheard) -> list[str]:
    """Which texts went out."""
    return [body.text for body in heard.said if isinstance(body, Text)]


# -- moving -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("removed", "rank"), [([], 1), ([EVE.account], 0)])
def test_whoever_has_moved_says_so_to_those_who_cannot_see_the_fork(removed: list[bytes], rank: int) -> None:
    """With the commit that they moved to, and whether it removed somebody."""
    fork = Fork()
    with fork.here() as (step, room, _):
        heard = Overheard(step)
        assert ticket_branch.farewell(step, room, branch("fork", JUN, epoch=3, removed=removed))
        assert [Moved(3, COMMIT, rank)] == heard.said


def test_who_only_lost_the_thread_has_nothing_to_say() -> None:
    """Nor who is alone, or has no keys."""
    lost, parted = branch("silence", JUN, commit=b""), branch("fork", JUN)
    for fork, rejoin, phase in ((Fork(), lost, JOINED), (Alone(), parted, JOINED), (Fork(), parted, REJOINING)):
        with fork.here() as (step, room, _):
            room.phase = phase
            heard = Overheard(step)
            assert (b"", []) == (ticket_branch.farewell(step, room, rejoin), heard.said)


# -- sending again ------------------------------------------------------------------------------------------------


def test_a_device_that_came_back_gets_what_it_may_lack() -> None:
    """What it has acknowledged it has; what was said since it came, too; what waits goes out by itself."""
    fork = Fork()
    with fork.here() as (step, _, old):
        old.incarnation, old.position = INCARNATION, 9
        box = bytes(old.keys.box.address)
        had, lacked = frame(step, old, 3), frame(step, old, 5)
        view(step, old, JUN, 4)
    written(fork, 1, box=box, frame=had)
    written(fork, 2, box=box, frame=lacked)
    written(fork, 3, box=b"a box that is forgotten".ljust(32), frame=lacked)
    written(fork, 4, box=box, frame=lacked, epoch=1)
    written(fork, 5, state=WAITING)
    written(fork, 6, box=box, frame=lacked, state=DELIVERED)
    with fork.here() as (step, room, _):
        heard = Overheard(step)
        owed.welcome_back(step, room, JUN.device)
        assert ["2", "3"] == sent_again(heard)


def still_owed(fork: Fork) -> dict[str, list[bytes]]:
    with fork.here() as (_, room, _track):
        return room.owed


def test_who_stayed_behind_is_owed_what_was_not_delivered() -> None:
    """Of what was said since they were in; who is on our branch is owed nothing, nor who lacks nothing."""
    fork = Fork()
    first, second = written(fork, 1, epoch=2), written(fork, 2, epoch=3, state=WAITING)
    written(fork, 3, epoch=3, state=DELIVERED)
    early, late, later = Other("early"), Other("late"), Other("later")
    with fork.here() as (step, room, _):
        before = [early.row(room.id, 4, 0), late.row(room.id, 5, 3), later.row(room.id, 6, 4), JUN.row(room.id, 1)]
        owed.note_owed(step, room, before)
    assert {early.device.hex(): [first, second], late.device.hex(): [second]} == still_owed(fork)


def test_who_was_owed_something_gets_it_when_they_are_in_again() -> None:
    """Once, and only what they cannot have from this epoch; others go on waiting."""
    fork = Fork()
    first, second = written(fork, 1, epoch=0), written(fork, 2, epoch=1)
    stranger = Other("stranger").device.hex()
    with fork.here() as (step, room, _):
        heard = Overheard(step)
        room.owed = {JUN.device.hex(): [first, b"gone".ljust(16), second], stranger: [first]}
        owed.send_owed(step, room)
        assert ["1"] == sent_again(heard)
    assert {stranger: [first]} == still_owed(fork)


def test_what_waited_for_a_way_goes_out_when_none_is_found() -> None:
    """We stay where we are."""
    fork = Fork()
    written(fork, 1, state=WAITING)
    fork.look_for(branch("fork", JUN, attempts=24))
    with fork.here() as (step, room, _):
        heard = Overheard(step)
        tickets.ask(step, room)
        assert (None, ["1"]) == (room.rejoin, sent_again(heard))


# -- redoing ------------------------------------------------------------------------------------------------------


def out(*others: Other) -> list[Intent]:
    return [UpdateKeys(), *(RemoveAccount(each.account) for each in others)]


@pytest.mark.parametrize(
    ("intents", "pending", "redo", "left"),
    [
        (out(JUN), None, [JUN], [JUN]),
        ([], out(JUN), [JUN], [JUN]),
        ([], None, [JUN], []),
        (out(BO), None, [JUN], []),
        (out(JUN), out(BO), [JUN, BO, EVE], [JUN, BO]),
        (out(Other("gone")), None, [Other("gone")], []),
    ],
)
def test_what_waits_for_removals_goes_out_when_they_are_done_or_cannot_be(
    intents: list[Intent], pending: list[Intent] | None, redo: list[Other], left: list[Other]
) -> None:
    """As long as one of them is wanted, and who is to go is in, nothing is sent."""
    fork = Fork()
    written(fork, 1, state=WAITING)
    with fork.here() as (step, room, _):
        room.intents, room.redo = intents, [each.account for each in redo]
        if pending is not None:
            room.pending = PendingCommit(b"c", b"f", pending, [], [], invites=False)
        heard = Overheard(step)
        owed.redone(step, room)
        assert ([each.account for each in left], [] if left else ["1"]) == (room.redo, sent_again(heard))


def test_where_nothing_is_to_be_redone_nothing_waits_for_it() -> None:
    """What waits for something else goes on waiting."""
    fork = Fork()
    written(fork, 1, state=WAITING)
    with fork.here() as (step, room, _):
        heard = Overheard(step)
        owed.redone(step, room)
        assert [] == heard.said
