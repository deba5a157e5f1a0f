"""Every device of the account, and none that was removed, is in every room: when that is seen to, and when not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import msgspec
import pytest

from nullabona.client.core import rooms
from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import queue_trim
from nullabona.client.core.devices import inbox_state, membership, sync_out, unlisted
from nullabona.client.core.directory.keeping import own_cards
from nullabona.client.core.imports import make_room
from nullabona.client.core.model.branches import Rejoin
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.core.model.facts.signals import ReplyBoxesChanged
from nullabona.client.core.model.imports import IMPORTED
from nullabona.client.core.model.intents import AddAccount, RemoveDevice
from nullabona.client.core.model.mls_port import Mls
from nullabona.client.core.model.proofs import make_order
from nullabona.client.core.model.room_info import DEVICES, RoomInfo
from nullabona.client.core.model.state import JOINED, LEFT, REJOINING, REMOVED, DeviceChanges, PendingCommit
from nullabona.client.core.model.sync_items import CardItem
from nullabona.client.core.step import DAY_MS
from nullabona.wire.card import Card
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.stage import RELAY, START, Other, rows, set_time
from tests.core.talk import Talk

HOUR = 3_600_000


def in_group(home: Home, talk: Talk, *devices: Other) -> None:
    """These devices of ours are in the group beside this one."""
    talk.step.store.put_devices([twin(home.stage, each, talk.group.id, 5 + n) for n, each in enumerate(devices)])
    talk.step.roster_changed(talk.group.id)


def tend(talk: Talk) -> None:
    """It is time to look at the group."""
    talk.group.tend_at = talk.step.now
    membership.look_after(talk.step, talk.group)


def bring(home: Home, talk: Talk, *devices: Other) -> AddAccount:
    """The wish to have these devices of the account in."""
    packages = {each.certificate.device_id: each.key_package for each in home.card.devices}
    wanted = tuple(packages[each.device] for each in devices)
    return AddAccount(talk.me, talk.step.local.handle, wanted, msgspec.msgpack.encode(home.card.inbox))


# -- when ---------------------------------------------------------------------------------------------------------


def test_every_room_we_are_in_is_looked_at_soon(at: Talk) -> None:
    """Within twenty seconds, or as soon as was asked for."""
    at.direct.phase = REJOINING
    membership.soon(at.step)
    assert (START + 20_001, None) == (at.group.tend_at, at.direct.tend_at)
    membership.soon(at.step, 0)
    assert START + 1 == at.group.tend_at


@pytest.mark.parametrize(("when", "looks"), [(None, False), (1, True), (START, True), (START + 1, False)])
def test_a_room_is_looked_at_when_it_is_due(home: Home, at: Talk, when: int | None, *, looks: bool) -> None:
    """Once."""
    at.group.tend_at = when
    membership.look_after(at.step, at.group)
    assert ([bring(home, at, PHONE, TABLET)] if looks else []) == at.group.intents
    assert (None if looks else when) == at.group.tend_at


# -- in and out ---------------------------------------------------------------------------------------------------


def test_devices_that_are_absent_are_brought_in(home: Home, at: Talk) -> None:
    """Those that are present are not."""
    in_group(home, at, PHONE)
    tend(at)
    assert [bring(home, at, TABLET)] == at.group.intents
    assert {TABLET.device.hex()} == set(at.group.device_changes)


def test_what_is_wanted_already_is_not_wanted_again(home: Home, at: Talk) -> None:
    """Neither what waits nor what is on its way; what comes to it takes its place."""
    at.group.intents = [bring(home, at, PHONE, TABLET)]
    tend(at)
    assert ([bring(home, at, PHONE, TABLET)], {}) == (at.group.intents, at.group.device_changes)
    at.group.intents = [bring(home, at, PHONE)]
    tend(at)
    assert [bring(home, at, PHONE), bring(home, at, PHONE, TABLET)] == at.group.intents
    at.group.intents = []
    at.group.pending = PendingCommit(b"c", b"f", [bring(home, at, PHONE, TABLET)], [], [], invites=True)
    tend(at)
    assert [] == at.group.intents


@pytest.mark.parametrize("why", ["leaving", "no card"])
def test_nobody_is_brought_into_a_room_that_we_leave(home: Home, at: Talk, why: str) -> None:
    """Nor anybody without a card."""
    if why == "leaving":
        order = make_order(at.step.mls, at.step.local.signature_key, at.group.id, at.me, [b"k" * 32])
        rooms.note_leaving(at.step, order)
    else:
        at.step.store.delete_value("account-card")
    tend(at)
    assert ([], home.shared) == (at.group.intents, own_devices.room_id(at.step.store))


@dataclass
class Doubting:
    """MLS as it is, but for whose the phone's key package is; nobody's, if there is no such key."""

    mls: Mls
    phone: bytes
    key: bytes

    def __getattr__(self, name: str) -> object:
        return getattr(self.mls, name)

    def key_package_owner(self, key_package: bytes) -> bytes:
        if key_package != self.phone:
            return self.mls.key_package_owner(key_package)
        if not self.key:
            raise MlsRefused("this is no key package", "malformed")
        return self.key


@pytest.mark.parametrize("key", [WATCH.signature_key, b""])
def test_a_key_package_that_is_not_the_devices_is_not_used(home: Home, at: Talk, key: bytes) -> None:
    """The others come in all the same."""
    at.step.mls = cast("Mls", Doubting(at.step.mls, home.card.devices[1].key_package, key))
    tend(at)
    assert [bring(home, at, TABLET)] == at.group.intents


def test_devices_that_are_gone_are_put_out(home: Home, at: Talk) -> None:
    """Those that are in; once; never this one."""
    in_group(home, at, PHONE, TABLET)
    own_devices.note_gone(at.step.store, [PHONE.device, WATCH.device, at.step.local.device])
    tend(at)
    assert [RemoveDevice(PHONE.device)] == at.group.intents
    tend(at)
    assert [RemoveDevice(PHONE.device)] == at.group.intents
    at.group.intents = []
    at.group.pending = PendingCommit(b"c", b"f", [RemoveDevice(PHONE.device)], [], [], invites=False)
    tend(at)
    assert [] == at.group.intents


def test_a_device_of_ours_that_no_card_names_is_remembered(home: Home, at: Talk) -> None:
    """It may have been let in a moment ago; people's devices are their business."""
    in_group(home, at, PHONE, TABLET, WATCH)
    tend(at)
    at.step.now += DAY_MS
    assert (True, [WATCH.device]) == (unlisted.judge(at.step), own_devices.gone(at.step.store))


def test_the_same_device_is_seen_to_ever_more_slowly(home: Home, at: Talk) -> None:
    """Three times at once, then after twenty seconds, forty, and so on up to six hours; when it is due is noted."""
    in_group(home, at, PHONE)
    waits = []
    for _ in range(3):
        at.group.intents = []
        tend(at)
        assert [bring(home, at, TABLET)] == at.group.intents
    for _ in range(13):
        at.group.intents = []
        tend(at)
        assert [] == at.group.intents
        waits.append(set_time(at.group.tend_at) - at.step.now)
        at.step.now = set_time(at.group.tend_at) - 1
        tend(at)
        assert [] == at.group.intents
        at.step.now += 1
        tend(at)
        assert [bring(home, at, TABLET)] == at.group.intents
    assert [20_000 << number for number in range(11)] + [6 * HOUR] * 2 == waits
    assert 16 == at.group.device_changes[TABLET.device.hex()].times


@pytest.mark.parametrize(("ago", "times"), [(DAY_MS, 10), (DAY_MS + 1, 1)])
def test_a_day_later_it_is_forgotten_how_often_that_was(home: Home, at: Talk, ago: int, times: int) -> None:
    """Then a device is seen to at once again."""
    in_group(home, at, PHONE)
    at.group.device_changes = {TABLET.device.hex(): DeviceChanges(9, START - ago)}
    tend(at)
    assert {TABLET.device.hex(): DeviceChanges(times, START)} == at.group.device_changes


def changes(phone: int, tablet: int) -> dict[str, DeviceChanges]:
    return {PHONE.device.hex(): DeviceChanges(phone, START), TABLET.device.hex(): DeviceChanges(tablet, START)}


def test_of_two_that_are_due_the_earlier_is_looked_at_first(home: Home, at: Talk) -> None:
    """Whichever it is."""
    at.group.device_changes = {
        PHONE.device.hex(): DeviceChanges(4, START),
        TABLET.device.hex(): DeviceChanges(3, START),
    }
    tend(at)
    assert ([], START + 20_000) == (at.group.intents, at.group.tend_at)
    at.group.device_changes = {
        PHONE.device.hex(): DeviceChanges(3, START),
        TABLET.device.hex(): DeviceChanges(4, START),
    }
    tend(at)
    assert START + 20_000 == at.group.tend_at


def test_only_who_is_due_is_brought_in(home: Home, at: Talk) -> None:
    """Whoever was seen to a moment ago waits."""
    at.group.device_changes = {TABLET.device.hex(): DeviceChanges(4, START)}
    tend(at)
    assert ([bring(home, at, PHONE)], START + 40_000) == (at.group.intents, at.group.tend_at)


def test_what_was_seen_to_very_often_still_comes(home: Home, at: Talk) -> None:
    """Six hours are the longest."""
    in_group(home, at, PHONE)
    at.group.device_changes = {TABLET.device.hex(): DeviceChanges(10_000, START - 6 * HOUR)}
    tend(at)
    assert [bring(home, at, TABLET)] == at.group.intents


def own_card(talk: Talk) -> Card:
    """The card that is known here."""
    card = own_devices.card(talk.step.store)
    assert card is not None
    return card


# -- the shared room ----------------------------------------------------------------------------------------------


def shares(talk: Talk, home: Home) -> bool:
    """Whether there is a new room that the devices share."""
    room = own_devices.shared(talk.step)
    made = room is not None and room.id != home.shared
    if room is not None and made:
        assert (RoomInfo(1, DEVICES, "", talk.step.local.relay), JOINED) == (room.info, room.phase)
    return made


def test_the_first_device_makes_the_room_that_they_share(home: Home, at: Talk) -> None:
    """If there is none, and there is another device; else it waits for the first one."""
    own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, mine="last").encoded)
    own_devices.forget_room(at.step.store, home.shared)
    tend(at)
    assert not shares(at, home)
    own_devices.note_card(at.step.store, home.next_card(own_card(at), PHONE, TABLET).encoded)
    tend(at)
    assert shares(at, home)


def test_who_is_alone_or_has_one_makes_none(home: Home, at: Talk) -> None:
    """There is nobody to share it with, or it is there."""
    tend(at)
    assert home.shared == own_devices.room_id(at.step.store)
    own_devices.forget_room(at.step.store, home.shared)
    own_devices.note_gone(at.step.store, [PHONE.device, TABLET.device])
    tend(at)
    assert "" == own_devices.room_id(at.step.store).hex()


@pytest.mark.parametrize(
    ("attempts", "first", "counts", "anew"),
    [(8, True, True, True), (7, True, True, False), (8, False, True, False), (8, True, False, False)],
)
def test_a_way_back_that_nobody_gives_is_asked_for_eight_times(
    home: Home, at: Talk, attempts: int, *, first: bool, counts: bool, anew: bool
) -> None:
    """Then the first device makes another room, if it is still the one that counts."""
    room = home.shared_of(at)
    room.phase, room.rejoin = REJOINING, Rejoin("returning", 0, b"", [], [], 0, attempts)
    if not first:
        own_devices.note_card(at.step.store, home.next_card(home.card, PHONE, TABLET, mine="last").encoded)
    if not counts:
        own_devices.set_room(at.step.store, b"f" * 32)
    membership.share_anew(at.step, room)
    assert anew is shares(at, home)


def test_a_way_back_into_a_room_of_people_makes_no_shared_one(home: Home, at: Talk) -> None:
    """However often it was asked for."""
    home.shared_of(at).phase = REJOINING
    own_devices.set_room(at.step.store, at.group.id)
    at.group.phase, at.group.rejoin = REJOINING, Rejoin("returning", 0, b"", [], [], 0, 9)
    membership.share_anew(at.step, at.group)
    assert at.group.id == own_devices.room_id(at.step.store)


# -- the card changes ---------------------------------------------------------------------------------------------


def test_a_card_that_is_made_here_is_told_before_anything_follows(home: Home, at: Talk) -> None:
    """And again to whoever comes; every room is looked at at once."""
    newer = home.next_card(home.card, PHONE, WATCH)
    membership.changed_here(at.step, newer)
    assert [Sync((CardItem(newer.encoded),))] == at.out(home.shared)
    assert (newer, [newer.hash], [TABLET.device]) == (
        own_devices.card(at.step.store),
        own_cards(at.step.store),
        own_devices.gone(at.step.store),
    )
    assert ["devices-changed"] == [kind for kind, _, _ in rows(at.step)]
    assert (START + 1, True) == (at.group.tend_at, sync_out.owes(at.step.store, PHONE.device))


def test_the_first_card_with_another_device_makes_the_shared_room(home: Home, at: Talk) -> None:
    """By whichever device makes it."""
    own_devices.forget_room(at.step.store, home.shared)
    membership.changed_here(at.step, home.next_card(home.card, PHONE, mine="last"))
    assert shares(at, home)


@pytest.mark.parametrize("mine", ["first", "last"])
def test_a_newer_card_of_the_directory_is_followed(home: Home, at: Talk, mine: str) -> None:
    """The first device on it sees to the shared room; every room is looked at soon."""
    own_devices.forget_room(at.step.store, home.shared)
    newer = home.next_card(home.card, PHONE, mine=mine, relay="wss://two.example:443/v1")
    membership.follow(at.step, newer)
    assert "wss://two.example:443/v1" == at.step.local.relay
    assert (newer, mine == "first") == (own_devices.card(at.step.store), shares(at, home))
    assert (START + 20_001, False) == (at.group.tend_at, own_devices.is_signed_out(at.step.store))


def test_who_was_seen_for_a_day_and_is_not_on_the_shown_card_is_gone(home: Home, at: Talk) -> None:
    """That is told, and every room is looked at; if there is nobody, nothing happens."""
    membership.shown(at.step)
    assert ([], None, False) == (rows(at.step), at.group.tend_at, sync_out.owes(at.step.store, b""))
    unlisted.note(at.step, [WATCH.device])
    at.step.now += DAY_MS
    membership.shown(at.step)
    assert ([WATCH.device], at.step.now + 20_001) == (own_devices.gone(at.step.store), at.group.tend_at)
    assert "devices-changed" in [kind for kind, _, _ in rows(at.step)]
    assert sync_out.owes(at.step.store, b"")


def test_a_card_without_this_device_puts_it_out(home: Home, at: Talk) -> None:
    """Out of every room, for good; the person is warned, and its card is none of its business any more."""
    at.direct.phase, at.direct.rejoin = LEFT, Rejoin("returning", 0, b"", [], [], 0)
    home.shared_of(at).phase = REJOINING
    old = make_room(at.step, "old times")
    inbox = inbox_state.load(at.step)
    assert inbox is not None
    queue_trim(at.step, RELAY, inbox.box, 5)
    assert ["inbox-trim"] == [item.target.kind for item in at.step.store.outbox(1 << 61)]
    for _ in range(2):
        membership.follow(at.step, home.next_card(home.card, PHONE, mine="absent"))
    assert (True, home.card) == (own_devices.is_signed_out(at.step.store), own_devices.card(at.step.store))
    assert (REMOVED, REMOVED, LEFT) == (at.group.phase, home.shared_of(at).phase, at.direct.phase)
    assert ([], True) == (at.group.boxes, ReplyBoxesChanged() in at.step.told)
    assert 1 == [kind for kind, _, _ in rows(at.step)].count("signed-out")
    assert [None, None] == [room.rejoin for room in (at.direct, at.group)]
    assert (IMPORTED, []) == (at.step.room(old).phase, at.step.store.outbox(1 << 61))


def test_who_signs_out_here_is_not_warned(at: Talk) -> None:
    """The person did it."""
    membership.sign_out(at.step, unasked=False)
    assert (True, REMOVED) == (own_devices.is_signed_out(at.step.store), at.group.phase)
    assert "signed-out" not in [kind for kind, _, _ in rows(at.step)]
