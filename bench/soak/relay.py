"""A relay as operators run it, but for its days, which last ``SOAK_DAY_S`` seconds: a soak wants to see frames expire.

In the place of ``nulla`` in a command line: ``python -m bench.soak.relay relay serve …``.
"""

from __future__ import annotations

import os
import time
from functools import partial

from nullabona.cli import main
from nullabona.relay import server
from nullabona.relay.clock import Clock


def short_day(day_s: float, now_s: float) -> int:
    """The number of the day at a time, in days so short. They are beyond those of the calendar, and never go back."""
    return int(now_s // day_s)


if __name__ == "__main__":
    clock = partial(Clock, day=lambda: short_day(float(os.environ["SOAK_DAY_S"]), time.time()))
    setattr(server, "Clock", clock)  # noqa: B010 - the one thing that differs from an operator's relay
    main()
