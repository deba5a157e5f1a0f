"""What a wall clock in an export is ahead of UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from nullabona.client.importing.records import Service

_KOREA_MS: Final = 9 * 3_600_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone


def offset_of(service: Service) -> Callable[[int], int]:
    """For a wall clock's time in ms, what it is ahead of UTC: KakaoTalk's is Korea's, WhatsApp's this machine's."""
    return (lambda _at: _KOREA_MS) if service == "kakaotalk" else _local


def _local(at: int) -> int:
    try:
        ahead = (_EPOCH + timedelta(milliseconds=at)).astimezone().utcoffset() or timedelta()
    except (OverflowError, ValueError, OSError):
        return 0
    return int(ahead.total_seconds() * 1_000)
