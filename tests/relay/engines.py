"""An engine for a whole run of tests, and shelves on it."""

from __future__ import annotations

import secrets
from typing import ClassVar

import pytest

from nullabona.extras import installed
from nullabona.operating.engine.versions import mended_in
from nullabona.processes.engine import EngineCluster, engine_programs
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.port import Shelf
from tests.relay.shelves import Outcome

LACKING = "no engine on this machine (tools/need_programs.sh)" if engine_programs() is None else ""
if not installed("engine"):
    LACKING = "the extra 'engine' is not installed"
needs_engine = pytest.mark.skipif(bool(LACKING), reason=LACKING or "there is one")


def mended_at(cluster: EngineCluster) -> str | None:
    """The version that the nodes would need before slots move, if they end then (`engine check`)."""
    lines = (line.partition(":") for line in cluster.nodes[0].ask("INFO", "server").splitlines())
    return mended_in({name: value.strip() for name, _, value in lines})


def address_of(cluster: EngineCluster) -> EngineAddress:
    """Where a cluster is, as a relay's settings say it."""
    return cluster.address


def options(cluster: EngineCluster) -> list[str]:
    """A relay's options for this engine."""
    return cluster.relay_options


class EnginePlace:
    """A cluster that others use before and after, emptied."""

    outcome: ClassVar[Outcome] = Outcome(renamed=True)

    def __init__(self, cluster: EngineCluster) -> None:
        self.cluster = cluster
        for node in cluster.primaries():
            node.ask("FLUSHALL")

    async def shelf(self, limits: Limits) -> Shelf:
        from nullabona.relay.shelves.engine.opening import open_engine_shelf

        return open_engine_shelf(address_of(self.cluster), limits, rng=secrets.randbits)

    async def begin_again(self) -> None:
        """Every primary draws another name, as one that has just become primary."""
        for node in self.cluster.primaries():
            node.ask("DEBUG", "CHANGE-REPL-ID")

    async def close(self) -> None: ...
