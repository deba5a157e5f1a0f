"""What is done again on the branch to which a device goes (spec/room.md §7)."""

from __future__ import annotations

from nullabona.client.core.group.redo import to_redo
from nullabona.client.core.model.proofs import RemovalOrder, make_order
from nullabona.client.core.model.room_info import GROUP, RoomInfo
from nullabona.client.core.model.state import (
    JOINED,
    Intent,
    Merged,
    PendingCommit,
    RemoveAccount,
    RoomState,
    SetInfo,
    UpdateKeys,
)
from tests.core.forked import BO, EVE, JUN, branch
from tests.core.stage import RELAY, Other

COMMIT = b"c" * 32


def order(account: Other) -> RemovalOrder:
    return make_order(JUN.mls, JUN.signature_key, bytes(32), account.account, [account.encryption_key])


def room(*history: Merged, intents: tuple[Intent, ...] = (), pending: PendingCommit | None = None) -> RoomState:
    info = RoomInfo(1, GROUP, "family", RELAY, (JUN.account,))
    return RoomState(bytes(32), info, JOINED, [], list(history), list(intents), pending)


def merged(epoch: int, *mine: Intent, commit: bytes = b"ours", orders: tuple[RemovalOrder, ...] = ()) -> Merged:
    return Merged(epoch, commit, [], list(orders), list(mine))


def test_what_our_branch_did_since_the_fork_is_done_again() -> None:
    """Ours, and the removals of anybody; not what was before, nor what the other branch did as well."""
    names = [SetInfo(f"name {number}") for number in range(5)]
    found = room(
        merged(2, names[0], orders=(order(EVE),)),
        merged(3, names[1]),
        merged(4, names[2], orders=(order(BO),)),
        merged(4, names[3], commit=COMMIT),
        merged(5),
    )
    assert [names[1], names[2], RemoveAccount(BO.account, order(BO))] == to_redo(found, branch("fork", epoch=3))


def test_what_is_wanted_already_comes_first_and_once() -> None:
    """What waits, then what lies in the box, then what was done."""
    name, keys = SetInfo("name"), UpdateKeys()
    pending = PendingCommit(b"p", b"f", [keys, name], [], [], invites=False)
    found = room(merged(3, name, keys), intents=(name,), pending=pending)
    assert [name, keys] == to_redo(found, branch("fork", epoch=3))


def test_who_only_lost_the_thread_has_done_nothing_that_others_have_not() -> None:
    """Only what is still wanted is done."""
    name = SetInfo("name")
    found = room(merged(3, UpdateKeys(), orders=(order(BO),)), intents=(name,))
    assert [name] == to_redo(found, branch("silence", commit=b"", epoch=0))
