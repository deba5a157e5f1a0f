"""What a read of a box brings: frames in order, each processed once; gaps, losses, candidates (spec/room.md §§3-5)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.delivery.outbox import queue_raw
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import make_claim
from nullabona.client.core.model.records import DeviceView, MessageState
from nullabona.client.core.model.state import BoxTrack, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames
from tests.core.stage import Other, Stage, out, sealed, set_time, told

JUN = Other("jun")
ELSEWHERE = "wss://two.example:443/v1"
WON, MESSAGE = b"w" * 32, b"m" * 16
NOISE = b"noise"


def read(
    step: Step,
    state: RoomState,
    track: BoxTrack,
    *frames: tuple[int, bytes],
    after: int = -1,
    head: int = -1,
    incarnation: bytes = b"inc",
) -> None:
    """A read of the box from where we are (or ``after``) brings these, to the last of them (or ``head``)."""
    most = max((seq for seq, _ in frames), default=track.position) if head < 0 else head
    answer = Frames(incarnation, most, frames)
    room_frames.take_frames(step, state, track, track.position if after < 0 else after, answer)


def at(track: BoxTrack, position: int) -> None:
    track.incarnation, track.position = b"inc", position


def digest(frame: bytes) -> bytes:
    return sha256(frame).digest()


# -- which answers count --------------------------------------------------------------------------------------------


def test_the_first_answer_of_a_box_begins_it() -> None:
    """Its incarnation is noted and what lies there is taken, in order; commits of ours need not wait any more."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.look_until = step.now + 5
        first = box_log.first_chain(track)
        read(step, state, track, (1, NOISE), (2, b"more"), head=7)
        assert (b"inc", 2, 7, None) == (track.incarnation, track.position, track.head, track.look_until)  # type: ignore[comparison-overlap]
        chain = box_log.next_chain(box_log.next_chain(first, 1, digest(NOISE)), 2, digest(b"more"))
        assert (chain, True, [1, 2]) == (track.chain, track.check_acks, track.unreadable)


def test_an_empty_box_that_nobody_made_yet_holds_nothing() -> None:
    """No incarnation: nothing is read, and what waited for a look waits no more."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.look_until = step.now + 5
        read(step, state, track, incarnation=b"", head=3)
        assert not track.look_until
        assert (b"", 0, 0, 0) == (track.incarnation, track.head, track.generation, track.position)


def test_another_incarnation_is_a_loss() -> None:
    """Nothing of that answer is taken: the next read begins at the start."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        read(step, state, track, (5, NOISE), incarnation=b"new")
        assert (b"new", 0, 1, 0) == (track.incarnation, track.position, track.generation, track.head)
        assert [("relay-lost-box", {"epoch": 0})] == told(step)


@pytest.mark.parametrize(("before", "head", "after"), [(9, 7, 9), (3, 7, 7)])
def test_a_late_answer_tells_no_more_than_how_far_the_box_goes(before: int, head: int, after: int) -> None:
    """It was asked from another place: none of its frames is taken, and no commit is let go."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.head, track.look_until = before, step.now + 5
        read(step, state, track, (5, NOISE), after=3, head=head)
        assert (4, after, step.now + 5) == (track.position, track.head, track.look_until)


@pytest.mark.parametrize(("head", "lost"), [(3, True), (4, False)])
def test_a_box_that_is_shorter_than_it_was_is_lost(head: int, *, lost: bool) -> None:
    """Though its incarnation is the same: what is numbered anew would never be read."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.head = 9
        read(step, state, track, head=head)
        assert (int(lost), 0 if lost else 4) == (track.generation, track.position)
        assert track.head == (0 if lost else 4)


def test_what_was_read_already_is_not_read_again() -> None:
    """Numbers at or below ours, in whatever order the relay gives them; what comes after is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        read(step, state, track, (4, b"four"), (3, b"three"), (5, NOISE), (5, b"five"), (6, b"six"))
        assert (6, [5, 6]) == (track.position, track.unreadable)


# -- gaps -----------------------------------------------------------------------------------------------------------


def test_frames_that_were_never_seen_are_missing_and_the_room_is_asked_for() -> None:
    """A commit may have been among them. Histories are compared from there on."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        start = track.chain
        read(step, state, track, (7, NOISE))
        assert ([5, 6], 7, 6) == (track.missing, track.position, track.start)
        gone = box_log.next_chain(start, 6, b"gap")
        assert box_log.next_chain(gone, 7, digest(NOISE)) == track.chain
        reason = state.rejoin.reason if state.rejoin is not None else ""
        assert ("frames-missing", 2_000, 1) == (reason, set_time(state.receipt_at) - step.now, track.doubts)


def test_one_frame_that_is_missing_is_a_gap() -> None:
    """The next number is not the one that comes."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        read(step, state, track, (6, NOISE))
        assert ([5], 5, [6]) == (track.missing, track.start, track.unreadable)


@pytest.mark.parametrize(("head", "missing"), [(6, [5, 6]), (4, []), (5, [5])])
def test_an_empty_answer_of_a_box_that_goes_on_is_a_gap(head: int, missing: list[int]) -> None:
    """Everything from there on is gone."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        read(step, state, track, head=head)
        assert (missing, head, bool(missing)) == (track.missing, track.position, track.check_acks)
        assert (bool(missing), int(bool(missing))) == (state.rejoin is not None, track.doubts)


def test_an_answer_that_ends_early_is_no_gap() -> None:
    """The rest is read next."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        read(step, state, track, (5, NOISE), head=9)
        assert ([], 5, 9) == (track.missing, track.position, track.head)


def test_of_much_that_is_missing_the_newest_is_listed() -> None:
    """Forty-eight, whatever was listed before."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 1)
        read(step, state, track, head=10)
        assert list(range(2, 11)) == track.missing
        read(step, state, track, head=50)
        assert list(range(3, 51)) == track.missing
        read(step, state, track, head=5_000)
        assert (list(range(4_953, 5_001)), 5_000) == (track.missing, track.position)


def test_a_gap_in_a_closed_box_costs_no_way_back() -> None:
    """We know the commit that ended it; the senders of what is gone still hear of it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.winner = Winner(WON)
        read(step, state, track, (7, NOISE))
        assert (None, [5, 6], True) == (state.rejoin, track.missing, state.receipt_at is not None)


# -- one frame ------------------------------------------------------------------------------------------------------


def test_a_frame_that_was_read_before_is_a_repeat() -> None:
    """It takes its place in the history, changes nothing, and whoever put another there hears that we lack that."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        frame = sealed(track, Kind.COMMIT, b"commit")
        known = stage.frame(step, track, 2, hash=digest(frame), message=MESSAGE, data=frame, kind=Kind.COMMIT)
        read(step, state, track, (5, frame))
        here = step.store.frame_at(known.box, 5)
        assert here is not None
        assert (0, True, MESSAGE, b"", track.chain) == (here.kind, here.mine, here.message, here.data, here.chain)
        assert ([], [], 1, True) == (track.candidates, track.unreadable, track.doubts, state.receipt_at is not None)
        assert known == step.store.frame(known.box, known.hash)


def test_garbage_takes_its_place_and_is_told() -> None:
    """Its place has a chain, so that others' views can be compared with it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 0)
        read(step, state, track, *((seq, b"%d" % seq) for seq in range(1, 51)))
        here = step.store.frame_at(track.keys.box.address, 50)
        assert here is not None
        assert (track.chain, False) == (here.chain, here.mine)
        assert (list(range(3, 51)), True) == (track.unreadable, state.receipt_at is not None)


def test_an_own_frame_is_read_back() -> None:
    """It has a place now, its message is sent, and it need not be put there again."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        frame = sealed(track, Kind.MESSAGE, b"ours")
        known = stage.frame(step, track, 0, hash=digest(frame), message=MESSAGE, data=frame)
        step.store.put_message(
            stage.unsaved(
                room, MESSAGE, box=known.box, frame=known.hash, state=MessageState.WAITING, position=1 << 62,
                body=encode_body(Text("hi")),
            )
        )  # fmt: skip
        queue_raw(step, state, track, known.hash, frame)
        read(step, state, track, (5, frame))
        here, message = step.store.frame_at(known.box, 5), step.store.message(room, MESSAGE)
        assert here is not None
        assert message is not None
        assert (known.hash, frame, track.chain, []) == (here.hash, here.data, here.chain, out(step, RoomFrame))
        assert (MessageState.SENT, box_log.place(track, 5)) == (message.state, message.position)
        assert ([], True) == (track.unreadable, track.check_acks)


def test_a_frame_of_somebody_else_that_was_put_back_is_no_message_of_ours() -> None:
    """Nothing is sent by it, whatever it is remembered with."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        frame = sealed(track, Kind.MESSAGE, b"theirs")
        known = stage.frame(step, track, 0, hash=digest(frame), message=MESSAGE, data=frame, mine=False)
        step.store.put_message(stage.unsaved(room, MESSAGE, frame=known.hash, state=MessageState.WAITING))
        read(step, state, track, (5, frame))
        message, here = step.store.message(room, MESSAGE), step.store.frame_at(known.box, 5)
        assert message is not None
        assert here is not None
        assert (MessageState.WAITING, [], known.hash) == (message.state, track.unreadable, here.hash)


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.COMMIT, Kind.SETTLED, Kind.MOVE])
def test_a_new_frame_is_kept_as_somebody_elses(kind: Kind) -> None:
    """With its bytes, so that it can be put back; a settled commit is kept by its claim instead."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.settle_until = step.now + 1
        frame = sealed(track, kind, b"body")
        read(step, state, track, (5, frame))
        here = step.store.frame(track.keys.box.address, digest(frame))
        if kind is Kind.SETTLED:
            assert here is not None
            assert b"" == here.data
            return
        assert here is not None
        assert (5, track.chain, kind, False, b"", step.day, frame) == (
            here.seq, here.chain, here.kind, here.mine, here.message, here.day, here.data,
        )  # fmt: skip
        assert ([5] if kind is Kind.MESSAGE else []) == track.unreadable


# -- what follows from a read ---------------------------------------------------------------------------------------


def test_what_a_read_does_not_show_and_should_is_put_there_again() -> None:
    """The relay had said where it is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        ours = stage.frame(step, track, 0, data=b"ours")
        track.expected = {5: ours.hash}
        read(step, state, track, (5, NOISE))
        assert ([ours.hash], {}) == (out(step, RoomFrame), track.expected)


def test_a_view_that_was_ahead_is_compared_when_the_box_is_read_so_far() -> None:
    """Another history is noticed then."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        view = DeviceView(track.keys.box.address, JUN.device, b"inc", 5, b"their chain 1234", (), ())
        step.store.put_view(view)
        read(step, state, track, (5, NOISE))
        assert (True, "warning") == (track.diverged, told(step)[0][0])


@pytest.mark.parametrize("later", [False, True])
def test_commits_are_decided_when_they_were_read_or_their_time_has_come(*, later: bool) -> None:
    """One that is none is dropped."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.settle_until = step.now + 1 if later else 0
        read(step, state, track, (5, sealed(track, Kind.COMMIT, b"no commit")))
        assert int(later) == len(track.candidates)
        step.now += 1
        room_frames.look_after(step, state)
        assert ([], None) == (track.candidates, track.decide_at)


# -- commits --------------------------------------------------------------------------------------------------------


def candidates(track: BoxTrack) -> list[tuple[int, bytes, bool]]:
    return [(each.seq, each.frame, each.settled) for each in track.candidates]


@pytest.mark.parametrize(("head", "decide_at"), [(5, 5), (9, 9), (5 + 4_096, 5 + 4_096), (6 + 4_096, 5 + 4_096)])
def test_a_commit_waits_until_what_lay_there_with_it_is_read(head: int, decide_at: int) -> None:
    """As far as the box went when it was found, but not so far that it could be put off for ever."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.settle_until = step.now + 1
        frame, second = sealed(track, Kind.COMMIT, b"one"), sealed(track, Kind.COMMIT, b"two")
        read(step, state, track, (5, frame), head=head)
        assert ([(5, digest(frame), False)], decide_at) == (candidates(track), track.decide_at)
        read(step, state, track, (6, second), head=9_000)
        assert (2, decide_at) == (len(track.candidates), track.decide_at)


def test_a_commit_in_a_closed_box_changes_nothing() -> None:
    """The epoch is over."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.winner = Winner(WON)
        read(step, state, track, (5, sealed(track, Kind.COMMIT, b"one")))
        assert ([], None) == (track.candidates, track.decide_at)


def claim(track: BoxTrack, signer: Other | Stage, commit: bytes = b"commit") -> bytes:
    key = signer.signature_key if isinstance(signer, Other) else signer.me.signature_key
    return make_claim(signer.mls, key, track.keys.box.address, commit, ())


@pytest.mark.parametrize(("before", "after"), [(0, 15_000), (7, 7)])
def test_a_members_settled_commit_may_end_the_epoch(before: int, after: int) -> None:
    """It is kept, and there is time for another that is worth more, unless a time is set."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        track.settle_until = before and step.now + before
        frame = sealed(track, Kind.SETTLED, claim(track, JUN))
        read(step, state, track, (5, frame))
        kept = step.store.get_value(box_log.settled_key(track.keys.box.address, digest(frame)))
        row = step.store.frame(track.keys.box.address, digest(frame))
        assert ([(5, digest(frame), True)], step.now + after) == (candidates(track), track.settle_until)
        assert b"\0" + claim(track, JUN) == kept
        assert row is not None
        assert (Kind.SETTLED, b"") == (row.kind, row.data)


def test_a_settled_commit_by_nobody_in_the_room_is_nothing() -> None:
    """Neither kept nor waited for."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        at(track, 4)
        frame = sealed(track, Kind.SETTLED, claim(track, Other("eve")))
        read(step, state, track, (5, frame))
        assert ([], None) == (track.candidates, track.settle_until)
        assert step.store.get_value(box_log.settled_key(track.keys.box.address, digest(frame))) is None
