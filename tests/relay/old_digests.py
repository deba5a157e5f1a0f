"""The functions for digests as processes of the release before signatures load them."""

from __future__ import annotations

from nullabona.relay.shelves.engine.access import DIGESTS_LIBRARY

SIGNS = "if args[8] then seed, at, hash = chained(keys, now, args) end"
"""In the functions of this release alone."""


def older_library() -> str:
    """It has the same names, and does not know what a process that signs asks for."""
    assert 1 == DIGESTS_LIBRARY.count(SIGNS)
    return DIGESTS_LIBRARY.replace(SIGNS, "")
