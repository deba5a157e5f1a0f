"""What is done again on the branch to which a device goes (spec/room.md §7)."""

from __future__ import annotations

import pytest

from nullabona.client.core.group.redo import to_redo
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.intents import AddAccount, Intent, RemoveAccount, SetInfo, UpdateKeys
from nullabona.client.core.model.proofs import RemovalOrder, make_order
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import Merged, PendingCommit
from tests.core.forked import BO, EVE, JUN, branch
from tests.core.stage import RELAY, Other, Stage

COMMIT = b"c" * 32
LATE = Other("late")
ADD = AddAccount(LATE.account, LATE.handle, (), b"")
OUT = RemoveAccount(LATE.account)
CHANGE = SetInfo("mine", (BO.account,), (EVE.account,), 60, members_pin=True)


def order(account: Other) -> RemovalOrder:
    return make_order(JUN.mls, JUN.signature_key, bytes(32), account.account, [account.encryption_key])


def redone(
    *history: Merged,
    intents: tuple[Intent, ...] = (),
    pending: PendingCommit | None = None,
    way: Rejoin | None = None,
    late: int | None = None,
    info: RoomInfo | None = None,
) -> list[Intent]:
    """What is done again of a branch that Jun, Bo and Eve were on, at whose end the room is as ``info`` says.

    ``late``: the epoch since which one more member is in; None: they are out.
    """
    stage = Stage()
    room = stage.room(JUN, BO, EVE, history=list(history), intents=list(intents), pending=pending)
    with stage.step() as step:
        if late is not None:
            step.store.put_devices([LATE.row(room, 4, since=late)])
        state = step.room(room)
        state.info = info or state.info
        return to_redo(step, state, way or branch("fork", epoch=3))


def merged(epoch: int, *mine: Intent, commit: bytes = b"ours", orders: tuple[RemovalOrder, ...] = ()) -> Merged:
    return Merged(epoch, commit, [], list(orders), list(mine))


def info(name: str = "", *admins: Other, timer_s: int = 0, members_pin: bool = False) -> RoomInfo:
    named = tuple(each.account for each in admins or (JUN,))
    return RoomInfo(1, GROUP, name, RELAY, named, timer_s=timer_s, members_pin=members_pin)


def test_what_our_branch_did_since_the_fork_is_done_again() -> None:
    """Ours, and the removals of anybody; not what was before, nor what the other branch did as well."""
    adds = [AddAccount(each.account, f"{number}", (), b"") for number, each in enumerate((JUN, BO, EVE, JUN))]
    found = redone(
        merged(2, adds[0], orders=(order(EVE),)),
        merged(3, adds[1]),
        merged(4, adds[2], orders=(order(BO),)),
        merged(4, adds[3], commit=COMMIT),
        merged(5),
    )
    assert [adds[1], adds[2], RemoveAccount(BO.account, order(BO))] == found


def test_what_was_done_comes_first_and_everything_once() -> None:
    """What was done, then what lies in the box, then what waits: of two names the last is the one that we want."""
    done, staged, waiting = (SetInfo(name) for name in ("done", "staged", "waiting"))
    pending = PendingCommit(b"p", b"f", [UpdateKeys(), staged], [], [], invites=False)
    history = merged(3, done, UpdateKeys())
    found = redone(history, intents=(waiting, UpdateKeys()), pending=pending, info=info("done"))
    assert [done, UpdateKeys(), staged, waiting] == found


def test_who_only_lost_the_thread_has_done_nothing_that_others_have_not() -> None:
    """Only what is still wanted is done."""
    name = SetInfo("name")
    history = merged(3, UpdateKeys(), orders=(order(BO),))
    assert [name] == redone(history, intents=(name,), way=branch("silence", commit=b"", epoch=0))


@pytest.mark.parametrize(
    ("late", "expected"),
    [(None, [OUT, RemoveAccount(LATE.account, order(LATE))]), (4, [ADD, OUT]), (5, [ADD]), (6, [ADD])],
)
def test_who_was_added_or_removed_counts_as_the_branch_has_it_at_its_end(
    late: int | None, expected: list[Intent]
) -> None:
    """Of a removal in which a device of theirs stayed, the wish holds; not if they were added again after it."""
    orders = (order(LATE),) if late is None else ()
    assert expected == redone(merged(3, ADD), merged(4, OUT, orders=orders), late=late)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (info("mine", BO, timer_s=60, members_pin=True), CHANGE),
        (info("theirs", BO, EVE, timer_s=60), SetInfo(appoint=(BO.account,), timer_s=60)),
        (info("theirs", JUN, members_pin=True), SetInfo(dismiss=(EVE.account,), members_pin=True)),
        (info("theirs", EVE), None),
    ],
)
def test_what_others_have_changed_since_is_not_done_again(now: RoomInfo, expected: SetInfo | None) -> None:
    """Name, roles, timer and who may pin, each by itself; of a change of which nothing is left, nothing."""
    assert ([expected] if expected is not None else []) == redone(merged(3, CHANGE), info=now)
