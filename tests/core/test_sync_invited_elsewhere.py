"""An invitation into a room we are in, by somebody in it: the better branch wins, the other is told (room.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import pytest

from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.group import branch_history, branches
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.branches import Rejoin, Tries
from nullabona.client.core.model.inbox_items import Invitation, decode_pack, encode_pack
from nullabona.client.core.model.mls_port import Invitation as Invited
from nullabona.client.core.model.outbox_targets import InboxBlob, InboxFrame
from nullabona.client.core.model.state import Merged, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import invited_elsewhere
from nullabona.wire.blob import join_blob
from tests.core.stage import RELAY, Other, Stage, box_of, out

JUN = Other("jun")
LOW, MIDDLE, HIGH = (bytes([n]) * 32 for n in (1, 2, 3))


def merged(epoch: int, commit: bytes, *removed: bytes) -> Merged:
    return Merged(epoch, commit, list(removed), [], [])


def test_what_whoever_is_invited_is_told_of() -> None:
    """The newest 64 commits of our branch, by epoch; they make the same branch of it."""
    stage = Stage()
    with stage.inside(stage.room(JUN)) as (_, state, _track):
        state.history = [merged(n, bytes([n]) * 32, JUN.account) for n in range(65)]
        told = branch_history.told(state)
        assert (64, (1, b"\1" * 32, (JUN.account,))) == (len(told), told[0])
        assert state.history[1:] == branch_history.came_by(told, 65)
        assert (told, ()) == (
            branch_history.history_of(encode_pack(b"", b"", told)),
            branch_history.history_of(b"no pack"),
        )


def test_who_comes_in_judges_what_came_after_the_welcome() -> None:
    """The inviter's branch may have gone on: two commits of one epoch in our history would keep us from everybody."""
    told = tuple((n, bytes([n]) * 32, ()) for n in range(4, 9))
    assert [merged(n, bytes([n]) * 32) for n in (4, 5, 6)] == branch_history.came_by(told, 7)
    assert [] == branch_history.came_by(told, 4)
    assert [] == branch_history.came_by((*told[:2], told[1]), 7)


def invited(step: Step, state: RoomState, *history: tuple[int, bytes, tuple[bytes, ...]]) -> tuple[bytes, int]:
    """A member's device invites us from its branch: where we look for the way, and what is sent."""
    invited_elsewhere.invited(step, state, JUN.certificate, history)
    return state.rejoin.commit if state.rejoin is not None else b"", len(out(step, InboxBlob))


@pytest.mark.parametrize(
    ("ours", "theirs", "looks", "tells"),
    [
        ([merged(1, MIDDLE)], [(1, LOW, ())], LOW, False),
        ([merged(1, MIDDLE)], [(1, HIGH, ())], b"", True),
        ([merged(1, MIDDLE)], [(1, HIGH, (JUN.account,))], HIGH, False),
        ([merged(1, MIDDLE, JUN.account)], [(1, LOW, ())], b"", True),
        ([merged(1, MIDDLE)], [(1, MIDDLE, ())], b"", False),
        ([merged(1, MIDDLE)], [(2, LOW, ())], b"", False),
        ([merged(1, MIDDLE)], [], b"", False),
        ([merged(2, LOW), merged(1, HIGH)], [(1, MIDDLE, ()), (2, HIGH, ())], MIDDLE, False),
        ([merged(0, HIGH), merged(1, LOW)], [(0, HIGH, ()), (1, MIDDLE, ())], b"", True),
    ],
)
def test_where_two_branches_parted_decides_which_of_them_wins(
    ours: list[Merged], theirs: list[tuple[int, bytes, tuple[bytes, ...]]], looks: bytes, *, tells: bool
) -> None:
    """The first epoch that both tell of and that ended differently: who removed somebody, then the lower hash."""
    stage = Stage()
    room = stage.room(JUN, history=ours)
    with stage.inside(room) as (step, state, _):
        found, sent = invited(step, state, *theirs)
        assert (looks, tells) == (found, bool(sent))
        if looks:
            assert state.rejoin is not None
            assert ("fork", [JUN.account], list(theirs[0][2])) == (
                state.rejoin.reason,
                [helper.account for helper in state.rejoin.helpers],
                state.rejoin.removed,
            )


@dataclass(frozen=True)
class Opened:
    """An invitation that leads into this epoch."""

    epoch: int


@pytest.mark.parametrize(
    ("history", "ours"),
    [
        ([(4, MIDDLE, ())], True),
        ([(3, HIGH, ()), (4, LOW, ())], True),
        ([(4, HIGH, ())], False),
        ([(3, MIDDLE, ())], False),
        ([(5, MIDDLE, ())], False),
        ([(4, HIGH, ()), (3, MIDDLE, ())], False),
        ([], False),
    ],
)
def test_an_invitation_is_to_our_own_branch_if_we_went_through_its_last_commit(
    history: list[tuple[int, bytes, tuple[bytes, ...]]], *, ours: bool
) -> None:
    """The one that ended the epoch before the one it leads into (5)."""
    stage = Stage()
    room = stage.room(JUN, history=[merged(3, LOW), merged(4, MIDDLE)])
    with stage.inside(room) as (_, state, _track):
        assert ours is branch_history.is_ours(state, cast("Invited", Opened(5)), tuple(history))


def test_who_led_nowhere_before_is_not_followed() -> None:
    """Nor told. But if their branch wins, others are asked where they are."""
    stage = Stage()
    room = stage.room(JUN, history=[merged(1, MIDDLE)])
    with stage.inside(room) as (step, state, _):
        state.tries = {JUN.account.hex(): Tries(24, step.now)}
        assert [(b"", 0), (LOW, 0)] == [invited(step, state, (1, commit, ())) for commit in (HIGH, LOW)]
        assert Rejoin(branches.SPENT, 1, LOW, [], [], step.within(step.timing.receipt)) == state.rejoin


@pytest.mark.parametrize("card", [True, False])
def test_the_worse_branch_hears_of_ours_once(*, card: bool) -> None:
    """By an invitation that nobody can enter by; it lies where their inbox is, as far as that is known."""
    stage = Stage()
    room = stage.room(JUN, history=[merged(1, MIDDLE, JUN.account)])
    with stage.inside(room) as (step, state, _):
        if card:
            inbox_addresses.remember(step, JUN.card())
        invited(step, state, (1, HIGH, ()))
        chunks = len(out(step, InboxBlob))
        assert (b"", chunks) == invited(step, state, (1, HIGH, ()))
        first = step.store.outbox(1 << 61)[0]
        assert isinstance(first.target, InboxBlob)
        assert (RELAY if card else inbox_addresses.host_relay(JUN.handle)) == first.target.relay
        assert [JUN.account] * (not card) == [item.account for item in inbox_sending.unsent(step)]
        step.store.put_chunk(first.ref, first.data, step.day)
    if card:
        [item] = stage.sent_to(JUN)
        assert isinstance(item, Invitation)
        assert (room, RELAY, box_of(first)[:16]) == (item.room, item.relay, item.id)
        pack = decode_pack(join_blob(item.blob, lambda _: first.data))
        assert (b"", b"", ((1, MIDDLE, (JUN.account,)),)) == (pack.welcome, pack.tree, pack.history)
        with stage.inside(room) as (step, state, _):
            assert 2 * chunks == invited(step, state, (1, LOW, ()))[1]


def test_each_member_of_the_worse_branch_hears_of_ours() -> None:
    """One of them knows both commits, and could have us answer before the others ask."""
    stage = Stage()
    dora = Other("dora")
    room = stage.room(JUN, dora, history=[merged(1, MIDDLE)])
    with stage.inside(room) as (step, _, _track):
        for other in (JUN, dora, dora):
            invited_elsewhere.invited(step, step.room(room), other.certificate, ((1, HIGH, ()),))
        assert [JUN.account, dora.account] == [item.account for item in inbox_sending.unsent(step)]


def test_another_device_of_ours_hears_of_it_in_our_own_inbox() -> None:
    """It needs no look-up."""
    stage = Stage()
    phone = stage.also()
    room = stage.room(phone, history=[merged(1, MIDDLE)])
    with stage.inside(room) as (step, state, _):
        invited_elsewhere.invited(step, state, phone.certificate, ((1, HIGH, ()),))
        assert [] == inbox_sending.unsent(step)
        boxes = {box_of(item) for item in step.store.outbox(1 << 61) if isinstance(item.target, InboxFrame)}
        assert {stage.person.card.inbox.address} == boxes
