"""Who leaves, and messages whose bytes lie in blobs that have to be fetched first (spec/room.md §§3, 6)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import msgspec
import nullabona_mls as native
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.incoming import room_frames
from nullabona.client.core.model.content import Body, Envelope, Handed, Leave, Sync, Text
from nullabona.client.core.model.facts.signals import ChoicesTakenOver, ProfileCopied
from nullabona.client.core.model.inbox_items import Invitation
from nullabona.client.core.model.intents import RemoveAccount, SetInfo
from nullabona.client.core.model.message_ids import RANDOM, message_id
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.room_info import DEVICES, DIRECT
from nullabona.client.core.model.state import BoxTrack, RoomState, Winner
from nullabona.client.core.model.sync_items import ProfileItem
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Frames
from tests.core.stage import RELAY, Pair, sealed, told


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


def texts(step: Step, room: bytes) -> list[bytes]:
    return [message.id for message in step.store.messages(room)]


# -- leaving --------------------------------------------------------------------------------------------------------


def test_a_member_who_leaves_is_put_out_by_whoever_comes_first() -> None:
    """After a random time, so that one does it for all; an order given before is replaced."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        [jun] = [each for each in step.roster(room.id).values() if each.account == room.jun.me.account]
        order = make_order(room.jun.mls, jun.signature_key, room.id, jun.account, [jun.encryption_key])
        state.intents = [SetInfo(name="new"), RemoveAccount(jun.account)]
        hear(room, step, state, track, room.envelope(Leave(order)))
        assert ([SetInfo(name="new"), RemoveAccount(jun.account, order)], 2_000) == (
            state.intents,
            state.commit_at - step.now,
        )
        assert (True, False) == (state.receipt_at is not None, rooms.leaving(step, room.id))
        state.commit_at = step.now + 9_000
        hear(room, step, state, track, room.envelope(Leave(order)))
        assert 9_000 == state.commit_at - step.now


@pytest.mark.parametrize("whose", ["ours", "nobody's"])
def test_an_order_to_leave_counts_for_whoever_gave_it_alone(whose: str) -> None:
    """Nobody says that somebody else leaves, and an order for keys that are not in the room does nothing."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        us, jun = (next(d for d in step.roster(room.id).values() if d.account == a) for a in
                   (room.us.me.account, room.jun.me.account))  # fmt: skip
        if whose == "ours":
            order = make_order(room.us.mls, us.signature_key, room.id, us.account, [us.encryption_key])
        else:
            order = make_order(room.jun.mls, jun.signature_key, room.id, jun.account, [b"old key"])
        hear(room, step, state, track, room.envelope(Leave(order)))
        assert ([], 0, False) == (state.intents, state.commit_at, rooms.leaving(step, room.id))


# -- messages that lie in blobs -------------------------------------------------------------------------------------


def deferred(room: Pair, step: Step, state: RoomState, track: BoxTrack) -> tuple[Envelope, list[tuple[bytes, bytes]]]:
    """A message whose blob has not come, read; and its chunks."""
    said = room.envelope(Text("hi" * 9))
    data = room.encrypted(said)
    ref, chunks = cut_blob(bytes(32), data)
    read(step, state, track, sealed(track, Kind.MESSAGE, encode_ref(ref), indirect=True))
    return said, list(chunks)


def test_a_message_waits_for_its_blob_and_is_read_when_that_has_come() -> None:
    """Nothing from it on counts as acknowledged meanwhile."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        said, chunks = deferred(room, step, state, track)
        assert ([1], [], []) == (list(track.deferred), track.unreadable, texts(step, room.id))
        room_frames.look_after(step, state)
        assert [1] == list(track.deferred)
        for name, data in chunks:
            step.store.put_chunk(name, data, step.day)
        room_frames.look_after(step, state)
        assert ({}, [], [said.id]) == (track.deferred, track.unreadable, texts(step, room.id))


@pytest.mark.parametrize(("days", "waits"), [(1, True), (2, False)])
def test_a_blob_that_does_not_come_is_waited_for_no_longer_than_a_day(days: int, *, waits: bool) -> None:
    """Then the message is unreadable, and the next one is looked at all the same."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        deferred(room, step, state, track)
        track.deferred[7] = b"forgotten"
        step.now += days * DAY_MS
        room_frames.look_after(step, state)
        assert ([1] if waits else [], [7] if waits else [1, 7]) == (list(track.deferred), track.unreadable)


def test_a_waiting_message_that_opens_to_nothing_is_unreadable() -> None:
    """Its chunks are there and say nothing; and what lies behind it is read."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        ref, chunks = cut_blob(bytes(32), b"no message")
        read(step, state, track, sealed(track, Kind.MESSAGE, encode_ref(ref), indirect=True))
        said, more = deferred(room, step, state, track)
        for name, data in [*chunks, *more]:
            step.store.put_chunk(name, data, step.day)
        room_frames.look_after(step, state)
        assert ({}, [1], [said.id]) == (track.deferred, track.unreadable, texts(step, room.id))


def test_a_body_that_leads_nowhere_is_unreadable() -> None:
    """A reference that is none is not waited for."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        read(step, state, track, sealed(track, Kind.MESSAGE, msgspec.msgpack.encode("x"), indirect=True))
        assert ({}, [1]) == (track.deferred, track.unreadable)
        assert [] == [kind for kind, _ in told(step)]


# -- our own devices ------------------------------------------------------------------------------------------------


def as_ours(room: Pair, step: Step) -> None:
    """The second device counts as one of our own account."""
    [jun] = [each for each in step.roster(room.id).values() if each.account == room.jun.me.account]
    step.store.put_devices([replace(jun, account=room.us.me.account)])
    step.roster_changed(room.id)


def of_ours(room: Pair, body: Body) -> Envelope:
    return room.envelope(body, id=message_id(room.us.me.account, bytes(RANDOM)))


def test_another_device_of_ours_says_that_our_account_leaves() -> None:
    """Then it is our wish, too."""
    room = Pair()
    with room.us.inside(room.id) as (step, state, track):
        as_ours(room, step)
        keys = [each.encryption_key for each in step.roster(room.id).values()]
        order = make_order(room.jun.mls, room.jun.me.signature_key, room.id, room.us.me.account, keys)
        hear(room, step, state, track, of_ours(room, Leave(order)))
        assert (True, [RemoveAccount(order.account, order)]) == (rooms.leaving(step, room.id), state.intents)


@pytest.mark.parametrize(("kind", "heard"), [(DEVICES, True), ("group", False)])
def test_what_changed_on_another_device_of_ours_is_taken_over(kind: str, *, heard: bool) -> None:
    """In the room that our devices share alone; an item that is nonsense hinders nothing."""
    room = Pair(kind)
    with room.us.inside(room.id) as (step, state, track):
        as_ours(room, step)
        hear(room, step, state, track, of_ours(room, Sync((ProfileItem(5, b"\xc1"),))))
        assert (heard, []) == (ChoicesTakenOver() in step.told, track.unreadable)


def test_an_invitation_in_the_room_of_two_is_taken_as_if_it_lay_in_the_inbox() -> None:
    """It waits there for its blob."""
    room = Pair(DIRECT)
    ref, _ = cut_blob(bytes(32), b"pack")
    with room.us.inside(room.id) as (step, state, track):
        hear(room, step, state, track, room.envelope(Handed(Invitation(bytes(16), bytes(32), RELAY, ref))))
        found = inbox_state.load(step)
        assert found is not None
        assert (1, True) == (len(found.waiting), state.receipt_at is not None)


@pytest.mark.parametrize(("closed", "copied"), [(False, True), (True, False)])
def test_a_message_of_our_own_leaf_that_we_know_nothing_of_shows_that_we_are_a_copy(
    *, closed: bool, copied: bool
) -> None:
    """In the current box. It is nothing that we could not read."""
    room = Pair()
    with room.us.store.transaction():
        rows = room.us.store.mls_rows([native.group_scope(room.id)])
        generation = room.us.store.mls_generation(room.id)
    assert generation is not None
    twin = native.Group.load(room.id, rows, generation)
    data = twin.encrypt(room.us.mls.signer, b"said by the other copy", bytes(4))
    with room.us.inside(room.id) as (step, state, track):
        track.winner = Winner(b"w" * 32) if closed else None
        read(step, state, track, sealed(track, Kind.MESSAGE, data))
        assert ([ProfileCopied(room.id)] if copied else [], []) == (step.told, track.unreadable)
