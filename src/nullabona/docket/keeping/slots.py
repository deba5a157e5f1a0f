"""Makes sealed slots: counsel, their deputies and the auditor can read the record; the log gets the commitment.

The desk keeps a box for each slot that only outsiders can open. Its size is the same whether the slot is busy or not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from nullabona.docket.core.pointers import NONCE_SIZE, next_ratchet, seal_pointer
from nullabona.docket.core.roles import Role
from nullabona.docket.keeping.staff import Staff
from nullabona.docket.keeping.vault import seal, unseal
from nullabona.docket.ports import RandomBytes
from nullabona.docket.store.rows import DeskRows
from nullabona.errors import Bug, Malformed, UserError
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.slots import (
    BLIND_SIZE,
    EventRecord,
    NullRecord,
    Record,
    RenewalRecord,
    SlotRef,
    check_opening,
    commit,
)

BOX_SIZE: Final = 6_144
RATCHET: Final = "pointer-key"
OUTSIDE: Final = "outside-recipients"


class NoSuchSlot(UserError):
    """The slot does not exist, or its box was emptied when the slot was opened."""

    code = "docket-no-such-slot"
    default_hint = "an opened slot is in the log itself"


class Boxed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a slot's box."""

    blind: bytes
    record: Record


@dataclass(frozen=True, slots=True)
class MadeSlot:
    """A slot, ready for the log."""

    commitment: bytes
    pointer: bytes
    box: bytes = field(repr=False)


class Slots:
    """Makes slots, and opens their boxes."""

    def __init__(self, store: DeskRows, staff: Staff, random_bytes: RandomBytes) -> None:
        self._store = store
        self._staff = staff
        self._random_bytes = random_bytes

    def make(self, record: Record, blind: bytes | None = None) -> MadeSlot:
        """A slot that commits to ``record``."""
        blind = self._random_bytes(BLIND_SIZE) if blind is None else blind
        pointer = seal_pointer(self._ratchet(), self._random_bytes(NONCE_SIZE), blind, record)
        return MadeSlot(commit(blind, record), pointer, seal(_pad(Boxed(blind, record)), self._recipients()))

    def nothing(self) -> MadeSlot:
        """A null slot."""
        return self.make(NullRecord())

    def wait(self, record: Record, blind: bytes | None = None) -> bytes:
        """Queue ``record`` for the next free slot; return its commitment. Inside a transaction."""
        made = self.make(record, blind)
        renews = canonical(record.of) if isinstance(record, RenewalRecord) else None
        at = record.at if isinstance(record, EventRecord) else 0
        self._store.run("add_waiting", made.commitment, made.pointer, made.box, renews, at)
        return made.commitment

    def open(self, at: SlotRef, keys: Sequence[str]) -> Boxed:
        """The content of a slot. Raises `NoSuchSlot`, `Locked` or `CommitmentWrong`."""
        row = self._store.row("slot", at.period, at.slot)
        if row is None or row[3] is None:
            raise NoSuchSlot("there is no box of this slot")
        boxed = _unpad(unseal(row[3], keys))
        check_opening(row[2], boxed.blind, boxed.record)
        return boxed

    def turn(self) -> None:
        """Replace this period's pointer key by the next one. Inside a transaction, once a period."""
        self._store.run("set_meta", RATCHET, next_ratchet(self._ratchet()))

    def _ratchet(self) -> bytes:
        key: bytes | None = self._store.value("get_meta", RATCHET)
        if key is None:
            raise Bug("a desk without a pointer key was founded")
        return key

    def _recipients(self) -> list[str]:
        outside = json.loads(self._store.value("get_meta", OUTSIDE))
        inside = self._staff.with_role(Role.COUNSEL, Role.AUDITOR) | self._staff.deputies_for(Role.COUNSEL)
        return [*outside, *inside.values()]


def _pad(boxed: Boxed) -> bytes:
    encoded = canonical(boxed)
    if len(encoded) >= BOX_SIZE:
        raise Bug("a slot's box is too small for its record")
    return (encoded + b"\x80").ljust(BOX_SIZE, b"\0")


def _unpad(data: bytes) -> Boxed:
    encoded, mark, rest = data.rpartition(b"\x80")
    if not mark or rest.strip(b"\0") or len(data) != BOX_SIZE:
        raise Malformed("a slot's box is not padded")
    return read_canonical(encoded, Boxed, "a slot's box")
