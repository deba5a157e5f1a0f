"""What a thief got, and what not."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.drills.search import Finding, Searched


@dataclass(slots=True)
class Locked:
    """A profile as it lies on the disk, copied while its program ran and after it had ended."""

    findings: list[Finding] = field(default_factory=list)
    searched: Searched = field(default_factory=Searched)
    files: dict[str, int] = field(default_factory=dict)
    """What can be seen of it: names and sizes."""
    tried: int = 0
    """Wrong passphrases that were refused."""
    each_s: float = 0.0
    """How long one try takes."""
    memory_kib: int = 0
    """How much memory one try takes."""


@dataclass(slots=True)
class Opened:
    """The same profile, opened: every page decrypted."""

    kept: int = 0
    """Messages that are there, of those that nobody deleted."""
    of: int = 0
    deleted: list[Finding] = field(default_factory=list)
    """What was found of messages that were deleted or had disappeared."""
    bytes: int = 0
    secret: bool = False
    """Whether the account's secret was found."""
    unprotected: bool = False
    """Whether a profile that was made without protection opened by itself."""
    memory_read: bool = False
    in_memory: list[str] = field(default_factory=list)
    """What was found in the memory of the running program of messages that were deleted or had disappeared."""


@dataclass(slots=True)
class Future:
    """What a thief hears and does afterwards."""

    heard: bool = False
    """What was said while nobody had noticed."""
    posed: bool = False
    """Whether others took a message of the thief's for the owner's."""
    out_s: float = 0.0
    """From the owner's order until the device was in none of a member's rooms."""
    heard_after: bool = True
    """What was said after that."""
    owner_heard: bool = False
    returned: bool = True
    """Whether the device came back into a room by asking."""


@dataclass(slots=True)
class Secret:
    """What the account's secret is good for."""

    warned_s: float = 0.0
    """Until the owner's device told of a card that it did not make; 0: it did not."""
    warning: str = ""
    came_back: bool = False
    """Whether the thief came into the rooms again, with a card that names a machine of theirs."""
    heard: bool = False
    ended: bool = False
    """Whether it ended in a group when an admin removed the account."""


@dataclass(slots=True)
class Elsewhere:
    """An account whose one device was stolen, restored on another machine."""

    back_s: float = 0.0
    """From a backup: until it was in its rooms and the stolen device in none of them; 0: it did not come about."""
    owner_heard: bool = False
    thief_heard: bool = True
    words_thief_heard: bool = False
    """From the words alone: whether the stolen device went on hearing."""
    words_ended: bool = False
    """Whether that ended once its owner had asked a contact to talk."""
    words_owner_heard: bool = False


@dataclass(slots=True)
class Stolen:
    """Everything."""

    locked: Locked = field(default_factory=Locked)
    opened: Opened = field(default_factory=Opened)
    future: Future = field(default_factory=Future)
    secret: Secret = field(default_factory=Secret)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
