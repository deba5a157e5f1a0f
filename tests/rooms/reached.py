"""A world that writes down with whom each device has to do: every relay and every directory that it asks or tells."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.model.inbox_items import _DOMAIN, ItemBody, SignedItem
from nullabona.wire.card import issue_certificate, sign_card
from nullabona.wire.endpoint import endpoint_of
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import ITEM_DIRECT, Inbox
from tests.rooms.hostile import drop_in
from tests.rooms.model_relay import ModelRelay
from tests.rooms.world import RELAY, Person, World

EVIL = "evil.example"
EVIL_RELAY = "wss://evil.example:443/v1"


class Watched(World):
    """`reached` has for each person the addresses that their device had to do with."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.reached: defaultdict[str, set[str]] = defaultdict(set)
        self.looked_up: defaultdict[str, list[str]] = defaultdict(list)

    def relay_of(self, person: Person, url: str = RELAY) -> ModelRelay | None:
        self.reached[person.name].add(url)
        return super().relay_of(person, url)

    def fetch(self, person: Person) -> bool:
        for handle in person.engine.lookups(self.now):
            self.looked_up[person.name].append(handle)
            self.reached[person.name].add(str(endpoint_of(parse_handle(handle).authority)))
        return super().fetch(person)

    def elsewhere(self, person: Person) -> set[str]:
        """Whom a device had to do with beside its account's own relay and directory."""
        home = {RELAY, str(endpoint_of(parse_handle(person.me.handle).authority))}
        return self.reached[person.name] - home


class Forger:
    """Somebody with an identity of their own, or that of an account, who names what host they like."""

    def __init__(self, world: World, identity: Ed25519PrivateKey | None = None, handle: str = f"xx@{EVIL}") -> None:
        self.world, self.handle = world, parse_handle(handle)
        self.identity = identity or Ed25519PrivateKey.from_private_bytes(world.dice.bytes(32))
        self.key = Ed25519PrivateKey.from_private_bytes(world.dice.bytes(32))
        self.certificate = issue_certificate(
            self.identity,
            handle=self.handle,
            device_id=world.dice.bytes(16),
            device_key=self.key.public_key().public_bytes_raw(),
            issued_day=world.now // 86_400_000,
        )

    def card(self, like: Person, relay: str = EVIL_RELAY) -> bytes:
        """A card of this account, with another's key packages and an inbox at any relay."""
        inbox: Inbox = msgspec.structs.replace(like.card.inbox, relay=relay)
        return sign_card(
            self.identity,
            handle=self.handle,
            issued_day=self.world.now // 86_400_000,
            devices=tuple(replace(device, certificate=self.certificate) for device in like.card.devices),
            inbox=inbox,
        )

    def send(self, victim: Person, body: ItemBody) -> None:
        """Put it into somebody's inbox, properly signed."""
        data = msgspec.msgpack.encode(body)
        signature = self.key.sign(_DOMAIN + victim.card.inbox.address + data)
        item = SignedItem(self.certificate.encode(), data, signature)
        drop_in(self.world, victim, ITEM_DIRECT + msgspec.msgpack.encode(item))
