"""A room goes to another relay: what goes there, what is put back there, what is told (spec/relocation.md §§4-5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import pytest

from nullabona.client.core.delivery import blobs
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.model.content import Notice, NoticeKind, Text, encode_body
from nullabona.client.core.model.intents import NoteMove
from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    OfRoom,
    RoomBlob,
    RoomFrame,
    Target,
    WelcomeBlob,
)
from nullabona.client.core.model.proofs import encode_move, make_move
from nullabona.client.core.model.records import FileState, MessageState, Piece, StoredFile
from nullabona.client.core.model.room_info import DEVICES
from nullabona.client.core.model.state import BoxTrack
from nullabona.client.core.relocation import moving
from nullabona.client.core.timeline import kinds
from nullabona.wire.address import Address
from nullabona.wire.blob import cut_blob
from nullabona.wire.frame import Kind, open_frame
from tests.core.moving import FURTHER, JUN, LAST, THERE, Movable
from tests.core.seen import digest
from tests.core.stage import RELAY, START, Other, Stage, box_of, rows

MINUTE = 60_000


# -- going there --------------------------------------------------------------------------------------------------


def test_every_box_that_an_order_is_newer_than_goes_to_its_relay() -> None:
    """It begins anew there; one that is beyond the order stays, and where a box was is remembered."""
    movable = Movable()
    with movable.here() as (_, room):
        room.boxes[0].position, room.current.position, room.current.moves = 5, 6, 1
    movable.adopt(movable.order())
    assert [(THERE, [RELAY], 0), (RELAY, [], 6)] == [
        (each.relay, each.left, each.position) for each in movable.tracks()
    ]


def test_a_box_that_stays_keeps_no_other_from_going() -> None:
    """Whichever comes first."""
    movable = Movable()
    with movable.here() as (_, room):
        room.boxes[0].moves = 1
    movable.adopt(movable.order())
    assert [RELAY, THERE] == [each.relay for each in movable.tracks()]


def test_what_is_still_to_be_fetched_or_sent_is_at_the_relay_of_now() -> None:
    """Chunks of the room are asked for there; of a file of ours that is on its way it has no piece yet."""
    movable = Movable()
    message = b"1" * 16
    movable.stage.message(movable.id, message, state=MessageState.WAITING, body=encode_body(Text("a file")))
    with movable.here() as (step, room):
        ref, _ = cut_blob(bytes(32), b"something")
        assert blobs.MISSING is blobs.blob_content(step, ref, RELAY, room.id)
        step.store.put_file(StoredFile(room.id, message, mine=True, state=FileState.MOVING))
        step.store.put_pieces(room.id, message, [Piece(0, digest("piece"), done=True)])
        step.store.put_chunk(digest("piece"), b"bytes", step.day)
    movable.adopt(movable.order())
    with movable.here() as (step, room):
        assert [THERE] == [each.relay for each in blobs.wanted_chunks(step)]
        assert [False] == [each.done for each in step.store.pieces(room.id, message)]


def test_the_newest_relays_that_a_box_left_are_remembered() -> None:
    """Four of them, each once, the newest last; not the one where it is."""
    movable = Movable()
    names = [f"wss://{name}.example:443/v1" for name in "abcdef"]
    movable.adopt(*(movable.order(relay, number) for number, relay in enumerate([*names, names[3], THERE], 1)))
    assert (THERE, [names[2], names[4], names[5], names[3]]) == (
        (track := movable.tracks()[0]).relay,
        track.left,
    )


@pytest.mark.parametrize(
    ("by", "low", "noted", "scouted"),
    [
        (None, True, 30_000, 1),
        (None, False, 90_000, 1),
        (JUN, True, 630_000, 1),
        (JUN, False, 690_000, 10_001),
    ],
)
def test_who_gave_an_order_notes_it_first_and_looks_for_the_others_at_once(
    by: Other | None,
    low: bool,  # noqa: FBT001
    noted: int,
    scouted: int,
) -> None:
    """The others give them ten minutes to write it into the room info."""
    movable = Movable(low=low)
    movable.adopt(movable.order(by=by))
    with movable.here() as (_, room):
        assert (START + noted, START + scouted) == (room.note_at, room.scout_at)


def test_what_lay_in_a_box_is_put_back_where_it_is_now() -> None:
    """Our own at once, anybody's within a minute, or sooner if that was so; the order, too."""
    movable = Movable()
    with movable.here() as (_, room):
        room.boxes[0].put_back_any_at = START + 5
        for track in room.boxes:
            track.order_seen, track.relay = True, THERE
    movable.adopt(movable.order())
    found = [(each.put_back_own_at, each.put_back_any_at, each.order_seen) for each in movable.tracks()]
    assert [(START, START + 5, False), (START, START + MINUTE, False)] == found


@dataclass(frozen=True)
class Waits:
    """Something that waits in the outbox: its kind, whose box, what it is for, and at which relay."""

    kind: str
    ref: bytes
    relay: str


def waiting(movable: Movable) -> list[Waits]:
    return [Waits(each.target.kind, each.ref, each.target.relay) for each in movable.stage.outbox()]


def test_what_waits_goes_along_in_its_order() -> None:
    """Frames with their box, pieces of files with the room; what is for another relay anyway stays there."""
    movable = Movable()
    with movable.here() as (step, room):
        old, now = room.boxes
        now.moves = 1
        targets: list[Target] = [
            RoomFrame(RELAY, room.id, old.keys.box.address, b"secret", 3),
            RoomFrame(RELAY, room.id, now.keys.box.address, b"secret", 3),
            FilePiece(RELAY, room.id, bytes(16)),
            WelcomeBlob(RELAY, room.id),
            RoomBlob(RELAY, room.id, old.keys.box.address),
        ]
        for number, target in enumerate(targets):
            step.store.add_outbox(target, ref=bytes((number,)), data=b"d")
        before = {item.ref: item for item in step.store.outbox_of(room.id)}
    movable.adopt(movable.order())
    expected = [
        Waits("room-frame", b"\x01", RELAY),
        Waits("file-piece", b"\x02", RELAY),
        Waits("welcome-blob", b"\x03", RELAY),
        Waits("room-frame", b"\x00", THERE),
        Waits("room-blob", b"\x04", THERE),
    ]
    assert expected == waiting(movable)
    moved = movable.stage.outbox()[-2]
    assert (b"d", replace(targets[0], relay=THERE)) == (moved.data, moved.target)
    assert moved.id not in {item.id for item in before.values()}


def test_an_item_is_for_where_its_box_is() -> None:
    """A piece of a file for where the room is; anything else for where it was meant to go."""
    movable = Movable()
    with movable.here() as (_, room):
        room.current.relay, room.boxes[0].relay = THERE, FURTHER
        now, old, gone = room.current.keys.box.address, room.boxes[0].keys.box.address, Address(digest("gone"))
        places: dict[OfRoom, str] = {
            RoomFrame(RELAY, room.id, now, b"", 1): THERE,
            RoomBlob(RELAY, room.id, now): THERE,
            RoomFrame(RELAY, room.id, old, b"", 1): FURTHER,
            RoomBlob(RELAY, room.id, old): FURTHER,
            RoomFrame(RELAY, room.id, gone, b"", 1): RELAY,
            RoomBlob(RELAY, room.id, gone): RELAY,
            FilePiece(RELAY, room.id, b"m" * 16): THERE,
            WelcomeBlob(RELAY, room.id): RELAY,
        }
        assert places == {target: moving.destination(room, target) for target in places}


def test_what_was_to_be_erased_where_a_room_was_is_not_waited_for() -> None:
    """If that relay is out of reach, or does not keep the box any more."""
    movable = Movable()
    with movable.here() as (step, room):
        queue_trim(step, FURTHER, room.current.keys.box, 3)
        queue_trim(step, RELAY, room.boxes[0].keys.box, 3)
        room.current.relay, room.boxes[0].left = FURTHER, [LAST]
        other = BoxTrack(9, digest("elsewhere"))
        queue_trim(step, LAST, other.keys.box, 3)
        queue_trim(step, THERE, BoxTrack(8, digest("there")).keys.box, 3)
        step.down = frozenset({LAST, FURTHER})
        moving.adopt(step, room, movable.order())
    assert [Waits("room-trim", b"", THERE)] == waiting(movable)


def test_a_move_is_told_with_who_ordered_it() -> None:
    """To listeners and in the room's history; once for each order, and not if it leads nowhere else."""
    movable = Movable()
    movable.adopt(movable.order(), movable.order(number=2))
    assert [("room-moved", {"relay": THERE, "account": JUN.account})] == movable.told()
    with movable.here() as (step, room):
        lines = step.store.messages(room.id, limit=100)
        assert {16} == {len(line.id) for line in lines}
        notices = [kinds.stored(line) for line in lines]
        expected = Notice(NoticeKind.RELAY_CHANGED, JUN.account, text=THERE)
        assert [expected] == [each for each in notices if isinstance(each, Notice) and each.text]
    movable.adopt(movable.order(FURTHER, 3, None))
    assert {"relay": FURTHER, "account": movable.stage.me.account} == movable.told()[-1][1]


def test_a_move_that_the_room_info_says_is_nobodys_order() -> None:
    """Who gave it is not known any more."""
    movable = Movable()
    with movable.here() as (step, room):
        room.order = movable.order()
        room.info = msgspec.structs.replace(room.info, moves=1, relay=THERE)
        room.current.relay = THERE
        moving.tell(step, room, RELAY)
    assert [("room-moved", {"relay": THERE, "account": b""})] == movable.told()


def test_the_move_of_the_devices_own_room_stands_in_no_history() -> None:
    """Nobody sees it."""
    stage = Stage()
    id = stage.room(kind=DEVICES)
    with stage.step() as step:
        room = step.room(id)
        moving.adopt(step, room, make_move(step.mls, step.local.signature_key, id, 1, THERE))
        assert (THERE, []) == (room.relay, step.store.messages(id, limit=10))
        assert "room-moved" in [kind for kind, _, _ in rows(step)]


# -- what follows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "anybody", "about", "put"),
    [
        (None, False, {}, True),
        (JUN, True, {}, True),
        (JUN, False, {}, False),
        (None, True, {"order_seen": True}, False),
        (None, True, {"moves": 1}, False),
        (None, True, {"relay": FURTHER}, False),
    ],
)
def test_the_order_lies_in_every_box_that_it_moved(
    by: Other | None,
    anybody: bool,  # noqa: FBT001
    about: dict[str, object],
    put: bool,  # noqa: FBT001
) -> None:
    """Put there by who gave it at once, by anybody a while later; not where it lies, or does not belong."""
    movable = Movable()
    order = movable.order(by=by)
    movable.adopt(order)
    with movable.here() as (step, room):
        track = room.current
        for name, value in about.items():
            setattr(track, name, value)
        moving.put_back(step, room, track, anybody=anybody)
        assert (put or bool(about.get("order_seen"))) is track.order_seen
        keys = track.keys
        assert not any(each.data for each in step.store.frames(keys.box.address))
    frames = [item for item in movable.stage.outbox(RoomFrame) if box_of(item) == keys.box.address]
    opened = [open_frame(keys.frame_key, keys.box.address, item.data) for item in frames]
    assert [(Kind.MOVE, encode_move(order))] * put == [(each.kind, each.body) for each in opened]


@pytest.mark.parametrize(
    ("note_at", "order", "admin", "wanted"),
    [
        (START, 1, True, True),
        (START - 1, 1, True, True),
        (START + 1, 1, True, False),
        (None, 1, True, False),
        (START, 0, True, False),
        (START, 1, False, False),
    ],
)
def test_an_order_is_written_into_the_room_info_by_who_may(
    note_at: int | None, order: int, *, admin: bool, wanted: bool
) -> None:
    """When it is time, if nobody has."""
    movable = Movable()
    with movable.here() as (step, room):
        room.order = movable.order() if order else None
        room.note_at = note_at
        room.info = room.info if admin else msgspec.structs.replace(room.info, admins=(JUN.account,))
        moving.look_after(step, room)
        assert ([NoteMove()] if wanted else [], note_at if note_at is not None and note_at > START else None) == (
            room.intents,
            room.note_at,
        )
