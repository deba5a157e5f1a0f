"""Linking a new device: the messages between it and an old device in a throwaway box (spec/devices.md §5). Pure.

The code is 128 random bits that only the two screens show. Box and key are derived from it, so an observer of the relay
sees a box like any other, and guessing the code is as hard as guessing a key. The account's secret is also sealed to a
key that only the new device has: an attacker who learns the code later can decrypt nothing.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Final, TypeAlias

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Meta

from nullabona.client.core.model.errors import BadLinkCode
from nullabona.client.core.model.invite_link import escaped, unescaped
from nullabona.errors import Malformed
from nullabona.wire.address import EpochKeys, epoch_keys
from nullabona.wire.card import MAX_KEY_PACKAGE
from nullabona.wire.certificate import MAX_CERTIFICATE
from nullabona.wire.frame import Kind, open_frame, seal_frame
from nullabona.wire.handle import Handle, HandleError, parse_handle
from nullabona.wire.messages import MAX_CARD
from nullabona.wire.seal import open_sealed, seal_to

SECRET_SIZE: Final = 16
GOOD_FOR_S: Final = 600
"""How long a code lets a device in."""
SCHEME: Final = "nullabona:device/"
MOST_FRAMES: Final = 16
"""More than this in the box is somebody's mischief."""
_CODE_SIZE: Final = 28
_CHECK_BITS: Final = 12
_SALT: Final = b"nullabona link v1"
_GRANT: Final = b"nullabona link grant v1"
DeviceId = Annotated[bytes, Meta(min_length=16, max_length=16)]


class Hello(msgspec.Struct, array_like=True, frozen=True, tag=1):
    """The new device: who it is, what its person calls it, and the key to answer to."""

    device: DeviceId
    device_key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    reply_key: Annotated[bytes, Meta(max_length=2_048)]
    name: Annotated[str, Meta(max_length=40)]


class Grant(msgspec.Struct, array_like=True, frozen=True, tag=2):
    """The old device: an encoded `Credentials`, sealed to the new device's key."""

    device: DeviceId
    sealed: Annotated[bytes, Meta(max_length=8_192)]


class Enrol(msgspec.Struct, array_like=True, frozen=True, tag=3):
    """The new device: the key package that its certificate belongs to."""

    device: DeviceId
    key_package: Annotated[bytes, Meta(min_length=1, max_length=MAX_KEY_PACKAGE)]


class Admitted(msgspec.Struct, array_like=True, frozen=True, tag=4):
    """The old device: the account's card, which names the new device from now on."""

    device: DeviceId
    card: Annotated[bytes, Meta(max_length=MAX_CARD)]


class Declined(msgspec.Struct, array_like=True, frozen=True, tag=5):
    """The old device: its person said no, or somebody else used the code as well."""


Said: TypeAlias = Hello | Grant | Enrol | Admitted | Declined


class Credentials(msgspec.Struct, array_like=True, frozen=True):
    """What makes a device one of the account: its secret, where it lives, and this device's certificate."""

    root: Annotated[bytes, Meta(min_length=32, max_length=32)]
    handle: Annotated[str, Meta(max_length=255)]
    relay: Annotated[str, Meta(max_length=255)]
    certificate: Annotated[bytes, Meta(max_length=MAX_CERTIFICATE)]

    def __repr__(self) -> str:
        return "<Credentials>"


_said = msgspec.msgpack.Decoder(Said)
_credentials = msgspec.msgpack.Decoder(Credentials)


@dataclass(frozen=True, slots=True)
class LinkCode:
    """What the one screen shows and the other reads: whose account, and the secret of the box."""

    handle: Handle
    secret: bytes = field(repr=False)

    @property
    def keys(self) -> EpochKeys:
        """The box and the key of its frames."""
        return epoch_keys(HKDF(SHA256(), 32, _SALT, str(self.handle).encode()).derive(self.secret))

    @property
    def digits(self) -> str:
        """The secret as people type it: seven groups of four, with a check against slips."""
        text = _encode(self.secret)
        return " ".join(text[start : start + 4] for start in range(0, _CODE_SIZE, 4))

    @property
    def text(self) -> str:
        """Everything, as the QR code says it."""
        name, _, authority = str(self.handle).partition("@")
        return f"{SCHEME}{escaped(name)}@{authority}#{_encode(self.secret)}"


def read_code(text: str, handle: str = "") -> LinkCode:
    """The code in what was scanned, or in what was typed for ``handle``. Raises `BadLinkCode`."""
    text = text.strip()
    if text.startswith(SCHEME):
        quoted, _, text = text.removeprefix(SCHEME).partition("#")
        handle = quoted
    try:
        whose = parse_handle(unescaped(handle))
    except (UnicodeDecodeError, HandleError):
        raise BadLinkCode("a code needs the handle of its account") from None
    return LinkCode(whose, _decode(text))


def _encode(secret: bytes) -> str:
    check = int.from_bytes(sha256(_SALT + secret).digest()[:2], "big") >> 4
    number = int.from_bytes(secret, "big") << _CHECK_BITS | check
    # 140 bits: 28 letters of 5.
    padded = (number << 20).to_bytes(20, "big")
    return base64.b32encode(padded).decode().lower()[:_CODE_SIZE]


def _decode(text: str) -> bytes:
    letters = "".join(text.split()).replace("-", "").lower().replace("0", "o").replace("1", "l").replace("8", "b")
    if len(letters) != _CODE_SIZE:
        raise BadLinkCode(f"a code has {_CODE_SIZE} letters and digits, not {len(letters)}")
    try:
        padded = base64.b32decode(letters.upper() + "AAAA")
    except ValueError:
        raise BadLinkCode("a code has the letters a to z and the digits 2 to 7 only") from None
    secret = (int.from_bytes(padded, "big") >> 20 >> _CHECK_BITS).to_bytes(SECRET_SIZE, "big")
    if _encode(secret) != letters:
        raise BadLinkCode("the code has a slip somewhere: compare it with the other screen")
    return secret


def seal_said(code: LinkCode, nonce: bytes, said: Said) -> bytes:
    """The frame that says it. ``nonce``: 12 fresh random bytes."""
    keys = code.keys
    return seal_frame(keys.frame_key, keys.box.address, nonce, Kind.MESSAGE, msgspec.msgpack.encode(said))


def open_said(code: LinkCode, frame: bytes) -> Said:
    """What a frame of the box says. Raises `Malformed`."""
    keys = code.keys
    try:
        said: Said = _said.decode(open_frame(keys.frame_key, keys.box.address, frame).body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a link's frame does not decode") from None
    return said


def seal_grant(hello: Hello, credentials: Credentials) -> Grant:
    """The account's secret for this device and no other. Raises `Malformed` if its key is none."""
    return Grant(hello.device, seal_to(hello.reply_key, _GRANT + hello.device, msgspec.msgpack.encode(credentials)))


def open_grant(grant: Grant, seed: bytes) -> Credentials:
    """What the old device granted; ``seed``: of the key that our `Hello` named. Raises `Malformed`."""
    try:
        return _credentials.decode(open_sealed(seed, _GRANT + grant.device, grant.sealed))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("a link's grant does not decode") from None
