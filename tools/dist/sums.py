"""SHA256SUMS: the hash of every file of a release, in the form that `sha256sum --check` reads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

NAME: Final = "SHA256SUMS"


def files(folder: Path) -> dict[str, Path]:
    """Every file below ``folder`` but the sums themselves, by its name relative to it, sorted."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: found[name] for name in sorted(found) if name != NAME}


def sha256(path: Path) -> str:
    """The hash of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path) -> Path:
    """Write ``folder``'s sums and return the file."""
    lines = [f"{sha256(path)}  {name}\n" for name, path in files(folder).items()]
    written = folder / NAME
    written.write_text("".join(lines), encoding="utf-8")
    return written
