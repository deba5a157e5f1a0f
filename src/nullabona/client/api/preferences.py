"""Preferences: what the person chose for this profile and for single rooms."""

from __future__ import annotations

from typing import Any

from nullabona.client.api.finding import find_room
from nullabona.client.api.session import Session
from nullabona.client.core import preferences
from nullabona.client.core.preferences import PROFILE, Preferences, RoomPreferences, room_scope


class ChosenPreferences:
    """What the person chose, for the whole profile and for each room."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self) -> Preferences:
        """The preferences of the whole profile."""
        with self._session.look() as store:
            return preferences.profile(store)

    async def set(self, **changes: Any) -> Preferences:  # noqa: ANN401 - checked against `Preferences`
        """Change preferences by name. Raises `BadRequest` for an unknown name or an invalid value."""
        with self._session.step() as step:
            return preferences.change(step, PROFILE, Preferences, changes)

    def of_room(self, room: bytes | str) -> RoomPreferences:
        """The preferences of one room, with its draft."""
        with self._session.look() as store:
            return preferences.of_room(store, find_room(store, room))

    def of_rooms(self) -> dict[bytes, RoomPreferences]:
        """The preferences of every room, in one transaction."""
        with self._session.look() as store:
            return {room: preferences.of_room(store, room) for room in store.rooms()}

    async def set_room(self, room: bytes | str, **changes: Any) -> RoomPreferences:  # noqa: ANN401 - as above
        """Change preferences of a room by name. Raises `BadRequest` as `set`."""
        with self._session.step() as step:
            scope = room_scope(find_room(step.store, room))
            return preferences.change(step, scope, RoomPreferences, changes)
