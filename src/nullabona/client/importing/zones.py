"""What a wall clock in an export is ahead of UTC.

KakaoTalk and WhatsApp name no zone: they write what the exporting phone's clock showed. The import reads it by the
clock that the person reads here, so that a line has the day and the time here that it has in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone


def offsets_in(zone: str) -> Callable[[int], int]:
    """For what a wall clock shows, in ms, what it is ahead of UTC, in a zone by its name in the time zone database.

    Without a name, or with one that is not known here, in this machine's zone.
    """
    named = _zone(zone)
    return offset_at if named is None else lambda at: _ahead(at, named)


def offset_at(at: int) -> int:
    """The same in this machine's zone. Of an hour that comes twice it is the first one."""
    return _ahead(at, None)


def _zone(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (KeyError, ValueError, OSError):  # not found, no name, or the name of a folder
        return None


def _ahead(at: int, zone: tzinfo | None) -> int:
    try:
        shown = _EPOCH + timedelta(milliseconds=at)
        ahead = (shown.astimezone() if zone is None else shown.replace(tzinfo=zone)).utcoffset() or timedelta()
    except (OverflowError, ValueError, OSError):
        return 0
    return int(ahead.total_seconds() * 1_000)
