"""docs/client.md, from the run that is kept beside it."""

from __future__ import annotations

from bench.client import page as client
from bench.client.records import RESULTS, read

PATH = "docs/client.md"


def page() -> str:
    """See `tools.check_generated.Generator`."""
    return client.write(read(RESULTS))
