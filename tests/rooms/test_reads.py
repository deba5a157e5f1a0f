"""What a read of a room's box brings: markers, copies, late blobs, claims, and answers that come twice or too late."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from msgspec.structs import replace

from nullabona.client.core import commands
from nullabona.client.core.model.content import Receipt, Text
from nullabona.client.core.model.outbox_targets import RoomFrame
from nullabona.client.core.model.records import MessageState, OutboxItem
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.frame import Kind
from nullabona.wire.messages import Refusal
from tests.rooms.audit import audit_order, audit_rest
from tests.rooms.hostile import (
    all_well,
    claim,
    envelope,
    forge,
    kinds,
    mole,
    people,
    say_anything,
    standing,
    update_keys,
    warnings,
)
from tests.rooms.world import Person, World

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def marker(person: Person, room: bytes, account: bytes) -> int | None:
    with person.store.transaction():
        return person.store.marker(room, account)


def mark(person: Person, room: bytes, message: bytes) -> None:
    with person.engine.step(person.world.now, room) as step:
        commands.mark_read(step, room, message)


# -- markers ------------------------------------------------------------------------------------------------------


def test_a_marker_moves_forward_and_is_seen_by_all() -> None:
    """Reading an older message afterwards, an unknown one, or one that is not out yet, moves nothing."""
    world = World(1)
    a, b = people(world, 2)
    room = world.group(a, b)
    first = a.send(room, "first")
    world.settle()
    second = a.send(room, "second")
    world.settle()
    places = [message.position for message in b.messages(room)]
    mark(b, room, second)
    for other in (first, bytes(16), b.send(room, "not out yet")):
        mark(b, room, other)
    assert places[1] == marker(b, room, b.account)
    world.settle()
    assert places[1] == marker(a, room, b.account)
    assert ["read"] == kinds(a, room, "read")


def test_a_marker_for_a_message_that_is_late_counts_when_it_comes() -> None:
    """One reader has read a large message whose blob another cannot fetch yet: the mark waits for the message."""
    world = World(2)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    message = a.send(room, "큰 글 " * 20_000)
    c.online = False
    world.settle(span=MINUTE)
    hidden = dict(world.relay.blobs)
    world.relay.blobs.clear()
    mark(b, room, message)
    c.online = True
    world.settle(span=MINUTE)
    assert ([], -1) == (c.texts(room), marker(c, room, b.account))
    world.relay.blobs.update(hidden)
    world.settle()
    assert (1, c.messages(room)[0].position) == (len(c.texts(room)), marker(c, room, b.account))
    audit_rest(world, room)


def test_a_marker_that_names_nothing_is_harmless() -> None:
    """A member who says they read a message that nobody wrote has read nothing, and the room goes on."""
    world = World(3)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = marker(a, room, b.account)
    say_anything(b, room, envelope(b, Receipt(), marker=b"\x07" * 16))
    a.send(room, "hello")
    world.settle()
    assert (before, ["hello"]) == (marker(a, room, b.account), b.texts(room))


# -- copies -------------------------------------------------------------------------------------------------------


def test_nobody_replaces_another_persons_message() -> None:
    """A message under the id of somebody else's is dropped: neither its words nor its place change anything."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    message = a.send(room, "what I said")
    world.settle()
    before = c.messages(room)
    say_anything(b, room, envelope(b, Text("what I never said"), id=message))
    world.settle()
    assert before == c.messages(room)
    assert [["what I said"]] * 2 == [a.texts(room), c.texts(room)]


def test_answers_that_come_twice_or_late_are_taken_once() -> None:
    """Two answers to one question, and one to an older question, show every message once and in one order."""
    world = World(5)
    a, b = people(world, 2)
    room = world.group(a, b)
    for number in range(3):
        a.send(room, f"no {number}")
        for item in world.queues(a):
            world.post(a, item)
        want = b.engine.reads(room)[-1]
        answer = world.relay.read(want.address, want.after)
        older = world.relay.read(want.address, 0)
        for after, told in ((want.after, answer), (want.after, answer), (0, older)):
            b.engine.on_frames(room, want.address, after, told, world.now)
    world.settle()
    assert ["no 0", "no 1", "no 2"] == b.texts(room)
    assert len(kinds(b, room, "message")) == 3
    audit_order([a, b], room)


def test_answers_about_a_box_we_were_removed_by_are_taken_once_too() -> None:
    """While the device watches the box that removed it, a late answer moves nothing back."""
    world = World(6)
    a, b = people(world, 2)
    room = world.group(a, b)
    with a.engine.step(world.now, room) as step:
        commands.remove_account(step, room, b.account)
    world.settle(span=MINUTE)
    (want,) = b.engine.reads(room)
    for after in (0, want.after + 7, 0):
        b.engine.on_frames(room, want.address, after, world.relay.read(want.address, 0), world.now)
    assert (want,) == b.engine.reads(room)


# -- refusals for good --------------------------------------------------------------------------------------------


class RefusingWorld(World):
    """A world whose relay will never take what ``refuses`` picks."""

    refuses: Callable[[OutboxItem], bool] = staticmethod(lambda item: False)

    def post(self, person: Person, item: OutboxItem, *, lose_request: bool = False, lose_answer: bool = False) -> None:
        if self.refuses(item):
            person.engine.on_sent(item, Refusal("too-large"), self.now)
        else:
            super().post(person, item, lose_request=lose_request, lose_answer=lose_answer)


def test_a_refusal_holds_a_message_up_for_an_hour_at_most() -> None:
    """However long a relay that lies asks to wait: once it is honest, what was said goes out."""
    world = World(8)
    a, b = people(world, 2)
    room = world.group(a, b)
    a.send(room, "held back")
    for item in world.queues(a):
        a.engine.on_sent(item, Refusal("busy", 604_800), world.now)
    world.settle(span=90 * MINUTE)
    assert ["held back"] == b.texts(room)


def test_a_message_that_the_relay_never_takes_has_failed() -> None:
    """The person is told which; what is written afterwards goes out."""
    world = RefusingWorld(7)
    a, b = people(world, 2)
    room = world.group(a, b)
    world.refuses = lambda item: isinstance(item.target, RoomFrame)
    message = a.send(room, "too much for it")
    for item in world.queues(a):
        world.post(a, item)
    world.refuses = lambda item: False
    assert [MessageState.FAILED] == [found.state for found in a.messages(room) if found.id == message]
    assert [{"code": "too-large", "what": "room-frame"}] == [data for kind, _, data in a.events() if kind == "refused"]
    a.send(room, "the next one")
    world.settle()
    assert ["the next one"] == b.texts(room)


def test_a_commit_that_the_relay_never_takes_is_dropped() -> None:
    """The change is not made, which the person is told; the room is as it was, for everybody, and can be changed."""
    world = RefusingWorld(8)
    a, b = people(world, 2)
    room = world.group(a, b)
    before = a.epoch(room)
    world.refuses = lambda item: isinstance(item.target, RoomFrame)
    update_keys(a, room)
    for item in world.queues(a):
        world.post(a, item)
    world.refuses = lambda item: False
    world.settle()
    assert ([before] * 2, ["refused"]) == ([person.epoch(room) for person in (a, b)], kinds(a, room, "refused"))
    update_keys(a, room)
    all_well(world, room, a, b)
    assert a.epoch(room) == before + 1


# -- commits in blobs and claims about them -----------------------------------------------------------------------


def indirect_claim(world: World, b: Person, room: bytes) -> tuple[bytes, tuple[tuple[bytes, bytes], ...]]:
    """Put a claim of a real commit into the box, in a blob that the relay has not: the commit's hash and the chunks."""
    commit = mole(b, room).commit(b.mls.signer, update=True).commit
    ref, chunks = cut_blob(world.dice.bytes(32), claim(b, room, commit))
    forge(b, room, Kind.SETTLED, encode_ref(ref), indirect=True)
    return sha256(commit).digest(), chunks


def test_a_settled_commit_in_a_blob_is_waited_for() -> None:
    """It beats a commit that came later and is here already, as long as its blob comes within the time for blobs."""
    world = World(9)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    digest, chunks = indirect_claim(world, b, room)
    update_keys(c, room)
    only = [a, c]
    b.online = False
    world.settle(span=30_000)
    assert [before] * 2 == [person.epoch(room) for person in only]
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    world.settle(span=HOUR)
    assert len({person.where(room) for person in only}) == 1
    assert commits(a, room, before) == commits(c, room, before)
    assert digest == commits(a, room, before)[0]
    assert before + 2 == a.epoch(room)


def commits(person: Person, room: bytes, since: int) -> list[bytes]:
    """The commits that ended the epochs from ``since`` on."""
    with person.engine.step(person.world.now) as step:
        return [merged.commit for merged in step.room(room).history if merged.epoch >= since]


def test_a_settled_commit_whose_blob_never_comes_is_passed_over() -> None:
    """After the time for blobs the next commit wins; nobody is held up for ever by a claim."""
    world = World(10)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    indirect_claim(world, b, room)
    update_keys(c, room)
    world.settle(span=30_000)
    assert [before] * 2 == [person.epoch(room) for person in (a, c)]
    world.settle(span=10 * MINUTE)
    assert [before + 1] * 2 == [person.epoch(room) for person in (a, c)]
    assert [[], []] == [warnings(person) for person in (a, c)]


def test_a_claim_that_a_commit_removed_somebody_must_be_true() -> None:
    """A well signed claim for a real commit that names a removal which the commit does not hold settles nothing."""
    world = World(11)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    before = a.epoch(room)
    commit = mole(b, room).commit(b.mls.signer, update=True).commit
    forge(b, room, Kind.SETTLED, claim(b, room, commit, (c.account,)))
    world.settle(span=10 * MINUTE)
    assert [before] * 2 == [person.epoch(room) for person in (a, c)]
    all_well(world, room, a, b, c)
    assert {a.account, b.account, c.account} == a.members(room)


@pytest.mark.parametrize("case", ["no reference", "another size"])
@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.COMMIT, Kind.SETTLED])
def test_a_reference_that_leads_to_nothing_is_passed_over(kind: Kind, case: str) -> None:
    """A frame whose content is said to lie in a blob that does not exist, or is not that blob, holds up nothing."""
    world = World(12)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    ref, chunks = cut_blob(world.dice.bytes(32), b"content")
    for _, chunk in chunks:
        world.relay.put_blob(chunk)
    wrong = encode_ref(replace(ref, size=ref.size + 1))
    forge(b, room, kind, wrong if case == "another size" else b"no reference", indirect=True)
    a.send(room, "after it")
    world.settle(span=MINUTE)
    assert ["after it"] == c.texts(room)
    assert [] == a.engine.chunk_requests(world.now + DAY)
    all_well(world, room, a, b, c)


# -- long absences ------------------------------------------------------------------------------------------------


def test_whoever_was_away_for_more_epochs_than_are_followed_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others follow only so many old boxes; the one who was away reads through all of them and misses nothing."""
    monkeypatch.setattr("nullabona.client.core.sync.closed_boxes.MAX_CLOSED", 6)
    monkeypatch.setattr("nullabona.client.core.sync.closed_boxes.OLDEST_KEPT", 2)
    world = World(13)
    a, b = people(world, 2)
    room = world.group(a, b)
    b.online = False
    texts = []
    for number in range(16):
        texts.append(f"in epoch {number}")
        a.send(room, texts[-1])
        update_keys(a, room)
        world.settle(span=5_000)
    assert len(a.engine.reads(room)) == 7
    b.online = True
    world.settle(span=2 * HOUR, most=2_000)
    assert (texts, 1) == (b.texts(room), len(standing(world, room)))


def test_whoever_is_alone_in_a_room_renews_no_keys() -> None:
    """Weeks later the room is in the epoch in which it was; with somebody else in it, keys are renewed."""
    world = World(14)
    a, b = people(world, 2)
    room, other = world.group(a), world.group(a, b, name="with another")
    before = (a.epoch(room), a.epoch(other))
    world.settle(span=20 * DAY, most=4_000)
    assert before[0] == a.epoch(room)
    assert before[1] < a.epoch(other)


def test_a_commit_that_nobody_follows_is_no_fork() -> None:
    """Alone for days because the others are off, without another branch in sight, there is nothing to warn of."""
    world = World(15)
    a, b = people(world, 2)
    room = world.group(a, b)
    b.online = False
    update_keys(a, room)
    world.settle(span=4 * DAY, most=4_000)
    assert [] == warnings(a)
    b.online = True
    all_well(world, room, a, b)


# -- what is written down by mistake ------------------------------------------------------------------------------


def test_no_secret_is_in_a_repr() -> None:
    """A room's state, a box's and the inbox's say where they are and nothing that opens anything."""
    from nullabona.client.core.devices import inbox_state

    world = World(16)
    a, b = people(world, 2)
    room = world.group(a, b)
    with a.engine.step(world.now) as step:
        state = step.room(room)
        box = inbox_state.load(step)
    assert box is not None
    track = state.current
    assert f"<RoomState joined epoch={track.epoch}>" == repr(state)
    assert f"<BoxTrack epoch={track.epoch} position={track.position} closed=False>" == repr(track)
    assert f"<InboxState position={box.position}>" == repr(box)


# -- closed boxes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True])
def test_a_closed_box_is_emptied_once_everybody_has_all_of_it(*, late: bool) -> None:
    """Also if a frame came into it when everybody had gone on already: a member who was removed may fill it."""
    world = World(4)
    a, b, c = people(world, 3)
    room = world.group(a, b, c)
    a.send(room, "before")
    world.settle()
    address = a.where(room)
    with a.engine.step(world.now, room) as step:
        commands.remove_account(step, room, c.account)
    for _ in range(6):
        world.quiet()
    relay = world.relay
    assert relay.read(address, 0).frames
    a.send(room, "after")
    world.settle(span=MINUTE)
    if late:
        b.online = False
        relay.append(address, b"filled")
    world.settle(span=2 * HOUR)
    b.online = True
    world.settle(span=DAY)
    assert () == relay.read(address, 0).frames
