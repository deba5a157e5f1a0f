"""What members can make a restored device believe, and what a hostile device can get (spec/devices.md §9.2)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nullabona.client.core import commands, conversation
from nullabona.client.core.backfill import giving
from nullabona.client.core.model.backfill import BackfillLine, BackfillPart, encode_part, proof_of, seal_info
from nullabona.client.core.model.content import (
    Annotation,
    Backfill,
    BackfillRequest,
    Delete,
    Edit,
    Profile,
    Shown,
    Text,
    decode_body,
)
from nullabona.client.core.model.gaps import Given
from nullabona.client.core.model.message_ids import message_id
from nullabona.client.core.model.records import Contact, ContactState, Device
from nullabona.client.core.model.state import RoomState
from nullabona.client.core.restore import returning
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import sending
from nullabona.wire.seal import inbox_keypair, seal_to
from tests.rooms.devices import backup_of, remember, restored, restored_from
from tests.rooms.test_backfill import HOUR, came_back, line, talk, told
from tests.rooms.test_gaps import around, gaps_of
from tests.rooms.world import Person, World, text_of

SEED = b"s" * 32
PUBLIC = inbox_keypair(SEED).public
REQUEST = b"q" * 16


@dataclass
class Scene:
    """Mina is back from a backup and has asked; Jun has not answered as an honest member does, and never will."""

    world: World
    room: bytes
    mina: Person
    jun: Person
    sora: Person
    given: Given
    """What Jun was asked for: his own lines."""
    start: int
    end: int

    def hand(self, by: Person, *lines: BackfillLine, **about: object) -> None:
        """A member hands something over."""
        fields = {"tells": False, "part": 0, "last": True, "read": -1, "info": None, **about}
        with by.engine.step(self.world.now, self.room) as step:
            info = fields["info"] or seal_info(
                self.room, self.given.request, by.me.device, int(str(fields["part"])), tells=bool(fields["tells"])
            )
            part = BackfillPart(lines, int(str(fields["read"])))
            sealed = seal_to(self.given.key, info, encode_part(part))  # type: ignore[arg-type]
            body = Backfill(
                self.given.request,
                self.given.device,
                int(str(fields["part"])),
                bool(fields["last"]),
                bool(fields["tells"]),
                sealed,
            )
            sending.send(step, step.room(self.room), body)
        self.world.settle()

    def line(self, whose: Person, body: Shown | Annotation, place: int = 5, sent_at: int = 0) -> BackfillLine:
        """A line of somebody's, somewhere in the gap."""
        id = message_id(whose.account, self.world.dice.bytes(7))
        return BackfillLine(id, sent_at or self.world.now, self.start + 16 * place, body)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A room of three; Jun is the one whom Mina knows, so that he is asked for her own lines, too."""
    honest = giving.asked
    kept: list[Given] = []

    def but_jun(step: Step, room: RoomState, device: Device, said: BackfillRequest) -> None:
        honest(step, room, device, said)
        if step.me.account == jun.account:
            kept.extend(room.given)
            room.given = []

    monkeypatch.setattr(giving, "asked", but_jun)
    world = World(51)
    mina, jun, sora = world.person("mina"), world.person("jun"), world.person("sora")
    room = world.group(mina, jun, sora)
    talk(world, room, (jun, "b1"), (sora, "c1"), (mina, "a1"))
    backup = backup_of(world, mina)
    monkeypatch.setattr("nullabona.client.core.backfill.asking._teller", lambda *_: jun.account)
    fresh = came_back(world, mina, backup)
    state = fresh.look(room)
    assert state is not None
    assert state.gap is not None
    own = next(given for given in kept if not given.tells)
    return Scene(world, room, fresh, jun, sora, own, state.gap.start, state.gap.end)


# -- what a member can make a restored device believe ------------------------------------------------------------------


def test_nobody_is_believed_about_what_a_third_person_said(scene: Scene) -> None:
    """Not as a line of theirs, nor under an id of theirs as one of the liar's."""
    scene.hand(scene.jun, scene.line(scene.sora, Text("forged")), scene.line(scene.jun, Text("own")))
    assert ["b1", "c1", "a1", "own"] == scene.mina.texts(scene.room)
    assert scene.jun.account == told(scene.mina, scene.room)["own"]


def test_what_somebody_tells_of_the_accounts_own_lines_is_marked_with_who_did(scene: Scene) -> None:
    """Nobody else can know them; so they may be false, and the person sees by whom."""
    scene.hand(scene.jun, scene.line(scene.mina, Text("I owe Jun 100")), tells=True)
    assert ["b1", "c1", "a1", "I owe Jun 100"] == scene.mina.texts(scene.room)
    forged = line(scene.mina, scene.room, "I owe Jun 100")
    assert (scene.mina.account, scene.jun.account) == (forged.account, forged.told_by)


def test_own_lines_are_believed_only_from_whom_was_asked_for_them(scene: Scene) -> None:
    """Neither as a line of the account among the liar's own."""
    scene.hand(scene.sora, scene.line(scene.mina, Text("forged")), tells=True)
    scene.hand(scene.jun, scene.line(scene.mina, Text("forged too")))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_nobody_erases_or_changes_the_accounts_own_lines(scene: Scene) -> None:
    """What takes something back must come from its own account."""
    own = line(scene.mina, scene.room, "a1").id
    scene.hand(scene.jun, scene.line(scene.mina, Delete(own)), scene.line(scene.mina, Edit(own, "changed")), tells=True)
    scene.hand(scene.jun, scene.line(scene.jun, Edit(own, "changed")), scene.line(scene.jun, Delete(own)))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_a_known_line_keeps_its_words(scene: Scene) -> None:
    """Also where the one who hands it over said it."""
    known = line(scene.mina, scene.room, "b1")
    scene.hand(scene.jun, BackfillLine(known.id, known.sent_at, scene.start + 16, Text("never said")))
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


def test_a_line_lands_inside_the_gap_wherever_its_sender_says_that_it_was(scene: Scene) -> None:
    """Neither among what this device remembers, nor among what it reads itself."""
    early = BackfillLine(message_id(scene.jun.account, b"1234567"), 1, 0, Text("long ago"))
    late = BackfillLine(message_id(scene.jun.account, b"7654321"), 1, (1 << 62) - 1, Text("just now"))
    scene.hand(scene.jun, early, late)
    talk(scene.world, scene.room, (scene.sora, "c2"))
    assert ["b1", "c1", "a1", "long ago", "just now", "c2"] == scene.mina.texts(scene.room)


def test_a_name_is_not_handed_over(scene: Scene) -> None:
    """People say what they are called themselves, when the device is back."""
    scene.hand(scene.jun, scene.line(scene.jun, Profile("Not Jun")))
    with scene.mina.store.transaction():
        person = scene.mina.store.person(scene.jun.account)
    assert person is not None
    assert "Not Jun" != person.name


def test_a_part_counts_only_from_its_own_sender_in_its_own_place(scene: Scene) -> None:
    """Somebody who sends another's sealed part on, or under another number, has said nothing."""
    said = scene.line(scene.jun, Text("sent on"))
    elsewhere = seal_info(scene.room, scene.given.request, scene.jun.me.device, 1, tells=False)
    scene.hand(scene.sora, said, info=seal_info(scene.room, scene.given.request, scene.jun.me.device, 0, tells=False))
    scene.hand(scene.jun, said, info=elsewhere)
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)
    scene.hand(scene.jun, said)
    assert ["b1", "c1", "a1", "sent on"] == scene.mina.texts(scene.room)


def test_a_part_that_comes_twice_counts_once(scene: Scene) -> None:
    """Also if it says something else the second time."""
    said = scene.line(scene.jun, Text("once"))
    scene.hand(scene.jun, said)
    scene.hand(scene.jun, said)
    scene.hand(scene.jun, scene.line(scene.jun, Text("later")))
    assert ["b1", "c1", "a1", "once"] == scene.mina.texts(scene.room)


def test_the_line_about_the_gap_stays_while_somebody_hands_over_nothing(scene: Scene) -> None:
    """It names who; that is all that silence does."""
    assert 1 == len(gaps_of(scene.mina, scene.room))
    scene.hand(scene.jun)
    assert 1 == len(gaps_of(scene.mina, scene.room)), "own lines were not told"
    scene.hand(scene.jun, tells=True)
    assert [] == gaps_of(scene.mina, scene.room)


def test_when_nobody_is_waited_for_nothing_more_is_taken(scene: Scene) -> None:
    """The key is gone with the gap."""
    scene.hand(scene.jun)
    scene.hand(scene.jun, tells=True)
    scene.hand(scene.jun, scene.line(scene.jun, Text("too late")), part=1)
    assert ["b1", "c1", "a1"] == scene.mina.texts(scene.room)


# -- what a device can get, and cost ----------------------------------------------------------------------------------


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


def test_somebody_with_the_words_alone_is_handed_nothing() -> None:
    """They come into the room as the account, and cannot show that they remember it; what they read since does not
    help.
    """
    world = World(52)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "before"), (mina, "also before"))
    info = mina.info(room)
    thief = restored(world, mina, "thief")
    with thief.store.transaction():
        returning.note_restored(thief.store)
    remember(world, thief, room, info, [jun])
    world.settle()
    talk(world, room, (jun, "since"))
    assert ["since"] == thief.texts(room)
    proofs = tuple(proof_of(message) for message in thief.messages(room))
    ask(world, thief, room, (b"g" * 32, *proofs))
    world.settle(span=3 * 24 * HOUR, most=2_000)
    assert ["since"] == thief.texts(room)
    assert 0 == handed_by(jun, room)


def test_what_is_handed_over_is_for_the_asking_device_alone() -> None:
    """A member who came in later gets the same frames and cannot open them; nor is it in any row of theirs."""
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


def test_an_account_that_asks_all_day_is_answered_a_few_times() -> None:
    """Each request costs a member at most 64 parts; a few a day are answered, and a few at a time."""
    world = World(56)
    mina, jun = world.person("mina"), world.person("jun")
    room = world.group(mina, jun)
    talk(world, room, (jun, "b1"))
    proofs = tuple(proof_of(message) for message in mina.messages(room))
    jun.online = False
    for number in range(giving.MOST_A_DAY + 3):
        ask(world, mina, room, proofs, bytes((number,)) * 16)
    jun.online = True
    world.quiet()
    state = jun.look(room)
    assert state is not None
    assert giving.MOST_A_DAY == len(state.given) + handed_by(jun, room)


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
