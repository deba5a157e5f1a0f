"""What noise costs whoever reads it, by whomever and in whatever box: counts, not times."""

from __future__ import annotations

from collections import Counter

import nullabona_mls as native
import pytest

from nullabona.wire.frame import Kind
from tests.rooms.hostile import all_well, mole, people, remove, say_anything, track_of, warnings
from tests.rooms.insiders import COMMIT, SUITE_NAMES, SUITES, aad_of, insider, messages_in
from tests.rooms.test_own_leaf import put_into
from tests.rooms.world import World

AHEAD, OWN_AHEAD, NEAR = 128, 4_096, 8
OF_LEAF, OF_EPOCH = 8, 64


def tried(group: native.Group, bodies: list[bytes]) -> Counter[str]:
    """How a device's handle refuses messages: "verify" after it stepped to their key, "too-far" without a step."""
    found: Counter[str] = Counter()
    for body in bodies:
        with pytest.raises(native.Invalid) as caught:
            group.process(body)
        found[caught.value.code] += 1
    return found


@pytest.mark.parametrize("kind", [1, COMMIT], ids=["messages", "commits"])
@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_noise_that_names_a_leaf_is_looked_into_eight_times(suite: int, kind: int) -> None:
    """Then nobody steps more than seven generations for it: a thousand such frames cost 8 · 128 steps, and not a
    thousand times 2,000.
    """
    world = World(20, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    kept, reader = insider(m, room), mole(a, room)
    leaf = kept.leaves[b.me.device]
    far = [kept.claiming(leaf, AHEAD - 10, kind) for _ in range(300)]
    assert Counter({"verify": OF_LEAF, "too-far": 300 - OF_LEAF}) == tried(reader, far)
    head = mole(b, room).said if kind == 1 else 0
    near = [kept.claiming(leaf, head + ahead, kind) for ahead in (0, NEAR - 1, NEAR)]
    assert Counter({"verify": 2, "too-far": 1}) == tried(reader, near)
    if kind == 1:
        speaker = mole(b, room)
        honest = speaker.encrypt(b.mls.signer, b"honest", speaker.said.to_bytes(4, "big"))
        assert b"honest" == reader.process(honest).plaintext


def test_nothing_further_ahead_than_128_is_looked_for() -> None:
    world = World(21)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    kept, reader, speaker = insider(m, room), mole(a, room), mole(b, room)
    beyond = kept.claiming(kept.leaves[b.me.device], speaker.said + AHEAD + 1)
    assert Counter({"too-far": 200}) == tried(reader, [beyond] * 200)
    for _ in range(AHEAD):
        speaker.encrypt(b.mls.signer, b"lost", speaker.said.to_bytes(4, "big"))
    last = speaker.encrypt(b.mls.signer, b"the furthest", speaker.said.to_bytes(4, "big"))
    assert b"the furthest" == reader.process(last).plaintext


def test_noise_in_the_name_of_all_is_looked_into_64_times_an_epoch() -> None:
    world = World(22)
    members = people(world, 12)
    room = world.group(*members)
    kept, reader = insider(members[0], room), mole(members[1], room)
    leaves = [leaf for device, leaf in kept.leaves.items() if device != members[1].me.device]
    bodies = [kept.claiming(leaf, 100) for _ in range(7) for leaf in leaves]
    assert Counter({"verify": OF_EPOCH, "too-far": len(bodies) - OF_EPOCH}) == tried(reader, bodies)


def test_noise_that_names_the_reader_is_bounded_as_well_and_hides_no_copy() -> None:
    """What our leaf really signed lies at its next generation, and is seen behind a thousand false frames."""
    world = World(23)
    a, m = people(world, 2)
    room = world.group(a, m)
    kept, reader, copy = insider(m, room), mole(a, room), mole(a, room)
    reader.caught_up()
    own = kept.leaves[a.me.device]
    for generation in (100, 1_000_000) * 50:
        assert "own_echo" == reader.process(kept.claiming(own, generation)).kind
    said = copy.encrypt(a.mls.signer, b"from a copy", copy.said.to_bytes(4, "big"))
    assert "own_other" == reader.process(said).kind


@pytest.mark.slow
def test_a_removed_member_costs_a_closed_box_little_and_the_room_nothing() -> None:
    """A thousand frames into the box of its last epoch; the others hear one another meanwhile."""
    world = World(24)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    kept = insider(m, room)
    remove(a, room, m)
    world.settle()
    m.online = False
    for number in range(1_000):
        kept.put(kept.claiming(number % 2, 100))
    all_well(world, room, a, b)
    assert [] == warnings(a) == warnings(b)


def test_what_was_said_beyond_the_window_gets_through_all_the_same() -> None:
    """The relay lost more of one sender than others look ahead: it says so again twice, and then in a new epoch."""
    world = World(25)
    a, b = people(world, 2)
    room = world.group(a, b)
    with b.engine.step(world.now, room) as step:
        for _ in range(AHEAD + 20):
            step.mls.group(room).encrypt(b"never sent")
    before = b.epoch(room)
    b.send(room, "at last")
    world.settle(span=2 * 3_600_000)
    assert ["at last"] == a.texts(room)
    assert before + 1 == b.epoch(room)
    all_well(world, room, a, b)


@pytest.mark.parametrize("suite", SUITES, ids=SUITE_NAMES)
def test_nobody_uses_up_what_somebody_says_next(suite: int) -> None:
    """MLS signs no generation: sealed again at the next ones, what a member said takes the place of what they say."""
    world = World(26, suite=suite)
    a, b, m = people(world, 3)
    room = world.group(a, b, m)
    say_anything(b, room, b"said once")
    number, later = aad_of(messages_in(b, room)[-1]), mole(b, room)
    for _ in range(3):
        put_into(b, room, Kind.MESSAGE, later.encrypt(b.mls.signer, b"said once", number))
    world.turn(a)
    b.send(room, "said next")
    world.settle()
    assert ["said next"] == a.texts(room) == m.texts(room)
    assert track_of(a, room).epoch == track_of(b, room).epoch


@pytest.mark.parametrize(("lost", "seen"), [(OWN_AHEAD, "own_other"), (OWN_AHEAD + 1, "own_echo")])
def test_a_copy_is_told_by_what_its_device_said_so_many_messages_later(lost: int, seen: str) -> None:
    """Members trim what all have: of what was said since the copy was made, perhaps only the last is there."""
    world = World(24)
    a, m = people(world, 2)
    room = world.group(a, m)
    copy, device = mole(a, room), mole(a, room)
    copy.caught_up()
    for _ in range(lost):
        device.encrypt(a.mls.signer, b"trimmed", device.said.to_bytes(4, "big"))
    last = device.encrypt(a.mls.signer, b"the last", device.said.to_bytes(4, "big"))
    assert seen == copy.process(last).kind
