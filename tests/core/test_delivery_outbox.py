"""How bytes get into the outbox, where each item goes, and which of them wait for one another (spec/room.md §8)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.client.core.delivery import outbox
from nullabona.client.core.model import outbox_items
from nullabona.client.core.model.inbox_items import Gone, RoomsTold, RoomTold, sign_item
from nullabona.client.core.model.outbox_items import BLOB, FRAME, INBOX, PIECE, TRIM, Target, decode_target
from nullabona.client.core.model.records import OutboxItem
from nullabona.client.core.step import Step
from nullabona.errors import Bug
from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.blob import decode_ref, join_blob
from nullabona.wire.frame import Kind, body_fits, open_frame
from nullabona.wire.messages import POLICY_INBOX
from nullabona.wire.padding import BUCKETS
from nullabona.wire.seal import inbox_item_fits
from tests.core.stage import EVER, RELAY, Other, Stage

JUN = Other("jun")
ROOM, BOX = b"r" * 32, b"b" * 32
ELSEWHERE = "wss://two.example:443/v1"
SECRET = b"s" * 32
INBOX_BOX = BoxSecrets(POLICY_INBOX, b"1" * 32, b"2" * 32)


def item(kind: str, room: bytes = ROOM, relay: str = RELAY, leaves: int = 0) -> OutboxItem:
    return OutboxItem(1, kind, room, BOX, b"ref", Target(relay, SECRET, leaves).encode(), b"data", 0, 0)


def waiting(step: Step) -> list[OutboxItem]:
    return step.store.outbox(EVER)


# -- queues ---------------------------------------------------------------------------------------------------------


def test_what_a_room_has_for_one_relay_is_one_queue() -> None:
    """Whatever it is and however many tokens it wakes; for another relay, or of another room, it is another one."""
    one = outbox_items.queue_of(item(FRAME))
    assert {one} == {outbox_items.queue_of(each) for each in (item(BLOB), item(FRAME, leaves=3))}
    others = {outbox_items.queue_of(each) for each in (item(FRAME, relay=ELSEWHERE), item(FRAME, room=b"o" * 32))}
    assert (2, False) == (len(others), one in others)


@pytest.mark.parametrize(("kind", "room"), [(PIECE, ROOM), (INBOX, b""), (TRIM, b""), (BLOB, b"")])
def test_a_file_and_what_is_of_no_room_have_queues_of_their_own(kind: str, room: bytes) -> None:
    """By the box that they are for."""
    assert BOX == outbox_items.queue_of(item(kind, room))


@pytest.mark.parametrize(
    ("kind", "room", "passes"),
    [
        (INBOX, b"", True),
        (INBOX, ROOM, True),
        (BLOB, b"", True),
        (FRAME, b"", True),
        (BLOB, ROOM, False),
        (FRAME, ROOM, False),
        (TRIM, b"", False),
        (PIECE, b"", False),
    ],
)
def test_what_goes_to_somebodys_inbox_is_not_seen_beside_our_boxes(kind: str, room: bytes, *, passes: bool) -> None:
    """Nor the blobs and answers that belong to it."""
    assert passes is outbox_items.passes(kind, room)


def test_what_waits_for_a_relay_that_is_out_of_reach_is_not_due() -> None:
    """Unless it goes by a connection of its own; with all relays there the first is due."""
    stage = Stage()
    near, far, past = (Target(relay, SECRET, 2).encode() for relay in (RELAY, ELSEWHERE, ELSEWHERE))
    down = frozenset({ELSEWHERE})
    with stage.store.transaction():
        add = stage.store.add_outbox
        assert (None, None) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(FRAME, room=ROOM, box=b"1", ref=b"", target=far, data=b"", not_before=10)
        assert (10, None) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(FRAME, room=ROOM, box=b"2", ref=b"", target=near, data=b"", not_before=30)
        assert (10, 30) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))
        add(INBOX, room=b"", box=b"3", ref=b"", target=past, data=b"", not_before=20)
        assert (10, 20) == tuple(outbox.next_due(stage.store, each) for each in (frozenset[str](), down))


@pytest.mark.parametrize("target", [Target(RELAY, SECRET), Target(RELAY, b"\n \n", 7), Target("", b"", 0)])
def test_a_target_is_read_back(target: Target) -> None:
    """Whatever its secret is, with wake tokens or without; and it shows no secret."""
    assert target == decode_target(target.encode())
    assert "sss" not in repr(target)


def test_an_item_without_a_target_is_our_own_fault() -> None:
    """Nothing makes one."""
    with pytest.raises(Bug):
        decode_target(b"wss://one.example/v1")


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
        assert (FRAME, room, row.box, digest, sha256(sent.data).digest()) == (
            sent.kind,
            sent.room,
            sent.box,
            sent.ref,
            digest,
        )
        assert Target(RELAY, track.secret, 1) == decode_target(sent.target)
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
        assert [room, other] == [each.room for each in waiting(step)]


def test_a_body_that_fits_no_frame_goes_before_it_as_chunks() -> None:
    """They are kept here and lead back to it; the longest that fits goes itself."""
    stage = Stage()
    room = stage.room(JUN)
    longest = next(length for length in range(BUCKETS[-1], 0, -1) if body_fits(length))
    with stage.inside(room) as (step, state, track):
        outbox.queue_frame(step, state, track, Kind.MESSAGE, bytes(longest))
        assert [FRAME] == [each.kind for each in waiting(step)]
        body = b"x" * (longest + 1)
        outbox.queue_frame(step, state, track, Kind.MESSAGE, body)
        _, *chunks, sent = waiting(step)
        assert {(BLOB, room, track.keys.box.address, Target(RELAY, b"").encode())} == {
            (each.kind, each.room, each.box, each.target) for each in chunks
        }
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
    assert (INBOX, b"", JUN.inbox.address, sha256(sent.data).digest()) == (sent.kind, sent.room, sent.box, sent.ref)
    assert Target(relay or ELSEWHERE, JUN.inbox.read_hash + JUN.inbox.write_secret) == decode_target(sent.target)
    assert [Gone(ROOM)] == stage.sent_to(JUN)


@pytest.mark.parametrize("relay", ["", RELAY])
def test_a_large_item_lies_in_a_blob_at_the_inboxs_relay(relay: str) -> None:
    """Of no room of ours."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_item(step, JUN.card(relay=relay).inbox, ELSEWHERE, told(65_000))
    *chunks, _ = stage.outbox()
    expected = (BLOB, b"", JUN.inbox.address, Target(relay or ELSEWHERE, b"").encode())
    assert {expected} == {(each.kind, each.room, each.box, each.target) for each in chunks}
    assert [told(65_000)] == stage.sent_to(JUN)


@pytest.mark.parametrize("more", [0, 1])
def test_an_item_goes_itself_as_long_as_it_fits(more: int) -> None:
    """One byte more, and it lies in a blob."""
    stage = Stage()
    mine = len(sign_item(stage.mls, Address(JUN.inbox.address), told(60_000))) - 60_000
    fits = next(length for length in range(65_000, 0, -1) if inbox_item_fits(mine + length + 1))
    with stage.step() as step:
        outbox.queue_item(step, JUN.inbox, RELAY, told(fits + more))
    assert ([INBOX] if not more else [BLOB, INBOX]) == sorted({each.kind for each in stage.outbox()})
    assert [told(fits + more)] == stage.sent_to(JUN)


# -- trims ----------------------------------------------------------------------------------------------------------


def test_a_relay_is_asked_to_erase_up_to_a_place() -> None:
    """With what the owner of the box alone knows, in a queue that forgetting the box does not forget."""
    stage = Stage()
    with stage.step() as step:
        outbox.queue_trim(step, RELAY, INBOX_BOX, 258)
        step.store.drop_box(INBOX_BOX.address)
        [sent] = waiting(step)
        assert (TRIM, b"", b"\0\0\0\0\0\0\x01\x02", b"trim\0\0\0\0\0\0\x01\x02") == (
            sent.kind,
            sent.room,
            sent.data,
            sent.ref,
        )
        secret = bytes((POLICY_INBOX,)) + INBOX_BOX.read_secret + INBOX_BOX.write_hash
        assert Target(RELAY, secret) == decode_target(sent.target)
        outbox.drop_trim(step, BoxSecrets(POLICY_INBOX, b"3" * 32, b"4" * 32))
        assert 1 == len(waiting(step))
        outbox.drop_trim(step, INBOX_BOX)
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
        found = [each for each in waiting(step) if each.kind == TRIM]
        assert kept == [decode_target(each.target).relay for each in found]
        assert 1 == len(waiting(step)) - len(found)


def test_what_is_no_trim_waits_for_a_relay_that_was_left() -> None:
    """It goes elsewhere with its room or its inbox."""
    stage = Stage()
    with stage.step(down=frozenset({ELSEWHERE})) as step:
        outbox.queue_item(step, JUN.card(relay=ELSEWHERE).inbox, ELSEWHERE, Gone(ROOM))
        outbox.drop_trims(step, [ELSEWHERE])
        assert [INBOX] == [each.kind for each in waiting(step)]
