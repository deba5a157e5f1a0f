"""A member who is asked for a branch that it is not on shows the way to its own (spec/room.md §7)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.group import branch_history, branches, ticket_branch
from nullabona.client.core.model.branches import Rejoin, Tries
from tests.core.forked import BO, EVE, HIGH, JUN, LOW, Fork, branch, helper
from tests.core.stage import START, Other
from tests.core.test_group_branches_asking import COMMIT, ticket

STRANGER = Other("stranger")


@pytest.mark.parametrize(
    ("ours", "theirs", "removed", "better"),
    [
        (HIGH, b"x" * 32, (), True),
        (LOW, b"x" * 32, (), False),
        (b"x" * 32, b"x" * 32, (), False),
        (LOW, b"x" * 32, (EVE.account,), True),
    ],
)
def test_a_member_on_a_third_branch_shows_the_way_to_it(
    ours: bytes, theirs: bytes, removed: tuple[bytes, ...], *, better: bool
) -> None:
    """If it wins over ours; nobody has to be on the branch that we ask for."""
    fork = Fork(ours)
    shown = ticket(fork, 4)
    shown = msgspec.structs.replace(shown, history=((0, theirs, removed), (1, b"y" * 32, ())))
    with fork.here() as (step, room, _):
        found = ticket_branch.third_branch(step, room, branch("fork", JUN), shown, BO.account)
    expected = Rejoin(branches.FORK, 0, theirs, list(removed), [helper(BO)], START)
    assert (expected if better else None) == found


def test_what_was_judged_or_ordered_is_not_given_up_for_a_third_branch() -> None:
    """Before it was asked for eight times; nor is anybody followed who is not in, or while no branch is asked for."""
    fork = Fork()
    shown = ticket(fork, 4, b"x" * 32)
    lost, plain = branch("silence", JUN, commit=b""), branch("fork", JUN)
    sought = [plain, lost, *(branch("fork", JUN, attempts=asked) for asked in (7, 8, 7, 8))]
    sought[2].judged = sought[3].judged = sought[4].ordered = sought[5].ordered = True
    with fork.here() as (step, room, _):
        found = [ticket_branch.third_branch(step, room, each, shown, BO.account) is not None for each in sought]
        assert [True, False, False, True, False, True] == found
        assert ticket_branch.third_branch(step, room, sought[0], shown, STRANGER.account) is None
        room.history = []
        assert ticket_branch.third_branch(step, room, sought[0], shown, BO.account) is None


def test_who_is_where_we_are_shows_no_third_branch() -> None:
    """Whatever the history says that they send."""
    fork = Fork()
    shown = msgspec.structs.replace(ticket(fork, 1), history=((0, b"x" * 32, ()),))
    with fork.here() as (step, room, _):
        assert ticket_branch.third_branch(step, room, branch("fork", JUN), shown, BO.account) is None


@pytest.mark.parametrize(
    ("epochs", "good"),
    [((), True), ((7,), True), ((3, 4, 9), True), ((3, 3), False), ((4, 3), False), ((1, 2, 2), False)],
)
def test_a_history_names_each_epoch_once_and_in_order(epochs: tuple[int, ...], *, good: bool) -> None:
    """A liar could name two commits of an epoch, and be believed on the second."""
    assert good is branch_history.in_order(tuple((epoch, COMMIT, ()) for epoch in epochs))


def test_a_branch_that_has_gone_far_is_reached_without_the_fork_in_its_history() -> None:
    """A ticket carries the newest 64 commits: a member that commits often could otherwise keep us out."""
    fork = Fork()
    far = ((1, b"x" * 32, ()), (2, b"y" * 32, ()))
    tickets = [msgspec.structs.replace(ticket(fork, epoch), history=far) for epoch in (1, 3)]
    with fork.here() as (_, room, _track):
        assert [False, True] == [ticket_branch.leads_there(room, branch("fork", JUN), each) for each in tickets]
        assert not ticket_branch.leads_there(room, branch("fork", JUN, epoch=1), tickets[1])


@pytest.mark.parametrize(
    ("ours", "claimed", "told", "expected"),
    [
        (HIGH, [EVE.account], (), []),
        (HIGH, [], (EVE.account,), [EVE.account]),
        (HIGH, [EVE.account], (EVE.account,), [EVE.account]),
        (LOW, [EVE.account], (), None),
    ],
)
def test_whom_a_branch_removed_is_what_its_members_say(
    ours: bytes, claimed: list[bytes], told: tuple[bytes, ...], expected: list[bytes] | None
) -> None:
    """Not what the first claim said: with a lie about a real commit every honest ticket would be refused."""
    fork = Fork(ours)
    shown = msgspec.structs.replace(ticket(fork, 4), history=((0, COMMIT, told),))
    with fork.here() as (_, room, _track):
        found = ticket_branch.as_told(room, branch("fork", JUN, removed=claimed), shown)
    assert (found.removed if found is not None else None) == expected


def test_a_lie_about_whom_a_branch_removed_does_not_matter_if_it_removed_somebody() -> None:
    """Which branch is better does not depend on it, and those of a better one may have to come (spec/room.md §7)."""
    fork = Fork(LOW)
    shown = msgspec.structs.replace(ticket(fork, 4), history=((0, COMMIT, (BO.account,)),))
    with fork.here() as (_, room, _track):
        room.history[0].removed = [EVE.account]
        found = ticket_branch.as_told(room, branch("fork", JUN, removed=[EVE.account]), shown)
    assert found is not None
    assert [BO.account] == found.removed


def test_who_is_not_believed_shows_a_third_branch_all_the_same() -> None:
    """Their claims were used up, but a ticket is more than a claim. Who led us to an empty branch gives none."""
    fork = Fork()
    shown = ticket(fork, 4, b"x" * 32)
    with fork.here() as (step, room, _):
        room.tries = {BO.account.hex(): Tries(24, START)}
        assert ticket_branch.third_branch(step, room, branch("fork", JUN), shown, BO.account) is not None


@pytest.mark.parametrize(
    ("reason", "ours", "told", "loses"),
    [
        (branches.FRAMES_MISSING, LOW, (), True),
        (branches.FRAMES_MISSING, HIGH, (), False),
        (branches.FRAMES_MISSING, LOW, (EVE.account,), False),
        (branches.FRAMES_MISSING, COMMIT, (), False),
        (branches.LONELY, LOW, (), False),
        (branches.UNPROVEN, LOW, (), False),
    ],
)
def test_who_lacks_frames_does_not_leave_the_branch_that_wins(
    reason: str, ours: bytes, told: tuple[bytes, ...], *, loses: bool
) -> None:
    """The others come to it. Who is alone, or was led here, goes where somebody is."""
    fork = Fork(ours)
    shown = msgspec.structs.replace(ticket(fork, 4), history=((0, COMMIT, told),))
    with fork.here() as (_, room, _track):
        assert loses is ticket_branch.loses(room, branch(reason, commit=b""), shown)
