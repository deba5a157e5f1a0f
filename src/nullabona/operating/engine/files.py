"""Writes what the nodes of a new engine need: configuration, users, certificates, passwords (spec/engine.md §5, §6)."""

from __future__ import annotations

import json
import os
import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from nullabona.errors import UserError
from nullabona.machine.opening import opening
from nullabona.machine.settings import BadConfig, parse_endpoint, read_toml
from nullabona.operating.engine.certificates import Authority
from nullabona.relay.shelves.engine.access import KEEPER, OPERATOR, RELAY, REPLICA, USERS, acl_lines
from nullabona.relay.shelves.engine.settings import NEEDED

PLACE: Final = Path("/etc/nullabona-engine")
"""Where a node's files are on its own machine, in a folder of its port."""
STATE: Final = Path("/var/lib/nullabona-engine")
_BUS: Final = 10_000
_AT_LEAST: Final = 3
"""Votes of a majority of primaries decide who takes a lost one's place: with fewer nobody does."""


class EngineFilesExist(UserError):
    """The folder for a new engine's files has something in it."""

    code = "engine-files-exist"
    default_hint = "name a folder that is new: passwords that nodes have already must not be overwritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an engine is to be. Which nodes become primaries is decided when the cluster is formed."""

    nodes: tuple[tuple[str, int], ...]
    replicas: int
    """Of each primary."""
    memory: int
    """Bytes that each node may use for boxes."""
    newer: bool
    """Servers of version 7.2 or later."""
    place: Path = PLACE
    """Where the nodes will find their files."""
    state: Path = STATE


def plan_of(nodes: Sequence[str], *, replicas: int, memory: int, newer: bool, place: Path, state: Path) -> Plan:
    """Raises `BadConfig` for addresses that are none or double, and for a number of nodes that makes no cluster."""
    hosts = _places(nodes)
    if len(hosts) % (1 + replicas) or len(hosts) // (1 + replicas) < _AT_LEAST:
        raise BadConfig(
            f"{len(hosts)} nodes are not three or more primaries with {replicas} replicas each",
            hint=f"name {_AT_LEAST * (1 + replicas)} nodes or more, a multiple of {1 + replicas}",
        )
    return Plan(nodes=hosts, replicas=replicas, memory=memory, newer=newer, place=place, state=state)


def _places(nodes: Sequence[str]) -> tuple[tuple[str, int], ...]:
    found = [parse_endpoint(node) for node in nodes]
    hosts = tuple((each.host, each.port) for each in found)
    if any(each.path is not None for each in found) or len(set(hosts)) < len(hosts):
        raise BadConfig("each node has an address HOST:PORT of its own")
    if any(not 0 < port <= 65_535 - _BUS for _, port in hosts):
        raise BadConfig(f"nodes speak to each other at their port + {_BUS}, so it is at most {65_535 - _BUS}")
    return hosts


def write_engine_files(plan: Plan, folder: Path) -> Iterator[Path]:
    """Write everything below ``folder``, which is made, mode 0700; the path of each file once it is written.

    Raises `EngineFilesExist`, `PathUnusable`.
    """
    with opening(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise EngineFilesExist(f"the folder {folder} is not empty")
    passwords = {user: secrets.token_hex(32) for user in USERS}
    for user, password in passwords.items():
        yield _write(folder / "passwords" / user, f"{password}\n".encode())
    authority = Authority()
    yield _write(folder / "authority.key", authority.pair.key)
    yield _write(folder / "authority.pem", authority.pair.certificate, mode=0o644)
    yield _write(folder / "engine.toml", _plan_lines(plan).encode())
    for host, port in plan.nodes:
        yield from _write_node(plan, folder, (host, port), authority, passwords)
    yield _write(folder / "relay.toml", _relay_lines(plan).encode())


def add_node_files(folder: Path, node: str) -> tuple[Plan, list[Path]]:
    """Write the files of one more node of the engine that was begun in ``folder``; what it was begun as, and the files.

    Raises `BadConfig`, `EngineFilesExist`, `PathUnusable`.
    """
    said = read_toml(folder / "engine.toml", ())
    try:
        plan = Plan(
            nodes=_places([said["first"]]),
            replicas=int(said["replicas"]), memory=int(said["memory"]), newer=bool(said["newer"]),
            place=Path(said["place"]), state=Path(said["state"]),
        )  # fmt: skip
    except (KeyError, ValueError, TypeError) as error:
        raise BadConfig(f"{folder / 'engine.toml'} is not what `engine init` wrote") from error
    (place,) = _places([node])
    if (folder / "nodes" / f"{place[0]}-{place[1]}").exists():
        raise EngineFilesExist(f"there are files of {node} already")
    with opening(folder):
        passwords = {user: (folder / "passwords" / user).read_text("utf-8").strip() for user in USERS}
        key = (folder / "authority.key").read_bytes()
    try:
        authority = Authority.of(key)
    except ValueError as error:
        raise BadConfig(f"{folder / 'authority.key'} is not the key of an authority") from error
    return plan, list(_write_node(plan, folder, place, authority, passwords))


def _write_node(
    plan: Plan, folder: Path, node: tuple[str, int], authority: Authority, passwords: Mapping[str, str]
) -> Iterator[Path]:
    host, port = node
    place = folder / "nodes" / f"{host}-{port}"
    pair = authority.certificate_for(host)
    yield _write(place / "node.conf", _configuration(plan, host, port, passwords[REPLICA]).encode())
    yield _write(place / "users.acl", "\n".join([*acl_lines(passwords, newer=plan.newer), ""]).encode())
    yield _write(place / "authority.pem", (folder / "authority.pem").read_bytes())
    yield _write(place / "node.pem", pair.certificate)
    yield _write(place / "node.key", pair.key)


def commands_that_form(plan: Plan, folder: Path) -> list[str]:
    """What an operator types once all nodes run: the cluster, then a look at it."""
    nodes = " ".join(f"{_met_at(host)}:{port}" for host, port in plan.nodes)
    form = f"{_client(plan, folder)} --cluster create {nodes} --cluster-replicas {plan.replicas} --cluster-yes"
    return [form, _check(folder)]


def commands_that_add(plan: Plan, folder: Path, node: str, *, shard: bool) -> list[str]:
    """What an operator types once one more node runs: as a shard of its own, or as a replica of whom lacks one."""
    ((host, port),), ((new, new_port),) = plan.nodes, _places([node])
    known, client = f"{_met_at(host)}:{port}", _client(plan, folder)
    join = f"{client} --cluster add-node {_met_at(new)}:{new_port} {known}"
    if not shard:
        return [f"{join} --cluster-slave", _check(folder)]
    # One key at a time: a node answers nobody while it moves keys, and relays wait two seconds. The new node is asked,
    # because an old one that has not heard of it yet says that nothing is to be moved. The first attempts may be
    # refused until all nodes have heard of it, and one may leave a slot half moved: then `fix` ends that move.
    at = f"{_met_at(new)}:{new_port}"
    move = (
        f"{client} --cluster fix {at} --cluster-pipeline 1 && "
        f"{client} --cluster rebalance {at} --cluster-use-empty-masters --cluster-pipeline 1"
    )
    # Some versions end while slots move: the check says so.
    return [_check(folder), join, move, _check(folder)]


def _client(plan: Plan, folder: Path) -> str:
    program = "valkey-cli" if plan.newer else "redis-cli"
    password, authority = (shlex.quote(str(folder / name)) for name in (f"passwords/{OPERATOR}", "authority.pem"))
    return f'REDISCLI_AUTH="$(cat {password})" {program} --tls --cacert {authority} --user {OPERATOR}'


def _check(folder: Path) -> str:
    return f"nulla relay engine check --config {shlex.quote(str(folder / 'relay.toml'))}"


def _met_at(host: str) -> str:
    """Nodes meet each other by address only."""
    return host if _is_address(host) else f"$(getent ahostsv4 {shlex.quote(host)} | awk 'NR == 1 {{ print $1 }}')"


def _configuration(plan: Plan, host: str, port: int, replica_password: str) -> str:
    place, state = plan.place / str(port), plan.state / str(port)
    settings = {setting.name: setting.value for setting in NEEDED}
    settings |= {"maxmemory": str(plan.memory)}
    settings |= {
        "bind": host if _is_address(host) else "* -::*",
        "protected-mode": "no",  # everybody but the users of the file is refused, and speaks TLS
        "port": "0",
        "tls-port": str(port),
        "cluster-config-file": "cluster-map.conf",
        "daemonize": "no",
        "dir": str(state),
        "logfile": "",
        "loglevel": "warning",
        "aclfile": str(place / "users.acl"),
        "masteruser": REPLICA,
        "masterauth": replica_password,
        "tls-cluster": "yes",
        "tls-replication": "yes",
        "tls-auth-clients": "optional",
        "tls-protocols": '"TLSv1.3"',
        "tls-session-caching": "no",
        "tls-ca-cert-file": str(place / "authority.pem"),
        "tls-cert-file": str(place / "node.pem"),
        "tls-key-file": str(place / "node.key"),
    }
    # Others reach a node by the name that its certificate has. It meets them by address, which it knows by itself.
    announced = {"cluster-announce-ip": host} if _is_address(host) else {
        "cluster-announce-hostname": host, "cluster-preferred-endpoint-type": "hostname",
    }  # fmt: skip
    lines = [f"{name} {value or chr(34) * 2}" for name, value in (settings | announced).items()]
    return "\n".join([f"# Node {host}:{port} of an engine. nulla relay engine check says what must not be changed.",
                      *lines, ""])  # fmt: skip


def _plan_lines(plan: Plan) -> str:
    host, port = plan.nodes[0]
    values = {"first": f"{host}:{port}", "replicas": plan.replicas, "memory": plan.memory, "newer": plan.newer,
              "place": str(plan.place), "state": str(plan.state)}  # fmt: skip
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(["# What `nulla relay engine add` is to know of this engine.", *lines, ""])


def _relay_lines(plan: Plan) -> str:
    nodes = ", ".join(f'"{host}:{port}"' for host, port in plan.nodes)
    return (
        "# What a relay's configuration says of this engine. Paths are relative to this file.\n"
        f"engine = [{nodes}]\n"
        'engine_authority = "authority.pem"\n'
        f'engine_password = "passwords/{RELAY}"\n'
        f'engine_keeper_password = "passwords/{KEEPER}"\n'
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    with opening(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    return path
