"""Lifetimes of a session, a challenge, an enrolment and a recovery (spec/console.md §4), in whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

IDLE_S: Final = 30 * 60
"""A session ends after this time without activity."""
WHOLE_S: Final = 8 * 3600
"""A session ends this long after sign-in, even if active."""
CHALLENGE_S: Final = 120
"""A sign-in challenge must be answered within this time."""
ACTION_S: Final = 300
"""An officer must sign what they were asked to within this time."""
ENROLMENT_S: Final = 24 * 3600
"""An enrolment token is valid for this time, once."""
RECOVERY_S: Final = 24 * 3600
"""The least time between the second admin's signature and the new token, in which officers may object."""
MOST_SESSIONS: Final = 4
"""Most sessions of one officer at once; another one ends the oldest."""
LEAST_PASSKEYS: Final = 2
"""An officer with fewer passkeys may only add another."""
MOST_PASSKEYS: Final = 8


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in officer. Only the officer's browser holds the token."""

    token_hash: bytes = field(repr=False)
    officer: str
    began_s: int
    seen_s: int

    def alive(self, now_s: int) -> bool:
        """Whether it is still valid. A clock that is set back ends it."""
        return self.seen_s <= now_s < min(self.seen_s + IDLE_S, self.began_s + WHOLE_S)

    def ends_s(self) -> int:
        """When it ends without further activity."""
        return min(self.seen_s + IDLE_S, self.began_s + WHOLE_S)


@dataclass(frozen=True, slots=True)
class Recovery:
    """An officer lost every passkey: two admins vouch, then others may object for a day."""

    officer: str
    opened_by: str
    opened_s: int
    seconded_by: str | None = None
    seconded_s: int | None = None

    def ready_s(self) -> int | None:
        """The earliest time for a token; None while a second admin is missing."""
        return None if self.seconded_s is None else self.seconded_s + RECOVERY_S

    def ready(self, now_s: int) -> bool:
        """Whether a token may be made now. A clock that is set back makes nothing ready."""
        ready_s = self.ready_s()
        return ready_s is not None and now_s >= ready_s


def may_second(recovery: Recovery, admin: str) -> bool:
    """Whether ``admin`` may be the second: neither the first admin nor the officer to recover."""
    return recovery.seconded_by is None and admin not in {recovery.opened_by, recovery.officer}
