"""docs/capacity.md, from the run that docs/speed.md tells of, that of our relay alone, and frames that were counted."""

from __future__ import annotations

from bench import appends
from bench.speed import capacity
from bench.speed.record import APART, RESULTS
from bench.speed.records import read

PATH = "docs/capacity.md"


def page() -> str:
    """See `tools.check_generated.Generator`."""
    return capacity.write(read(RESULTS), read(APART), appends.read())
