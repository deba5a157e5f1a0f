"""What an operator's monitoring sees of a relay: all of it from the start; coarse where it is somebody's."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Mapping
from functools import partial

import pytest

from nullabona.machine.doorway import Doorway
from nullabona.machine.timekeeping import ClockGuard, Clocks
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import PERIOD_S, Metrics
from nullabona.relay.turned_away import BESIDE_CONNECTIONS, SAID_AGAIN_S, TurnedAway
from nullabona.wire.telemetry import RELAY_METRICS
from tests.relay.peers import RunningRelay, http

GET_METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
GET_READY = b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"


class Record:
    """A service with numbers, as the directory is one."""

    stands = ""

    def handlers(self) -> Mapping[type, Callable[..., object]]:
        return {}

    async def close(self) -> None:
        """Nothing is open."""

    def figures(self) -> Mapping[str, int | Mapping[str, int]]:
        return {"accounts": 149, "witness_failures": {"witness.example": 3}, "record_closed_seconds": 1_700_000_001}

    def standstill(self) -> str:
        return self.stands


def shown(relay: RunningRelay) -> dict[str, str]:
    relay.tick(seconds=PERIOD_S)
    text = http(relay.address, GET_METRICS)[1].decode()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_each_declared_label_is_there_before_anything_happened(run: Callable[..., RunningRelay]) -> None:
    """The first failure is a rise then: an alert on an increase sees it."""
    found = shown(run())
    for metric in RELAY_METRICS:
        for value in metric.values:
            assert "0" == found[f'{metric.shown_as}{{{metric.label}="{value}"}}']


def test_limits_disk_and_process_are_shown(run: Callable[..., RunningRelay]) -> None:
    """What the process may use, beside what it uses; no certificate where a proxy has it."""
    found = shown(run(limits=Limits(connections=321)))
    assert "321" == found["nullabona_relay_connections_limit"]
    assert int(found["nullabona_relay_files_limit"]) > 0
    assert int(found["nullabona_relay_disk_free_bytes"]) > 0
    assert int(found["process_resident_memory_bytes"]) > 10 * 2**20
    assert int(found["process_cpu_seconds_total"]) % 10 == 0
    assert not any(name.startswith("nullabona_relay_certificate") for name in found)


def test_a_service_beside_the_relay_shows_its_own(run: Callable[..., RunningRelay]) -> None:
    """Handles are somebody's and rounded down; failures of a witness and times of the record are exact."""
    found = shown(run(services=[Record()]))
    assert "100" == found["nullabona_relay_accounts"]
    assert "3" == found['nullabona_relay_witness_failures_total{witness="witness.example"}']
    assert "1700000001" == found["nullabona_relay_record_closed_seconds"]


def test_a_relay_whose_record_stands_is_alive_and_not_ready(run: Callable[..., RunningRelay]) -> None:
    """A balancer sends new people elsewhere, and nothing restarts it."""
    record = Record()
    relay = run(services=[record])
    assert (200, b"ok\n") == http(relay.address, GET_READY)
    record.stands = "the public record stands"
    assert (503, b"the public record stands\n") == http(relay.address, GET_READY)
    assert 200 == http(relay.address, GET_READY.replace(b"readyz", b"healthz"))[0]


def test_a_clock_that_is_not_believed_is_shown(run: Callable[..., RunningRelay]) -> None:
    """From the check that finds it."""
    wall = [1_700_000_000.0]
    relay = run(guard=ClockGuard(Clocks(lambda: wall[0], lambda: 0.0)))
    before = shown(relay)["nullabona_relay_clock_stands"]
    wall[0] += 86_400
    assert ("0", "1") == (before, shown(relay)["nullabona_relay_clock_stands"])


def test_connections_beyond_the_limit_are_counted_and_said(
    run: Callable[..., RunningRelay], caplog: pytest.LogCaptureFixture
) -> None:
    """One more than may be open is closed at once, counted exactly, and the log says what to raise."""
    relay = run(limits=Limits(connections=2))
    held = [socket.create_connection(relay.address) for _ in range(2)]
    relay.call(lambda: None)
    with socket.create_connection(relay.address) as third:
        assert b"" == third.recv(1)
    for one in held:
        one.close()
    assert "1" == until_answered(relay)['nullabona_relay_connections_refused_total{why="connections"}']
    (line,) = [message for message in caplog.messages if "refused" in message]
    assert "1 connections refused so far: 2 are open" in line


def until_answered(relay: RunningRelay) -> dict[str, str]:
    """The relay notices hang-ups on its loop; until then the question is one connection too many itself."""
    for _ in range(200):
        try:
            return shown(relay)
        except (OSError, ValueError, AssertionError):
            relay.call(lambda: None)
    raise AssertionError("it never answered")


def test_what_is_turned_away_is_said_once_a_minute_with_its_count(caplog: pytest.LogCaptureFixture) -> None:
    """Each reason for itself."""
    now = [0.0]
    metrics = Metrics()
    away = TurnedAway(Limits(connections=7), metrics, lambda: now[0])
    for step in (0.0, 1.0, SAID_AGAIN_S - 0.5, SAID_AGAIN_S):
        now[0] = step
        away.is_full()
    away.has_no_file()
    counts = [message.split()[0] for message in caplog.messages if "refused" in message]
    assert (["1", "4"], 1) == (counts, sum("no file left" in message for message in caplog.messages))
    assert {"connections": 4, "files": 1} == metrics.connections_refused


@pytest.mark.parametrize(("files", "lines"), [(1_000 + BESIDE_CONNECTIONS, 0), (999 + BESIDE_CONNECTIONS, 1)])
def test_a_limit_that_the_system_cannot_keep_is_said_at_the_start(
    files: int, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    """On both sides of the limit: the sentence names what to set in the unit, and what the limit may be as it is."""
    TurnedAway(Limits(connections=1_000), Metrics()).expect(files)
    assert lines == len(caplog.messages)
    assert all(
        f"LimitNOFILE of the unit to {1_000 + BESIDE_CONNECTIONS}, or connections to 999" in line
        for line in caplog.messages
    )


def test_a_relay_without_files_says_so(run: Callable[..., RunningRelay], caplog: pytest.LogCaptureFixture) -> None:
    """The system's own words for it lead to one line, and connections wait until there is a file again."""
    relay = run()
    door, listening = relay.relay._servers[0], socket.create_server(("127.0.0.1", 0))
    assert isinstance(door, Doorway)
    full = partial(door._pause_if_full, listening)
    for code in (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
        relay.call(partial(full, code))
    relay.call(listening.close)
    assert "4" == shown(relay)['nullabona_relay_connections_refused_total{why="files"}']
    assert ["the process has no file left for another connection, 1 times so far; raise the unit's LimitNOFILE"] == [
        message for message in caplog.messages if "no file left" in message
    ]


def test_no_count_of_bytes_shows_a_single_message() -> None:
    """A frame alters a count of bytes by more than fifty: bytes that people bring are rounded to whole mebibytes."""
    brought = [metric for metric in RELAY_METRICS if "bytes" in metric.name and metric.grain != 1]
    assert {"frame_bytes_kept", "blob_bytes_day", "disk_free_bytes"} <= {metric.name for metric in brought}
    assert all(metric.grain % 2**20 == 0 for metric in brought)
