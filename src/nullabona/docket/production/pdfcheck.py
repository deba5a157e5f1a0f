"""Checks the certificate's signature: valid, by whom, over the whole file, and nothing added after it."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from nullabona.docket.production.identity import fingerprint
from nullabona.errors import PeerError


class CertificateBroken(PeerError):
    """The certificate's signature is invalid, or does not cover the whole file."""

    code = "docket-certificate-broken"
    default_hint = "do not rely on the certificate; ask the operator for the package again"


@dataclass(frozen=True, slots=True)
class SignedBy:
    """The signer of a certificate: its name, its certificate's hash, and whether there is a time-stamp."""

    name: str
    fingerprint: str
    said_at: datetime | None
    timestamped: bool


def check_certificate(pdf: bytes) -> SignedBy:
    """The signer of ``pdf``. Raises `CertificateBroken`. The caller must check whose certificate it is."""
    try:
        with ThreadPoolExecutor(1) as pool:  # pyHanko brings an event loop of its own
            return pool.submit(asyncio.run, _check(pdf)).result()
    except (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise CertificateBroken("the certificate is not a PDF with a signature that can be checked") from error


async def _check(pdf: bytes) -> SignedBy:
    reader = PdfFileReader(io.BytesIO(pdf))
    signatures = reader.embedded_regular_signatures
    if len(signatures) != 1:
        raise CertificateBroken("the certificate does not have exactly one signature")
    signature = signatures[0]
    context = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    usage = KeyUsageConstraints(key_usage={"non_repudiation"})
    status = await async_validate_pdf_signature(signature, context, key_usage_settings=usage)
    _require(status)
    certificate = x509.load_der_x509_certificate(signature.signer_cert.dump())
    return SignedBy(
        certificate.subject.rfc4514_string(),
        fingerprint(certificate),
        status.signer_reported_dt,
        status.timestamp_validity is not None,
    )


def _require(status: PdfSignatureStatus) -> None:
    if not (status.intact and status.valid):
        raise CertificateBroken("the certificate was altered after it was signed")
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise CertificateBroken("the signature does not cover the whole certificate")
    if status.modification_level not in {None, ModificationLevel.NONE}:
        raise CertificateBroken("something was added to the certificate after it was signed")
