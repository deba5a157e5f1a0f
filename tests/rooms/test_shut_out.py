"""A commit whose path secrets say nothing to some: they go on without whoever could follow, and find them again."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256

from nullabona.client.core.sync.closed_boxes import MAX_CLOSED
from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, people, remove, update_keys
from tests.rooms.hostile_device import HostileDevice
from tests.rooms.kept import KeptEpoch, branch
from tests.rooms.watching import Watch
from tests.rooms.world import World

MINUTE = 60_000


def commit_in(liar: HostileDevice, kept: KeptEpoch) -> tuple[KeptEpoch, bytes]:
    """One more lawful commit into the box of an epoch: where it leads, and its hash."""
    group = kept.group()
    commit = group.commit(kept.signer, update=True).commit
    group.merge_pending()
    liar._put(kept, Kind.COMMIT, commit)
    digest = sha256(commit).digest()
    return branch(kept, group, commit, digest, ()), digest


def test_whoever_alone_followed_a_storm_comes_back_when_the_liar_is_put_out() -> None:
    """It is led through more epochs than boxes are followed; the others say where it was last that they went on."""
    world = World(91)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    liar, noise = HostileDevice(m, room, [a, b]), set[tuple[bytes, bytes]]()
    m.online = False
    before = a.epoch(room)
    with Watch(Counter(), {}, set(), noise).on():
        at, digest = commit_in(liar, liar.kept[-1])
        noise.add((a.certificate, digest))
        b.online = False
        world.settle(span=30 * MINUTE)
        update_keys(a, room)
        world.settle(span=MINUTE)
        b.online = True
        for _ in range(MAX_CLOSED + 12):
            at, _ = commit_in(liar, at)
            world.settle(span=500)
        world.settle(span=MINUTE)
        assert (before + 1, before + MAX_CLOSED + 13) == (a.epoch(room), b.epoch(room))
        remove(a, room, m)
        world.settle(span=60 * MINUTE, most=4_000)
        assert m.account not in b.members(room)
        all_well(world, room, a, b)
