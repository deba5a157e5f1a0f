"""The regression guard: no hot path costs more than on record, and the guard bites when one does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from bench.guard.counting import Cost, Counter
from bench.guard.hot import HotPath
from bench.guard.servers import server_paths
from bench.guard.verdict import Excess, excesses, read_record, versions, write_record
from nullabona.relay.activity import ActivityService
from nullabona.relay.core import boxes
from nullabona.relay.front import Front
from nullabona.wire import frame
from nullabona.wire.padding import pad

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_no_hot_path_costs_more_than_on_record() -> None:
    """Bytecodes, native calls and SQL steps of every path; if it has to be more: ``make guard-record``, and say why."""
    run = subprocess.run([sys.executable, "-m", "bench.guard", "--json"], cwd=ROOT, capture_output=True, check=True)
    costs = {name: Cost(**cost) for name, cost in json.loads(run.stdout).items()}
    recorded_with, recorded = read_record()
    assert recorded.keys() == costs.keys()
    assert [] == [str(one) for one in excesses(costs, recorded, same=recorded_with == versions())]


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[dict[str, HotPath]]:
    """The paths of the servers."""
    with ExitStack() as stack:
        yield {path.name: path for path in server_paths(tmp_path, stack)}


def judged(paths: dict[str, HotPath], name: str) -> list[tuple[str, str]]:
    """What the guard says of one path."""
    recorded_with, recorded = read_record()
    found = excesses({name: paths[name].cost()}, recorded, same=recorded_with == versions())
    return [(one.path, one.what) for one in found]


FRAME = "wire: a frame is sealed and opened"
APPENDS = "relay: 32 appends"
POST = "relay: a POST appends and is answered"
DIGEST = "relay: a digest is sent to 8 pollers"


def test_a_loop_too_many_is_caught(paths: dict[str, HotPath], monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding that looks at every byte in Python."""

    def slow(content: bytes, overhead: int) -> bytes:
        return bytes(byte for byte in pad(content, overhead))

    assert [] == judged(paths, FRAME)
    monkeypatch.setattr(frame, "pad", slow)
    assert [(FRAME, "bytecodes")] == judged(paths, FRAME)


def test_a_query_too_many_is_caught(paths: dict[str, HotPath], monkeypatch: pytest.MonkeyPatch) -> None:
    """A look into the store for each frame of a batch, as a head that is not remembered would need."""
    plain = boxes.Plan.append

    def forgetful(
        self: boxes.Plan, address: bytes, data: bytes, wake: boxes.PendingWake | None, *, inbox: bool
    ) -> object:
        self._stored.is_taken(1)
        return plain(self, address, data, wake, inbox=inbox)

    assert [] == judged(paths, APPENDS)
    monkeypatch.setattr(boxes.Plan, "append", forgetful)
    assert (APPENDS, "sql") in judged(paths, APPENDS)


def test_a_request_read_in_pieces_is_caught(paths: dict[str, HotPath], monkeypatch: pytest.MonkeyPatch) -> None:
    """A front that gives its parser a little of what arrived at a time."""
    plain = Front.data_received

    def slow(self: Front, data: bytes) -> None:
        for at in range(0, len(data), 256):
            plain(self, data[at : at + 256])

    assert [] == judged(paths, POST)
    monkeypatch.setattr(Front, "data_received", slow)
    assert (POST, "bytecodes") in judged(paths, POST)


def test_a_digest_encoded_for_each_again_is_caught(paths: dict[str, HotPath], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer found and encoded for each polling client, each in a turn of its own, in place of one for all."""

    def wasteful(self: ActivityService) -> None:
        self._closing = None
        self._digests.close(self._most_tags())
        for waiter in self._waiting.wake(b""):
            asyncio.get_running_loop().call_soon(self._answer, waiter)

    assert [] == judged(paths, DIGEST)
    monkeypatch.setattr(ActivityService, "_close", wasteful)
    assert (DIGEST, "bytecodes") in judged(paths, DIGEST)


def test_native_work_too_much_is_caught() -> None:
    """One native call that takes twelve times as long is one call: its time shows it."""

    def path(repeated: int) -> dict[str, Cost]:
        data = bytes(1_000_000 * repeated)
        return {"digest": HotPath(name="digest", prepare=lambda: lambda: sha256(data), timed=20).cost()}

    usual, more = path(1), path(12)
    assert [] == excesses(path(1), usual, same=True)
    assert ["ratio"] == [one.what for one in excesses(more, usual, same=True)]


@pytest.mark.parametrize("loops", [1, 10, 1_000])
def test_counts_are_the_same_every_time(loops: int) -> None:
    """However often, and whatever counted before."""

    def act() -> None:
        for _ in range(loops):
            len("")

    first, again = Counter().count(act), Counter().count(act)
    assert first == again
    assert loops <= first.natives <= loops + 2
    assert first.bytecodes > 4 * loops


def test_whoever_traces_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracer that was there before, as coverage has one, is there again; also after a failure."""
    seen: list[Callable[..., object]] = []
    before = sys.gettrace()

    def fails() -> None:
        seen.append(sys.gettrace())  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        Counter().count(fails)
    assert before is sys.gettrace()
    assert seen != [before]


def test_another_python_may_need_more(tmp_path: Path) -> None:
    """A record is read as it was written; what counts depend on is written with it."""
    cost = Cost(bytecodes=1_000, natives=100, sql=10, ratio=1.0)
    write_record({"path": cost}, tmp_path / "record.json")
    told, recorded = read_record(tmp_path / "record.json")
    assert (versions(), {"path": cost}) == (told, recorded)
    more = {"path": Cost(bytecodes=1_300, natives=100, sql=10, ratio=2.0)}
    assert [] == excesses(more, recorded, same=False)
    assert [Excess("path", "bytecodes", 1_000, 1_300, 1_120)] == excesses(more, recorded, same=True)
    with pytest.raises(KeyError):
        excesses({"new": cost}, recorded, same=True)
