"""What is measured, as it is kept: every window of every repetition, with who used the machine meanwhile."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bench.peers.interface import About


class Window(msgspec.Struct, frozen=True):
    """One measurement of one server under one workload in one repetition."""

    peer: str
    workload: str
    turn: int
    value: float
    """In the workload's unit."""
    seconds: float
    server_cores: float
    loader_cores: float
    other_cores: float
    details: dict[str, float] = {}


class Missing(msgspec.Struct, frozen=True):
    """What was not measured, and why, in words. With no workload: the whole server."""

    peer: str
    workload: str
    why: str


class Holding(msgspec.Struct, frozen=True):
    """What a server's folder held when its answer had come, and how often it synced."""

    peer: str
    bytes_per_message: float
    payload_found: bool
    who: str
    """What this server calls those who talk."""
    sender_found: bool
    recipient_found: bool
    syncs_per_message: float | None


class Server(msgspec.Struct, frozen=True):
    """A server as it was compared."""

    name: str
    version: str
    configuration: str
    answer: str
    durable: bool


class Results(msgspec.Struct):
    """A whole run."""

    machine: str
    seconds: float
    """How long each window was."""
    turns: int
    load: list[float]
    """The machine's load average over a minute, before every repetition."""
    sync_ms: list[float]
    """Median milliseconds of one synced kilobyte, before every repetition."""
    servers: list[Server]
    windows: list[Window]
    missing: list[Missing]
    holdings: list[Holding]
    note: str = ""
    """What else a reader has to know of how this came about."""

    def values(self, peer: str, workload: str) -> dict[int, float]:
        """The value of each repetition."""
        return {w.turn: w.value for w in self.windows if (w.peer, w.workload) == (peer, workload)}


def server_of(about: About, version: str) -> Server:
    """A peer as it is kept."""
    return Server(about.name, version, about.configuration, about.answer, about.durable)


def write(results: Results, path: Path) -> None:
    """Keep a run as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read(path: Path) -> Results:
    """A run that was kept."""
    return msgspec.json.decode(path.read_bytes(), type=Results)
