"""Which devices an account has, what they are called, and which of two choices counts."""

from __future__ import annotations

import pytest

from nullabona.client.core.account import device_names, own_devices, sync_clock, waiting
from nullabona.client.core.devices import shared_inbox, shared_room, unlisted
from nullabona.client.core.devices.shared_inbox import SEEN
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.facts.signals import InboxReadElsewhere
from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.core.model.room_info import encode_info
from nullabona.client.core.model.state import LEFT, REJOINING
from nullabona.client.core.model.sync_items import InboxItem, RoomItem
from nullabona.client.core.step import DAY_MS
from nullabona.wire.card import CardDevice, sign_card, verify_card
from nullabona.wire.handle import parse_handle
from tests.core.home import PHONE, TABLET, WATCH, Home
from tests.core.stage import DAY, START, Other, rows
from tests.core.talk import JUN, NARI, Talk

# -- the card -----------------------------------------------------------------------------------------------------


def test_the_newest_card_is_the_one_that_counts(home: Home, at: Talk) -> None:
    """One that is not newer is not kept, nor one of another identity."""
    newer = home.next_card(home.card, PHONE, TABLET, WATCH)
    store = at.step.store
    assert [False, False] == [own_devices.note_card(store, card.encoded) for card in (home.card, home.first)]
    assert home.card == own_devices.card(store)
    assert own_devices.note_card(store, newer.encoded)
    assert not own_devices.note_card(store, home.card.encoded)
    longer = JUN.card(previous=JUN.card(previous=JUN.card(previous=JUN.card())))
    assert longer.sequence > newer.sequence
    assert not own_devices.note_card(store, longer.encoded)
    assert newer == own_devices.card(store)


def test_before_there_is_a_card_this_device_is_alone_and_leads(at: Talk) -> None:
    """It knows of no others, and takes the first card there is."""
    at.step.store.delete_value("account-card")
    assert (None, [], [], True) == (
        own_devices.card(at.step.store),
        own_devices.listed(at.step.store),
        own_devices.others(at.step),
        own_devices.leads(at.step),
    )
    assert own_devices.note_card(at.step.store, JUN.card().encoded)


def test_who_is_on_an_older_card_and_not_on_the_newer_is_gone(home: Home, at: Talk) -> None:
    """For good: a card that names it again does not bring it back."""
    own_devices.note_card(at.step.store, home.next_card(home.card, TABLET).encoded)
    assert [PHONE.device] == own_devices.gone(at.step.store)
    again = home.next_card(home.next_card(home.card, TABLET), PHONE, TABLET)
    assert own_devices.note_card(at.step.store, again.encoded)
    assert [at.step.local.device, TABLET.device] == [device.id for device in own_devices.listed(at.step.store)]


def test_devices_are_listed_as_the_card_has_them(home: Home, at: Talk) -> None:
    """In its order, with their keys; the others are those that are not this one."""
    listed = own_devices.listed(at.step.store)
    assert [at.step.local.device, PHONE.device, TABLET.device] == [device.id for device in listed]
    assert own_devices.OwnDevice(PHONE.device, PHONE.signature_key, home.card.devices[1].key_package, DAY) == listed[1]
    assert listed[1:] == own_devices.others(at.step)


def test_the_first_on_the_card_leads(home: Home, at: Talk) -> None:
    """Of those that are still devices of the account."""
    assert own_devices.leads(at.step)
    own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, mine="last").encoded)
    assert not own_devices.leads(at.step)
    own_devices.note_gone(at.step.store, [PHONE.device, TABLET.device])
    assert own_devices.leads(at.step)


def test_only_a_card_of_this_account_is_its_own(home: Home, at: Talk) -> None:
    """Signed by its key, under its handle, and whole."""
    assert home.card == own_devices.own_card_of(at.step, home.card.encoded)
    flipped = home.card.encoded[:-1] + bytes([home.card.encoded[-1] ^ 1])
    name = parse_handle("another@relay.example")
    named = CardDevice(home.certificate(PHONE, str(name)), home.package(PHONE))
    identity = home.stage.person.identity
    renamed = sign_card(identity, handle=name, issued_day=DAY, devices=(named,), inbox=home.card.inbox)
    assert at.me == verify_card(renamed, today=DAY).identity_key
    for data in (JUN.card().encoded, flipped, b"", renamed):
        assert own_devices.own_card_of(at.step, data) is None


def test_of_devices_that_are_gone_the_newest_256_are_remembered(at: Talk) -> None:
    """Each once; whether any is new is told."""
    ids = [number.to_bytes(16, "big") for number in range(300)]
    assert [True, False, True, False] == [
        own_devices.note_gone(at.step.store, some) for some in (ids[:2], ids[:1], ids[:3], [])
    ]
    assert ids[:3] == own_devices.gone(at.step.store)
    own_devices.note_gone(at.step.store, ids)
    assert ids[-256:] == own_devices.gone(at.step.store)


# -- the shared room ----------------------------------------------------------------------------------------------


def test_the_shared_room_counts_while_we_are_in_it(home: Home, at: Talk) -> None:
    """Who waits for a way back may wait for ever; without one there is none."""
    room = home.shared_of(at)
    assert (home.shared, room) == (own_devices.room_id(at.step.store), own_devices.shared(at.step))
    room.phase = REJOINING
    assert own_devices.shared(at.step) is None
    own_devices.set_room(at.step.store, b"f" * 32)
    assert own_devices.shared(at.step) is None
    own_devices.forget_room(at.step.store, home.shared)
    assert b"f" * 32 == own_devices.room_id(at.step.store)
    own_devices.forget_room(at.step.store, b"f" * 32)
    assert (b"", None) == (own_devices.room_id(at.step.store), own_devices.shared(at.step))


@pytest.mark.parametrize(("other", "lower"), [(bytes(32), True), (b"\xff" * 32, False)])
def test_of_two_shared_rooms_the_lower_id_counts(home: Home, at: Talk, other: bytes, *, lower: bool) -> None:
    """Unless this device only waits to come back into the one it knows."""
    own_devices.settle_room(at.step, other)
    assert (other if lower else home.shared) == own_devices.room_id(at.step.store)
    own_devices.set_room(at.step.store, home.shared)
    home.shared_of(at).phase = REJOINING
    own_devices.settle_room(at.step, other)
    assert other == own_devices.room_id(at.step.store)


def test_what_was_chosen_and_that_one_is_out_is_kept(at: Talk) -> None:
    """A relay until it is published; being out for good."""
    assert ("", False) == (own_devices.chosen_relay(at.step.store), own_devices.is_signed_out(at.step.store))
    own_devices.choose_relay(at.step.store, "wss://two.example:443/v1")
    own_devices.note_signed_out(at.step.store)
    assert ("wss://two.example:443/v1", True) == (
        own_devices.chosen_relay(at.step.store),
        own_devices.is_signed_out(at.step.store),
    )
    own_devices.choose_relay(at.step.store, "")
    assert "" == own_devices.chosen_relay(at.step.store)


def test_who_is_in_another_room_of_ours_is_told_which_one_counts(home: Home, at: Talk) -> None:
    """Once for each that comes into it, and again once another one counts; whoever left is no news."""
    there = at.group
    item = Sync(
        (RoomItem(home.shared, encode_info(home.shared_of(at).info), ((at.me, at.step.local.handle),), joined=True),)
    )

    def told() -> int:
        shared_room.look_after(at.step, there)
        return len(at.out(there.id))

    assert [1, 1] == [told(), told()]
    at.step.store.put_devices([NARI.row(there.id, 2, since=0), Other("guest").row(there.id, 3)])
    at.step.roster_changed(there.id)
    assert [2, 2] == [told(), told()]
    for _ in range(2):
        first = min(device.device for device in at.step.others(there, there.epoch))
        at.step.store.drop_devices(there.id, [first])
        at.step.roster_changed(there.id)
        assert 2 == told()
    assert [item, item] == at.out(there.id)
    own_devices.set_room(at.step.store, at.direct.id)
    assert [3, 3] == [told(), told()]


def test_nobody_is_told_of_a_room_that_does_not_count(home: Home, at: Talk) -> None:
    """Nor is a room without others told anything."""
    at.step.store.drop_devices(at.group.id, [JUN.device, NARI.device])
    at.step.roster_changed(at.group.id)
    shared_room.look_after(at.step, at.group)
    home.shared_of(at).phase = REJOINING
    shared_room.look_after(at.step, at.direct)
    assert ([], []) == (at.out(at.group.id), at.out(at.direct.id))


@pytest.mark.parametrize(
    ("which", "settles"), [("devices", True), ("group", False), ("left", False), ("absent", False)]
)
def test_a_shared_room_that_another_device_tells_of_counts_if_we_are_in_it(
    home: Home, at: Talk, which: str, *, settles: bool
) -> None:
    """No other room does."""
    own_devices.forget_room(at.step.store, home.shared)
    if which == "left":
        home.shared_of(at).phase = LEFT
    shared_room.heard(at.step, {"group": at.group.id, "absent": bytes(32)}.get(which, home.shared))
    assert (home.shared if settles else b"") == own_devices.room_id(at.step.store)


# -- names, and what is waited for --------------------------------------------------------------------------------


def test_devices_are_called_as_the_person_last_said(at: Talk) -> None:
    """Each by its own name, and that it changed is told."""
    assert {} == device_names.all_names(at.step.store)
    for device, name in ((PHONE, "phone"), (TABLET, "tablet"), (PHONE, "old phone")):
        device_names.keep(at.step, device.device, name)
    assert {PHONE.device: "old phone", TABLET.device: "tablet"} == device_names.all_names(at.step.store)
    assert ["devices-changed"] * 3 == [kind for kind, _, _ in rows(at.step)]


def test_devices_wait_in_the_order_in_which_they_came(at: Talk) -> None:
    """Each once; who is none of the account's any more does not, nor who has what it waited for."""
    store = at.step.store
    assert [] == waiting.waiting(store, "x")
    for device in (WATCH, PHONE, TABLET, PHONE):
        waiting.wait(store, "x", device.device)
    assert [TABLET.device, PHONE.device] == waiting.waiting(store, "x")
    waiting.served(store, "x", {TABLET.device, b"y" * 16})
    assert ([PHONE.device], []) == (waiting.waiting(store, "x"), waiting.waiting(store, "z"))
    waiting.served(store, "x", [PHONE.device])
    assert None is store.get_value("x")


# -- the clock ----------------------------------------------------------------------------------------------------


def test_of_two_choices_the_later_one_counts(at: Talk) -> None:
    """One of the same moment too, and one from the future as one of now."""
    assert 0 == sync_clock.chosen_at(at.step, "theme")
    taken = [
        (chosen, sync_clock.newer(at.step, "theme", chosen)) for chosen in (5, 4, 5, 6, START + 9, START - 1, START)
    ]
    assert [(5, True), (4, False), (5, True), (6, True), (START + 9, True), (START - 1, False), (START, True)] == taken
    assert (START, 0) == (sync_clock.chosen_at(at.step, "theme"), sync_clock.chosen_at(at.step, "other"))


def test_what_is_chosen_here_is_later_than_all_before(at: Talk) -> None:
    """Whatever the clock says."""
    assert [START, START + 1, START + 2] == [sync_clock.chosen_here(at.step, "theme") for _ in range(3)]
    assert START + 2 == sync_clock.chosen_at(at.step, "theme")


# -- the shared inbox ---------------------------------------------------------------------------------------------


def test_the_inbox_is_erased_up_to_where_every_device_has_come(at: Talk) -> None:
    """Who said nothing yet, or speaks of another inbox, has come nowhere."""
    assert 0 == shared_inbox.erasable(at.step, b"inc", 9)
    shared_inbox.note_other(at.step, PHONE.device, InboxItem(b"inc", 7))
    assert (0, True) == (shared_inbox.erasable(at.step, b"inc", 9), InboxReadElsewhere() in at.step.told)
    shared_inbox.note_other(at.step, TABLET.device, InboxItem(b"inc", 8))
    assert [7, 5, 0] == [shared_inbox.erasable(at.step, *of) for of in ((b"inc", 9), (b"inc", 5), (b"new", 9))]
    shared_inbox.note_other(at.step, PHONE.device, InboxItem(b"new", 9))
    assert 0 == shared_inbox.erasable(at.step, b"inc", 9)


def test_who_is_none_of_the_account_holds_no_inbox_back(home: Home, at: Talk) -> None:
    """Alone one erases what one has read; what a stranger says is not kept."""
    shared_inbox.note_other(at.step, WATCH.device, InboxItem(b"inc", 1))
    own_devices.note_card(at.step.store, home.next_card(home.card, WATCH).encoded)
    assert 0 == shared_inbox.erasable(at.step, b"inc", 9)
    own_devices.note_card(at.step.store, home.next_card(home.next_card(home.card, WATCH)).encoded)
    assert 9 == shared_inbox.erasable(at.step, b"inc", 9)


def asking(talk: Talk, state: ContactState = ContactState.ASKING) -> None:
    """Jun has asked."""
    talk.step.store.put_contact(Contact(JUN.account, JUN.handle, "", state, b"", "", b""))


def test_the_frames_of_a_request_are_remembered_until_it_is_answered(at: Talk) -> None:
    """The newest four, each once, for the other devices; then they are taken once."""
    asking(at)
    frames = [bytes([number]) * 32 for number in range(6)]
    for frame in (frames[0], frames[1], frames[0]):
        shared_inbox.note_request(at.step, JUN.account, frame)
    assert (frames[1], frames[0]) == shared_inbox.take_requests(at.step, JUN.account)
    for frame in (*frames, frames[2]):
        shared_inbox.note_request(at.step, JUN.account, frame)
    assert ((frames[3], frames[4], frames[5], frames[2]), ()) == (
        shared_inbox.take_requests(at.step, JUN.account),
        shared_inbox.take_requests(at.step, JUN.account),
    )


@pytest.mark.parametrize("state", [None, ContactState.ACCEPTED])
def test_no_frame_is_remembered_of_who_is_not_asking(at: Talk, state: ContactState | None) -> None:
    """Nor if there is no other device to tell."""
    if state is not None:
        asking(at, state)
    shared_inbox.note_request(at.step, JUN.account, b"f" * 32)
    assert () == shared_inbox.take_requests(at.step, JUN.account)
    asking(at)
    own_devices.note_gone(at.step.store, [PHONE.device, TABLET.device])
    shared_inbox.note_request(at.step, JUN.account, b"f" * 32)
    assert () == shared_inbox.take_requests(at.step, JUN.account)


def test_what_was_answered_elsewhere_is_not_heard_again(at: Talk) -> None:
    """Its frames count as taken."""
    shared_inbox.pass_over(at.step, (b"f" * 32, b"g" * 32))
    assert [False, False, True] == [at.step.store.saw(SEEN, frame * 32, at.step.day) for frame in (b"f", b"g", b"h")]


# -- devices that no card names -----------------------------------------------------------------------------------


def test_a_device_that_no_card_names_for_a_day_is_gone(at: Talk) -> None:
    """Counted from when it was first seen in a room; the card's own devices, this one and known gone ones are not."""
    own_devices.note_gone(at.step.store, [b"gone" * 4])
    for now in (START, START + 5):
        at.step.now = now
        unlisted.note(at.step, [WATCH.device, PHONE.device, at.step.local.device, b"gone" * 4])
    at.step.now = START + DAY_MS - 1
    assert (False, [b"gone" * 4]) == (unlisted.judge(at.step), own_devices.gone(at.step.store))
    at.step.now = START + DAY_MS
    assert (True, [b"gone" * 4, WATCH.device]) == (unlisted.judge(at.step), own_devices.gone(at.step.store))
    assert (False, None) == (unlisted.judge(at.step), at.step.store.get_value("devices-unlisted"))


def test_a_device_that_a_card_names_by_then_stays(home: Home, at: Talk) -> None:
    """It was let in a moment ago; another one that is not named is waited for on its own."""
    unlisted.note(at.step, [WATCH.device])
    at.step.now = START + 5
    unlisted.note(at.step, [NARI.device])
    own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, WATCH).encoded)
    at.step.now = START + DAY_MS
    assert (False, []) == (unlisted.judge(at.step), own_devices.gone(at.step.store))
    at.step.now += 5
    assert (True, [NARI.device]) == (unlisted.judge(at.step), own_devices.gone(at.step.store))
