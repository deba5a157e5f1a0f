"""Keeps a copy of a log, as anyone can (spec/log.md): only checked data is kept, and the copy only grows.

The copy has the same layout as a log's own folder, so that its `public` can be served, verified offline, and, if the
log's machine is lost, made into that log again (`nullabona.sequencer.restoring`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nullabona.log.policy import Policy
from nullabona.machine.disk import Disk
from nullabona.reading.monitor import advance
from nullabona.reading.source import CHECKPOINT, Files, Source
from nullabona.reading.verify import Report, read_checkpoint, verify_log

PUBLIC: Final = "public"
INCOMING: Final = "incoming"
_PARTIAL: Final = ".p/"


async def update_mirror(files: Files, folder: Path, policy: Policy, now_s: int) -> Report:
    """Update the copy in ``folder`` to what the log shows now; if it is up to date, nothing else is fetched.

    Raises as `nullabona.reading.advance` and `verify_log`, `NotWitnessed`, or `DiskFailed`; then the copy stays
    as it is, a log that was shown and checked.
    """
    disk = Disk(folder / PUBLIC, folder / INCOMING)
    kept = _Kept(files, disk)
    source = Source(kept)
    report = await read_checkpoint(source, policy, now_s=now_s)
    last = disk.read(CHECKPOINT)
    if report.note == last:
        return report
    await advance(source, policy, report, last, lambda _number, _entry: None, from_start=True)
    report = await verify_log(source, report)
    _keep(disk, kept.fetched, report.note)
    return report


class _Kept:
    """Does not fetch full tiles in the copy again, because they never change. Remembers the rest."""

    def __init__(self, files: Files, disk: Disk) -> None:
        self._files = files
        self._disk = disk
        self.fetched: dict[str, bytes] = {}

    async def read(self, name: str, most: int) -> bytes | None:
        lasting = name != CHECKPOINT and _PARTIAL not in name
        data = self.fetched.get(name) or (self._disk.read(name) if lasting else None)
        if data is None:
            data = await self._files.read(name, most)
            if data is not None and name != CHECKPOINT:
                self.fetched[name] = data
        return data

    async def close(self) -> None:
        await self._files.close()


def _keep(disk: Disk, fetched: dict[str, bytes], note: bytes) -> None:
    """Write the checkpoint last, after all files that it needs; then remove partial tiles that have become full."""
    disk.put_all(list(fetched.items()))
    disk.settle()
    disk.put(CHECKPOINT, note)
    disk.settle()
    for name in _full(fetched):
        disk.remove_folder(f"{name}.p")


def _full(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if _PARTIAL not in name)
