"""What comes with a request, a link or an invitation is a claim; nothing rests on it before the record proves it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nullabona.client.core import commands
from nullabona.client.core.contacts import links
from nullabona.client.core.directory.errors import CardRefuted
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.identity import claims
from nullabona.client.core.model.inbox_items import ContactRequest
from nullabona.client.core.model.records import ContactState
from nullabona.wire.card import Card
from tests.rooms.hostile import add, to_inbox, warnings
from tests.rooms.looked import Shown, looked
from tests.rooms.test_join_requests import SPAN, crowd, follow, give, rooms
from tests.rooms.test_people import accept, ask, next_card, pair, state_of, told
from tests.rooms.world import Person, World

PERIOD = claims.DEFAULT_PERIOD_MS


@dataclass
class Directory:
    """What the record shows of handles from now on, in a world's place."""

    world: World
    shown: Shown = "proven"

    def answer(self, person: Person) -> list[str]:
        """Everything a person's device wants to know now is answered; the handles."""
        handles = person.engine.lookups(self.world.now)
        for handle in handles:
            card = self.world.cards.get(handle)
            data = card.encoded if card is not None and self.shown in {"proven", "promised"} else None
            person.engine.on_card(looked(handle, data, self.world.now, self.shown), self.world.now)
        return handles


def standing(person: Person, other: Person) -> str:
    with person.engine.step(person.world.now) as step:
        return claims.standing(step, other.account)


def requested(seed: int) -> tuple[World, Person, Person]:
    """The first person's request lies with the second, whose device has not asked the record."""
    world, mina, jun = pair(seed)
    ask(mina, jun)
    arrive(world, mina, jun)
    return world, mina, jun


def arrive(world: World, sender: Person, receiver: Person) -> None:
    """What one put into the other's inbox is read there; the receiver asks no record meanwhile."""
    while world.turn(sender):
        pass
    take(world, receiver)


def take(world: World, receiver: Person) -> None:
    """Read everything, and the blobs it needs."""
    for _ in range(2):
        for room, want in world.reads(receiver):
            world.read(receiver, room, want)
        for chunk in receiver.engine.chunk_requests(world.now):
            receiver.engine.on_chunk(chunk.digest, world.relay.get_blob(chunk.digest), world.now)


def test_a_request_is_pending_until_the_record_proves_it() -> None:
    """It is shown as what it is; the record is asked within the stated time, not at once, and the answer is told."""
    world, mina, jun = requested(1)
    assert ("pending", []) == (standing(jun, mina), jun.engine.lookups(world.now))
    world.settle(span=world.timing.claim)
    assert "proven" == standing(jun, mina)
    expected = {"account": mina.account, "handle": mina.me.handle, "standing": "proven"}
    assert [expected] == told(jun, "card-checked")


def test_a_yes_waits_for_the_record() -> None:
    """Accepting what is not proven opens no room and sends nothing; when the record proves it, both can talk."""
    world, mina, jun = requested(2)
    contact = accept(jun, mina)
    assert (ContactState.ASKING, b"", []) == (contact.state, contact.room, jun.engine.rooms())
    assert [mina.me.handle] == Directory(world).answer(jun)
    world.settle(span=60_000)
    assert [ContactState.ACCEPTED] * 2 == [state_of(mina, jun), state_of(jun, mina)]


def test_an_impostor_is_told_and_cannot_be_accepted() -> None:
    """A request under somebody else's handle: the record has another card. Nothing opens, also not what waited."""
    world, jun = World(3), None
    impostor, jun = world.person("mina"), world.person("jun")
    world.person("mina")  # whose handle it is: the record shows the later one
    to_inbox(impostor, jun, ContactRequest(impostor.card.encoded, "it is me"))
    world.quiet()
    assert ContactState.ASKING is accept(jun, impostor).state
    world.settle(span=60_000)
    assert ("refuted", ["card-refuted"], []) == (standing(jun, impostor), warnings(jun), jun.engine.rooms())
    with pytest.raises(CardRefuted):
        accept(jun, impostor)
    assert state_of(jun, impostor) is ContactState.ASKING


def test_an_impostors_request_does_not_hide_the_real_person() -> None:
    """Who only claims a handle is not known by it: the real person's card is learnt, and no change is told."""
    world = World(4)
    impostor, jun = world.person("mina"), world.person("jun")
    mina = world.person("mina")
    to_inbox(impostor, jun, ContactRequest(impostor.card.encoded, "it is me"))
    world.settle(span=world.timing.claim)
    with jun.engine.step(world.now) as step:
        commands.request_contact(step, mina.card, jun.card.encoded, "hello")
    jun.engine.on_card(ProvenCard.testing(mina.card), world.now)
    assert ([], "refuted", "proven") == (warnings(jun), standing(jun, impostor), standing(jun, mina))


def test_a_card_that_is_about_to_enter_is_waited_for() -> None:
    """Somebody changed their card a moment ago: the record shows the one before, and later the new one. No alarm."""
    world, mina, jun = pair(5)
    renewed = next_card(mina)
    to_inbox(mina, jun, ContactRequest(renewed.encoded, "with a new device"))
    world.settle(span=world.timing.claim)
    assert ("pending", []) == (standing(jun, mina), warnings(jun))
    world.cards[mina.me.handle] = renewed
    world.settle(span=2 * PERIOD)
    assert ("proven", [], packages(renewed)) == (standing(jun, mina), warnings(jun), known(jun, mina))


@pytest.mark.parametrize("lie", ["absent", "never entered"])
def test_what_never_enters_the_record_is_refuted_after_a_stated_number_of_periods(lie: str) -> None:
    """A handle that the record does not have, or a card that it never gets: it says so on the request, after `LOOKS`
    looks. Whoever has not answered is not warned: any stranger could cause that.
    """
    world, mina, jun = pair(6)
    card = mina.card if lie == "absent" else next_card(mina)
    if lie == "absent":
        del world.cards[mina.me.handle]
    to_inbox(mina, jun, ContactRequest(card.encoded, "hello"))
    directory, looks, begun = Directory(world), 0, world.now
    arrive(world, mina, jun)
    while "pending" == standing(jun, mina):
        world.now = max(claims_due(jun) or 0, world.now)
        looks += len(directory.answer(jun))
    assert (claims.LOOKS, "refuted", []) == (looks, standing(jun, mina), warnings(jun))
    assert (claims.LOOKS - 1) * PERIOD <= world.now - begun <= (claims.LOOKS - 1) * PERIOD + world.timing.claim


def test_a_record_out_of_reach_proves_and_refutes_nothing() -> None:
    """However often it cannot be asked, the claim stays pending, is asked for ever less often, and is proven then."""
    world, mina, jun = requested(7)
    accept(jun, mina)
    silent, asked = Directory(world, "unreached"), 0
    for _ in range(20):
        asked += len(silent.answer(jun))
        world.now = max(claims_due(jun) or 0, world.now)
    assert (20, "pending", []) == (asked, standing(jun, mina), warnings(jun))
    Directory(world).answer(jun)
    assert ContactState.ACCEPTED is state_of(jun, mina)


def test_a_promised_card_is_good_and_looked_at_again() -> None:
    """A new account may be answered at once; that its card entered the record is looked at two periods later."""
    world, mina, jun = requested(8)
    accept(jun, mina)
    Directory(world, "promised").answer(jun)
    assert ("promised", ContactState.ACCEPTED) == (standing(jun, mina), state_of(jun, mina))
    assert [] == jun.engine.lookups(world.now + 2 * PERIOD - 1)
    world.now += 2 * PERIOD
    assert [mina.me.handle] == Directory(world).answer(jun)
    assert "proven" == standing(jun, mina)


def test_a_strangers_own_directory_is_asked_only_when_the_person_answers() -> None:
    """Else anybody could learn, by a request from a directory of their own, that this device is there and where."""
    world = World(9)
    jun = world.person("jun")
    stranger = world.person("eve", host="evil.example")
    to_inbox(stranger, jun, ContactRequest(stranger.card.encoded, "hello"))
    world.settle(span=10 * world.timing.claim)
    assert ("pending", [], None) == (standing(jun, stranger), jun.engine.lookups(world.now), claims_due(jun))
    accept(jun, stranger)
    assert [stranger.me.handle] == jun.engine.lookups(world.now)


def test_a_crash_loses_no_yes() -> None:
    """The answer that waits is in the store: a device that starts anew asks the record and carries it out."""
    world, mina, jun = requested(10)
    accept(jun, mina)
    jun.crash()
    Directory(world).answer(jun)
    assert ContactState.ACCEPTED is state_of(jun, mina)


def test_a_declined_request_leaves_no_claim() -> None:
    """Nothing is asked of the record, and nothing is carried out, for whoever was declined."""
    world, mina, jun = requested(11)
    accept(jun, mina)
    with jun.engine.step(world.now) as step:
        commands.decline_contact(step, mina.me.account)
    assert ([], "", []) == (jun.engine.lookups(world.now), standing(jun, mina), jun.engine.rooms())


# -- links and invitations ----------------------------------------------------------------------------------------


def test_who_follows_a_link_is_let_in_only_when_proven() -> None:
    """The giver's device asks the record at once; until it answers the group stays as it is and no use is counted."""
    world, mina, jun, room = crowd(12)
    link = give(mina, room, uses=1)
    mina.online = False
    follow(jun, mina, link)
    arrive(world, jun, mina)
    assert ({mina.account}, 1) == (mina.members(room), uses_left(mina))
    assert [jun.me.handle] == Directory(world, "unreached").answer(mina)
    assert {mina.account} == mina.members(room)
    mina.online = True
    world.settle(span=SPAN)
    assert ([room], {mina.account, jun.account}) == (rooms(jun), mina.members(room))


def test_an_impostor_with_a_link_is_not_let_in() -> None:
    """Having the link is not being whom the card says."""
    world, mina, _, room = crowd(13)
    link = give(mina, room)
    impostor, real = world.person("sora"), world.person("sora")
    assert world.cards[real.me.handle] == real.card
    follow(impostor, mina, link)
    world.settle(span=SPAN)
    assert ([], {mina.account}) == (warnings(mina), mina.members(room))


def test_a_strangers_invitation_is_entered_only_when_proven() -> None:
    """The inviter's handle is a claim too; the yes waits, and is taken back by declining."""
    world = World(14)
    a, b = world.person("mina"), world.person("jun")
    room = world.group(a)
    add(a, room, b)
    b.online = False
    world.settle(span=1_000)
    take(world, b)
    with b.engine.step(world.now, room) as step:
        commands.accept_request(step, room)
    assert ("none", "pending") == (b.phase(room), standing(b, a))
    Directory(world).answer(b)
    assert "joined" == b.phase(room)


# -- what the tests look at ---------------------------------------------------------------------------------------


def uses_left(person: Person) -> int | None:
    with person.engine.step(person.world.now) as step:
        return links.given_links(step)[0].uses_left


def claims_due(person: Person) -> int | None:
    with person.engine.step(person.world.now) as step:
        return claims.next_due(step)


def packages(card: Card) -> tuple[bytes, ...]:
    return tuple(device.key_package for device in card.devices)


def known(person: Person, other: Person) -> tuple[bytes, ...]:
    with person.store.transaction():
        contact = person.store.contact(other.account)
    return contact.key_packages if contact is not None else ()
