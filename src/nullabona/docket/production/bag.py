"""The folder around a package: BagIt 1.0 (RFC 8493), so that ``sha256sum -c`` and archive tools can check it.

Every tag file is computed from the payload, so it is checked by computing it again.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from hashlib import sha256, sha512
from typing import Final

from nullabona.docket.production.manifest import Manifest
from nullabona.docket.production.statement import day

BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
NOTE: Final = "package.note"
TAGGED: Final = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt", NOTE)
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_READ_ONLY: Final = 0o100444 << 16


def payload_manifest(payload: Mapping[str, bytes], hashed: Callable[[bytes], str]) -> bytes:
    """``HASH  PATH`` of every payload file, sorted by path."""
    return "".join(f"{hashed(payload[path])}  {path}\n" for path in sorted(payload)).encode()


def sha256_hex(data: bytes) -> str:
    """The hash in the format of `sha256sum`."""
    return sha256(data).hexdigest()


def sha512_hex(data: bytes) -> str:
    """The hash in the format of `sha512sum`."""
    return sha512(data).hexdigest()


def bag(payload: Mapping[str, bytes], manifest: Manifest, note: bytes) -> dict[str, bytes]:
    """The payload with its tag files; ``note`` is the signature over it."""
    tags = {
        "bagit.txt": BAGIT,
        "bag-info.txt": _info(payload, manifest),
        "manifest-sha256.txt": payload_manifest(payload, sha256_hex),
        "manifest-sha512.txt": payload_manifest(payload, sha512_hex),
        NOTE: note,
    }
    return {**payload, **tags, TAG_MANIFEST: payload_manifest(tags, sha256_hex)}


def zipped(files: Mapping[str, bytes], top: str) -> bytes:
    """A zip of the files below the folder ``top``: stored, sorted, dated 1980, so reproducible."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{top}/{path}", _ZIP_TIME)
            entry.create_system = 3
            entry.external_attr = _READ_ONLY
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _info(payload: Mapping[str, bytes], manifest: Manifest) -> bytes:
    lines = {
        "Source-Organization": f"{manifest.operator.name} ({manifest.operator.host})",
        "External-Identifier": manifest.package_id,
        "Internal-Sender-Identifier": manifest.docket_no,
        "Bagging-Date": day(manifest.decided_s // 86_400),
        "Payload-Oxum": f"{sum(map(len, payload.values()))}.{len(payload)}",
    }
    return "".join(f"{name}: {value}\n" for name, value in lines.items()).encode()
