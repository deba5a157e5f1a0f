"""Move orders: who may give one, which holds, and where a box is then (spec/relocation.md §§3-5)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model import move_orders
from nullabona.client.core.model.proofs import BadProof, MoveOrder, encode_move, make_move
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.room_info import DEVICES, DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, RoomState
from nullabona.client.core.relocation import moving
from tests.core.stage import RELAY, Other, Stage

JUN, BO = Other("jun"), Other("boo")
ROOM = b"r" * 32
THERE, FURTHER = "wss://there.example:443/v1", "wss://further.example:443/v1"
DEVICES_OF = [(JUN.signature_key, JUN.account), (BO.signature_key, BO.account)]


def info(kind: str = GROUP, moves: int = 0, relay: str = RELAY) -> RoomInfo:
    """A room of Jun's: of a group they are admin, of a room of two one of the pair."""
    if kind == GROUP:
        return RoomInfo(1, kind, "family", relay, (JUN.account,), moves=moves)
    return RoomInfo(1, kind, "", relay, (), (JUN.account, Other("eve").account) if kind == DIRECT else (), moves=moves)


def order(by: Other = JUN, number: int = 1, relay: str = THERE, room: bytes = ROOM) -> MoveOrder:
    return make_move(by.mls, by.signature_key, room, number, relay)


def room(moves: int = 0, held: MoveOrder | None = None, relay: str = RELAY) -> RoomState:
    return RoomState(ROOM, info(moves=moves, relay=relay), JOINED, [], order=held)


# -- who may ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "jun", "boo"), [(GROUP, True, False), (DIRECT, True, False), (DEVICES, True, True)])
def test_admins_move_a_group_and_both_a_room_of_two(kind: str, jun: bool, boo: bool) -> None:  # noqa: FBT001
    """The room that an account's devices share is moved by each of them."""
    assert (jun, boo) == tuple(move_orders.may_move(info(kind), each.account) for each in (JUN, BO))


def test_an_order_is_by_whoever_signed_it() -> None:
    """If they may move the room."""
    assert JUN.account == move_orders.judge(order(), ROOM, info(), DEVICES_OF)
    assert BO.account == move_orders.judge(order(BO), ROOM, info(DEVICES), DEVICES_OF)


@pytest.mark.parametrize(
    "bad",
    [
        order(BO),
        order(Other("stranger")),
        order(room=b"x" * 32),
        order(relay="not an address"),
        order(relay="WSS://there.example:443/v1"),
        order(relay="wss://there.example/v1"),
        order(relay="ws://127.0.0.1:8080/v1"),
        order(number=259),
        msgspec.structs.replace(order(), number=2),
        msgspec.structs.replace(order(), relay=FURTHER),
    ],
)
def test_an_order_that_does_not_hold_is_refused(bad: MoveOrder) -> None:
    """By somebody who may not, for another room, to nowhere or to our own machine, out of reach, or changed."""
    at = info(moves=2)
    with pytest.raises(BadProof):
        move_orders.judge(bad, ROOM, at, DEVICES_OF)
    assert None is move_orders.valid(encode_move(bad), ROOM, at, DEVICES_OF)


def test_a_number_is_in_reach_up_to_256_above_the_rooms() -> None:
    """So that nobody can use the numbers up."""
    far = order(number=258)
    assert far == move_orders.valid(encode_move(far), ROOM, info(moves=2), DEVICES_OF)


@pytest.mark.parametrize("data", [b"", b"\xc1", encode_move(order())[:-1]])
def test_what_is_no_order_is_none(data: bytes) -> None:
    """Nothing, or anything."""
    assert None is move_orders.valid(data, ROOM, info(), DEVICES_OF)


def test_a_blocked_contact_leads_us_nowhere() -> None:
    """In the room with them only our own orders count; with a contact who is not blocked theirs do."""
    found = []
    for state in (ContactState.BLOCKED, ContactState.ACCEPTED):
        stage = Stage()
        stage.contact(JUN, state)
        id = stage.room(JUN, kind=DIRECT)
        with stage.step() as step:
            at = step.room(id)
            ours = make_move(step.mls, step.local.signature_key, id, 1, THERE)
            theirs = order(room=id)
            found += [moving.decoded(step, at, encode_move(each)) for each in (ours, theirs)]
            found.append(moving.decoded(step, at, b""))
            assert [ours, None, None] == found[:3]
            assert found[3:] in ([], [ours, theirs, None])
    assert 6 == len(found)


# -- which holds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "moves", "applies"), [(1, 0, True), (2, 2, False), (3, 2, True), (1, 2, False)])
def test_an_order_applies_to_epochs_that_do_not_say_it_yet(number: int, moves: int, applies: bool) -> None:  # noqa: FBT001
    """And none applies where there is none."""
    assert (applies, False) == (move_orders.applies(order(number=number), moves), move_orders.applies(None, moves))


LOWER, HIGHER = sorted([order(number=3), order(number=3, relay=FURTHER)], key=lambda each: each.rank)


@pytest.mark.parametrize(
    ("held", "new", "better"),
    [
        (None, order(number=3), True),
        (None, order(number=2), True),
        (None, order(number=1), False),
        (order(number=3), order(number=4), True),
        (order(number=4), order(number=3), False),
        (HIGHER, LOWER, True),
        (LOWER, HIGHER, False),
        (LOWER, LOWER, False),
    ],
)
def test_the_highest_number_holds_then_the_lowest_hash(held: MoveOrder | None, new: MoveOrder, better: bool) -> None:  # noqa: FBT001
    """Unless the room info is beyond it."""
    assert better is move_orders.better(room(moves=2, held=held), new)


def test_the_newest_order_is_written_into_the_room_info() -> None:
    """One that is over changes nothing, nor does none."""
    given = info(moves=2)
    assert msgspec.structs.replace(given, relay=THERE, moves=3) == move_orders.noted(room(held=order(number=3)), given)
    assert [given, given] == [move_orders.noted(room(held=each), given) for each in (None, order(number=2))]


@pytest.mark.parametrize(
    ("held", "room_moves", "moves", "relay"),
    [
        (None, 0, 0, ""),
        (None, 2, 1, FURTHER),
        (None, 2, 2, ""),
        (order(number=3), 2, 2, THERE),
        (order(number=3), 2, 0, THERE),
        (order(number=3), 2, 3, ""),
        (order(number=2), 2, 1, THERE),
        (order(number=2), 2, 2, ""),
        (order(number=1), 2, 0, FURTHER),
    ],
)
def test_a_box_is_where_the_order_says_else_where_the_room_info_does(
    held: MoveOrder | None, room_moves: int, moves: int, relay: str
) -> None:
    """Of an epoch that says as much as is known, nothing is said: it is where that epoch says."""
    assert relay == move_orders.relay_for(room(room_moves, held, FURTHER), moves)


def test_whoever_comes_in_is_given_the_order() -> None:
    """If there is one."""
    assert [b"", encode_move(order())] == [move_orders.to_carry(room(held=each)) for each in (None, order())]
