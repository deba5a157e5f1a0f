"""Everything that a cluster is made of, as processes on loopback (docs/how-to/run-a-cluster.md).

Three primaries with a replica each, two relay processes behind HAProxy, a bucket, and a directory whose record is in
PostgreSQL with a synchronous standby. `close` ends all of it, whichever part had begun to start.
"""

from __future__ import annotations

import ipaddress
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar

from cryptography import x509

from nullabona.drills.search import Kind
from nullabona.processes.buckets import S3Server, write_credentials
from nullabona.processes.engine import EngineCluster, Node
from nullabona.processes.ports import free_port
from nullabona.processes.postgres import STANDBY, PostgresServer
from nullabona.processes.program import ProcessFailed
from nullabona.processes.proxies import ProxyProcess, cluster_servers, self_signed, write_haproxy
from nullabona.processes.servers import RelayProcess

T = TypeVar("T")
PERIOD_S: Final = 5
BUCKET: Final = "relay-files"
_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.02
_NAMES: Final = frozenset({Kind.NAME})


@dataclass(frozen=True, slots=True)
class Machine:
    """What an officer takes as one: its folders and the processes that run on it."""

    name: str
    folders: tuple[Path, ...]
    pids: tuple[int, ...]
    public: frozenset[Kind] = frozenset()
    """What is on it by design: public cards have names."""
    connected: frozenset[Kind] = frozenset()
    """What its memory has to have: a proxy's, from where people are connected."""
    sharing: frozenset[int] = frozenset()
    """Processes whose shared memory is that of one before them."""


class Cluster:
    """All of it. Each ``start_…`` may be called on a thread of its own."""

    engine: EngineCluster
    store: PostgresServer
    standby: PostgresServer
    names: RelayProcess
    proxy: ProxyProcess
    bucket: S3Server

    def __init__(self, folder: Path, haproxy: Path, s3: str) -> None:
        self.folder = folder
        self.relays: dict[int, RelayProcess] = {}
        self.ports = free_port(), free_port()
        self.port = free_port()
        self._haproxy, self._s3 = haproxy, s3
        self._stack = ExitStack()
        self._database = ""
        self._statistics = free_port()
        for each in ("proxy", "relays", "names"):
            (folder / each).mkdir()
        own = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        self.authority, self._key = self_signed(folder / "proxy", own)

    @property
    def url(self) -> str:
        """Where people's boxes are: at HAProxy."""
        return f"https://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End everything that was started. Harmless when repeated."""
        self._stack.close()

    # -- starting

    def start_engine(self) -> None:
        """Three shards, each with a replica."""
        self.engine = self._kept(EngineCluster(self.folder / "engine", primaries=3, replicas=1), EngineCluster.close)

    def start_bucket(self) -> None:
        """An S3 server with one bucket."""
        self.bucket = self._kept(S3Server(self.folder / "bucket", self._s3), S3Server.stop)
        self.bucket.make_bucket(BUCKET)
        credentials = write_credentials(self.folder)
        for which in range(2):
            lines = (f'endpoint = "{self.bucket.endpoint}"', f'bucket = "{BUCKET}"', 'prefix = "relay/"',
                     f'credentials = "{credentials}"', "interval_s = 60")  # fmt: skip
            self._config(which).write_text("\n".join(["[blobs]", *lines, ""]), "utf-8")

    def start_names(self) -> None:
        """PostgreSQL with a synchronous standby, and the directory on it."""
        self.store = self._kept(PostgresServer(durable=True), PostgresServer.remove).make()
        self.standby = self._copied(self.store)
        self._database = self.store.new_database()
        self.store.set("synchronous_standby_names", STANDBY)
        self.serve_names()

    def serve_names(self, listen: str = "127.0.0.1:0") -> None:
        """The directory, on the server that is the primary now."""
        folder, store = self.folder / "names", self.store.url(self._database)
        options = ("--store", store, "--period", str(PERIOD_S))
        self.names = self._kept(
            RelayProcess(folder / "data", *options, listen=listen, log=folder / "log", temporary=folder / "tmp",
                         begin=listen == "127.0.0.1:0"),
            RelayProcess.kill,
        )  # fmt: skip

    def start_relay(self, which: int) -> None:
        """One of the two relay processes, ready when this returns."""
        folder = self.folder / "relays"
        more = (*self.engine.relay_options, "--config", str(self._config(which)), "--behind-proxy")
        self.relays[which] = self._kept(
            RelayProcess(None, *more, listen=f"127.0.0.1:{self.ports[which]}", log=folder / f"log-{which}",
                         temporary=folder / f"tmp-{which}"),
            RelayProcess.kill,
        )  # fmt: skip

    def start_proxy(self) -> None:
        """HAProxy as deploy/cluster has it; and it tells us which server is up."""
        folder = self.folder / "proxy"
        example = self._haproxy.read_text("utf-8")
        example = example.replace("global\n", f"global\n    stats socket ipv4@127.0.0.1:{self._statistics}\n", 1)
        command = write_haproxy(example, cluster_servers(self.ports), folder, self.port, self.authority, self._key)
        self.proxy = self._kept(ProxyProcess(command, self.port, log=folder / "log"), ProxyProcess.kill)

    # -- losing

    def lose_primary(self) -> tuple[Node, float]:
        """Kill a primary; it, and after how many seconds its replica had taken its place."""
        victim = self.engine.primaries()[0]
        replica = self.engine.node(victim.replicas()[0])
        began = time.monotonic()
        victim.end()
        self.engine.until(replica.is_primary, "the replica does not take over")
        return victim, time.monotonic() - began

    def lose_relay(self) -> None:
        """Kill the first relay process, which some of the people are at."""
        self.relays[0].kill()

    def bring_back_relay(self) -> None:
        """Start it again, and wait until HAProxy gives people to it."""
        self.start_relay(0)
        self._until(lambda: ",one,UP," in self._servers(), "HAProxy does not trust the relay again")

    def restart_relay(self) -> None:
        """Stop the first relay process in good order, and start it again."""
        if self.relays[0].stop().code:
            raise ProcessFailed("a relay process did not stop in good order")
        self.bring_back_relay()

    def fail_over_store(self) -> None:
        """Kill PostgreSQL's primary; promote the standby, give it one of its own, point the directory to it."""
        listen = self.names.authority
        self.store.kill()
        self.standby.promote()
        lost, self.store = self.store, self.standby
        self.standby = self._copied(self.store)
        self.store.set("synchronous_standby_names", STANDBY)
        self.names.kill()
        lost.remove()
        self.serve_names(listen)

    def empty(self) -> None:
        """All nodes, relay processes and the directory are lost with all they had, and the bucket; then what keeps
        boxes and files is there again, empty. The directory is not.
        """
        for process in (*self.relays.values(), self.names):
            process.kill()
        for node in self.engine.nodes:
            node.end()
        for server in (self.store, self.standby):
            server.remove()
        shutil.rmtree(self.folder / "names")
        for prefix in (self.bucket.objects / BUCKET).iterdir():
            shutil.rmtree(prefix)
        for node in self.engine.nodes:
            node.start()
        self.engine.until(self.engine.is_whole, "the cluster does not come together")

    # -- what there is

    def machines(self) -> Iterator[Machine]:
        """What an officer can take."""
        folder = self.folder
        yield Machine("engine", (folder / "engine",), tuple(node.pid for node in self.engine.nodes))
        yield Machine("relays", (folder / "relays",), tuple(relay.pid for relay in self.relays.values()))
        yield Machine("proxy", (folder / "proxy",), (self.proxy.pid,), connected=frozenset({Kind.ADDRESS}))
        yield Machine("bucket", (folder / "bucket",), (self.bucket.pid,))
        if (folder / "names").exists():
            servers = (self.store, self.standby)
            pids = [server.pids for server in servers]
            yield Machine(
                "names",
                (folder / "names", *(server.data for server in servers)),
                (self.names.pid, *chain.from_iterable(pids)),
                public=_NAMES,
                sharing=frozenset(pid for _, *others in pids for pid in others),
            )

    def objects(self) -> int:
        """How many objects are in the bucket."""
        return sum(path.is_file() for path in (self.bucket.objects / BUCKET).rglob("*"))

    def boxes(self) -> int:
        """How many boxes the engine holds."""
        return sum(int(node.ask("DBSIZE") or 0) for node in self.engine.primaries())

    # -- inside

    def _config(self, which: int) -> Path:
        return self.folder / f"relay-{which}.toml"

    def _kept(self, started: T, end: Callable[[T], object]) -> T:
        self._stack.callback(end, started)
        return started

    def _copied(self, server: PostgresServer) -> PostgresServer:
        return self._kept(server.copy(), PostgresServer.remove)

    def _servers(self) -> str:
        """The rows of HAProxy's statistics, as ``,server,STATUS,``."""
        with socket.create_connection(("127.0.0.1", self._statistics), _PATIENCE_S) as asked:
            asked.sendall(b"show stat\n")
            rows = b"".join(iter(lambda: asked.recv(65_536), b""))
        cells = (row.split(",") for row in rows.decode().splitlines() if row.startswith("relays,"))
        return "".join(f",{row[1]},{row[17]}," for row in cells)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                raise ProcessFailed(what)
            time.sleep(_LOOK_S)
