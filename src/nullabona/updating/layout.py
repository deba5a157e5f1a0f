"""The names in the folder of one person's versions (spec/release.md §6)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

CURRENT: Final = "current"
"""A link to the version that starts."""
LAST: Final = "last"
"""A link to the version before it."""
VERSIONS: Final = "versions"
COMPLETE: Final = "complete"
"""A file in the folder of a version that was installed and tried: the version of the first program then."""
RELEASE: Final = "release"
"""A file beside it: the SHA-256 of the release's statement in the log that its files were compared with."""


def is_own(folder: Path) -> bool:
    """Whether ``folder`` is this user's, or not there yet: nobody runs a program that another user put there.

    `sudo` may keep HOME. Without this a person's account could have root run any program. For root the folders above
    count too, or links there could be changed between this look and the use. Windows is not asked: its folders have no
    such owner, and no update switches a version there yet. Raises `OSError`.
    """
    own = True
    if sys.platform != "win32":
        user, real = os.geteuid(), folder.resolve()
        looked = (real, *real.parents) if user == 0 else (real,)
        own = all(each.stat().st_uid == user for each in looked if each.exists())
    return own
