"""Frames that were gone for another device explain its running hash, and nothing more (spec/room.md §4)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery import box_log
from nullabona.client.core.delivery.receipts import MAX_LISTED
from nullabona.client.core.model.records import DeviceView, Frame
from nullabona.client.core.model.state import BoxTrack
from nullabona.client.core.step import Step
from nullabona.client.core.sync import gaps, histories
from nullabona.wire.frame import Kind
from tests.core.stage import Other, Stage, told

JUN = Other("jun")
END = 60


def digest(seq: int) -> bytes:
    return sha256(b"frame" + bytes([seq])).digest()


def put(step: Step, track: BoxTrack, seq: int, hashed: bytes, chain: bytes, kind: int) -> None:
    """A frame at its place."""
    box = track.keys.box.address
    step.store.put_frame(Frame(box, hashed, seq, chain, kind, mine=False, message=b"", day=step.day, data=b""))


def read(step: Step, track: BoxTrack, upto: int = END, *, repeat: int = 0) -> None:
    """We have read the box to ``upto``; the frame at ``repeat`` was one that we knew."""
    track.chain = box_log.first_chain(track)
    for seq in range(1, upto + 1):
        track.chain = box_log.next_chain(track.chain, seq, digest(seq))
        kind = box_log.REPEAT if seq == repeat else Kind.MESSAGE
        put(step, track, seq, digest(seq), track.chain, kind)
    track.position = track.head = upto


def theirs(track: BoxTrack, gone: list[tuple[int, int]], upto: int = END, *, lies: int = 0) -> bytes:
    """The running hash of a device for which these were gone; the frame at ``lies`` was another one."""
    chain, ends = box_log.first_chain(track), dict(gone)
    seq = 1
    while seq <= upto:
        if seq in ends:
            seq = ends[seq]
            chain = box_log.next_chain(chain, seq, box_log.GAP)
        else:
            chain = box_log.next_chain(chain, seq, digest(seq) if seq != lies else bytes(32))
        seq += 1
    return chain[:16]


def missing(gone: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple([seq for first, last in gone for seq in range(first, last + 1)][-MAX_LISTED:])


@pytest.mark.parametrize(
    ("gone", "lies", "explained"),
    [
        ([(1, 1)], 0, True),
        ([(1, 20)], 0, True),
        ([(7, 9)], 0, True),
        ([(END, END)], 0, True),
        ([(3, 4), (9, 9), (20, 30)], 0, True),
        ([(1, 50)], 0, True),
        ([(4, 55)], 0, True),
        ([(7, 9)], 6, False),
        ([(7, 9)], 10, False),
        ([(3, 4), (9, 9)], 6, False),
        ([(4, 55)], 2, False),
        ([(4, 55)], 57, False),
    ],
)
def test_a_gap_explains_what_follows_from_it(gone: list[tuple[int, int]], lies: int, *, explained: bool) -> None:
    """Of a gap of more frames than a view lists, the beginning is found; another frame before or behind is a lie."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, _, track):
        read(step, track)
        shown = theirs(track, gone, lies=lies)
        view = DeviceView(track.keys.box.address, JUN.device, b"", END, shown, missing(gone), ())
        assert explained == gaps.explain(step, track, view)


def test_what_we_cannot_recompute_is_not_explained() -> None:
    """A place where we have a frame a second time, and a gap so far back that we do not look."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, _, track):
        read(step, track, repeat=12)
        view = DeviceView(track.keys.box.address, JUN.device, b"", END, theirs(track, [(7, 9)]), (7, 8, 9), ())
        assert not gaps.explain(step, track, view)


@pytest.mark.parametrize(("behind", "explained"), [(gaps.MOST_FRAMES, True), (gaps.MOST_FRAMES + 1, False)])
def test_so_many_frames_behind_a_gap_are_looked_at(behind: int, *, explained: bool) -> None:
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, _, track):
        box, upto = track.keys.box.address, 1 + behind
        ours, their = box_log.first_chain(track), box_log.next_chain(box_log.first_chain(track), 1, box_log.GAP)
        for seq in range(1, upto + 1):
            frame = sha256(seq.to_bytes(4, "big")).digest()
            ours = box_log.next_chain(ours, seq, frame)
            their = box_log.next_chain(their, seq, frame) if seq > 1 else their
            put(step, track, seq, frame, ours, Kind.MESSAGE)
        track.position = upto
        view = DeviceView(box, JUN.device, b"", upto, their[:16], (1,), ())
        assert explained == gaps.explain(step, track, view)


def test_an_explained_difference_accuses_nobody_and_begins_a_clean_epoch() -> None:
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        read(step, track)
        track.incarnation = b"inc"
        shown = theirs(track, [(7, 9)])
        view = DeviceView(track.keys.box.address, JUN.device, b"inc", END, shown, (7, 8, 9), ())
        histories.compare(step, state, track, view)
        assert ([], True) == (told(step), track.diverged)


def test_once_histories_differ_no_view_has_us_look_at_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or a member could keep devices busy with views that nothing explains."""
    looked: list[DeviceView] = []
    monkeypatch.setattr(gaps, "explain", lambda _step, _track, view: looked.append(view))
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        read(step, track)
        track.incarnation = b"inc"
        for _ in range(3):
            view = DeviceView(track.keys.box.address, JUN.device, b"inc", END, b"another chain...", (7,), ())
            histories.compare(step, state, track, view)
        assert 1 == len(looked)
