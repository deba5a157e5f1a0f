"""Whether other users of the machine reach a file, as far as the system says it in modes.

On Windows access lists decide, which Python cannot read. Folders that are made with the mode 0700 get a list of their
owner only; the person's own folder, where a profile is by default, has such a list from the system.
"""

from __future__ import annotations

import os
import sys
from typing import Final

_OTHERS: Final = 0o077
_ROOT: Final = 0
"""Also what Windows gives as the owner of each file."""

if sys.platform == "win32":

    def own_user() -> int:
        """The number of the user of this process, as `os.stat_result` has it."""
        return _ROOT

    def is_private(status: os.stat_result, *, or_root: bool = False) -> bool:  # noqa: ARG001 - it does not say
        """Whether this user (or root) owns the file and nobody else reaches it; on Windows modes do not say: true."""
        return True

else:

    def own_user() -> int:
        """The number of the user of this process, as `os.stat_result` has it."""
        return os.geteuid()

    def is_private(status: os.stat_result, *, or_root: bool = False) -> bool:
        """Whether this user (or root) owns the file and nobody else reaches it; on Windows modes do not say: true."""
        owners = {own_user(), _ROOT} if or_root else {own_user()}
        return status.st_uid in owners and not status.st_mode & _OTHERS
