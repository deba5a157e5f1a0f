"""Where a profile makes backups by itself, how often, and how that went (spec/repository.md §8). Pure.

Kept in the profile as one value that no backup contains: another device chooses for itself.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.client.archive.errors import BackupNotPlanned
from nullabona.client.archive.repository.writing import Left, Written

PLANS: Final = "backup-plans"
"""The key of the value."""
MOST_PLANS: Final = 4
EVERY_DAYS: Final = range(1, 32)
MOST_NAME: Final = 4_096
"""Most bytes of a folder's path."""
RELAY: Final = "server"
"""The name of the account's relay as a place, in the word that people read; every other name is a folder's path."""
DAY_MS: Final = 86_400_000
RETRY_MS: Final = 10 * 60_000
"""First wait after a failure; it doubles up to `RETRY_MOST_MS`."""
RETRY_MOST_MS: Final = 6 * 3_600_000
_DOUBLINGS: Final = 12
_DOUBTED_MS: Final = 30 * DAY_MS
"""So long a place is said to have lost something, if it keeps what it gets since."""
Time = Annotated[int, Meta(ge=0, le=2**53)]
Standing = Literal["none", "new", "good", "late"]
"""No plan; planned today and not made yet; the last good backup is recent enough; it is not."""


class Plan(msgspec.Struct, array_like=True, frozen=True):
    """Backups to one place."""

    name: Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]
    every_days: Annotated[int, Meta(ge=1, le=31)]
    place: Annotated[bytes, Meta(min_length=16, max_length=16)]
    """The id of the repository there."""
    writer: Annotated[bytes, Meta(min_length=16, max_length=16)]
    planned_at: Time
    files: bool = True
    """Whether photos and other files are in it."""
    relay: Annotated[str, Meta(max_length=512)] = ""
    """Which relay has it: an account can move to another one, which then knows nothing of it."""
    same_disk: bool = False
    """Whether the folder was on the disk of the profile when it was last looked at."""
    number: Time = 0
    digest: Annotated[bytes, Meta(max_length=32)] = b""
    """Number and digest of the newest head that was written there."""
    good_at: Time = 0
    """When the last backup that was read back was begun, in ms; 0: there is none."""
    tried_at: Time = 0
    failures: Time = 0
    """Failures since the last good one."""
    error: Annotated[str, Meta(max_length=64)] = ""
    """The code of the last failure, until a backup is good again."""
    doubt: Annotated[str, Meta(max_length=16)] = ""
    """What the place had lost at the last good backup (`writing.Doubt`)."""
    doubt_at: Time = 0
    messages: Time = 0
    stored_files: Time = 0
    size: Time = 0
    written: Time = 0
    """Bytes that the last good backup wrote."""
    jitter_ms: Time = 0
    """So much later than planned the next one begins."""

    def __repr__(self) -> str:
        return f"<Plan every {self.every_days} days>"

    def left(self, relay: str) -> Left:
        """What this profile left there. ``relay`` is where the place is now; empty for a folder."""
        return Left(self.writer, self.number, self.digest) if relay == self.relay else Left(self.writer)


_plans = msgspec.msgpack.Decoder(tuple[Plan, ...])


def decode_plans(data: bytes | None) -> tuple[Plan, ...]:
    """The plans of the stored value; none if there is none, or if it does not decode: the person is told of that."""
    try:
        return () if data is None else _plans.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ()


def encode_plans(plans: tuple[Plan, ...]) -> bytes:
    return msgspec.msgpack.encode(plans)


def find(plans: tuple[Plan, ...], name: str) -> Plan:
    """Raises `BackupNotPlanned`."""
    for plan in plans:
        if plan.name == name:
            return plan
    raise BackupNotPlanned("this profile makes no backups to that place")


def put(plans: tuple[Plan, ...], plan: Plan) -> tuple[Plan, ...]:
    """The plans with this one, in the place of the one with its name if there is one."""
    if any(each.name == plan.name for each in plans):
        return tuple(plan if each.name == plan.name else each for each in plans)
    return (*plans, plan)


def due_at(plan: Plan, now: int) -> int:
    """When the next backup is due, in ms. A clock that was set back makes it due now."""
    if plan.failures:
        wait = min(RETRY_MS << min(plan.failures - 1, _DOUBLINGS), RETRY_MOST_MS)
        return min(plan.tried_at, now) + wait
    if not plan.good_at or plan.good_at > now:
        return now
    return plan.good_at + plan.every_days * DAY_MS + plan.jitter_ms


def succeeded(plan: Plan, written: Written, now: int, *, relay: str, jitter_ms: int) -> Plan:
    """The plan after a good backup."""
    changed = msgspec.structs.replace(
        plan,
        relay=relay,
        number=written.left.number,
        digest=written.left.digest,
        good_at=written.made_at,
        tried_at=now,
        failures=0,
        error="",
        messages=written.messages,
        stored_files=written.files,
        size=written.size,
        written=written.written_bytes,
        jitter_ms=jitter_ms,
    )
    if written.doubt:
        return msgspec.structs.replace(changed, doubt=written.doubt, doubt_at=now)
    if now - plan.doubt_at > _DOUBTED_MS:
        return msgspec.structs.replace(changed, doubt="", doubt_at=0)
    return changed


def failed(plan: Plan, code: str, now: int) -> Plan:
    """The plan after a failure; the last good backup still counts."""
    return msgspec.structs.replace(plan, tried_at=now, failures=plan.failures + 1, error=code)


def is_late(plan: Plan, now: int) -> bool:
    """Whether the last good backup is older than planned by half the time between two, and a day at least."""
    since = plan.good_at or plan.planned_at
    planned = plan.every_days * DAY_MS
    return now - since > (planned + max(DAY_MS, planned // 2) if plan.good_at else DAY_MS)


def standing(plans: tuple[Plan, ...], now: int) -> Standing:
    """The best of all plans."""
    if not plans:
        return "none"
    fine = [plan for plan in plans if not is_late(plan, now)]
    if any(plan.good_at for plan in fine):
        return "good"
    return "new" if fine else "late"
