"""What other devices say in a box, once it is read: who is heard, and what each kind of word does (spec/room.md §6)."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import cast

import pytest

from nullabona.client.core import preferences
from nullabona.client.core.delivery import box_log
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.content import Body, Envelope, Moved, React, Receipt, Text, Typing, View
from nullabona.client.core.model.facts import messages
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.proofs import encode_move, make_bare_claim, make_claim, make_move
from nullabona.client.core.model.records import Contact, ContactState, Device
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import BoxTrack, CommitCandidate, Merged, RoomState, Winner
from nullabona.client.core.step import Step
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import NONCE_SIZE, Kind, seal_frame
from nullabona.wire.messages import Frames
from tests.core.stage import Other, Pair, Stage, out, sealed, set_time, signals

JUN = Other("jun")
ELSEWHERE = "wss://two.example:443/v1"
WON = b"w" * 32


class Watched:
    """A device's MLS that notes which rooms were read to their end."""

    def __init__(self, mls: Mls) -> None:
        self._mls = mls
        self.caught: list[bytes] = []

    def caught_up(self, room: bytes) -> None:
        self.caught.append(room)

    def __getattr__(self, name: str) -> object:
        return getattr(self._mls, name)


def read(step: Step, state: RoomState, track: BoxTrack, *data: bytes, head: int = 0) -> None:
    """A read brings these frames, from the first place that is not read on."""
    track.incarnation = b"inc"
    frames = tuple(enumerate(data, track.position + 1))
    answer = Frames(b"inc", head or track.position + len(data), frames)
    room_frames.take_frames(step, state, track, track.position, answer)


def hear(room: Pair, step: Step, state: RoomState, track: BoxTrack, said: Envelope | bytes) -> None:
    """The other says something, and we read it."""
    read(step, state, track, room.frame(track, said))


def digest(frame: bytes) -> bytes:
    return sha256(frame).digest()


# -- the end of the box ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "closed", "contested", "caught"),
    [(0, False, False, True), (1, False, False, False), (0, True, False, False), (0, False, True, False)],
)
def test_mls_learns_when_the_current_box_is_read_to_its_end(
    ahead: int, *, closed: bool, contested: bool, caught: bool
) -> None:
    """Not before, not of a box that is over, and not while commits wait."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        watched = Watched(stage.mls)
        step.mls = cast("Mls", watched)
        track.winner = Winner(WON) if closed else None
        if contested:
            track.candidates, track.settle_until = [CommitCandidate(1, WON, settled=False)], step.now + 1
        read(step, state, track, b"noise", head=1 + ahead)
        assert ([room] if caught else []) == watched.caught


# -- orders and claims ----------------------------------------------------------------------------------------------


def test_behind_an_order_that_moves_the_room_nothing_is_read() -> None:
    """The box is kept elsewhere from there on, and begins anew."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        order = make_move(stage.mls, stage.me.signature_key, room, 1, ELSEWHERE)
        frame = sealed(track, Kind.MOVE, encode_move(order))
        read(step, state, track, frame, b"noise")
        assert (ELSEWHERE, b"", 0, [], order) == (
            track.relay,
            track.incarnation,
            track.position,
            track.unreadable,
            state.order,
        )


def claim(track: BoxTrack, signer: Other, commit: bytes) -> bytes:
    return make_claim(signer.mls, signer.signature_key, track.keys.box.address, commit, ())


@pytest.mark.parametrize(("by", "announced"), [("jun", True), ("us", False)])
def test_in_a_closed_box_our_winner_is_seen_settled(by: str, *, announced: bool) -> None:
    """Whoever said so; that others know it needs somebody else's word."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.winner = Winner(digest(b"commit"))
        key = stage.me.signature_key
        body = (
            claim(track, JUN, b"commit")
            if by == "jun"
            else make_claim(stage.mls, key, track.keys.box.address, b"commit", ())
        )
        read(step, state, track, sealed(track, Kind.SETTLED, body))
        assert (True, announced, []) == (track.settled_seen, track.announced, track.candidates)
        track.announced = True
        track.position = 0
        step.store.drop_box(track.keys.box.address)
        read(step, state, track, sealed(track, Kind.SETTLED, body))
        assert track.announced is True


@pytest.mark.parametrize(("ours", "seen"), [(b"commit", False), (None, True)])
def test_a_claim_without_its_commit_is_as_good_as_ours_only_if_we_lack_it_too(
    ours: bytes | None,
    seen: bool,  # noqa: FBT001
) -> None:
    """Those who are still in that epoch need the commit: a member could otherwise keep us from announcing it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.winner = Winner(digest(b"commit"))
        if ours is not None:
            step.store.set_value(box_log.winner_key(track), ours)
        box = track.keys.box.address
        body = make_bare_claim(JUN.mls, JUN.signature_key, box, digest(b"commit"), ())
        read(step, state, track, sealed(track, Kind.SETTLED, body))
        assert (seen, seen) == (track.settled_seen, track.announced)


def test_a_claim_without_its_commit_ends_no_epoch() -> None:
    """There is nothing to try, and nothing is waited for."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        body = make_bare_claim(JUN.mls, JUN.signature_key, track.keys.box.address, digest(b"commit"), ())
        read(step, state, track, sealed(track, Kind.SETTLED, body))
        assert ([], None) == (track.candidates, track.settle_until)


@pytest.mark.parametrize("rejoins", [True, False])
def test_in_a_closed_box_another_winner_is_a_fork(*, rejoins: bool) -> None:
    """We move if theirs is worth more, and announce ours if not."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        ours = digest(b"ours")
        data = next(b"%d" % n for n in range(1_000) if (digest(b"%d" % n) < ours) is rejoins)
        track.winner = Winner(ours)
        step.store.set_value(box_log.winner_key(track), b"ours")
        read(step, state, track, sealed(track, Kind.SETTLED, claim(track, JUN, data)))
        assert ("fork" if rejoins else "") == (state.rejoin.reason if state.rejoin is not None else "")
        assert (0 if rejoins else 1) == len(out(step, RoomFrame))


def test_a_claim_of_an_outsider_in_a_closed_box_is_answered() -> None:
    """Somebody who was removed since may be on another branch; in an open box it is nothing."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        frame = sealed(track, Kind.SETTLED, claim(track, Other("dora"), b"commit"))
        state.history = [Merged(0, WON, [Other("dora").account], [], [])]
        read(step, state, track, frame)
        assert None is track.answer_at
        track.winner, track.position = Winner(WON), 0
        step.store.drop_box(track.keys.box.address)
        read(step, state, track, frame)
        assert 60_001 == set_time(track.answer_at) - step.now


@pytest.mark.parametrize("closed", [False, True])
def test_a_claim_whose_blob_is_not_here_waits_in_an_open_box(*, closed: bool) -> None:
    """It is kept as it lay there, to be read when its chunks have come; a closed box waits for nothing."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        track.winner = Winner(WON) if closed else None
        track.settle_until = step.now + 9
        ref, _ = cut_blob(bytes(32), b"x" * 70_000)
        frame = sealed(track, Kind.SETTLED, encode_ref(ref), indirect=True)
        read(step, state, track, frame)
        kept = step.store.get_value(box_log.settled_key(track.keys.box.address, digest(frame)))
        row = step.store.frame(track.keys.box.address, digest(frame))
        assert row is not None
        assert (None if closed else b"\1" + encode_ref(ref)) == kept
        assert ([] if closed else [(1, True)]) == [(each.seq, each.settled) for each in track.candidates]
        assert (Kind.SETTLED, b"") == (row.kind, row.data)


# -- who is heard ---------------------------------------------------------------------------------------------------


def texts(step: Step, room: bytes) -> list[bytes]:
    return [message.id for message in step.store.messages(room)]


def test_a_message_is_kept_once_and_acknowledged_some_time() -> None:
    """Doubts begin anew, as somebody speaks; the same bytes in another frame are no new message and no riddle."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        said = room.envelope(Text("hi"))
        data = room.encrypted(said)
        track.doubts, room.us.rng.low = 5, True  # a random part of nearly nothing, so nearly the longest time
        read(step, state, track, sealed(track, Kind.MESSAGE, data))
        assert ([said.id], 0, round(math.log(1 << 20) * 900_000), []) == (
            texts(step, room.id),
            track.doubts,
            set_time(state.receipt_at) - step.now,
            track.unreadable,
        )
        other = seal_frame(track.keys.frame_key, track.keys.box.address, bytes(NONCE_SIZE), Kind.MESSAGE, data)
        read(step, state, track, other)
        assert ([said.id], [], 2) == (texts(step, room.id), track.unreadable, track.position)


def test_what_mls_does_not_open_is_unreadable() -> None:
    """And whoever said it hears so."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        read(step, state, track, sealed(track, Kind.MESSAGE, b"nothing of the kind"))
        assert ([1], 1) == (track.unreadable, track.doubts)


def test_words_that_are_none_are_read_and_say_nothing() -> None:
    """They open, so that nobody is asked to say them again."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        hear(room, step, state, track, b"\xc1")
        assert ([], [], None) == (texts(step, room.id), track.unreadable, state.receipt_at)


def test_a_message_under_an_id_of_somebody_else_is_dropped() -> None:
    """Nobody can take the place of a message that another has sent."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        stolen = message_id(room.us.me.account, bytes(RANDOM))
        hear(room, step, state, track, room.envelope(Text("hi"), id=stolen))
        assert ([], []) == (texts(step, room.id), track.unreadable)


@pytest.mark.parametrize("change", ["gone", "key"])
def test_who_is_not_in_any_more_or_has_another_key_says_nothing(change: str) -> None:
    """As far as this device knows the room's devices."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        device = room.jun.me.device
        step.store.drop_devices(room.id, [device])
        if change == "key":
            row = Device(room.id, device, room.jun.me.account, room.jun.me.handle, 1, bytes(32), b"e", 0)
            step.store.put_devices([row])
        step.roster_changed(room.id)
        hear(room, step, state, track, room.envelope(Text("hi")))
        assert ([], [], None) == (texts(step, room.id), track.unreadable, state.receipt_at)


def test_words_of_a_blocked_contact_in_the_room_of_two_are_not_kept() -> None:
    """What they say of the box still counts, and they may leave."""
    room = Pair(DIRECT)
    jun = Other("jun")
    with room.us.store.transaction():
        contact = Contact(room.jun.me.account, jun.handle, "", ContactState.BLOCKED, room.id, "", b"")
        room.us.store.put_contact(contact)
    with room.us.inside(room.id) as (step, state, track):
        view = View(track.keys.box.address[:8], b"inc", 0, bytes(16))
        hear(room, step, state, track, room.envelope(Text("hi"), views=(view,)))
        seen = [each.device for each in step.store.views(track.keys.box.address)]
        assert ([], [room.jun.me.device]) == (texts(step, room.id), seen)


@pytest.mark.parametrize(
    ("body", "answered"),
    [(Text("hi"), True), (React(b"m" * 16, "👍"), True), (Receipt(), False), (Typing(on=True), False)],
)
def test_only_words_that_stay_are_acknowledged(body: Body, *, answered: bool) -> None:
    """Receipts do not answer receipts."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        track.doubts = 5
        hear(room, step, state, track, room.envelope(body))
        assert (answered, 0 if answered else 5) == (state.receipt_at is not None, track.doubts)


def test_who_is_writing_is_shown_if_the_person_wants_that() -> None:
    """And what they have read, and seen of the box, is noted with whatever they say."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        preferences.change(step, preferences.PROFILE, preferences.Preferences, {"typing": True})
        first = room.envelope(Text("hi"))
        hear(room, step, state, track, first)
        step.told.clear()
        view = View(track.keys.box.address[:8], b"inc", 1, track.chain[:16])
        hear(room, step, state, track, room.envelope(Typing(on=True), views=(view,), marker=first.id))
        assert [(room.jun.me.account, step.now + 8_000)] == [
            (each.account, each.until) for each in signals(step, messages.Typing)
        ]
        assert box_log.place(track, 1) == step.store.marker(room.id, room.jun.me.account)
        assert [1] == [each.seq for each in step.store.views(track.keys.box.address)]


def test_who_moves_to_another_branch_is_followed() -> None:
    """If it is worth more than ours."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        hear(room, step, state, track, room.envelope(Moved(0, b"\0" * 32, 0)))
        assert state.rejoin is not None
        assert (b"\0" * 32, "moved", []) == (state.rejoin.commit, state.rejoin.reason, track.unreadable)
