"""Safety numbers, contacts that are blocked or forgotten, and what the person chose."""

from __future__ import annotations

from typing import Any

from nullabona.client.api.contacts import ContactCalls
from nullabona.client.api.finding import find_contact, find_room
from nullabona.client.api.records import ContactInfo, SafetyNumber
from nullabona.client.core import commands, preferences
from nullabona.client.core.contacts import trust
from nullabona.client.core.identity import contact_keys
from nullabona.client.core.model import safety_number
from nullabona.client.core.model.state import JOINED
from nullabona.client.core.preferences import PROFILE, Preferences, RoomPreferences, room_scope


class TrustCalls(ContactCalls):
    """The part of `Client` about knowing whom one talks to. ``who`` is an account, a handle or its first part."""

    def safety_number(self, who: bytes | str) -> SafetyNumber:
        """The number that both see alike while nobody stands between them. Raises `NoSuchContact`.

        It is of the account that the direct room is with, also while the directory shows another one (``changed``).
        """
        with self._session.view() as step:
            contact = find_contact(step.store, who)
            known = preferences.of_contact(step.store, contact.account)
            digits = contact_keys.digits_of(step, contact)
            verified = contact_keys.is_verified(step, contact)
        return SafetyNumber(
            contact.account,
            contact.handle,
            digits,
            safety_number.code_text(digits),
            verified,
            bool(known.changed),
            bool(known.replaced),
        )

    def matches_code(self, who: bytes | str, text: str) -> bool:
        """Whether a scanned code (or 60 typed digits) is the safety number with a contact."""
        return safety_number.code_matches(self.safety_number(who).digits, text)

    async def verify_contact(self, who: bytes | str, *, verified: bool = True) -> None:
        """The person compared safety numbers with the contact, or takes that back."""
        with self._session.step() as step:
            trust.verify(step, find_contact(step.store, who), verified=verified)

    async def confirm_contact(self, who: bytes | str) -> None:
        """The person knows that a contact's handle leads to another identity key now.

        What waited goes out, to the account that it was written to. The other one is a stranger, whom
        `request_contact` asks. Raises `BadRequest` if no such change waits.
        """
        with self._session.step() as step:
            trust.confirm(step, find_contact(step.store, who))

    def blocked_contacts(self) -> list[ContactInfo]:
        """Whom we do not hear."""
        return [contact for contact in self.contacts() if contact.state == "blocked"]

    async def unblock_contact(self, who: bytes | str) -> None:
        """Hear them again. What they said in between was not kept; one we never talked with is forgotten."""
        with self._session.step() as step:
            trust.unblock(step, find_contact(step.store, who))

    async def delete_contact(self, who: bytes | str) -> None:
        """Forget a contact and leave the direct room; its history stays here. They may ask again."""
        with self._session.step() as step:
            contact = find_contact(step.store, who)
            room = step.find_room(contact.room) if contact.room else None
            if room is not None and room.phase == JOINED:
                commands.leave(step, room.id)
            trust.forget(step, contact)

    # -- what the person chose ------------------------------------------------------------------------------------

    def preferences(self) -> Preferences:
        """Of the whole profile."""
        with self._session.look() as store:
            return preferences.profile(store)

    async def set_preferences(self, **changes: Any) -> Preferences:  # noqa: ANN401 - checked against `Preferences`
        """Change some by name. Raises `BadRequest` for an unknown name or a value that does not fit."""
        with self._session.step() as step:
            return preferences.change(step, PROFILE, Preferences, changes)

    def room_preferences(self, room: bytes | str) -> RoomPreferences:
        """Of one room, the draft included."""
        with self._session.look() as store:
            return preferences.of_room(store, find_room(store, room))

    def all_room_preferences(self) -> dict[bytes, RoomPreferences]:
        """Of every room, in one look at the store."""
        with self._session.look() as store:
            return {room: preferences.of_room(store, room) for room in store.rooms()}

    async def set_room_preferences(self, room: bytes | str, **changes: Any) -> RoomPreferences:  # noqa: ANN401 - as above
        """Change some by name, durable at once. Raises `BadRequest` likewise."""
        with self._session.step() as step:
            scope = room_scope(find_room(step.store, room))
            return preferences.change(step, scope, RoomPreferences, changes)
