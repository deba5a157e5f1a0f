"""dunst, a real notification service, on a screen that nobody sees (Xvfb); the bus starts it when it is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.desktop.service import NOTIFICATIONS, Client
from tests.desktop.session_bus import session_bus

PROGRAMS = ("dbus-daemon", "dunst", "Xvfb")
PATH = "/org/freedesktop/Notifications"
CONFIG = "[global]\n notification_limit = 20\n history_length = 50\n markup = full\n"


def lacking() -> list[str]:
    """Which of the programs are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """The name of a screen, until the block ends."""
    reading, writing = os.pipe()
    command = ("Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp")
    with (folder / "xvfb.log").open("w") as log:
        server = subprocess.Popen(command, pass_fds=(writing,), stdout=log, stderr=log)
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def bus_with_dunst(folder: Path) -> Iterator[str]:
    """The address of a session bus that can start it."""
    services, config = folder / "services", folder / "dunstrc"
    services.mkdir()
    config.write_text(CONFIG, "utf-8")
    text = f"[D-BUS Service]\nName={NOTIFICATIONS}\nExec={shutil.which('dunst')} -config {config}\n"
    (services / "dunst.service").write_text(text, "utf-8")
    with _screen(folder) as display, session_bus(folder, DISPLAY=display, HOME=str(folder)) as address:
        yield address


class Dunst(Client):
    """What a person does on that screen, by dunst's own interface, and what they saw there."""

    def _do(self, member: str, signature: str = "", *values: object) -> tuple[Any, ...]:
        return tuple(self.call(NOTIFICATIONS, PATH, "org.dunstproject.cmd0", member, signature, *values))

    def press_first(self) -> None:
        """A click on the first notification."""
        self._do("NotificationAction", "u", 0)

    @property
    def displayed(self) -> int:
        """How many notifications are on the screen."""
        ((_, count),) = self.call(
            NOTIFICATIONS,
            PATH,
            "org.freedesktop.DBus.Properties",
            "Get",
            "ss",
            "org.dunstproject.cmd0",
            "displayedLength",
        )
        return int(count)

    def history(self) -> list[tuple[str, str]]:
        """Title and body, as they were shown, of what was closed, the newest first."""
        (rows,) = self._do("NotificationListHistory")
        return [(str(row["summary"][1]), str(row["body"][1])) for row in rows]

    def message(self) -> str:
        """What the newest one in the history was drawn from, in the markup of its library."""
        (rows,) = self._do("NotificationListHistory")
        return str(rows[0]["message"][1])
