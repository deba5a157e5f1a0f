"""How long a session, a challenge, an enrolment and a recovery live (spec/console.md §4). Times are whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

IDLE_S: Final = 30 * 60
"""A session ends when nothing was asked for so long."""
WHOLE_S: Final = 8 * 3600
"""A session ends so long after sign-in, however busy it is."""
CHALLENGE_S: Final = 120
"""A challenge to sign in must be answered within this time."""
ACTION_S: Final = 300
"""What an officer was asked to sign must be signed within this time."""
ENROLMENT_S: Final = 24 * 3600
"""A token to enrol with is good for so long, once."""
RECOVERY_S: Final = 24 * 3600
"""Between the second admin's word and the new token lies at least this time, in which anybody may object."""
MOST_SESSIONS: Final = 4
"""Sessions of one officer at once; a new one ends the oldest."""
LEAST_PASSKEYS: Final = 2
"""An officer with fewer passkeys may do nothing but add another."""
MOST_PASSKEYS: Final = 8


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in officer. The token itself is only in the officer's browser."""

    token_hash: bytes = field(repr=False)
    officer: str
    began_s: int
    seen_s: int

    def alive(self, now_s: int) -> bool:
        """Whether it may still be used. A clock that went back ends it."""
        return self.seen_s <= now_s < min(self.seen_s + IDLE_S, self.began_s + WHOLE_S)

    def ends_s(self) -> int:
        """When it ends if nothing more is asked."""
        return min(self.seen_s + IDLE_S, self.began_s + WHOLE_S)


@dataclass(frozen=True, slots=True)
class Recovery:
    """An officer lost every passkey: two admins vouch, then a day passes in which anybody may object."""

    officer: str
    opened_by: str
    opened_s: int
    seconded_by: str | None = None
    seconded_s: int | None = None

    def ready_s(self) -> int | None:
        """When a token may be made; None while a second admin is missing."""
        return None if self.seconded_s is None else self.seconded_s + RECOVERY_S

    def ready(self, now_s: int) -> bool:
        """Whether a token may be made now. A clock that went back makes nothing ready."""
        ready_s = self.ready_s()
        return ready_s is not None and now_s >= ready_s


def may_second(recovery: Recovery, admin: str) -> bool:
    """Whether ``admin`` may be the second: neither the first nor whom it is about."""
    return recovery.seconded_by is None and admin not in {recovery.opened_by, recovery.officer}
