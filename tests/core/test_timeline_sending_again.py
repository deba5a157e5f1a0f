"""Sending a message again: when, to whom, how often, and what is sent no more (room.md §6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.delivery.box_log import open_box
from nullabona.client.core.model.content import Deleted, Gone, Imported, Notice, NoticeKind, Stored, Text, encode_body
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import Frame, Message, MessageState
from nullabona.client.core.timeline import sending
from nullabona.client.core.timeline.sending import MAX_RESENT, RESENT_IN_VAIN
from nullabona.wire.frame import Kind
from tests.core.stage import Other, Stage

JUN = Other("jun")
WORDS = encode_body(Text("hello"))
ID = b"i" * 16


def said(stage: Stage, room: bytes, *, frame: bytes = b"f" * 32, seq: int = 1, **about: object) -> Message:
    """A message of ours that lies in the room's box at ``seq``, with its frame still in the outbox if that is 0."""
    with stage.step() as step:
        box = step.room(room).current.keys.box.address
        row = Frame(box, frame, seq, b"", Kind.MESSAGE, mine=True, message=ID, day=0, data=b"x")
        step.store.put_frame(row)
        step.store.add_outbox(RoomFrame("wss://one.example", room, box, b"", 1), ref=frame, data=b"x")
    given: dict[str, object] = {"body": WORDS, "box": bytes(box), "frame": frame, **about}
    return stage.message(room, given.pop("id", ID), **given)  # type: ignore[arg-type]


def now(stage: Stage, room: bytes, id: bytes = ID) -> Message:
    """The message as it is stored now."""
    with stage.step() as step:
        found = step.store.message(room, id)
    assert found is not None
    return found


def refs(stage: Stage) -> list[bytes]:
    """The frames that wait."""
    return [item.ref for item in stage.outbox(RoomFrame)]


def test_a_message_is_encrypted_again_under_its_id_and_the_old_frame_does_not_go_out() -> None:
    """It waits again, in the current epoch's box."""
    stage = Stage()
    room = stage.room(JUN)
    message = said(stage, room)
    with stage.step() as step:
        sending.resend(step, step.room(room), message)
    after = now(stage, room)
    assert (MessageState.WAITING, message.box, message.resent) == (after.state, after.box, after.resent)
    assert (False, [after.frame]) == (after.frame == message.frame, refs(stage))


def test_a_message_that_is_held_waits_without_a_frame() -> None:
    """The old one is gone all the same; whoever is out already is nobody to hold it for."""
    stage = Stage()
    room = stage.room(JUN, redo=[JUN.account])
    message = said(stage, room)
    with stage.step() as step:
        sending.resend(step, step.room(room), message)
    after = now(stage, room)
    assert (MessageState.WAITING, b"", b"", []) == (after.state, after.box, after.frame, refs(stage))


@pytest.mark.parametrize(
    "body", [Notice(NoticeKind.CREATED), Deleted(b"a" * 32), Gone("expired"), Imported("talk", "jun", "hello")]
)
def test_what_was_erased_meanwhile_or_was_never_said_is_not_sent(body: Stored) -> None:
    """Nothing changes."""
    stage = Stage()
    room = stage.room(JUN)
    message = said(stage, room, body=encode_body(body))
    with stage.step() as step:
        sending.resend(step, step.room(room), message)
    assert (message, [b"f" * 32]) == (now(stage, room), refs(stage))


@pytest.mark.parametrize(("resent", "again"), [(0, True), (MAX_RESENT - 1, True), (MAX_RESENT, False)])
def test_who_cannot_read_a_message_gets_it_again_so_often(resent: int, *, again: bool) -> None:
    """Each time is counted; a message that lies elsewhere by now, or none, is not meant."""
    stage = Stage()
    room = stage.room(JUN)
    said(stage, room, resent=resent)
    elsewhere = said(stage, room, id=b"e" * 16, frame=b"g" * 32, box=b"another box")
    with stage.step() as step:
        state = step.room(room)
        for id in (ID, b"e" * 16, b"x" * 16):
            sending.send_again(step, state, state.current, id)
    after = now(stage, room)
    assert (resent + again, again) == (after.resent, after.frame != b"f" * 32)
    assert elsewhere == now(stage, room, b"e" * 16)


@pytest.mark.parametrize(("resent", "vain"), [(RESENT_IN_VAIN - 1, False), (RESENT_IN_VAIN, True)])
def test_after_so_many_times_it_is_in_vain(resent: int, *, vain: bool) -> None:
    """Then something else is wrong."""
    stage = Stage()
    assert vain is sending.was_in_vain(replace(stage.message(b"r" * 32, ID), resent=resent))


@pytest.mark.parametrize(
    ("seq", "about", "diverged", "again"),
    [
        (1, {}, False, False),
        (4, {}, False, False),
        (5, {}, False, True),
        (0, {}, False, True),
        (4, {}, True, True),
        (4, {"resent": RESENT_IN_VAIN}, False, True),
        (4, {"frame": b"o" * 32}, False, True),
        (0, {"box": b"another box"}, False, False),
        (0, {"state": MessageState.DELIVERED}, False, False),
        (0, {"state": MessageState.WAITING}, False, True),
    ],
)
def test_what_was_not_placed_before_the_winning_commit_goes_to_the_next_epoch(
    seq: int, about: dict[str, object], *, diverged: bool, again: bool
) -> None:
    """Of this box; and all of it if others saw another history, or it was in vain before."""
    stage = Stage()
    room = stage.room(JUN)
    message = said(stage, room, seq=seq)
    stage.message(room, b"e" * 16, body=WORDS, box=b"another box", position=0)
    message = stage.message(room, ID, **{"body": WORDS, "box": message.box, "frame": message.frame, **about})  # type: ignore[arg-type]
    with stage.step() as step:
        state = step.room(room)
        track = state.current
        track.diverged = diverged
        group = step.group(state)
        group.commit(update=True)
        group.merge_pending()
        open_box(state, group)
        sending.leave_epoch(step, state, track, 5)
        box = bytes(state.current.keys.box.address)
    after = now(stage, room)
    assert (again, again, int(again)) == (after.box == box, after != message, after.epoch)


def test_whatever_is_not_known_to_have_arrived_is_sent_again() -> None:
    """What is with everybody, or with whom it must be, is not."""
    stage = Stage()
    room = stage.room(JUN)
    ids = [b"%016d" % n for n in range(3)]
    states = [MessageState.SENT, MessageState.WAITING, MessageState.DELIVERED]
    before = [said(stage, room, id=id, frame=id * 2, state=state) for id, state in zip(ids, states, strict=True)]
    with stage.step() as step:
        sending.resend_unacknowledged(step, step.room(room), lambda message: message.id == ids[0])
    assert [False, True, False] == [now(stage, room, each.id) != each for each in before]
    with stage.step() as step:
        sending.resend_unacknowledged(step, step.room(room), sending.reached_nobody)
    assert [True, True, False] == [now(stage, room, each.id) != each for each in before]
