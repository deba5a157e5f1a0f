"""What other devices say they saw of a box: silence, histories that differ (spec/room.md §4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from nullabona.client.core.delivery import box_log
from nullabona.client.core.model.content import Text, View, encode_body
from nullabona.client.core.model.intents import SetInfo, UpdateKeys
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import decode_claim, make_order
from nullabona.client.core.model.records import DeviceView, MessageState
from nullabona.client.core.model.state import BoxTrack, Merged, PendingCommit, Winner
from nullabona.client.core.step import Step
from nullabona.client.core.sync import histories, repair
from nullabona.wire.frame import Kind, open_frame
from tests.core.stage import Other, Stage, out, rows, told

JUN, DORA = Other("jun"), Other("dora")
WON, MESSAGE = b"w" * 32, b"m" * 16
BODY = encode_body(Text("hi"))


def pending(frame: bytes = b"") -> PendingCommit:
    return PendingCommit(b"c" * 32, frame, [], [], [], invites=False)


def begun(track: BoxTrack, position: int = 9) -> None:
    """The box is read up to a position, in one incarnation."""
    track.incarnation, track.position = b"inc", position


# -- silence, and what the relay does not show ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "incarnation", "closed", "asks", "left"),
    [
        (None, b"old", False, False, None),
        (1, b"old", False, False, 1),
        (-1, b"old", False, True, None),
        (0, b"", False, True, None),
        (0, b"inc", False, False, None),
        (0, b"old", True, False, None),
    ],
)
def test_who_hears_nobody_in_a_new_box_asks_where_the_room_is(
    due: int | None, incarnation: bytes, left: int | None, *, closed: bool, asks: bool
) -> None:
    """``due`` from now, None: not set. Somebody else's view counts if it is of this incarnation."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        track.winner = Winner(WON) if closed else None
        track.silence_at = None if due is None else step.now + due
        if incarnation:
            view = DeviceView(track.keys.box.address, JUN.device, incarnation, 1, b"c", (), ())
            step.store.put_view(view)
        repair.break_silence(step, state, track)
        reason = state.rejoin.reason if state.rejoin is not None else ""
        assert ("silence" if asks else "", left) == (reason, track.silence_at and track.silence_at - step.now)


@pytest.mark.parametrize(("due", "again"), [(None, False), (1, False), (-1, True), (0, True)])
def test_own_frames_that_the_relay_took_and_does_not_show_are_put_there_again(due: int | None, *, again: bool) -> None:
    """Messages, and the commit that waits; nothing of others, nothing that has a place, no other commit."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        ours = stage.frame(step, track, 0, data=b"ours")
        commit = stage.frame(step, track, 0, data=b"commit", kind=Kind.COMMIT)
        stage.frame(step, track, 0, data=b"old commit", kind=Kind.COMMIT)
        stage.frame(step, track, 0, data=b"theirs", mine=False)
        stage.frame(step, track, 0, data=b"", message=MESSAGE)
        stage.frame(step, track, 3)
        state.pending = pending(commit.hash)
        track.confirm_at = None if due is None else step.now + due
        repair.confirm(step, state, track)
        assert ({ours.hash, commit.hash} if again else set()) == set(out(step, RoomFrame))
        assert (None if again else due) == (track.confirm_at and track.confirm_at - step.now)


def test_nothing_is_put_again_into_a_closed_box() -> None:
    """What was not in time went to the next epoch; and the question is over."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        stage.frame(step, track, 0)
        track.winner, track.confirm_at = Winner(WON), step.now
        repair.confirm(step, state, track)
        assert ([], None) == (out(step, RoomFrame), track.confirm_at)  # type: ignore[comparison-overlap]


# -- announcements --------------------------------------------------------------------------------------------------


def test_without_the_winning_commits_bytes_its_hash_is_announced() -> None:
    """Who came by a ticket has no more. Where nothing has won nothing is announced."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        box_log.announce(step, state, track)
        assert ([], False, False) == (out(step), track.settled_seen, track.announced)
        track.winner = Winner(WON, (DORA.account,))
        box_log.announce(step, state, track)
        assert (True, True) == (track.settled_seen, track.announced)
        [item] = step.store.outbox_of(room)
        opened = open_frame(track.keys.frame_key, track.keys.box.address, item.data)
        claim = decode_claim(opened.body)
        claim.verify(track.keys.box.address)
        assert (WON, (DORA.account,), b"") == (claim.commit, claim.removed, claim.data)


def test_last_words_are_of_each_closed_box_that_somebody_may_have_to_read() -> None:
    """A claim of the commit that ended it, with the orders that justify it; not where it is over, or unknown."""
    stage = Stage()
    room = stage.room(JUN, DORA)
    order = make_order(stage.mls, stage.me.signature_key, room, DORA.account, [DORA.encryption_key])
    with stage.inside(room) as (step, state, first):
        state.boxes = [first, *(BoxTrack(epoch, bytes([epoch]) * 32) for epoch in (1, 2))]
        for track in state.boxes:
            track.winner, track.announce_at = Winner(WON, (DORA.account,)), 1
            step.store.set_value(box_log.winner_key(track), b"commit of %d" % track.epoch)
        state.boxes[1].announce_at = None
        step.store.delete_value(box_log.winner_key(state.boxes[2]))
        state.history = [Merged(0, WON, [], [order], []), Merged(1, b"x" * 32, [], [order, order], [])]
        said = box_log.last_words(step, state)
    claim = decode_claim(said[0][1])
    claim.verify(first.keys.box.address)
    assert [first] == [track for track, _ in said]
    assert (b"commit of 0", (DORA.account,), (order,), stage.me.signature_key) == (
        claim.data,
        claim.removed,
        claim.orders,
        claim.signer,
    )


def test_what_is_kept_of_a_box_is_kept_under_its_own_name() -> None:
    """Winners and settled commits of different boxes and frames never overwrite one another."""
    one, other = BoxTrack(0, b"1" * 32), BoxTrack(0, b"2" * 32)
    box = one.keys.box.address
    names = {
        box_log.winner_key(one),
        box_log.winner_key(other),
        box_log.settled_key(box, b"a"),
        box_log.settled_key(box, b"b"),
        box_log.settled_key(other.keys.box.address, b"a"),
    }
    assert (5, {str}) == (len(names), {type(name) for name in names})


# -- views ----------------------------------------------------------------------------------------------------------


def view(track: BoxTrack, seq: int, chain: bytes = bytes(16), **about: object) -> View:
    return structs.replace(View(track.keys.box.address[:8], track.incarnation, seq, chain), **about)


def stored(step: Step, track: BoxTrack) -> list[tuple[int, bytes]]:
    return [(each.seq, each.incarnation) for each in step.store.views(track.keys.box.address)]


@pytest.mark.parametrize(
    ("seq", "incarnation", "kept"),
    [(3, b"inc", (4, b"inc")), (4, b"inc", (4, b"inc")), (5, b"inc", (5, b"inc")), (3, b"new", (3, b"new"))],
)
def test_a_view_replaces_the_one_before_unless_it_is_older(
    seq: int, incarnation: bytes, kept: tuple[int, bytes]
) -> None:
    """Of one incarnation the further one counts; a view of another one is news however short it is."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        histories.note_views(step, state, JUN.device, (view(track, 4),))
        track.check_acks = False
        histories.note_views(step, state, JUN.device, (view(track, seq, incarnation=incarnation, missing=(2,)),))
        assert [kept] == stored(step, track)
        assert track.check_acks is ((seq, incarnation) != (3, b"inc"))


def test_a_view_is_of_the_box_it_names() -> None:
    """One of a box that we do not follow says nothing, and those that come after it are heard."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        state.boxes.append(BoxTrack(1, b"1" * 32))
        unknown = view(track, 7, box=b"?" * 8)
        histories.note_views(step, state, JUN.device, (unknown, view(track, 5, missing=(2,), unreadable=(3,))))
        [kept] = step.store.views(track.keys.box.address)
        assert (JUN.device, 5, bytes(16), (2,), (3,)) == (
            kept.device,
            kept.seq,
            kept.chain,
            kept.missing,
            kept.unreadable,
        )
        assert [] == stored(step, state.current)


def test_a_view_is_compared_with_ours_as_it_comes() -> None:
    """Another history is noticed at once."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        stage.frame(step, track, 4)
        histories.note_views(step, state, JUN.device, (view(track, 4, b"their chain 1234"),))
        assert (DIFFERS, True) == (told(step), track.diverged)


# -- histories that differ ------------------------------------------------------------------------------------------

DIFFERS = [("warning", {"code": "relay-showed-different-histories", "detail": {"epoch": 0}})]


@pytest.mark.parametrize(
    ("seq", "change", "differs"),
    [
        (4, {}, True),
        (4, {"chain": b"other" * 6}, True),
        (4, {"incarnation": b"new"}, False),
        (4, {"chain": b""}, False),
        (4, {"chain": bytes(16)}, False),
        (3, {}, False),
        (9, {}, True),
        (10, {}, False),
        (5, {}, False),
    ],
)
def test_another_history_shows_in_the_running_hash(seq: int, change: dict[str, bytes], *, differs: bool) -> None:
    """At a place that both have read since the last gap (3), up to ours (9), where a frame is known (not at 5)."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        track.start = 3
        for place in (3, 4, 9, 10):
            stage.frame(step, track, place, chain=b"ours." * 6)
        said = DeviceView(track.keys.box.address, JUN.device, b"inc", seq, b"their chain 1234", (), (2,))
        histories.compare(step, state, track, replace(said, **change))  # type: ignore[arg-type]
        assert (DIFFERS if differs else []) == told(step)
        assert ([(0, b"inc")] if differs else []) == stored(step, track)


def test_who_lacks_frames_is_warned_the_second_time_of_a_day() -> None:
    """Our own running hash says nothing then, and others judge it. An epoch begins and ours go back both times."""
    stage = Stage()
    room = stage.room(JUN)
    for expected in ([], DIFFERS):
        with stage.inside(room) as (step, state, track):
            begun(track)
            track.diverged, track.start, track.missing = False, 3, [2]
            stage.frame(step, track, 4, chain=b"ours." * 6)
            said = DeviceView(track.keys.box.address, JUN.device, b"inc", 4, b"their chain 1234", (), ())
            histories.compare(step, state, track, said)
            assert (expected, True) == (told(step), track.diverged)
            assert [UpdateKeys()] == state.intents


def test_the_same_history_is_no_news() -> None:
    """A view shows the first half of the hash."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        frame = stage.frame(step, track, 4)
        said = DeviceView(frame.box, JUN.device, b"inc", 4, frame.chain[:16], (), ())
        histories.compare(step, state, track, said)
        assert ([], False) == (rows(step), track.diverged)


@pytest.mark.parametrize(("above", "seq", "looked"), [(3, 3, False), (3, 4, True), (3, 9, True), (3, 10, False)])
def test_views_that_were_ahead_are_compared_when_we_come_there(above: int, seq: int, *, looked: bool) -> None:
    """Those above where we were, up to where we are."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        frame = stage.frame(step, track, seq)
        step.store.put_view(DeviceView(frame.box, JUN.device, b"inc", seq, b"their chain 1234", (), ()))
        histories.compare_due(step, state, track, above)
        assert (DIFFERS if looked else []) == told(step)


def test_where_histories_differ_own_messages_go_out_again_and_a_clean_epoch_begins() -> None:
    """Warned once; only messages of ours; the commit leaves time for what somebody else does."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        ours = stage.frame(step, track, 1, data=b"ours")
        stage.frame(step, track, 2, data=b"theirs", mine=False)
        stage.frame(step, track, 3, data=b"commit", kind=Kind.COMMIT)
        stage.frame(step, track, 4, data=b"")
        state.intents = [SetInfo(name="new")]
        for device in (JUN.device, DORA.device):
            said = DeviceView(ours.box, device, b"inc", 2, b"their chain 1234", (), ())
            histories.compare(step, state, track, said)
        assert [ours.hash] == out(step, RoomFrame)
        assert ([SetInfo(name="new"), UpdateKeys()], 60_000) == (state.intents, state.commit_at - step.now)
        assert (DIFFERS, True) == (told(step), track.diverged)


def test_a_commit_that_waits_longer_is_not_hurried() -> None:
    """Nor is a renewal of keys wanted twice."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        frame = stage.frame(step, track, 1)
        state.commit_at = step.now + 90_000
        histories.compare(step, state, track, DeviceView(frame.box, JUN.device, b"inc", 1, b"theirs", (), ()))
        assert ([UpdateKeys()], 90_000) == (state.intents, state.commit_at - step.now)
        track.diverged, state.commit_at = False, 7
        histories.compare(step, state, track, DeviceView(frame.box, JUN.device, b"inc", 1, b"theirs", (), ()))
        assert ([UpdateKeys()], 7) == (state.intents, state.commit_at)


def test_in_a_closed_box_a_difference_sends_ours_to_the_current_one_and_announces_the_branch() -> None:
    """No new epoch is wanted: we are in one."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        begun(track)
        frame = stage.frame(step, track, 1, message=MESSAGE)
        track.winner = Winner(WON)
        step.store.set_value(box_log.winner_key(track), b"commit")
        state.boxes.append(BoxTrack(1, b"1" * 32, incarnation=b"new", relay=track.relay))
        said = DeviceView(frame.box, JUN.device, b"inc", 1, b"theirs", (), ())
        message = stage.unsaved(room, MESSAGE, box=frame.box, frame=frame.hash, body=BODY)
        step.store.put_message(message)
        histories.compare(step, state, track, said)
        kept = step.store.message(room, MESSAGE)
        assert kept is not None
        assert (state.current.keys.box.address, MessageState.WAITING) == (kept.box, kept.state)
        assert ([], True, DIFFERS[0]) == (state.intents, track.announced, told(step)[0])
