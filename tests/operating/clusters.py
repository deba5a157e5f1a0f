"""Two relay processes on one engine behind a proxy of deploy/cluster, for the tests that play them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from nullabona.client.api import Options
from nullabona.client.net.dial import NetOptions
from nullabona.processes.engine import EngineCluster
from nullabona.processes.ports import free_port
from nullabona.processes.servers import RelayProcess
from nullabona.wire.endpoint import path_of
from nullabona.wire.message import Request
from nullabona.wire.messages import AnyResponse, decode_response, encode
from tests.api.people import PATIENCE_S, QUICK
from tests.relay.engines import options
from tests.relay.peers import Client
from tests.relay.s3_server import S3Server, credentials_file
from tests.relay.test_shared_processes import config_of
from tests.repo.proxies import HOST, cluster_haproxy, cluster_nginx
from tests.repo.test_proxies import Proxy, StandIn, read_body, read_head, wait_until_ready

PROXIES = (cluster_nginx, cluster_haproxy)
both = pytest.mark.parametrize("launch", PROXIES, ids=[each.__name__ for each in PROXIES], indirect=True)
haproxy_alone = pytest.mark.parametrize("launch", [cluster_haproxy], ids=["cluster_haproxy"], indirect=True)


class RelayPair:
    """Two relay processes that keep nothing of their own, each at a port that it gets again."""

    def __init__(self, cluster: EngineCluster, *more: str) -> None:
        self._more = [*options(cluster), *more]
        self.ports = free_port(), free_port()
        self._running: dict[int, RelayProcess] = {}

    def __enter__(self) -> Self:
        for which in range(2):
            self.start(which)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.kill()

    def start(self, which: int) -> None:
        """Ready when this returns."""
        self._running[which] = started = RelayProcess(None, *self._more, listen=f"127.0.0.1:{self.ports[which]}")
        wait_until_ready(started.address)

    def stop(self, which: int) -> None:
        """SIGTERM; has ended well when this returns."""
        assert 0 == self._running[which].stop().code


@contextmanager
def with_bucket(cluster: EngineCluster, folder: Path) -> Iterator[RelayPair]:
    """Two processes that share their files, as deploy/cluster has it."""
    with S3Server(folder / "s3") as server:
        bucket = server.bucket("blobs", credentials_file(folder))
        with RelayPair(cluster, *config_of(folder, bucket)) as relays:
            yield relays


@dataclass(frozen=True, slots=True)
class Front:
    """A proxy before two ports, and how HAProxy tells which of its servers is up."""

    proxy: Proxy
    statistics: Path
    name: str = ""
    """Which relay is asked, if several are behind it."""

    @property
    def url(self) -> str:
        """What a client calls it."""
        return f"https://127.0.0.1:{self.proxy.port}" + (f"/n/{self.name}" if self.name else "")

    def ask(self, request: Request) -> AnyResponse:
        """What a client is answered over a connection of its own. An answer other than 200 is a failure."""
        body = encode(request)
        head = f"POST {path_of(self.name)} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/octet-stream\r\n"
        with self.proxy.connect() as connection:
            connection.settimeout(PATIENCE_S)
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            read = read_head(connection)
            assert read is not None
            assert b"200" == read[0].split()[1], read[0]
            return decode_response(read_body(connection, *read))

    @property
    def is_up(self) -> bool:
        """Whether the proxy knows a process that answers: nginx trusts none for two seconds after both had failed."""
        head, _ = self.proxy.ask(f"GET {path_of(self.name)} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        return head.split()[1] == b"405"

    def lasting(self) -> Client:
        """A WebSocket through the proxy. Its answers may take as long as anything here may."""
        context = ssl.create_default_context(cafile=str(self.proxy.chain))
        context.check_hostname = False
        client = Client(("127.0.0.1", self.proxy.port), context, path_of(self.name))
        client.socket.settimeout(PATIENCE_S * 3)
        return client

    def wait_until(self, name: str, state: str) -> None:
        """Until HAProxy gives people to this server, or to the other one only."""
        end = time.monotonic() + PATIENCE_S
        while (name, state) not in {(row[1], row[17]) for row in self._servers()}:
            assert time.monotonic() < end, self._servers()

    def people(self) -> list[int]:
        """How many requests are under way at each process, as HAProxy tells."""
        return [int(row[4]) for row in self._servers()]

    def _servers(self) -> list[list[str]]:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.statistics))
            asked.sendall(b"show stat\n")
            rows = b""
            while more := asked.recv(65_536):
                rows += more
        backend = self.name or "relays"
        mine = f"{backend},one,", f"{backend},two,"
        return [row.split(",") for row in rows.decode().splitlines() if row.startswith(mine)]


def settings(ca: Path, *, fast: bool = False) -> Options:
    """Of a client that trusts the proxy's certificate."""
    return replace(QUICK, net=NetOptions(ca_file=ca, fast=fast))


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)  # between looks: another thread's commands do not tell us when they end


def stand_ins() -> tuple[StandIn, StandIn]:
    """Two relays that only answer."""
    made = StandIn(), StandIn()
    for each in made:
        threading.Thread(target=each.run, daemon=True).start()
    return made
