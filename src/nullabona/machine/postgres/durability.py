"""Whether a server could forget what it committed.

A log that forgets a tree head that it signed signs another one in its place: evidence against its own operator. With
a synchronous standby a commit is on two disks before anybody hears of it, so the loss of either machine loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.errors import UserError

SETTINGS: Final = ("synchronous_commit", "synchronous_standby_names", "fsync", "full_page_writes", "max_wal_senders")
_ENOUGH: Final = frozenset({"on", "remote_apply"})
"""Of ``synchronous_commit``: on the standby's disk. ``remote_write`` is only in the memory of its machine."""


class MayForget(UserError):
    """The PostgreSQL server is set up so that it can forget what it has committed. Nothing is signed on it."""

    code = "postgres-may-forget"
    default_hint = (
        "set synchronous_standby_names to the standby's name, synchronous_commit to on or remote_apply, fsync and "
        "full_page_writes to on, for the server and for the role, and max_wal_senders to more than 0; see "
        "docs/how-to/run-on-postgresql.md"
    )


def check_durable(settings: Mapping[str, str]) -> None:
    """Raises `MayForget`, with the first of `SETTINGS` that is wrong."""
    if not settings["synchronous_standby_names"].strip():
        raise MayForget("the server has no synchronous standby: synchronous_standby_names is empty")
    if settings["max_wal_senders"] == "0":
        raise MayForget("the server waits for no standby: max_wal_senders is 0")
    if settings["synchronous_commit"] not in _ENOUGH:
        raise MayForget(
            f"the server does not wait for the standby's disk: synchronous_commit is {settings['synchronous_commit']}"
        )
    for name in ("fsync", "full_page_writes"):
        if settings[name] != "on":
            raise MayForget(f"the server does not wait for its own disk: {name} is {settings[name]}")
