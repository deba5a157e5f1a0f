"""An account with several devices, seen from one: a phone and a tablet stand on its card and in a shared room."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec
import nullabona_mls as native

from nullabona.client.core.account import own_devices
from nullabona.client.core.model.records import Device
from nullabona.client.core.model.room_info import DEVICES, ROOM_INFO_EXTENSION
from nullabona.client.core.model.state import RoomState
from nullabona.wire.card import Card, CardDevice, issue_certificate, sign_card, verify_card
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import parse_handle
from tests.core.stage import DAY, RELAY, Other, Stage
from tests.core.talk import Talk, TwoRooms

PHONE, TABLET, WATCH = Other("phone"), Other("tablet"), Other("watch")
"""Devices of our account: of these `Other` people only the keys and the device's id count."""


@dataclass
class Home(TwoRooms):
    """Two rooms of one device as in `House`, and a third, which the account's devices share."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shared = self.stage.room(PHONE, TABLET, kind=DEVICES)
        with self.stage.store.transaction():
            self.stage.store.drop_devices(self.shared, [PHONE.device, TABLET.device])
            self.stage.store.put_devices(
                [twin(self.stage, PHONE, self.shared, 1), twin(self.stage, TABLET, self.shared, 2)]
            )
            own_devices.note_card(self.stage.store, self.card.encoded)
            own_devices.set_room(self.stage.store, self.shared)

    @property
    def first(self) -> Card:
        """The account's first card, which names this device alone."""
        return self.stage.person.card

    @cached_property
    def card(self) -> Card:
        """The card that names this device, the phone and the tablet, in this order."""
        return self.next_card(self.first, PHONE, TABLET)

    def next_card(
        self, previous: Card, *devices: Other, mine: str = "first", relay: str = RELAY, day: int = DAY
    ) -> Card:
        """One that follows another. ``mine``: whether this device is the first on it, the last, or not there."""
        named = [CardDevice(self.certificate(device), self.package(device)) for device in devices]
        ours = [self.first.devices[0]]
        order = {"first": [*ours, *named], "last": [*named, *ours], "absent": named}[mine]
        inbox = msgspec.structs.replace(previous.inbox, relay=relay)
        about = {"handle": previous.handle, "issued_day": day, "devices": tuple(order), "inbox": inbox}
        encoded = sign_card(self.stage.person.identity, previous=previous, **about)  # type: ignore[arg-type]
        return verify_card(encoded, today=day, previous=previous)

    def certificate(self, device: Other, handle: str = "") -> DeviceCertificate:
        """One by our account."""
        whose, key = parse_handle(handle or self.stage.me.handle), device.signature_key
        return issue_certificate(
            self.stage.person.identity, handle=whose, device_id=device.device, device_key=key, issued_day=DAY
        )

    def package(self, device: Other) -> bytes:
        """Its key package, under that certificate."""
        config = native.Config(suite=native.SUITE_CLASSIC, extensions=(ROOM_INFO_EXTENSION,), lifetime_s=864_000_000)
        identity = self.certificate(device).encode()
        return native.make_key_package(native.Signer.from_seed(device.seed), identity, config)[0]

    def shared_of(self, talk: Talk) -> RoomState:
        """The room that the devices share, in this step."""
        return talk.step.room(self.shared)


def twin(stage: Stage, device: Other, room: bytes, leaf: int, since: int = 0) -> Device:
    """A device of our account as a member of a room."""
    keys = (device.signature_key, device.encryption_key)
    return Device(room, device.device, stage.me.account, stage.me.handle, leaf, *keys, since)
