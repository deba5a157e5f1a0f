"""What names a host of the sender's own, in every kind of item, properly signed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.account import Account
from nullabona.client.core.model.inbox_items import (
    _DOMAIN,
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
    SignedItem,
    TicketRequest,
)
from nullabona.client.core.model.room_info import GROUP, RoomInfo, encode_info
from nullabona.wire.blob import cut_blob
from nullabona.wire.card import issue_certificate, sign_card
from nullabona.wire.endpoint import endpoint_of
from nullabona.wire.handle import parse_handle
from nullabona.wire.seal import ITEM_DIRECT, Inbox, seal_to_inbox

_DAY_S: Final = 86_400


class Lure:
    """Somebody under a handle at ``host``: with the identity of their account, or one that nobody has seen."""

    def __init__(self, account: Account, host: str, *, known: bool) -> None:
        self._account, self._host = account, host
        self._handle = parse_handle(f"{account.handle.name}@{host}")
        self._relay = str(endpoint_of(host))
        self._identity = account.root.identity_key() if known else Ed25519PrivateKey.generate()
        self._device = Ed25519PrivateKey.generate()
        self._certificate = issue_certificate(
            self._identity,
            handle=self._handle,
            device_id=secrets.token_bytes(16),
            device_key=self._device.public_key().public_bytes_raw(),
            issued_day=_today(),
        )

    def frames(self, inbox: Inbox, room: bytes) -> Iterator[bytes]:
        """One frame for that inbox of every kind of item that can name a host, or makes its receiver answer.

        ``room``: one that both are in.
        """
        for body in self._bodies(room):
            data = msgspec.msgpack.encode(body)
            signature = self._device.sign(_DOMAIN + inbox.address + data)
            item = SignedItem(self._certificate.encode(), data, signature)
            yield seal_to_inbox(inbox, ITEM_DIRECT + msgspec.msgpack.encode(item))

    def _bodies(self, room: bytes) -> Iterator[ItemBody]:
        card, (ref, _) = self._card(), cut_blob(secrets.token_bytes(32), bytes(1_000))
        yield ContactRequest(card, "hello", b"", bytes(32))
        yield ContactRequest(card, "hello", secrets.token_bytes(16), bytes(32))
        yield Invitation(secrets.token_bytes(16), secrets.token_bytes(32), self._relay, ref)
        yield Invitation(secrets.token_bytes(16), room, self._relay, ref)
        yield TicketRequest(room, 0, b"")
        yield TicketRequest(secrets.token_bytes(32), 0, b"")
        yield LinkUse(room, secrets.token_bytes(16), card)
        yield FileRequest(room, secrets.token_bytes(16))
        yield LinkRefusal(room, secrets.token_bytes(16), "closed")
        yield RoomsAsked()
        me = self._account.root.identity_key().public_key().public_bytes_raw()
        info = encode_info(RoomInfo(1, GROUP, "mine", self._relay, (me,)))
        yield RoomsTold(
            (RoomTold(secrets.token_bytes(32), info, ((me, f"xx@{self._host}"), (bytes(32), f"yy@{self._host}"))),)
        )
        yield Gone(room)

    def _card(self) -> bytes:
        """Of this account, with the inbox at the host."""
        like = self._account.card
        return sign_card(
            self._identity,
            handle=self._handle,
            issued_day=_today(),
            devices=tuple(replace(device, certificate=self._certificate) for device in like.devices),
            inbox=msgspec.structs.replace(like.inbox, relay=self._relay),
        )


def _today() -> int:
    return int(time.time()) // _DAY_S
