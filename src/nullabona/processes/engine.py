"""Nodes of an engine (redis-server or valkey-server) as a cluster on loopback, for drills, benchmarks and tests.

Each node has a folder of its own below one, speaks TLS only, and is set up as a relay asks for (spec/engine.md). Only
nodes that were started here are ever ended.
"""

from __future__ import annotations

import re
import secrets
import shutil
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nullabona.processes.ports import free_port
from nullabona.processes.program import ProcessFailed, Program, run
from nullabona.relay.shelves.engine.access import KEEPER, RELAY, REPLICA, USERS, acl_lines
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.engine.settings import NEEDED

SERVERS: Final = ("valkey-server", "redis-server")
CLIENTS: Final = ("valkey-cli", "redis-cli")
HOST: Final = "127.0.0.1"
MEMORY: Final = 64 * 2**20
NODE_TIMEOUT_MS: Final = 1_000
_FLAGS: Final = ("--engine", "--engine-authority", "--engine-password", "--engine-keeper-password")
_ADMIN: Final = "admin"
_PATIENCE_S: Final = 30.0
_BUS: Final = 10_000
"""A node's second port is its first one and this."""


def engine_programs() -> tuple[str, str] | None:
    """The server and the client of an engine on this machine, or None."""
    server, client = (next(filter(None, map(shutil.which, names)), None) for names in (SERVERS, CLIENTS))
    return None if server is None or client is None else (server, client)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a node runs: its address, and what stands before a command that runs there."""

    host: str = HOST
    enter: tuple[str, ...] = ()


class Node:
    """One node: a process that can be killed, stopped for a while, and started again empty."""

    def __init__(self, cluster: EngineCluster, port: int, machine: Machine) -> None:
        self.port = port
        self.machine = machine
        self.folder = cluster.folder / str(port)
        self.folder.mkdir()
        self._cluster = cluster
        self._process: Program | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, overrides: Mapping[str, str] | None = None) -> None:
        """Start it. ``overrides``: settings other than those a relay asks for."""
        lines = self._cluster.configuration(self, overrides or {})
        (self.folder / "node.conf").write_text("\n".join(lines) + "\n", "utf-8")
        command = (*self.machine.enter, self._cluster.server, str(self.folder / "node.conf"))
        self._process = Program(command, log=self.folder / "stderr", cwd=self.folder)

    def ask(self, *words: str) -> str:
        """What it answers to a command of its administrator; empty if it does not."""
        return self._cluster.cli("-p", str(self.port), *words, machine=self.machine)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send(number)

    def end(self) -> None:
        """End it at once."""
        if self._process is not None:
            self.send(signal.SIGCONT)
            self._process.kill()

    def last_words(self) -> str:
        """The last lines of its log, which say why it ended if it did."""
        log = self.folder / "log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        return " | ".join([str(self.port), *lines[-3:]])

    def is_primary(self) -> bool:
        """Whether it says so of itself."""
        return "role:master" in self.ask("INFO", "replication")

    def replicas(self) -> list[int]:
        """The ports of its replicas that are connected."""
        found = re.findall(r"^slave\d+:.*?port=(\d+),state=online", self.ask("INFO", "replication"), re.MULTILINE)
        return [int(port) for port in found]


class EngineCluster:
    """So many primaries, each with so many replicas, in ``folder``, which is made. Started when this returns.

    ``overrides`` are settings of all nodes other than those that a relay asks for. ``machines`` are those of the
    nodes, primaries first, if they are not all on this one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        primaries: int = 1,
        replicas: int = 0,
        overrides: Mapping[str, str] | None = None,
        machines: Sequence[Machine] = (),
    ) -> None:
        programs = engine_programs()
        if programs is None:
            raise ProcessFailed("there is no engine on this machine: run tools/need_programs.sh")
        self.server, self._client = programs
        self.newer = version_of(self.server) >= (7, 2)
        self.folder = folder
        folder.mkdir(parents=True)
        self.passwords = {name: secrets.token_hex(16) for name in (*USERS, _ADMIN)}
        self._machines = machines or (Machine(),) * (primaries * (1 + replicas))
        _write_certificates(folder, {HOST, *(machine.host for machine in self._machines)})
        self.nodes: list[Node] = []
        try:
            self._start(primaries, replicas, overrides or {})
        except BaseException:
            self.close()
            raise

    @property
    def addresses(self) -> list[str]:
        """Of all nodes, as a relay's settings take them."""
        return [f"{node.machine.host}:{node.port}" for node in self.nodes]

    @property
    def address(self) -> EngineAddress:
        """Where it is, as a relay's settings say it."""
        nodes = tuple((node.machine.host, node.port) for node in self.nodes)
        relay, keeper = map(self.password_file, (RELAY, KEEPER))
        return EngineAddress(nodes=nodes, authority=self.authority, relay_password=relay, keeper_password=keeper)

    @property
    def relay_options(self) -> list[str]:
        """The options of `nulla relay serve` for it."""
        values = (self.addresses[0], self.authority, *map(self.password_file, (RELAY, KEEPER)))
        return [word for flag, value in zip(_FLAGS, values, strict=True) for word in (flag, str(value))]

    @property
    def authority(self) -> Path:
        """The certificate that signed all nodes' own."""
        return self.folder / "ca.pem"

    def password_file(self, user: str) -> Path:
        """A file with a user's password, as a relay's settings take it."""
        path = self.folder / f"{user}.password"
        path.write_text(self.passwords[user] + "\n", "utf-8")
        path.chmod(0o600)
        return path

    def configuration(self, node: Node, overrides: Mapping[str, str]) -> list[str]:
        """The lines of a node's configuration file."""
        settings = {setting.name: setting.value for setting in NEEDED}
        settings |= {
            "maxmemory": str(MEMORY),
            "cluster-node-timeout": str(NODE_TIMEOUT_MS),
            "repl-diskless-sync-delay": "0",
        }
        # A node that has met no other one does not know its own address.
        settings |= {
            "cluster-announce-ip": node.machine.host,
            "bind": node.machine.host,
            "port": "0",
            "tls-port": str(node.port),
            "daemonize": "no",
            "dir": str(node.folder),
        }
        settings |= {"tls-cluster": "yes", "tls-replication": "yes", "tls-auth-clients": "optional"}
        settings |= {"tls-ca-cert-file": str(self.authority), "tls-cert-file": str(self.folder / "node.pem")}
        settings |= {"tls-key-file": str(self.folder / "node.key"), "logfile": str(node.folder / "log")}
        settings |= {"masteruser": REPLICA, "masterauth": self.passwords[REPLICA], "enable-debug-command": "local"}
        settings |= overrides
        lines = [f"{name} {value or chr(34) * 2}" for name, value in settings.items()]
        admin = f"user {_ADMIN} on >{self.passwords[_ADMIN]} ~* &* +@all"
        return [*lines, *acl_lines(self.passwords, newer=self.newer), admin]

    def cli(self, *words: str, stdin: str = "", machine: Machine = Machine()) -> str:
        """What the engine's own client prints; empty if it failed."""
        tls = ("--tls", "--cacert", str(self.authority))
        env = {"REDISCLI_AUTH": self.passwords[_ADMIN]}
        command = (*machine.enter, self._client, "-h", machine.host, *tls, "--user", _ADMIN, *words)
        ended = run(command, env=env, stdin=stdin, patience_s=60)
        return ended.out.strip() if ended.code == 0 else ""

    def node(self, port: int) -> Node:
        """The node there."""
        return next(node for node in self.nodes if node.port == port)

    def primaries(self) -> list[Node]:
        """The nodes that say of themselves that they are primaries."""
        return [node for node in self.nodes if node.is_primary()]

    def until(self, holds: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
        """Wait until ``holds()``; raises `ProcessFailed` with ``what`` and the nodes' logs if it does not come true."""
        deadline = monotonic() + patience_s
        while not holds():
            if monotonic() > deadline:
                raise ProcessFailed("; ".join([what, *(node.last_words() for node in self.nodes)]))
            sleep(0.02)

    def is_whole(self) -> bool:
        """Whether every node sees all slots served."""
        return all("cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in self.nodes)

    def close(self) -> None:
        """End every node. Harmless when repeated."""
        for node in self.nodes:
            node.end()

    def _start(self, primaries: int, replicas: int, overrides: Mapping[str, str]) -> None:
        for machine in self._machines:
            node = Node(self, free_port(apart=_BUS), machine)
            self.nodes.append(node)
            node.start(overrides)
        self.until(lambda: all(node.ask("PING") == "PONG" for node in self.nodes), "a node does not answer")
        first, leaders = self.nodes[0], self.nodes[:primaries]
        for at, node in enumerate(leaders):
            last = (at + 1) * 16_384 // primaries - 1
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", str(at + 1))
            node.ask("CLUSTER", "ADDSLOTSRANGE", str(at * 16_384 // primaries), str(last))
        for node in self.nodes[1:]:
            node.ask("CLUSTER", "MEET", first.machine.host, str(first.port))
        self.until(self.is_whole, "the cluster does not come together")
        names = [node.ask("CLUSTER", "MYID") for node in leaders]
        for at, node in enumerate(self.nodes[primaries:]):
            self.until(partial(self._follow, node, names[at % primaries]), "a node follows nobody")
        if replicas:
            self.until(lambda: self._is_followed(replicas), "the replicas do not follow")

    def _follow(self, node: Node, name: str) -> bool:
        return node.ask("CLUSTER", "REPLICATE", name) == "OK"

    def _is_followed(self, replicas: int) -> bool:
        followers = len(self.nodes) * replicas // (1 + replicas)
        known = (node.ask("CLUSTER", "NODES").count("slave ") for node in self.nodes)
        return sum(len(node.replicas()) for node in self.nodes) == followers and all(one == followers for one in known)


def version_of(server: str) -> tuple[int, ...]:
    """The version of an engine's server."""
    found = re.search(r"v=([\d.]+)", run((server, "--version")).out)
    assert found is not None
    return tuple(map(int, found[1].split(".")))


def _write_certificates(folder: Path, hosts: Collection[str]) -> None:
    """An authority, and a certificate of all nodes at ``hosts`` that it signed."""
    authority, node = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("engine", HOST))
    begin, end = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(days=2)

    def builder(of: x509.Name, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(of).issuer_name(issuer).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
        return made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)

    addresses = [x509.IPAddress(ip_address(host)) for host in sorted(hosts)]
    names = x509.SubjectAlternativeName([*addresses, x509.DNSName("localhost")])
    top = builder(issuer, authority, ca=True).sign(authority, hashes.SHA256())
    own = builder(subject, node, ca=False).add_extension(names, critical=False).sign(authority, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(top.public_bytes(pem))
    (folder / "node.pem").write_bytes(own.public_bytes(pem))
    key = node.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "node.key").write_bytes(key)
