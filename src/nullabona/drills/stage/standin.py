"""A stand-in for the program, as a real wheel of one module: it says its version, and what it was built to do."""

from __future__ import annotations

import io
import zipfile
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

_TIME: Final = (2026, 1, 1, 0, 0, 0)
_PROGRAM: Final = """import sys


def main():
    if "--version" in sys.argv:
        print("nulla, version {version}")
        return 0
    {deed}
    return {code}
"""


def wheel(version: str, *, deed: str = "pass", code: int = 0, metadata: str = "") -> tuple[str, bytes]:
    """Name and bytes of a wheel whose ``nulla`` says ``version``, and else does ``deed`` and exits with ``code``.

    ``metadata``: more lines of its METADATA.
    """
    info = f"nullabona-{version}.dist-info"
    files = {
        "nullabona_standin.py": _PROGRAM.format(version=version, deed=deed, code=code),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: nullabona\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: drill\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nnulla = nullabona_standin:main\n",
    }
    record = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), text)
    return f"nullabona-{version}-py3-none-any.whl", made.getvalue()


def _digest(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
