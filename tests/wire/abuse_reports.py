"""Reports, files and a reporter for tests of abuse reports."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nullabona.wire.abuse_report import AbuseReportBody, ReportedFile, ReportedMessage, write_abuse_report
from nullabona.wire.blob import BlobRef, cut_blob
from nullabona.wire.card import issue_certificate
from nullabona.wire.certificate import DeviceCertificate
from nullabona.wire.handle import Handle
from tests.wire.cards import MINA, TODAY, digest, identity

KEY = b"k" * 32
SAID_AT = 1_700_000_000_000
PHONE = Ed25519PrivateKey.from_private_bytes(digest("the phone of a reporter"))


def cut(content: bytes, key: bytes = KEY) -> tuple[BlobRef, dict[bytes, bytes]]:
    """A file's reference, and its pieces by hash."""
    ref, pieces = cut_blob(key, content)
    return ref, dict(pieces)


def reported(*refs: BlobRef) -> ReportedFile:
    """A file of these blobs."""
    return ReportedFile("바다.jpg", "image/jpeg", sum(ref.size for ref in refs), refs)


def body(*refs: BlobRef, sender: str | None = None) -> AbuseReportBody:
    """A report of some words, and of a file for each reference."""
    words = ReportedMessage(SAID_AT, "나쁜 말", sender)
    files = (ReportedMessage(SAID_AT, "", sender, reported(ref)) for ref in refs)
    return AbuseReportBody("wss://relay.example", TODAY, (words, *files))


def certificate(owner: str = "mina", handle: Handle = MINA) -> DeviceCertificate:
    """The phone, certified by the identity key called ``owner``."""
    key = PHONE.public_key().public_bytes_raw()
    return issue_certificate(
        identity(owner), handle=handle, device_id=digest("phone")[:16], device_key=key, issued_day=TODAY
    )


def signed(said: AbuseReportBody, by: DeviceCertificate | None = None) -> bytes:
    """The report, signed by the phone."""
    return write_abuse_report(said, (by or certificate()).encode(), PHONE.sign)
