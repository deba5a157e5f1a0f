"""Contacts: asking, answering and refusing to talk, and cards that are looked up, changed or somebody else's."""

from __future__ import annotations

from collections import Counter

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import requests
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.directory.found import BadCard, ProvenCard
from nullabona.client.core.model.errors import BadRequest, NoSuchContact
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.errors import PeerError
from nullabona.wire.card import Card, CardDevice, CardForked, sign_card, verify_card
from tests.rooms.hostile import frames_at, gone, kinds, to_inbox, warnings
from tests.rooms.looked import looked
from tests.rooms.world import START, Person, World

DAY = 86_400_000


def ask(asker: Person, other: Person, greeting: str = "hello") -> Contact:
    with asker.engine.step(asker.world.now) as step:
        return commands.request_contact(step, other.card, asker.card.encoded, greeting)


def accept(person: Person, other: Person) -> Contact:
    with person.engine.step(person.world.now) as step:
        return commands.accept_contact(step, other.me.account)


def state_of(person: Person, other: Person) -> ContactState | None:
    with person.store.transaction():
        contact = person.store.contact(other.account)
    return contact.state if contact is not None else None


def told(person: Person, kind: str) -> list[dict[str, object]]:
    """What a device's events of a kind say, in order."""
    return [data for found, _, data in person.events() if found == kind]


def pair(seed: int) -> tuple[World, Person, Person]:
    world = World(seed)
    return world, world.person("mina"), world.person("jun")


def next_card(person: Person, *, packages: tuple[bytes, ...] = (), previous: Card | None = None) -> Card:
    """The person's next card, with a fresh key package."""
    with person.store.transaction():
        package = person.mls.key_package()
    devices = (CardDevice(person.card.devices[0].certificate, package),)
    day = person.world.now // DAY
    encoded = sign_card(
        person.identity,
        handle=person.card.handle,
        issued_day=day,
        devices=devices,
        inbox=person.card.inbox,
        previous=previous or person.card,
    )
    return verify_card(encoded, today=day)


# -- asking and answering -----------------------------------------------------------------------------------------


def test_a_request_is_answered_and_both_can_talk() -> None:
    """The asked person is told who asks and what they say; the asker joins the direct room that the answer opens."""
    world, mina, jun = pair(1)
    ask(mina, jun, "it is me")
    world.settle(span=60_000)
    expected = {"handle": mina.me.handle, "account": mina.account, "greeting": "it is me"}
    assert ([expected], ContactState.ASKING) == (told(jun, "contact-request"), state_of(jun, mina))
    room = accept(jun, mina).room
    world.settle(span=60_000)
    assert [ContactState.ACCEPTED] * 2 == [state_of(mina, jun), state_of(jun, mina)]
    mina.send(room, "안녕")
    world.settle(span=60_000)
    assert ["안녕"] == jun.texts(room)
    assert mina.info(room).pair == tuple(sorted((mina.account, jun.account)))


def test_asking_again_repeats_the_request_until_it_is_answered() -> None:
    """Whoever has it already is not told twice; a request that was answered is not sent again."""
    world, mina, jun = pair(2)
    for greeting in ("one", "two"):
        ask(mina, jun, greeting)
        world.settle(span=60_000)
    assert ["one"] == [data["greeting"] for data in told(jun, "contact-request")]
    accept(jun, mina)
    world.settle(span=60_000)
    before = frames_at(world, jun.card.inbox.address)
    assert ContactState.ACCEPTED is ask(mina, jun).state
    world.settle(span=60_000)
    assert before == frames_at(world, jun.card.inbox.address)


def test_accepting_twice_opens_one_room() -> None:
    """The second time changes nothing and says the same."""
    world, mina, jun = pair(3)
    ask(mina, jun)
    world.settle(span=60_000)
    first = accept(jun, mina)
    world.settle(span=60_000)
    assert (first, 1) == (accept(jun, mina), len(jun.engine.rooms()))


def test_asking_whoever_asked_us_sends_nothing() -> None:
    """Their request is what comes back, to be accepted."""
    world, mina, jun = pair(4)
    ask(mina, jun)
    world.settle(span=60_000)
    assert ContactState.ASKING is ask(jun, mina).state
    world.settle(span=60_000)
    assert [] == told(mina, "contact-request")


def test_what_may_be_asked() -> None:
    """Not oneself, not at length, and only a request can be accepted; 500 characters are allowed."""
    world, mina, jun = pair(5)
    with pytest.raises(BadRequest):
        ask(mina, mina)
    with pytest.raises(BadRequest):
        ask(mina, jun, "x" * 501)
    assert state_of(mina, jun) is None
    ask(mina, jun, "가" * 500)
    with pytest.raises(BadRequest):
        accept(mina, jun)
    with pytest.raises(NoSuchContact):
        accept(jun, mina)
    world.settle(span=60_000)
    assert ["가" * 500] == [data["greeting"] for data in told(jun, "contact-request")]


def test_a_declined_request_is_forgotten_and_may_come_again() -> None:
    """Who asked is not told. Declining somebody we know already changes nothing."""
    world, mina, jun = pair(6)
    ask(mina, jun)
    world.settle(span=60_000)
    with jun.engine.step(world.now) as step:
        commands.decline_contact(step, mina.me.account)
    world.settle(span=60_000)
    assert (None, ContactState.REQUESTED) == (state_of(jun, mina), state_of(mina, jun))
    ask(mina, jun)
    world.settle(span=60_000)
    accept(jun, mina)
    with jun.engine.step(world.now) as step:
        commands.decline_contact(step, mina.me.account)
    assert ContactState.ACCEPTED is state_of(jun, mina)


def test_a_blocked_person_is_not_heard() -> None:
    """Neither their requests nor their invitations reach the person; nobody tells them."""
    world, mina, jun = pair(7)
    ask(mina, jun)
    world.settle(span=60_000)
    with jun.engine.step(world.now) as step:
        commands.block_contact(step, mina.me.account)
    world.befriend(mina, jun)
    with jun.engine.step(world.now) as step:
        commands.block_contact(step, mina.me.account)
    before = len(told(jun, "contact-request"))
    ask(mina, jun)
    to_inbox(mina, jun, ContactRequest(mina.card.encoded, "again"))
    with mina.engine.step(world.now) as step:
        room = commands.create_group(step, "come in")
        commands.add_account(step, room, jun.card)
    world.settle(span=60_000)
    assert (before, "none", []) == (
        len(told(jun, "contact-request")),
        jun.phase(room),
        kinds(jun, room, "room-request", "joined"),
    )


@pytest.mark.parametrize("case", ["rubbish", "somebody else's"])
def test_a_request_with_a_card_that_is_not_the_askers_is_none(case: str) -> None:
    """Nobody can make another person's request, or one without a card to answer to."""
    world, mina, jun = pair(8)
    other = world.person("other")
    card = b"rubbish" if case == "rubbish" else other.card.encoded
    to_inbox(mina, jun, ContactRequest(card, "hello"))
    world.settle(span=60_000)
    assert ([], None, None) == (told(jun, "contact-request"), state_of(jun, mina), state_of(jun, other))


# -- cards --------------------------------------------------------------------------------------------------------


def learn(person: Person, card: Card, handle: str) -> None:
    """As the API does: what is told stays told even if the card is refused."""
    refused: PeerError | None = None
    with person.engine.step(person.world.now) as step:
        try:
            shown = looked(handle, card.encoded, step.now)
            if isinstance(shown, BadCard):
                raise shown.error
            assert isinstance(shown, ProvenCard)
            requests.learn_card(step, shown)
        except PeerError as error:
            refused = error
    if refused is not None:
        raise refused


def known_packages(person: Person, other: Person) -> tuple[bytes, ...]:
    with person.store.transaction():
        contact = person.store.contact(other.account)
    assert contact is not None
    return contact.key_packages


def test_a_contacts_newer_card_is_taken() -> None:
    """Its key packages are those that the contact is invited by from now on."""
    world, mina, jun = pair(9)
    world.befriend(mina, jun)
    renewed = next_card(jun)
    learn(mina, renewed, jun.me.handle)
    assert (renewed.devices[0].key_package,) == known_packages(mina, jun)


def test_a_contacts_other_identity_is_refused_and_told() -> None:
    """A directory that shows another key under a contact's handle is caught; what we knew stays."""
    world, mina, jun = pair(10)
    world.befriend(mina, jun)
    before = known_packages(mina, jun)
    impostor = world.person("jun")
    for _ in range(2):
        with pytest.raises(CardForked):
            learn(mina, impostor.card, jun.me.handle)
    assert before == known_packages(mina, jun)
    assert [(jun.me.handle, jun.account)] == [(d["handle"], d["account"]) for d in told(mina, "identity-changed")]


def test_a_contacts_older_card_is_refused_and_told() -> None:
    """A directory that shows what was current once does not bring old key packages back."""
    world, mina, jun = pair(11)
    world.befriend(mina, jun)
    renewed = next_card(jun)
    learn(mina, renewed, jun.me.handle)
    with pytest.raises(PeerError):
        learn(mina, jun.card, jun.me.handle)
    assert (["card-changed"], (renewed.devices[0].key_package,)) == (warnings(mina), known_packages(mina, jun))


def test_a_card_for_another_handle_is_not_learnt() -> None:
    """Whoever asks for a handle and is shown somebody else's card knows nothing new."""
    world, mina, jun = pair(12)
    other = world.person("other")
    with pytest.raises(PeerError):
        learn(mina, other.card, jun.me.handle)
    with mina.store.transaction():
        assert mina.store.get_value(f"inbox-of:{other.account.hex()}") is None


# -- looking up ---------------------------------------------------------------------------------------------------


def lost(seed: int) -> tuple[World, Person, Person, bytes]:
    """Three in a room; the second lost frames and knows the third by handle only, so it has to look the card up."""
    world = World(seed)
    a, b, c = (world.person(name) for name in ("mina", "jun", "sora"))
    room = world.group(a, b, c)
    a.online = False
    c.send(room, "gone before anybody saw it")
    for item in world.queues(c):
        world.post(c, item)
    box = world.relay.boxes[b.where(room)]
    box.frames = {seq: data for seq, data in box.frames.items() if seq < box.head}
    return world, b, c, room


def test_whoever_is_written_to_is_looked_up_first() -> None:
    """A device that lost the thread asks a member it has never written to, and is helped."""
    world, b, c, room = lost(13)
    world.settle(span=10 * 60_000)
    assert ([], c.where(room)) == (b.engine.lookups(world.now), b.where(room))
    assert ["gone before anybody saw it"] == b.texts(room)


@pytest.mark.parametrize("shown", ["nothing", "another account's", "somebody else's", "rubbish"])
def test_a_card_that_cannot_be_had_is_asked_for_ever_less_often_and_then_told(shown: str) -> None:
    """Whatever the directory shows instead, looking up ends after 16 times, hours later, with a warning."""
    world, b, c, room = lost(14)
    handle, asked = c.me.handle, Counter[str]()
    impostor = world.person("sora")
    cards = {"another account's": impostor.card.encoded, "somebody else's": b.card.encoded, "rubbish": b"rubbish"}
    with b.engine.step(world.now) as step:
        inbox_sending.post(step, c.account, handle, gone(world, room))
    for _ in range(1_000):
        if handle in b.engine.lookups(world.now):
            asked[handle] += 1
            b.engine.on_card(looked(handle, cards.get(shown), world.now), world.now)
        wake = b.engine.wake_at()
        assert wake is not None
        world.now = max(world.now + 1, wake)
        if asked[handle] and not waits_for(b, handle):
            break
    assert (16, True) == (asked[handle], world.now - START > 2 * 3_600_000)
    assert [{"handle": handle}] == [data["detail"] for data in told(b, "warning") if data["code"] == "undeliverable"]


def waits_for(person: Person, handle: str) -> bool:
    with person.engine.step(person.world.now) as step:
        return any(item.handle == handle for item in inbox_sending.unsent(step))
