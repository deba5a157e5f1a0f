"""Device certificates: the identity key's word that a device belongs to the account (spec/directory.md §3).

An encoded certificate is in the account's card and, as the MLS basic credential's identity, in every leaf of the
device: the operator cannot add a device to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta

from nullabona.wire.signed import (
    REV,
    CardInvalid,
    Day,
    HandleText,
    Key,
    Record,
    Signature,
    check_signature,
    decode_record,
    encode_record,
    signed_handle,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from nullabona.wire.handle import Handle

MAX_CERTIFICATE: Final = 1_024

DeviceId = Annotated[bytes, Meta(min_length=16, max_length=16)]

_DOMAIN: Final = b"nullabona certificate v1"


class CertificateBody(Record, frozen=True):
    """What the identity key says of one device."""

    rev: Literal[1]
    identity_key: Key
    handle: HandleText
    device_id: DeviceId
    device_key: Key
    issued_day: Day


class CertificateEnvelope(Record, frozen=True):
    body: Annotated[bytes, Meta(max_length=MAX_CERTIFICATE)]
    signature: Signature


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """A device of an account, certified by the account's identity key. Made by `issue_certificate` or verified."""

    identity_key: bytes
    handle: Handle
    device_id: bytes
    device_key: bytes
    """Ed25519 public key; also the signature key of the device's MLS leaves."""
    issued_day: int
    signature: bytes = field(repr=False)

    @property
    def account_id(self) -> bytes:
        return self.identity_key

    def encode(self) -> bytes:
        """The bytes that are in the card and, as the MLS basic credential's identity, in the device's leaves."""
        return encode_record(CertificateEnvelope(encode_record(_certificate_body(self)), self.signature))


def issue_certificate(
    identity: Ed25519PrivateKey, *, handle: Handle, device_id: bytes, device_key: bytes, issued_day: int
) -> DeviceCertificate:
    """A certificate for the device whose MLS signature key is ``device_key``; ``device_id`` is 16 random bytes."""
    public = identity.public_key().public_bytes_raw()
    body = CertificateBody(REV, public, str(handle), device_id, device_key, issued_day)
    signature = identity.sign(_DOMAIN + encode_record(body))
    return DeviceCertificate(public, handle, device_id, device_key, issued_day, signature)


def verify_certificate(data: bytes, signature_key: bytes) -> DeviceCertificate:
    """The certificate in ``data``, for the leaf or key package that is signed with ``signature_key``.

    Raises `Malformed` or `CardInvalid`. The caller must still check that the identity key is the one it expects.
    """
    certificate = open_certificate(data)
    if certificate.device_key != signature_key:
        raise CardInvalid("a certificate is for another device key")
    return certificate


def _certificate_body(certificate: DeviceCertificate) -> CertificateBody:
    return CertificateBody(
        REV,
        certificate.identity_key,
        str(certificate.handle),
        certificate.device_id,
        certificate.device_key,
        certificate.issued_day,
    )


@lru_cache(maxsize=8_192)
def open_certificate(data: bytes) -> DeviceCertificate:
    """The certificate in ``data``, its signature checked. Raises `Malformed` or `CardInvalid`.

    The caller must still check that it is for the account and the device key at hand.
    """
    envelope = decode_record(CertificateEnvelope, data, MAX_CERTIFICATE)
    body = decode_record(CertificateBody, envelope.body, MAX_CERTIFICATE)
    handle = signed_handle(body.handle)
    check_signature(body.identity_key, _DOMAIN, envelope.body, envelope.signature)
    return DeviceCertificate(
        body.identity_key, handle, body.device_id, body.device_key, body.issued_day, envelope.signature
    )
