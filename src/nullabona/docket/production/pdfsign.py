"""Signs the certificate: PAdES (ETSI EN 319 142), as an incremental update that keeps the typeset bytes.

Without a time-stamp authority the same key, file and time give the same bytes. Only this module and `pdfcheck` use
pyHanko.
"""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from asn1crypto import x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from nullabona.docket.production.identity import Custodian
from nullabona.errors import Bug

FIELD = "Custodian"


def sign_certificate(pdf: bytes, custodian: Custodian, now_s: int, timestamper: TimeStamper | None = None) -> bytes:
    """``pdf`` and, after it, the custodian's signature over all of it.

    ``timestamper``: an RFC 3161 authority whose token is embedded; it is asked over the network by pyHanko.
    """
    metadata = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason="Certificate of production / 제출 확인서",
    )
    signer = _DatedSigner(metadata, _signer(custodian), timestamper, now_s)
    output = io.BytesIO()
    with ThreadPoolExecutor(1) as pool:  # pyHanko brings an event loop of its own
        pool.submit(asyncio.run, signer.async_sign_pdf(_Writer(io.BytesIO(pdf)), output=output)).result()
    signed = output.getvalue()
    if not signed.startswith(pdf):
        raise Bug("signing changed what was typeset")
    return signed


def _signer(custodian: Custodian) -> Signer:
    first, *rest = (x509.Certificate.load(each.public_bytes(serialization.Encoding.DER)) for each in custodian.chain)
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(rest)
    return _KeySigner(custodian.key, first, registry)


class _KeySigner(Signer):
    """Signs with an already checked key; pyHanko's own signer would check the key for every signature."""

    def __init__(self, key: RSAPrivateKey, certificate: x509.Certificate, registry: SimpleCertificateStore) -> None:
        super().__init__(signing_cert=certificate, cert_registry=registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - as pyHanko has it
        """PKCS #1 v1.5, which needs no randomness."""
        del dry_run
        if digest_algorithm != "sha256":
            raise Bug("a certificate is signed over SHA-256")
        return self._key.sign(data, PKCS1v15(), SHA256())


class _Writer(IncrementalPdfFileWriter):
    """Gives the updated file an id computed from the old one instead of a random one, and no time."""

    def _update_meta(self) -> None:
        """Keep the document's metadata unchanged."""

    @classmethod
    def _handle_id(cls, prev: Any) -> ArrayObject:  # noqa: ANN401 - as pyHanko has it
        first, _ = super()._handle_id(prev)  # type: ignore[no-untyped-call]
        return ArrayObject([first, ByteStringObject(sha256(first.original_bytes).digest()[:16])])


class _DatedSigner(PdfSigner):
    """Takes the time as an argument instead of reading a clock."""

    def __init__(
        self, metadata: PdfSignatureMetadata, signer: Signer, timestamper: TimeStamper | None, now_s: int
    ) -> None:
        super().__init__(metadata, signer, timestamper=timestamper)
        self._now = datetime.fromtimestamp(now_s, UTC)

    def init_signing_session(self, *args: Any, **named: Any) -> PdfSigningSession:  # noqa: ANN401 - as pyHanko has it
        session = super().init_signing_session(*args, **named)
        session.system_time = self._now
        return session
