"""What relays said to what was to be sent, and what follows when they said nothing (spec/room.md §6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core.delivery import outbox
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.incoming import relay_answers
from nullabona.client.core.model.content import Text, encode_body
from nullabona.client.core.model.inbox_items import Gone
from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    OfRoom,
    RoomBlob,
    RoomFrame,
    Target,
)
from nullabona.client.core.model.records import FileState, MessageState, OutboxItem, Piece, StoredFile
from nullabona.client.core.model.state import LEFT, PendingCommit
from nullabona.client.core.step import Timing
from nullabona.wire.address import Address
from nullabona.wire.frame import Kind
from nullabona.wire.messages import AnyResponse, Appended, Done, Refusal
from tests.core.seen import digest, earlier, frame
from tests.core.stage import RELAY, START, Other, Randomness, Stage, rows
from tests.store.samples import TARGETS

JUN = Other("jun")
ELSEWHERE = "wss://other.example:443/v1"
THEN, NOW = b"then    ", b"now     "
ID, HASH = b"1" * 16, b"2" * 32
HOUR, MINUTE = 3_600_000, 60_000


class Posted:
    """A room with Jun; its box was read up to 4. A message of ours waits for the relay."""

    def __init__(self, **timing: int) -> None:
        self.stage = Stage(timing=Timing(**timing))
        self.room = self.stage.room(JUN)
        with self.stage.step() as step:
            track = step.room(self.room).current
            track.incarnation, track.position = THEN, 4
            self.box, self.secret, self.leaves = track.keys.box.address, track.secret, track.leaves
            self.hash = frame(step, track, 0, ID)
        self.stage.message(
            self.room, ID, box=self.box, frame=self.hash, body=encode_body(Text("hi")), state=MessageState.WAITING
        )

    def frame(self, relay: str = RELAY) -> RoomFrame:
        return RoomFrame(relay, self.room, self.box, self.secret, self.leaves)

    def item(self, target: Target | None = None, ref: bytes = b"") -> OutboxItem:
        """Something that waits; the message's frame unless it is said otherwise."""
        with self.stage.step() as step:
            step.store.add_outbox(target or self.frame(), ref=ref or self.hash, data=b"data")
        return self.stage.outbox()[-1]

    def answer(self, item: OutboxItem, answer: AnyResponse, now: int = START) -> list[str]:
        """The relay says something to it. What is told then."""
        with self.stage.step(now) as step:
            relay_answers.answered(step, item, answer)
            return [kind for kind, _, _ in rows(step)]

    def waiting(self) -> list[tuple[str, bytes, int]]:
        """What waits still: kind, what it is for, and from when on, in ms from now."""
        return [(each.target.kind, each.ref, max(0, each.not_before - START)) for each in self.stage.outbox()]

    def message(self) -> MessageState:
        with self.stage.step() as step:
            found = step.store.message(self.room, ID)
        assert found is not None
        return found.state


# -- refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("advice_s", "delay"), [(0, 2_000), (2, 2_000), (3, 3_000), (3_600, HOUR), (3_601, HOUR), (604_800, HOUR)]
)
def test_what_is_refused_for_now_waits_as_the_relay_asks(advice_s: int, delay: int) -> None:
    """At least as long as without an answer, and an hour at most."""
    posted = Posted()
    assert [] == posted.answer(posted.item(), Refusal("busy", advice_s))
    assert ([("room-frame", posted.hash, delay)], MessageState.WAITING) == (posted.waiting(), posted.message())


@pytest.mark.parametrize("code", ["too-large", "bad-request", "unsupported"])
def test_what_is_refused_for_good_has_failed(code: str) -> None:
    """The person is told of the message; nothing puts its frame back some day."""
    posted = Posted()
    assert ["refused", "message-state"] == posted.answer(posted.item(), Refusal(code))
    assert ([], MessageState.FAILED) == (posted.waiting(), posted.message())
    with posted.stage.step() as step:
        kept = step.store.frame(posted.box, posted.hash)
        assert (b"", True) == (kept.data if kept else None, kept is not None)


def test_of_what_is_refused_is_told_why_and_what_it_was() -> None:
    """With the room, if it has one."""
    posted = Posted()
    item = posted.item()
    with posted.stage.step() as step:
        relay_answers.answered(step, item, Refusal("too-large"))
        assert ("refused", posted.room, {"code": "too-large", "what": "room-frame"}) == rows(step)[0]


def test_a_refused_commit_is_taken_back() -> None:
    """So that another can be made; one that lies elsewhere stays."""
    posted = Posted()
    with posted.stage.step() as step:
        room = step.room(posted.room)
        group = step.group(room)
        group.commit(update=True)
        room.pending = PendingCommit(b"c", posted.hash, [], [], [], invites=False)
    posted.answer(posted.item(ref=HASH), Refusal("too-large"))
    with posted.stage.step() as step:
        room = step.room(posted.room)
        assert (True, True) == (room.pending is not None, step.group(room).pending)
    posted.answer(posted.item(), Refusal("too-large"))
    with posted.stage.step() as step:
        room = step.room(posted.room)
        assert (None, False) == (room.pending, step.group(room).pending)


def test_a_refused_blob_takes_its_frame_with_it() -> None:
    """Nobody could read that frame; one that refers to other chunks goes on, and so do those chunks."""
    posted = Posted()
    with posted.stage.inside(posted.room) as (step, state, track):
        mine = outbox.queue_frame(step, state, track, Kind.MESSAGE, b"m" * 200_000, message=ID)
        other = outbox.queue_frame(step, state, track, Kind.MESSAGE, b"o" * 200_000, message=b"o" * 16)
        row = step.store.message(posted.room, ID)
        assert row is not None
        step.store.put_message(replace(row, frame=mine))
    chunks = [item.ref for item in posted.stage.outbox(RoomBlob)]
    chunk = posted.stage.outbox(RoomBlob)[0]
    assert ["refused", "message-state"] == posted.answer(chunk, Refusal("too-large"))
    assert ([other], MessageState.FAILED) == ([item.ref for item in posted.stage.outbox(RoomFrame)], posted.message())
    assert {*chunks} - {chunk.ref} == {item.ref for item in posted.stage.outbox(RoomBlob)}


@pytest.mark.parametrize("target", [target for target in TARGETS if not isinstance(target, OfRoom)], ids=repr)
def test_nothing_else_that_is_refused_makes_a_message_fail(target: Target) -> None:
    """It is told, and gone."""
    posted = Posted()
    assert ["refused"] == posted.answer(posted.item(target), Refusal("too-large"))
    assert ([], MessageState.WAITING) == (posted.waiting(), posted.message())


def test_a_frame_without_a_message_fails_alone() -> None:
    """As that of a receipt; and one that is not known any more."""
    posted = Posted()
    with posted.stage.step() as step:
        other = frame(step, step.room(posted.room).current, 9)
    for ref in (other, HASH):
        assert ["refused"] == posted.answer(posted.item(ref=ref), Refusal("too-large"))
    assert MessageState.WAITING is posted.message()
    with posted.stage.step() as step:
        kept = step.store.frame(posted.box, other)
        assert b"" == (kept.data if kept else None)


def test_an_item_of_a_room_that_is_gone_is_told_if_it_is_refused() -> None:
    """And gone."""
    posted = Posted()
    with posted.stage.step() as step:
        step.forget_room(posted.room)
    assert ["refused"] == posted.answer(posted.item(), Refusal("too-large"))
    assert [] == posted.waiting()


# -- taken --------------------------------------------------------------------------------------------------------


def test_what_was_taken_waits_no_more_and_what_waited_with_it_goes() -> None:
    """A relay that takes one is there: others of the same kind for the same box are due again, no others."""
    posted = Posted()
    item, same = posted.item(), posted.item(ref=HASH)
    other = posted.item(RoomBlob(RELAY, posted.room, posted.box), ref=HASH)
    with posted.stage.step() as step:
        for each in (same, other):
            step.store.delay_outbox(each.id, START + HOUR)
    assert [] == posted.answer(item, Appended(5, THEN))
    assert [("room-frame", HASH, 0), ("room-blob", HASH, HOUR)] == posted.waiting()


def test_an_answer_for_where_an_item_goes_no_more_says_nothing() -> None:
    """The room has moved: neither a refusal nor that it was taken counts."""
    posted = Posted()
    for answer in (Refusal("too-large"), Refusal("busy"), Appended(5, NOW)):
        assert [] == posted.answer(posted.item(posted.frame(ELSEWHERE)), answer)
    assert ([], MessageState.WAITING) == (posted.waiting(), posted.message())
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        assert (THEN, None, {}) == (track.incarnation, track.confirm_at, track.expected)


def appended(posted: Posted, seq: int, where: bytes = THEN, **about: object) -> tuple[dict[int, bytes], int]:
    """The relay took the message's frame. Which frames are expected where, and when they are put there again."""
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        for name, value in about.items():
            setattr(track, name, value)
    posted.answer(posted.item(), Appended(seq, where))
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        return track.expected, track.confirm_at - START if track.confirm_at else 0


def test_what_was_taken_is_looked_for_where_the_relay_says() -> None:
    """And put there again if it does not show in ten minutes."""
    posted = Posted()
    assert ({5: posted.hash}, 10 * MINUTE) == appended(posted, 5)
    assert ({5: posted.hash}, 1) == appended(Posted(), 5, confirm_at=START + 1)


def test_the_first_frame_of_a_box_says_which_box_it_is() -> None:
    """It was not there before."""
    posted = Posted()
    assert {1: posted.hash} == appended(posted, 1, NOW, incarnation=b"", position=0)[0]
    with posted.stage.step() as step:
        assert NOW == step.room(posted.room).current.incarnation


def test_another_box_than_the_one_we_read_was_made_anew() -> None:
    """It is read from its beginning, and told."""
    posted = Posted()
    item = posted.item()
    assert ["relay-lost-box"] == posted.answer(item, Appended(5, NOW))
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        assert (NOW, 0, {}) == (track.incarnation, track.position, track.expected)


@pytest.mark.parametrize(
    ("seq", "doubts", "expected"), [(4, 0, False), (5, 8, True), (5, 9, False), (3, 0, False), (6, 0, True)]
)
def test_a_place_that_was_read_already_is_a_lie(seq: int, doubts: int, expected: bool) -> None:  # noqa: FBT001
    """It is not looked for there, nor where much is gone already; and nothing is put there again at once."""
    posted = Posted()
    assert ({seq: posted.hash} if expected else {}) == appended(posted, seq, doubts=doubts)[0]
    assert [] == posted.waiting()


def test_a_frame_that_was_read_already_is_not_looked_for() -> None:
    """It was quicker than the answer; nor is one that is forgotten."""
    posted = Posted()
    with posted.stage.step() as step:
        known = step.store.frame(posted.box, posted.hash)
        assert known is not None
        step.store.put_frame(replace(known, seq=4))
    assert {} == appended(posted, 5)[0]
    posted.answer(posted.item(ref=HASH), Appended(6, THEN))
    with posted.stage.step() as step:
        assert {} == step.room(posted.room).current.expected


@pytest.mark.parametrize("answer", [Done(), Appended(5, NOW)])
def test_only_a_frame_of_ours_that_was_appended_tells_of_a_box(answer: AnyResponse) -> None:
    """Neither a blob, nor an inbox item, nor what was merely done."""
    posted = Posted()
    others: list[Target] = [RoomBlob(RELAY, posted.room, posted.box), InboxFrame(RELAY, posted.box, HASH, HASH)]
    for target in [posted.frame()] if isinstance(answer, Done) else others:
        assert [] == posted.answer(posted.item(target), answer)
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        assert (THEN, None) == (track.incarnation, track.confirm_at)


def test_of_a_room_that_is_over_nothing_is_learnt() -> None:
    """Nor of a box that is followed no more, nor of a room that is gone."""
    posted = Posted()
    item = posted.item()
    closed = replace(posted.frame(), box=Address(digest("no box")), secret=digest("epoch nobody knows"))
    assert [] == posted.answer(replace(item, target=closed), Appended(5, NOW))
    with posted.stage.step() as step:
        step.room(posted.room).phase = LEFT
    assert [] == posted.answer(item, Appended(5, NOW))
    with posted.stage.step() as step:
        track = step.room(posted.room).current
        assert (THEN, None) == (track.incarnation, track.confirm_at)
        step.forget_room(posted.room)
    assert [] == posted.answer(item, Appended(5, NOW))


def test_the_box_is_that_of_the_frames_own_epoch() -> None:
    """One that is closed is looked after as well."""
    posted = Posted()
    with posted.stage.step() as step:
        old = earlier(step.room(posted.room), incarnation=b"")
    target = RoomFrame(RELAY, posted.room, old.keys.box.address, old.secret, 1)
    posted.answer(replace(posted.item(), target=target), Appended(5, NOW))
    with posted.stage.step() as step:
        assert [NOW, THEN] == [track.incarnation for track in step.room(posted.room).boxes]


# -- pieces of files ----------------------------------------------------------------------------------------------


def filed(posted: Posted) -> OutboxItem:
    """The message is that of a file, whose one piece is on its way."""
    with posted.stage.step() as step:
        step.store.put_file(StoredFile(posted.room, ID, mine=True, state=FileState.MOVING))
        step.store.put_pieces(posted.room, ID, [Piece(0, HASH, done=False)])
        message = step.store.message(posted.room, ID)
        assert message is not None
        step.store.put_message(replace(message, box=b"", frame=b""))
    return posted.item(FilePiece(RELAY, posted.room, ID), ref=HASH)


def pieces(posted: Posted) -> list[bool]:
    with posted.stage.step() as step:
        return [piece.done for piece in step.store.pieces(posted.room, ID)]


def test_a_piece_that_was_taken_is_done() -> None:
    """Whatever the relay calls that."""
    posted = Posted()
    posted.answer(filed(posted), Done())
    assert [True] == pieces(posted)


def test_a_piece_that_was_refused_makes_the_file_fail() -> None:
    """And its message."""
    posted = Posted()
    posted.answer(filed(posted), Refusal("too-large"))
    with posted.stage.step() as step:
        file = step.store.file(posted.room, ID)
    assert (FileState.FAILED, MessageState.FAILED) == (file.state if file else None, posted.message())
    assert [False] == pieces(posted)


# -- no answer ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "low", "delay"),
    [
        (0, False, 2_000),
        (0, True, 1_000),
        (1, False, 4_000),
        (8, False, 512_000),
        (9, False, 900_000),
        (40, True, 450_000),
    ],
)
def test_what_is_not_answered_waits_ever_longer(attempts: int, low: bool, delay: int) -> None:  # noqa: FBT001
    """A random half of a time that doubles, up to a quarter of an hour."""
    posted = Posted()
    posted.stage.rng = Randomness(low=low)
    item = replace(posted.item(), attempts=attempts)
    with posted.stage.step() as step:
        relay_answers.unanswered(step, item)
    assert [("room-frame", posted.hash, delay)] == posted.waiting()


@pytest.mark.parametrize(("attempts", "delay"), [(11, 4_096), (12, 8_192), (13, 8_192)])
def test_a_wait_doubles_twelve_times_at_most(attempts: int, delay: int) -> None:
    """However long the longest may be."""
    posted = Posted(retry=2, retry_most=1 << 40)
    item = replace(posted.item(), attempts=attempts)
    with posted.stage.step() as step:
        relay_answers.unanswered(step, item)
    assert delay == posted.waiting()[0][2]


@pytest.mark.parametrize(
    ("inbox", "attempts", "looked"),
    [(True, 0, False), (True, 1, False), (True, 2, True), (True, 3, False), (True, 5, True), (False, 2, False)],
)
def test_every_third_time_that_an_inbox_is_silent_its_owner_is_looked_up(
    inbox: bool,  # noqa: FBT001
    attempts: int,
    looked: bool,  # noqa: FBT001
) -> None:
    """It may be elsewhere by now."""
    stage = Stage()
    with stage.step() as step:
        inbox_addresses.remember(step, JUN.card())
        queue_item(step, JUN.inbox, RELAY, Gone(bytes(32)))
    item = replace(stage.outbox()[0], attempts=attempts)
    if not inbox:
        item = replace(item, target=InboxBlob(RELAY, JUN.inbox.address))
    with stage.step() as step:
        relay_answers.unanswered(step, item)
        assert ([JUN.handle] if looked else []) == inbox_addresses.wanted(step)
