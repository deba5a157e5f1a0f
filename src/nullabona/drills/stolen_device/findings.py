"""What a thief got, and what not. What was not looked at counts against us."""

from __future__ import annotations

from dataclasses import dataclass, field

from nullabona.drills.search import Finding, Searched
from nullabona.drills.stolen_device.picking import Picked
from nullabona.drills.stolen_device.price import Price


@dataclass(slots=True)
class Locked:
    """A profile as it is on the disk, copied while its program ran and after it had ended."""

    findings: list[Finding] = field(default_factory=list)
    searched: Searched = field(default_factory=Searched)
    files: dict[str, int] = field(default_factory=dict)
    """What can be seen of it: names and sizes."""
    tried: int = 0
    """Wrong passphrases that were refused."""
    each_s: float = 0.0
    """How long one try takes."""
    price: Price = field(default_factory=Price)
    """What one try costs, by the profile's header."""
    keys: int = 0
    """Private keys among what was looked for."""
    missed: list[str] = field(default_factory=lambda: ["everything"])
    """What the same search should find once the pages are decrypted, and does not: it had no chance before either."""
    wrong: int = 0
    """How many wrong passphrases were tried, those that lie near the right one among them."""
    picked: Picked = field(default_factory=lambda: Picked(0, opened=True, alike=True))
    """What came of keys that nobody told the thief."""


@dataclass(slots=True)
class Opened:
    """The same profile, opened: every page decrypted."""

    kept: int = 0
    """Messages that are there, of those that nobody deleted."""
    of: int = 0
    deleted: list[Finding] = field(default_factory=list)
    """What was found of messages that were deleted or had disappeared, once the program was idle and after it ended."""
    bytes: int = 0
    unread: int = 1
    """Pages of those that could not be decrypted."""
    logged: int = 1
    """Pages in the write-ahead log after that."""
    late: list[Finding] = field(default_factory=list)
    """What was found of a message that had just been deleted, while the program ran."""
    late_logged: int = 0
    """Pages that were in the write-ahead log then."""
    indexed: bool = False
    """Whether the index finds what nobody deleted."""
    indexed_gone: list[str] = field(default_factory=list)
    """Words of it that only messages have which were deleted or had disappeared."""
    secret: bool = False
    """Whether the account's secret was found."""
    unprotected: bool = False
    """Whether a profile that was made without protection opened by itself."""
    memory_read: bool = False
    in_memory: list[str] = field(default_factory=list)
    """What was found in the memory of the running program of messages that were deleted or had disappeared."""


@dataclass(slots=True)
class Later:
    """What a copy of a profile from before a removal is worth, by hand, once a member gave the boxes since away."""

    rooms: int = 0
    out: int = 0
    """Of so many rooms, in how many the copy read the commit that removes it."""
    opened: int = 1
    """How much of what came after that it opened."""
    closed: int = 0
    """And how much not."""
    control: bool = False
    """Whether a copy of somebody who stayed in reads what was said, in the same way."""

    @property
    def worthless(self) -> bool:
        """Whether it was the right copy, given what it could have read, and could not."""
        return self.out == self.rooms > 0 and self.closed > 0 and not self.opened and self.control


@dataclass(slots=True)
class Future:
    """What a thief hears and does afterwards."""

    heard: bool = False
    """What was said while nobody had noticed."""
    posed: bool = False
    """Whether others took a message of the thief's for the owner's."""
    out_s: float = 0.0
    """From the owner's order until the device was in none of a member's rooms."""
    stayed: bool = False
    """Whether the thief's program goes on taking itself for a member: it obeys no removal and forgets no key."""
    heard_after: bool = True
    """What was said after that."""
    owner_heard: bool = False
    kept: Later = field(default_factory=Later)
    """A copy of the stolen profile from before that."""
    came_back: bool = False
    """Whether asking brought the device back into its rooms before it was revoked."""
    asked: int = 0
    """Questions that went out to members afterwards."""
    returned: bool = True
    """Whether the device came back into a room by them."""


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
    kept: Later = field(default_factory=Later)
    """A copy of a device of the account, from before it was removed."""


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
