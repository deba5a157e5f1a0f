"""Bug classes 18 to 21, 24 to 27 and 30: messages that get stuck, lost, doubled, or sent where they should not go."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from nullabona.client.core import commands
from nullabona.client.core.model.outbox_targets import InboxFrame, RoomFrame
from nullabona.client.core.model.records import MessageState, OutboxItem
from nullabona.client.core.step import Step
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Refusal
from nullabona.wire.padding import BUCKETS
from tests.core.stage import box_of
from tests.rooms.audit import outbox_of
from tests.rooms.faults import DeadError, FailingStore, make_mortal
from tests.rooms.hostile import drop_in, forge, frames_at, kinds, mole, people, put, say_anything, standing
from tests.rooms.world import Person, World

HOUR = 3_600_000


def states(person: Person, room: bytes) -> list[MessageState]:
    return [message.state for message in person.messages(room)]


def command(person: Person, room: bytes, what: Callable[[Step, bytes], object]) -> None:
    with person.engine.step(person.world.now, room) as step:
        what(step, room)


def test_class_18_poison_at_the_head_of_a_box_blocks_nothing() -> None:
    """A hundred frames that nobody can read, of every kind, come first: the next message is shown all the same."""
    world = World(1)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    put(b, room, *(world.dice.bytes(BUCKETS[number % 4]) for number in range(50)))
    put(b, room, b"", b"short", bytes(512))
    for number in range(25):
        forge(b, room, Kind.MESSAGE, world.dice.bytes(number * 7))
        forge(b, room, Kind.SETTLED, world.dice.bytes(number * 7))
        say_anything(b, room, world.dice.bytes(number * 7))
    a.send(room, "after the poison")
    world.settle()
    c.send(room, "nothing happened")
    world.settle()
    assert [["after the poison", "nothing happened"]] * 3 == [person.texts(room) for person in (a, b, c)]
    assert len(standing(world, room)) == 1


def test_class_18_poison_in_an_inbox_blocks_nothing() -> None:
    """Strangers may fill an inbox with rubbish, sealed or not: the invitation behind it is acted on."""
    world = World(2)
    a, b = people(world, 2)
    address = bytes(b.card.inbox.address)
    for number in range(60):
        world.relay.append(address, world.dice.bytes(512 + number))
        drop_in(world, b, world.dice.bytes(number))
        drop_in(world, b, b"\x00" + world.dice.bytes(number))
        drop_in(world, b, b"\x01" + world.dice.bytes(number))
    room = world.group(a, b)
    assert len(standing(world, room)) == 1


def test_class_19_nothing_is_acknowledged_before_it_is_stored() -> None:
    """A receiver that dies in the step that takes a message acknowledges nothing; started again, it has the message."""
    for late in (False, True):
        world = World(3)
        a, b = people(world, 2)
        room = world.group(a, b)
        a.send(room, "keep me")
        for item in world.queues(a):
            world.post(a, item)
        world.read(a, room, a.engine.reads(room)[-1])
        store = make_mortal(b)
        store.commits, store.die_at_commit, store.late = 0, 1, late
        with pytest.raises(DeadError):
            world.read(b, room, b.engine.reads(room)[-1])
        b.crash()
        assert ([MessageState.SENT], ["keep me"] if late else []) == (states(a, room), b.texts(room))
        assert [] == [item for item in outbox_of(b) if isinstance(item.target, RoomFrame)]
        world.settle()
        assert ([MessageState.DELIVERED], ["keep me"]) == (states(a, room), b.texts(room))


class PickyWorld(World):
    """A world whose relay refuses what ``refuses`` says."""

    refuses: Callable[[OutboxItem], str] = staticmethod(lambda item: "")

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.tried: list[tuple[str, OutboxItem, int]] = []

    def post(self, person: Person, item: OutboxItem, *, lose_request: bool = False, lose_answer: bool = False) -> None:
        self.tried.append((person.name, item, self.now))
        code = self.refuses(item)
        if code == "unsent":
            person.engine.on_unsent(item, self.now)
        elif code:
            person.engine.on_sent(item, Refusal(code), self.now)
        else:
            super().post(person, item, lose_request=lose_request, lose_answer=lose_answer)


@pytest.mark.parametrize("code", ["quota", "busy", "unsent", "too-large"])
def test_class_20_one_dead_inbox_holds_up_nobody(code: str) -> None:
    """Of seven who are invited at once, one has an inbox that takes nothing: the others join and hear everything."""
    world = PickyWorld(4)
    a, dead, *others = people(world, 8)
    address = bytes(dead.card.inbox.address)
    world.refuses = lambda item: code if isinstance(item.target, InboxFrame) and box_of(item) == address else ""
    room = world.group(a, dead, *others)
    a.send(room, "hello")
    world.settle()
    assert [["hello"]] * 6 == [person.texts(room) for person in others]
    assert {a.where(room)} == {person.where(room) for person in others}
    assert dead.phase(room) == "none"
    world.refuses = lambda item: ""
    world.settle(span=48 * HOUR, most=4_000)
    assert len(standing(world, room)) == 1


def flap(rounds: int) -> None:
    """Each send's answer or request is lost in turn, readers see two frames at a time: nothing missed or doubled."""
    world = World(5)
    a, b = people(world, 2)
    room = world.group(a, b)
    texts = [f"no {number}" for number in range(rounds)]
    for number, text in enumerate(texts):
        a.send(room, text)
        for item in world.queues(a):
            world.post(a, item, lose_answer=number % 3 == 0, lose_request=number % 3 == 1)
        for person in (a, b):
            for where, want in world.reads(person):
                world.read(person, where, want, limit=2)
        if number % 17 == 0:
            (a if number % 2 else b).crash()
        world.pass_time(700)
    world.settle(span=6 * HOUR, most=4_000)
    assert sorted(texts) == sorted(b.texts(room))
    assert a.texts(room) == b.texts(room)
    assert {MessageState.DELIVERED} == set(states(a, room))


def test_class_21_a_flapping_network_loses_nothing() -> None:
    """A hundred and twenty flaps."""
    flap(120)


@pytest.mark.slow
def test_class_21_a_thousand_flaps_lose_nothing() -> None:
    """A thousand flaps."""
    flap(1_000)


def test_class_24_messages_sent_across_commits_all_arrive() -> None:
    """Everybody talks while everybody commits: every message reaches everybody, the first epoch's and frame's too."""
    world = World(6)
    everybody = people(world, 4)
    room = world.group(*everybody)
    texts = []
    for turn in range(40):
        person = everybody[turn % 4]
        if turn % 3 == 0:
            command(everybody[(turn + 1) % 4], room, commands.update_keys)
        texts.append(f"{person.name} {turn}")
        person.send(room, texts[-1])
        for other in everybody:
            for item in world.queues(other)[: turn % 2 + 1]:
                world.post(other, item)
            where, want = world.reads(other)[-1]
            world.read(other, where, want, limit=3)
    world.settle()
    assert [sorted(texts)] * 4 == [sorted(person.texts(room)) for person in everybody]
    assert len(standing(world, room)) == 1


def test_class_24_epoch_zero_and_frame_one_count() -> None:
    """A room whose creator speaks in epoch 0, alone, goes on: a zero is a number, not an absence."""
    world = World(7)
    a, b = people(world, 2)
    room = world.group(a)
    assert a.epoch(room) == 0
    a.send(room, "to nobody")
    world.settle()
    a.crash()
    assert (0, ["to nobody"]) == (a.epoch(room), a.texts(room))
    world.befriend(a, b)
    command(a, room, lambda step, r: commands.add_account(step, r, b.card))
    world.settle()
    b.send(room, "hello")
    world.settle()
    assert (["to nobody", "hello"], ["hello"]) == (a.texts(room), b.texts(room))


def test_class_24_a_group_that_empties_and_fills_again_works() -> None:
    """A group of four shrinks to one and grows to four again: everybody hears everybody."""
    world = World(8)
    a, *others = people(world, 4)
    room = world.group(a, *others)
    for other in others:
        command(a, room, lambda step, r, account=other.account: commands.remove_account(step, r, account))  # type: ignore[misc]
    world.settle()
    assert {a.account} == a.members(room)
    a.send(room, "alone")
    for other in others:
        command(a, room, lambda step, r, card=other.card: commands.add_account(step, r, card))  # type: ignore[misc]
    world.settle()
    for person in (a, *others):
        person.send(room, f"from {person.name}")
    world.settle()
    back = {f"from {person.name}" for person in world.people}
    assert [back | {"alone"}, back, back, back] == [set(person.texts(room)) for person in world.people]


def test_class_25_many_rooms_survive_a_restart() -> None:
    """Two dozen rooms, all reloaded from the store at once: none is begun anew, each goes on in its epoch."""
    world = World(9)
    a, b = people(world, 2)
    world.befriend(a, b)
    rooms = []
    for number in range(24):
        with a.engine.step(world.now) as step:
            room = commands.create_group(step, f"room {number}")
            commands.add_account(step, room, b.card)
        rooms.append(room)
    world.settle(span=60_000)
    before = [(b.where(room), mole(b, room).epoch_authenticator) for room in rooms]
    for person in (a, b):
        person.crash()
    assert before == [(b.where(room), mole(b, room).epoch_authenticator) for room in rooms]
    for room in rooms:
        b.send(room, "again")
    world.settle(span=60_000)
    assert [["again"]] * 24 == [a.texts(room) for room in rooms]


def read_both(world: World, person: Person, room: bytes) -> None:
    """Read the room's box and the inbox."""
    world.read(person, room, person.engine.reads(room)[-1])
    world.read(person, *world.reads(person)[0])


@pytest.mark.parametrize("call", ["load_room", "mls_rows", "mls_generation", "get_value", "devices", "frame"])
def test_class_26_a_failed_look_up_is_an_error_not_an_absence(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """When the store cannot answer, the step fails and nothing is made anew; when it can again, all goes on."""
    world = World(10)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = (b.where(room), mole(b, room).epoch_authenticator)
    a.send(room, "hello")
    for item in world.queues(a):
        world.post(a, item)
    b.crash()
    store = make_mortal(b)

    def failing(*args: object, **named: object) -> object:
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(store, call, failing, raising=False)
        with pytest.raises(OSError, match="input/output"):
            read_both(world, b, room)
    assert before == (b.where(room), mole(b, room).epoch_authenticator)
    world.settle()
    assert ["hello"] == b.texts(room)
    assert kinds(b, room, "joined") == ["joined"]


@pytest.mark.parametrize("code", ["unauthorized", "forbidden", "busy", "internal", "not-found", "quota", "unsent"])
def test_class_27_refusals_never_change_what_is_sent_or_where(code: str) -> None:
    """Whatever the relay answers, the same sealed bytes go to the same relay again: no other form, place or key."""
    world = PickyWorld(11)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.tried.clear()
    box = a.where(room)
    world.refuses = lambda item: code
    a.send(room, "the plain words")
    world.settle(span=HOUR)
    sent = {(item.target.kind, box_of(item), item.data, item.target.relay) for _, item, _ in world.tried}
    assert len(world.tried) > 3
    assert {"room-frame"} == {kind for kind, _, _, _ in sent}
    assert {box} == {where for _, where, _, _ in sent}
    assert {a.me.relay} == {relay for _, _, _, relay in sent}
    assert set(BUCKETS) >= {len(data) for _, _, data, _ in sent}
    assert not any(b"plain words" in data for _, _, data, _ in sent)
    first = next(item.data for name, item, _ in world.tried if name == a.name)
    world.refuses = lambda item: ""
    world.settle(span=HOUR)
    assert first in frames_at(world, box)
    assert ["the plain words"] == b.texts(room)


@pytest.mark.parametrize("code", ["quota", "unsent"])
def test_class_30_a_full_box_is_not_stormed(code: str) -> None:
    """A box at its quota for 48 hours: one item asks for all, restarts do not forget, then all goes out in order."""
    world = PickyWorld(12)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.tried.clear()
    world.refuses = lambda item: code if isinstance(item.target, RoomFrame) else ""
    texts = [f"no {number}" for number in range(20)]
    for text in texts:
        a.send(room, text)
    for _ in range(48):
        world.settle(span=HOUR)
        a.crash()
        texts.append(f"later {len(texts)}")
        a.send(room, texts[-1])
    tries = [(item.ref, at) for name, item, at in world.tried if name == a.name]
    assert len({ref for ref, _ in tries}) == 1
    assert 48 < len(tries) < 48 * 60 // 7
    assert min(after - before for (_, before), (_, after) in pairwise(tries[12:])) >= world.timing.retry_most // 2
    world.refuses = lambda item: ""
    world.settle(span=world.timing.retry_most)
    assert texts == b.texts(room)
    world.settle(
        span=2 * HOUR
    )  # what nobody reads is told when its receipt comes, after a quarter of an hour on average
    assert {MessageState.DELIVERED} == set(states(a, room))


def test_class_30_repeats_of_an_inbox_item_are_few() -> None:
    """An invitation that nobody answers is sent again a dozen times at most, further and further apart."""
    world = World(13)
    a, b = people(world, 2)
    room = world.group(a)
    world.befriend(a, b)
    b.online = False
    command(a, room, lambda step, r: commands.add_account(step, r, b.card))
    world.settle(span=90 * 24 * HOUR, most=20_000)
    assert 3 < len(frames_at(world, bytes(b.card.inbox.address))) <= 13


def test_class_26_a_store_that_fails_while_joining_begins_no_second_room() -> None:
    """Death at every write of the step that joins leaves the invitation to be acted on once."""
    for write in range(1, 400):
        world = World(14)
        a, b = people(world, 2)
        room = world.group(a)
        world.befriend(a, b)
        b.online = False
        command(a, room, lambda step, r, card=b.card: commands.add_account(step, r, card))  # type: ignore[misc]
        world.settle(span=60_000)
        store = make_mortal(b)
        store.die_at_write = write
        b.online = True
        if not dies_once(world, b, store):
            break
        world.settle()
        assert ["joined"] == kinds(b, room, "joined")
        assert len(standing(world, room)) == 1
    assert write > 10


def dies_once(world: World, person: Person, store: FailingStore) -> bool:
    try:
        for _ in range(4):
            world.turn(person)
    except DeadError:
        person.crash()
        return True
    return False
