"""What a reader remembers of the release log: what is pinned, every entry, and when this machine saw each first.

The times are this machine's own, so that "public for three days" depends on nobody else. A file is replaced as a whole:
a process that is killed leaves it as it was.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from nullabona.errors import UserError
from nullabona.machine.disk import Disk
from nullabona.releases.ledger import Ledger

PINNED: Final = "pinned.json"
SEEN: Final = "seen.json"
MOST_BYTES: Final = 64 << 20
"""Of all entries; a log that is longer is not followed."""

T = TypeVar("T")


class NotFollowed(UserError):
    """No release log is followed here yet."""

    code = "update-not-followed"
    default_hint = "begin with `nulla update follow WHERE --policy FILE --fingerprint HASH`"


class MemoryDamaged(UserError):
    """The file with what was seen of the release log cannot be read."""

    code = "update-memory-damaged"
    default_hint = "follow the log again: what was public before counts from then on"


class Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The release log that is followed here, and what the person asks of a release."""

    where: str
    policy: str
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    days_public: Annotated[int, Meta(ge=0)] = 0
    rebuilders: Annotated[int, Meta(ge=0)] = 0


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The log as it was seen last. ``first_s``: for each entry when this machine saw it first (POSIX)."""

    origin: str
    note: bytes
    entries: tuple[bytes, ...]
    first_s: tuple[int, ...]

    def ledger(self, pinned: str) -> Ledger:
        """What the entries come to. Raises `WrongReleaseKeys`."""
        ledger = Ledger(self.origin, pinned)
        ledger.take_all(self.entries)
        return ledger


class Memory:
    """The files in ``folder``, which is made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._disk = Disk(folder / "log", folder / "incoming")

    def pinned(self) -> Pinned:
        """What is followed. Raises `NotFollowed` or `MemoryDamaged`."""
        found = self._read(PINNED, Pinned)
        if found is None:
            raise NotFollowed("no release log is followed here")
        return found

    def pin(self, pinned: Pinned, seen: Seen) -> None:
        """Follow this log from now on."""
        self._write(SEEN, seen)
        self._write(PINNED, pinned)

    def seen(self) -> Seen | None:
        """What was seen last. Raises `MemoryDamaged`."""
        return self._read(SEEN, Seen)

    def seen_of(self, pinned: Pinned) -> Seen | None:
        """What was seen last of this log under this policy; None if it is another one, or cannot be read."""
        try:
            known = self.pinned()
            same = (known.policy, known.fingerprint) == (pinned.policy, pinned.fingerprint)
            return self.seen() if same else None
        except (NotFollowed, MemoryDamaged):
            return None

    def see(self, seen: Seen) -> None:
        """Remember this instead."""
        self._write(SEEN, seen)

    def keep_evidence(self, before: bytes, now: bytes) -> None:
        """Keep two checkpoints that contradict each other."""
        self._disk.put_all([("evidence.seen-before", before), ("evidence.shown-now", now)])
        self._disk.settle()

    @property
    def evidence(self) -> tuple[Path, Path]:
        """Where `keep_evidence` keeps them."""
        return self.folder / "log/evidence.seen-before", self.folder / "log/evidence.shown-now"

    def _read(self, name: str, kind: type[T]) -> T | None:
        data = self._disk.read(name)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MemoryDamaged(f"the file {name} is not as it was written") from error

    def _write(self, name: str, value: Pinned | Seen) -> None:
        self._disk.put(name, msgspec.json.encode(value))
        self._disk.settle()


def private_folder(path: Path) -> Path:
    """A folder that only its owner enters: nobody else may change a program between check and use."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chmod(path, 0o700)  # noqa: PTH101 - a folder that was there
    return path
