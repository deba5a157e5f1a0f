"""The person's settings on this device: for the profile, a room or a contact. Typed; unknown keys are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from nullabona.client.core.model.errors import BadRequest
from nullabona.client.core.model.facts.account import PreferencesChanged
from nullabona.client.core.model.ports import Store
from nullabona.client.core.step import Step

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PROFILE: Final = "profile"
QUIET_HOURS: Final = "^(([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])?\\Z"
T = TypeVar("T", bound="DataclassInstance")
_AS_NUMBER: Final[Mapping[str, Mapping[int, object]]] = {
    "default_timer_s": {0: None},
    "lock_minutes": {0: None},
    "muted_until": {0: None, -1: "always"},
}
"""Preferences that are numbers in the store, in archives and between devices, where these numbers are no amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Of the whole profile. ``language`` empty: as the system says."""

    language: Literal["", "ko", "en"] = ""
    theme: Literal["system", "light", "dark"] = "system"
    receipts: bool = True
    """Tell others how far I have read, and see how far they have."""
    typing: bool = False
    """Tell others that I am writing."""
    notify: Literal["all", "name", "nothing", "off"] = "nothing"
    """What a notification shows: name and words, the name, or only that something came; ``off``: none is shown."""
    quiet_hours: Annotated[str, Meta(pattern=QUIET_HOURS)] = ""
    """``22:00-07:00`` by the clock of this machine: no notifications meanwhile. Empty: none such."""
    default_timer_s: Annotated[int, Meta(ge=1, le=31_536_000)] | None = None
    """How long messages live in rooms made from now on; None: for ever."""
    # While locked nothing is received, so a short time would be switched off for good. An hour outlasts a meeting or a
    # meal, and still ends before a night or a weekend.
    lock_minutes: Annotated[int, Meta(ge=1, le=1_440)] | None = 60
    """Lock after so long without use; None: never."""
    enter_sends: bool = True

    def is_quiet(self, minute: int) -> bool:
        """Whether ``minute`` of the day, from 0, is one of the quiet hours. Hours that end when they begin are none."""
        if not self.quiet_hours:
            return False
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in self.quiet_hours.split("-"))
        return begin <= minute < end if begin <= end else not end <= minute < begin


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPreferences:
    """Of one room. ``pinned`` orders pinned rooms, 0: not pinned. ``muted_until`` in ms; None: not muted."""

    pinned: Annotated[int, Meta(ge=0, le=2**53)] = 0
    muted_until: Annotated[int, Meta(ge=1, le=2**53)] | Literal["always"] | None = None
    archived: bool = False
    draft: Annotated[str, Meta(max_length=100_000)] = ""
    draft_reply: Annotated[bytes, Meta(max_length=16)] = b""
    marked_unread: bool = False
    deleted: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """When the chat was last deleted, in ms; only `core.deleting` chooses it."""

    def is_muted(self, now: int) -> bool:
        """Whether the room is muted at ``now``, in ms."""
        return self.muted_until == "always" or (self.muted_until is not None and self.muted_until > now)


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


def is_deleted(store: Store, room: bytes) -> bool:
    """Whether a chat was deleted and nothing was said in it since. A room that the account is in again is no such."""
    return of_room(store, room).deleted > 0 and store.last_message(room) is None


def of_contact(store: Store, account: bytes) -> Trust:
    return load(store, contact_scope(account), Trust)


def load(store: Store, scope: str, kind: type[T]) -> T:
    """What was chosen in a scope; a value that an older version wrote and this one does not know is left out."""
    known = kind.__dataclass_fields__
    found = {key: _from_stored(key, value) for key, value in store.preferences(scope).items() if key in known}
    return msgspec.convert(found, kind)


def change(step: Step, scope: str, kind: type[T], changes: dict[str, Any]) -> T:
    """Choose. Raises `BadRequest` for a key that ``kind`` does not have or a value that it does not take."""
    unknown = sorted(set(changes) - kind.__dataclass_fields__.keys())
    if unknown:
        raise BadRequest(f"there is no preference {unknown[0]!r}")
    before = load(step.store, scope, kind)
    values = {name: getattr(before, name) for name in kind.__dataclass_fields__} | changes
    try:
        after = msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"a preference does not take this value: {error}") from None
    changed = [name for name in changes if getattr(before, name) != getattr(after, name)]
    for name in changed:
        step.store.put_preference(scope, name, _to_stored(name, getattr(after, name)))
    if changed:
        step.tell(PreferencesChanged(scope))
    return after


def is_fit(kind: type[Any], name: str, data: bytes) -> bool:
    """Whether ``data`` is a stored value that the preference takes; it may be from a device that lies."""
    try:
        msgspec.convert({name: _from_stored(name, data)}, kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True


def _from_stored(name: str, data: bytes) -> object:
    value = msgspec.msgpack.decode(data)
    if name not in _AS_NUMBER:
        return value
    if type(value) is not int:  # a bool is an int, too
        raise msgspec.ValidationError(f"{name} is stored as a number")
    return _AS_NUMBER[name].get(value, value)


def _to_stored(name: str, value: object) -> bytes:
    numbers = {meaning: number for number, meaning in _AS_NUMBER.get(name, {}).items()}
    return msgspec.msgpack.encode(numbers.get(value, value))
