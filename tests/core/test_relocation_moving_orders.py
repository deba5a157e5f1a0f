"""Move orders, given and heard of: who goes where, and when (spec/relocation.md §§3-4)."""

from __future__ import annotations

import msgspec
import pytest

from nullabona.client.core.model import move_orders
from nullabona.client.core.model.errors import NotAllowed
from nullabona.client.core.model.proofs import BadProof, MoveOrder, encode_move
from nullabona.client.core.model.room_info import DIRECT, GROUP, RoomInfo
from nullabona.client.core.model.state import JOINED, REJOINING, BoxTrack
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.core.moving import BO, CANDIDATE, FURTHER, JUN, LAST, THERE, Movable
from tests.core.seen import digest, frame
from tests.core.stage import RELAY, START, Other, Stage

# -- giving one ---------------------------------------------------------------------------------------------------


def test_an_admin_orders_the_room_elsewhere_and_goes_there() -> None:
    """With the next number above the room's and above any order that is known."""
    movable, given = Movable(), []
    for relay in (THERE, FURTHER):
        with movable.here() as (step, room):
            moving.issue(step, room, relay)
            assert room.order is not None
            assert step.local.signature_key == room.order.signer
            given.append((room.order.number, room.relay))
            room.info = msgspec.structs.replace(room.info, moves=7)
    assert [(1, THERE), (8, FURTHER)] == given
    with movable.here() as (step, room):
        moving.issue(step, room, LAST)
        assert (9, LAST) == (room.order.number if room.order else 0, room.relay)


@pytest.mark.parametrize(("phase", "admin"), [(REJOINING, True), (JOINED, False)])
def test_who_is_not_in_or_no_admin_orders_nothing(phase: str, admin: bool) -> None:  # noqa: FBT001
    """The room stays."""
    movable = Movable()
    with movable.here() as (step, room):
        room.phase = phase
        room.info = room.info if admin else msgspec.structs.replace(room.info, admins=(JUN.account,))
        with pytest.raises(NotAllowed):
            moving.issue(step, room, THERE)
        assert (None, RELAY) == (room.order, room.relay)


def test_nobody_orders_a_room_to_where_it_cannot_be() -> None:
    """The order is judged as everybody else will."""
    movable = Movable()
    with movable.here() as (step, room):
        with pytest.raises(BadProof):
            moving.issue(step, room, "ws://127.0.0.1:8080/v1")
        assert (None, RELAY) == (room.order, room.relay)


def test_whoever_leaves_a_relay_takes_along_what_they_may_move() -> None:
    """Not rooms that are elsewhere, over, or somebody else's; an address in another form is the same relay."""
    stage = Stage()
    plain = RoomInfo(1, GROUP, "theirs", RELAY, (JUN.account,))
    ours, direct, over, theirs = (
        stage.room(JUN),
        stage.room(JUN, kind=DIRECT),
        stage.room(),
        stage.room(JUN, info=plain),
    )
    other = stage.room(info=msgspec.structs.replace(stage.info(), relay=FURTHER))
    with stage.step() as step:
        step.room(over).phase = REJOINING
        taken = moving.take_along(step, "wss://one.example/v1", THERE)
        assert ({ours, direct}, 2) == (set(taken), len(taken))
        assert [THERE, THERE, RELAY, RELAY, FURTHER] == [
            step.room(each).relay for each in (ours, direct, over, theirs, other)
        ]
        assert [] == moving.take_along(step, "no address", THERE)
        assert [other] == moving.take_along(step, FURTHER, THERE)


# -- hearing of one -----------------------------------------------------------------------------------------------


def hear(movable: Movable, order: MoveOrder, *, in_old: bool = False) -> str:
    """An order lies in a box. Where the room is then."""
    with movable.here() as (step, room):
        track = room.boxes[0] if in_old else room.current
        moving.heard(step, room, track, digest("order"), encode_move(order))
        return room.relay


def test_an_order_that_holds_is_followed_and_a_worse_one_is_not() -> None:
    """Whoever may move the room gave it."""
    movable = Movable()
    assert [THERE, FURTHER, FURTHER, FURTHER] == [
        hear(movable, movable.order(THERE, 1)),
        hear(movable, movable.order(FURTHER, 2)),
        hear(movable, movable.order(LAST, 1)),
        hear(movable, movable.order(LAST, 3, BO)),
    ]


def test_an_order_that_holds_already_is_not_put_there_again() -> None:
    """It lies in this box; of the others that is not known."""
    movable = Movable()
    movable.adopt(movable.order())
    hear(movable, movable.order())
    assert [False, True] == [track.order_seen for track in movable.tracks()]


def lies(step: Step, track: BoxTrack, number: int, order: MoveOrder) -> bytes:
    """An order that lies in a box; its frame's hash."""
    keys = track.keys
    data = seal_frame(
        keys.frame_key, keys.box.address, bytes(NONCE_SIZE), Kind.MOVE, encode_move(order), indirect=False
    )
    return frame(step, track, number, kind=int(Kind.MOVE), mine=False, data=data)


def test_an_order_behind_a_commit_waits_until_that_is_decided() -> None:
    """Who may move the room may change by it. In a closed box that is decided."""
    movable = Movable()
    order = movable.order()
    with movable.here() as (step, room):
        for track in room.boxes:
            track.candidates = [CANDIDATE]
        kept = lies(step, room.current, 5, order)
        moving.heard(step, room, room.current, kept, encode_move(order))
        assert (RELAY, [[], [kept]]) == (room.relay, [track.behind for track in room.boxes])
    assert THERE == hear(movable, order, in_old=True)


def test_what_lay_behind_a_commit_counts_once_it_is_decided() -> None:
    """All of it, in order; what cannot be opened, or is not kept any more, is passed over."""
    movable = Movable()
    with movable.here() as (step, room):
        track = room.current
        noise = frame(step, track, 4, data=b"noise")
        first, second = (lies(step, track, 5 + n, movable.order(relay, 1 + n)) for n, relay in enumerate((THERE, LAST)))
        track.behind, track.candidates = [digest("gone"), noise, first, second], [CANDIDATE]
        moving.look_after(step, room)
        assert (RELAY, 4) == (room.relay, len(track.behind))
        track.candidates = []
        moving.look_after(step, room)
        assert (LAST, []) == (room.relay, track.behind)


def test_of_what_waits_behind_a_commit_strangers_push_out_no_order_of_an_admin() -> None:
    """Of orders that nobody may give now the newest eight wait, and of each signer's the best."""
    movable = Movable()
    orders = [movable.order(THERE, 2), *(movable.order(LAST, 1, Other(f"stranger{n}")) for n in range(9))]
    with movable.here() as (step, room):
        room.current.candidates = [CANDIDATE]
        kept = [lies(step, room.current, 5 + place, order) for place, order in enumerate(orders)]
        for order, frame_hash in zip(orders, kept, strict=True):
            moving.heard(step, room, room.current, frame_hash, encode_move(order))
        assert [*kept[2:], kept[0]] == room.current.behind
        again = lies(step, room.current, 40, movable.order(FURTHER, 1))
        moving.heard(step, room, room.current, again, encode_move(movable.order(FURTHER, 1)))
        moving.heard(step, room, room.current, digest("noise"), b"noise")
        assert [*kept[2:], kept[0]] == room.current.behind


# -- coming in ----------------------------------------------------------------------------------------------------


class Place:
    """A leaf of ours or of Jun's, as MLS has it."""

    leaf = 0
    encryption_key = bytes(32)

    def __init__(self, movable: Movable, *, jun: bool) -> None:
        mine = movable.stage
        self.identity = JUN.identity if jun else mine.mls.identity
        self.signature_key = JUN.signature_key if jun else mine.me.signature_key


def arrived(movable: Movable, given: bytes, *, jun: bool = True) -> tuple[bytes, str, int, bool]:
    """We come into the room, with Jun in it or without: which order holds, where its newest box is, when it is noted
    in ms from now, and whether others are looked for.
    """
    with movable.here() as (step, room):
        places = [Place(movable, jun=False), *([Place(movable, jun=True)] if jun else [])]
        moving.arrive(step, room, places, moving.given(room.id, room.info, places, given))
        noted = room.note_at - START if room.note_at else 0
        return move_orders.to_carry(room), room.relay, noted, room.scout_at is not None


def test_the_best_order_that_holds_there_counts() -> None:
    """Of what we had heard and what we are given: the boxes go there, it is noted, and others are looked for."""
    for held, given in ((1, 2), (2, 1)):
        movable = Movable()
        orders = {1: movable.order(THERE, 1), 2: movable.order(FURTHER, 2)}
        with movable.here() as (_, room):
            room.order = orders[held]
        assert (encode_move(orders[2]), FURTHER, 660_000, True) == arrived(movable, encode_move(orders[given]))


@pytest.mark.parametrize("given", [b"", b"\xc1"])
def test_without_an_order_the_room_is_where_it_says(given: bytes) -> None:
    """Nothing is noted or looked for."""
    assert (b"", RELAY, 0, False) == arrived(Movable(), given)


def test_an_order_of_who_is_in_no_more_does_not_hold() -> None:
    """Neither the one that we had heard nor the one that we are given."""
    movable = Movable()
    with movable.here() as (_, room):
        room.order = movable.order()
    assert (b"", RELAY, 0, False) == arrived(movable, encode_move(movable.order(number=2)), jun=False)


@pytest.mark.parametrize(("down", "followed"), [(True, True), (False, False)])
def test_a_ticket_has_the_order_of_who_left_since_where_the_relay_is_gone(*, down: bool, followed: bool) -> None:
    """Jun, whom we know as an admin, is not in any more there: we go by the order only if its old relay is away."""
    movable = Movable()
    with movable.here() as (step, room):
        step.down = frozenset({RELAY}) if down else frozenset()
        order = movable.order()
        places = [Place(movable, jun=False)]
        assert (order if followed else None) == moving.given_back(step, room, room.info, places, encode_move(order))
        assert None is moving.given(room.id, room.info, places, encode_move(order))


def test_an_order_that_the_room_info_says_already_is_not_noted_again() -> None:
    """It is known all the same, for those who come later."""
    movable = Movable()
    with movable.here() as (_, room):
        room.info = msgspec.structs.replace(room.info, moves=1, relay=THERE)
        for track in room.boxes:
            track.moves, track.relay = 1, THERE
    order = encode_move(movable.order())
    assert (order, THERE, 0, False) == arrived(movable, order)
