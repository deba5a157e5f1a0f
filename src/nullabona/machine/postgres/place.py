"""Where a store is kept in PostgreSQL: the server and database, as a URL without secrets, and a schema in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from nullabona.machine.settings import BadConfig

SCHEMES: Final = ("postgresql", "postgres")
_SECRET: Final = frozenset({"password", "sslpassword"})
CONFIRM_S: Final = 10.0
"""How long a commit waits for the standby."""
WAIT_S: Final = 15.0
"""How long a start waits for the process that leads: of one that was killed the session ends a moment later."""


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A schema of a database. ``begins``: make its tables if there is nothing yet.

    ``take_over``: end the session of the process that leads instead of waiting for it.

    ``unsafe_without_standby``: do not ask whether the server could forget what it has committed; only for tests.
    """

    url: str
    schema: str
    begins: bool = True
    confirm_s: float = CONFIRM_S
    wait_s: float = WAIT_S
    take_over: bool = False
    unsafe_without_standby: bool = False


def parse_store(text: str) -> str:
    """The URL in the setting ``store``. Raises `BadConfig` for another database, and for one with a password in it.

    A setting is shown in errors and lists of processes. Passwords belong into libpq's own files, or are not needed:
    a server on the same machine knows who asks (peer authentication).
    """
    scheme, _, rest = text.partition("://")
    if scheme not in SCHEMES:
        raise BadConfig("the setting 'store' is not the URL of a PostgreSQL database",
                        hint='write store = "postgresql:///DATABASE"')  # fmt: skip
    # Read as libpq does: it takes every character up to the @ for the password's, and no # for an end.
    who, at, _ = rest.partition("/")[0].partition("@")
    asked = parse_qsl(rest.partition("?")[2], keep_blank_values=True)
    if (at and ":" in who) or _SECRET & {name for name, _ in asked}:
        raise BadConfig("the setting 'store' contains a password",
                        hint="put it into libpq's passfile or service file, mode 0600, and name that")  # fmt: skip
    return text
