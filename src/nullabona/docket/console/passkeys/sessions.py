"""Signed-in officers. Sessions exist only in this process's memory, and end with it.

An officer's identity is kept sealed with the session's token, which only the officer's browser holds. So between
requests even this process cannot open a case.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from nullabona.docket.console.passkeys.refusals import SignatureSpent
from nullabona.docket.console.passkeys.sealing import seal_identity, unseal_identity
from nullabona.docket.console.passkeys.webauthn import Assertion
from nullabona.docket.console.rules.session import ACTION_S, MOST_SESSIONS, Session

_BYTES: Final = 32
_NO_IDENTITY: Final = b""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a session was asked to sign. ``shown``: the canonical bytes whose hash is the challenge."""

    challenge: bytes
    shown: bytes = field(repr=False)
    until_s: int
    carry_out: Callable[[Any, Assertion], str] = field(repr=False)
    """Performs it for the request with the signature, and returns the next page. Raises what the desk raises."""


@dataclass(slots=True)
class _Open:
    session: Session
    sealed: bytes = field(repr=False)
    pending: Pending | None = None


class Sessions:
    """Every session of this process."""

    def __init__(self) -> None:
        self._open: dict[bytes, _Open] = {}

    def begin(self, officer: str, identity: str | None, now_s: int) -> str:
        """A new session's token. An officer's oldest session ends if there would be too many."""
        own = sorted((s for s in self.of(officer)), key=lambda s: s.began_s)
        for old in own[: max(0, len(own) - MOST_SESSIONS + 1)]:
            self.end(old)
        token = secrets.token_urlsafe(_BYTES)
        session = Session(_hash(token), officer, now_s, now_s)
        sealed = seal_identity(identity, token.encode(), session.token_hash) if identity else _NO_IDENTITY
        self._open[session.token_hash] = _Open(session, sealed)
        return token

    def find(self, token: str, now_s: int) -> Session | None:
        """The live session of a token. An expired one is forgotten."""
        found = self._open.get(_hash(token))
        if found is None:
            return None
        if not found.session.alive(now_s):
            self.end(found.session)
            return None
        return found.session

    def see(self, session: Session, now_s: int) -> Session:
        """Record activity: the idle time restarts."""
        seen = replace(session, seen_s=now_s)
        self._open[session.token_hash].session = seen
        return seen

    def identity(self, token: str) -> str | None:
        """The officer's identity. The caller must drop it at the end of the request."""
        found = self._open.get(_hash(token))
        if found is None or not found.sealed:
            return None
        return unseal_identity(found.sealed, token.encode(), found.session.token_hash)

    def of(self, officer: str) -> tuple[Session, ...]:
        return tuple(one.session for one in self._open.values() if one.session.officer == officer)

    def end(self, session: Session) -> None:
        self._open.pop(session.token_hash, None)

    def end_all(self, officer: str) -> int:
        """End every session of an officer; how many."""
        found = self.of(officer)
        for session in found:
            self.end(session)
        return len(found)

    def sweep(self, now_s: int) -> None:
        """Forget expired sessions, and expired requests to sign with the originals they hold."""
        for one in list(self._open.values()):
            if not one.session.alive(now_s):
                self.end(one.session)
            elif one.pending is not None and now_s >= one.pending.until_s:
                one.pending = None

    # -- what is to be signed -----------------------------------------------------------------------------------------

    def ask(self, session: Session, pending: Pending) -> None:
        """Ask a session to sign. A session has one pending request; a new one replaces it."""
        self._open[session.token_hash].pending = pending

    def asked(self, session: Session, now_s: int) -> Pending | None:
        """The session's pending request, unless it has expired."""
        found = self._open[session.token_hash].pending
        return found if found is not None and now_s < found.until_s else None

    def take(self, session: Session, challenge: bytes, now_s: int) -> Pending:
        """The pending request, which is removed whatever the outcome. Raises `SignatureSpent`."""
        found = self.asked(session, now_s)
        if found is None or found.challenge != challenge:
            raise SignatureSpent("this is not what you were asked to sign last, or it has waited too long")
        self._open[session.token_hash].pending = None
        return found


def until(now_s: int) -> int:
    """The deadline for signing what is asked now."""
    return now_s + ACTION_S


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
