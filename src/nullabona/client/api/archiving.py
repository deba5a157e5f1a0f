"""Backups: made from a running client, checked, and turned into a new profile (spec/archive.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
from threading import Event
from typing import Generic, TypeVar

from nullabona.client.api.errors import TimedOut
from nullabona.client.api.exporting.export import Export, Exported, ExportProgress
from nullabona.client.api.exporting.formats import FORMS, Form
from nullabona.client.api.exporting.place import ExportPlace
from nullabona.client.api.session import Options, Session
from nullabona.client.archive import backup as backups
from nullabona.client.archive.agekey import BackupKey, WordsKey, shown_key, words_key
from nullabona.client.archive.backup import BackupInfo, Progress, Watcher
from nullabona.client.archive.errors import BackupMissing, BackupOutOfLine
from nullabona.client.archive.restoring import Restored, in_line, restore_profile
from nullabona.client.archive.sealing import needs_passphrase
from nullabona.client.archive.stream import encode_stream
from nullabona.client.core.step import DAY_MS
from nullabona.client.keys import AccountRoot
from nullabona.client.profile import Unlock
from nullabona.client.runner import find_card, now_ms
from nullabona.errors import Bug
from nullabona.words.catalogue import Language

T = TypeVar("T")
B = TypeVar("B")


class Archive:
    """Backups and exports. The client keeps running while one is made."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def backup_key(self) -> WordsKey:
        """The backup key derived from the account's words. Its ``identity`` also opens backups with the age tool."""
        return words_key(self._session.account().root)

    async def backup(
        self,
        path: Path,
        *,
        key: BackupKey | None = None,
        after: Path | None = None,
        verify: bool = True,
        watch: Watcher | None = None,
    ) -> BackupInfo | None:
        """Write a backup to ``path``, atomically replacing what is there, and return what it holds, as read back.

        ``key`` is by default that of the words. With ``after``, a full backup of the same key, the new one holds only
        what changed since and is restored together with it. ``watch`` is called with the progress.
        Raises `BackupUnwritable`, `BadPassphrase`, or for ``after`` as `check_backup`, `BackupOfOther` and
        `BackupOutOfLine`.
        """
        session, key = self._session, key or self.backup_key()
        account, store = session.account(), session.profile.store
        tell = on_loop(watch)
        earlier = None
        if after is not None:
            if same_place(after, path):
                raise BackupOutOfLine("a backup cannot take the place of the one it is made after")
            earlier = await asyncio.to_thread(backups.read_earlier, after, key, account.local.account, watch=tell)
        records = backups.backup_records(store, account, now_ms(), earlier)
        blocks = encode_stream(backups.watched(records, backups.weigh(store), watch))
        return await fed(blocks, lambda feed: backups.write_backup(path, feed, key, verify=verify, watch=tell))

    async def export(
        self,
        folder: Path,
        rooms: Sequence[bytes | str] | None = None,
        *,
        forms: Sequence[Form] = FORMS,
        language: Language = "en",
        zone: tzinfo | None = None,
        files: bool = True,
        watch: Callable[[ExportProgress], None] | None = None,
    ) -> Exported:
        """Write rooms (None: all) into ``folder``, which must be new, empty, or an earlier export to be replaced.

        ``language`` and ``zone`` (None: this machine's) apply to text and pages. The same profile gives the same bytes.
        Raises `ExportRefused`, `ExportFailed`, `NoSuchRoom` or `BadRequest`. An interrupted export leaves nothing.
        """
        export = Export(self._session, ExportPlace(folder), tuple(forms), language, zone, files, watch)
        return await export.run(rooms)


def needs_backup_passphrase(path: Path) -> bool:
    """Whether a backup opens with a passphrase, and not with the words. Raises `BackupMissing` or `BackupNotAge`."""
    try:
        with path.open("rb") as file:
            return needs_passphrase(file)
    except OSError as error:
        raise BackupMissing("the backup cannot be read") from error


def phrase_key(phrase: str) -> WordsKey:
    """The backup key of 24 words, or of the text that ``nulla backup key`` shows. Raises `BadPhrase`."""
    if (shown := shown_key(phrase)) is not None:
        return shown
    return words_key(AccountRoot.from_phrase(phrase))


async def check_backup(path: Path, key: BackupKey, *, watch: Watcher | None = None) -> BackupInfo:
    """Read a backup to its end; what it holds.

    Raises `BackupMissing`, `BackupNotAge`, `BackupLocked`, `ArchiveDamaged`, `ArchiveTruncated` or `ArchiveTooNew`.
    """
    return await asyncio.to_thread(backups.check_backup, path, key, watch=on_loop(watch))


async def restore_backup(
    path: Path,
    unlock: Unlock,
    backup: Sequence[Path],
    key: BackupKey,
    *,
    options: Options | None = None,
    timeout_s: float = 30.0,
    watch: Watcher | None = None,
) -> Restored:
    """A new profile at ``path`` from a whole backup, and one made after it if there is one; open it with `open_client`.

    The two may come in any order. Identity, handle, contacts, history and choices come back; rooms as history, with
    members asked for a way back. The account's current card is looked up first, so that no older one is put in its
    place; with ``options.online`` false the backup's counts, and the directory may refuse what follows it. A failure
    leaves nothing at ``path``, nor does being cancelled.
    Raises as `check_backup`, `BackupOutOfLine`, `BackupOfOther`, `BackupEmpty`, `CardForked`, `TimedOut`, and as
    `open_client`.
    """
    options = options or Options()
    ordered, identity = await asyncio.to_thread(in_line, backup, key)
    card = None
    if options.online:
        try:
            async with asyncio.timeout(timeout_s):
                card = await find_card(identity.handle, options.net, now_ms() // 1_000)
        except TimeoutError:
            raise TimedOut("the server of that handle could not be reached in time") from None
    stop, tell = Event(), on_loop(watch)

    def go_on(progress: Progress) -> None:
        if stop.is_set():
            raise _Stopped("a restore was given up")
        if tell is not None:
            tell(progress)

    def restore() -> Restored:
        today = now_ms() // DAY_MS
        return restore_profile(path, unlock, ordered, key, card=card, today=today, suite=options.suite, watch=go_on)

    return await in_thread(restore, stop.set)


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths are the same, there or not."""
    return one.resolve() == other.resolve()


# -- between the loop and a thread --------------------------------------------------------------------------------


def on_loop(watch: Watcher | None) -> Watcher | None:
    if watch is None:
        return None
    loop = asyncio.get_running_loop()

    def tell(progress: Progress) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(watch, progress)

    return tell


class _Stopped(Bug):
    """The caller of this task has gone."""


class _Feed(Generic[B]):
    """Blocks for a thread, each made on the loop: the store is the loop's, encrypting and the disk are the thread's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, blocks: Iterator[B]) -> None:
        self._loop = loop
        self._blocks = blocks
        self.stopped = False

    def __iter__(self) -> Iterator[B]:
        return self

    def __next__(self) -> B:
        block = asyncio.run_coroutine_threadsafe(self._make(), self._loop).result()
        if block is None:
            raise StopIteration
        return block

    async def _make(self) -> B | None:
        if self.stopped:
            raise _Stopped("a backup was given up")
        return next(self._blocks, None)

    def stop(self) -> None:
        self.stopped = True


async def fed(blocks: Iterator[B], work: Callable[[Iterator[B]], T], stop: Callable[[], None] | None = None) -> T:
    """What ``work`` makes of the blocks in a thread. ``stop`` is called as well if this is cancelled."""
    feed = _Feed(asyncio.get_running_loop(), blocks)

    def end() -> None:
        feed.stop()
        if stop is not None:
            stop()

    return await in_thread(lambda: work(feed), end)


async def in_thread(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """What ``work`` gives in a thread. When cancelled, it is told to ``stop`` and has ended before this does."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        with suppress(Exception):
            await task
        raise
