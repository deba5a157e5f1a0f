"""Boxes: the running hash, where a frame sorts, what a loss resets, and what is put back when (spec/room.md §4)."""

from __future__ import annotations

import pytest

from nullabona.client.core.delivery import box_log, losses
from nullabona.client.core.model.intents import UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import MoveOrder, make_move
from nullabona.client.core.model.records import FileState, Frame, Piece, StoredFile
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, Merged, PendingCommit, Winner
from nullabona.client.core.step import Step
from nullabona.client.core.sync import repair
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from tests.core.stage import DAY, RELAY, Other, Randomness, Stage, out, rows, set_time, told

JUN = Other("jun")
ELSEWHERE = "wss://two.example:443/v1"
WON = b"w" * 32


def merged(epoch: int = 0, *, mine: bool = False, commit: bytes = WON) -> Merged:
    return Merged(epoch, commit, [], [], [UpdateKeys()] if mine else [])


def pending(frame: bytes) -> PendingCommit:
    return PendingCommit(b"c" * 32, frame, [], [], [], invites=False)


# -- opening ------------------------------------------------------------------------------------------------------


def moved(number: int) -> MoveOrder:
    return make_move(JUN.mls, JUN.signature_key, bytes(32), number, ELSEWHERE)


@pytest.mark.parametrize(("number", "relay"), [(0, RELAY), (1, RELAY), (2, ELSEWHERE)])
def test_a_new_box_lies_where_the_newest_order_says(number: int, relay: str) -> None:
    """An order that the room info already tells of is over; one with a higher number holds."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        state = step.room(room)
        state.info = type(state.info)(1, "group", "", RELAY, state.info.admins, moves=1)
        state.order = moved(number) if number else None
        track = box_log.open_box(state, step.group(state))
        assert track is state.current
        assert (relay, 1, 0, 0, 1) == (track.relay, track.moves, track.epoch, track.leaf, track.leaves)
        assert (step.group(state).room_secret(), box_log.first_chain(track)) == (track.secret, track.chain)


def test_a_box_has_as_many_wake_tokens_as_its_highest_leaf_needs() -> None:
    """Three leaves are numbered 0 to 2."""
    stage = Stage()
    room = stage.room()
    with stage.step() as step:
        group = step.group(step.room(room))
        group.commit(add=[JUN.key_package, Other("dora").key_package])
        group.merge_pending()
        assert 3 == box_log.leaves_of(group)


def test_the_running_hash_is_of_the_box_the_place_and_the_frame() -> None:
    """Whoever saw another box, another number or another frame has another hash."""
    one, other = BoxTrack(0, b"1" * 32), BoxTrack(0, b"2" * 32)
    chain = box_log.first_chain(one)
    seen = {
        chain,
        box_log.first_chain(other),
        box_log.next_chain(chain, 1, b"f" * 32),
        box_log.next_chain(chain, 2, b"f" * 32),
        box_log.next_chain(chain, 1, b"g" * 32),
        box_log.next_chain(box_log.first_chain(other), 1, b"f" * 32),
    }
    assert {32: 6} == {len(each): len(seen) for each in seen}


def test_the_running_hash_is_the_one_that_others_compute() -> None:
    """Of an incarnation's first frames, as any version computes it."""
    chain = box_log.next_chain(bytes(32), 258, bytes(range(32)))
    assert "f65323c3" == chain.hex()[:8]


@pytest.mark.parametrize(
    ("epoch", "generation", "seq", "expected"),
    [
        (0, 0, 1, 16),
        (3, 2, 5, 3 * 2**40 + 2 * 2**32 + 80),
        (1, 254, 0, 2**40 + 254 * 2**32),
        (1, 255, 0, 2**40 + 255 * 2**32),
        (1, 256, 0, 2**40 + 255 * 2**32),
        (0, 0, 2**28 - 1, 2**32 - 16),
        (0, 0, 2**28, 2**32 - 16),
        (0, 0, 2**28 - 2, 2**32 - 32),
    ],
)
def test_frames_sort_by_epoch_then_by_loss_then_by_number(epoch: int, generation: int, seq: int, expected: int) -> None:
    """Neither many losses nor a huge number leads into what comes after."""
    assert expected == box_log.place(BoxTrack(epoch, bytes(32), generation=generation), seq)


@pytest.mark.parametrize(("epoch", "expected"), [(0, 3), (1, 2**40 - 61), (2, 2 * 2**40 - 61)])
def test_what_a_device_notes_at_an_epochs_start_sorts_before_its_box(epoch: int, expected: int) -> None:
    """And behind the last place that the box before it has, of the third such line."""
    assert expected == box_log.epoch_start(epoch, 3)
    if epoch:
        before = BoxTrack(epoch - 1, bytes(32), generation=254)
        assert (
            box_log.place(before, 2**40) < box_log.epoch_start(epoch, 0) < box_log.place(BoxTrack(epoch, bytes(32)), 1)
        )


def test_a_place_that_holds_nothing_new_is_remembered_with_its_chain() -> None:
    """Garbage belongs to nobody; a frame seen before keeps whose it is and which message it carries."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.step() as step:
        track = step.room(room).current
        track.chain = b"chain" * 6
        known = stage.frame(step, track, 1, message=b"m" * 16)
        box_log.record_repeat(step, track, 2, b"g" * 32)
        box_log.record_repeat(step, track, 3, known.hash, known)
        found = [step.store.frame_at(known.box, seq) for seq in (2, 3)]
    rows = [(f.kind, f.mine, f.message, f.chain, f.day, f.data) for f in found if f is not None]
    assert [
        (0, False, b"", b"chain" * 6, DAY, b""),
        (0, True, b"m" * 16, b"chain" * 6, DAY, b""),
    ] == rows


def test_only_a_frame_of_this_box_opens() -> None:
    """What was sealed for another box, or is no frame, is none of ours."""
    track, other = BoxTrack(0, b"1" * 32), BoxTrack(0, b"2" * 32)
    keys = track.keys
    frame = seal_frame(keys.frame_key, keys.box.address, bytes(NONCE_SIZE), Kind.COMMIT, b"said")
    opened = box_log.open_quietly(track, frame)
    assert opened is not None
    assert (Kind.COMMIT, b"said") == (opened.kind, opened.body)
    assert [None, None] == [box_log.open_quietly(other, frame), box_log.open_quietly(track, b"noise")]


# -- loss ---------------------------------------------------------------------------------------------------------


def worn(track: BoxTrack) -> None:
    """A box after some time: everything in it is set."""
    track.incarnation, track.generation, track.position, track.head = b"old", 1, 9, 10
    track.acked, track.start, track.told, track.chain = 4, 3, 8, b"chain"
    track.missing, track.unreadable = [1], [2]
    track.candidates = [CommitCandidate(9, b"c" * 32, settled=False)]
    track.deferred, track.expected, track.behind = {5: b"d"}, {6: b"e"}, [b"f"]
    track.decide_at = 12
    track.settled_seen = track.announced = track.diverged = track.order_seen = True


def reset(track: BoxTrack) -> tuple[object, ...]:
    """What a loss begins anew."""
    return (
        (track.incarnation, track.generation, track.position, track.head, track.acked, track.start, track.told),
        (track.missing, track.unreadable, track.candidates, track.deferred, track.expected, track.behind),
        track.decide_at,
        (track.settled_seen, track.announced, track.diverged, track.order_seen),
    )


def test_a_lost_box_begins_anew_and_is_told() -> None:
    """Nothing of its order is known any more; frames keep their bytes and have no place."""
    stage = Stage()
    room = stage.room(JUN, invites_at=stage.now + 60_001)
    with stage.inside(room) as (step, state, track):
        worn(track)
        stage.frame(step, track, 7)
        losses.lose_box(step, state, track, b"new")
        assert ((b"new", 2, 0, 0, 0, 0, None), ([], [], [], {}, {}, []), None, (False,) * 4) == reset(track)
        assert box_log.first_chain(track) == track.chain
        assert [(0, b"", b"sealed")] == [(f.seq, f.chain, f.data) for f in step.store.frames(track.keys.box.address)]
        assert [("relay-lost-box", {"epoch": 0})] == told(step)
        times = (track.settle_until, track.silence_at, track.put_back_own_at, track.put_back_any_at, state.receipt_at)
        assert (30_000, 28_800_000, 60_000, 60_000, 0) == tuple(set_time(at) - step.now for at in times)
        assert step.now + 60_000 == state.invites_at


def test_what_a_lost_box_does_not_show_again_goes_back_when_it_was_read() -> None:
    """Ours at once and others' within a minute of that; it happens once for each loss."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        losses.lose_box(step, state, track, b"new")
    with stage.inside(room, stage.now + 5_000) as (step, state, track):
        losses.reread(step, track)
        found = [set_time(at) - step.now for at in (track.put_back_own_at, track.put_back_any_at)]
        assert ([0, 60_000], None) == (found, track.reread_until)
        track.put_back_own_at = track.put_back_any_at = None
        losses.reread(step, track)
        assert (None, None) == (track.put_back_own_at, track.put_back_any_at)


def test_a_box_that_is_lost_again_and_again_is_not_waited_for_longer() -> None:
    """Or a relay that renames it at each read would keep what is missing from coming back."""
    stage = Stage()
    room = stage.room(JUN)
    until = stage.now + 60_000
    with stage.inside(room) as (step, state, track):
        losses.lose_box(step, state, track, b"one")
    with stage.inside(room, stage.now + 50_000) as (step, state, track):
        losses.lose_box(step, state, track, b"two")
        assert (until, until, until) == (track.reread_until, track.put_back_own_at, track.put_back_any_at)
    with stage.inside(room, until) as (step, state, track):
        repair.put_back(step, state, track)
        assert (None, None, None) == (track.reread_until, track.put_back_own_at, track.put_back_any_at)


def test_at_the_earliest_others_frames_go_back_at_once_and_silence_is_given_its_time() -> None:
    """Chance draws between nothing and the longest time; how long silence lasts has a least."""
    stage = Stage(rng=Randomness(low=True))
    room = stage.room(JUN, invites_at=stage.now - 5)
    with stage.inside(room) as (step, state, track):
        losses.begin_anew(step, state, track, b"")
        assert (b"", 14_400_000, 0) == (
            track.incarnation,
            set_time(track.silence_at) - step.now,
            set_time(track.put_back_any_at) - step.now,
        )
        assert step.now - 5 == state.invites_at
        assert [] == rows(step)


def test_a_closed_box_that_is_lost_is_decided_already() -> None:
    """Nothing is to be settled in it and nobody's silence says anything; without invitations none becomes due."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.winner = Winner(WON)
        losses.begin_anew(step, state, track, b"new")
        assert (None, None, None) == (track.settle_until, track.silence_at, state.invites_at)
        assert (step.now, Winner(WON)) == (track.put_back_own_at, track.winner)


def test_what_the_relay_took_and_does_not_show_is_put_there_again() -> None:
    """As far as the box was read; not what has a place, nor what is gone here, nor what nobody can have read yet."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.position = 5
        rows = [stage.frame(step, track, 0, data=b"%d" % n) for n in range(3)]
        here = stage.frame(step, track, 2)
        gone = stage.frame(step, track, 0, data=b"")
        by_seq = [here, gone, rows[0], rows[1]]
        track.expected = {seq: frame.hash for seq, frame in enumerate(by_seq, 2)} | {6: rows[2].hash, 1: b"?" * 32}
        losses.missed(step, state, track)
        assert {6: rows[2].hash} == track.expected
        assert [rows[0].hash, rows[1].hash] == out(step, RoomFrame)


# -- putting back -------------------------------------------------------------------------------------------------


def rows_of(stage: Stage, step: Step, track: BoxTrack) -> dict[str, Frame]:
    """Messages and commits that have a place or none, ours and others'."""
    jun = {"mine": False}
    return {
        "placed": stage.frame(step, track, 3),
        "empty": stage.frame(step, track, 0, data=b""),
        "ours": stage.frame(step, track, 0, data=b"ours", message=b"m" * 16),
        "theirs": stage.frame(step, track, 0, data=b"theirs", **jun),
        "commit": stage.frame(step, track, 0, data=b"commit", kind=Kind.COMMIT),
        "their commit": stage.frame(step, track, 0, data=b"their commit", kind=Kind.COMMIT, **jun),
        "settled": stage.frame(step, track, 0, data=b"settled", kind=Kind.SETTLED),
    }


@pytest.mark.parametrize(
    ("own", "anybody", "back", "left"),
    [
        (None, None, [], (None, None)),
        (1, 1, [], (1, 1)),
        (-1, 1, ["ours"], (None, 1)),
        (0, None, ["ours"], (None, None)),
        (None, 0, ["ours", "theirs", "commit", "their commit"], (None, None)),
        (1, -1, ["ours", "theirs", "commit", "their commit"], (1, None)),
    ],
)
def test_own_frames_go_back_at_once_and_anybodys_in_their_time(
    own: int | None, anybody: int | None, back: list[str], left: tuple[int | None, int | None]
) -> None:
    """Times from now (None: not set). Only what has bytes and no place; what is not due stays due."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        rows = rows_of(stage, step, track)
        track.put_back_own_at, track.put_back_any_at = (None if at is None else step.now + at for at in (own, anybody))
        repair.put_back(step, state, track)
        assert {rows[name].hash for name in back} == set(out(step, RoomFrame))
        assert left == tuple(at and at - step.now for at in (track.put_back_own_at, track.put_back_any_at))


def test_an_own_commit_waits_until_order_has_settled_and_then_goes_back() -> None:
    """It is asked for again when the time is over; others' commits are left to chance."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        rows = rows_of(stage, step, track)
        state.pending = pending(rows["commit"].hash)
        track.settle_until, track.put_back_own_at = step.now + 1, step.now
        repair.put_back(step, state, track)
        assert ([rows["ours"].hash], step.now + 1) == (out(step, RoomFrame), track.put_back_own_at)
        step.now += 1
        repair.put_back(step, state, track)
        assert ({rows["ours"].hash, rows["commit"].hash}, None) == (set(out(step, RoomFrame)), track.put_back_own_at)  # type: ignore[comparison-overlap]


def test_nobody_elses_commit_goes_back_before_order_has_settled() -> None:
    """And it is not waited for: who made it puts it back."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        rows = rows_of(stage, step, track)
        state.pending = pending(b"another")
        track.settle_until = step.now + 1
        track.put_back_own_at = track.put_back_any_at = step.now
        repair.put_back(step, state, track)
        assert {rows["ours"].hash, rows["theirs"].hash} == set(out(step, RoomFrame))
        assert (None, None) == (track.put_back_own_at, track.put_back_any_at)  # type: ignore[comparison-overlap]


def test_the_file_of_a_message_that_goes_back_goes_back_with_it() -> None:
    """Its pieces count as not there; a file of a message of somebody else stays as it is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        for mine, id in ((True, b"m" * 16), (False, b"n" * 16)):
            stage.frame(step, track, 0, data=id, mine=mine, message=id)
            step.store.put_file(StoredFile(room, id, mine=True, state=FileState.HERE))
            step.store.put_pieces(room, id, [Piece(0, b"d" * 32, done=True)])
        track.put_back_own_at = track.put_back_any_at = step.now
        repair.put_back(step, state, track)
        pieces = [step.store.pieces(room, id) for id in (b"m" * 16, b"n" * 16)]
    assert [[Piece(0, b"d" * 32, done=False)], [Piece(0, b"d" * 32, done=True)]] == pieces


@pytest.mark.parametrize(
    ("mine", "anybody", "seen", "said"),
    [
        (True, False, False, True),
        (False, False, False, False),
        (False, True, False, True),
        (True, True, True, False),
    ],
)
def test_the_commit_that_ended_a_lost_box_is_announced_there(
    *, mine: bool, anybody: bool, seen: bool, said: bool
) -> None:
    """At once by who made it, in their time by all, unless it can be read there; the commits themselves stay away."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        stage.frame(step, track, 0, data=b"commit", kind=Kind.COMMIT)
        track.winner, track.settled_seen, track.settle_until = Winner(WON), seen, step.now + 5
        state.history = [merged(1, mine=True), merged(0, mine=mine)]
        step.store.set_value(box_log.winner_key(track), b"the commit")
        track.put_back_own_at = step.now
        track.put_back_any_at = step.now if anybody else None
        repair.put_back(step, state, track)
        frames = [f for f in step.store.frames(track.keys.box.address) if f.kind == Kind.SETTLED]
        assert (said, [f.hash for f in frames]) == (bool(frames), out(step, RoomFrame))
        assert (seen or said, said) == (track.settled_seen, track.announced)
        assert ([b""] if said else [], None) == ([f.data for f in frames], track.put_back_own_at)  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("ours", [True, False])
def test_the_order_that_moved_a_box_goes_back_with_what_lay_there(*, ours: bool) -> None:
    """Whoever gave it puts it back at once, all others in their time."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        signer = (stage.mls, stage.me.signature_key) if ours else (JUN.mls, JUN.signature_key)
        state.order, track.relay = make_move(*signer, room, 1, ELSEWHERE), ELSEWHERE
        track.put_back_own_at = step.now
        repair.put_back(step, state, track)
        assert int(ours) == len(out(step, RoomFrame))
        track.put_back_any_at = step.now
        repair.put_back(step, state, track)
        assert 1 == len(out(step, RoomFrame))
