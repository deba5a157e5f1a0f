"""The person's settings on this device: for the profile, a room or a contact. Typed; unknown keys are refused."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.account import PreferencesChanged
from nullabona.client.core.model.ports import Store
from nullabona.client.core.step import Step

PROFILE: Final = "profile"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Of the whole profile. ``language`` empty: as the system says."""

    language: Literal["", "ko", "en"] = ""
    theme: Literal["system", "light", "dark"] = "system"
    receipts: bool = True
    """Tell others how far I have read, and see how far they have."""
    typing: bool = False
    """Tell others that I am writing."""
    notify: Literal["all", "name", "nothing"] = "nothing"
    """What a notification shows: name and words, the name, or only that something came."""
    default_timer_s: Annotated[int, Meta(ge=0, le=31_536_000)] = 0
    """How long messages live in rooms made from now on; 0: for ever."""
    # While locked nothing is received, so a short time would be switched off for good. An hour outlasts a meeting or a
    # meal, and still ends before a night or a weekend.
    lock_minutes: Annotated[int, Meta(ge=0, le=1_440)] = 60
    """Lock after so long without use; 0: never."""
    enter_sends: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPreferences:
    """Of one room. ``pinned`` orders pinned rooms, 0: not pinned. ``muted_until`` in ms, -1: for ever."""

    pinned: Annotated[int, Meta(ge=0, le=2**53)] = 0
    muted_until: Annotated[int, Meta(ge=-1, le=2**53)] = 0
    archived: bool = False
    draft: Annotated[str, Meta(max_length=100_000)] = ""
    draft_reply: Annotated[bytes, Meta(max_length=16)] = b""
    marked_unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What this person knows about a contact's identity key. Only `core.contacts.trust` writes it."""

    verified: bytes = b""
    """The identity key that was compared with its owner, or empty."""
    changed: bytes = b""
    """Another identity key that the directory showed for the contact's handle and the person has not seen, or empty."""
    was_verified: bool = False
    """The contact was verified when that happened: messages wait for the person."""
    replaced: bytes = b""
    """The other identity key, now of the handle, that the person has confirmed to have seen, or empty."""


def room_scope(room: bytes) -> str:
    return f"room:{room.hex()}"


def contact_scope(account: bytes) -> str:
    return f"contact:{account.hex()}"


def profile(store: Store) -> Preferences:
    return load(store, PROFILE, Preferences)


def of_room(store: Store, room: bytes) -> RoomPreferences:
    return load(store, room_scope(room), RoomPreferences)


def of_contact(store: Store, account: bytes) -> Trust:
    return load(store, contact_scope(account), Trust)


def load(store: Store, scope: str, kind: type[T]) -> T:
    """What was chosen in a scope; a value that an older version wrote and this one does not know is left out."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    found = {key: msgspec.msgpack.decode(value) for key, value in store.preferences(scope).items() if key in known}
    return msgspec.convert(found, kind)


def change(step: Step, scope: str, kind: type[T], changes: dict[str, Any]) -> T:
    """Choose. Raises `BadRequest` for a key that ``kind`` does not have or a value that it does not take."""
    unknown = sorted(set(changes) - {field.name for field in fields(kind)})  # type: ignore[arg-type]
    if unknown:
        raise BadRequest(f"there is no preference {unknown[0]!r}")
    before = load(step.store, scope, kind)
    values = {field.name: getattr(before, field.name) for field in fields(kind)} | changes  # type: ignore[arg-type]
    try:
        after = msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"a preference does not take this value: {error}") from None
    changed = [name for name in changes if getattr(before, name) != getattr(after, name)]
    for name in changed:
        step.store.put_preference(scope, name, msgspec.msgpack.encode(getattr(after, name)))
    if changed:
        step.tell(PreferencesChanged(scope))
    return after
