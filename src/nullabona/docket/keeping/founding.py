"""Founds a desk: its first officers, its cadence, and the outside readers of its sealed slots (spec/docket.md §3.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from nullabona.docket.core.acts import EnrolDetails
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.roles import ALONE, Role
from nullabona.docket.keeping.slots import OUTSIDE, RATCHET
from nullabona.docket.keeping.staff import StaffChanges
from nullabona.docket.keeping.vault import check_recipient
from nullabona.docket.ports import Clock, RandomBytes
from nullabona.docket.store.opening import DeskPlace, open_rows
from nullabona.docket.store.rows import RoleAlone
from nullabona.errors import UserError
from nullabona.wire.canonical import canonical

MIN_ADMINS: Final = 2
CADENCE: Final = "cadence"


class FoundingRefused(UserError):
    """A desk needs two admins and an outside reader, and is founded only once."""

    code = "docket-founding-refused"
    default_hint = "name two admins and at least one recipient outside the server room"


@dataclass(frozen=True, slots=True)
class First:
    """A first officer and their roles."""

    officer: EnrolDetails
    roles: tuple[Role, ...]


def found(
    place: DeskPlace,
    first: tuple[First, ...],
    outside: tuple[str, ...],
    cadence: Cadence,
    clock: Clock,
    random_bytes: RandomBytes,
) -> bytes:
    """Found a desk in ``place``; return the auditor's pointer key, which the desk forgets with its first batch.

    Raises `FoundingRefused` or `BadIdentity`; then nothing is kept.
    """
    admins = [one for one in first if Role.ADMIN in one.roles]
    if len(admins) < MIN_ADMINS or not outside:
        raise FoundingRefused("a desk is founded by two admins, and with a recipient outside the server room")
    for one in first:
        alone = next((role for role in one.roles if role in ALONE), None)
        if alone is not None and len(one.roles) > 1:
            others = ", ".join(role for role in one.roles if role != alone)
            raise RoleAlone(f"{one.officer.officer} cannot be {alone} and also {others}: {alone} stands alone")
    for recipient in outside:
        check_recipient(recipient)
    store = open_rows(place)
    try:
        if store.value("get_meta", CADENCE) is not None:
            raise FoundingRefused("a desk was founded here already")
        key = random_bytes(32)
        with store.transaction():
            StaffChanges(store, clock).found([(one.officer, one.roles) for one in first], clock())
            store.run("set_meta", RATCHET, key)
            store.run("set_meta", OUTSIDE, json.dumps(list(outside)).encode())
            store.run("set_meta", CADENCE, canonical(cadence))
            store.run("set_meta", "founded", b"1")
        return key
    finally:
        store.close()
