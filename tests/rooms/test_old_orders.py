"""A person's old order to leave, which every member holds, does not remove them after they came back."""

from __future__ import annotations

from nullabona.client.core import commands
from nullabona.client.core.model.content import Leave
from nullabona.client.core.model.proofs import CommitNote, encode_note, make_order
from nullabona.wire.frame import Kind
from tests.rooms.hostile import add, all_well, envelope, forge, mole, people, say_anything
from tests.rooms.world import World


def test_an_old_leave_order_removes_nobody_who_came_back() -> None:
    """Replayed after the person was added again, their own signed order to leave does nothing."""
    world = World(7)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    with b.engine.step(world.now, room) as step:
        keys = [d.encryption_key for d in step.roster(room).values() if d.account == b.account]
        order = make_order(step.mls, b.me.signature_key, room, b.account, keys)
        commands.leave(step, room)
    world.settle(span=7_200_000)
    assert ({a.account, c.account}, "left") == (a.members(room), b.phase(room))
    add(a, room, b)
    world.settle(span=7_200_000)
    before = a.epoch(room)
    say_anything(c, room, envelope(c, Leave(order)))
    leaf = next(m.leaf for m in mole(c, room).members() if m.signature_key == b.me.signature_key)
    bundle = mole(c, room).commit(c.mls.signer, remove=[leaf], aad=encode_note(CommitNote((order,))))
    forge(c, room, Kind.COMMIT, bundle.commit)
    all_well(world, room, a, b)
    assert (before, {a.account, b.account, c.account}) == (a.epoch(room), a.members(room))
