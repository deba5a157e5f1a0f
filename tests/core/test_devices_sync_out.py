"""What the account's other devices are told: what is noted of a change, when it is said, and what is said then."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from nullabona.client.core.account import device_names, own_devices, sync_clock
from nullabona.client.core.devices import sync_out
from nullabona.client.core.model.branches import Helper, Rejoin
from nullabona.client.core.model.content import Body, Profile, Sync, Text
from nullabona.client.core.model.facts.account import PreferencesChanged
from nullabona.client.core.model.facts.messages import MessageStored
from nullabona.client.core.model.facts.people import ContactAccepted, ContactChanged, ContactRequested, ProfileChanged
from nullabona.client.core.model.facts.rooms import Joined
from nullabona.client.core.model.facts.signals import ChoicesTakenOver, OwnMarkerMoved
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.records import UNPLACED, Contact, ContactState, Person
from nullabona.client.core.model.room_info import encode_info
from nullabona.client.core.model.state import LEFT, REJOINING
from nullabona.client.core.model.sync_items import (
    CardItem,
    ContactItem,
    InboxItem,
    NameItem,
    NicknameItem,
    PreferenceItem,
    ProfileItem,
    ReadItem,
    RoomItem,
    SyncItem,
)
from nullabona.client.core.preferences import PROFILE, contact_scope, room_scope
from nullabona.client.core.timeline import profiles
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.stage import START, Other
from tests.core.talk import JUN, NARI, Talk

ALONE = (PHONE.device, TABLET.device)
KNOWN = f"known:{JUN.account.hex()}"
CALLED = f"called:{JUN.account.hex()}"


def contact(talk: Talk, state: ContactState = ContactState.ACCEPTED, other: Other = JUN, name: str = "준") -> Contact:
    """Somebody we know."""
    kept = Contact(other.account, other.handle, name, state, talk.direct.id, "hi", b"")
    talk.step.store.put_contact(kept)
    return kept


def noted(talk: Talk) -> dict[str, int]:
    """What is to be told, and when it was chosen."""
    data = talk.step.store.get_value("devices-dirty")
    return msgspec.msgpack.decode(data, type=dict[str, int]) if data else {}


def items(talk: Talk, home: Home) -> list[SyncItem]:
    """What the devices were told so far, whether in one message or more."""
    bodies: list[Body] = talk.out(home.shared)
    return [item for body in bodies if isinstance(body, Sync) for item in body.items]


def tell(talk: Talk, home: Home, *what: str) -> list[SyncItem]:
    """What is said once its time has come, but for the card that newcomers are told."""
    room = home.shared_of(talk)
    before = len(items(talk, home))
    talk.step.store.set_value("devices-told", msgspec.msgpack.encode([room.id, *sorted(ALONE)]))
    talk.step.store.set_value("devices-dirty", msgspec.msgpack.encode(dict.fromkeys(what, 77)))
    room.sync_at = talk.step.now
    sync_out.look_after(talk.step, room)
    return items(talk, home)[before:]


# -- what is noted ------------------------------------------------------------------------------------------------


def test_a_change_is_noted_as_chosen_now_and_told_within_two_seconds(home: Home, at: Talk) -> None:
    """What changes meanwhile goes along."""
    sync_out.note(at.step, "x")
    room = home.shared_of(at)
    assert ({"x": START}, START + 2_001, START) == (noted(at), room.sync_at, sync_clock.chosen_at(at.step, "x"))
    at.step.now += 5
    sync_out.note_contact(at.step, JUN.account)
    assert ({"x": START, KNOWN: START + 5}, START + 2_001) == (noted(at), room.sync_at)


def test_nothing_is_noted_where_there_is_no_other_device(home: Home, at: Talk) -> None:
    """And nothing is due where there is no shared room."""
    own_devices.note_gone(at.step.store, list(ALONE))
    sync_out.note(at.step, "x")
    at.step.tell(PreferencesChanged("y"))
    sync_out.of_facts(at.step)
    assert ({}, 0) == (noted(at), sync_clock.chosen_at(at.step, "x"))
    at.step.store.delete_value("devices-gone")
    home.shared_of(at).phase = REJOINING
    sync_out.note(at.step, "x")
    assert ({"x": START}, None) == (noted(at), home.shared_of(at).sync_at)


@pytest.mark.parametrize(
    ("fact", "known", "expected"),
    [
        (ContactAccepted(JUN.account, JUN.handle), True, {KNOWN}),
        (ContactChanged(JUN.account, JUN.handle, "deleted"), False, {KNOWN, CALLED}),
        (ContactRequested(JUN.account, JUN.handle, "hi"), True, {KNOWN}),
        (PreferencesChanged("profile"), True, {"profile"}),
        (ProfileChanged(JUN.account), True, {CALLED}),
        (ProfileChanged(JUN.account), False, set()),
        (Joined(b"r" * 32, "", direct=False, handle=JUN.handle), True, {f"remembered:{'72' * 32}"}),
        (OwnMarkerMoved(b"r" * 32), True, {f"read:{'72' * 32}"}),
        (MessageStored(b"r" * 32, b"i" * 16, JUN.account, JUN.handle), True, set()),
    ],
)
def test_what_listeners_are_told_is_noted_for_devices(at: Talk, fact: Fact, expected: set[str], *, known: bool) -> None:
    """As far as it concerns them."""
    if known:
        contact(at)
    at.step.tell(fact)
    sync_out.of_facts(at.step)
    assert dict.fromkeys(expected, START) == noted(at)


def test_my_own_profile_is_noted_as_said(at: Talk) -> None:
    """Also if it was not chosen in this step."""
    at.step.chosen = False
    at.step.tell(ProfileChanged(at.me))
    sync_out.of_facts(at.step)
    assert {sync_out.SAID: START} == noted(at)


def test_what_nobody_chose_here_gives_way_to_a_choice_elsewhere(at: Talk) -> None:
    """What came of a contact has the time of the last choice; a name that a contact gave themselves is no choice."""
    contact(at)
    sync_clock.newer(at.step, KNOWN, 7)
    at.step.chosen = False
    at.step.tell(ContactAccepted(JUN.account, JUN.handle))
    at.step.tell(ProfileChanged(JUN.account))
    at.step.tell(PreferencesChanged("profile"))
    sync_out.of_facts(at.step)
    assert {KNOWN: 7, "profile": START} == noted(at)


def test_what_came_from_another_device_is_not_told_back(at: Talk) -> None:
    """Two devices would never be quiet."""
    at.step.tell(ChoicesTakenOver())
    at.step.tell(PreferencesChanged("profile"))
    sync_out.of_facts(at.step)
    assert {} == noted(at)


# -- when it is said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sync_at", "says"), [(START, True), (START + 1, False)])
def test_what_is_due_is_said_once(home: Home, at: Talk, sync_at: int, *, says: bool) -> None:
    """Not before its time; then nothing is left to say."""
    tell(at, home)
    sync_out.note(at.step, PROFILE)
    at.step.store.put_preference(PROFILE, "typing", b"\xc3")
    room = home.shared_of(at)
    room.sync_at = sync_at
    for _ in range(2):
        sync_out.look_after(at.step, room)
    assert ([PreferenceItem(PROFILE, START, {"typing": b"\xc3"})] if says else []) == items(at, home)
    assert (None if says else sync_at, not says) == (room.sync_at, bool(noted(at)))


def test_what_was_noted_while_nothing_could_be_said_is_due_soon(home: Home, at: Talk) -> None:
    """Within two seconds of now."""
    tell(at, home)
    sync_out.note(at.step, PROFILE)
    room = home.shared_of(at)
    room.sync_at = None
    sync_out.look_after(at.step, room)
    assert (START + 2_001, []) == (room.sync_at, items(at, home))  # type: ignore[comparison-overlap]


def test_rooms_of_people_are_told_nothing(home: Home, at: Talk) -> None:
    """Whatever is due there."""
    at.group.sync_at = START
    sync_out.note(at.step, sync_out.CARD)
    sync_out.look_after(at.step, at.group)
    assert (START, []) == (at.group.sync_at, at.out(at.group.id))


def test_nothing_is_said_to_nobody_or_in_a_room_that_does_not_count(home: Home, at: Talk) -> None:
    """It stays noted; in the latter those who are there are told which one counts."""
    sync_out.note(at.step, sync_out.CARD)
    room = home.shared_of(at)
    own_devices.set_room(at.step.store, at.group.id)
    sync_out.look_after(at.step, room)
    assert (None, 1) == (room.sync_at, len(items(at, home)))
    assert isinstance(items(at, home)[0], RoomItem)
    own_devices.set_room(at.step.store, home.shared)
    at.step.store.drop_devices(room.id, ALONE)
    at.step.roster_changed(room.id)
    room.sync_at = START
    sync_out.look_after(at.step, room)
    assert (None, 1, {sync_out.CARD}) == (room.sync_at, len(items(at, home)), set(noted(at)))  # type: ignore[comparison-overlap]


def test_whoever_has_come_is_told_the_newest_card(home: Home, at: Talk) -> None:
    """Once for each who comes, and again in another shared room; not when somebody goes."""
    room = home.shared_of(at)

    def due() -> list[str]:
        at.step.store.delete_value("devices-dirty")
        sync_out.look_after(at.step, room)
        return list(noted(at))

    assert [[sync_out.CARD], []] == [due(), due()]
    at.step.store.put_devices([twin(home.stage, WATCH, room.id, 3)])
    at.step.roster_changed(room.id)
    assert [[sync_out.CARD], []] == [due(), due()]
    at.step.store.drop_devices(room.id, [WATCH.device])
    at.step.roster_changed(room.id)
    assert [] == due()
    at.step.store.set_value("devices-told", msgspec.msgpack.encode([b"f" * 32, *sorted(ALONE)]))
    assert [[sync_out.CARD], []] == [due(), due()]


def test_who_was_let_in_is_told_everything_once_it_is_there(home: Home, at: Talk) -> None:
    """Until then that is owed."""
    sync_out.owe_everything(at.step, WATCH.device)
    assert (True, False) == (sync_out.owes(at.step.store, WATCH.device), sync_out.owes(at.step.store, PHONE.device))
    tell(at, home)
    assert not noted(at)
    assert sync_out.owes(at.step.store, WATCH.device)
    at.step.store.put_devices([twin(home.stage, WATCH, home.shared, 3)])
    at.step.roster_changed(home.shared)
    sync_out.look_after(at.step, home.shared_of(at))
    assert {sync_out.EVERYTHING, sync_out.CARD} == set(noted(at))
    assert sync_out.owes(at.step.store, PHONE.device)
    at.step.store.delete_value("devices-dirty")
    assert not sync_out.owes(at.step.store, WATCH.device)


def test_much_is_said_in_several_messages(home: Home, at: Talk) -> None:
    """Sixty-four things in one."""
    what = [f"called:{number.to_bytes(32, 'big').hex()}" for number in range(65)]
    assert 65 == len(tell(at, home, *what))
    assert [64, 1] == [len(body.items) for body in at.out(home.shared) if isinstance(body, Sync)]


def test_one_thing_is_told_at_once(home: Home, at: Talk) -> None:
    """If there is anybody to hear it."""
    sync_out.tell_inbox(at.step, b"inc", 7)
    sync_out.tell_now(at.step, NicknameItem(JUN.account, 5, "준"))
    assert [InboxItem(b"inc", 7), NicknameItem(JUN.account, 5, "준")] == items(at, home)
    at.step.store.drop_devices(home.shared, ALONE)
    at.step.roster_changed(home.shared)
    sync_out.tell_inbox(at.step, b"inc", 8)
    own_devices.forget_room(at.step.store, home.shared)
    sync_out.tell_inbox(at.step, b"inc", 9)
    assert 2 == len(items(at, home))


# -- what is said -------------------------------------------------------------------------------------------------


def test_a_contact_is_told_as_it_is_now(home: Home, at: Talk) -> None:
    """With the box in which an answer is waited for; of one that is gone with the frames in which it had asked."""
    known = contact(at)
    at.step.store.set_value(f"reply-to:{JUN.account.hex()}", b"s" * 32)
    asked = msgspec.msgpack.encode((b"f" * 32,))
    at.step.store.set_value(f"asked-in:{JUN.account.hex()}", asked)
    told = ContactItem(JUN.account, 77, JUN.handle, "준", "accepted", at.direct.id, "hi", b"", b"s" * 32)
    assert [told] == tell(at, home, KNOWN)
    assert at.step.store.get_value(f"asked-in:{JUN.account.hex()}") is None
    at.step.store.set_value(f"asked-in:{JUN.account.hex()}", asked)
    at.step.store.put_contact(replace(known, state=ContactState.ASKING))
    assert [replace_state(told, "asking")] == tell(at, home, KNOWN)
    at.step.store.drop_contact(JUN.account)
    gone = ContactItem(JUN.account, 77, "", "", "", b"", "", b"", frames=(b"f" * 32,))
    assert [gone] == tell(at, home, KNOWN)


def replace_state(item: ContactItem, state: str) -> ContactItem:
    """The same with another state."""
    return msgspec.structs.replace(item, state=state)


def test_what_somebody_is_called_here_is_told(home: Home, at: Talk) -> None:
    """Nothing of whom we do not know."""
    contact(at)
    assert [NicknameItem(JUN.account, 77, "준"), NicknameItem(NARI.account, 77, "")] == tell(
        at, home, CALLED, f"called:{NARI.account.hex()}"
    )


def test_choices_are_told_but_those_that_each_device_has_for_itself(home: Home, at: Talk) -> None:
    """Of the profile, a room or a contact; nothing where nothing was chosen, or nothing that is shared."""
    scopes = [PROFILE, room_scope(at.group.id), contact_scope(JUN.account)]
    own_to_each = {"theme": "dark", "notify": "all", "quiet_hours": "22:00-07:00", "lock_minutes": 5, "language": "ko"}
    for scope in scopes:
        for key, value in (own_to_each | {"enter_sends": False}).items():
            at.step.store.put_preference(scope, key, msgspec.msgpack.encode(value))
    assert [] == tell(at, home, *scopes)
    for scope in scopes:
        at.step.store.put_preference(scope, "draft", b"\x02")
    assert [PreferenceItem(scope, 77, {"draft": b"\x02"}) for scope in scopes] == tell(at, home, *scopes)


def test_how_far_a_room_was_read_is_told_by_the_last_line(home: Home, at: Talk) -> None:
    """Nothing of a room in which nothing was read, or nothing but what waits."""
    what, line = f"read:{at.group.id.hex()}", at.said(Text("hi"), JUN)
    assert [] == tell(at, home, what)
    at.step.store.put_marker(at.group.id, at.me, line.position + 5)
    assert [ReadItem(at.group.id, line.id)] == tell(at, home, what)
    at.step.store.put_marker(at.group.id, at.me, UNPLACED - 1)
    assert [ReadItem(at.group.id, line.id)] == tell(at, home, what)
    at.step.store.put_marker(at.group.id, at.me, UNPLACED)
    assert [] == tell(at, home, what, f"read:{at.direct.id.hex()}")


def test_a_room_is_told_with_whom_to_ask_for_a_way_in(home: Home, at: Talk) -> None:
    """Its members but us; of one that we only remember those whom we ask. Nothing of one that was left."""
    what = f"remembered:{at.group.id.hex()}"
    at.step.store.put_devices([twin(home.stage, PHONE, at.group.id, 3)])
    at.step.roster_changed(at.group.id)
    (told,) = tell(at, home, what)
    assert isinstance(told, RoomItem)
    assert (at.group.id, encode_info(at.group.info), True) == (told.room, told.info, told.joined)
    assert {(JUN.account, JUN.handle), (NARI.account, NARI.handle)} == set(told.members)
    at.group.phase = REJOINING
    assert [] == tell(at, home, what)
    at.group.rejoin = Rejoin("away", 0, b"", [], [Helper(NARI.account, NARI.handle)], 0)
    assert [RoomItem(at.group.id, encode_info(at.group.info), ((NARI.account, NARI.handle),))] == tell(at, home, what)
    at.group.phase = LEFT
    assert [] == tell(at, home, what, f"remembered:{home.shared.hex()}", f"remembered:{bytes(32).hex()}")


def test_of_a_large_room_thirty_two_members_are_told(home: Home, at: Talk) -> None:
    """More are asked of nobody."""
    crowd = [Other(f"guest{number}").row(at.group.id, 3 + number) for number in range(40)]
    at.step.store.put_devices(crowd)
    (told,) = tell(at, home, f"remembered:{at.group.id.hex()}")
    assert isinstance(told, RoomItem)
    assert 32 == len(told.members)


def test_the_card_the_profile_and_names_of_devices_are_told(home: Home, at: Talk) -> None:
    """As far as there are any: a profile with the time at which it was chosen."""
    what = (sync_out.CARD, sync_out.SAID, f"{sync_out.NAME}:{PHONE.device.hex()}")
    own_devices.note_gone(at.step.store, [WATCH.device])
    assert [CardItem(home.card.encoded, gone=(WATCH.device,))] == tell(at, home, *what)
    profile = msgspec.msgpack.encode(Profile("Mina"))
    at.step.store.set_value("own-profile", profile)
    device_names.keep(at.step, PHONE.device, "phone")
    assert [ProfileItem(77, profile), NameItem(PHONE.device, 77, "phone")] == tell(at, home, *what[1:])
    at.step.store.put_person(Person(at.me, at.step.local.handle, "Mina", b"", 5))
    assert [ProfileItem(5, profile)] == tell(at, home, sync_out.SAID)
    at.step.store.delete_value("account-card")
    assert [] == tell(at, home, sync_out.CARD, "something else")


def test_everything_is_all_that_is_known_and_names_come_last(home: Home, at: Talk) -> None:
    """Each with the time at which it was chosen: the one noted now counts before the one from then."""
    contact(at)
    sync_clock.newer(at.step, CALLED, 5)
    at.step.store.put_preference(PROFILE, "typing", b"\xc3")
    at.step.store.put_preference(contact_scope(JUN.account), "verified", b"\xc4\x00")
    at.step.store.put_preference(room_scope(at.group.id), "archived", b"\xc3")
    line = at.said(Text("hi"), JUN)
    at.step.store.put_marker(at.group.id, at.me, line.position)
    profiles.set_own(at.step, "Mina", None)
    for device in (PHONE, TABLET):
        device_names.keep(at.step, device.device, device.name)
    told = tell(at, home, sync_out.EVERYTHING, CALLED)
    assert NicknameItem(JUN.account, 77, "준") in told
    kinds = [type(item) for item in told]
    assert [NameItem, NameItem] == kinds[-2:]
    rooms = [item.room for item in told if isinstance(item, RoomItem)]
    assert {at.group.id, at.direct.id} == set(rooms)
    once = [CardItem, ContactItem, NicknameItem, ProfileItem, ReadItem]
    several = [NameItem] * 2 + [PreferenceItem] * 3 + [RoomItem] * 2
    assert Counter([*once, *several]) == Counter(kinds)


def test_this_device_was_told_when_it_heard_its_name(home: Home, at: Talk) -> None:
    """The first one of the card knows by itself; without a shared room nobody does."""
    assert sync_out.was_told(at.step)
    own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, mine="last").encoded)
    assert not sync_out.was_told(at.step)
    sync_out.heard_all(at.step)
    assert sync_out.was_told(at.step)
    own_devices.forget_room(at.step.store, home.shared)
    assert not sync_out.was_told(at.step)


def test_a_name_that_was_given_here_is_told(at: Talk) -> None:
    """And kept."""
    sync_out.name_device(at.step, PHONE.device, "phone")
    assert ({PHONE.device: "phone"}, [f"name:{PHONE.device.hex()}"]) == (
        device_names.all_names(at.step.store),
        list(noted(at)),
    )
