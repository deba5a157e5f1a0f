"""The number of unread messages on the program's icon, for docks that follow Unity's launcher interface."""

from __future__ import annotations

from typing import Final
from zlib import crc32

from nullabona.app.desktop.bus import Bus
from nullabona.app.desktop.notifier import ENTRY

_INTERFACE: Final = "com.canonical.Unity.LauncherEntry"
_URI: Final = f"application://{ENTRY}.desktop"
_PATH: Final = f"/com/canonical/unity/launcherentry/{crc32(_URI.encode())}"


async def show_badge(bus: Bus, unread: int) -> None:
    """Tell every dock the number; it is a signal, so nobody says whether one listens. Raises `NoAnswer`."""
    values = {"count": ("x", unread), "count-visible": ("b", unread > 0)}
    await bus.tell(_PATH, _INTERFACE, "Update", "sa{sv}", _URI, values)
