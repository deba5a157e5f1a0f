"""What a wall clock in an export is ahead of UTC.

KakaoTalk and WhatsApp name no zone: they write what the exporting phone's clock showed. The import reads it by this
machine's clock, so that a line has the day and the time here that it has in the file.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone


def offset_at(at: int) -> int:
    """What a wall clock that shows ``at``, in ms, is ahead of UTC. Of an hour that comes twice it is the first one."""
    try:
        ahead = (_EPOCH + timedelta(milliseconds=at)).astimezone().utcoffset() or timedelta()
    except (OverflowError, ValueError, OSError):
        return 0
    return int(ahead.total_seconds() * 1_000)
