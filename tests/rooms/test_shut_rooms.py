"""Whatever a blocked contact puts into the direct room, nothing shows them that this device is on (room.md §14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.content import Leave, Receipt, View
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.room_info import DIRECT
from nullabona.client.core.model.state import BoxTrack
from nullabona.wire.frame import Kind
from tests.rooms.hostile import envelope, forge, frames_at, mole, say_anything, track_of, update_keys
from tests.rooms.test_false_branches import HOUR, LOW_FIRST, MINUTE, claims
from tests.rooms.test_people import accept, ask, pair
from tests.rooms.world import Person, World


def shut_room(seed: int) -> tuple[World, Person, Person, bytes, BoxTrack]:
    """Somebody blocked a contact after they talked; the box of an epoch that is over."""
    world, mina, jun = pair(seed)
    ask(mina, jun)
    world.settle(span=MINUTE)
    accept(jun, mina)
    world.settle(span=HOUR)
    [room] = [each for each in jun.engine.rooms() if jun.info(each).kind == DIRECT]
    before = track_of(mina, room)
    mina.online = False
    jun.send(room, "hello")
    world.settle(span=MINUTE)
    mina.online = True
    update_keys(mina, room)
    world.settle(span=MINUTE)
    jun.send(room, "how are you?")
    world.settle(span=HOUR)
    with jun.engine.step(world.now) as step:
        commands.block_contact(step, mina.account)
    world.settle(span=HOUR)
    mina.online = False
    return world, mina, jun, room, before


def says_to_have_seen(
    mina: Person, room: bytes, chain: bytes, missing: tuple[int, ...] = (), unreadable: tuple[int, ...] = ()
) -> None:
    track = track_of(mina, room)
    box = mina.world.relay.boxes[bytes(track.keys.box.address)]
    view = View(track.keys.box.address[:8], box.incarnation, box.head, chain, missing, unreadable)
    say_anything(mina, room, envelope(mina, Receipt(), (view,)))


def lacks(mina: Person, room: bytes, _: BoxTrack) -> None:
    says_to_have_seen(mina, room, bytes(16), missing=tuple(range(1, 9)))


def cannot_read(mina: Person, room: bytes, _: BoxTrack) -> None:
    says_to_have_seen(mina, room, bytes(16), unreadable=tuple(range(1, 9)))


def saw_another_history(mina: Person, room: bytes, _: BoxTrack) -> None:
    says_to_have_seen(mina, room, b"another history!")


def wants_out(mina: Person, room: bytes, _: BoxTrack) -> None:
    keys = [leaf.encryption_key for leaf in mole(mina, room).members() if leaf.signature_key == mina.me.signature_key]
    order = make_order(mina.mls, mina.me.signature_key, room, mina.account, keys)
    say_anything(mina, room, envelope(mina, Leave(order)))


def claims_another_branch(mina: Person, _: bytes, before: BoxTrack) -> None:
    """One that would lose against ours, and one that would win."""
    for commit in (LOW_FIRST[-1], LOW_FIRST[0]):
        claims(mina, before.keys, commit, ())


def begins_an_epoch(mina: Person, room: bytes, _: BoxTrack) -> None:
    """Nobody shows up in it, so that the branch would be announced."""
    forge(mina, room, Kind.COMMIT, mole(mina, room).commit(mina.mls.signer, update=True).commit)


def all_frames(world: World) -> dict[bytes, list[bytes]]:
    return {address: frames_at(world, address) for address in world.relay.boxes}


@pytest.mark.parametrize(
    "probe", [lacks, cannot_read, saw_another_history, wants_out, claims_another_branch, begins_an_epoch]
)
def test_a_blocked_contact_finds_out_nothing_by_what_a_device_does(
    probe: Callable[[Person, bytes, BoxTrack], None],
) -> None:
    """Every box is as they left it, for a day, though the device reads what they put there."""
    world, mina, jun, room, before = shut_room(3)
    probe(mina, room, before)
    left = all_frames(world)
    world.settle(span=24 * HOUR, most=4_000)
    assert left == all_frames(world)
    assert jun.phase(room) == "joined"
    assert all(
        track.position == world.relay.boxes[bytes(track.keys.box.address)].head
        for track in jun.look(room).boxes  # type: ignore[union-attr]
        if bytes(track.keys.box.address) in world.relay.boxes
    )
