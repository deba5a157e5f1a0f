"""Calls about the version that runs and newer ones: what the release log says, and what the person wants of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from nullabona.app.protocol.call import Call

MOST_DAYS = 365
Days = Annotated[int, Meta(ge=0, le=MOST_DAYS)]
Rebuilders = Annotated[int, Meta(ge=0, le=8)]


class NewerRelease(Struct, frozen=True):
    """A release that is newer than what starts. ``seen``: when this machine saw it first, in milliseconds."""

    version: str
    signers: list[str]
    seen: int
    days: int
    same: int
    """How many rebuilders got the same files; ``part``: some of them; ``different``: others."""
    part: int
    different: int
    notes: str
    refused: str
    """Why it may not be installed now, in words; empty if it may. ``hint``: what to do."""
    hint: str
    waits: bool
    """Whether the reason is only that it has not been public for the days that the person chose."""


class Followed(Struct, frozen=True):
    """What the release log says, and what the person wants of a release."""

    where: str
    origin: Literal["checked", "named", "unlogged"]
    revoked: str
    """Why those who released the version that starts took it back; else empty."""
    newer: NewerRelease | None
    witnesses: list[str]
    keys_changed: bool
    """Whether the log's own keys have changed since the person pinned them, in the way that is provided for."""
    witnessed: int
    """When they cosigned what was seen last, in milliseconds; 0: the policy demands no time."""
    silent: bool
    days: int
    rebuilders: int
    by_itself: bool


class Remembered(Struct, frozen=True):
    """What the person once pinned, as far as it can still be read; each may be empty."""

    where: str
    policy: str
    fingerprint: str


class UpdateState(Struct, frozen=True):
    """``supported``: whether this system can update in this way. ``followed``: None if no release log is followed, or
    if what was seen of it is damaged: then ``damaged`` says what to follow again.
    """

    supported: bool
    running: str
    starts: str
    """The version that the next start runs, if another; else empty."""
    back: bool
    """Whether there is something to go back to."""
    followed: Followed | None
    damaged: Remembered | None = None


class GetUpdate(Call[UpdateState], frozen=True):
    """What was known at the last check. Nobody is asked."""


class CheckUpdate(Call[UpdateState], frozen=True):
    """Read the release log, and say what is new."""


class FollowReleases(Call[UpdateState], frozen=True):
    """Follow a release log from now on, under a policy (its text) and the fingerprint of its first statement.

    If what was seen of this log is damaged, the days and the rebuilders that the person chose stay; what came by itself
    does not any more.
    """

    where: Annotated[str, Meta(min_length=1, max_length=1_000)]
    policy: Annotated[str, Meta(max_length=20_000)]
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class WishOfUpdates(Call[UpdateState], frozen=True):
    """What a release must have beyond its signatures; ``by_itself`` needs at least one day."""

    days: Days
    rebuilders: Rebuilders
    by_itself: bool


class InstallUpdate(Call[UpdateState], frozen=True):
    """Install a release, try it, and have it run from the next start. ``at_once``: without waiting for the days."""

    version: Annotated[str, Meta(max_length=40)]
    at_once: bool


class UndoUpdate(Call[UpdateState], frozen=True):
    """Have the version before run from the next start."""
