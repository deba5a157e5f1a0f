"""Which desktop a process has: that of its session on Linux; on other systems pages notify by themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from nullabona.app.desktop.alert import Acts, Desktop, Labels, NoDesktop


def open_desktop(acts: Acts, labels: Callable[[], Labels]) -> Desktop:
    """The desktop of this process's session; made on the running loop."""
    if sys.platform == "linux" and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        # Imported where it is used: jeepney is installed on Linux only.
        from nullabona.app.desktop.freedesktop import FreeDesktop

        return FreeDesktop(acts, labels)
    return NoDesktop()
