"""Servers as clusters of three on loopback: NATS JetStream, ejabberd, and our relay over an engine of three shards.

All processes of a cluster share one core, and their processor time is counted together. Senders and receivers are at
different nodes, but for our relay, of which there is one process: its nodes are the engine's.
"""

from __future__ import annotations

import itertools
import json
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE
from typing import Final

from bench.peers import ejabberd, nats
from bench.peers.found import debian_version, program
from bench.peers.interface import About, NotFound
from bench.peers.nats import NatsSession
from bench.peers.process import HERE, Process
from bench.peers.relay import RelaySession
from bench.peers.wire import Wire
from bench.peers.xmpp import XmppSession
from nullabona.processes.engine import EngineCluster, engine_programs, version_of
from nullabona.processes.ports import free_port

NODES: Final = 3
_PATIENCE_S: Final = 60.0
NATS_CLUSTER: Final = """server_name: {name}
http: "127.0.0.1:{http}"
cluster {{
  name: bench
  listen: "127.0.0.1:{own}"
  routes: [{routes}]
}}
"""


class Processes(Process):
    """Several processes that are measured and ended as one."""

    def __init__(self, folder: Path, members: Sequence[Process], end: Callable[[], None] | None = None) -> None:
        self.folder = folder
        self.members = list(members)
        self._end = end

    def pids(self) -> list[int]:
        """Of all."""
        return [pid for member in self.members for pid in member.pids()]

    def stop(self) -> None:
        """End all."""
        for member in self.members:
            member.stop()
        if self._end is not None:
            self._end()


class Nodes:
    """The ports of a cluster's nodes, each in turn."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._turns = itertools.cycle(ports)

    def __next__(self) -> int:
        return next(self._turns)


class NatsClusterSession(NatsSession):
    """Streams have three replicas, and every connection is to the next node."""

    replicas = NODES

    def __init__(self, ports: Sequence[int]) -> None:
        super().__init__(0)
        self._nodes = Nodes(ports)

    async def _connect(self) -> Wire:
        self._port = next(self._nodes)
        return await super()._connect()


class RunningNatsCluster:
    """Three servers."""

    def __init__(self, folder: Path, core: int, sync: str) -> None:
        self._ports = [free_port() for _ in range(NODES)]
        own, http = ([free_port() for _ in range(NODES)] for _ in range(2))
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in own)
        members = []
        for at, port in enumerate(self._ports):
            place = folder / f"n{at}"
            place.mkdir()
            config = folder.parent / f"{folder.name}-{at}.conf"
            named = NATS_CLUSTER.format(name=f"n{at}", own=own[at], http=http[at], routes=routes)
            config.write_text(nats.CONFIG.format(port=port, folder=place, sync=sync) + named)
            command = [program("nats-server"), "-c", config]
            members.append(Process(command, place, core, env={"GOMAXPROCS": "1"}))
        self.process: Process = Processes(folder, members)
        for member, port in zip(members, self._ports, strict=True):
            member.wait_port(port)
        _until(self.process, lambda: all(_has_leader(port) for port in http), "NATS has no leader")

    def session(self) -> NatsClusterSession:
        return NatsClusterSession(self._ports)


def _has_leader(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/jsz", timeout=5) as answer:
        meta = json.loads(answer.read()).get("meta_cluster", {})
    return bool(meta.get("leader")) and meta.get("cluster_size") == NODES


class NatsCluster:
    """JetStream with three replicas of each stream."""

    def __init__(self, *, always: bool) -> None:
        self._sync = "sync_interval: always" if always else ""
        self.about = About(
            f"nats-cluster-{'always' if always else 'default'}",
            f"three servers, streams with three replicas on files, sync_interval {'always' if always else '2m'}",
            "two of three have it" + (", on disk, synced" if always else ", written, not synced"),
            durable=always,
        )

    def version(self) -> str:
        return nats.Nats(always=True).version()

    def start(self, folder: Path, core: int) -> RunningNatsCluster:
        return RunningNatsCluster(folder, core, self._sync)


class EjabberdClusterSession(XmppSession):
    """Every connection is to the next node; an account's are to different ones."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._nodes = Nodes(ports)
        super().__init__(0, archive=False)

    @property
    def _port(self) -> int:
        return next(self._nodes)

    @_port.setter
    def _port(self, _port: int) -> None:
        """The nodes' own ports are used."""


class RunningEjabberdCluster:
    """Three Erlang nodes with a daemon for their names, which is ended with them."""

    def __init__(self, folder: Path, core: int) -> None:
        self._ports = [free_port() for _ in range(NODES)]
        self._names = free_port()
        self._cookie = secrets.token_hex(8)
        names = folder / "names"
        names.mkdir()
        daemon = Process([program("epmd"), "-address", "127.0.0.1", "-port", self._names], names, core)
        daemon.wait_port(self._names)
        members = [self._node(folder, core, at) for at in range(NODES)]
        self.process: Process = Processes(folder, [daemon, *members])
        try:
            for member, port in zip(members, self._ports, strict=True):
                member.wait_port(port)
            for at in range(1, NODES):
                self._join(folder, at)
                members[at].wait_port(self._ports[at])
            whole = "ejabberd_cluster", "get_nodes", "[]"
            _until(self.process, lambda: self._ask(folder, 0, *whole).count("@") == NODES, "ejabberd is not whole")
        except BaseException:
            self.process.stop()
            raise

    def session(self) -> EjabberdClusterSession:
        return EjabberdClusterSession(self._ports)

    def _join(self, folder: Path, at: int) -> None:
        said = self._ask(folder, at, "ejabberd_cluster", "join", "['e0@127.0.0.1']")
        if said != "ok":
            raise RuntimeError(f"a node of ejabberd does not join: {said}")

    def _environment(self, place: Path) -> dict[str, str]:
        return {"ERL_EPMD_PORT": str(self._names), "ERL_LIBS": "/usr/lib/x86_64-linux-gnu", "HOME": str(place)}

    def _node(self, folder: Path, core: int, at: int) -> Process:
        place = folder / f"e{at}"
        place.mkdir()
        config = folder.parent / f"{folder.name}-{at}.yml"
        config.write_text(
            ejabberd.CONFIG.format(port=self._ports[at], archive="false", modules=ejabberd.OFFLINE), encoding="utf-8"
        )
        env = self._environment(place) | {
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(place / "ejabberd.log"),
            "ERL_CRASH_DUMP": "/dev/null",
        }
        limits = ["+K", "true", "+P", "250000", "+Q", "32000", "+S", "1:1"]
        named = ["-name", f"e{at}@127.0.0.1", "-setcookie", self._cookie, "-start_epmd", "false"]
        loopback = ["-kernel", "inet_dist_use_interface", "{127,0,0,1}"]
        where = ["-noinput", "-mnesia", "dir", f'"{place}"', "-s", "ejabberd"]
        return Process([program("erl"), *limits, *named, *loopback, *where], place, core, env=env)

    def _ask(self, folder: Path, at: int, *call: str) -> str:
        """What a function answers at a node."""
        text = f"io:format(\"~w\", [rpc:call('e{at}@127.0.0.1', {', '.join(call)})]), halt()."
        named = ["-name", "ask@127.0.0.1", "-setcookie", self._cookie, "-start_epmd", "false", "-hidden"]
        command = [str(program("erl")), *named, "-noinput", "-eval", text]
        place = folder / "names"
        done = subprocess.run(
            command, env=self._environment(place), capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
        return done.stdout.strip()


class EjabberdCluster:
    """ejabberd without an archive."""

    about = About(
        "ejabberd-cluster", "three nodes, no archive; accounts and sessions at all of them", "nothing is answered",
        durable=False,
    )  # fmt: skip

    def version(self) -> str:
        program("epmd")
        return f"ejabberd {debian_version('ejabberd')}"

    def start(self, folder: Path, core: int) -> RunningEjabberdCluster:
        return RunningEjabberdCluster(folder, core)


class _Node(Process):
    """A node of an engine that `EngineCluster` started."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def pids(self) -> list[int]:
        return [self._pid]

    def stop(self) -> None:
        """`EngineCluster.close` does that."""


class RunningEngineRelay:
    """One relay process over three shards, each with a replica."""

    def __init__(self, folder: Path, core: int) -> None:
        cluster = EngineCluster(folder / "engine", primaries=NODES, replicas=1, overrides={"maxmemory": "1gb"})
        nodes = [_Node(node.pid) for node in cluster.nodes]
        for node in cluster.nodes:
            subprocess.run(["taskset", "-a", "-p", "-c", str(core), str(node.pid)], check=True, capture_output=True)
        address = cluster.address
        settings = {
            "engine": cluster.addresses,
            "engine_authority": str(address.authority),
            "engine_password": str(address.relay_password),
            "engine_keeper_password": str(address.keeper_password),
        }
        command = [sys.executable, "-m", "bench.peers.relay_serve", "--engine", json.dumps(settings)]
        relay = Process(command, folder, core, env=HERE, stdout=PIPE)
        self.process: Process = Processes(folder, [relay, *nodes], cluster.close)
        assert relay.popen.stdout is not None
        url = relay.popen.stdout.readline().decode().strip()
        if not url:
            self.process.stop()
            raise RuntimeError(f"the relay did not start: {relay.log.read_text()[-2_000:]}")
        self._url, self._host = url.replace("http", "ws") + "/v1", url.partition("//")[2]

    def session(self) -> RelaySession:
        return RelaySession(self._url, self._host)


class EngineRelay:
    """`nulla relay serve --engine`."""

    about = About(
        "nullabona-engine",
        "one relay process; an engine of three shards in memory, each with a replica, over TLS",
        "in the memory of one node; a replica has it soon after, members keep it",
        durable=False,
    )

    def version(self) -> str:
        programs = engine_programs()
        if programs is None:
            raise NotFound("there is no engine on this machine (tools/need_programs.sh)")
        server = Path(programs[0]).name
        return f"{version('nullabona')}, {server} {'.'.join(map(str, version_of(programs[0])))}"

    def start(self, folder: Path, core: int) -> RunningEngineRelay:
        return RunningEngineRelay(folder, core)


def _until(process: Process, holds: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            process.stop()
            raise RuntimeError(what)
        time.sleep(0.1)
