"""A release log that somebody follows, of which nothing can be read any more but what they pinned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

WHERE: Final = "https://nullabona.example/releases/"


@contextmanager
def damaged_updates(profile: Path) -> Iterator[str]:
    """So it is beside ``profile`` until the block ends; the address that is pinned."""
    folder = profile.parent / "program/log"
    folder.mkdir(mode=0o700, parents=True)
    try:
        pinned = {"where": WHERE, "policy": "quorum none\n", "fingerprint": "5a" * 32}
        (folder / "pinned.json").write_text(json.dumps(pinned), "utf-8")
        (folder / "seen.json").write_text("{", "utf-8")
        yield WHERE
    finally:
        shutil.rmtree(folder)
