"""Which program runs when somebody starts the one that they installed first: the version that an update switched to.

It is asked at every start, so it reads two names and one line.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from nullabona.updating.layout import COMPLETE, CURRENT, VERSIONS, is_own


def successor(folder: Path, prefix: Path, version: str) -> Path | None:
    """The command to run instead of ``version`` in ``prefix``; None if that is to run itself.

    A version that an update installed hands over to nobody: a person who starts an older one by its own path means it.
    Nor does a first program that was changed since, as by a package: it may be newer than what an update installed
    before. Nor does anybody run what is in another user's folder.
    """
    program = None
    folder = folder.resolve()
    # On Windows no update switches a version yet.
    if sys.platform != "win32" and prefix.resolve().parent != (folder / VERSIONS).resolve():
        current = folder / CURRENT
        with suppress(OSError, UnicodeDecodeError):
            if is_own(folder) and (current / COMPLETE).read_text("utf-8") == version:
                program = current / "bin/nulla"
    return program
