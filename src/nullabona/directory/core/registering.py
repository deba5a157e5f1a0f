"""Who may register a new handle: anybody, somebody with a token, or nobody for now (spec/directory.md §13)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from nullabona.directory.core.decide import Admitted
from nullabona.directory.core.records import Spent
from nullabona.directory.core.refusal import REGISTRATION_PAUSED, TOKEN_NEEDED, TOKEN_REFUSED
from nullabona.errors import PeerError
from nullabona.wire.registration import verify_token

LONGEST_DAYS: Final = 366
"""A token ends within so many days: its mark is remembered until then, so that it is good for one handle."""


class Registration(Enum):
    """What a directory asks of somebody who registers a handle."""

    OPEN = "open"
    TOKEN = "token"  # noqa: S105 - the name of a rule
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Admission:
    """A directory's rule, and the Ed25519 public keys whose tokens it takes."""

    rule: Registration = Registration.OPEN
    issuers: frozenset[bytes] = frozenset()

    def judge(self, token: bytes, *, host: str, today: int) -> Admitted:
        """What a new handle spends (None: nothing), or why it is refused. The store knows what was spent before."""
        if self.rule is Registration.OPEN:
            return None
        if self.rule is Registration.PAUSED:
            return REGISTRATION_PAUSED
        if not token:
            return TOKEN_NEEDED
        try:
            verified = verify_token(token, host=host, issuers=self.issuers)
        except PeerError:
            return TOKEN_REFUSED
        if not today <= verified.until_day <= today + LONGEST_DAYS:
            return TOKEN_REFUSED
        return Spent(verified.mark, verified.until_day)
