"""A certificate that cannot be used is refused with the file's name and what is wrong with it, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from nullabona.errors import UserError
from nullabona.machine.tls import Tls, server_context
from tests.repo.proxies import certificate


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("no certificate", "chain.pem: there is no such file"),
        ("no key", "key.pem: there is no such file"),
        ("noise", "chain.pem is no PEM file"),
        ("another's key", "do not fit together"),
        ("a passphrase", "key.pem is encrypted"),
    ],
)
def test_the_file_is_named(tmp_path: Path, harm: str, said: str) -> None:
    """OpenSSL's own words name neither the file nor the trouble."""
    chain, key = certificate(tmp_path)
    secret = key.read_text()
    match harm:
        case "no certificate":
            chain.unlink()
        case "no key":
            key.unlink()
        case "noise":
            chain.write_bytes(b"x" * 99)
        case "a passphrase":
            key.write_bytes(encrypted(key.read_bytes()))
        case _:
            (tmp_path / "other").mkdir()
            key.write_bytes(certificate(tmp_path / "other")[1].read_bytes())
    with pytest.raises(UserError, match=said) as caught:
        server_context(Tls(chain, key))
    assert str(tmp_path) in caught.value.message
    assert secret.splitlines()[1] not in caught.value.render()


def encrypted(key: bytes) -> bytes:
    """The same key, which OpenSSL would ask the terminal to open."""
    lock = BestAvailableEncryption(b"passphrase")
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
