"""Backups in pieces, found, checked and restored from a folder, a drive or a relay (spec/repository.md §9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TypeVar

from nullabona.client.api.archiving import in_thread, on_loop
from nullabona.client.api.errors import TimedOut
from nullabona.client.api.session import Options
from nullabona.client.archive.agekey import WordsKey
from nullabona.client.archive.backup import Progress, Watcher
from nullabona.client.archive.errors import BackupMissing
from nullabona.client.archive.records import Record
from nullabona.client.archive.repository.folder import folders_in
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.places import Place
from nullabona.client.archive.repository.reading import newest, open_heads
from nullabona.client.archive.restoring import Restored, SnapshotSource, restore_snapshot
from nullabona.client.core.step import DAY_MS
from nullabona.client.net import Policy, endpoint_of, parse_endpoint
from nullabona.client.profile import Unlock
from nullabona.client.runner import RELAY_PLACE, RelayPlace, find_card, now_ms
from nullabona.client.runner.connections import OneShotConnection
from nullabona.errors import Bug, NullabonaError
from nullabona.wire.card import verify_card
from nullabona.wire.handle import parse_handle

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AtRelay:
    """The backup that the relay of this handle has."""

    handle: str


BackupPlace = Path | AtRelay
"""A folder that has a repository, or is one; or a relay."""


@dataclass(frozen=True, slots=True)
class FoundBackup:
    """A backup in pieces."""

    handle: str
    made_at: int
    messages: int
    files: int
    size: int
    chunks: int


def has_backups(folder: Path) -> bool:
    """Whether a folder has, or is, a repository, of whichever account."""
    try:
        return bool(folders_in(folder))
    except NullabonaError:
        return False


async def check_backup_place(
    place: BackupPlace,
    key: WordsKey,
    *,
    options: Options | None = None,
    timeout_s: float = 30.0,
    earlier: bool = False,
    whole: bool = True,
    watch: Watcher | None = None,
) -> FoundBackup:
    """Read the newest backup of a place to its end; with ``earlier`` the one before it. Raises as `restore_from`.

    Without ``whole`` only what it begins with is read: whose it is, when it was made, and what it says to have.
    """
    options = options or Options()
    _, relay = await _looked_up(place, options, timeout_s)

    def check(source: SnapshotSource, watch: Watcher) -> FoundBackup:
        source.identity(key)
        if whole:
            source.read(_passed, watch)
        found = source.snapshot.manifest
        return FoundBackup(
            found.handle, found.made_at, found.messages, found.files, source.snapshot.size, len(source.snapshot.chunks)
        )

    return await _read(place, relay, key, options, check, earlier=earlier, watch=watch)


async def restore_from(
    path: Path,
    unlock: Unlock,
    place: BackupPlace,
    key: WordsKey,
    *,
    options: Options | None = None,
    timeout_s: float = 30.0,
    earlier: bool = False,
    watch: Watcher | None = None,
) -> Restored:
    """A new profile at ``path`` from the newest backup in a place; with ``earlier`` from the one before it.

    The outcome is that of `restore_backup`. What the place shows is checked byte by byte, but a place can show an older
    backup and hide the newest: `Restored.made_at` says how old it is.
    Raises `BackupMissing`, `ArchiveDamaged`, `ArchiveTooNew`, `BackupOfOther`, `BackupUnreachable`,
    `BackupRelayRefused`, `CardForked`, `TimedOut`, and as `open_client`.
    """
    options = options or Options()
    card, relay = await _looked_up(place, options, timeout_s)
    if isinstance(place, Path) and options.online:
        card = await _card(await owner_of(place, key, earlier=earlier), options, timeout_s)
    today, suite = now_ms() // DAY_MS, options.suite

    def restore(source: SnapshotSource, watch: Watcher) -> Restored:
        return restore_snapshot(path, unlock, source, key, card=card, today=today, suite=suite, watch=watch)

    return await _read(place, relay, key, options, restore, earlier=earlier, watch=watch)


async def owner_of(folder: Path, key: WordsKey, *, earlier: bool = False) -> str:
    """The handle of the account whose newest backup is in a folder. Raises as `restore_from`."""

    def look() -> str:
        return _newest_of(folders_in(folder), key, earlier=earlier).identity(key)[1].handle

    return await in_thread(look, _nothing)


def _newest_of(places: Sequence[Place], key: WordsKey, *, earlier: bool) -> SnapshotSource:
    """The newest backup in several repositories. Raises `BackupMissing`, or what is wrong with the newest."""
    best: tuple[int, Place, RepositoryKeys] | None = None
    for place in places:
        keys = RepositoryKeys.of(key, place.id)
        if (heads := open_heads(place, keys)) and (best is None or heads[0].head.made_at > best[0]):
            best = (heads[0].head.made_at, place, keys)
    if best is None:
        raise BackupMissing("there is no backup here that these words open")
    return SnapshotSource(best[1], best[2], newest(best[1], best[2], earlier=earlier))


async def _looked_up(place: BackupPlace, options: Options, timeout_s: float) -> tuple[bytes | None, str]:
    """The card of a relay's handle, and which relay that is."""
    if isinstance(place, Path):
        return None, ""
    card = await _card(place.handle, options, timeout_s)
    relay = verify_card(card, today=now_ms() // DAY_MS).inbox.relay if card else ""
    return card, relay or str(endpoint_of(parse_handle(place.handle).authority))


async def _card(handle: str, options: Options, timeout_s: float) -> bytes | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await find_card(handle, options.net, now_ms() // 1_000)
    except TimeoutError:
        raise TimedOut("the server of that handle could not be reached in time") from None


async def _read(
    place: BackupPlace,
    relay: str,
    key: WordsKey,
    options: Options,
    work: Callable[[SnapshotSource, Watcher], T],
    *,
    earlier: bool,
    watch: Watcher | None,
) -> T:
    """What ``work`` makes of the newest backup, in a thread."""
    stop, tell = Event(), on_loop(watch)

    def go_on(progress: Progress) -> None:
        if stop.is_set():
            raise _Stopped("a restore was given up")
        if tell is not None:
            tell(progress)

    async with _open(place, relay, key, options) as places:
        return await in_thread(lambda: work(_newest_of(places(), key, earlier=earlier), go_on), stop.set)


@asynccontextmanager
async def _open(
    place: BackupPlace, relay: str, key: WordsKey, options: Options
) -> AsyncIterator[Callable[[], Sequence[Place]]]:
    if isinstance(place, Path):
        yield lambda: folders_in(place)
        return
    connection = OneShotConnection(parse_endpoint(relay), options.net, Policy(), options.post)
    try:
        found = RelayPlace(connection, RepositoryKeys.of(key, RELAY_PLACE), asyncio.get_running_loop())
        yield lambda: [found]
    finally:
        with suppress(NullabonaError):
            await connection.close()


class _Stopped(Bug):
    """The caller of this task has gone."""


def _passed(_: list[Record]) -> None:
    """Read, and nothing else."""


def _nothing() -> None:
    """There is nothing to stop."""
