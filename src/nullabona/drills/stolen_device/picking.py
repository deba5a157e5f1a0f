"""Opening a locked profile without its passphrase: with every key that the thief can think of, or can find beside it.

The thief has the program, so knows how a profile is made, and makes one to see what all have in common. Keys are
zeros and constants of the program, hashes of whatever is in the profile's files, and what is there itself; and
the key of the thief's own profile. Each is tried on the store's first page, and on what the header keeps sealed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nullabona.client import profile as profiles
from nullabona.client.profile import Passphrase, create_profile
from nullabona.client.store import keyslot
from nullabona.client.store.header import Header, read_header
from nullabona.client.store.keyslot import PassphraseSlot
from nullabona.drills.stolen_device.pages import key_of, opens_first_page

_KEY: Final = 32
_NONCE: Final = 12
_SMALL: Final = 4_096
"""A file of so many bytes is looked through for a key, at every place."""
_ENCODED: Final = re.compile(rb"[0-9A-Za-z+/_-]{43,64}={0,2}")
_OWN: Final = "what the thief has chosen for a profile of their own"


@dataclass(frozen=True, slots=True)
class Picked:
    """What came of it."""

    tried: int
    opened: bool
    """Whether one of them is the store's key, or opens what the header keeps of it."""
    alike: bool
    """Whether the salt is that of another profile: one table of passphrases would do for both."""


def pick(profile: Path, own: Path) -> Picked:
    """Try to open the locked profile at ``profile``. A profile of the thief's is made at ``own``."""
    create_profile(own, Passphrase(_OWN)).close()
    header = read_header(profile / "profile.json")
    keys = dict.fromkeys((*_common(), key_of(own, Passphrase(_OWN)), *_found_in(profile)))
    opened = any(opens_first_page(profile, key) or _unwraps(header, key) for key in keys)
    return Picked(len(keys), opened, alike=_salt(header) in (b"", _salt(read_header(own / "profile.json"))))


def _common() -> Iterator[bytes]:
    """The same for everybody."""
    yield from (bytes(_KEY), b"\xff" * _KEY, sha256(b"").digest())
    for module in (profiles, keyslot):
        assert module.__spec__ is not None
        assert module.__spec__.loader is not None
        for word in _words(module.__spec__.loader.get_code(module.__name__)):  # type: ignore[attr-defined]
            yield from _keys_of(word)


def _words(code: Any) -> Iterator[bytes]:  # noqa: ANN401 - a code object, or whatever else is constant
    for constant in code.co_consts:
        if isinstance(constant, bytes | str):
            yield constant.encode() if isinstance(constant, str) else constant
        elif hasattr(constant, "co_consts"):
            yield from _words(constant)


def _keys_of(value: bytes) -> Iterator[bytes]:
    if len(value) == _KEY:
        yield value
    yield sha256(value).digest()


def _found_in(profile: Path) -> Iterator[bytes]:
    """The content of the profile's small files, and hashes of it."""
    for path in sorted(path for path in profile.iterdir() if path.is_file() and path.stat().st_size <= _SMALL):
        data = path.read_bytes()
        yield sha256(data).digest()
        yield from (data[at : at + _KEY] for at in range(len(data) - _KEY + 1))
        for match in _ENCODED.finditer(data):
            yield from _decoded(match.group())
        with suppress(ValueError):
            yield from (key for value in _values(json.loads(data)) for key in _keys_of(value))
    yield sha256((profile / "store.db").read_bytes()[:16]).digest()


def _decoded(text: bytes) -> Iterator[bytes]:
    with suppress(binascii.Error, ValueError):
        yield from _keys_of(bytes.fromhex(text.decode()))
    with suppress(binascii.Error, ValueError):
        yield from _keys_of(base64.urlsafe_b64decode(text.replace(b"+", b"-").replace(b"/", b"_")))


def _values(read: Any) -> Iterator[bytes]:  # noqa: ANN401 - as JSON gives it
    if isinstance(read, str):
        yield read.encode()
    for each in read.values() if isinstance(read, dict) else read if isinstance(read, list) else ():
        yield from _values(each)


def _unwraps(header: Header, key: bytes) -> bool:
    slot = header.slot
    if not isinstance(slot, PassphraseSlot):
        return False
    with suppress(InvalidTag):
        AESGCM(key).decrypt(slot.wrapped[:_NONCE], slot.wrapped[_NONCE:], header.profile.encode())
        return True
    return False


def _salt(header: Header) -> bytes:
    return header.slot.salt if isinstance(header.slot, PassphraseSlot) else b""
