"""What a reader remembers of the release log: what is pinned, every entry, and when this machine saw each first.

The times are this machine's own, so that "public for three days" depends on nobody else. A file is replaced as a whole:
a process that is killed leaves it as it was.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from nullabona.errors import PeerError, UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.tree import EMPTY_ROOT, Frontier, leaf_hashes
from nullabona.machine.disk import Disk, DiskFailed
from nullabona.machine.failures import reason_of
from nullabona.releases.ledger import Ledger
from nullabona.updating.layout import is_own

PINNED: Final = "pinned.json"
SEEN: Final = "seen.json"
SEEN_BEFORE: Final = "seen-before"
SHOWN_NOW: Final = "shown-now"
MOST_BYTES: Final = 64 << 20
"""Of all entries; a log that is longer is not followed."""
LEAST_BYTES: Final = 1 << 10
"""What an entry counts for at least: its operator could append any number of empty ones."""

T = TypeVar("T")


class NotFollowed(UserError):
    """No release log is followed here yet."""

    code = "update-not-followed"
    default_hint = "begin with `nulla update follow WHERE --policy FILE --fingerprint HASH`"


class MemoryDamaged(UserError):
    """The file with what was seen of the release log cannot be read."""

    code = "update-memory-damaged"
    default_hint = "follow the log again: what was public before counts from then on"


class FolderNotOwn(UserError):
    """The folder of versions belongs to another user."""

    code = "update-folder-not-own"
    default_hint = "run this as the user whose folder it is, or name another folder with --home"


class Pinned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The release log that is followed here, and what the person asks of a release.

    ``files``: where the files of releases are; empty: in ``files`` beside the log. ``by_itself``: whether what has been
    public for ``days_public`` is installed without a command; MUST be False if that is 0.
    """

    where: str
    policy: str
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    days_public: Annotated[int, Meta(ge=0)] = 0
    rebuilders: Annotated[int, Meta(ge=0)] = 0
    files: str = ""
    by_itself: bool = False

    @property
    def place(self) -> str:
        """Where files are looked for: a folder or a URL."""
        return self.files or f"{self.where.rstrip('/')}/files/"


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The log as it was seen last. ``first_s``: for each entry when this machine saw it first (POSIX).

    ``policy``: what changes of the log's keys have made of the pinned one; empty: there was none. Here, because it is
    true of this checkpoint: both are replaced at once.
    """

    origin: str
    note: bytes
    entries: tuple[bytes, ...]
    first_s: tuple[int, ...]
    policy: str = ""

    def ledger(self, pinned: str) -> Ledger:
        """What the entries come to. Raises `WrongReleaseKeys`."""
        ledger = Ledger(self.origin, pinned)
        ledger.take_all(self.entries)
        return ledger

    def check(self) -> None:
        """Raises `MemoryDamaged` unless these are all entries under this checkpoint, each with its time.

        A revocation that a failing disk has damaged would else be an entry that does not hold, and forgotten.
        """
        try:
            checkpoint = parse_checkpoint(parse_note(self.note).text)
        except PeerError as error:
            raise MemoryDamaged("the checkpoint that was seen is not as it was written") from error
        root = Frontier(0, ()).extend(leaf_hashes(self.entries)).root if self.entries else EMPTY_ROOT
        shown, kept = (checkpoint.origin, checkpoint.size, checkpoint.root), (self.origin, len(self.entries), root)
        if shown != kept or len(self.first_s) != len(self.entries):
            raise MemoryDamaged("the entries that were seen are not those under the checkpoint that was seen")


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

    def seen(self) -> Seen:
        """What was seen last. Raises `MemoryDamaged`, also if it is gone: nothing is begun again silently."""
        found = self._read(SEEN, Seen)
        if found is None:
            raise MemoryDamaged(f"the file {SEEN} is gone")
        found.check()
        return found

    def seen_of(self, pinned: Pinned) -> Seen | None:
        """What was seen last of this log under this policy; None if it is another one, or cannot be read."""
        try:
            known = self.pinned()
            same = (known.policy, known.fingerprint) == (pinned.policy, pinned.fingerprint)
            if not same:
                return None
            seen = self.seen()
            # A process that ended between the two writes of `pin` has left what was seen of another log.
            Policy.parse(seen.policy or pinned.policy).check(parse_note(seen.note))
        except (NotFollowed, MemoryDamaged, PeerError):
            return None
        return seen

    def see(self, seen: Seen) -> None:
        """Remember this instead."""
        self._write(SEEN, seen)

    def keep_evidence(self, before: bytes, now: bytes) -> None:
        """Keep two checkpoints that contradict each other, beside all that were kept before.

        Who showed a fork could else have it overwritten: by showing an old, honest checkpoint the day after.
        """
        name = f"evidence-{sha256(before + now).hexdigest()[:16]}"
        self._disk.put_all([(f"{name}.{SEEN_BEFORE}", before), (f"{name}.{SHOWN_NOW}", now)])
        self._disk.settle()

    @property
    def evidence(self) -> list[tuple[Path, Path]]:
        """Where `keep_evidence` keeps each two."""
        found = sorted((self.folder / "log").glob(f"evidence-*.{SEEN_BEFORE}"))
        return [(path, path.with_suffix(f".{SHOWN_NOW}")) for path in found]

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
    """A folder that only its owner enters: nobody else may change a program between check and use.

    Raises `FolderNotOwn`, which changes nothing, or `DiskFailed`.
    """
    try:
        if not is_own(path):
            raise FolderNotOwn(f"the folder {path} is another user's")
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chmod(path, 0o700)  # noqa: PTH101 - a folder that was there
    except OSError as error:
        raise DiskFailed(f"the folder {path} cannot be used: {reason_of(error)}") from error
    return path
