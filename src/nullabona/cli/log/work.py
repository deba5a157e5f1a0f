"""What the commands of ``nulla log`` share: opening a log, policies, and what is remembered between two runs."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nullabona.cli.output import say
from nullabona.cli.settings import Settings
from nullabona.errors import PeerError, UserError
from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import MAX_NOTE, parse_note
from nullabona.log.policy import Policy
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import Route
from nullabona.reading import LogForked, LogRolledBack, Report, Source, open_source, read_checkpoint
from nullabona.reading.monitor import MemoryUnusable
from nullabona.words.catalogue import Language

_MOST: Final = 1_048_576


class LogFileUnusable(UserError):
    """A file with a policy, a proof, an entry or what is remembered cannot be read or written."""

    code = "log-file"
    default_hint = "check that it exists and that you may read and write it"


@dataclass(frozen=True, slots=True)
class Reading:
    """A log that is being read, under a policy or none."""

    source: Source
    policy: Policy | None

    async def checkpoint(self, max_age_s: int | None = None) -> Report:
        """The checkpoint served now, as far as the policy checks it."""
        return await read_checkpoint(self.source, self.policy, now_s=int(time.time()), max_age_s=max_age_s)


def run_reading(
    settings: Settings,
    where: str,
    policy: Path | None,
    work: Callable[[Reading], Awaitable[None]],
    every_s: int | None = None,
) -> None:
    """Open the log and do ``work``, once or every so many seconds until interrupted."""

    async def run() -> None:
        rules = None if policy is None else read_policy(policy)
        source = open_source(where, Route(settings.ca_file, settings.proxy))
        try:
            await work(Reading(source, rules))
            while every_s is not None:
                await asyncio.sleep(every_s)
                await work(Reading(source, rules))
        finally:
            await source.close()

    asyncio.run(run())


def read_small(path: Path) -> bytes:
    """The bytes of a file, or of stdin for ``-``. Raises `LogFileUnusable`."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MOST + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_MOST + 1)
    except OSError as error:
        raise LogFileUnusable(f"the file {path} cannot be read: {reason_of(error)}") from error
    if len(data) > _MOST:
        raise LogFileUnusable(f"the file {path} is too large")
    return data


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises `LogFileUnusable` or `PolicyInvalid`."""
    return Policy.parse(read_policy_text(path))


def read_policy_text(path: Path) -> str:
    """The text of a policy file, whatever it says. Raises `LogFileUnusable`."""
    try:
        return read_small(path).decode()
    except UnicodeDecodeError as error:
        raise LogFileUnusable(f"the policy {path} is not UTF-8") from error


@contextmanager
def remembered(state: Path, report: Report) -> Iterator[bytes | None]:
    """The checkpoint that was seen last. If the log turns out to have forked, both are kept beside it."""
    last = _read_memory(state)
    try:
        yield last
    except (LogForked, LogRolledBack):
        if last is not None:
            keep_both(state, last, report.note)
        raise


def _read_memory(state: Path) -> bytes | None:
    if not state.exists():
        return None
    last = read_small(state)
    if len(last) > MAX_NOTE:
        raise LogFileUnusable(f"the file {state} is not what this command remembers")
    return last


def read_memory(state: Path, policy: Policy) -> bytes | None:
    """The checkpoint that was seen last, which the policy believes. Raises `LogFileUnusable` or `MemoryUnusable`."""
    last = _read_memory(state)
    if last is not None:
        try:
            policy.check(parse_note(last))
        except PeerError as error:
            raise MemoryUnusable("the remembered checkpoint does not verify under this policy") from error
    return last


def keep_both(state: Path, last: bytes, shown: bytes) -> None:
    """Keep the checkpoint that was seen before and the one that is shown now, beside the state file."""
    checkpoint = parse_checkpoint(parse_note(shown).text)
    name = f"{state.name}.{checkpoint.size}-{checkpoint.root.hex()[:16]}"
    keep_memory(state.with_name(f"{name}.seen-before"), last)
    keep_memory(state.with_name(f"{name}.shown-now"), shown)


def keep_memory(path: Path, data: bytes) -> None:
    """Make the file hold ``data``, whole or as it was. Raises `LogFileUnusable`."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with open(temporary, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise LogFileUnusable(f"the file {path} cannot be written: {reason_of(error)}") from error


def make_folder(path: Path) -> None:
    """A folder to write into. Raises `LogFileUnusable`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LogFileUnusable(f"the folder {path} cannot be made: {reason_of(error)}") from error


def write_file(path: Path, data: bytes) -> None:
    """Write what was asked for. Raises `LogFileUnusable`."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise LogFileUnusable(f"the file {path} cannot be written: {reason_of(error)}") from error


def reported(report: Report) -> dict[str, Any]:
    """What was verified, for programs."""
    seen = report.seen
    return {
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": report.checkpoint.root,
        "tiles": report.tiles,
        "signed": seen is not None,
        "witnesses": dict(seen.witnesses) if seen is not None else {},
        "witnessed_s": seen.time_s if seen is not None else None,
    }


def shown(report: Report, language: Language) -> str:
    """What was verified, for people."""
    checkpoint, seen = report.checkpoint, report.seen
    values = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    if seen is None:
        return say("log-consistent", language, **values)
    names = ", ".join(f"{name} {utc(time_s)}" for name, time_s in seen.witnesses)
    return say("log-verified", language, witnesses=names or "-", **values)


def utc(time_s: int) -> str:
    """A time for people who compare it with others."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time_s < 2**37 else str(time_s)
