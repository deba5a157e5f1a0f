"""The account of a profile: made from 24 words, certified for this device, published as a card (spec/directory.md §3).

Everything is stored before the network hears of it, so that a crash or a relay out of reach is only a delay. Days are
arguments; randomness is the system's. What is published, and when, is decided here; the asking is the runner's.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.client.core.account import own_devices
from nullabona.client.core.devices.inbox_state import InboxState
from nullabona.client.core.directory.keeping import note_own_card, save_watch
from nullabona.client.core.model.mls_port import Mls as MlsPort
from nullabona.client.core.model.ports import Store
from nullabona.client.core.restore import returning
from nullabona.client.core.step import LocalDevice
from nullabona.client.keys import AccountRoot
from nullabona.client.mls import SUITE, Mls
from nullabona.errors import Bug, UserError
from nullabona.wire.card import (
    Card,
    CardDevice,
    CardForked,
    card_hash,
    decode_card,
    issue_certificate,
    sign_card,
    verify_card,
)
from nullabona.wire.handle import Handle, parse_handle
from nullabona.wire.seal import Inbox, inbox_keypair

RENEW_DAYS: Final = 7
"""A card gets a fresh key package this often; nobody uses one that is older than 30 days."""
_ACCOUNT: Final = "account"
_INBOX: Final = "inbox"
_REGISTERED: Final = "registered-day"
_TOKEN: Final = "registration-token"  # noqa: S105 - the name of a value


class AccountExists(UserError):
    """The profile has a published account; it is not replaced."""

    code = "account-exists"
    default_hint = "use another profile folder for another account"


class NoAccount(UserError):
    """The profile has no account yet."""

    code = "no-account"
    default_hint = "create one first: nulla account create NAME@SERVER"


class AccountRecord(msgspec.Struct, array_like=True, frozen=True):
    """What the store keeps of the account, under one name."""

    root: bytes
    handle: str
    relay: str
    device_id: bytes
    device_seed: bytes
    certificate: bytes
    card: bytes
    """The account's newest card that this device knows."""
    package_day: int
    published: bytes = b""
    """Hash of the newest card that the directory is known to have taken."""

    def __repr__(self) -> str:
        return f"<AccountRecord {self.handle}>"


_records = msgspec.msgpack.Decoder(AccountRecord)


@dataclass(frozen=True, slots=True)
class Account:
    """A stored account."""

    record: AccountRecord = field(repr=False)

    @property
    def root(self) -> AccountRoot:
        return AccountRoot(self.record.root)

    @property
    def handle(self) -> Handle:
        return parse_handle(self.record.handle)

    @property
    def card(self) -> Card:
        """Our newest card. It was verified when it was made; its days may lie anywhere by now."""
        return verify_card(self.record.card, today=decode_card(self.record.card).body.issued_day)

    @property
    def relay(self) -> str:
        """The relay that keeps the account's inbox and the rooms it makes."""
        return self.card.inbox.relay or self.record.relay

    @property
    def published(self) -> bool:
        """Whether the newest card was taken by the directory."""
        return self.record.published == self.card.hash

    @property
    def ever_published(self) -> bool:
        return bool(self.record.published)

    @property
    def local(self) -> LocalDevice:
        public = Ed25519PrivateKey.from_private_bytes(self.record.device_seed).public_key().public_bytes_raw()
        return LocalDevice(self.card.account_id, self.record.device_id, self.record.handle, public, self.relay)

    def mls(self, store: Store, suite: int = SUITE) -> Mls:
        """This device's MLS over ``store``."""
        return Mls(store, self.record.device_seed, self.record.certificate, suite=suite)


def load_account(store: Store) -> Account | None:
    """The profile's account, if it has one."""
    with store.reading():
        return find_account(store)


def find_account(store: Store) -> Account | None:
    """As `load_account`, where the caller reads or is in a transaction."""
    data = store.get_value(_ACCOUNT)
    if not data:
        return None
    record = _records.decode(data)
    newest = own_devices.card(store)
    if newest is not None and newest.sequence > decode_card(record.card).body.sequence:
        # Another device of the account made it, and publishes it.
        record = msgspec.structs.replace(record, card=newest.encoded, published=newest.hash)
    return Account(record)


def need_account(store: Store) -> Account:
    """As `find_account`. Raises `NoAccount`."""
    account = find_account(store)
    if account is None:
        raise NoAccount("there is no account in this profile")
    return account


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What a device draws for itself, once."""

    id: bytes
    seed: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> NewDevice:
        return cls(secrets.token_bytes(16), secrets.token_bytes(32))

    @property
    def public_key(self) -> bytes:
        """What the device's certificate is about."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()


def create_account(
    store: Store, *, handle: Handle, relay: str, today: int, suite: int = SUITE, token: bytes = b""
) -> Account:
    """A new account with this device, stored whole and not yet published. ``token``: see `registration_token`.

    An account that was never published (its handle was taken, say) keeps its words and gets the new handle.
    Raises `AccountExists` if there is a published one.
    """
    with store.transaction():
        old = find_account(store)
        _give_way(store)
        root = old.root if old is not None else AccountRoot.generate()
        if token:
            store.set_value(_TOKEN, token)
        return _enrol(store, root, handle=handle, relay=relay, today=today, previous=None, suite=suite)


def check_replaceable(store: Store) -> None:
    """Whether the profile may get an account: it has none, or one that was never published, which no one ever found.

    Raises `AccountExists`.
    """
    with store.reading():
        _check_unpublished(find_account(store))


def _check_unpublished(old: Account | None) -> None:
    if old is not None and old.ever_published:
        raise AccountExists(f"this profile belongs to {old.handle} already")


def _give_way(store: Store) -> None:
    """Nothing that was noted of an account that was never published is taken for the next one's."""
    _check_unpublished(find_account(store))
    save_watch(store, None)
    store.delete_value(_TOKEN)
    own_devices.forget_card(store)


def registration_token(store: Store) -> bytes:
    """What the directory gets beside the first card of a new handle; empty where it asks for none, and afterwards."""
    return store.get_value(_TOKEN) or b""


def restore_account(store: Store, *, root: AccountRoot, card: bytes, today: int, suite: int = SUITE) -> Account:
    """The account of the words on this new device, whose next card names this device alone.

    ``card`` is the account's current card as looked up. Raises `CardForked` if it is not the words' own, and
    `AccountExists` if the profile has an account that was ever published: one that the directory refused gives way.
    Nothing else is restored: see `Client.account.restore`.
    """
    previous = verify_card(card, today=today)
    if previous.identity_key != root.identity_key().public_key().public_bytes_raw():
        raise CardForked("the words are not those of this handle", hint="check the handle, or ask its operator")
    with store.transaction():
        _give_way(store)
        relay = previous.inbox.relay
        store.set_value(_REGISTERED, b"0")
        note_own_card(store, previous.hash)
        # The finder of a lost device must not go on reading: it is removed from every room that this one comes back to.
        returning.note_restored(store)
        own_devices.note_gone(store, [device.certificate.device_id for device in previous.devices])
        return _enrol(store, root, handle=previous.handle, relay=relay, today=today, previous=previous, suite=suite)


def _enrol(
    store: Store, root: AccountRoot, *, handle: Handle, relay: str, today: int, previous: Card | None, suite: int
) -> Account:
    device = NewDevice.draw()
    key = device.public_key
    identity = root.identity_key()
    certificate = issue_certificate(identity, handle=handle, device_id=device.id, device_key=key, issued_day=today)
    package = Mls(store, device.seed, certificate.encode(), suite=suite).key_package()
    card = sign_card(
        identity,
        handle=handle,
        issued_day=today,
        devices=(CardDevice(certificate, package),),
        inbox=_public_inbox(root, relay),
        previous=previous,
    )
    verify_card(card, today=today, previous=previous)
    _open_inbox(store, root, relay)
    record = AccountRecord(root.secret, str(handle), relay, device.id, device.seed, certificate.encode(), card, today)
    return _made(store, record)


def _open_inbox(store: Store, root: AccountRoot, relay: str) -> None:
    secret = root.inbox()
    box = InboxState(secret.read_secret, secret.write_secret, secret.hpke_seed, relay)
    store.set_value(_INBOX, msgspec.msgpack.encode(box))


def _public_inbox(root: AccountRoot, relay: str) -> Inbox:
    secret = root.inbox()
    return Inbox(
        sha256(secret.read_secret).digest(), secret.write_secret, inbox_keypair(secret.hpke_seed).public, relay
    )


def _made(store: Store, record: AccountRecord) -> Account:
    """The account with a card that this device made, or was let in with: the public record may have it."""
    note_own_card(store, card_hash(record.card))
    return _save(store, record)


def _save(store: Store, record: AccountRecord) -> Account:
    """Its card may be one that was only followed: whose work it is, the watch of the record still has to judge."""
    own_devices.note_card(store, record.card)
    store.set_value(_ACCOUNT, msgspec.msgpack.encode(record))
    return Account(record)


# -- the card's life ----------------------------------------------------------------------------------------------


def renewal_due(account: Account, today: int) -> bool:
    """Whether the card should get a fresh key package: weekly, once the one before it was taken."""
    return account.published and today - account.record.package_day >= RENEW_DAYS


def renew_card(store: Store, mls: MlsPort, account: Account, today: int) -> Account:
    """The account with its next card, fresh key package included. Runs in the caller's transaction."""
    current = account.card
    mine = [device for device in current.devices if device.certificate.device_id == account.record.device_id]
    if len(mine) != 1:
        raise Bug("our own card does not name this device")
    package = mls.key_package()
    devices = tuple(
        CardDevice(device.certificate, package) if device is mine[0] else device for device in current.devices
    )
    card = sign_card(
        account.root.identity_key(),
        handle=account.handle,
        issued_day=max(today, current.issued_day),
        devices=devices,
        inbox=current.inbox,
        previous=current,
    )
    return _made(store, msgspec.structs.replace(account.record, card=card, package_day=today))


def take_card(store: Store, card: Card) -> Account:
    """The account has this card from now on; it is still to be published. Runs in the caller's transaction."""
    return _made(store, msgspec.structs.replace(need_account(store).record, card=card.encoded))


def join_account(
    store: Store,
    *,
    root: AccountRoot,
    handle: Handle,
    relay: str,
    device: NewDevice,
    certificate: bytes,
    card: bytes,
    today: int,
) -> Account:
    """The account on this new device, which another one let in; ``card`` names both. Runs in the caller's transaction.

    Raises `CardForked` if the card is another account's, of another ``handle`` or does not name this device,
    `AccountExists` if the profile has an account that was ever published.
    """
    named = verify_card(card, today=today)
    if named.handle != handle:
        raise CardForked("somebody answered for another account", hint="link the device again, with a new code")
    mine = [each for each in named.devices if each.certificate.device_id == device.id]
    if named.identity_key != root.identity_key().public_key().public_bytes_raw() or len(mine) != 1:
        raise CardForked("the card is not that of this account and device", hint="link the device again")
    _give_way(store)
    note_own_card(store, named.previous)  # the record may still be about to show it
    store.set_value(_REGISTERED, b"0")
    _open_inbox(store, root, relay := named.inbox.relay or relay)
    record = AccountRecord(
        root.secret, str(named.handle), relay, device.id, device.seed, certificate, card, today, named.hash
    )
    return _made(store, record)


def note_published(store: Store, card: Card, today: int) -> None:
    """The directory has taken ``card``. Runs in the caller's transaction."""
    account = need_account(store)
    if store.get_value(_REGISTERED) is None:
        store.set_value(_REGISTERED, str(today).encode())
    store.delete_value(_TOKEN)
    _save(store, msgspec.structs.replace(account.record, published=card.hash))
    if own_devices.chosen_relay(store) == card.inbox.relay:
        own_devices.choose_relay(store, "")


def note_lost(store: Store) -> None:
    """The directory does not have our card any more: it is to be published again. In the caller's transaction."""
    account = need_account(store)
    store.delete_value(_REGISTERED)
    if account.published:
        _save(store, msgspec.structs.replace(account.record, published=sha256(b"lost").digest()))


def registered_day(store: Store) -> int:
    """The day on which the directory first took our card, as this device saw it; 0: not known here."""
    return int(store.get_value(_REGISTERED) or b"0")
