"""Nobody makes a device connect where they like: whatever they send, whoever they were (spec/room.md §9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from nullabona.client.core import acquaintance, commands, conversation
from nullabona.client.core.contacts import links, requests, trust
from nullabona.client.core.delivery import inbox_sending
from nullabona.client.core.devices.inbox_state import WaitingItem, load
from nullabona.client.core.directory.found import ProvenCard
from nullabona.client.core.group import branches
from nullabona.client.core.incoming.inbox_items import MAX_WAITING, MOST_OF_ONE
from nullabona.client.core.model.branches import Helper
from nullabona.client.core.model.content import Handed
from nullabona.client.core.model.inbox_items import (
    ContactRequest,
    FileRequest,
    Gone,
    Invitation,
    ItemBody,
    LinkRefusal,
    LinkUse,
    RoomsAsked,
    RoomsTold,
    RoomTold,
    TicketRequest,
)
from nullabona.client.core.model.records import MessageState
from nullabona.client.core.model.requests import INBOX
from nullabona.client.core.model.room_info import GROUP, RoomInfo, encode_info
from nullabona.client.core.timeline import profiles, sending
from nullabona.wire.blob import cut_blob, encode_ref
from nullabona.wire.seal import ITEM_INDIRECT
from tests.rooms.hostile import drop_in, gone, remove, ticket_of, to_inbox, warnings
from tests.rooms.moves import TWO, card_at, move
from tests.rooms.reached import EVIL, EVIL_RELAY, Forger, Watched
from tests.rooms.world import RELAY, Person

HOUR = 3_600_000


@dataclass
class Scene:
    """A victim with a friend, somebody who was removed from their group, and a contact who is blocked."""

    world: Watched
    victim: Person
    friend: Person
    removed: Person
    blocked: Person
    stranger: Person
    group: bytes
    direct: bytes
    token: bytes

    def forger(self, who: str) -> Forger:
        """``who`` under the attacker's handle: with the identity of the account, or a fresh one."""
        name, _, fresh = who.partition("/")
        person: Person = getattr(self, name)
        return Forger(self.world, None if fresh else person.identity)

    def begin(self) -> None:
        """What happened before does not count."""
        self.world.settle(span=HOUR)
        self.world.reached.clear()
        self.world.looked_up.clear()


def scene(seed: int = 1) -> Scene:
    world = Watched(seed)
    victim, friend, removed, blocked, stranger = (
        world.person(name) for name in ("victim", "friend", "removed", "blocked", "stranger")
    )
    group = world.group(victim, friend, removed, blocked)
    with victim.engine.step(world.now) as step:
        given = links.make_room_link(step, group, hours=1, uses=0)
        links.revoke(step, given.id)
    direct = talk(world, victim, blocked)
    remove(victim, group, removed)
    with victim.engine.step(world.now) as step:
        commands.block_contact(step, blocked.account)
    found = Scene(world, victim, friend, removed, blocked, stranger, group, direct, given.token)
    found.begin()
    return found


def talk(world: Watched, one: Person, other: Person) -> bytes:
    """The room of two, which ``other`` asked for."""
    for each, about in ((one, other), (other, one)):
        with each.engine.step(world.now) as step:
            trust.forget(step, requests.need_contact(step, about.account))
    with other.engine.step(world.now) as step:
        commands.request_contact(step, one.card, other.card.encoded, "hello")
    world.settle(span=60_000)
    with one.engine.step(world.now) as step:
        room = commands.accept_contact(step, other.account).room
    world.settle(span=60_000)
    with one.engine.step(world.now) as step:
        return room or requests.need_contact(step, other.account).room


def a_blob(scene: Scene) -> Invitation:
    ref, _ = cut_blob(scene.world.dice.bytes(32), bytes(1_000))
    return Invitation(scene.world.dice.bytes(16), scene.world.dice.bytes(32), EVIL_RELAY, ref)


def told(scene: Scene) -> RoomsTold:
    info = encode_info(RoomInfo(1, GROUP, "mine", EVIL_RELAY, (scene.friend.account,)))
    members = ((scene.friend.account, f"xx@{EVIL}"), (bytes(32), f"yy@{EVIL}"))
    return RoomsTold((RoomTold(scene.world.dice.bytes(32), info, members),))


ITEMS: dict[str, Callable[[Scene, Forger], ItemBody]] = {
    "contact-request": lambda s, f: ContactRequest(f.card(s.stranger), "hello", b"", bytes(32)),
    "contact-request-with-a-token": lambda s, f: ContactRequest(f.card(s.stranger), "hello", s.token, bytes(32)),
    "invitation": lambda s, _: a_blob(s),
    "ticket-request-of-the-group": lambda s, _: TicketRequest(s.group, 0, b""),
    "ticket-request-of-the-direct-room": lambda s, _: TicketRequest(s.direct, 0, b""),
    "ticket-request-of-no-room": lambda s, _: TicketRequest(s.world.dice.bytes(32), 0, b""),
    "ticket": lambda s, _: ticket_of(s.friend, s.group),
    "gone": lambda s, _: gone(s.world, s.group),
    "dead-link": lambda s, f: LinkUse(s.group, s.token, f.card(s.stranger)),
    "dead-link-and-an-inbox-at-home": lambda s, f: LinkUse(s.group, s.token, f.card(s.stranger, RELAY)),
    "no-link": lambda s, f: LinkUse(s.group, bytes(16), f.card(s.stranger)),
    "file-request": lambda s, _: FileRequest(s.group, bytes(16)),
    "link-refusal": lambda s, _: LinkRefusal(s.group, s.token, "closed"),
    "rooms-asked": lambda _, __: RoomsAsked(),
    "rooms-told": lambda s, _: told(s),
}
WHO = ("friend", "removed", "removed/fresh", "blocked", "blocked/fresh", "stranger")


@pytest.mark.parametrize("who", WHO)
def test_nothing_that_anybody_sends_names_a_host(who: str) -> None:
    """Every kind of item, by a contact, a removed member, a blocked contact and a stranger under a handle and with an
    inbox at a host of theirs: for half a day nobody there is asked or told anything, and nothing is warned of.
    """
    found = scene()
    forger = found.forger(who)
    for make in ITEMS.values():
        forger.send(found.victim, make(found, forger))
    found.world.settle(span=12 * HOUR)
    assert (set(), []) == (found.world.elsewhere(found.victim), warnings(found.victim))


@pytest.mark.parametrize("item", ITEMS)
def test_who_is_blocked_gets_no_answer_to_anything(item: str) -> None:
    """Under the handle that is known, too: nothing is looked up for them, and nothing comes into their inbox."""
    found = scene()
    forger = Forger(found.world, found.blocked.identity, found.blocked.me.handle)
    inbox = found.world.relay.boxes.get(bytes(found.blocked.card.inbox.address))
    before = inbox.head if inbox is not None else 0
    forger.send(found.victim, ITEMS[item](found, forger))
    to_inbox(found.blocked, found.victim, ITEMS[item](found, forger))
    found.blocked.online = False
    found.world.settle(span=12 * HOUR)
    inbox = found.world.relay.boxes.get(bytes(found.blocked.card.inbox.address))
    assert before == (inbox.head if inbox is not None else 0)
    assert [] == [handle for handle in found.world.looked_up["victim"] if handle == found.blocked.me.handle]


def test_a_contact_hands_over_no_invitation_that_leads_elsewhere() -> None:
    """In the room of two it is signed by a device that is in it, and all the same what it names is not asked."""
    found = scene()
    room = talk(found.world, found.victim, found.friend)
    found.begin()
    with found.friend.engine.step(found.world.now, room) as step:
        sending.send_note(step, step.room(room), Handed(a_blob(found)))
    found.world.settle(span=HOUR)
    assert set() == found.world.elsewhere(found.victim)


def test_a_blocked_contact_takes_the_room_of_two_nowhere() -> None:
    """It may order it to another relay, as both may: who has blocked it does not follow."""
    found = scene()
    move(found.world, found.blocked, TWO)
    found.world.settle(span=24 * HOUR)
    assert TWO not in found.world.reached["victim"]


def test_the_room_with_a_blocked_contact_is_not_read_at_their_relay() -> None:
    """Whoever runs it would see when and from where. After unblocking it goes on where it was."""
    found = scene()
    with found.victim.engine.step(found.world.now) as step:
        trust.unblock(step, requests.need_contact(step, found.blocked.account))
    found.world.settle(span=HOUR)
    move(found.world, found.blocked, TWO)
    found.world.settle(span=HOUR)
    assert TWO in found.world.reached["victim"]
    with found.victim.engine.step(found.world.now) as step:
        commands.block_contact(step, found.blocked.account)
    found.begin()
    found.blocked.send(found.direct, "are you there?")
    found.world.settle(span=48 * HOUR)
    assert (set(), True) == (found.world.elsewhere(found.victim), found.victim.engine.wake_at() != found.world.now)
    with found.victim.engine.step(found.world.now) as step:
        trust.unblock(step, requests.need_contact(step, found.blocked.account))
    found.blocked.send(found.direct, "and now?")
    found.world.settle(span=HOUR)
    assert "and now?" in found.victim.texts(found.direct)


def test_a_blocked_contact_sees_no_sign_of_life() -> None:
    """No receipt, marker, name, picture or word of typing, for ten days; after that they get what they missed."""
    found = scene()
    frames = found.world.relay.boxes[found.victim.where(found.direct)]
    sent = found.blocked.send(found.direct, "are you there?")
    found.world.settle(span=60_000)
    before = frames.head
    with found.victim.engine.step(found.world.now, found.direct) as step:
        profiles.set_own(step, "Vera of 12 New Street", None)
        conversation.say_typing(step, step.room(found.direct), on=True)
        for line in found.victim.store.messages(found.direct, limit=10):
            commands.mark_read(step, found.direct, line.id)
    found.blocked.online = False
    found.world.settle(span=10 * 24 * HOUR, most=4_000)
    assert before == frames.head
    found.blocked.online = True
    with found.victim.engine.step(found.world.now) as step:
        trust.unblock(step, requests.need_contact(step, found.blocked.account))
    found.world.settle(span=HOUR)
    with found.blocked.store.transaction():
        known = found.blocked.store.person(found.victim.account)
        message = found.blocked.store.message(found.direct, sent)
    assert known is not None
    assert message is not None
    assert ("Vera of 12 New Street", MessageState.DELIVERED) == (known.name, message.state)


def test_in_a_group_a_blocked_member_is_helped_only_if_nobody_else_could() -> None:
    """The others can, so it is left to them; with nobody else there the room would be lost to it."""
    found = scene()
    asks = TicketRequest(found.group, 0, b"")
    with found.victim.engine.step(found.world.now) as step:
        requests.learn_card(step, ProvenCard.testing(found.blocked.card))
    to_inbox(found.blocked, found.victim, asks)
    found.blocked.online = False
    found.world.settle(span=HOUR)
    address = bytes(found.blocked.card.inbox.address)
    before = found.world.relay.boxes[address].head if address in found.world.relay.boxes else 0
    remove(found.victim, found.group, found.friend)
    found.world.settle(span=HOUR)
    to_inbox(found.blocked, found.victim, TicketRequest(found.group, 1, b""))
    found.world.settle(span=60_000)
    assert before + 1 == found.world.relay.boxes[address].head


def test_who_was_removed_is_told_once_a_day_under_the_handle_that_is_known() -> None:
    """However often they ask, and whatever they call themselves."""
    found = scene()
    found.removed.online = False
    address = bytes(found.removed.card.inbox.address)
    before = found.world.relay.boxes[address].head if address in found.world.relay.boxes else 0
    forger = found.forger("removed")
    for _ in range(20):
        forger.send(found.victim, TicketRequest(found.group, 0, b""))
        found.world.settle(span=60_000)
    assert before + 1 == found.world.relay.boxes[address].head
    assert set() == found.world.elsewhere(found.victim)


def test_a_member_s_later_certificate_names_no_other_host() -> None:
    """What an account is called when it comes into a room holds for it there, for every device of it."""
    found = scene()
    with found.victim.engine.step(found.world.now, found.group) as step:
        handle = acquaintance.handle_of(step, found.friend.account)
    assert found.friend.me.handle == handle
    with found.victim.engine.step(found.world.now, found.group) as step:
        requests.learn_card(step, ProvenCard.testing(card_at(found.world, found.friend, RELAY)))
        assert handle == acquaintance.handle_of(step, found.friend.account)


# -- places -------------------------------------------------------------------------------------------------------


def test_what_a_removed_member_sends_pushes_out_nothing_of_one_s_own() -> None:
    """300 items under fresh keys: none of them waits for a look-up, and the own question is still there."""
    found = scene()
    with found.victim.engine.step(found.world.now) as step:
        inbox_sending.post(step, b"Q" * 32, "away@relay.example", RoomsAsked())
    for number in range(300):
        forger = Forger(found.world, None, f"u{number:03d}@third-party.example")
        forger.send(found.victim, TicketRequest(found.group, 0, b""))
    for person in found.world.people:
        person.online = person is found.victim
    for room, want in found.world.reads(found.victim):
        found.world.read(found.victim, room, want)
    with found.victim.engine.step(found.world.now) as step:
        assert ["away@relay.example"] == [item.handle for item in inbox_sending.unsent(step)]
        assert {"away@relay.example"} == inbox_sending.wanted_handles(step)


def test_answers_have_places_of_their_own() -> None:
    """Few for each account and not many in all; the oldest of them go, and nothing of one's own."""
    found = scene()
    with found.victim.engine.step(found.world.now) as step:
        for number in range(inbox_sending.MOST_UNSENT + 1):
            inbox_sending.post(step, number.to_bytes(32, "big"), f"o{number}@relay.example", RoomsAsked())
        for number in range(2 * inbox_sending.MOST_CAUSED):
            step.store.delete_value("caused-look-ups")
            inbox_sending.answer(step, bytes([1, number]) * 16, Gone(found.group), known_as=f"c{number}@relay.example")
        for number in range(2 * inbox_sending.MOST_CAUSED_BY_ONE):
            step.store.delete_value("caused-look-ups")
            inbox_sending.answer(step, b"x" * 32, Gone(bytes([number]) * 32), known_as="x@relay.example")
        items = inbox_sending.unsent(step)
        own = [item.handle for item in items if not item.caused]
        theirs = [item.handle for item in items if item.caused]
    assert [f"o{number}@relay.example" for number in range(1, inbox_sending.MOST_UNSENT + 1)] == own
    assert (inbox_sending.MOST_CAUSED, inbox_sending.MOST_CAUSED_BY_ONE) == (
        len(theirs),
        theirs.count("x@relay.example"),
    )


def test_look_ups_that_others_cause_become_ever_rarer() -> None:
    """For one account one an hour in the end, for all together so many an hour; after a quiet day it begins anew."""
    found = scene()
    with found.victim.engine.step(found.world.now) as step:
        step.store.delete_value("caused-look-ups")
        asked = 0
        for _ in range(24 * 60):
            step.now += 60_000
            asked += acquaintance.may_look_up(step, b"a" * 32)
        assert 24 <= asked <= 34
        step.now += 2 * acquaintance.CALM_MS
        assert acquaintance.may_look_up(step, b"a" * 32)
        step.now += step.timing.ticket
        assert acquaintance.may_look_up(step, b"a" * 32)
        others = [acquaintance.may_look_up(step, bytes([number]) * 32) for number in range(100)]
        assert acquaintance.MOST_AN_HOUR - 2 == sum(others)
        step.now += acquaintance.LONGEST_MS
        assert acquaintance.may_look_up(step, bytes([99]) * 32)


def test_items_that_wait_push_out_nobody_else_s() -> None:
    """What lies in blobs that never come, by whoever, and what one contact sends: a member's item waits beside them."""
    found = scene()
    helper = Helper(found.friend.account, found.friend.me.handle)
    with found.victim.engine.step(found.world.now, found.group) as step:
        branches.lost_thread(step, step.room(found.group), branches.RELAY_UNREACHABLE)
        rejoin = step.room(found.group).rejoin
        assert rejoin is not None
        rejoin.helpers = [helper]
    found.world.cards.clear()
    waiting = Forger(found.world, found.friend.identity, found.friend.me.handle)
    waiting.send(found.victim, gone(found.world, found.group))
    read(found)
    for _ in range(2 * MAX_WAITING):
        ref, _ = cut_blob(found.world.dice.bytes(32), bytes(1_000))
        drop_in(found.world, found.victim, ITEM_INDIRECT + encode_ref(ref))
    read(found)
    accounts = [item.account for item in waiting_items(found)]
    assert (1, MAX_WAITING) == (accounts.count(found.friend.account), accounts.count(b""))
    for _ in range(2 * MOST_OF_ONE):
        waiting.send(found.victim, gone(found.world, found.group))
    read(found)
    assert MOST_OF_ONE == [item.account for item in waiting_items(found)].count(found.friend.account)


def read(found: Scene) -> None:
    """The victim reads its inbox, and asks for nothing."""
    want = found.victim.engine.reads(INBOX)[0]
    assert want is not None
    found.world.read(found.victim, INBOX, want)


def waiting_items(found: Scene) -> list[WaitingItem]:
    with found.victim.engine.step(found.world.now) as step:
        state = load(step)
    assert state is not None
    return state.waiting


def test_a_follower_of_a_dead_link_at_home_is_told_when_the_record_has_proven_them() -> None:
    """Their directory and relay are ours: they hear why. Nobody else is told, and the record is asked before."""
    found = scene()
    address = bytes(found.stranger.card.inbox.address)
    to_inbox(found.stranger, found.victim, LinkUse(found.group, found.token, found.stranger.card.encoded))
    found.stranger.online = False
    found.world.settle(span=HOUR)
    assert [found.stranger.me.handle] == found.world.looked_up["victim"]
    assert 1 == len(found.world.relay.boxes[address].frames)
