"""docs/speed.md, from the run that is kept beside it."""

from __future__ import annotations

from bench.speed import page as speed
from bench.speed.record import APART, RESULTS
from bench.speed.records import read

PATH = "docs/speed.md"


def page() -> str:
    """See `tools.check_generated.Generator`."""
    return speed.write(read(RESULTS), read(APART))
