"""A new profile from a backup: made beside its place and moved there only when everything is in it.

The device is a new one of the account: its own keys are drawn, its card replaces the old devices, and rooms come back
as history that waits for a way back (`core.restore.archive_rooms`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nullabona.client import account as accounts
from nullabona.client.archive.agekey import BackupKey, WordsKey, words_key
from nullabona.client.archive.backup import Watcher, read_backup
from nullabona.client.archive.errors import BackupEmpty, BackupOfOther, BackupOutOfLine
from nullabona.client.archive.index import KeyIndex
from nullabona.client.archive.merging import Counts, Merger
from nullabona.client.archive.records import Begin, Dropped, File, Identity, Import, Message, Piece, Record
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import Place
from nullabona.client.archive.repository.reading import Snapshot, read_records_of
from nullabona.client.core.model.errors import ProfileExists
from nullabona.client.keys import AccountRoot
from nullabona.client.profile import Profile, Unlock, create_profile, discard_profile, move_profile


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back."""

    handle: str
    made_at: int
    """When the (later) backup was made."""
    counts: Counts


class _Enough(Exception):
    pass


def peek_identity(path: Path, key: BackupKey) -> tuple[Begin, Identity]:
    """How a backup begins, and whose it is. Raises as `read_backup`, and `BackupEmpty`."""
    found: list[Record] = []

    def take(records: list[Record]) -> None:
        found.extend(records[:2])
        raise _Enough

    with suppress(_Enough):
        read_backup(path, key, take)
    if len(found) == 2 and isinstance(found[0], Begin) and isinstance(found[1], Identity):
        return found[0], found[1]
    raise BackupEmpty("the archive does not hold an account")


def restore_profile(
    path: Path,
    unlock: Unlock,
    backups: Sequence[Path],
    key: BackupKey,
    *,
    card: bytes | None,
    today: int,
    suite: int,
    watch: Watcher | None = None,
) -> Restored:
    """A profile at ``path`` from a whole backup, and one made after it if there is one. A failure leaves nothing there.

    ``card`` is the account's current card, if it was looked up; else the one of the backup counts.
    Raises as `read_backup`; `BackupOutOfLine`, `BackupEmpty`, `CardForked`, and what `create_profile` raises.
    """
    whole, later = _two_at_most(backups)
    _must_be_free(path)
    begin, identity = peek_identity(later or whole, key)
    dropped = _dropped(whole, later, key)

    def fill(profile: Profile) -> Counts:
        return _fill(profile, whole, later, key, dropped, today, watch)

    return _made(path, unlock, begin, identity, fill, card=card, today=today, suite=suite)


def _must_be_free(path: Path) -> None:
    if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
        raise ProfileExists("there is something at the profile's place already")


def _made(
    path: Path,
    unlock: Unlock,
    begin: Begin,
    identity: Identity,
    fill: Callable[[Profile], Counts],
    *,
    card: bytes | None,
    today: int,
    suite: int,
) -> Restored:
    """A profile that ``fill`` fills, made beside its place and moved there when everything is in it."""
    draft = path.with_name(f".{path.name}.restoring")
    discard_profile(draft)
    try:
        with create_profile(draft, unlock) as profile:
            with profile.store.bulk():
                counts = fill(profile)
            accounts.restore_account(
                profile.store,
                root=AccountRoot(identity.root),
                card=card or identity.card,
                today=today,
                suite=suite,
            )
        move_profile(draft, path)
    except BaseException:
        discard_profile(draft)
        raise
    return Restored(identity.handle, begin.made_at, counts)


@dataclass(frozen=True, slots=True)
class SnapshotSource:
    """A snapshot of a repository, and what opens it."""

    place: Place
    keys: RepositoryKeys
    snapshot: Snapshot

    def identity(self, key: WordsKey) -> tuple[Begin, Identity]:
        """How it begins, and whose it is. Raises as `read_records_of`, `BackupEmpty` and `BackupOfOther`."""
        found: list[Record] = []

        def take(records: list[Record]) -> None:
            found.extend(records[:2])
            if len(found) >= 2:
                raise _Enough

        with suppress(_Enough):
            self.read(take)
        begin, identity = (*found, None, None)[:2]
        if not isinstance(begin, Begin) or not isinstance(identity, Identity):
            raise BackupEmpty("the backup does not hold an account")
        if words_key(AccountRoot(identity.root)) != key:
            raise BackupOfOther(f"this backup is of {begin.handle}, whose words are others")
        return begin, identity

    def read(self, take: Callable[[list[Record]], None], watch: Watcher | None = None) -> None:
        """As `read_records_of`."""
        read_records_of(self.place, self.keys, self.snapshot, take, watch=watch)


def restore_snapshot(
    path: Path,
    unlock: Unlock,
    source: SnapshotSource,
    key: WordsKey,
    *,
    card: bytes | None,
    today: int,
    suite: int,
    watch: Watcher | None = None,
) -> Restored:
    """As `restore_profile`, from a snapshot of a repository."""
    _must_be_free(path)
    begin, identity = source.identity(key)

    def fill(profile: Profile) -> Counts:
        merger = Merger(profile.store, today=today, replace=True)
        source.read(merger.take, watch)
        return merger.counts

    return _made(path, unlock, begin, identity, fill, card=card, today=today, suite=suite)


def in_line(backups: Sequence[Path], key: BackupKey) -> tuple[list[Path], Identity]:
    """A whole backup and one made after it, given in any order, in theirs; and whose the later one is.

    Raises as `peek_identity`, `BackupOutOfLine` if there are not one or two, and `BackupOfOther` if the words open them
    that are not those of the account in them: anyone who knows what is encrypted to may have made them.
    """
    _two_at_most(backups)
    found = sorted(((*peek_identity(path, key), path) for path in backups), key=lambda each: each[0].after != b"")
    for begin, identity, _ in found:
        if isinstance(key, WordsKey) and words_key(AccountRoot(identity.root)) != key:
            raise BackupOfOther(f"this backup is of {begin.handle}, whose words are others")
    return [path for _, _, path in found], found[-1][1]


def _two_at_most(backups: Sequence[Path]) -> tuple[Path, Path | None]:
    if len(backups) not in {1, 2}:
        raise BackupOutOfLine("a profile is restored from a whole backup and at most one that was made after it")
    return backups[0], backups[1] if len(backups) == 2 else None


def _dropped(whole: Path, later: Path | None, key: BackupKey) -> KeyIndex:
    """What the whole backup has and the later one says is gone. Raises `BackupOutOfLine` unless they are a pair."""
    first, _ = peek_identity(whole, key)
    dropped = KeyIndex()
    after = [b""]

    def take(records: list[Record]) -> None:
        for record in records:
            if isinstance(record, Begin):
                after[0] = record.after
            elif isinstance(record, Dropped):
                dropped.add(record.message)

    if first.after:
        raise BackupOutOfLine("this backup has only what changed after another one; give that one first")
    if later is not None:
        read_backup(later, key, take)
        if not first.id or after[0] != first.id:
            raise BackupOutOfLine("the second backup was not made after the first one")
    return dropped


def _fill(
    profile: Profile,
    whole: Path,
    later: Path | None,
    key: BackupKey,
    dropped: KeyIndex,
    today: int,
    watch: Watcher | None,
) -> Counts:
    merger = Merger(profile.store, today=today, replace=True, dropped=dropped)
    if later is None:
        read_backup(whole, key, merger.take, watch=watch)
        return merger.counts

    def bulk(records: list[Record]) -> None:
        merger.take([record for record in records if isinstance(record, Import | Message | File | Piece)])

    read_backup(whole, key, bulk, watch=watch)
    last = Merger(profile.store, today=today, replace=True)
    read_backup(later, key, last.take, watch=watch)
    last.forget_other_imports()
    return last.counts + merger.counts
