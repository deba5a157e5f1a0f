"""What others have of a box: what is delivered, what is sent again, and who has come along (spec/room.md §4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from nullabona.client.core.delivery import views
from nullabona.client.core.delivery.views import all_here
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.sync import acknowledgements
from tests.core.seen import INCARNATION, digest, earlier, frame, view
from tests.core.stage import RELAY, Other, Stage, rows

JUN, BO, LATE = Other("jun"), Other("boo"), Other("late")
FIRST, SECOND = b"1" * 16, b"2" * 16
ELSEWHERE = "wss://other.example:443/v1"
SENT, DELIVERED = MessageState.SENT, MessageState.DELIVERED


class Told:
    """A room with Jun and Bo in which two messages of ours lie, at 3 and 5 of a box that was read up to 7."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.room = self.stage.room(JUN, BO)
        self.frames: list[bytes] = []
        with self.here() as (step, _, track):
            track.incarnation, track.position, track.check_acks = INCARNATION, 7, True
            self.frames = [frame(step, track, 3, FIRST), frame(step, track, 5, SECOND)]
            box = bytes(track.keys.box.address)
        body = encode_body(Text("hello"))
        for id, hash in zip((FIRST, SECOND), self.frames, strict=True):
            self.stage.message(self.room, id, box=box, frame=hash, body=body)

    @contextmanager
    def here(self) -> Iterator[tuple[Step, RoomState, BoxTrack]]:
        """One step, the room and its current box."""
        with self.stage.step() as step:
            room = step.room(self.room)
            yield step, room, room.current

    def update(self) -> tuple[MessageState, MessageState, int]:
        """What is known of the two messages after a look at who has what, and up to where all have come."""
        with self.here() as (step, room, track):
            acknowledgements.update_acks(step, room, track)
            assert not track.check_acks
            states = [message.state for id in (FIRST, SECOND) if (message := step.store.message(room.id, id))]
            return states[0], states[1], track.acked

    def kept(self) -> list[bool]:
        """Whether the bytes of the two frames are still kept."""
        with self.here() as (step, _, track):
            found = [step.store.frame(track.keys.box.address, hash) for hash in self.frames]
            return [bool(each.data) for each in found if each is not None]


@pytest.mark.parametrize(
    ("jun", "bo", "expected", "kept"),
    [
        (7, 7, (DELIVERED, DELIVERED, 7), [False, False]),
        (5, 7, (DELIVERED, DELIVERED, 5), [False, False]),
        (7, 4, (DELIVERED, SENT, 4), [False, True]),
        (3, 4, (DELIVERED, SENT, 3), [False, True]),
        (7, 2, (SENT, SENT, 2), [True, True]),
        (7, None, (SENT, SENT, 0), [True, True]),
        (7, 8, (SENT, SENT, 0), [True, True]),
    ],
)
def test_what_all_have_is_delivered_and_kept_no_longer(
    jun: int, bo: int | None, expected: tuple[MessageState, MessageState, int], kept: list[bool]
) -> None:
    """Up to where the last of them has come. Who says nothing, or is ahead of us, has acknowledged nothing."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, jun)
        if bo is not None:
            view(step, track, BO, bo)
    assert (expected, kept) == (told.update(), told.kept())


@pytest.mark.parametrize("about", [{"incarnation": b"that box"}, {"chain": bytes(16)}, {"chain": b""}])
def test_a_view_of_another_history_acknowledges_nothing(about: dict[str, bytes]) -> None:
    """Of a box that was lost since, or by somebody who still waits for what lies before it."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, 7)
        view(step, track, BO, 7, **about)  # type: ignore[arg-type]
    assert (SENT, SENT, 0) == told.update()


@pytest.mark.parametrize("about", [{"missing": (3,)}, {"unreadable": (3, 6)}])
def test_what_somebody_could_not_read_is_not_delivered(about: dict[str, tuple[int, ...]]) -> None:
    """The message after it is."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, 7)
        view(step, track, BO, 7, **about)  # type: ignore[arg-type]
    assert (SENT, DELIVERED, 7) == told.update()


def test_nothing_is_done_where_nobody_said_anything_new() -> None:
    """A look is made when there is reason for it."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, 7)
        view(step, track, BO, 7)
        track.check_acks = False
    assert (SENT, SENT, 0) == told.update()


def test_what_lies_behind_an_undecided_commit_is_not_delivered() -> None:
    """It may be for another epoch."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, 7)
        view(step, track, BO, 7)
        track.candidates = [CommitCandidate(6, b"", settled=False), CommitCandidate(5, b"", settled=False)]
    assert (DELIVERED, SENT, 4) == told.update()


def test_only_those_who_were_in_are_waited_for() -> None:
    """Who came later has no keys for it. With nobody else in, what was read is acknowledged by all."""
    told = Told()
    with told.here() as (step, room, track):
        step.store.put_devices([BO.row(room.id, 2, since=1)])
        view(step, track, JUN, 5)
    assert (DELIVERED, DELIVERED, 5) == told.update()
    alone = Stage()
    id = alone.room()
    with alone.step() as step:
        found = step.room(id)
        found.current.position, found.current.check_acks = 4, True
        acknowledgements.update_acks(step, found, found.current)
        assert 4 == found.current.acked


def test_what_was_acknowledged_stays_so() -> None:
    """A view that goes back takes nothing back."""
    told = Told()
    with told.here() as (step, _, track):
        track.acked = 6
        view(step, track, JUN, 5)
        view(step, track, BO, 7)
    assert (SENT, SENT, 6) == told.update()


def test_a_message_that_went_out_again_is_not_delivered_by_its_old_frame() -> None:
    """Nor is a frame delivered that is no message, or one whose message is gone."""
    told = Told()
    with told.here() as (step, room, track):
        frame(step, track, 1)
        frame(step, track, 2, b"3" * 16)
        view(step, track, JUN, 7)
        view(step, track, BO, 7)
    told.stage.message(told.room, SECOND, box=b"", frame=digest("newer"))
    assert (DELIVERED, SENT, 7) == told.update()
    with told.here() as (step, room, _):
        assert rows(step) == []
        assert step.store.message(room.id, b"3" * 16) is None


# -- of one frame -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seq", "about", "expected"),
    [
        (3, {}, True),
        (2, {}, False),
        (4, {"missing": (3,)}, False),
        (4, {"unreadable": (3,)}, False),
        (4, {"missing": (4,), "unreadable": (2,)}, True),
        (4, {"incarnation": b"that box"}, False),
        (4, {"chain": bytes(16)}, False),
        (7, {}, True),
        (8, {}, False),
    ],
)
def test_a_device_has_a_frame_that_its_view_goes_over(seq: int, about: dict[str, object], expected: bool) -> None:  # noqa: FBT001
    """And does not call missing or unreadable."""
    told = Told()
    with told.here() as (step, _, track):
        view(step, track, JUN, seq, **about)  # type: ignore[arg-type]
        assert expected is views.has_acked(step, track, JUN.device, told.frames[0])


def test_a_device_has_no_frame_that_is_in_no_place() -> None:
    """Nor one that we do not know; and who says nothing has none."""
    told = Told()
    with told.here() as (step, _, track):
        unplaced = frame(step, track, 0, FIRST)
        view(step, track, JUN, 7)
        assert [False, False, False] == [
            views.has_acked(step, track, JUN.device, unplaced),
            views.has_acked(step, track, JUN.device, digest("unknown")),
            views.has_acked(step, track, BO.device, told.frames[0]),
        ]


def test_what_not_everybody_has_of_a_box_is_sent_again() -> None:
    """In the room's current epoch, and counted; what all have stays, and so does what lies in another box."""
    told = Told()
    with told.here() as (step, room, track):
        view(step, track, JUN, 7)
        view(step, track, BO, 4)
        old = earlier(room)
        acknowledgements.send_again(step, room, old)
    with told.here() as (step, room, track):
        acknowledgements.send_again(step, room, track)
        first, second = step.store.message(room.id, FIRST), step.store.message(room.id, SECOND)
    assert first is not None
    assert second is not None
    assert (0, told.frames[0]) == (first.resent, first.frame)
    assert (1, True, MessageState.WAITING) == (second.resent, second.frame != told.frames[1], second.state)


# -- who has come along -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "where", "expected"), [(JUN, 1, True), (JUN, 0, False), (LATE, 1, False), (None, 0, False)]
)
def test_somebody_came_along_if_a_member_was_seen_in_a_later_epoch(
    who: Other | None,
    where: int,
    expected: bool,  # noqa: FBT001
) -> None:
    """Not by what they said in this one, nor by who is in no more."""
    told = Told()
    with told.here() as (step, room, current):
        old = earlier(room)
        if who is not None:
            view(step, (old, current)[where], who, 1)
        assert expected is views.anybody_after(step, room, old)


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ([(JUN, 1, {}), (BO, 1, {})], True),
        ([(JUN, 0, {}), (BO, 1, {})], True),
        ([(JUN, 1, {})], False),
        ([(JUN, 1, {}), (BO, 1, {"incarnation": b"that box"})], False),
        ([], False),
    ],
)
def test_all_are_here_if_each_was_seen_at_the_relay_of_now(
    views: list[tuple[Other, int, dict[str, object]]],
    expected: bool,  # noqa: FBT001
) -> None:
    """In any box that it keeps as it is now."""
    told = Told()
    with told.here() as (step, room, current):
        old = earlier(room)
        for who, where, about in views:
            view(step, (old, current)[where], who, 1, **about)  # type: ignore[arg-type]
        assert expected is all_here(step, room)


@pytest.mark.parametrize(("name", "value"), [("relay", ELSEWHERE), ("incarnation", b"")])
def test_who_was_seen_at_another_relay_is_not_here(name: str, value: object) -> None:
    """Nor whoever said something of a box that we have not found there."""
    told = Told()
    with told.here() as (step, room, current):
        old = earlier(room)
        setattr(old, name, value)
        view(step, old, JUN, 1, incarnation=old.incarnation)
        view(step, current, BO, 1)
        assert not views.all_here(step, room)
        view(step, current, JUN, 1)
        assert views.all_here(step, room)
        assert RELAY == room.relay


def test_an_epoch_is_left_when_all_who_were_in_it_have_shown_up_later() -> None:
    """Who came after it is not waited for; who said something in it, and is in still, is, whatever leaf they have."""
    told = Told()
    with told.here() as (step, room, current):
        step.store.put_devices([LATE.row(room.id, 3, since=1)])
        old = earlier(room)
        view(step, current, JUN, 1)
        found = [views.shown_after(step, room, old)]
        view(step, current, BO, 1)
        found.append(views.shown_after(step, room, old))
        view(step, old, LATE, 1)
        found.append(views.shown_after(step, room, old))
        view(step, old, Other("gone"), 1)
        view(step, current, LATE, 1)
        found.append(views.shown_after(step, room, old))
    assert [False, True, False, True] == found
