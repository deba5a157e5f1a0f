"""TLS from certificate files: version 1.3 only."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from nullabona.errors import UserError


@dataclass(frozen=True, slots=True)
class Tls:
    """The paths of the certificate chain and its key."""

    cert: Path
    key: Path


def server_context(tls: Tls) -> ssl.SSLContext:
    """The context to listen with. Raises `UserError` if the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    _load(context, tls)
    return context


def reload(context: ssl.SSLContext, tls: Tls) -> None:
    """New connections get the certificate that the files hold now. Raises `UserError`; then nothing changed."""
    server_context(tls)
    _load(context, tls)


def end_of(tls: Tls) -> int | None:
    """When the server's own certificate in the files ends, in POSIX time; None if they hold none that can be read."""
    try:
        return int(x509.load_pem_x509_certificate(tls.cert.read_bytes()).not_valid_after_utc.timestamp())
    except (OSError, ValueError):
        return None


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_cert_chain(tls.cert, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise UserError(
            f"the TLS certificate or its key cannot be used: {error.strerror or 'they do not fit together'}",
            hint="--tls-cert takes a PEM chain, --tls-key its unencrypted PEM key",
        ) from error
