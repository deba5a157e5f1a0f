"""Answers to contact requests come in a box that only the two know of, and not into the asker's inbox (spec §9)."""

from __future__ import annotations

from collections.abc import Container

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import requests, trust
from nullabona.client.core.delivery import reply_boxes
from nullabona.client.core.delivery.reply_boxes import FOLLOWED_DAYS
from nullabona.client.core.model.inbox_items import ContactRequest, Gone
from nullabona.client.core.model.outbox_targets import ReplyFrame
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.model.requests import INBOX, REPLIES
from nullabona.client.runner.outbox import request_for
from nullabona.wire.address import Address
from nullabona.wire.messages import POLICY_ROOM, Append, Appended, Frames
from nullabona.wire.wakes import wake_token
from tests.rooms.hostile import frames_at
from tests.rooms.model_relay import Dice, ModelRelay
from tests.rooms.test_devices import pair_of_devices
from tests.rooms.test_people import accept, ask, pair, state_of
from tests.rooms.world import RELAY, Person, World

DAY = 86_400_000
HOUR = 3_600_000


def reply_box(person: Person) -> Address:
    """The one reply box that a device reads."""
    (want,) = person.engine.reads(REPLIES)
    return want.address


def came(world: World, person: Person) -> int:
    """How many items ever came into a person's inbox."""
    box = world.relay.boxes.get(person.card.inbox.address)
    return box.head - box.before if box is not None else 0


def test_the_answer_does_not_come_into_the_inbox() -> None:
    """It comes at once, into the reply box, which is read no more then; nothing ever lay in the asker's inbox."""
    world, mina, jun = pair(41)
    ask(mina, jun)
    address = reply_box(mina)
    world.settle(span=60_000)
    room = accept(jun, mina).room
    world.settle(span=60_000)
    assert [ContactState.ACCEPTED] * 2 == [state_of(mina, jun), state_of(jun, mina)]
    assert "joined" == mina.phase(room)
    assert 0 == came(world, mina)
    assert 1 == len(frames_at(world, address))
    assert [INBOX, room] == mina.engine.read_for()
    assert () == mina.engine.reads(REPLIES)


def test_it_is_read_as_a_room_of_two_is() -> None:
    """By the first of two wake tokens, which the answer wakes, on the same ways."""
    world, mina, jun = pair(42)
    ask(mina, jun)
    (want,) = mina.engine.reads(REPLIES)
    assert POLICY_ROOM == want.box.policy
    with mina.engine.step(world.now) as step:
        secret = reply_boxes.secret_for(step, jun.account)
    with jun.engine.step(world.now) as step:
        reply_boxes.queue_reply(step, secret, mina.card.inbox, RELAY, Gone(bytes(32)))
    (sent,) = [item for item in jun.engine.due(world.now) if isinstance(item.target, ReplyFrame)]
    assert "one-shot" == sent.target.route
    request = request_for(sent)
    assert isinstance(request, Append)
    assert request.wake is not None
    assert (want.wake_secret, want.wake_token, 2) == (request.wake[0], wake_token(request.wake[0], 0), request.wake[1])
    assert (want.box.policy, want.box.read_hash) == (request.policy, request.read_hash)


@pytest.mark.parametrize("size", [1, 31])
def test_a_secret_of_another_size_is_none(size: int) -> None:
    """Such a request is answered in the inbox."""
    world, mina, jun = pair(54)
    ask(mina, jun)
    world.settle(span=60_000)
    with jun.engine.step(world.now) as step:
        reply_boxes.note(step, mina.account, bytes(size))
    accept(jun, mina)
    world.settle(span=60_000)
    assert (ContactState.ACCEPTED, 1) == (state_of(mina, jun), came(world, mina))


@pytest.mark.parametrize("end", ["decline", "block", "forget"])
def test_nothing_of_it_is_kept_by_who_does_not_answer(end: str) -> None:
    world, mina, jun = pair(55)
    ask(mina, jun)
    world.settle(span=60_000)
    with jun.engine.step(world.now) as step:
        contact = requests.need_contact(step, mina.account)
        {"decline": lambda: commands.decline_contact(step, mina.account),
         "block": lambda: commands.block_contact(step, mina.account),
         "forget": lambda: trust.forget(step, contact)}[end]()  # fmt: skip
        assert b"" == reply_boxes.take_note(step, mina.account)


def test_asking_again_waits_at_the_same_place() -> None:
    world, mina, jun = pair(43)
    ask(mina, jun)
    first = reply_box(mina)
    ask(mina, jun, "again")
    assert first == reply_box(mina)
    world.settle(span=60_000)
    accept(jun, mina)
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(mina, jun)


def test_who_asks_two_waits_at_two_places() -> None:
    world, mina, jun = pair(44)
    sora = world.person("sora")
    ask(mina, jun)
    ask(mina, sora)
    assert 2 == len({want.address for want in mina.engine.reads(REPLIES)})
    world.settle(span=60_000)
    accept(sora, mina)
    world.settle(span=60_000)
    assert 1 == len(mina.engine.reads(REPLIES))
    assert (ContactState.REQUESTED, ContactState.ACCEPTED) == (state_of(mina, jun), state_of(mina, sora))


def test_an_answer_that_was_lost_comes_into_the_reply_box_again_an_hour_later() -> None:
    """The relay may lose it; the invitation is sent again until the asker has come. No inbox is used for that."""
    world, mina, jun = pair(45)
    ask(mina, jun)
    world.settle(span=60_000)
    room = accept(jun, mina).room
    while not frames_at(world, reply_box(mina)):
        assert world.turn(jun)
    world.relay.boxes.pop(reply_box(mina))
    world.settle(span=60_000)
    assert ContactState.REQUESTED is state_of(mina, jun)
    world.settle(span=HOUR)
    assert ("joined", 0) == (mina.phase(room), came(world, mina))


class Hiding(ModelRelay):
    """A relay that takes what is put into some boxes and shows it to nobody; it notes what is put where."""

    hidden: Container[bytes] = ()

    def __init__(self, dice: Dice) -> None:
        super().__init__(dice)
        self.put: list[tuple[bytes, int]] = []

    def append(self, address: bytes, frame: bytes, *, inbox: bool = False) -> Appended:
        self.put.append((address, len(frame)))
        return super().append(address, frame, inbox=inbox)

    def read(self, address: bytes, after: int, limit: int = 1_000, *, inbox: bool = False) -> Frames:
        answer = super().read(address, after, limit, inbox=inbox)
        return Frames(answer.incarnation, after, ()) if address in self.hidden else answer


def hidden_answer(seed: int) -> tuple[World, Person, bytes, Hiding, Address]:
    """The answer to Mina's request lies in a reply box where the relay hides it."""
    world, mina, jun = pair(seed)
    world.relay = relay = Hiding(world.dice)
    ask(mina, jun)
    address = reply_box(mina)
    relay.hidden = {bytes(address)}
    world.settle(span=60_000)
    return world, mina, accept(jun, mina).room, relay, address


def test_an_answer_that_a_relay_shows_again_is_taken_from_the_reply_box_once() -> None:
    """It hid what was put there three times in ten hours."""
    world, mina, room, relay, address = hidden_answer(56)
    world.settle(span=10 * HOUR)
    frames = frames_at(world, address)
    assert (4, {2_048}, 4) == (len(frames), {len(frame) for frame in frames}, len(set(frames)))
    relay.hidden = ()
    mina.rest = None  # the world must look again
    world.settle(span=HOUR)
    assert ("joined", 0) == (mina.phase(room), came(world, mina))
    joined = [kind for kind, where, _ in mina.events() if kind == "joined" and where == room]
    assert 1 == len(joined)


def test_an_answer_that_a_relay_hides_comes_into_the_inbox_at_a_drawn_time() -> None:
    """Once, fifteen to twenty-three hours later, in the size of all letters: when, differs from time to time."""
    waited = []
    for seed in (57, 58):
        world, mina, room, relay, address = hidden_answer(seed)
        inbox = bytes(mina.card.inbox.address)
        answered = world.now
        world.settle(span=15 * HOUR)
        assert (4, 0) == (len(frames_at(world, address)), came(world, mina))
        while not came(world, mina):
            world.settle(span=60_000)
        waited.append(world.now - answered)
        world.settle(span=HOUR)
        assert ("joined", [16_384]) == (mina.phase(room), [size for place, size in relay.put if place == inbox])
        assert [2_048] * 4 == [size for place, size in relay.put if place == address]
    assert waited[0] != waited[1]
    assert all(15 * HOUR < span <= 23 * HOUR + 120_000 for span in waited)


@pytest.mark.parametrize("every", [3, 12])
def test_who_asks_again_has_the_answer_no_later(every: int) -> None:
    """It goes into the reply box again, and into the inbox when it would have gone there."""
    world, mina, room, _, address = hidden_answer(59)
    (jun,) = [person for person in world.people if person is not mina]
    answered = world.now
    while not came(world, mina) and world.now < answered + 48 * HOUR:
        world.settle(span=every * HOUR)
        ask(mina, jun)
        ask(mina, jun)
    world.settle(span=HOUR)
    assert 15 * HOUR < world.now - answered <= (23 + every + 1) * HOUR + 120_000
    assert ("joined", 1) == (mina.phase(room), came(world, mina))
    assert 4 < len(frames_at(world, address)) <= 4 + 24 // every + 1


def test_a_box_that_was_made_anew_is_read_from_its_beginning() -> None:
    """Somebody's garbage was read there, the relay lost the box, and the answer is the first frame of the next one."""
    world, mina, jun = pair(46)
    ask(mina, jun)
    address = reply_box(mina)
    world.settle(span=60_000)
    for _ in range(3):
        world.relay.append(address, bytes(2_048))
    world.settle(span=60_000)
    assert [3] == [want.after for want in mina.engine.reads(REPLIES)]
    world.relay.boxes.pop(address)
    accept(jun, mina)
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(mina, jun)


def test_garbage_and_another_box_s_frames_are_passed_over() -> None:
    """A frame opens in its own box only."""
    world, mina, jun = pair(47)
    sora = world.person("sora")
    ask(mina, jun)
    ask(mina, sora)
    of_jun, of_sora = (want.address for want in mina.engine.reads(REPLIES))
    world.settle(span=60_000)
    accept(jun, mina)
    world.turn(jun)
    world.settle(span=1)
    for data in frames_at(world, of_jun):
        world.relay.append(of_sora, data)
    for size in (1, 512, 2_048):
        world.relay.append(of_sora, bytes(size))
    world.settle(span=60_000)
    assert (ContactState.ACCEPTED, ContactState.REQUESTED) == (state_of(mina, jun), state_of(mina, sora))
    accept(sora, mina)
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(mina, sora)


def test_who_names_no_place_is_answered_in_the_inbox() -> None:
    """As a request of an earlier version does not."""
    world, mina, jun = pair(48)
    ask(mina, jun)
    world.settle(span=60_000)
    with jun.engine.step(world.now) as step:
        reply_boxes.note(step, mina.account, b"")
    accept(jun, mina)
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(mina, jun)
    assert 1 == came(world, mina)


def test_both_ask_and_nothing_comes_into_the_inbox_but_the_requests() -> None:
    world, mina, jun = pair(49)
    ask(mina, jun)
    ask(jun, mina)
    world.settle(span=10 * 60_000)
    assert [ContactState.ACCEPTED] * 2 == [state_of(mina, jun), state_of(jun, mina)]
    assert [1, 1] == [came(world, person) for person in (mina, jun)]
    assert [1, 1] == [len(person.engine.rooms()) for person in (mina, jun)]


def test_it_is_not_followed_for_ever() -> None:
    """A request that nobody answers within a month is not waited for any longer; asking again waits at a new place."""
    world, mina, jun = pair(50)
    ask(mina, jun)
    first = reply_box(mina)
    world.pass_time(FOLLOWED_DAYS * DAY - 60_000)
    world.settle(span=1)
    assert first == reply_box(mina)
    world.pass_time(DAY)
    world.settle(span=1)
    assert () == mina.engine.reads(REPLIES)
    ask(mina, jun)
    assert first != reply_box(mina)


@pytest.mark.parametrize("end", ["block", "answered elsewhere"])
def test_it_ends_with_the_request(end: str) -> None:
    world, mina, jun = pair(51)
    ask(mina, jun)
    with mina.engine.step(world.now) as step:
        if end == "block":
            commands.block_contact(step, jun.account)
        else:
            requests.set_contact_state(step, requests.need_contact(step, jun.account), ContactState.ACCEPTED)
    assert () == mina.engine.reads(REPLIES)
    assert [INBOX] == mina.engine.read_for()


def test_every_device_of_who_asked_waits_there() -> None:
    """The laptop asks, the desk is told of it, and both come into the room without an item in their inbox."""
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    world.settle()
    before = came(world, laptop)
    ask(laptop, sora)
    world.settle()
    assert reply_box(laptop) == reply_box(desk)
    room = accept(sora, laptop).room
    world.settle(span=60_000)
    assert ["joined", "joined"] == [device.phase(room) for device in (laptop, desk)]
    assert before == came(world, laptop)
    assert [(), ()] == [device.engine.reads(REPLIES) for device in (laptop, desk)]


def test_a_crash_in_between_loses_nothing() -> None:
    """The asker is killed after the request, and again when the answer lies there."""
    world, mina, jun = pair(52)
    ask(mina, jun)
    mina.crash()
    world.settle(span=60_000)
    accept(jun, mina)
    jun.crash()
    mina.online = False
    world.settle(span=60_000)
    mina.crash()
    mina.online = True
    world.settle(span=60_000)
    assert ContactState.ACCEPTED is state_of(mina, jun)
    assert 0 == came(world, mina)


def test_a_device_that_was_away_when_another_had_the_answer_finds_it_in_the_reply_box() -> None:
    """The laptop asks and is answered while the desk is away; nothing comes into their inbox for the desk."""
    world, laptop, desk, _, _ = pair_of_devices()
    sora = world.person("sora")
    world.settle()
    before = came(world, laptop)
    desk.online = False
    ask(laptop, sora)
    world.settle(span=60_000)
    room = accept(sora, laptop).room
    world.settle(span=10 * HOUR)
    desk.online = True
    world.settle(span=60_000)
    assert ["joined", "joined"] == [device.phase(room) for device in (laptop, desk)]
    assert before == came(world, laptop)
    assert [(), ()] == [device.engine.reads(REPLIES) for device in (laptop, desk)]


def test_the_secret_is_in_no_text() -> None:
    """Neither of the box nor of what carries its secret."""
    world, mina, jun = pair(53)
    ask(mina, jun)
    with mina.engine.step(world.now) as step:
        (box,) = reply_boxes.followed(step)
        request = ContactRequest(b"card", "", b"", box.secret)
    for shown in (repr(box), repr(request)):
        assert repr(box.secret)[2:-1] not in shown
        assert box.secret.hex() not in shown
