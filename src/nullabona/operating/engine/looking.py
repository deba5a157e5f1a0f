"""Looks at every node of an engine and changes nothing: settings, users, TLS, functions, replicas, slots, memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from nullabona.errors import NullabonaError
from nullabona.extras import ExtraMissing, installed
from nullabona.findings import Finding, good, refused, warning, wrong
from nullabona.operating.engine.cluster_map import ClusterMap, Member, ask_for_map
from nullabona.operating.engine.node import NodeConnection, Reach
from nullabona.operating.engine.rights import of_users
from nullabona.operating.engine.versions import mended_in
from nullabona.relay.shelves.engine.access import KEEPER, LIBRARY_NAME, RELAY
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.engine.settings import NEEDED, complaints

MANY: Final = 80
"""From so many hundredths of a node's memory on, there should be another shard."""
FULL: Final = 95
LAG_BYTES: Final = 1 << 20
"""A replica that is further behind copies everything again if its connection breaks: a backlog holds no more."""
_SILENCE_S: Final = 10
_OFFSET: Final = re.compile(r",offset=(\d+),")
_TLS: Final = {"port": "0", "tls-replication": "yes", "tls-cluster": "yes"}


def check_engine(address: EngineAddress) -> Iterator[Finding]:
    """What is wrong with each node, and with all together. A node that is silent takes up to five seconds."""
    if not installed("engine"):
        yield refused(ExtraMissing("engine"))
    try:
        keeper = Reach.of(address.authority, KEEPER, address.keeper_password)
        relay = Reach.of(address.authority, RELAY, address.relay_password)
        found = ask_for_map((f"{host}:{port}" for host, port in address.nodes), keeper)
    except NullabonaError as error:
        yield refused(error)
        return
    if found.missing:
        yield wrong("engine-slots-missing", count=found.missing)
    else:
        yield good("engine-slots-here", shards=len(found.primaries), nodes=len(found.members))
    for member in sorted(found.members, key=lambda each: each.address):
        trouble = list(_of_member(found, member, keeper, relay))
        yield from trouble or [good("engine-node-answers", node=member.address)]


def _of_member(found: ClusterMap, member: Member, keeper: Reach, relay: Reach) -> Iterator[Finding]:
    node = member.address
    try:
        with keeper.open(node) as connection:
            yield from _of_settings(connection)
            yield from _of_version(connection)
            yield from _of_functions(connection, member)
            yield from _of_memory(connection)
            yield from _of_copies(connection, found, member)
        yield from of_users(node, relay)
    except NullabonaError as error:
        yield refused(error)
        return
    if member.lost:
        yield wrong("engine-node-lost", node=node)


def _of_settings(connection: NodeConnection) -> Iterator[Finding]:
    said = connection.settings(*(setting.name for setting in NEEDED), *_TLS)
    yield from map(refused, complaints(connection.node, said))
    for name, value in _TLS.items():
        if said.get(name) != value:
            yield wrong("engine-node-plain", node=connection.node, setting=name, value=said.get(name, ""), needed=value)


def _of_version(connection: NodeConnection) -> Iterator[Finding]:
    server = connection.info("server")
    if mended := mended_in(server):
        said = server.get("valkey_version", server.get("redis_version", ""))
        yield warning("engine-node-ends", node=connection.node, version=said, mended=mended)


def _of_functions(connection: NodeConnection, member: Member) -> Iterator[Finding]:
    """Relays load them at their start, and when an append finds none: so it is no more than a warning."""
    if not connection.ask("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY_NAME) and (member.primary or member.slots):
        yield warning("engine-functions-missing", node=connection.node)


def _of_memory(connection: NodeConnection) -> Iterator[Finding]:
    memory = connection.info("memory")
    used, most = int(memory.get("used_memory", 0)), int(memory.get("maxmemory", 0))
    if not most:
        return  # the settings said so
    values = {"node": connection.node, "percent": used * 100 // most, "free": max(0, most - used) // 2**20}
    if used * 100 >= most * FULL:
        yield wrong("engine-memory-full", **values)
    elif used * 100 >= most * MANY:
        yield warning("engine-memory-short", **values)


def _of_copies(connection: NodeConnection, found: ClusterMap, member: Member) -> Iterator[Finding]:
    state = connection.info("replication")
    if member.primary:
        if state.get("master_link_status") != "up":
            yield wrong("engine-replica-cut", node=connection.node)
            return
        behind = int(state.get("master_last_io_seconds_ago", 0))
        if behind > _SILENCE_S:
            yield warning("engine-replica-silent", node=connection.node, seconds=behind)
        return
    if not member.slots:
        yield warning("engine-node-idle", node=connection.node)
        return
    copies = found.replicas_of(member)
    if not copies:
        yield wrong("engine-replica-none", node=connection.node)
    elif all(each.host == member.host for each in copies):
        yield warning("engine-replica-beside", node=connection.node, host=member.host)
    lags = (int(copied[1]) for row in state.values() if (copied := _OFFSET.search(row)))
    most = max((int(state.get("master_repl_offset", 0)) - offset for offset in lags), default=0)
    if most > LAG_BYTES:
        yield warning("engine-replica-behind", node=connection.node, kilobytes=most // 1_024)
