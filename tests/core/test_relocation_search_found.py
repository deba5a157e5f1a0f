"""What a look at another relay brings: an order, a sign of others; and what is left there (relocation.md §6)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery.box_log import open_quietly
from nullabona.client.core.model.proofs import MoveOrder, decode_move, encode_move, make_claim, make_move
from nullabona.client.core.model.requests import AfterScout, AppendOrder, Scout
from nullabona.client.core.model.state import LEFT, BoxTrack, CommitCandidate, RoomState, Winner
from nullabona.client.core.relocation import search
from nullabona.client.core.relocation.search import ELSEWHERE, HEED_ROUNDS, MOST_PAGES, MOST_READ
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.messages import Frames
from tests.core.stage import RELAY, START, Other, Stage

JUN = Other("jun")
THERE, THIRD = "wss://two.example:443/v1", "wss://three.example:443/v1"
HERE = b"i" * 8


def order(stage: Stage, room: bytes, number: int = 1, relay: str = THIRD) -> MoveOrder:
    """We order the room there."""
    return make_move(stage.mls, stage.me.signature_key, room, number, relay)


def sealed(track: BoxTrack, kind: Kind, body: bytes, *, indirect: bool = False) -> bytes:
    """A frame of the box."""
    return seal_frame(track.keys.frame_key, track.keys.box.address, bytes(NONCE_SIZE), kind, body, indirect=indirect)


def room_with(stage: Stage, held: int = 0, **about: object) -> tuple[bytes, BoxTrack]:
    """A room with Jun, whose order with that number holds; and its box."""
    room = stage.room(JUN, **about)  # type: ignore[arg-type]
    with stage.step() as step:
        state = step.room(room)
        state.order = order(stage, room, held) if held else None
        return room, state.current


def take(
    stage: Stage,
    room: bytes,
    track: BoxTrack,
    *frames: tuple[int, bytes],
    head: int = 0,
    incarnation: bytes = HERE,
    now: int = START,
    **about: object,
) -> tuple[AfterScout, RoomState]:
    """A look at the box at another relay brought these frames."""
    scout = Scout(room, about.pop("relay", THERE), track.keys.box, **about)  # type: ignore[arg-type]
    with stage.step(now) as step:
        report = search.take(step, scout, Frames(incarnation, head or len(frames), frames))
        return report, step.room(room)


def left(track: BoxTrack, report: AfterScout) -> MoveOrder | None:
    """The order in the frame that is left there, if one is."""
    if not isinstance(report, AppendOrder):
        return None
    opened = open_quietly(track, report.frame)
    assert opened is not None
    assert (Kind.MOVE, track.wake) == (opened.kind, report.wake)
    return decode_move(opened.body)


# -- orders -------------------------------------------------------------------------------------------------------


def test_a_better_order_that_lies_there_is_gone_by() -> None:
    """The box is kept where it says; another look there is needed only if that is another relay."""
    stage = Stage()
    room, track = room_with(stage, 1)
    found = order(stage, room, 2, THERE)
    report, state = take(stage, room, track, (1, b"noise"), (2, sealed(track, Kind.MOVE, encode_move(found))))
    assert (None, found, THERE) == (report, state.order, state.current.relay)


def test_an_order_that_leads_elsewhere_is_gone_by_and_need_not_be_left_there() -> None:
    """It lies there already."""
    stage = Stage()
    room, track = room_with(stage)
    found = order(stage, room, 2, THIRD)
    report, state = take(stage, room, track, (1, sealed(track, Kind.MOVE, encode_move(found))))
    assert (found, THIRD, None) == (state.order, state.current.relay, report)


def test_where_an_older_order_lies_the_newest_is_left() -> None:
    """And not where it, or a better one than ours, was found before."""
    stage = Stage()
    room, track = room_with(stage, 5)
    held = order(stage, room, 5)
    older = sealed(track, Kind.MOVE, encode_move(order(stage, room, 4)))
    same = sealed(track, Kind.MOVE, encode_move(held))
    assert [held, None, None, None] == [
        left(track, take(stage, room, track, *frames, there=there)[0])
        for frames, there in (
            (((1, older),), None),
            (((1, older), (2, same)), None),
            (((1, same), (2, older)), None),
            (((1, older),), held.rank),
        )
    ]


def test_where_the_box_is_or_was_the_order_is_left() -> None:
    """Nobody looks where it never was; without an order, or with one that the room info says, nothing is left."""
    stage = Stage()
    room, track = room_with(stage, 5)
    held = order(stage, room, 5)
    assert held == left(track, take(stage, room, track)[0])
    assert None is left(track, take(stage, room, track, incarnation=b"")[0])
    with stage.step() as step:
        step.room(room).current.left = [THERE]
    assert held == left(track, take(stage, room, track, incarnation=b"")[0])
    with stage.step() as step:
        step.room(room).current.moves = 5
    assert None is left(track, take(stage, room, track)[0])
    other, alone = room_with(stage)
    assert None is left(alone, take(stage, other, alone)[0])


def test_an_order_that_does_not_hold_is_as_if_it_were_not_there() -> None:
    """By somebody who may not move the room, of another room, or no order at all."""
    stage = Stage()
    room, track = room_with(stage, 1)
    held = order(stage, room, 1)
    forged = make_move(JUN.mls, JUN.signature_key, room, 7, THIRD)
    bodies = [encode_move(forged), encode_move(order(stage, b"x" * 32, 7)), b"none"]
    frames = [(n, sealed(track, Kind.MOVE, body)) for n, body in enumerate(bodies, 1)]
    report, state = take(stage, room, track, *frames)
    assert (held, held) == (left(track, report), state.order)


def test_what_is_not_ours_to_look_at_brings_nothing() -> None:
    """A room that is gone or left, a box that is not followed, or one that is kept there by now."""
    stage = Stage()
    room, track = room_with(stage, 5)
    assert take(stage, room, track, relay=RELAY)[0] is None
    assert take(stage, room, BoxTrack(0, b"x" * 32))[0] is None
    with stage.step() as step:
        assert search.take(step, Scout(b"x" * 32, THERE, track.keys.box), Frames(HERE, 0, ())) is None
        step.room(room).phase = LEFT
    assert take(stage, room, track)[0] is None


# -- how far ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "head", "after", "expected"),
    [
        (5, 9, 0, 5),
        (9, 9, 0, None),
        (MOST_READ - 1, 9_000, 0, MOST_READ - 1),
        (MOST_READ, 9_000, 0, 9_000 - MOST_READ),
        (8_000, 9_000, 7_000, 8_000),
        (5, 9, 5, None),
    ],
)
def test_a_box_is_looked_at_where_it_begins_and_at_its_end(
    last: int, head: int, after: int, expected: int | None
) -> None:
    """What lies between is skipped; what was found so far is remembered."""
    stage = Stage()
    room, track = room_with(stage, 5)
    older = order(stage, room, 4)
    frame = sealed(track, Kind.MOVE, encode_move(older))
    report, _ = take(stage, room, track, (1, b"noise"), (last, frame), head=head, after=after, pages=2)
    following = None if expected is None else Scout(room, THERE, track.keys.box, expected, 3, older.rank)
    assert following == (report if isinstance(report, Scout) else None)
    assert (expected is None) is isinstance(report, AppendOrder)


@pytest.mark.parametrize(("pages", "goes_on"), [(MOST_PAGES - 2, True), (MOST_PAGES - 1, False)])
def test_a_look_has_so_many_answers(pages: int, *, goes_on: bool) -> None:
    """Whatever the relay says there is."""
    stage = Stage()
    room, track = room_with(stage)
    report, _ = take(stage, room, track, (5, b"noise"), head=9, pages=pages)
    assert goes_on is isinstance(report, Scout)


# -- others -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "why_not", ["", "early", "closed", "undecided", "ours", "no order", "indirect", "nobody", "elsewhere"]
)
def test_where_others_went_on_without_our_order_they_are_asked(why_not: str) -> None:
    """Somebody in the room claims a commit there, and had time to hear of it; we know of no commit ourselves."""
    stage = Stage()
    since = START - HEED_ROUNDS * stage.timing.scout + (why_not == "early")
    room, track = room_with(stage, 0 if why_not == "no order" else 5, scout_since=since)
    with stage.step() as step:
        current = step.room(room).current
        current.winner = Winner(b"w" * 32) if why_not == "closed" else None
        current.candidates = [CommitCandidate(1, b"f", settled=False)] if why_not == "undecided" else []
    address = bytes(track.keys.box.address) if why_not != "elsewhere" else b"x" * 32
    mls, key = (stage.mls, stage.me.signature_key) if why_not == "ours" else (JUN.mls, JUN.signature_key)
    if why_not == "nobody":
        mls, key = Other("sora").mls, Other("sora").signature_key
    claim = make_claim(mls, key, address, b"commit", ())
    frame = sealed(track, Kind.SETTLED, claim, indirect=why_not == "indirect")
    _, state = take(stage, room, track, (1, frame))
    expected = None if why_not else (ELSEWHERE, b"")
    assert expected == (state.rejoin and (state.rejoin.reason, state.rejoin.commit))


def test_other_frames_say_nothing() -> None:
    """Words and commits that lie there are not read."""
    stage = Stage()
    room, track = room_with(stage, 5, scout_since=1)
    claim = make_claim(JUN.mls, JUN.signature_key, track.keys.box.address, b"commit", ())
    frames = [(n, sealed(track, kind, claim)) for n, kind in enumerate((Kind.MESSAGE, Kind.COMMIT), 1)]
    _, state = take(stage, room, track, *frames)
    assert (None, order(stage, room, 5)) == (state.rejoin, state.order)
