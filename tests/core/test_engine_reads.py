"""What reads of boxes and of the inbox bring, and which of them cost no step."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.engine import Engine
from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.outbox_targets import InboxTrim
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.requests import INBOX, REPLIES
from nullabona.client.core.model.state import LEFT, Winner
from nullabona.wire.address import epoch_keys
from nullabona.wire.messages import Frames
from tests.core.stage import RELAY, START, Other, Stage
from tests.core.test_engine_rooms import engine_of, quiet, state_of

JUN, SORA = Other("jun"), Other("sora")
THERE = "wss://two.example:443/v1"
HERE = b"i" * 8
NOISE = ((1, b"noise"),)


class CaughtUp:
    """MLS that remembers of which rooms it was told that they were read to the end."""

    def __init__(self, stage: Stage) -> None:
        self._mls, self.rooms = stage.mls, list[bytes]()
        stage.mls = self  # type: ignore[assignment]

    def caught_up(self, room: bytes) -> None:
        self.rooms.append(room)
        self._mls.caught_up(room)

    def __getattr__(self, name: str) -> object:
        return getattr(self._mls, name)


def touched(*rooms: bytes) -> ChangeSet:
    """These may have changed."""
    return ChangeSet(frozenset(rooms))


def read(engine: Engine, stage: Stage, room: bytes, after: int, answer: Frames, **about: object) -> ChangeSet:
    """A read of the room's current box was answered."""
    address = state_of(stage, room).current.keys.box.address
    return engine.on_frames(room, address, after, answer, START, **about)  # type: ignore[arg-type]


def position(stage: Stage, room: bytes) -> int:
    """How far the room's current box was read."""
    return state_of(stage, room).current.position


# -- boxes --------------------------------------------------------------------------------------------------------


def test_what_lies_in_a_rooms_box_is_read() -> None:
    """Of the relay that keeps it, whether that is named or not; what another says is of no meaning."""
    stage = Stage()
    room = quiet(stage, JUN)
    engine = engine_of(stage)
    answer = Frames(HERE, 1, NOISE)
    assert touched(room) == read(engine, stage, room, 0, answer, relay=THERE)
    assert 0 == position(stage, room)
    assert touched(room) == read(engine, stage, room, 0, answer, relay=RELAY)
    assert 1 == position(stage, room)
    assert touched(room) == read(engine, stage, room, 1, Frames(HERE, 2, ((2, b"noise"),)))
    assert 2 == position(stage, room)


def test_a_read_of_what_is_not_followed_brings_nothing() -> None:
    """A room that is gone, or a box that is."""
    stage = Stage()
    room = quiet(stage, JUN)
    engine = engine_of(stage)
    box = epoch_keys(b"x" * 32).box.address
    assert touched(b"x" * 32) == engine.on_frames(b"x" * 32, box, 0, Frames(HERE, 1, NOISE), START)
    assert touched(room) == engine.on_frames(room, box, 0, Frames(HERE, 1, NOISE), START)
    assert 0 == position(stage, room)


def test_the_box_of_a_room_that_put_us_out_is_watched() -> None:
    """It is followed, too; its words are not read any more."""
    stage = Stage()
    room = quiet(stage, JUN, phase=LEFT)
    with stage.step() as step:
        track = step.room(room).current
        track.left_at, track.incarnation = START, HERE
    engine = engine_of(stage)
    read(engine, stage, room, 0, Frames(HERE, 1, NOISE))
    assert 1 == position(stage, room)


def test_a_read_that_brings_nothing_costs_no_step_once_that_is_known() -> None:
    """But MLS learns that an open epoch was read to its end; when something is due, it is done all the same."""
    stage = Stage()
    mls = CaughtUp(stage)
    room = quiet(stage)
    engine = engine_of(stage)
    empty = Frames(HERE, 1, ())
    assert touched(room) == read(engine, stage, room, 0, Frames(HERE, 1, NOISE))
    with stage.step() as step:
        step.room(room).receipt_at = None
        step.room(room).current.look_until = None
    engine = engine_of(stage)
    mls.rooms = []
    assert NOTHING is read(engine, stage, room, 1, empty)
    assert [room] == mls.rooms
    assert touched(room) == read(engine, stage, room, 1, Frames(b"j" * 8, 1, ()))
    with stage.step() as step:
        track = step.room(room).current
        track.incarnation, track.position, track.head, track.look_until = HERE, 1, 1, None
        step.room(room).receipt_at = START
    assert touched(room) == read(engine_of(stage), stage, room, 1, empty)
    assert None is state_of(stage, room).receipt_at


def test_a_closed_box_that_brings_nothing_is_not_the_end_of_an_epoch() -> None:
    """The epoch is over."""
    stage = Stage()
    mls = CaughtUp(stage)
    room = quiet(stage)
    with stage.step() as step:
        track = step.room(room).current
        track.incarnation, track.winner, track.position, track.head = HERE, Winner(b"w" * 32), 1, 1
    engine = engine_of(stage)
    mls.rooms = []
    assert NOTHING is read(engine, stage, room, 1, Frames(HERE, 1, ()))
    assert [] == mls.rooms


# -- inbox and answers --------------------------------------------------------------------------------------------


def inbox(stage: Stage) -> inbox_state.InboxState:
    """Where the device stands in the account's inbox."""
    with stage.step() as step:
        state = inbox_state.load(step)
    assert state is not None
    return state


@pytest.mark.parametrize(("relay", "expected"), [("", 1), (RELAY, 1), (THERE, 0)])
def test_the_inbox_is_read_and_what_was_read_is_erased_soon(relay: str, expected: int) -> None:
    """At the relay that keeps it; the engine wakes for the erasing."""
    stage = Stage()
    engine = engine_of(stage)
    assert touched() == engine.on_inbox(0, Frames(HERE, 1, NOISE), START, relay)
    assert (expected, HERE if expected else b"") == (inbox(stage).position, inbox(stage).incarnation)
    due = START + stage.timing.trim + 1
    assert (due if expected else None) == engine.wake_at()
    engine.tick(due)
    assert expected == len(stage.outbox(InboxTrim))


def test_a_device_that_was_put_out_reads_no_inbox() -> None:
    """It leaves it to the others, and wants nothing of it."""
    stage = Stage()
    engine = engine_of(stage)
    with stage.step() as step:
        own_devices.note_signed_out(step.store)
    assert touched() == engine.on_inbox(0, Frames(HERE, 1, NOISE), START)
    assert (None, [], None) == (next(iter(engine.reads(INBOX)), None), engine.former_inboxes(), engine.wake_at())


def asking(stage: Stage) -> bytes:
    """We asked Jun to talk; the secret of the box in which his answer comes."""
    stage.contact(JUN, ContactState.REQUESTED)
    with stage.step() as step:
        return reply_boxes.expect(step, JUN.account)


def test_an_answer_to_a_request_is_read_from_its_own_box() -> None:
    """For as long as it is waited for: it is among what is to be read."""
    stage = Stage()
    room = quiet(stage, SORA)
    engine = engine_of(stage)
    assert [INBOX, room] == engine.read_for()
    secret = asking(stage)
    box = epoch_keys(secret).box
    assert [INBOX, room, REPLIES] == engine.read_for()
    (want,) = engine.reads(REPLIES)
    assert (RELAY, box, 0) == (want.relay, want.box, want.after)
    found = engine.on_frames(REPLIES, box.address, 0, Frames(HERE, 1, NOISE), START)
    assert ChangeSet(frozenset({REPLIES})) == found
    assert [1] == [each.after for each in engine.reads(REPLIES)]
    assert 0 == inbox(stage).position
