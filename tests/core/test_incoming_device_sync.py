"""What another device of the account says: taken over where it is newer, and with everything that follows from it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.account import device_names, own_devices, sync_clock
from nullabona.client.core.contacts import held_invitations
from nullabona.client.core.delivery import inbox_sending, reply_boxes
from nullabona.client.core.devices import shared_inbox, sync_out
from nullabona.client.core.devices.shared_inbox import SEEN
from nullabona.client.core.directory.keeping import load_expected, own_cards
from nullabona.client.core.directory.promises import Expected, encode_expected
from nullabona.client.core.identity import claims, inbox_addresses
from nullabona.client.core.incoming import device_sync
from nullabona.client.core.model.content import Profile, Sync, Text
from nullabona.client.core.model.facts.signals import AccountDeleted, AccountTrusted, ChoicesTakenOver
from nullabona.client.core.model.records import Contact, ContactState, MessageState
from nullabona.client.core.model.room_info import encode_info
from nullabona.client.core.model.state import LEFT, REJOINING
from nullabona.client.core.model.sync_items import (
    CardItem,
    ContactItem,
    DeclineItem,
    EndItem,
    InboxItem,
    NameItem,
    NicknameItem,
    PreferenceItem,
    ProfileItem,
    ReadItem,
    RoomItem,
    SyncItem,
)
from nullabona.client.core.preferences import PROFILE, contact_scope, of_contact, room_scope
from nullabona.client.core.restore import returning
from nullabona.client.core.timeline import profiles
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.stage import START, rows, set_time, signals
from tests.core.talk import JUN, NARI, Talk

SECRET = b"s" * 32
KNOWN = f"known:{JUN.account.hex()}"
CARD = JUN.card()
TRUSTED = [AccountTrusted(JUN.account)]
CONTACT = ("contact-accepted", "contact-changed")


def hear(talk: Talk, home: Home, *items: SyncItem) -> None:
    """The phone says so."""
    device_sync.heard(talk.step, home.shared_of(talk), twin(home.stage, PHONE, home.shared, 1), Sync(items))


def contact(talk: Talk, state: ContactState = ContactState.ACCEPTED) -> Contact:
    """Jun, as known here."""
    kept = Contact(JUN.account, JUN.handle, "준", state, talk.direct.id, "", CARD.encoded, (b"package",))
    talk.step.store.put_contact(kept)
    return kept


def told(state: str, at: int = 5, **about: object) -> ContactItem:
    """What is said of Jun."""
    item = ContactItem(JUN.account, at, JUN.handle, "jun", state, b"", "hi", b"")
    return msgspec.structs.replace(item, **about)


def events(talk: Talk, *kinds: str) -> list[dict[str, object]]:
    """What listeners were told of these kinds."""
    return [data for kind, _, data in rows(talk.step) if kind in kinds]


# -- who is heard -------------------------------------------------------------------------------------------------


def test_only_devices_of_the_account_are_heard_in_the_room_they_share(home: Home, at: Talk) -> None:
    """Nobody else tells this device anything, wherever."""
    sync, phone = Sync((told("accepted"),)), twin(home.stage, PHONE, home.shared, 1)
    device_sync.heard(at.step, at.group, phone, sync)
    device_sync.heard(at.step, home.shared_of(at), JUN.row(home.shared, 1), sync)
    assert (None, False) == (at.step.store.contact(JUN.account), ChoicesTakenOver() in at.step.told)
    device_sync.heard(at.step, home.shared_of(at), phone, sync)
    assert ChoicesTakenOver() in at.step.told
    assert at.step.store.contact(JUN.account) is not None


def test_what_makes_no_sense_is_passed_over(home: Home, at: Talk) -> None:
    """What is said with it counts."""
    broken = RoomItem(b"r" * 32, b"no info", ((JUN.account, JUN.handle),))
    hear(at, home, broken, ProfileItem(5, b"\xc1"), EndItem())
    assert AccountDeleted() in at.step.told
    assert at.step.find_room(b"r" * 32) is None


# -- contacts -----------------------------------------------------------------------------------------------------


def test_a_contact_of_another_device_is_one_here(home: Home, at: Talk) -> None:
    """With its card and what it is called; invitations by it need no asking, and it is told to listeners."""
    hear(at, home, told("accepted", room=b"d" * 32, card=CARD.encoded))
    packages = tuple(device.key_package for device in CARD.devices)
    kept = Contact(JUN.account, JUN.handle, "jun", ContactState.ACCEPTED, b"d" * 32, "hi", CARD.encoded, packages)
    assert kept == at.step.store.contact(JUN.account)
    assert (TRUSTED, CARD.inbox) == (signals(at.step, AccountTrusted), inbox_addresses.inbox_of(at.step, JUN.account))
    assert [{"handle": JUN.handle, "account": JUN.account}] == events(at, "contact-accepted")
    assert 5 == sync_clock.chosen_at(at.step, KNOWN)


def test_a_contact_whose_card_does_not_hold_is_not_taken(home: Home, at: Talk) -> None:
    """Whoever says so."""
    broken = CARD.encoded[:-9] + bytes([CARD.encoded[-9] ^ 1]) + CARD.encoded[-8:]
    hear(at, home, told("accepted", card=broken))
    assert (None, []) == (at.step.store.contact(JUN.account), signals(at.step, AccountTrusted))


def test_what_is_known_here_stays_where_nothing_is_said_of_it(home: Home, at: Talk) -> None:
    """The name, the room, the card with its packages; a state that was known is no news."""
    known = contact(at)
    hear(at, home, told("accepted"))
    kept = Contact(
        *(JUN.account, JUN.handle, "준", ContactState.ACCEPTED, known.room, "hi"), CARD.encoded, (b"package",)
    )
    assert (kept, []) == (at.step.store.contact(JUN.account), events(at, *CONTACT))
    hear(at, home, told("accepted", 6, room=b"d" * 32, card=CARD.encoded))
    packages = tuple(device.key_package for device in CARD.devices)
    now = at.step.store.contact(JUN.account)
    assert now is not None
    assert ("준", b"d" * 32, packages) == (now.name, now.room, now.key_packages)


def test_an_older_word_of_a_contact_changes_nothing(home: Home, at: Talk) -> None:
    """What was chosen here since counts; nor does a state that nobody knows."""
    known = contact(at)
    sync_clock.newer(at.step, KNOWN, 6)
    hear(at, home, told("blocked", 5), told("odd", 7), told("", 5))
    assert known == at.step.store.contact(JUN.account)


def test_somebody_who_asks_there_asks_here(home: Home, at: Talk) -> None:
    """Told as a request; where they wait is noted, and their frames stay remembered."""
    at.step.store.set_value(f"asked-in:{JUN.account.hex()}", msgspec.msgpack.encode((b"f" * 32,)))
    hear(at, home, told("asking", reply=SECRET))
    assert [{"handle": JUN.handle, "account": JUN.account, "greeting": "hi"}] == events(at, "contact-request", *CONTACT)
    assert (SECRET, []) == (reply_boxes.noted(at.step, JUN.account), signals(at.step, AccountTrusted))
    assert (b"f" * 32,) == shared_inbox.take_requests(at.step, JUN.account)
    hear(at, home, told("asking", 6))
    assert SECRET == reply_boxes.noted(at.step, JUN.account)


def test_somebody_asked_there_is_waited_for_here(home: Home, at: Talk) -> None:
    """In the same box, if it is one; also once they ask, as they may have accepted before."""
    hear(at, home, told("requested", reply=b"short"))
    assert (TRUSTED, b"") == (signals(at.step, AccountTrusted), reply_boxes.secret_for(at.step, JUN.account))
    hear(at, home, told("requested", 6, reply=SECRET))
    assert SECRET == reply_boxes.secret_for(at.step, JUN.account)
    (before,) = reply_boxes.followed(at.step)
    at.step.now += 9
    hear(at, home, told("requested", 7, reply=SECRET))
    assert [before.until] == [box.until for box in reply_boxes.followed(at.step)]
    hear(at, home, told("asking", 8))
    assert [SECRET] == [box.secret for box in reply_boxes.followed(at.step)]


@pytest.mark.parametrize(("state", "trusted"), [("accepted", True), ("blocked", False)])
def test_nothing_is_waited_for_once_it_is_answered(home: Home, at: Talk, state: str, *, trusted: bool) -> None:
    """Neither here nor there, and the frames of the request are of no use any more."""
    hear(at, home, told("requested", reply=SECRET))
    reply_boxes.note(at.step, JUN.account, SECRET)
    at.step.store.set_value(f"asked-in:{JUN.account.hex()}", msgspec.msgpack.encode((b"f" * 32,)))
    at.step.told.clear()
    waiting = inbox_sending.UnsentItem(JUN.account, JUN.handle, b"item", START)
    inbox_sending.save(at.step, [waiting])
    hear(at, home, told(state, 6))
    assert ([waiting] if trusted else []) == inbox_sending.unsent(at.step)
    assert ([], b"", ()) == (
        reply_boxes._load(at.step),
        reply_boxes.noted(at.step, JUN.account),
        shared_inbox.take_requests(at.step, JUN.account),
    )
    assert (TRUSTED if trusted else []) == signals(at.step, AccountTrusted)


@pytest.mark.parametrize(
    ("known", "phase", "at_ms", "said", "comes_to"),
    [
        (ContactState.ACCEPTED, "left", 5, "requested", "accepted"),
        (ContactState.ACCEPTED, "left", 6, "requested", "requested"),
        (ContactState.ACCEPTED, "joined", 6, "requested", "accepted"),
        (ContactState.ACCEPTED, "joined", 6, "asking", "asking"),
        (ContactState.BLOCKED, "left", 5, "asking", "blocked"),
        (ContactState.BLOCKED, "left", 5, "accepted", "accepted"),
        (ContactState.REQUESTED, "left", 5, "asking", "asking"),
        (ContactState.ASKING, "left", 5, "requested", "requested"),
    ],
)
def test_an_answer_counts_before_the_asking_that_has_its_time(
    home: Home, at: Talk, known: ContactState, phase: str, at_ms: int, said: str, comes_to: str
) -> None:
    """And whoever has a room with us has answered whom we asked."""
    contact(at, known)
    at.direct.phase = phase
    sync_clock.newer(at.step, KNOWN, 5)
    hear(at, home, told(said, at_ms))
    now = at.step.store.contact(JUN.account)
    assert now is not None
    assert comes_to == now.state.value


def test_a_contact_that_was_forgotten_there_is_forgotten_here(home: Home, at: Talk) -> None:
    """What they asked in is not heard again; nothing is told of somebody who was not known."""
    at.step.store.set_value(f"asked-in:{JUN.account.hex()}", msgspec.msgpack.encode((b"g" * 32,)))
    hear(at, home, told("", frames=(b"f" * 32,)))
    assert ([], ()) == (events(at, *CONTACT), shared_inbox.take_requests(at.step, JUN.account))
    assert not at.step.store.saw(SEEN, b"f" * 32, at.step.day)
    contact(at)
    reply_boxes.note(at.step, JUN.account, SECRET)
    claims.note(at.step, JUN.account, claims.PROVEN)
    hear(at, home, told("", 6))
    assert (None, b"") == (at.step.store.contact(JUN.account), reply_boxes.noted(at.step, JUN.account))
    assert "" == claims.standing(at.step, JUN.account)
    assert [{"handle": JUN.handle, "account": JUN.account, "state": "deleted"}] == events(at, *CONTACT)


def test_what_a_contact_is_called_there_they_are_called_here(home: Home, at: Talk) -> None:
    """If that is newer; nothing is made of somebody who is not known."""
    hear(at, home, NicknameItem(JUN.account, 5, "jun"))
    assert at.step.store.contact(JUN.account) is None
    contact(at)
    hear(at, home, NicknameItem(JUN.account, 4, "old"))
    hear(at, home, NicknameItem(JUN.account, 6, "Juni"))
    now = at.step.store.contact(JUN.account)
    assert now is not None
    assert "Juni" == now.name


# -- choices ------------------------------------------------------------------------------------------------------


def test_choices_are_taken_over_and_told(home: Home, at: Talk) -> None:
    """Those that this version knows, that make sense, and that devices share; once."""
    values = {
        "typing": b"\xc3",
        "theme": b"\xa4dark",
        "receipts": b"\xa1x",
        "lock": b"\x01",
        "default_timer_s": b"\xc1",
    }
    for when in (5, 6):
        hear(at, home, PreferenceItem(PROFILE, when, {**values, "default_timer_s": b"\x3c"}))
    assert {"typing": b"\xc3", "default_timer_s": b"\x3c"} == at.step.store.preferences(PROFILE)


@pytest.mark.parametrize(("scope", "when"), [(PROFILE, 4), ("odd", 9), ("odd:x", 9)])
def test_older_choices_and_those_of_nothing_known_are_not(home: Home, at: Talk, scope: str, when: int) -> None:
    """Nothing is told."""
    sync_clock.newer(at.step, scope, 5)
    hear(at, home, PreferenceItem(scope, when, {"typing": b"\xc3"}))
    assert ({}, []) == (at.step.store.preferences(scope), events(at, "preferences"))


def test_choices_of_a_room_and_a_contact_follow(home: Home, at: Talk) -> None:
    """Each in its own kind."""
    hear(at, home, PreferenceItem(room_scope(at.group.id), 5, {"archived": b"\xc3", "typing": b"\xc3"}))
    assert {"archived": b"\xc3"} == at.step.store.preferences(room_scope(at.group.id))
    assert [] == events(at, "identity-changed")


def trust(changed: bytes, *, was_verified: bool = True, when: int = 5) -> PreferenceItem:
    """What another device says of Jun's keys."""
    values = {"changed": changed, "was_verified": was_verified, "verified": b""}
    return PreferenceItem(
        contact_scope(JUN.account), when, {key: msgspec.msgpack.encode(value) for key, value in values.items()}
    )


def test_another_key_that_was_shown_there_is_told_here_once(home: Home, at: Talk) -> None:
    """What was written meanwhile waits, and goes out once the person has seen it there."""
    contact(at)
    for when in (5, 6):
        hear(at, home, trust(NARI.account, when=when))
        assert [{"account": JUN.account, "handle": JUN.handle, "was_verified": True}] == events(at, "identity-changed")
    line = at.said(Text("hi"), room=at.direct.id)
    at.step.store.put_message(replace(line, state=MessageState.WAITING))
    hear(at, home, trust(NARI.account, was_verified=False, when=7))
    assert [] == at.out(at.direct.id)
    hear(at, home, trust(b"", was_verified=False, when=8))
    assert (1, Text("hi")) == (len(at.out(at.direct.id)), at.out(at.direct.id)[0])
    assert b"" == of_contact(at.step.store, JUN.account).changed


def test_keys_of_nobody_we_know_are_told_to_nobody(home: Home, at: Talk) -> None:
    """They are kept for when they are a contact."""
    hear(at, home, trust(NARI.account))
    assert ([], NARI.account) == (events(at, "identity-changed"), of_contact(at.step.store, JUN.account).changed)


# -- rooms --------------------------------------------------------------------------------------------------------


def test_what_was_read_there_is_read_here(home: Home, at: Talk) -> None:
    """In rooms that are known."""
    line = at.said(Text("hi"), JUN)
    hear(at, home, ReadItem(at.group.id, line.id), ReadItem(b"f" * 32, line.id))
    assert line.position == at.step.store.marker(at.group.id, at.me)


def room_item(talk: Talk, room: bytes, *, joined: bool) -> RoomItem:
    """What another device says of a room."""
    return RoomItem(room, encode_info(talk.group.info), ((JUN.account, JUN.handle),), joined)


def test_a_room_that_is_only_remembered_is_asked_for_at_once(home: Home, at: Talk) -> None:
    """Its members are; into one where that device is it lets us in."""
    hear(at, home, room_item(at, b"1" * 32, joined=True), room_item(at, b"2" * 32, joined=False))
    room = at.step.find_room(b"2" * 32)
    assert (None, REJOINING) == (at.step.find_room(b"1" * 32), room.phase if room else "")
    assert [b"1" * 32] == [each.room for each in returning.expected(at.step)]


@pytest.mark.parametrize("joined", [True, False])
def test_an_invitation_into_a_room_that_another_device_is_in_waits_no_more(
    home: Home, at: Talk, *, joined: bool
) -> None:
    """The person has answered it there."""
    waits = held_invitations.HeldInvitation(JUN.certificate.encode(), b"pack")
    at.step.store.set_value(held_invitations._key(at.group.id), msgspec.msgpack.encode(waits))
    hear(at, home, room_item(at, at.group.id, joined=joined))
    assert (None if joined else waits) == held_invitations.load(at.step, at.group.id)


def test_a_shared_room_that_counts_is_settled_on(home: Home, at: Talk) -> None:
    """As another device says."""
    own_devices.forget_room(at.step.store, home.shared)
    hear(at, home, room_item(at, home.shared, joined=True))
    assert home.shared == own_devices.room_id(at.step.store)


def test_an_invitation_that_was_declined_there_is_not_asked_about_here(home: Home, at: Talk) -> None:
    """Also if it comes later."""
    hear(at, home, DeclineItem(b"r" * 32, b"i" * 16))
    assert [False, True] == [at.step.store.saw("invitation", id * 16, at.step.day) for id in (b"i", b"j")]


# -- the account --------------------------------------------------------------------------------------------------


def test_what_we_are_called_there_we_are_called_here(home: Home, at: Talk) -> None:
    """The account has one profile."""
    hear(at, home, ProfileItem(5, msgspec.msgpack.encode(Profile("Mina"))))
    assert Profile("Mina") == profiles.own(at.step)


def test_a_device_is_called_as_was_said_last(home: Home, at: Talk) -> None:
    """Hearing its own name a device knows that it was told everything."""
    own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, mine="last").encoded)
    hear(at, home, NameItem(PHONE.device, 5, "phone"), NameItem(PHONE.device, 4, "old"))
    assert ({PHONE.device: "phone"}, False) == (device_names.all_names(at.step.store), sync_out.was_told(at.step))
    hear(at, home, NameItem(at.step.local.device, 5, "desk"))
    assert ("desk", True) == (device_names.all_names(at.step.store)[at.step.local.device], sync_out.was_told(at.step))


def test_how_far_another_device_has_come_in_the_inbox_is_its_own_word(home: Home, at: Talk) -> None:
    """Not another's."""
    own_devices.note_gone(at.step.store, [TABLET.device])
    hear(at, home, InboxItem(b"inc", 7))
    assert 7 == shared_inbox.erasable(at.step, b"inc", 9)


def test_a_newer_card_is_followed(home: Home, at: Talk) -> None:
    """Every room is looked at, listeners are told, and what was promised for it is looked after."""
    newer = home.next_card(home.card, PHONE, WATCH, relay="wss://two.example:443/v1")
    promise = Expected("relay.example", at.step.local.handle, newer.hash, 1, 2, b"note", (), 9)
    hear(at, home, CardItem(newer.encoded, encode_expected(promise)))
    assert (newer, [TABLET.device]) == (own_devices.card(at.step.store), own_devices.gone(at.step.store))
    assert ([newer.hash], [promise]) == (own_cards(at.step.store), load_expected(at.step.store))
    assert ([{}], True) == (events(at, "devices-changed"), START < set_time(at.group.tend_at))
    assert "wss://two.example:443/v1" == at.step.local.relay


def test_a_card_that_is_known_or_not_ours_is_no_news(home: Home, at: Talk) -> None:
    """Nothing is looked at; but who is told to be gone is, unless the newest card names it."""
    hear(at, home, CardItem(home.card.encoded, gone=(PHONE.device,)), CardItem(JUN.card().encoded))
    assert ([], [], None) == (own_devices.gone(at.step.store), events(at, "devices-changed"), at.group.tend_at)
    assert [home.card.hash] == own_cards(at.step.store)
    hear(at, home, CardItem(home.card.encoded, gone=(PHONE.device, WATCH.device)))
    assert ([WATCH.device], [{}]) == (own_devices.gone(at.step.store), events(at, "devices-changed"))
    assert START < set_time(at.group.tend_at)
    at.group.tend_at = None
    hear(at, home, CardItem(home.card.encoded, gone=(WATCH.device,)))
    assert (1, None) == (len(events(at, "devices-changed")), at.group.tend_at)


def test_an_account_that_is_deleted_there_ends_here(home: Home, at: Talk) -> None:
    """When this step is over."""
    assert AccountDeleted() not in at.step.told
    at.direct.phase = LEFT
    hear(at, home, EndItem())
    assert AccountDeleted() in at.step.told
