"""Abuse reports: what a member gives an operator to read of what was said in a room (spec/report.md).

Canonical JSON, so that a person can open the file and see all that it reveals. Only two things in it can be verified:
that the keys open pieces which a relay holds, and, if the reporter signed it, which device made it. Who said the words,
and when, is the reporter's word: devices keep no signatures of others' messages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed, PeerError
from nullabona.wire.blob import BlobRef, piece_count
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.certificate import MAX_CERTIFICATE, DeviceCertificate, open_certificate
from nullabona.wire.signed import Day, HandleText, Signature, check_signature

MAX_ABUSE_REPORT: Final = 8 << 20
MOST_MESSAGES: Final = 100
MAX_REPORTED_FILE: Final = 100 * 1_048_576
_DOMAIN: Final = b"nullabona abuse report v1\0"
_WHAT: Final = "an abuse report"


class AbuseReportInvalid(PeerError):
    """A report contradicts itself, or its signature does not hold."""

    code = "abuse-report-invalid"
    default_hint = "somebody changed it, or it was not made by this program; act on nothing in it"


class ReportedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as its message described it, with the keys and hashes of its pieces."""

    name: Annotated[str, Meta(max_length=255)]
    mime: Annotated[str, Meta(max_length=127)]
    size: Annotated[int, Meta(ge=1, le=MAX_REPORTED_FILE)]
    blobs: Annotated[tuple[BlobRef, ...], Meta(min_length=1, max_length=4)]

    def __repr__(self) -> str:
        return f"<ReportedFile, {self.size} bytes>"


class ReportedMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message: ``text`` are its words, or the caption of a file. All of it is the reporter's word."""

    sent_at: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    """In ms since 1970, by the sender's clock."""
    text: Annotated[str, Meta(max_length=1_000_000)]
    sender: HandleText | None = None
    """None: the reporter does not name the sender."""
    file: ReportedFile | None = None
    """None: it has no file, or the reporter does not reveal it."""

    def __repr__(self) -> str:
        return "<ReportedMessage>"


class AbuseReportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is reported, for the operator of ``relay``, on a day of the reporter's clock."""

    relay: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[!-~]+\Z")]
    made_day: Day
    messages: Annotated[tuple[ReportedMessage, ...], Meta(min_length=1, max_length=MOST_MESSAGES)]
    kind: Literal["nullabona abuse report"] = "nullabona abuse report"
    v: Literal[1] = 1


class ReporterSignature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The certificate of the device that made the report, and its signature over the body."""

    certificate: Annotated[bytes, Meta(max_length=MAX_CERTIFICATE)]
    signature: Signature


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: AbuseReportBody
    reporter: ReporterSignature | None = None


@dataclass(frozen=True, slots=True)
class AbuseReport:
    """A report whose form is checked and whose signature holds, if it has one.

    ``reporter``: the certificate says of itself whose device it is. The caller must still compare its identity key with
    the card of its handle: anybody can certify a device of a handle with a key of their own.
    """

    body: AbuseReportBody = field(repr=False)
    reporter: DeviceCertificate | None
    sha256: bytes
    """Of the whole file: the docket names the report by it."""


def write_abuse_report(
    body: AbuseReportBody, certificate: bytes = b"", sign: Callable[[bytes], bytes] | None = None
) -> bytes:
    """The file. With ``sign`` the device of ``certificate`` signs it; otherwise nothing in it names the reporter."""
    reporter = None if sign is None else ReporterSignature(certificate, sign(_DOMAIN + canonical(body)))
    return canonical(_Envelope(body, reporter))


def read_abuse_report(data: bytes) -> AbuseReport:
    """The report in a file. Raises `Malformed`, `AbuseReportInvalid` or, of its certificate, `CardInvalid`."""
    if len(data) > MAX_ABUSE_REPORT:
        raise Malformed(f"{_WHAT} is too large")
    envelope = read_canonical(data, _Envelope, _WHAT)
    for message in envelope.body.messages:
        if message.file is not None and not _consistent(message.file):
            raise AbuseReportInvalid("the parts of a reported file do not add up to its size")
    reporter = None
    if (signed := envelope.reporter) is not None:
        reporter = open_certificate(signed.certificate)
        body = canonical(envelope.body)
        check_signature(reporter.device_key, _DOMAIN, body, signed.signature, AbuseReportInvalid)
    return AbuseReport(envelope.body, reporter, sha256(data).digest())


def _consistent(file: ReportedFile) -> bool:
    fitting = all(len(ref.chunks) == piece_count(ref.size) for ref in file.blobs)
    return fitting and sum(ref.size for ref in file.blobs) == file.size
