"""An authority for the nodes of one engine, and a certificate for each host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

YEARS: Final = 5
_EARLIER: Final = timedelta(days=1)
"""Clocks of nodes that are a little behind accept the certificates at once."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """Signs the certificates of one engine's nodes. Its key is needed again only for another node."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None, now: datetime | None = None) -> None:
        self._begin = (now or datetime.now(UTC)) - _EARLIER
        self._end = self._begin + timedelta(days=365 * YEARS)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nullabona engine")])
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        own = self._builder(self._name, self._key.public_key(), ca=True).sign(self._key, hashes.SHA256())
        self.pair = Pair(own.public_bytes(serialization.Encoding.PEM), _pem(self._key))

    @classmethod
    def of(cls, pem: bytes) -> Authority:
        """The authority that has this key. Raises `ValueError` if it is no key of one."""
        key = serialization.load_pem_private_key(pem, None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return cls(key)
        raise ValueError("not a key of an elliptic curve")

    def certificate_for(self, host: str) -> Pair:
        """For a node at this name or address, as others reach it."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
        builder = self._builder(subject, key.public_key(), ca=False)
        builder = builder.add_extension(x509.SubjectAlternativeName([_name(host)]), critical=False)
        signed = builder.sign(self._key, hashes.SHA256())
        return Pair(signed.public_bytes(serialization.Encoding.PEM), _pem(key))

    def _builder(self, of: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(of).issuer_name(self._name).public_key(key)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(self._begin).not_valid_after(self._end)
        return made.add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
