"""Uploaded originals that are not signed for yet: bytes in memory, hashed but never parsed.

Each session holds at most one. It is dropped when the session uploads another, when it is signed for, after a quarter
of an hour, and when the process ends.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from nullabona.docket.cases.casework import describe_document
from nullabona.docket.console.passkeys.refusals import DocumentGone
from nullabona.docket.console.rules.session import Session
from nullabona.docket.core.records import Document

STAGED_S: Final = 900
MOST_STAGED: Final = 16


@dataclass(frozen=True, slots=True)
class Staged:
    """A held original."""

    id: str
    data: bytes = field(repr=False)
    document: Document
    until_s: int


class Staging:
    """Holds originals until they are signed for."""

    def __init__(self) -> None:
        self._staged: dict[bytes, Staged] = {}

    def put(self, session: Session, data: bytes, now_s: int) -> Staged:
        """Hash and hold. Raises `DemandIncomplete` if it is empty or too large."""
        document = describe_document(data)
        self._staged.pop(session.token_hash, None)
        if len(self._staged) >= MOST_STAGED:
            del self._staged[next(iter(self._staged))]
        staged = Staged(secrets.token_urlsafe(12), data, document, now_s + STAGED_S)
        self._staged[session.token_hash] = staged
        return staged

    def get(self, session: Session, name: str, now_s: int) -> Staged:
        """The original this session uploaded under ``name``. Raises `DocumentGone`."""
        found = self._staged.get(session.token_hash)
        if found is None or found.id != name or now_s >= found.until_s:
            raise DocumentGone("the original is not here any more")
        return found

    def drop(self, session: Session) -> None:
        self._staged.pop(session.token_hash, None)

    def signed_for(self, session: Session, data: bytes) -> None:
        """Drop the original, which the desk has now, unless the session has uploaded another since."""
        found = self._staged.get(session.token_hash)
        if found is not None and found.data is data:
            self.drop(session)

    def sweep(self, now_s: int) -> None:
        """Drop expired originals."""
        self._staged = {key: one for key, one in self._staged.items() if now_s < one.until_s}
