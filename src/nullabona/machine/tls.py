"""TLS of both sides: servers speak version 1.3 only, from certificate files."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of

_UNUSABLE: Final = "the TLS certificate or its key cannot be used"


class CertificatesUnreadable(UserError):
    """The extra certificate file cannot be used."""

    code = "ca-file-unreadable"
    default_hint = "the file holds one or more certificates in PEM form"


class TlsFilesUnusable(UserError):
    """A server's certificate or its key cannot be used."""

    code = "tls-files-unusable"
    default_hint = "--tls-cert takes a PEM chain, --tls-key its unencrypted PEM key"


@dataclass(frozen=True, slots=True)
class Tls:
    """The paths of the certificate chain and its key."""

    cert: Path
    key: Path


def server_context(tls: Tls) -> ssl.SSLContext:
    """The context to listen with. Raises `TlsFilesUnusable`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    _load(context, tls)
    return context


def client_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies certificate and name, TLS 1.2 at least; never writes session keys anywhere, whatever the environment.

    ``ca_file``: certificates to trust beside the system's. Raises `CertificatesUnreadable`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise CertificatesUnreadable("the extra certificate file cannot be used") from error
    return context


def reload(context: ssl.SSLContext, tls: Tls) -> None:
    """New connections get the certificate that the files hold now. Raises `TlsFilesUnusable`; then nothing changed."""
    server_context(tls)
    _load(context, tls)


def end_of(tls: Tls) -> int | None:
    """When the server's own certificate in the files ends, in POSIX time; None if they hold none that can be read."""
    from cryptography import x509  # clients have no certificate of their own

    try:
        return int(x509.load_pem_x509_certificate(tls.cert.read_bytes()).not_valid_after_utc.timestamp())
    except (OSError, ValueError):
        return None


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    def refuse() -> str:
        # Without this OpenSSL asks the terminal, and a start or a reload waits for somebody who is not there.
        raise TlsFilesUnusable(f"{_UNUSABLE}: {tls.key} is encrypted")

    try:
        context.load_cert_chain(tls.cert, tls.key, refuse)
    except (OSError, ssl.SSLError) as error:
        raise TlsFilesUnusable(f"{_UNUSABLE}: {_why(tls)}") from error


def _why(tls: Tls) -> str:
    """What is wrong with the files, by their names; OpenSSL's own words name neither."""
    for path in (tls.cert, tls.key):
        try:
            if b"-----BEGIN " not in path.read_bytes():
                return f"{path} is no PEM file"
        except OSError as error:
            return f"{path}: {reason_of(error)}"
    return f"{tls.cert} and {tls.key} do not fit together"
