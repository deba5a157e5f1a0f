"""Every refusal a relay can give: its code, what it means and when to try again (spec/relay.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nullabona.wire.messages import Refusal


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of the table of refusals."""

    code: str
    meaning: str
    advice: str
    retryable: bool


BAD_REQUEST: Final = Reason(
    "bad-request", "The bytes are not a request of this protocol.", "Do not repeat it.", retryable=False
)
UNSUPPORTED: Final = Reason(
    "unsupported", "This relay does not serve this kind of request.", "Ask another relay.", retryable=False
)
TOO_LARGE: Final = Reason(
    "too-large",
    "The frame or blob is larger than this relay keeps.",
    "Put it into blobs, or split it.",
    retryable=False,
)
BOX_FULL: Final = Reason(
    "box-full", "The box has given out all its numbers.", "Move on to a new box (a new epoch).", retryable=False
)
DAY_QUOTA: Final = Reason(
    "day-quota",
    "The box, or the relay's store of blobs, has taken all it takes in one day.",
    "Keep the request and repeat it after the advised seconds, with growing pauses.",
    retryable=True,
)
SLOW_DOWN: Final = Reason(
    "slow-down",
    "This connection has too much under way: requests, waiting reads, boxes this minute, or unread answers.",
    "Finish something first, then repeat it.",
    retryable=True,
)
BUSY: Final = Reason(
    "busy",
    "The relay could not keep it now (disk, queue or memory). It may or may not have been kept.",
    "Repeat it after the advised seconds, with growing pauses.",
    retryable=True,
)
STOPPING: Final = Reason(
    "stopping", "The relay is about to stop.", "Connect again after the advised seconds.", retryable=True
)
NOT_FOUND: Final = Reason("not-found", "There is no such blob (or card).", "Do not repeat it at once.", retryable=False)

REASONS: Final = (
    BAD_REQUEST, UNSUPPORTED, TOO_LARGE, BOX_FULL, DAY_QUOTA, SLOW_DOWN, BUSY, STOPPING, NOT_FOUND,
)  # fmt: skip


def refuse(reason: Reason, retry_after_s: int = 0) -> Refusal:
    """The refusal for ``reason``, with advice in whole seconds (0: none)."""
    return Refusal(reason.code, retry_after_s)
