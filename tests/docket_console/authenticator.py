"""An authenticator in software: what a browser and a security key say together, so that tests can also say it wrongly.

Chromium's own virtual authenticator plays the journeys (test_journeys.py); this one plays those who attack.
"""

from __future__ import annotations

import hmac
import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

UP: Final = 0x01
UV: Final = 0x04
BE: Final = 0x08
AT: Final = 0x40


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    """One passkey of one site. ``flags`` and ``count`` may be set to what no honest key says."""

    origin: str
    seed: int
    flags: int = UP | UV
    count: int = 0
    id: bytes = b""
    _key: Ed25519PrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        random_bytes = random.Random(self.seed)
        self.id = random_bytes.randbytes(32)
        self._key = Ed25519PrivateKey.from_private_bytes(random_bytes.randbytes(32))
        self._prf = random_bytes.randbytes(32)

    def create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What the page sends for a new passkey."""
        options = asked["options"]
        cose = cbor2.dumps({1: 1, 3: -8, -1: 6, -2: self._key.public_key().public_bytes_raw()})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._data(options["rp"]["id"], self.flags | AT) + attested
        said = {
            "clientDataJSON": encode(self._client("webauthn.create", options["challenge"])),
            "attestationObject": encode(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return {"credential": self._credential(said), "secret": self.secret(asked["input"])}

    def get(self, asked: Mapping[str, Any], *, challenge: str | None = None, **client: Any) -> dict[str, Any]:  # noqa: ANN401
        """What the page sends for a signature; ``challenge`` and ``client`` replace what was asked for."""
        options = asked["options"]
        self.count += 1
        data = self._data(options["rpId"], self.flags)
        client_data = self._client("webauthn.get", challenge or options["challenge"], **client)
        said = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(self._key.sign(data + sha256(client_data).digest())),
        }
        return {"credential": self._credential(said), "secret": self.secret(asked.get("input", ""))}

    def secret(self, given: str) -> str:
        """The PRF extension's answer."""
        return encode(hmac.digest(self._prf, decode(given), sha256))

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, **more: Any) -> bytes:  # noqa: ANN401
        plain = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(plain | more).encode()

    def _credential(self, said: dict[str, str]) -> dict[str, Any]:
        return {"id": encode(self.id), "rawId": encode(self.id), "type": "public-key", "response": said}
