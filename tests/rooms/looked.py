"""What a look-up found, from what a directory shows: verified as for real, the record's proof taken for granted."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, cast

from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.found import Found, NotReached, found_in
from nullabona.client.core.directory.promises import Expected

Shown: TypeAlias = Literal["proven", "promised", "absent", "unreached"]


def looked(handle: str, data: bytes | None, now: int, shown: Shown = "proven") -> Found:
    """``data`` at ``now`` (ms); None: there is no card."""
    if shown == "unreached":
        return NotReached(handle)
    promise = Expected("", handle, b"", 0, 0, b"", (), 0) if shown == "promised" else None
    nothing = cast(Any, None)
    checked = Checked(data or b"", b"", 0, None, promise, nothing, nothing, nothing)
    return found_in(checked, handle, now // 86_400_000)
