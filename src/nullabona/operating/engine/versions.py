"""Versions of an engine's server that end by themselves, and when (docs/how-to/run-a-cluster.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Version = tuple[int, ...]
_SLOTS_END: Final[Mapping[str, tuple[Version, Version, str]]] = {
    "valkey": ((8, 1), (8, 1, 4), "8.1.4"),
    "redis": ((8,), (8, 4), "8.4"),
}
"""By server: the first version with the fault, the first without it, and that one's name."""
# While a slot moves, these look at the boxes of those who sent `CLIENT NO-TOUCH`, as relays do, and follow a null
# pointer (valkey-io/valkey#2347, redis/redis#14415). Without NO-TOUCH a node's memory would hold when each box was
# read, so relays send it all the same.


def mended_in(server: Mapping[str, str]) -> str | None:
    """The version to which a node has to be brought before slots are moved; None: it may move them.

    ``server``: what INFO says of the server. A version that cannot be read counts as a good one.
    """
    for name in ("valkey", "redis"):  # Valkey says both
        said = server.get(f"{name}_version")
        if said is not None:
            first, fixed, mended = _SLOTS_END[name]
            return mended if first <= parsed(said) < fixed else None
    return None


def parsed(said: str) -> Version:
    """The numbers of a version, as far as they are numbers."""
    found: list[int] = []
    for part in said.split("."):
        if not (part.isascii() and part.isdigit()):
            break
        found.append(int(part))
    return tuple(found)
