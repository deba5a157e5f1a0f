"""What comes of abuse reports: a member's own, and those of somebody who knows the hashes of pieces and no key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from msgspec import structs

from nullabona.operating.abuse_reports import erase, examine
from nullabona.relay.store.files import FileBlobStore
from nullabona.wire.abuse_report import (
    AbuseReport,
    ReportedFile,
    ReportedMessage,
    read_abuse_report,
    write_abuse_report,
)
from nullabona.wire.blob import PIECE, BlobRef, seal_piece


@dataclass(slots=True)
class Reported:
    """What the operator learned and erased by reports."""

    forged: int
    """Pieces of somebody else that forged reports erased."""
    erased: int
    """Pieces that the member's report erased."""
    more: list[str]
    """What the report of words alone holds beyond them."""
    kept: bool = False
    """Whether those who had the picture have it still."""


def act_on_reports(relay: Path, words: bytes, picture: bytes, said: str, names: Iterable[str]) -> Reported:
    """Take a report of the words ``said``, reports that are forged, and one of a picture. ``names``: who and where."""
    report = read_abuse_report(picture)
    theirs = {digest for file in _files(report) for ref in file.blobs for digest in ref.chunks}
    for forged in _forged(relay, report):
        erase(examine(forged, relay), relay)
    left = sum(FileBlobStore(relay, serving=False).get(digest) is not None for digest in theirs)
    erased = erase(examine(picture, relay), relay)
    return Reported(len(theirs) - left, erased, list(_more(words, said, names)))


def _more(words: bytes, said: str, names: Iterable[str]) -> Iterable[str]:
    report = read_abuse_report(words)
    (first, *others) = report.body.messages
    yield from ("other messages" for _ in others)
    if first.text != said:
        yield "other words"
    if first.sender is not None:
        yield "who said it"
    if first.file is not None:
        yield "what opens a file"
    if report.reporter is not None:
        yield "who reported it"
    yield from (f"the name {name}" for name in names if name in words.decode())


def _forged(relay: Path, report: AbuseReport) -> Iterable[bytes]:
    """By a stranger who was told the hashes: with another key, and beside a piece of their own."""
    for file in _files(report):
        (ref,) = file.blobs
        yield _report(report, structs.replace(file, blobs=(structs.replace(ref, key=secrets.token_bytes(32)),)))
        own = secrets.token_bytes(32)
        piece = seal_piece(own, 0, bytes(PIECE))
        FileBlobStore(relay, serving=False).put(sha256(piece).digest(), piece, 1 << 20)
        size = PIECE + min(ref.size, PIECE)
        mixed = BlobRef(size, own, (sha256(piece).digest(), ref.chunks[0]))
        yield _report(report, structs.replace(file, size=size, blobs=(mixed,)))


def _report(report: AbuseReport, file: ReportedFile) -> bytes:
    said = ReportedMessage(0, "", None, file)
    return write_abuse_report(structs.replace(report.body, messages=(said,)))


def _files(report: AbuseReport) -> list[ReportedFile]:
    return [said.file for said in report.body.messages if said.file is not None]
