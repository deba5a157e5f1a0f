"""Other accounts, as this profile knows them."""

from __future__ import annotations

import msgspec

from nullabona.client.core.model.records import Contact, ContactState
from nullabona.client.store.rows import Row, Rows
from nullabona.client.store.statements import STATEMENTS

_CONTACT = STATEMENTS["contact"]
_BY_HANDLE = STATEMENTS["contact_by_handle"]
_CONTACTS = STATEMENTS["contacts"]
_PUT = STATEMENTS["contact_put"]
_DROP = STATEMENTS["contact_drop"]

_STATES = {state.value: state for state in ContactState}
_key_packages = msgspec.msgpack.Decoder(tuple[bytes, ...])
_encode = msgspec.msgpack.Encoder().encode


def _contact(row: Row) -> Contact:
    account, handle, name, state, room, greeting, card, key_packages = row
    return Contact(account, handle, name, _STATES[state], room, greeting, card, _key_packages.decode(key_packages))


class ContactRows(Rows):
    """The contacts."""

    __slots__ = ()

    def contact(self, account: bytes) -> Contact | None:
        """A contact, or None."""
        row = self._one(_CONTACT, (account,))
        return None if row is None else _contact(row)

    def contact_by_handle(self, handle: str) -> Contact | None:
        """The contact with a handle, or None; of several the one known longest."""
        row = self._one(_BY_HANDLE, (handle,))
        return None if row is None else _contact(row)

    def contacts(self) -> list[Contact]:
        """Every contact, the one known longest first."""
        return [_contact(row) for row in self._all(_CONTACTS)]

    def put_contact(self, contact: Contact) -> None:
        """Insert or replace by account."""
        c = contact
        packages = _encode(c.key_packages)
        self._write(_PUT, (c.account, c.handle, c.name, c.state.value, c.room, c.greeting, c.card, packages))

    def drop_contact(self, account: bytes) -> None:
        """Forget a contact; harmless if there is none."""
        self._write(_DROP, (account,))
