"""Which devices are gone by another device's word alone, and what ends that."""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from nullabona.client.core.incoming import device_sync
from nullabona.client.core.model.content import Sync
from nullabona.client.core.model.sync_items import MOST_GONE, CardItem
from tests.core.home import PHONE, TABLET, WATCH, Home, twin
from tests.core.stage import DAY
from tests.core.talk import Talk


def hear(talk: Talk, home: Home, item: CardItem) -> None:
    """The phone says so."""
    device_sync.heard(talk.step, home.shared_of(talk), twin(home.stage, PHONE, home.shared, 1), Sync((item,)))


def test_a_device_that_was_just_linked_is_not_gone_by_another_devices_word(home: Home, at: Talk) -> None:
    """A device that is not revoked yet says so before the others know the card that names the new one. Once they do,
    the new one is a device like any other, in the rooms and on the cards that are made here.
    """
    hear(at, home, CardItem(home.card.encoded, gone=(WATCH.device,)))
    linked = home.next_card(home.card, PHONE, TABLET, WATCH)
    hear(at, home, CardItem(linked.encoded))
    assert [] == own_devices.gone(at.step.store)
    assert [PHONE.device, TABLET.device, WATCH.device] == [device.id for device in own_devices.others(at.step)]
    hear(at, home, CardItem(linked.encoded, gone=(WATCH.device,)))
    assert [] == own_devices.gone(at.step.store)


def test_nobody_crowds_out_who_is_known_to_be_gone(home: Home, at: Talk) -> None:
    """What cards showed is remembered apart from what another device says."""
    hear(at, home, CardItem(home.next_card(home.card, TABLET).encoded))
    others = tuple(number.to_bytes(16, "big") for number in range(MOST_GONE))
    for number in range(3):
        hear(at, home, CardItem(home.card.encoded, gone=tuple(bytes((number,)) + id[1:] for id in others)))
    assert (PHONE.device, 1 + MOST_GONE) == (own_devices.gone(at.step.store)[0], len(own_devices.gone(at.step.store)))


def test_no_device_is_told_that_it_is_gone_itself(home: Home, at: Talk) -> None:
    """It would leave itself out of the next card."""
    own_devices.forget_card(at.step.store)
    hear(at, home, CardItem(home.next_card(home.card, PHONE, mine="absent").encoded, gone=(at.step.local.device,)))
    assert [] == own_devices.gone(at.step.store)


def test_who_is_told_to_be_gone_comes_back_with_a_certificate_from_after_that(home: Home, at: Talk) -> None:
    """One that is older than the card known then was revoked, and a device with an old folder named it again."""
    later = home.next_card(home.card, PHONE, TABLET, day=DAY + 1)
    named = home.next_card(later, PHONE, TABLET, WATCH, day=DAY + 1)
    own_devices.note_card(at.step.store, later.encoded)
    assert [True, False] == [own_devices.note_told_gone(at.step.store, [WATCH.device]) for _ in range(2)]
    own_devices.note_card(at.step.store, named.encoded)
    assert [WATCH.device] == own_devices.gone(at.step.store)


def test_a_card_that_was_not_first_shows_who_was_linked(home: Home, at: Talk) -> None:
    """The directory's newest card is built on; a device that it names is not gone by another device's word."""
    own_devices.note_told_gone(at.step.store, [WATCH.device])
    own_devices.note_named(at.step.store, home.next_card(home.first, PHONE, TABLET, WATCH))
    assert [] == own_devices.gone(at.step.store)
