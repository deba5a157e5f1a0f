"""Says in the service's log why a checkpoint is not published, so that the operator knows what to do.

The same reasons are logged at once and then once a minute with their count: a witness that is out of reach for a night
would otherwise fill the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from nullabona.sequencer.errors import NoQuorum

SAID_AGAIN_S: Final = 60
_MEANINGS: Final = {
    "has-more": "says that it has cosigned more than is here, and shows no proof of it",
    "unproven": "shows a checkpoint that this log did not sign; not believed",
    "not-met": "has not said yet what it holds",
    "unreachable": "is out of reach",
    "timed-out": "did not answer in time",
    "status-400": "refuses the request: compare the versions of both programs",
    "status-403": "does not accept this log's signatures: give its operator the log's newest keys",
    "status-404": "does not know this log: its operator adds it with the log's keys",
    "status-422": "has cosigned another history, or finds no proof that this one grew",
    "status-429": "is asked too often",
    "status-503": "cannot cosign now: its operator looks at its log",
}
_log: Final = logging.getLogger("nullabona.sequencer")


class Telling:
    """What one log has said."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last = ""
        self._count = 0
        self._say_at = 0.0

    def say(self, error: NoQuorum) -> None:
        """Log it, unless the same was logged within the last minute."""
        text = "; ".join(f"{key} {_meaning(reason)}" for key, reason in sorted(error.reasons.items())) or error.message
        now = self._now()
        self._count += 1
        if text == self._last and now < self._say_at:
            return
        if text != self._last:
            self._count = 1
        self._last, self._say_at = text, now + SAID_AGAIN_S
        _log.warning("not published: %s (%d times)", text, self._count)


def _meaning(reason: str) -> str:
    return f"{_MEANINGS[reason]} [{reason}]" if reason in _MEANINGS else f"did not cosign [{reason}]"
