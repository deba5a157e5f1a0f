"""What is known of the accounts met in rooms: their handles, and the profiles they sent."""

from __future__ import annotations

from nullabona.client.core.model.records import Person
from nullabona.client.store.rows import Rows
from nullabona.client.store.statements import STATEMENTS

_PERSON = STATEMENTS["person"]
_PEOPLE = STATEMENTS["people"]
_NAMES = STATEMENTS["person_names"]
_PUT = STATEMENTS["person_put"]
_HANDLE = STATEMENTS["person_handle"]


class PersonRows(Rows):
    """People by account."""

    __slots__ = ()

    def person(self, account: bytes) -> Person | None:
        """What is known of an account, or None."""
        row = self._one(_PERSON, (account,))
        return None if row is None else Person(*row)

    def people(self) -> list[Person]:
        """Everybody met, by account."""
        return [Person(*row) for row in self._all(_PEOPLE)]

    def person_names(self) -> dict[bytes, tuple[str, str]]:
        """Account → handle and profile name."""
        return {account: (handle, name) for account, handle, name in self._all(_NAMES)}

    def put_person(self, person: Person) -> None:
        """Insert or replace by account."""
        self._write(_PUT, (person.account, person.handle, person.name, person.picture, person.told_at))

    def put_handle(self, account: bytes, handle: str) -> None:
        """Remember what an account's handle is; nothing else about it changes."""
        self._write(_HANDLE, (account, handle))
