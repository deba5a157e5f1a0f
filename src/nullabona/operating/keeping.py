"""A relay's backup: its key, its settings and a checked copy of its record, and nothing that must never be put back.

Boxes and files would bring back what people were told is erased; cards would be older than the record. A record from a
backup continues only if no witness and no mirror has more (docs/how-to/keep-the-record.md).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nullabona.directory.keys import FILE as KEY
from nullabona.directory.keys import NEXT
from nullabona.directory.opening import has_log, show_vkeys
from nullabona.directory.store.sqlite import FILE as CARDS
from nullabona.errors import NullabonaError, UserError
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.policy import Policy
from nullabona.log.tiles import Tile, tiles_of
from nullabona.machine.http_client import Route
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig
from nullabona.operating.beginning import begin_relay, check_cards_return
from nullabona.operating.checks.relay import Setting, settled
from nullabona.operating.directory import RecordNotBegun
from nullabona.operating.registration import KEYS
from nullabona.reading import (
    LogBehind,
    Report,
    Source,
    Word,
    ask_witnesses,
    check_not_behind,
    open_files,
    open_source,
    read_changes,
    read_checkpoint,
    read_pending,
    update_mirror,
    verify_log,
)
from nullabona.reading.source import NoLogHere
from nullabona.sequencer import is_restored, restore_log

MANIFEST: Final = "backup.json"
_KIND: Final = "nullabona relay backup v1"
DRAFT: Final = "next.change"
"""A change of the record's keys that is drafted and not installed (`nullabona.operating.key_changes`)."""
_KEYS: Final = (KEY, NEXT, DRAFT)
_CARDS_THERE: Final = (
    "if a restore was interrupted at its end, start the relay; otherwise move the file away: it may be of another "
    "record, or older"
)
_SETTINGS: Final = ("config", "witnesses", "mirrors", "docket", KEYS)
LEFT_OUT: Final = {
    "boxes.db, blobs": "members' devices put everything back; a copy would bring back what is erased",
    "blob-keys": "a copy would open blobs of a bucket that are erased",
    "cards.db": "owners' devices publish their cards again; a copy would be older than the record",
    "record/log.db": "made again from the copy of the record",
}


class BackupDamaged(UserError):
    """A backup is not as it was written."""

    code = "backup-damaged"
    default_hint = "use another copy of the backup"


class BackupExists(UserError):
    """The folder for a backup is not empty."""

    code = "backup-exists"
    default_hint = "name a new folder for each backup"


@dataclass(frozen=True, slots=True)
class Restored:
    """A log that was made again: what of it is published, its newest checkpoint, what its witnesses said."""

    report: Report
    newest: Checkpoint
    words: tuple[Word, ...]


async def restore_from(copy: str, folder: Path, policy: Policy, route: Route, *, again: bool = False) -> Restored:
    """Make a log in ``folder`` from a copy of it. The whole copy is checked, and witnesses are asked for more.

    ``again``: what an interrupted restore made of the same copy is taken as it is.

    Raises `LogBehind`, `LogForked`, `LogExists`, or what reading a log raises.
    """
    files = open_files(copy, route)
    source = Source(files)
    try:
        changes = await read_changes(files, policy)
        report = await verify_log(source, await read_checkpoint(source, policy, now_s=int(time.time())))
        newest = await read_pending(source, policy, report)
        words = await ask_witnesses(policy, newest.origin, route)
        check_not_behind(newest, words)
        tiles = await _tiles(source, {report.checkpoint.size, newest.size})
    finally:
        await source.close()
    if again and is_restored(folder, newest, report.note):
        return Restored(report, newest, words)
    await asyncio.to_thread(restore_log, folder, newest, report.note, tiles, changes)
    return Restored(report, newest, words)


async def _tiles(source: Source, sizes: set[int]) -> list[tuple[Tile, bytes]]:
    wanted = dict.fromkeys(tile for size in sorted(sizes) for tile in tiles_of(size))
    return [(tile, await source.tile(tile)) for tile in wanted]


def back_up_relay(settings: Mapping[str, Any], config: Path | None, target: Path) -> int:
    """Write a backup into a new folder while the relay runs or not, and read it again; how many entries it has.

    Raises `BackupExists`, `BackupDamaged`, `RecordNotBegun`, `NoLogHere`, or what reading the record raises. Then
    nothing is left.
    """
    setting = settled(settings)
    record = setting.record
    if setting.host is None or record is None:
        raise BadConfig("say whose record", hint="give --data and --host, as for `nulla relay serve`")
    if not has_log(record):
        raise RecordNotBegun(f"there is no public record in {record}")
    if not (record / "public/checkpoint").exists():
        raise NoLogHere(
            f"the record in {record} has published nothing yet",
            hint="start the relay first; until then there is only record.key to keep",
        )
    policy = _policy(record, setting)
    with opening(target):
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise BackupExists(f"there is something in {target} already")
        try:
            size = asyncio.run(_copy(record, target, policy))
            for name in _KEYS:
                if name == KEY or (record / name).exists():
                    write_private(target / name, (record / name).read_bytes())
            for name, path in {"config": config, **{name: _path(settings, name) for name in _SETTINGS[1:]}}.items():
                if path is not None:
                    write_private(target / f"settings/{name}", path.read_bytes())
            said = {
                "kind": _KIND,
                "host": setting.host,
                "size": size,
                "left_out": LEFT_OUT,
                "files": dict(_digests(target)),
            }
            write_private(target / MANIFEST, json.dumps(said, indent=1).encode())
        except BaseException:
            _empty(target)  # half a backup would hold the key, and refuse the next attempt
            raise
    check_backup(target)
    return size


def check_backup(target: Path) -> str:
    """Read every file of a backup again; the host that it is of. Raises `BackupDamaged`."""
    try:
        said = json.loads((target / MANIFEST).read_bytes())
        good = said["kind"] == _KIND and said["files"] == dict(_digests(target))
        host = str(said["host"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupDamaged(f"there is no backup of a relay in {target}") from error
    if not good:
        raise BackupDamaged(f"the files in {target} are not those that were written")
    return host


def restore_relay(settings: Mapping[str, Any], backup: Path, record: str | None, route: Route) -> Restored:
    """Make a relay's record again from a backup, or from a newer copy ``record`` and the backup's key.

    Then the relay may be started; its cards are told to be lost. Raises `BackupDamaged`; `BadConfig` for another host;
    `LogBehind` if a witness or a mirror has more; `LogExists`; or what reading a copy raises. Nothing is left then.
    It may be repeated after an interruption.
    """
    host = check_backup(backup)
    setting = settled(settings)
    if setting.host != host:
        raise BadConfig(f"the backup is of {host}, and the settings say {setting.host}", hint=f"give --host {host}")
    check_cards_return(setting.chosen)
    if setting.chosen.record.store is not None:
        raise BadConfig("this command restores a record in SQLite only",
                        hint="restore the PostgreSQL server, or leave the setting store out")  # fmt: skip
    data, folder = setting.config.data, setting.record
    if data is None or folder is None:
        raise BadConfig("a volatile relay keeps no record, so there is nothing to restore", hint="give --data DIR")
    cards = data / CARDS
    if cards.exists():
        raise BackupExists(f"{cards} is there already", hint=_CARDS_THERE)
    policy = _policy(backup, setting)
    done = asyncio.run(_restore(setting, record or str(backup), folder, policy, route))
    with opening(folder):
        for name in _KEYS:
            (folder / name).unlink(missing_ok=True)  # of a restore that was interrupted: it signed nothing yet
            if (backup / name).exists():
                write_private(folder / name, (backup / name).read_bytes())
    begin_relay(settings, cards_lost=True)
    return done


async def _restore(setting: Setting, copy: str, folder: Path, policy: Policy, route: Route) -> Restored:
    """Mirrors are asked before anything is made."""
    source = open_source(copy, route)
    try:
        own = (await read_pending(source, policy, await read_checkpoint(source, policy))).size
    finally:
        await source.close()
    for address in setting.chosen.record.mirrors:
        try:
            mirror = open_source(address, route)
            try:
                size = (await read_checkpoint(mirror, policy)).checkpoint.size
            finally:
                await mirror.close()
        except NullabonaError:
            continue  # a mirror that is gone stops nothing
        if size > own:
            raise LogBehind(f"the copy has {own} entries, and the mirror {address} has {size}")
    return await restore_from(copy, folder, policy, route, again=True)


async def _copy(record: Path, target: Path, policy: Policy) -> int:
    files = open_files(str(record))
    try:
        return (await update_mirror(files, target, policy, int(time.time()))).checkpoint.size
    finally:
        await files.close()


def _policy(folder: Path, setting: Setting) -> Policy:
    """Who must have signed, by the record's key in ``folder``."""
    keys = "".join(f"log {each}\n" for each in show_vkeys(folder, setting.host or ""))
    return Policy.parse(keys + setting.chosen.record.witnesses)


def _path(settings: Mapping[str, Any], name: str) -> Path | None:
    value = settings.get(name)
    return None if value is None else Path(str(value))


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name != MANIFEST:
            yield name, sha256(path.read_bytes()).hexdigest()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def write_private(path: Path, data: bytes) -> None:
    """A new file that only its owner can read, and that is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:  # noqa: PTH123 - of an open descriptor
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
