"""How bytes get into the outbox, where each item goes, and which of them wait for one another (spec/room.md §8)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from nullabona.client.core.delivery import outbox
from nullabona.client.core.model.inbox_items import Gone, RoomsTold, RoomTold, sign_item
from nullabona.client.core.model.outbox_targets import (
    FilePiece,
    InboxBlob,
    InboxFrame,
    InboxTrim,
    ReplyFrame,
    RoomBlob,
    RoomFrame,
    RoomTrim,
    Target,
    WelcomeBlob,
    queue_of,
    room_of,
)
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Step
from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.blob import decode_ref, join_blob
from nullabona.wire.frame import Kind, body_fits, open_frame
from nullabona.wire.messages import POLICY_INBOX, POLICY_ROOM
from nullabona.wire.padding import BUCKETS
from nullabona.wire.seal import inbox_item_fits
from tests.core.stage import EVER, RELAY, Other, Stage, box_of
from tests.store.samples import TARGETS

JUN = Other("jun")
ROOM, BOX = b"r" * 32, b"b" * 32
ELSEWHERE = "wss://two.example:443/v1"
SECRET = b"s" * 32
INBOX_BOX = BoxSecrets(POLICY_INBOX, b"1" * 32, b"2" * 32)


def waiting(step: Step) -> list[OutboxItem]:
    return step.store.outbox(EVER)


# -- queues ---------------------------------------------------------------------------------------------------------


def frame(room: bytes = ROOM, relay: str = RELAY, leaves: int = 0) -> RoomFrame:
    return RoomFrame(relay, room, Address(BOX), SECRET, leaves)


def test_what_a_room_has_for_one_relay_is_one_queue() -> None:
    """Whatever it is and however many tokens it wakes; for another relay, or of another room, it is another one."""
    same: list[Target] = [frame(), frame(leaves=3), RoomBlob(RELAY, ROOM, Address(BOX)), WelcomeBlob(RELAY, ROOM)]
    others: list[Target] = [frame(relay=ELSEWHERE), frame(room=b"o" * 32), FilePiece(RELAY, ROOM, b"m" * 16)]
    assert 1 == len({queue_of(each) for each in same})
    assert 4 == len({queue_of(each) for each in (*others, frame())})


def test_what_is_for_one_person_is_one_queue() -> None:
    """An item never overtakes the chunks that it refers to; a reply and an item for another person do not wait."""
    to_inbox, blob = InboxFrame(RELAY, Address(BOX), b"", b""), InboxBlob(RELAY, BOX)
    assert queue_of(to_inbox) == queue_of(blob)
    others: list[Target] = [ReplyFrame(RELAY, Address(b"o" * 32), b""), InboxBlob(RELAY, b"p" * 32), to_inbox]
    assert 3 == len({queue_of(each) for each in others})


def test_a_trim_and_a_file_hold_up_nothing_else() -> None:
    """Each box and each file is a queue of its own, even where two have one name."""
    box = Address(BOX)
    own: list[Target] = [
        RoomTrim(RELAY, box, b"", b"", 1),
        InboxFrame(RELAY, box, b"", b""),
        FilePiece(RELAY, ROOM, BOX),
        frame(),
    ]
    assert len(own) == len({queue_of(each) for each in own})


def test_only_what_is_for_another_person_goes_one_shot() -> None:
    """So that no relay sees it beside our boxes; our own inbox has its own connection, rooms have theirs."""
    routes = {target.kind: target.route for target in TARGETS}
    person = {"reply-frame", "inbox-frame", "inbox-blob"}
    expected = {kind: "one-shot" if kind in person else "rooms" for kind in routes} | {"inbox-trim": "inbox"}
    assert expected == routes


def test_what_waits_for_a_relay_that_is_out_of_reach_is_not_due() -> None:
    """Unless it goes by a connection of its own; with all relays there the first is due."""
    stage = Stage()
    down = frozenset({ELSEWHERE})
    with stage.store.transaction():
        add = stage.store.add_outbox
        assert (None, None) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(frame(relay=ELSEWHERE), ref=b"", not_before=10)
        assert (10, None) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(replace(frame(), box=Address(b"2")), ref=b"", not_before=30)
        assert (10, 30) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(InboxFrame(ELSEWHERE, Address(b"3"), b"", b""), ref=b"", not_before=20)
        assert (10, 20) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))


# -- frames ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [True, False])
def test_a_frame_of_ours_waits_for_its_box_and_is_kept_to_be_put_back(*, keep: bool) -> None:
    """Under its hash, without a place; what is of no use later is not kept."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        digest = outbox.queue_frame(step, state, track, Kind.MESSAGE, b"body", message=b"m" * 16, keep=keep)
        [sent] = waiting(step)
        row = step.store.frame(track.keys.box.address, digest)
        assert row is not None
        opened = open_frame(track.keys.frame_key, track.keys.box.address, sent.data)
        assert (b"body", Kind.MESSAGE, False) == (opened.body, opened.kind, opened.indirect)
        assert (row.box, digest, sha256(sent.data).digest()) == (track.keys.box.address, sent.ref, digest)
        assert RoomFrame(RELAY, room, track.keys.box.address, track.secret, 1) == sent.target
        assert (0, b"", Kind.MESSAGE, True, b"m" * 16, step.day, sent.data if keep else b"") == (
            row.seq,
            row.chain,
            row.kind,
            row.mine,
            row.message,
            row.day,
            row.data,
        )


def test_a_last_word_is_put_into_the_box_and_forgotten() -> None:
    """Nothing is remembered of it."""
    stage = Stage()
    room = stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        outbox.queue_last(step, state, track, Kind.SETTLED, b"claim")
        [sent] = waiting(step)
        assert (sha256(sent.data).digest(), []) == (sent.ref, step.store.frames(track.keys.box.address))


def test_the_same_frame_waits_once() -> None:
    """In one box; in another it is another."""
    stage = Stage()
    room, other = stage.room(JUN), stage.room(JUN)
    with stage.inside(room) as (step, state, track):
        for _ in range(2):
            outbox.queue_raw(step, state, track, b"d" * 32, b"frame")
        outbox.queue_raw(step, step.room(other), step.room(other).current, b"d" * 32, b"frame")
        assert [room, other] == [room_of(each.target) for each in waiting(step)]


def test_a_body_that_fits_no_frame_goes_before_it_as_chunks() -> None:
    """They are kept here and lead back to it; the longest that fits goes itself."""
    stage = Stage()
    room = stage.room(JUN)
    longest = next(length for length in range(BUCKETS[-1], 0, -1) if body_fits(length))
    with stage.inside(room) as (step, state, track):
        outbox.queue_frame(step, state, track, Kind.MESSAGE, bytes(longest))
        assert ["room-frame"] == [each.target.kind for each in waiting(step)]
        body = b"x" * (longest + 1)
        outbox.queue_frame(step, state, track, Kind.MESSAGE, body)
        _, *chunks, sent = waiting(step)
        assert {RoomBlob(RELAY, room, track.keys.box.address)} == {each.target for each in chunks}
        opened = open_frame(track.keys.frame_key, track.keys.box.address, sent.data)
        assert opened.indirect
        assert body == join_blob(decode_ref(opened.body), lambda digest: step.store.chunk(digest) or b"")
        assert [each.ref for each in chunks] == [sha256(each.data).digest() for each in chunks]


# -- inbox items ----------------------------------------------------------------------------------------------------


def told(length: int) -> RoomsTold:
    member = (JUN.account, "x" * 255)
    return RoomsTold((RoomTold(ROOM, b"i" * length, (member,)),))


@pytest.mark.parametrize("relay", ["", RELAY])
def test_an_item_is_sealed_to_an_inbox_and_goes_to_its_relay(relay: str) -> None:
    """That which the card names, else the one given."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_item(step, JUN.card(relay=relay).inbox, ELSEWHERE, Gone(ROOM))
    [sent] = stage.outbox()
    inbox = JUN.inbox
    assert InboxFrame(relay or ELSEWHERE, inbox.address, inbox.read_hash, inbox.write_secret) == sent.target
    assert sha256(sent.data).digest() == sent.ref
    assert [Gone(ROOM)] == stage.sent_to(JUN)


@pytest.mark.parametrize("relay", ["", RELAY])
def test_a_large_item_lies_in_a_blob_at_the_inboxs_relay(relay: str) -> None:
    """Of no room of ours."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_item(step, JUN.card(relay=relay).inbox, ELSEWHERE, told(65_000))
    *chunks, _ = stage.outbox()
    assert {InboxBlob(relay or ELSEWHERE, JUN.inbox.address)} == {each.target for each in chunks}
    assert [told(65_000)] == stage.sent_to(JUN)


@pytest.mark.parametrize("more", [0, 1])
def test_an_item_goes_itself_as_long_as_it_fits(more: int) -> None:
    """One byte more, and it lies in a blob."""
    stage = Stage()
    mine = len(sign_item(stage.mls, Address(JUN.inbox.address), told(60_000))) - 60_000
    fits = next(length for length in range(65_000, 0, -1) if inbox_item_fits(mine + length + 1))
    with stage.step() as step:
        outbox.queue_item(step, JUN.inbox, RELAY, told(fits + more))
    assert {"inbox-frame", *["inbox-blob"] * more} == {each.target.kind for each in stage.outbox()}
    assert [told(fits + more)] == stage.sent_to(JUN)


# -- trims ----------------------------------------------------------------------------------------------------------


def test_a_relay_is_asked_to_erase_up_to_a_place() -> None:
    """With what the owner of the box alone knows, in a queue that forgetting the box does not forget."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_trim(step, RELAY, INBOX_BOX, 258)
        step.store.drop_box(INBOX_BOX.address)
        [sent] = waiting(step)
        assert InboxTrim(RELAY, INBOX_BOX.address, INBOX_BOX.read_secret, INBOX_BOX.write_hash, 258) == sent.target
        outbox.drop_trim(step, BoxSecrets(POLICY_INBOX, b"3" * 32, b"4" * 32))
        assert 1 == len(waiting(step))
        outbox.drop_trim(step, INBOX_BOX)
        assert [] == waiting(step)


def test_a_trim_goes_as_its_box_is_read() -> None:
    """That of a room with the rooms, that of our inbox with the inbox; each is dropped alone."""
    stage = Stage()
    of_room = BoxSecrets(POLICY_ROOM, INBOX_BOX.read_secret, INBOX_BOX.write_secret)
    with stage.step() as step:
        for box in (INBOX_BOX, of_room):
            outbox.queue_trim(step, RELAY, box, 1)
        assert ["inbox", "rooms"] == [each.target.route for each in waiting(step)]
        outbox.drop_trim(step, INBOX_BOX)
        assert [of_room.address] == [box_of(each) for each in waiting(step)]
        outbox.drop_trim(step, of_room)
        assert [] == waiting(step)


@pytest.mark.parametrize(("upto", "down", "asked"), [(0, False, 0), (1, False, 1), (1, True, 0)])
def test_nothing_is_erased_at_a_relay_that_is_gone(upto: int, asked: int, *, down: bool) -> None:
    """Nor nothing at all."""
    stage = Stage()
    with stage.step(down=frozenset({RELAY} if down else ())) as step:
        outbox.queue_trim(step, RELAY, INBOX_BOX, upto)
        assert asked == len(waiting(step))


@pytest.mark.parametrize(
    ("down", "left", "kept"),
    [
        ({ELSEWHERE}, {ELSEWHERE}, [RELAY]),
        ({ELSEWHERE}, {RELAY}, [ELSEWHERE, RELAY]),
        (set(), {ELSEWHERE, RELAY}, [ELSEWHERE, RELAY]),
        ({ELSEWHERE, RELAY}, {ELSEWHERE, RELAY}, [RELAY]),
    ],
)
def test_what_a_relay_that_was_left_and_is_gone_had_to_erase_is_not_waited_for(
    down: set[str], left: set[str], kept: list[str]
) -> None:
    """But that of our account's own relay; and what else is for it waits on."""
    stage = Stage()
    with stage.step() as step:
        for relay in (ELSEWHERE, RELAY):
            outbox.queue_trim(step, relay, INBOX_BOX, 9)
        outbox.queue_item(step, JUN.inbox, ELSEWHERE, Gone(ROOM))
        step.down = frozenset(down)
        outbox.drop_trims(step, left)
        found = [each for each in waiting(step) if isinstance(each.target, InboxTrim)]
        assert kept == [each.target.relay for each in found]
        assert 1 == len(waiting(step)) - len(found)


def test_what_is_no_trim_waits_for_a_relay_that_was_left() -> None:
    """It goes elsewhere with its room or its inbox."""
    stage = Stage()
    with stage.step(down=frozenset({ELSEWHERE})) as step:
        outbox.queue_item(step, JUN.card(relay=ELSEWHERE).inbox, ELSEWHERE, Gone(ROOM))
        outbox.drop_trims(step, [ELSEWHERE])
        assert ["inbox-frame"] == [each.target.kind for each in waiting(step)]
