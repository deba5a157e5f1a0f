"""The custodian's key: an X.509 certificate and the RSA key that signs certificates of production (PAdES)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from nullabona.errors import UserError

KEY_BITS: Final = 3072
"""RSA, because every PDF reader and court tool can check it, and its signatures need no randomness."""
YEARS: Final = 3


class CustodianKeyWrong(UserError):
    """The file does not hold a custodian's key and certificate."""

    code = "docket-custodian-key"
    default_hint = "make one: nulla docket package key NAME FILE"


@dataclass(frozen=True, slots=True)
class Custodian:
    """The signer. ``chain`` begins with the certificate of the key."""

    key: rsa.RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate. The operator publishes it, and recipients of a package compare it."""
        return fingerprint(self.chain[0])

    def encode(self) -> bytes:
        """PEM: the private key in the clear, then the certificates. The caller must protect it."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in self.chain)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER certificate, in hexadecimal."""
    return sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def new_custodian(name: str, now_s: int) -> Custodian:
    """A key with a self-signed certificate for `YEARS`; a certificate by an authority may replace it."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.fromtimestamp(now_s, UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Custodian(key, (certificate,))


def read_custodian(pem: bytes) -> Custodian:
    """Parses the output of `Custodian.encode`. Raises `CustodianKeyWrong`; the message reveals nothing of the key."""
    try:
        key = serialization.load_pem_private_key(pem, None)
        chain = tuple(x509.load_pem_x509_certificates(pem))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CustodianKeyWrong("not a PEM file with a private key and its certificate") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < KEY_BITS:
        raise CustodianKeyWrong(f"a custodian's key is RSA of at least {KEY_BITS} bits")
    if not chain or chain[0].public_key() != key.public_key():
        raise CustodianKeyWrong("the first certificate is not of this key")
    return Custodian(key, chain)
