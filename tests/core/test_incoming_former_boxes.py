"""The last box of a branch that this device left: questions are heard there, and nothing else (room.md §7.1)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery.room_items import OPEN, SEALED
from nullabona.client.core.incoming import former_boxes
from nullabona.client.core.model.inbox_items import TicketRequest, sign_item
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames
from nullabona.wire.seal import inbox_keypair
from tests.core.stage import RELAY, Other, Stage, sealed

JUN = Other("jun")
KEY = inbox_keypair(b"k" * 32).public


class Left:
    """A room in which Jun is, and a box of a branch that we left, read up to its second frame."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.room = self.stage.room(JUN)
        with self.stage.inside(self.room) as (_, state, _track):
            self.box = BoxTrack(3, b"s" * 32, b"i" * 8, position=2, relay=RELAY, leaves=2)
            state.former_boxes = [self.box]

    def question(self) -> bytes:
        """Jun's, to us."""
        address = self.box.keys.box.address
        asked = TicketRequest(self.room, 3, b"", box=address, helper=self.stage.me.account, key=KEY, id=bytes(8))
        return sealed(self.box, Kind.ITEM, OPEN + sign_item(JUN.mls, address, asked))

    def read(self, after: int, *frames: tuple[int, bytes], incarnation: bytes = b"i" * 8, head: int = 0) -> int:
        """A read of the box brought these; how many answers are under way since, all into that box."""
        answer = Frames(incarnation, max([head, after, *(seq for seq, _ in frames)]), frames)
        with self.stage.inside(self.room) as (step, state, _):
            [self.box] = state.former_boxes
            former_boxes.take_frames(step, state, self.box, after, answer)
        targets = [item.target for item in self.stage.outbox()]
        assert all(isinstance(target, RoomFrame) and target.box == self.box.keys.box.address for target in targets)
        return len(targets)


def test_a_question_there_is_answered_there() -> None:
    """Once, also if the frame comes again."""
    left = Left()
    question = left.question()
    assert (1, 3) == (left.read(2, (3, question)), left.box.position)
    assert (1, 4) == (left.read(3, (4, question)), left.box.position)


@pytest.mark.parametrize("kind", [each for each in Kind if each is not Kind.ITEM])
def test_nothing_else_that_is_said_there_counts(kind: Kind) -> None:
    """It is read past."""
    left = Left()
    frame = sealed(left.box, kind, OPEN + left.question())
    assert (0, 4) == (left.read(2, (3, frame), (4, b"no frame")), left.box.position)


def test_an_answer_that_somebody_else_got_there_is_read_past() -> None:
    """We ask for nothing."""
    left = Left()
    assert (0, 3) == (left.read(2, (3, sealed(left.box, Kind.ITEM, SEALED + b"noise"))), left.box.position)


def test_a_read_after_another_place_changes_nothing() -> None:
    """It was made before one that we have taken."""
    left = Left()
    assert (0, 2) == (left.read(1, (2, left.question())), left.box.position)
    assert (1, 3) == (left.read(2, (2, b"old"), (3, left.question())), left.box.position)


@pytest.mark.parametrize("lost", ["another incarnation", "none", "a lower head"])
def test_a_box_that_the_relay_lost_is_read_from_its_start(lost: str) -> None:
    """What is asked there afterwards is heard."""
    left = Left()
    incarnation = {"another incarnation": b"j" * 8, "none": b""}.get(lost, b"i" * 8)
    with left.stage.inside(left.room) as (step, state, _):
        [box] = state.former_boxes
        former_boxes.take_frames(step, state, box, 2, Frames(incarnation, 1, ()))
        assert (incarnation, 0) == (box.incarnation, box.position)
    assert (1, 1) == (left.read(0, (1, left.question()), incarnation=incarnation), left.box.position)
