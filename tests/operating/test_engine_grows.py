"""An engine gets another shard while a relay takes messages: nothing acknowledged is lost, nothing is twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.processes.servers import RelayProcess
from nullabona.wire.messages import Appended, Frames, Refusal
from tests.operating.engine_nodes import InitialisedEngine
from tests.operating.test_engine_care import keys, map_at, ports
from tests.relay.engines import needs_engine
from tests.relay.peers import Box, Client

pytestmark = needs_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[InitialisedEngine]:
    """Three primaries alone, and a port for a fourth."""
    made = InitialisedEngine(tmp_path, ports(3), replicas=0)
    try:
        made.typed(made.form)
        yield made
    finally:
        made.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_shard_is_added_under_load(engine: InitialisedEngine) -> None:
    """The printed commands move a quarter of the slots while a relay appends; what was refused was refused as busy."""
    config = ("--config", str(engine.folder / "made/relay.toml"))
    with RelayProcess(None, *config) as relay:
        boxes = [Box() for _ in range(40)]
        kept: list[list[tuple[int, bytes]]] = [[] for _ in boxes]
        refused: list[str] = []
        stop = threading.Event()

        def write() -> None:
            client, number = Client(relay.address), 0
            while not stop.is_set():
                number += 1
                for box, frames in zip(boxes, kept, strict=True):
                    answer = client.ask(box.append(frame := b"%d" % number))
                    if isinstance(answer, Appended):
                        frames.append((answer.seq, frame))
                    else:
                        assert isinstance(answer, Refusal)
                        refused.append(answer.code)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            (new,) = ports(1)
            check, join, move = engine.add(new, "--shard")
            assert "engine-node-ends" not in engine.typed(check)
            engine.typed(join)
            engine.typed_until_accepted(move)
            moved = len(kept[0])
        finally:
            stop.set()
            writer.join()
        found = [Client(relay.address).ask(box.read()) for box in boxes]
    member = map_at(engine, engine.ports[0]).at(f"127.0.0.1:{new}")
    assert member is not None
    assert (True, True) == (3_900 < member.slots < 4_300, moved > 0)
    assert set(refused) <= {"busy"}
    for answer, frames in zip(found, kept, strict=True):
        assert isinstance(answer, Frames)
        seen = dict(answer.frames)
        # A refused append may have been kept: then it is there once, too.
        assert [] == [number for number, frame in frames if seen.get(number) != frame]
        assert len(set(seen.values())) == len(seen)
    assert {"engine-replica-none"} == keys(engine.check()[1], "wrong")
    (replica,) = ports(1)
    (join_it,) = engine.add(replica)
    engine.typed(join_it)
    end = time.monotonic() + 30
    while not ((copy := map_at(engine, new).at(f"127.0.0.1:{replica}")) and copy.primary):
        assert time.monotonic() < end, "the new node copies nobody"
        time.sleep(0.1)
