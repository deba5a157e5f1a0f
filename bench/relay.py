"""Relay bench: appends per second delivered to waiting readers, and the latency of one pair, on each kind of shelf.

The server runs on one core, this load generator on another, over the real WebSocket protocol. Beside the figures stand
the disk's measured fsync rate and the machine, because the one means nothing without the others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from struct import Struct

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from nullabona.processes.engine import EngineCluster
from nullabona.processes.servers import RelayProcess
from nullabona.relay.shelves.engine.access import KEEPER, RELAY
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import Append, Appended, Frames, Read, decode_response, encode

HEAD = Struct(">II")
FRAME_BYTES = 1_024
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Throughput:
    """One window of the many-pairs workload."""

    appends_per_s: float
    server_cpu_s_per_1000: float
    server_cores: float
    loader_cores: float
    foreign_cores: float


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed."""

    machine: str
    store: str
    fsync_per_s: float
    pairs: int
    outstanding: int
    throughput: list[Throughput]
    best_appends_per_s: float
    ratio_to_fsync: float
    pair_p50_ms: float
    pair_p99_ms: float


class Peer(WSListener):
    """A client connection that hands each record to ``taken`` and then calls ``ended`` once per message."""

    def __init__(self, taken: Callable[[int, memoryview], None], ended: Callable[[], None]) -> None:
        super().__init__()
        self.taken = taken
        self.ended = ended

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - a callback's signature
        if frame.msg_type is not WSMsgType.BINARY:
            return
        view = frame.get_payload_as_memoryview()
        at, end = 0, len(view)
        while at < end:
            request_id, length = HEAD.unpack_from(view, at)
            at += 8 + length
            self.taken(request_id, view[at - length : at])
        self.ended()

    def send(self, message: bytes) -> None:
        self.transport.send(WSMsgType.BINARY, message)


def record(request_id: int, body: bytes) -> bytes:
    """One record of the protocol."""
    return HEAD.pack(request_id, len(body)) + body


class Pair:
    """A writer and a reader of one box, each on a connection of its own."""

    def __init__(self, url: str, outstanding: int, reader_url: str = "") -> None:
        self.url = url
        self.reader_url = reader_url or url
        self.outstanding = outstanding
        self.secrets = BoxSecrets(0, os.urandom(32), os.urandom(32))
        self.body = encode(Append(0, self.secrets.write_secret, self.secrets.read_hash, os.urandom(FRAME_BYTES)))
        self.delivered = 0
        self.acked = 0
        self.sent = 0
        self.after = 0
        self.running = True
        self.on_delivery: Callable[[], None] = self.refill

    async def open(self) -> None:
        """Connect both ends and leave a read waiting."""
        self.writer = Peer(self.acknowledged, self.refill)
        self.reader = Peer(self.frames, self.read_on)
        await ws_connect(lambda: self.writer, self.url)
        await ws_connect(lambda: self.reader, self.reader_url)
        self.read_on()

    def acknowledged(self, request_id: int, body: memoryview) -> None:  # noqa: ARG002 - a callback's signature
        response = decode_response(body)
        assert type(response) is Appended, response
        self.acked += 1

    def frames(self, request_id: int, body: memoryview) -> None:  # noqa: ARG002 - a callback's signature
        response = decode_response(body)
        assert type(response) is Frames, response
        if response.frames:
            self.delivered += len(response.frames)
            self.after = response.frames[-1][0]

    def read_on(self) -> None:
        read = Read(0, self.secrets.read_secret, self.secrets.write_hash, self.after, wait_s=600)
        self.reader.send(record(0, encode(read)))
        self.on_delivery()

    def refill(self) -> None:
        """Send as many appends as slots are free: a slot is free when its frame is acknowledged and delivered."""
        free = self.outstanding - (self.sent - min(self.acked, self.delivered))
        if free <= 0 or not self.running:
            return
        head = HEAD.pack(7, len(self.body))
        self.sent += free
        self.writer.send(b"".join([head, self.body] * free))


class Server:
    """A relay process pinned to one core; ``more`` are further options of it."""

    def __init__(self, data: Path | None, core: int, *more: str) -> None:
        self.config = tempfile.NamedTemporaryFile("w", suffix=".toml")  # noqa: SIM115 - lives as long as the server
        self.config.write("[limits]\nbox_frames_per_day = 8000000\nbox_bytes_per_day = 100000000000\n")
        self.config.flush()
        self.process = RelayProcess(data, "--config", self.config.name, *more, pinned=("taskset", "-c", str(core)))
        self.url = self.process.url.replace("http", "ws") + "/v1"

    def cpu_s(self) -> float:
        """CPU seconds used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def stop(self) -> None:
        """Stop gracefully."""
        self.process.stop()
        self.config.close()


def machine_busy_s() -> float:
    """CPU seconds all processes of the machine have used so far."""
    fields = [int(value) for value in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / CLOCK_TICKS


def fsync_rate(directory: Path, seconds: float = 1.0) -> float:
    """How many times a second this disk keeps 1 KiB for good."""
    block = os.urandom(FRAME_BYTES)
    fd = os.open(directory / "fsync", os.O_WRONLY | os.O_CREAT, 0o600)
    began = time.perf_counter()
    count = 0
    while time.perf_counter() - began < seconds:
        os.write(fd, block)
        os.fdatasync(fd)
        count += 1
    os.close(fd)
    (directory / "fsync").unlink()
    return count / (time.perf_counter() - began)


async def measure_throughput(servers: list[Server], pairs: int, outstanding: int, windows: int) -> list[Throughput]:
    """Several windows of the many-pairs workload; writers are at the first server, readers at the last."""
    crowd = [Pair(servers[0].url, outstanding, servers[-1].url) for _ in range(pairs)]

    def served_s() -> float:
        return sum(server.cpu_s() for server in servers)

    for pair in crowd:
        await pair.open()
    await asyncio.sleep(1.0)
    found = []
    for _ in range(windows):
        began, count = time.perf_counter(), sum(pair.delivered for pair in crowd)
        served, loaded, busy = served_s(), time.process_time(), machine_busy_s()
        await asyncio.sleep(3.0)
        passed = time.perf_counter() - began
        done = sum(pair.delivered for pair in crowd) - count
        served, loaded = served_s() - served, time.process_time() - loaded
        foreign = machine_busy_s() - busy - served - loaded
        found.append(
            Throughput(done / passed, served / done * 1_000, served / passed, loaded / passed, foreign / passed)
        )
    for pair in crowd:
        pair.running = False
    return found


async def measure_latency(servers: list[Server], count: int) -> list[float]:
    """Milliseconds from sending an append to its frame parsed at the reader, one at a time."""
    pair = Pair(servers[0].url, 1, servers[-1].url)
    pair.running = False
    arrived = asyncio.Event()
    pair.on_delivery = arrived.set
    await pair.open()
    times = []
    for _ in range(count):
        arrived.clear()
        began = time.perf_counter()
        pair.writer.send(record(1, pair.body))
        await arrived.wait()
        times.append((time.perf_counter() - began) * 1_000)
    return sorted(times)


def engine_options(stack: ExitStack, folder: Path) -> tuple[str, ...]:
    """A relay's options for three shards with a replica each, which share the loader's core."""
    cluster = EngineCluster(folder, primaries=3, replicas=1, overrides={"maxmemory": "1gb"})
    stack.callback(cluster.close)
    return relay_options(cluster)


def relay_options(cluster: EngineCluster) -> tuple[str, ...]:
    """A relay's options for this engine."""
    files = (cluster.authority, cluster.password_file(RELAY), cluster.password_file(KEEPER))
    flags = ("--engine-authority", "--engine-password", "--engine-keeper-password")
    options = [word for flag, file in zip(flags, files, strict=True) for word in (flag, str(file))]
    return ("--engine", cluster.addresses[0], *options)


def store_of(options: argparse.Namespace) -> str:
    """What keeps the boxes."""
    if options.engine:
        return f"engine of three shards, each with a replica, and {options.relays} relays"
    return "memory" if options.volatile else "sqlite"


def machine() -> str:
    """What the figures were measured on."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())  # fmt: skip
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def measure(options: argparse.Namespace) -> Report:
    """Run everything and report."""
    os.sched_setaffinity(0, {options.loader_core})
    with tempfile.TemporaryDirectory(dir=options.dir) as name:
        rate = fsync_rate(Path(name))
        with ExitStack() as stack:
            data = None if options.volatile or options.engine else Path(name) / "data"
            more = engine_options(stack, Path(name) / "engine") if options.engine else ()
            servers = [Server(data, options.server_core, *more) for _ in range(options.relays)]
            for server in servers:
                stack.callback(server.stop)
            times = uvloop.run(measure_latency(servers, options.latency_count))
            windows = uvloop.run(measure_throughput(servers, options.pairs, options.outstanding, options.windows))
    best = max(window.appends_per_s for window in windows)
    return Report(
        machine(), store_of(options), rate, options.pairs, options.outstanding, windows, best,
        best / rate, times[len(times) // 2], times[len(times) * 99 // 100],
    )  # fmt: skip


def show(report: Report) -> None:
    """Print the report for a person."""
    print(f"machine            {report.machine}")
    print(f"fsync              {report.fsync_per_s:,.0f}/s (1 KiB, one at a time)")
    print(f"store              {report.store}; {report.pairs} pairs, {report.outstanding} outstanding each, 1 KiB")
    for window in report.throughput:
        print(f"appends delivered  {window.appends_per_s:,.0f}/s; server {window.server_cpu_s_per_1000:.4f} CPU-s per "
              f"1000, {window.server_cores:.2f} cores; loader {window.loader_cores:.2f}; others "
              f"{window.foreign_cores:.2f}")  # fmt: skip
    print(f"best               {report.best_appends_per_s:,.0f}/s = {report.ratio_to_fsync:.1f} x fsync rate")
    print(f"one pair           p50 {report.pair_p50_ms:.3f} ms, p99 {report.pair_p99_ms:.3f} ms (append to delivered)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--outstanding", type=int, default=32)
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--latency-count", type=int, default=2_000)
    parser.add_argument("--volatile", action="store_true")
    parser.add_argument("--engine", action="store_true", help="keep boxes on a cluster that is started for it")
    parser.add_argument(
        "--relays", type=int, default=1, help="with --engine: writers are at the first, readers at the last"
    )
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--loader-core", type=int, default=1)
    parser.add_argument("--dir", help="where the data directory is made (default: the system's temporary directory)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = measure(options)
    print(json.dumps(asdict(report))) if options.json else show(report)


if __name__ == "__main__":
    main()
