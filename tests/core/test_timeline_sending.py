"""Sending messages: stored and queued once, held where they must be, and what is told beside them (room.md §6)."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core import preferences
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.content import Body, Edit, Gone, Profile, React, Receipt, Text, Typing, encode_body
from nullabona.client.core.model.errors import NotInRoom
from nullabona.client.core.model.message_ids import is_made_by, message_id
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import UNPLACED, ContactState, Frame, Message, MessageState
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import REJOINING, CommitCandidate, RoomState
from nullabona.client.core.preferences import Preferences, Trust, contact_scope
from nullabona.client.core.timeline import kinds, profiles, search, sending
from nullabona.errors import Bug
from nullabona.wire.frame import Kind
from tests.core.listening import Listening
from tests.core.stage import START, Other, Randomness, Stage, box_of, rows

JUN, SORA = Other("jun"), Other("sora")
WORDS = encode_body(Text("hello"))
ID = b"i" * 16


def send(stage: Stage, room: bytes, body: Text | React | Edit, id: bytes = b"") -> Message:
    """We say something; the row that is stored."""
    with stage.step() as step:
        made = sending.send(step, step.room(room), body, id)
        found = step.store.message(room, made)
    assert found is not None
    return found


def found_by(stage: Stage, text: str) -> list[bytes]:
    """The ids of the lines that a search finds."""
    with stage.store.transaction():
        return [hit.message.id for hit in search.find(stage.store, text, search.Wanted(), None, 10)]


def frames(stage: Stage) -> list[bytes]:
    """The hashes of the frames that wait."""
    return [item.ref for item in stage.outbox(RoomFrame)]


# -- sending ------------------------------------------------------------------------------------------------------


def test_what_is_said_is_stored_and_queued_in_the_rooms_current_box() -> None:
    """It waits behind all that the room has, with the room's timer, and can be found."""
    stage = Stage()
    heard = Listening(stage)
    room = stage.room(JUN, info=msgspec.structs.replace(stage.info(), timer_s=60), receipt_at=START + 5)
    message = send(stage, room, Text("hello", timer_s=5))
    with stage.step() as step:
        track = step.room(room).current
        assert None is step.room(room).receipt_at
        frame = step.store.frame(message.box, message.frame)
    assert is_made_by(stage.me.account, message.id)
    assert (stage.me.account, stage.me.device, START, UNPLACED, 0, MessageState.WAITING, 0) == (
        *(message.account, message.device, message.sent_at, message.position),
        *(message.epoch, message.state, message.resent),
    )
    assert (track.keys.box.address, [message.frame]) == (message.box, frames(stage))
    assert (encode_body(Text("hello", timer_s=60)), "text", True, True) == (
        *(message.body, message.kind),
        *(message.shown, message.entitled),
    )
    assert frame is not None
    assert (message.id, True, Kind.MESSAGE) == (frame.message, bool(frame.data), frame.kind)
    (envelope,) = heard.said
    assert (message.id, START, Text("hello", timer_s=60)) == (envelope.id, envelope.sent_at, envelope.body)
    assert [message.id] == found_by(stage, "hello")


def test_each_message_sorts_behind_the_one_before() -> None:
    """As long as the relay has neither; and a plain member's says so."""
    stage = Stage()
    room = stage.room(JUN, info=msgspec.structs.replace(stage.info(), admins=(JUN.account,)))
    first, second = send(stage, room, Text("one")), send(stage, room, Text("two"))
    assert (UNPLACED, UNPLACED + 1) == (first.position, second.position)
    assert (False, False) == (first.entitled, first.id == second.id)


def test_an_id_may_be_chosen_if_it_is_ours() -> None:
    """Nobody would take a message under another's."""
    stage = Stage()
    room = stage.room(JUN)
    ours = message_id(stage.me.account, b"1234567")
    assert ours == send(stage, room, Text("one"), ours).id
    with stage.step() as step, pytest.raises(Bug):
        sending.send(step, step.room(room), Text("two"), message_id(JUN.account, b"1234567"))


def test_nothing_is_said_in_a_room_that_we_are_not_in() -> None:
    """Nor stored."""
    stage = Stage()
    room = stage.room(JUN, phase=REJOINING)
    with stage.step() as step, pytest.raises(NotInRoom):
        sending.send(step, step.room(room), Text("one"))
    with stage.step() as step:
        assert [] == step.store.messages(room)


def test_what_our_devices_tell_one_another_is_no_line() -> None:
    """It is not shown, and not found."""
    stage = Stage()
    room = stage.room(kind=DEVICES)
    message = send(stage, room, Text("archive"))
    assert (False, []) == (message.shown, found_by(stage, "archive"))


def test_an_annotation_has_its_effect_at_once() -> None:
    """The line that it is about changes; it is none itself, and has no timer."""
    stage = Stage()
    room = stage.room(JUN, info=msgspec.structs.replace(stage.info(), timer_s=60))
    line = send(stage, room, Text("hello"))
    with stage.step() as step:
        made = sending.send(step, step.room(room), Edit(line.id, "goodbye"))
        changed, note = step.store.message(room, line.id), step.store.message(room, made)
    assert changed is not None
    assert note is not None
    assert ("goodbye", False, line.id, 0) == (
        *(kinds.words_of(kinds.stored(changed)), note.shown),
        *(note.about, note.timer_s),
    )
    assert ([], [line.id]) == (found_by(stage, "hello"), found_by(stage, "goodbye"))


def test_whoever_reads_the_next_line_hears_first_who_says_it() -> None:
    """If somebody came in who was not told; an annotation does not wait for that."""
    stage = Stage()
    heard = Listening(stage)
    room = stage.room(JUN, profile_late=True)
    with stage.step() as step:
        profiles.take_own(step, msgspec.msgpack.encode(Profile("미나")), 1)
        step.room(room).profile_late, step.room(room).profile_at = True, None
    send(stage, room, React(ID, "👍"))
    send(stage, room, Text("hello"))
    assert [React, Profile, Text] == [type(body) for body in heard.bodies]


# -- held ---------------------------------------------------------------------------------------------------------


def changed_key(stage: Stage, *, was_verified: bool) -> None:
    """Jun's handle leads to another key."""
    with stage.step() as step:
        values = {"changed": b"x" * 32, "was_verified": was_verified}
        preferences.change(step, contact_scope(JUN.account), Trust, values)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({}, False),
        ({"phase": REJOINING}, True),
        ({"redo": [SORA.account]}, True),
        ({"redo": [b"x" * 32]}, False),
        ({"rejoin": Rejoin("fork", 0, b"c", [], [], 1, proven=[b"x" * 32, SORA.account])}, True),
        ({"rejoin": Rejoin("fork", 0, b"c", [SORA.account], [], 1)}, False),
    ],
)
def test_nothing_goes_to_a_room_that_holds_somebody_who_is_to_be_out(
    about: dict[str, object], *, expected: bool
) -> None:
    """Whom another branch has removed for good, while they are in here."""
    stage = Stage()
    room = stage.room(JUN, SORA, **about)  # type: ignore[arg-type]
    with stage.step() as step:
        assert expected is sending.held(step, step.room(room))


@pytest.mark.parametrize("was_verified", [True, False])
def test_nothing_goes_to_whose_key_has_changed_once_it_was_compared(*, was_verified: bool) -> None:
    """Until the person has seen it; then what waited goes out."""
    stage = Stage()
    room = stage.room(JUN, kind=DIRECT)
    changed_key(stage, was_verified=was_verified)
    message = send(stage, room, Text("is it you?"))
    expected = b"" if was_verified else message.frame
    assert (MessageState.WAITING, expected) == (message.state, message.frame)
    assert (not was_verified) is bool(message.box)
    with stage.step() as step:
        preferences.change(step, contact_scope(JUN.account), Trust, {"changed": b""})
        sending.release_held(step, step.room(room))
        after = step.store.message(room, message.id)
    assert after is not None
    assert [after.frame] == frames(stage)


def test_only_what_waits_is_released() -> None:
    """A message whose frame is on its way is not sent twice."""
    stage = Stage()
    room = stage.room(JUN)
    message = send(stage, room, Text("hello"))
    with stage.step() as step:
        sending.release_held(step, step.room(room))
    assert [message.frame] == frames(stage)


# -- what is told beside words ------------------------------------------------------------------------------------


def receipt(stage: Stage, room: bytes) -> int | None:
    """It is time for a receipt; when the next is."""
    with stage.step() as step:
        state = step.room(room)
        sending.send_receipt(step, state)
        return state.receipt_at


def test_a_receipt_says_what_we_have_read_and_is_not_kept() -> None:
    """Nothing but views and marker; what the room was told is remembered."""
    stage = Stage()
    heard = Listening(stage)
    room = stage.room(JUN, receipt_at=START, read_upto=b"r" * 16)
    assert receipt(stage, room) is None
    (envelope,) = heard.said
    assert (Receipt(), b"r" * 16, START, 1) == (
        *(envelope.body, envelope.marker),
        *(envelope.sent_at, len(envelope.views)),
    )
    (digest,) = frames(stage)
    with stage.step() as step:
        state = step.room(room)
        frame = step.store.frame(state.current.keys.box.address, digest)
        assert 0 == state.current.told
    assert frame is not None
    assert (b"", b"") == (frame.data, frame.message)


def test_whoever_wants_it_so_does_not_say_what_they_have_read() -> None:
    """The views are told all the same."""
    stage = Stage()
    heard = Listening(stage)
    room = stage.room(JUN, read_upto=b"r" * 16)
    with stage.step() as step:
        preferences.change(step, preferences.PROFILE, Preferences, {"receipts": False})
    receipt(stage, room)
    assert [(b"", 1)] == [(each.marker, len(each.views)) for each in heard.said]


def test_who_has_more_boxes_to_tell_of_than_one_message_holds_tells_soon_again() -> None:
    """The next receipt is due within its time."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        state = step.room(room)
        old = [msgspec.structs.replace(state.current, secret=b"%032d" % n, incarnation=b"i" * 8) for n in range(9)]
        state.boxes = [*old, state.current]
    assert START + stage.timing.receipt == receipt(stage, room)
    assert receipt(stage, room) is None


def test_nobody_is_told_where_nobody_is_or_may_hear() -> None:
    """We are out, alone, hold what we say, or the other is blocked; it is not tried again by itself."""
    stage = Stage()
    stage.contact(JUN, ContactState.BLOCKED)
    rooms = [
        stage.room(JUN, phase=REJOINING, receipt_at=START),
        stage.room(receipt_at=START),
        stage.room(JUN, redo=[JUN.account], receipt_at=START),
        stage.room(JUN, kind=DIRECT, receipt_at=START),
    ]
    assert [None] * 4 == [receipt(stage, room) for room in rooms]
    assert [] == stage.outbox()


@pytest.mark.parametrize(
    ("candidate", "settle_until", "look_until", "expected"),
    [
        (True, None, None, START + 1_000),
        (True, START + 5_000, None, START + 5_000),
        (False, None, START + 1, START + 1_000),
        (False, None, START + 7_000, START + 7_000),
        (False, START + 5_000, START, None),
    ],
)
def test_in_an_epoch_that_seems_over_receipts_wait(
    settle_until: int | None, look_until: int | None, expected: int | None, *, candidate: bool
) -> None:
    """Nobody could read them; they are told a little after that is decided, at a time at random."""
    for low, rng in ((True, 0), (False, 2_000)):
        stage = Stage(rng=Randomness(low=low))
        room = stage.room(JUN)
        with stage.step() as step:
            track = step.room(room).current
            track.candidates = [CommitCandidate(1, b"f", settled=False)] if candidate else []
            track.settle_until, track.look_until = settle_until, look_until
        assert (expected + rng if expected else None) == receipt(stage, room)
        assert (expected is None) is bool(stage.outbox())


@pytest.mark.parametrize(("body", "kept"), [(Typing(on=True), False), (Receipt(), True)])
def test_what_is_of_no_use_later_is_not_kept_and_what_is_for_devices_is(body: Body, *, kept: bool) -> None:
    """Neither is a message of the room."""
    stage = Stage()
    heard = Listening(stage)
    room = stage.room(JUN)
    with stage.step() as step:
        (sending.send_note if kept else sending.send_fleeting)(step, step.room(room), body)
        (item,) = step.store.outbox_of(room)
        frame = step.store.frame(box_of(item), item.ref)
    assert frame is not None
    assert (kept, b"", [body]) == (bool(frame.data), frame.message, heard.bodies)
    assert is_made_by(stage.me.account, heard.said[0].id)
    with stage.step() as step:
        assert [] == step.store.messages(room)


# -- how far it has come ------------------------------------------------------------------------------------------


def test_how_far_a_message_has_come_is_told_when_it_changes() -> None:
    """Of a line; an edit that everybody has needs its words no more, and nobody is told of it."""
    stage = Stage()
    room = stage.room(JUN)
    line = stage.message(room, ID, body=WORDS, state=MessageState.WAITING)
    edit = stage.message(
        room, b"e" * 16, body=encode_body(Edit(ID, "x")), kind="edit", shown=False, about=ID, state=MessageState.SENT
    )
    with stage.step() as step:
        sending.set_state(step, line, MessageState.WAITING)
        assert [] == rows(step)
        sending.set_state(step, line, MessageState.SENT)
        sending.set_state(step, edit, MessageState.DELIVERED)
        assert [("message-state", room, {"message": ID, "state": "sent"})] == rows(step)
        found = [step.store.message(room, each) for each in (ID, b"e" * 16)]
    assert [MessageState.SENT, MessageState.DELIVERED] == [each and each.state for each in found]
    assert found[1] is not None
    assert Gone("done") == kinds.stored(found[1])


def placed(stage: Stage, room: bytes, seq: int, frame: bytes = b"f" * 32, message: bytes = ID) -> tuple[Message, bool]:
    """A frame of ours was read back at a place: the message then, and whether acknowledgements are to be looked at."""
    with stage.step() as step:
        state = step.room(room)
        track, box = state.current, state.current.keys.box.address
        track.check_acks = False
        row = Frame(box, frame, seq, b"", Kind.MESSAGE, mine=True, message=message, day=0, data=b"")
        sending.placed(step, state, track, row, seq)
        found = step.store.message(room, ID)
        assert found is not None
        return found, track.check_acks


def test_a_message_that_was_read_back_is_sent_and_its_time_runs() -> None:
    """It sorts where its first copy lies."""
    stage = Stage()
    room = stage.room(JUN)
    about = {"body": WORDS, "frame": b"f" * 32, "timer_s": 5, "position": UNPLACED, "state": MessageState.WAITING}
    stage.message(room, ID, **about)  # type: ignore[arg-type]
    found, looks = placed(stage, room, 7)
    assert (MessageState.SENT, 7 * 16, START + 5_000, True) == (found.state, found.position, found.expires_at, looks)
    lower, _ = placed(stage, room, 3)
    higher, _ = placed(stage, room, 9)
    assert (3 * 16, 3 * 16) == (lower.position, higher.position)


@pytest.mark.parametrize(("frame", "state"), [(b"o" * 32, MessageState.WAITING), (b"f" * 32, MessageState.FAILED)])
def test_another_copy_or_one_that_does_not_wait_stays_in_its_state(frame: bytes, state: MessageState) -> None:
    """Only its place is taken; of a frame without a message nothing is."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, ID, body=WORDS, frame=b"f" * 32, timer_s=5, position=UNPLACED, state=state)
    found, looks = placed(stage, room, 7, frame)
    assert (state, 7 * 16, None, True) == (found.state, found.position, found.expires_at, looks)
    assert (found, False) == placed(stage, room, 2, message=b"x" * 16)


def test_an_annotation_that_moves_counts_by_its_place() -> None:
    """Who looks at its line is told."""
    stage = Stage()
    room = stage.room(JUN)
    stage.message(room, b"l" * 16, body=WORDS)
    note = stage.message(
        room,
        ID,
        body=encode_body(React(b"l" * 16, "👍")),
        kind="react",
        shown=False,
        about=b"l" * 16,
        position=UNPLACED,
    )
    with stage.step() as step:
        state: RoomState = step.room(room)
        row = Frame(b"", b"f", 1, b"", Kind.MESSAGE, mine=True, message=ID, day=0, data=b"")
        sending.placed(step, state, state.current, row, 1)
        assert [("message-changed", room, {"message": b"l" * 16})] == rows(step)
        assert replace(note, position=16) == step.store.message(room, ID)
        sending.placed(step, state, state.current, row, 1)
        assert 1 == len(rows(step))
