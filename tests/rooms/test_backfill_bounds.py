"""What a device can get by asking for what was said, and what that costs members (spec/devices.md §9.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nullabona.client.core import commands, conversation
from nullabona.client.core.backfill import giving, lines
from nullabona.client.core.delivery.box_log import epoch_start
from nullabona.client.core.model.backfill import BackfillLine, proof_of
from nullabona.client.core.model.content import (
    Backfill,
    BackfillRequest,
    Text,
    decode_body,
)
from nullabona.client.core.model.gaps import Back, Gap, Given
from nullabona.client.core.model.records import UNPLACED, Contact, ContactState, Device, MessageState
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.seal import inbox_keypair, seal_to
from tests.rooms.devices import backup_of, remember, restored, restored_from
from tests.rooms.test_backfill import HOUR, came_back, line, talk
from tests.rooms.test_commands import direct
from tests.rooms.test_gaps import around
from tests.rooms.world import Person, World, text_of

SEED = b"s" * 32
PUBLIC = inbox_keypair(SEED).public
REQUEST = b"q" * 16


def ask(world: World, by: Person, room: bytes, known: tuple[bytes, ...], request: bytes = REQUEST) -> None:
    """A device asks, whatever it remembers."""
    with by.engine.step(world.now, room) as step:
        sending.send(step, step.room(room), BackfillRequest(request, PUBLIC, known))
    world.settle(span=1_000)


def handed_by(person: Person, room: bytes) -> int:
    """How many parts a device has sent that not everybody has yet."""
    with person.store.transaction():
        rows = person.store.rows(room, after=-1, before=(1 << 63) - 1, limit=1_000)
    return sum(isinstance(decode_body(row.body), Backfill) for row in rows if row.kind == "backfill")


def test_somebody_with_the_words_alone_is_handed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come into the room as the account, and cannot show that they remember it; what they read since does not
    help.
    """
    handed: list[BackfillLine] = []
    honest = lines.next_lines

    def noted(step: Step, room: RoomState, given: Given) -> tuple[list[BackfillLine], bool]:
        found, whole = honest(step, room, given)
        handed.extend(found)
        return found, whole

    monkeypatch.setattr(lines, "next_lines", noted)
    world = World(52)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "before"), (mina, "also before"))
    info = mina.info(room)
    thief = restored(world, mina, "thief")
    remember(world, thief, room, info, [jun])
    world.settle()
    talk(world, room, (jun, "since"))
    assert ["since"] == thief.texts(room)
    proofs = tuple(proof_of(message) for message in thief.messages(room))
    ask(world, thief, room, (b"g" * 32, *proofs))
    world.settle(span=3 * 24 * HOUR, most=2_000)
    assert (["since"], []) == (thief.texts(room), handed)


def test_what_is_handed_over_is_for_the_asking_device_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member who came in later gets the same frames and cannot open them; nor is it in any row of theirs."""
    parts: list[tuple[bytes, bytes]] = []

    def noted(key: bytes, info: bytes, plain: bytes) -> bytes:
        parts.append((plain, seal_to(key, info, plain)))
        return parts[-1][1]

    monkeypatch.setattr(giving, "seal_to", noted)
    world = World(53)
    mina, jun, dan = world.person("mina"), world.person("jun"), world.person("dan")
    room = world.group(jun, mina)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "not for dan"))
    world.befriend(jun, dan)
    with jun.engine.step(world.now, room) as step:
        commands.add_account(step, room, dan.card)
    world.settle()
    fresh = came_back(world, mina, backup)
    assert "not for dan" in fresh.texts(room)
    assert any(b"not for dan" in plain for plain, _ in parts)
    assert not any(b"not for dan" in sealed for _, sealed in parts)
    with dan.store.transaction():
        rows = dan.store.rows(room, after=-1, before=(1 << 63) - 1, limit=1_000)
    assert [] == [row.id for row in rows if b"not for dan" in row.body]


def test_a_member_gets_no_more_than_was_said_since_they_came_in() -> None:
    """Whatever they show."""
    world = World(54)
    mina, jun, dan = world.person("mina"), world.person("jun"), world.person("dan")
    room = world.group(mina, jun)
    talk(world, room, (jun, "not for dan"))
    stolen = tuple(proof_of(message) for message in jun.messages(room))
    world.befriend(mina, dan)
    with mina.engine.step(world.now, room) as step:
        commands.add_account(step, room, dan.card)
    world.settle()
    since = next(device.since for device in _devices(dan, room) if device.account == dan.account)
    ask(world, dan, room, stolen)
    state = jun.look(room)
    assert state is not None
    assert [True] == [given.after >= (since << 40) - 65 for given in state.given]


def _devices(person: Person, room: bytes) -> list[Device]:
    with person.store.transaction():
        return list(person.store.devices(room))


def test_a_blocked_account_is_handed_nothing() -> None:
    """Nor is it told so."""
    world = World(55)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "b2"), (sora, "c2"))
    with jun.engine.step(world.now) as step:
        step.store.put_contact(_contact(mina))
        commands.block_contact(step, mina.account)
    fresh = came_back(world, mina, backup)
    assert ["b1", "c2", "-"] == around(fresh, room)


def _contact(other: Person) -> Contact:
    return Contact(other.account, other.me.handle, "", ContactState.ACCEPTED, b"", "", other.card.encoded, ())


def test_an_account_that_asks_all_day_is_answered_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request costs a member at most 64 parts; a few a day are answered, and one of an account at a time."""
    world = World(56)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"))
    proofs = tuple(proof_of(message) for message in mina.messages(room))
    counting: list[bytes] = []
    honest = giving._may_ask

    def counted(step: Step, room: RoomState, account: bytes) -> bool:
        may = honest(step, room, account)
        counting.extend([account] * may)
        return may

    jun.online = False
    for number in range(giving.MOST_A_DAY + 3):
        ask(world, mina, room, proofs, bytes((number,)) * 16)
    ask(world, sora, room, proofs, b"s" * 16)
    monkeypatch.setattr(giving, "_may_ask", counted)
    jun.online = True
    for _ in range(20):
        world.turn(jun)
    state = jun.look(room)
    assert state is not None
    assert [mina.account] * giving.MOST_A_DAY + [sora.account] == counting
    assert {mina.account, sora.account} == {given.account for given in state.given}
    assert 2 == len(state.given)


def test_a_request_that_came_too_often_on_one_day_is_answered_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is repeated, so nothing is lost by the bound."""
    monkeypatch.setattr(giving, "MOST_A_DAY", 0)
    world = World(60)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "b2"))
    world.settle(span=6 * HOUR)  # the device has told that it has both, so that nobody sends them again
    fresh = came_back(world, mina, backup)
    assert ["b1", "-"] == around(fresh, room)
    monkeypatch.setattr(giving, "MOST_A_DAY", 6)
    world.settle(span=30 * HOUR, most=2_000)
    assert ["b1", "b2"] == around(fresh, room)


@pytest.mark.parametrize("blocked", [True, False])
def test_a_restored_device_asks_nothing_in_the_room_with_a_blocked_contact(blocked: bool) -> None:  # noqa: FBT001
    """They would learn that it is on."""
    world = World(61)
    mina, jun = world.person("mina"), world.person("jun")
    room = direct(world, mina, jun)
    talk(world, room, (jun, "b1"))
    jun.online = False
    with mina.engine.step(world.now, room) as step:
        if blocked:
            commands.block_contact(step, jun.account)
        step.room(room).gap = Gap(1, step.store.top_placed(room), Back(2, 1 << 50))
    world.settle()
    with mina.store.transaction():
        rows = mina.store.rows(room, after=-1, before=(1 << 63) - 1, limit=1_000)
    assert blocked == (not any(row.kind == "backfill" for row in rows))


def test_the_same_request_is_answered_once() -> None:
    """However often it is repeated."""
    world = World(57)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    proofs = tuple(proof_of(message) for message in mina.messages(room))
    jun.online = False
    for _ in range(3):
        ask(world, mina, room, proofs)
    jun.online = True
    world.quiet()
    state = jun.look(room)
    assert state is not None
    assert 1 == len(state.given) + handed_by(jun, room)


def test_a_key_that_is_none_is_not_answered() -> None:
    """A device does not stumble over it for ever."""
    world = World(58)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    proofs = tuple(proof_of(message) for message in mina.messages(room))
    with mina.engine.step(world.now, room) as step:
        sending.send(step, step.room(room), BackfillRequest(REQUEST, b"\xff" * len(PUBLIC), proofs))
    world.settle()
    talk(world, room, (jun, "b2"))
    assert ["b1", "b2"] == mina.texts(room)
    assert 0 == handed_by(jun, room)


def test_a_line_that_is_deleted_while_it_is_handed_over_does_not_come_back() -> None:
    """The deletion counts whichever of the two comes first."""
    world = World(59)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    backup = backup_of(world, mina)
    talk(world, room, (jun, "regretted"))
    regretted = line(jun, room, "regretted").id
    fresh = restored_from(world, mina, backup, "mina again")
    for _ in range(600):
        world.settle(span=1_000)
        if handed_by(jun, room):
            break
    with jun.engine.step(world.now, room) as step:
        conversation.delete(step, room, regretted, for_all=True)
    world.settle(span=HOUR)
    assert ["b1"] == [text_of(message) for message in fresh.messages(room) if text_of(message)]


def test_who_does_not_know_the_lines_that_prove_memory_hands_over_none_from_before_they_came_in() -> None:
    """They cannot tell whether those lines are old: somebody may have said them while this device was out."""
    world = World(61)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "said before jun was out"))
    with jun.store.transaction():
        [own] = [device for device in jun.store.devices(room) if device.account == jun.account]
        jun.store.put_devices([replace(own, since=jun.epoch(room) + 1)])
    ask(world, mina, room, (b"u" * 32,))
    state = jun.look(room)
    assert state is not None
    [given] = state.given
    assert (epoch_start(jun.epoch(room) + 1, 0) - 1, True, False) == (given.after, given.lacking, given.proven)


def test_a_request_that_comes_while_all_are_taken_is_answered_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not noted as answered: the device asks again under the same number."""
    world = World(62)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    proofs = tuple(proof_of(message) for message in mina.messages(room))
    monkeypatch.setattr(giving, "MOST_GIVEN", 0)
    ask(world, mina, room, proofs)
    state = jun.look(room)
    assert state is not None
    assert [] == state.given
    monkeypatch.undo()
    ask(world, mina, room, proofs)
    state = jun.look(room)
    assert state is not None
    assert 1 == len(state.given) + handed_by(jun, room)


def test_a_line_that_waits_to_be_said_again_is_handed_over_in_its_place() -> None:
    """Its sender says it again for somebody who did not acknowledge it; that copy lies behind what was said since. One
    that was never said is not handed over.
    """
    world = World(63)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    jun.send(room, "never said")
    with jun.engine.step(world.now, room) as step:
        state = step.room(room)
        [said] = [row for row in step.store.rows(room, after=-1, before=UNPLACED, limit=99) if text_of(row) == "b1"]
        sending.resend(step, state, said)
        again = step.store.message(room, said.id)
        assert again is not None
        assert MessageState.WAITING is again.state
        given = Given(REQUEST, mina.account, mina.me.device, PUBLIC, -1, (1 << 63) - 1, tells=False, next_at=0, until=0)
        found, _ = lines.next_lines(step, state, given)
    assert [(said.id, said.position)] == [(line.id, line.position) for line in found if line.id == said.id]
    assert 1 == len([line for line in found if isinstance(line.body, Text)])
