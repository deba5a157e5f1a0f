"""Keeps a copy of a log, as anyone can (spec/log.md): only checked data is kept, and the copy only grows.

The copy has the same layout as a log's own folder, so that its `public` can be served, verified offline, and, if the
log's machine is lost, made into that log again (`nullabona.sequencer.restoring`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.key_change import FOLDER as CHANGES
from nullabona.log.key_change import MAX_CHANGE, MOST, KeysUnproven, check_change, read_change
from nullabona.log.keys import VerifierKey
from nullabona.log.note import parse_note
from nullabona.log.policy import NO_QUORUM, Policy
from nullabona.machine.disk import Disk
from nullabona.reading.errors import LogIncomplete
from nullabona.reading.monitor import advance
from nullabona.reading.source import CHECKPOINT, PENDING, Files, Source
from nullabona.reading.verify import Report, read_checkpoint, verify_log

PUBLIC: Final = "public"
INCOMING: Final = "incoming"
_PARTIAL: Final = ".p/"


async def update_mirror(files: Files, folder: Path, policy: Policy, now_s: int) -> Report:
    """Update the copy in ``folder`` to what the log shows now; if it is up to date, nothing else is fetched.

    Entries that the log has signed and no witness yet are copied too, under ``pending``: should the log's machine be
    lost now, the copy lacks nothing that is signed in the next moment. Raises as `nullabona.reading.advance` and
    `verify_log`, `NotWitnessed`, or `DiskFailed`; then the copy stays as it is, a log that was shown and checked.
    """
    disk = Disk(folder / PUBLIC, folder / INCOMING)
    await _copy_changes(files, disk, policy)
    await _update_pending(files, disk, policy)
    kept = _Kept(files, disk)
    source = Source(kept)
    report = await read_checkpoint(source, policy, now_s=now_s)
    last = disk.read(CHECKPOINT)
    if report.note == last:
        return report
    newest = _newest(disk)
    if newest is not None and _checkpoint_of(newest).size <= report.checkpoint.size:
        last = newest  # what the log alone has signed binds it too
    await advance(source, signed_alone(policy), report, last, lambda _number, _entry: None, from_start=True)
    report = await verify_log(source, report)
    _keep(disk, kept.fetched, report.note)
    return report


async def _copy_changes(files: Files, disk: Disk, policy: Policy) -> None:
    """Copy changes of the log's keys: without them no reader who knows the old ones could follow a restored log."""
    for name, data in await read_changes(files, policy):
        if disk.read(name) is None:
            disk.put(name, data)
    disk.settle()


async def read_changes(files: Files, policy: Policy) -> list[tuple[str, bytes]]:
    """The files of the changes that led to the log's keys in ``policy``, oldest first; none if they lead elsewhere.

    Raises `KeysUnproven` if one of them is damaged.
    """
    found: list[tuple[str, bytes]] = []
    keys: set[VerifierKey] = set()
    for number in range(MOST):
        data = await files.read(name := f"{CHANGES}/{number}", MAX_CHANGE)
        if data is None:
            break
        change, proof = read_change(data)
        check_change(change, proof.note, change.before, change.after)
        if change.number != number or keys not in (set(), {log.key for log in change.before.logs}):
            raise KeysUnproven("a change of keys does not follow the one before it")
        keys = {log.key for log in change.after.logs}
        found.append((name, data))
    return found if keys <= {log.key for log in policy.logs} else []


async def _update_pending(files: Files, disk: Disk, policy: Policy) -> None:
    """Copy what the log alone has signed, if it shows such a checkpoint and that is newer than what is here."""
    alone = signed_alone(policy)
    kept = _Kept(files, disk, PENDING)
    source = Source(kept)
    try:
        report = await read_checkpoint(source, alone)
    except LogIncomplete:
        return  # a log without mirrors of its own shows none
    newest = _newest(disk)
    if newest is not None:
        old, new = _checkpoint_of(newest), report.checkpoint
        if old.size > new.size or (old.size, old.root) == (new.size, new.root):
            return
    await advance(source, alone, report, newest, lambda _number, _entry: None, from_start=True)
    report = await verify_log(source, report)
    _keep(disk, kept.fetched, report.note, PENDING)


def _newest(disk: Disk) -> bytes | None:
    """The newest note in the copy."""
    notes = [note for name in (PENDING, CHECKPOINT) if (note := disk.read(name)) is not None]
    return max(notes, key=lambda note: _checkpoint_of(note).size, default=None)


def _checkpoint_of(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)


async def read_pending(source: Source, policy: Policy, published: Report) -> Checkpoint:
    """The newest checkpoint of a copy whose ``published`` one was verified; the log alone may have signed it.

    The whole copy is checked under it. Raises as `verify_log` and `advance`.
    """
    note = await source.pending()
    if note is None:
        return published.checkpoint
    seen = signed_alone(policy).check(parse_note(note))
    if seen.checkpoint.size <= published.checkpoint.size:
        return published.checkpoint
    report = Report(seen.checkpoint, note, seen, 0)
    await advance(source, signed_alone(policy), report, published.note, lambda _number, _entry: None)
    return (await verify_log(source, report)).checkpoint


def signed_alone(policy: Policy) -> Policy:
    """The policy that asks for the log's own signatures only."""
    return Policy(policy.logs, policy.witnesses, policy.groups, NO_QUORUM)


class _Kept:
    """Does not fetch full tiles in the copy again, because they never change. Remembers the rest.

    ``note``: the file that is read as the checkpoint.
    """

    def __init__(self, files: Files, disk: Disk, note: str = CHECKPOINT) -> None:
        self._files = files
        self._disk = disk
        self._note = note
        self.fetched: dict[str, bytes] = {}

    async def read(self, name: str, most: int) -> bytes | None:
        if name == CHECKPOINT:
            return await self._files.read(self._note, most)
        lasting = _PARTIAL not in name
        data = self.fetched.get(name) or (self._disk.read(name) if lasting else None)
        if data is None:
            data = await self._files.read(name, most)
            if data is not None:
                self.fetched[name] = data
        return data

    async def close(self) -> None:
        await self._files.close()


def _keep(disk: Disk, fetched: dict[str, bytes], note: bytes, name: str = CHECKPOINT) -> None:
    """Write the checkpoint last, after all files that it needs; then remove partial tiles that have become full."""
    disk.put_all(list(fetched.items()))
    disk.settle()
    disk.put(name, note)
    disk.settle()
    for full in _full(fetched):
        disk.remove_folder(f"{full}.p")


def _full(names: Iterable[str]) -> Iterable[str]:
    return (name for name in names if _PARTIAL not in name)
