"""Chooses the connection to close when too many are open: any program of the machine may open some and stay silent.

First, one of another user of the machine, where the system tells the owner of a connection (Linux); then an idle one;
then the oldest. A connection that showed a token, or an address of content, stays.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final, Protocol

from nullabona.system.ownership import own_user

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOPBACK: Final = ("0100007F", "0000000000000000FFFF00000100007F")
_OURS: Final = frozenset({0, own_user()})
_LOCAL, _REMOTE, _UID = 1, 2, 7


class Connected(Protocol):
    """The parts of a connection that this module needs."""

    @property
    def port(self) -> int:
        """The peer's port."""
        ...

    @property
    def proven(self) -> bool:
        """Whether it showed a secret that only our pages have."""
        ...

    @property
    def waits(self) -> bool:
        """Whether no request is being answered."""
        ...

    @property
    def number(self) -> int:
        """Its sequence number."""
        ...


def who_leaves(connections: Collection[Connected], server_port: int) -> Connected | None:
    """The connection to close; None if all of them showed a token."""
    candidates = [one for one in connections if not one.proven]
    if not candidates:
        return None
    uids = owners(server_port)
    return min(candidates, key=lambda one: (uids.get(one.port, 0) in _OURS, not one.waits, one.number))


def owners(server_port: int) -> dict[int, int]:
    """The user ids of the connections to a loopback port, by peer port. Empty where the system has no table."""
    found: dict[int, int] = {}
    there = {f"{host}:{server_port:04X}" for host in _LOOPBACK}
    for table in _TABLES:
        try:
            lines = Path(table).read_text("ascii").splitlines()[1:]
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            words = line.split()
            if len(words) > _UID and words[_REMOTE] in there:
                found[int(words[_LOCAL].rpartition(":")[2], 16)] = int(words[_UID])
    return found
