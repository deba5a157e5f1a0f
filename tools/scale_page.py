"""docs/scale.md, from the records beside it and what docs/capacity.md has of a relay."""

from __future__ import annotations

from bench.scale import page as scale
from bench.scale.clusters import KEPT
from bench.scale.compare import Comparison
from bench.scale.memory import Memory
from bench.scale.records import FOLDER, Simulated, read
from bench.speed import needs, records
from bench.speed.record import APART, RESULTS

PATH = "docs/scale.md"


def page() -> str:
    """See `tools.check_generated.Generator`."""
    costs = needs.costs(records.read(RESULTS), records.read(APART))
    assert costs is not None
    return scale.write(
        scale.Recorded(
            read(FOLDER / "memory.json", Memory),
            read(FOLDER / "population.json", Simulated),
            read(FOLDER / "compared.json", Comparison),
            records.read(KEPT),
            costs,
        )
    )
