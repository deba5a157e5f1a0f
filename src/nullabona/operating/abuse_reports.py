"""What an operator can do with an abuse report: say what it proves, and erase what its keys open (spec/report.md).

A piece counts as the report's only if the relay holds bytes under its hash that open with the report's key, at the
place that the report gives them. A hash alone is anybody's word: nobody has a piece erased that they cannot open.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nullabona.directory.service import read_producible
from nullabona.errors import NullabonaError, PeerError
from nullabona.extras import require
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig
from nullabona.relay.bucket import bucket_of
from nullabona.relay.config import engine_of, read_file
from nullabona.relay.store.bucket_opening import open_bucket_beside
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.interface import BlobDamaged, BlobStore
from nullabona.wire.abuse_report import MAX_ABUSE_REPORT, AbuseReport, ReportedFile, read_abuse_report
from nullabona.wire.blob import open_piece
from nullabona.wire.card import decode_card
from nullabona.wire.certificate import DeviceCertificate

Standing = Literal["proven", "not-theirs", "unknown"]
"""Of the reporter: the card of the handle names this device; another key or no such device; there is no card here."""


@dataclass(frozen=True, slots=True)
class FileFound:
    """What the relay holds of one reported file, by number of its message from 1."""

    number: int
    name: str = field(repr=False)
    size: int
    opened: tuple[bytes, ...] = field(repr=False)
    """Hashes of the pieces that the report's key opens: the only ones that may be erased."""
    closed: int
    """Pieces that are here and that the key does not open: the report claims what its maker does not have."""
    gone: int
    """Pieces that are not here: they expired, were erased, or never were."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A report, and what this relay and its directory prove of it."""

    report: AbuseReport
    files: tuple[FileFound, ...]
    reporter: Standing | None
    """None: nobody signed it."""

    @property
    def erasable(self) -> tuple[bytes, ...]:
        return tuple(dict.fromkeys(digest for file in self.files for digest in file.opened))


def read_report_file(path: Path) -> bytes:
    """A report as it came. Raises `PathUnusable`; reads no more than the largest report has."""
    with opening(path), path.open("rb") as file:
        return file.read(MAX_ABUSE_REPORT + 1)


def examine(data: bytes, relay: Path, config: Path | None = None) -> Examined:
    """What is proven of a report at the relay whose data is in ``relay``, which may run. Changes nothing.

    ``config``: the relay's configuration file, if it keeps blobs in a bucket. Those that wait for their batch are only
    in the relay's memory, and are not found; but if it is on an engine they are.

    Raises `BadConfig` without such a folder, and what `read_abuse_report` or the relay's store raises.
    """
    report = read_abuse_report(data)
    reported = [(number, said.file) for number, said in enumerate(report.body.messages, 1) if said.file is not None]
    with _store(relay, config) as store:
        files = tuple(_look(store, number, file) for number, file in reported)
    return Examined(report, files, None if report.reporter is None else _standing(relay, report.reporter))


def erase(found: Examined, relay: Path, config: Path | None = None) -> int:
    """Erase the pieces that the report's keys open; how many were still there. The caller enters it in the docket."""
    with _store(relay, config) as store:
        return sum(store.remove(digest) for digest in found.erasable)


def save_opened(found: Examined, relay: Path, folder: Path, config: Path | None = None) -> list[Path]:
    """Write the reported files that open as a whole into a new folder, under numbers, for this user alone.

    They are what somebody reports as illegal: nothing looks into them here. Raises `PathUnusable`.
    """
    written = []
    with _store(relay, config) as store, opening(folder):
        folder.mkdir(mode=0o700)
        for file in found.files:
            said = found.report.body.messages[file.number - 1].file
            if said is None or file.closed or file.gone:
                continue
            path = folder / f"{file.number}.bin"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:  # noqa: PTH123 - of an open descriptor
                out.writelines(piece or b"" for _, _, piece in _pieces(store, said))
            written.append(path)
    return written


@contextmanager
def _store(relay: Path, config: Path | None) -> Iterator[BlobStore]:
    said = {} if config is None else read_file(config)
    bucket = bucket_of(said)
    engine = None if bucket is None else engine_of(said)
    if bucket is not None and engine is not None:
        require("engine")
        from nullabona.relay.shelves.engine.opening import shared_bucket_beside

        with shared_bucket_beside(bucket, engine) as shared:
            yield shared
    elif bucket is not None:
        yield open_bucket_beside(bucket, relay)
    elif not (relay / "blobs").is_dir():
        raise BadConfig(f"there are no files of a relay in {relay}", hint="give --data DIR, as for `nulla relay serve`")
    else:
        yield FileBlobStore(relay, serving=False)


def _look(store: BlobStore, number: int, file: ReportedFile) -> FileFound:
    found = list(_opening(store, file))
    opened = tuple(digest for digest, opens in found if opens)
    gone = sum(opens is None for _, opens in found)
    return FileFound(number, file.name, file.size, opened, len(found) - len(opened) - gone, gone)


def _opening(store: BlobStore, file: ReportedFile) -> Iterator[tuple[bytes, bool | None]]:
    """Each piece's hash, and whether the key opens it; None: it is not here."""
    for digest, here, piece in _pieces(store, file):
        yield digest, piece is not None if here else None


def _pieces(store: BlobStore, file: ReportedFile) -> Iterator[tuple[bytes, bool, bytes | None]]:
    """Each piece's hash, whether it is here, and its content if the key opens it. One at a time is in memory."""
    for ref in file.blobs:
        for index, digest in enumerate(ref.chunks):
            try:
                chunk = store.get(digest)
            except BlobDamaged:  # nobody is served it, and nobody can open it
                chunk = None
            try:
                yield digest, chunk is not None, None if chunk is None else open_piece(ref, index, chunk)
            except PeerError:
                yield digest, True, None


def _standing(data: Path, reporter: DeviceCertificate) -> Standing:
    """Whether the directory's own card of the handle has the identity key that certified the device, and the device."""
    try:
        encoded = read_producible(data, str(reporter.handle)).get("encoded")
    except (NullabonaError, sqlite3.Error):
        return "unknown"
    if not isinstance(encoded, str):
        return "unknown"
    card = decode_card(bytes.fromhex(encoded))
    if card.handle != reporter.handle:
        return "unknown"  # of another operator's directory
    body = card.body
    ours = body.identity_key == reporter.identity_key and reporter.encode() in {one.certificate for one in body.devices}
    return "proven" if ours else "not-theirs"
