"""`nulla relay engine init`, `check` and `drain`, on nodes that run with what `init` wrote."""

from __future__ import annotations

import re
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nullabona.operating.engine.cluster_map import ClusterMap, Member, map_of
from nullabona.operating.engine.node import NodeConnection, NodeRefused, NodeUnknown, Reach
from nullabona.processes.ports import free_port
from nullabona.relay.shelves.engine.access import FUNCTIONS, KEEPER, KEYS_AGREE, OPERATOR, RELAY, USERS
from nullabona.relay.shelves.engine.driver import slot_of
from tests.cli.shell import nulla
from tests.operating.engine_nodes import InitialisedEngine
from tests.relay.engines import needs_engine

pytestmark = needs_engine


def ports(count: int) -> list[int]:
    """Free ports whose second one can be free, too."""
    found: set[int] = set()
    while len(found) < count:
        port = free_port()
        found |= {port} if port <= 55_000 else set()
    return sorted(found)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InitialisedEngine]:
    """Three primaries with a replica each, formed by the printed command, with one relay's functions."""
    made = InitialisedEngine(tmp_path_factory.mktemp("engine"), ports(6), replicas=1)
    try:
        made.typed(made.form)
        wait_until_whole(made)
        yield made
    finally:
        made.close()


def wait_until_whole(engine: InitialisedEngine) -> None:
    """Until all nodes agree and every replica copies."""
    end = time.monotonic() + 60
    while True:
        found = engine.check()[1]
        bad = [each for each in found if each["level"] == "wrong"]
        if not bad:
            return
        assert time.monotonic() < end, bad


def keys(found: list[dict[str, Any]], level: str) -> set[str]:
    return {each["finding"] for each in found if each["level"] == level}


def map_at(engine: InitialisedEngine, port: int) -> ClusterMap:
    """The cluster as the node there sees it."""
    folder = engine.folder / "made"
    reach = Reach.of(folder / "authority.pem", OPERATOR, folder / "passwords" / OPERATOR)
    with reach.open(f"{engine.host}:{port}") as connection:
        return map_of(connection)


# -- init


def test_secrets_are_for_their_owner_only(engine: InitialisedEngine) -> None:
    """But for the certificate that relays and clients of the nodes need, no file can be read by others."""
    folder = engine.folder / "made"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in engine.files if path.exists()}
    modes |= {path.name: stat.S_IMODE(path.stat().st_mode) for path in (engine.folder / "machine").rglob("*.*")}
    assert {"authority.pem"} == {name for name, mode in modes.items() if mode != 0o600} | {"authority.pem"}
    assert set(USERS) == {path.name for path in (folder / "passwords").iterdir()}
    kept = "".join(path.read_text() for path in (engine.folder / "machine").rglob("users.acl"))
    assert [] == [each for each in (folder / "passwords").iterdir() if each.read_text().strip() in kept]


def test_nothing_is_written_over(engine: InitialisedEngine) -> None:
    """Passwords that nodes have already stay, and a number of nodes that makes no cluster is refused."""
    nodes = [word for port in (7_001, 7_002, 7_003) for word in ("--node", f"192.0.2.1:{port}")]
    again = nulla("relay", "engine", "init", str(engine.folder / "made"), *nodes, "--replicas", "0")
    assert (1, True) == (again.code, "[engine-files-exist]" in again.err)
    few = nulla("relay", "engine", "init", str(engine.folder / "few"), *nodes)
    assert (1, True, False) == (few.code, "[bad-config]" in few.err, (engine.folder / "few").exists())


@pytest.mark.slow
def test_nodes_can_be_named_by_host(tmp_path: Path) -> None:
    """Relays are told the names, which the certificates have; nodes meet by address."""
    named = InitialisedEngine(tmp_path, ports(3), replicas=0, host="localhost")
    try:
        named.typed(named.form)
        assert {f"localhost:{port}" for port in named.ports} == {
            each.address for each in map_at(named, named.ports[0]).members
        }
        found = named.check()[1]
        assert {"engine-replica-none"} == keys(found, "wrong"), found
    finally:
        named.close()


# -- check


def test_a_good_engine_is_good(engine: InitialisedEngine) -> None:
    """All slots, six nodes; that replicas share a machine is said, and no relay has loaded functions yet."""
    code, found = engine.check()
    assert (0, {"engine-slots-here"}) == (code, keys(found, "good") - {"engine-node-answers"})
    assert {"engine-replica-beside", "engine-functions-missing"} == keys(found, "warning") - {"engine-node-ends"}
    korean = nulla("relay", "engine", "check", "--config", str(engine.folder / "made/relay.toml"), "--lang", "ko")
    assert (0, 6) == (korean.code, korean.out.count("함수가 없어요")), korean.out


@pytest.mark.parametrize(
    ("setting", "value", "finding"),
    [("appendonly", "yes", "engine-settings"), ("tls-replication", "no", "engine-node-plain")],
)
def test_a_wrong_setting_is_found(engine: InitialisedEngine, setting: str, value: str, finding: str) -> None:
    """Also where the server was told so while it ran; all of them are named, with the node."""
    port = engine.ports[0]
    engine.ask(port, "CONFIG", "SET", setting, value, "slowlog-log-slower-than", "10")
    code, found = engine.check()
    engine.ask(port, "CONFIG", "SET", setting, "no" if value == "yes" else "yes", "slowlog-log-slower-than", "-1")
    bad = [each["message"] for each in found if each["level"] == "wrong"]
    assert (1, {finding, "engine-settings"}) == (code, keys(found, "wrong"))
    assert (2, 2) == (len(bad), sum(str(port) in each for each in bad)), bad


@pytest.mark.slow
def test_a_user_with_too_many_rights_is_found(engine: InitialisedEngine) -> None:
    """A relay that reads settings, anybody without a password, and a relay that may not call functions."""
    port = engine.ports[1]
    engine.ask(port, "ACL", "SETUSER", RELAY, "+config|get")
    engine.ask(port, "ACL", "SETUSER", "default", "on", "nopass", "+ping")
    wide = engine.check()[1]
    engine.ask(port, "ACL", "LOAD")
    engine.ask(port, "ACL", "SETUSER", RELAY, "-@all", "+auth")
    narrow = engine.check()[1]
    engine.ask(port, "ACL", "LOAD")
    users = {each["values"]["user"] for each in wide if each["finding"] == "engine-user-rights"}
    assert ({RELAY, "default"}, {"engine-user-lacks"}) == (users, keys(narrow, "wrong"))
    assert 0 == engine.check()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rights", "lacking"),
    [
        (("-fcall", *(f"+fcall|{name.decode()}" for name in FUNCTIONS["FCALL"] if name != KEYS_AGREE)), "nw1_agree"),
        (("-set", "-time"), "TIME, SET w:*"),
        (("resetkeys", "~b:*", "~d:*"), "SET w:*, GETRANGE w:*, STRLEN w:*, DEL w:*"),
        (("resetchannels", "&b:*"), "SPUBLISH d:*, SSUBSCRIBE d:*"),
        (
            ("-spublish", "-ssubscribe", "-sunsubscribe"),
            "SPUBLISH b:*, SPUBLISH d:*, SSUBSCRIBE b:*, SSUBSCRIBE d:*, SUNSUBSCRIBE b:*",
        ),
        (("-ping", "-asking", "-cluster|slots"), "PING, ASKING, CLUSTER SLOTS"),
    ],
)
def test_a_right_that_is_missing_is_named(engine: InitialisedEngine, rights: tuple[str, ...], lacking: str) -> None:
    """A node with the users of an older release: each function, key, channel and command that is missing."""
    port = engine.ports[1]
    assert "OK" == engine.ask(port, "ACL", "SETUSER", RELAY, *rights)
    code, found = engine.check()
    assert "OK" == engine.ask(port, "ACL", "LOAD")
    wrong = {(each["finding"], each["values"].get("lacking")) for each in found if each["level"] == "wrong"}
    assert (1, {("engine-user-lacks", lacking)}) == (code, wrong)


def test_a_look_leaves_nothing(engine: InitialisedEngine) -> None:
    """What is tried to find out about rights makes no key, whatever node has the slot."""
    before = [engine.ask(port, "DBSIZE") for port in engine.ports]
    assert 0 == engine.check()[0]
    assert before == [engine.ask(port, "DBSIZE") for port in engine.ports]


@pytest.mark.slow
def test_memory_is_watched(engine: InitialisedEngine) -> None:
    """A warning from four fifths on, and wrong when it is nearly full."""
    port = engine.ports[2]
    used = int(re.findall(r"used_memory:(\d+)", engine.ask(port, "INFO", "memory"))[0])
    engine.ask(port, "CONFIG", "SET", "maxmemory", str(used * 100 // 87))
    short = engine.check()
    engine.ask(port, "CONFIG", "SET", "maxmemory", str(used * 100 // 99))
    full = engine.check()
    engine.ask(port, "CONFIG", "SET", "maxmemory", str(64 * 2**20))
    assert (0, True) == (short[0], "engine-memory-short" in keys(short[1], "warning"))
    assert (1, {"engine-memory-full"}) == (full[0], keys(full[1], "wrong"))


def test_a_node_of_another_authority_is_not_spoken_to(engine: InitialisedEngine, tmp_path: Path) -> None:
    """Neither is a password told to it, nor to a node whose certificate names another host."""
    nodes = [word for port in (7_001, 7_002, 7_003) for word in ("--node", f"192.0.2.1:{port}")]
    assert 0 == nulla("relay", "engine", "init", str(tmp_path / "other"), *nodes, "--replicas", "0").code
    code, found = engine.check("--engine-authority", str(tmp_path / "other/authority.pem"))
    assert (1, {"engine-node-unknown"}) == (code, keys(found, "wrong"))
    folder = engine.folder / "made"
    reach = Reach.of(folder / "authority.pem", KEEPER, folder / "passwords" / KEEPER)
    with pytest.raises(NodeUnknown):
        NodeConnection(f"localhost:{engine.ports[0]}", reach)


def test_the_operator_cannot_ask_for_a_box(engine: InitialisedEngine) -> None:
    """What moves slots calls no function and reads no list."""
    folder = engine.folder / "made"
    reach = Reach.of(folder / "authority.pem", OPERATOR, folder / "passwords" / OPERATOR)
    for words in (("LRANGE", "b:x", "0", "1"), ("FCALL_RO", "nb1_read", "1", "b:x", "0", "1", "1"), ("SCAN", "0")):
        with reach.open(f"127.0.0.1:{engine.ports[0]}") as connection, pytest.raises(NodeRefused) as refused:
            connection.ask(*words)
        assert "NOPERM" == refused.value.word


def test_the_operator_moves_a_slot(engine: InitialisedEngine) -> None:
    """With what is in it: that is how a shard is added."""
    folder, key = engine.folder / "made", "b:moved"
    reach = Reach.of(folder / "authority.pem", OPERATOR, folder / "passwords" / OPERATOR)
    found, slot = map_at(engine, engine.ports[0]), slot_of(key.encode())
    source = next(each for each in found.primaries if engine.ask(port_of(each), "RPUSH", key, "frame") == "1")
    target = next(each for each in found.primaries if each != source)
    with reach.open(target.address) as there, reach.open(source.address) as here:
        there.ask("CLUSTER", "SETSLOT", str(slot), "IMPORTING", source.name)
        here.ask("CLUSTER", "SETSLOT", str(slot), "MIGRATING", target.name)
        host, _, port = target.address.rpartition(":")
        moved = here.ask("MIGRATE", host, port, "", "0", "5000", "AUTH2", OPERATOR, reach.password, "KEYS", key)
        for connection in (there, here):
            connection.ask("CLUSTER", "SETSLOT", str(slot), "NODE", target.name)
    assert b"OK" == moved
    assert "frame" == engine.ask(port_of(target), "LRANGE", key, "0", "0")
    engine.ask(port_of(target), "DEL", key)


def port_of(member: Member) -> int:
    """The port of a node."""
    return int(member.address.rpartition(":")[2])


# -- drain


@pytest.mark.slow
def test_a_primary_is_drained_and_stopped(engine: InitialisedEngine) -> None:
    """A replica takes its place before it may be stopped; all slots are served when it has gone, and it comes back."""
    primary = map_at(engine, engine.ports[0]).primaries[0].address
    port = int(primary.rpartition(":")[2])
    code, found = engine.drain(port)
    assert (0, ["engine-drain-begins-here", "engine-drained-here"]) == (code, [each["finding"] for each in found[-2:]])
    engine.stop(port)
    code, found = engine.check()
    assert (1, True) == (code, "engine-slots-here" in keys(found, "good")), found
    assert keys(found, "wrong") <= {"engine-node-silent", "engine-replica-none"}, found
    engine.start(port)
    wait_until_whole(engine)
    again = engine.drain(port)
    assert (0, ["engine-drain-last-replica", "engine-drained-here"]) == (
        again[0], [each["finding"] for each in again[1]],
    )  # fmt: skip


@pytest.mark.slow
def test_places_can_change_again_and_again(engine: InitialisedEngine) -> None:
    """Without the wait a node takes its last votes for new ones, and the shard answers nothing for five seconds."""
    primary = map_at(engine, engine.ports[0]).primaries[0]
    (replica,) = map_at(engine, engine.ports[0]).replicas_of(primary)
    epochs = [epoch_of(engine)]
    for node in (primary, replica, primary, replica):
        code, found = engine.drain(port_of(node))
        assert (0, "engine-drained-here") == (code, found[-1]["finding"]), found
        wait_until_whole(engine)
        epochs.append(epoch_of(engine))
    assert sorted(set(epochs)) == epochs, "somebody led without an election"


def epoch_of(engine: InitialisedEngine) -> int:
    """How many elections the nodes know of."""
    said = engine.ask(engine.ports[0], "CLUSTER", "INFO")
    return int(re.findall(r"cluster_current_epoch:(\d+)", said)[0])


@pytest.mark.slow
def test_a_primary_without_a_replica_must_not_be_stopped(engine: InitialisedEngine) -> None:
    """Nor one whose replica does not answer; a node that is not there is said to be none."""
    found = map_at(engine, engine.ports[0])
    primary = found.primaries[0]
    (replica,) = found.replicas_of(primary)
    port = int(replica.address.rpartition(":")[2])
    engine.stop(port, signal.SIGKILL)
    code, said = engine.drain(int(primary.address.rpartition(":")[2]))
    engine.start(port)
    assert (1, {"engine-drain-alone"}) == (code, keys(said, "wrong"))
    assert (1, {"engine-node-absent"}) == ((gone := engine.drain(1))[0], keys(gone[1], "wrong"))
    wait_until_whole(engine)


# -- losses


@pytest.mark.slow
def test_a_lost_primary_is_replaced(engine: InitialisedEngine) -> None:
    """Its replica takes its place; when it is back it is empty and copies, and nothing is wrong any more."""
    primary = map_at(engine, engine.ports[0]).primaries[0]
    port = int(primary.address.rpartition(":")[2])
    witness = next(each for each in engine.ports if each != port)
    engine.stop(port, signal.SIGKILL)
    end = time.monotonic() + 60
    while (found := map_at(engine, witness)).missing or primary.name in {each.name for each in found.primaries}:
        assert time.monotonic() < end, found
    code, said = engine.check()
    assert (1, True) == (code, {"engine-node-silent", "engine-replica-none"} >= keys(said, "wrong")), said
    engine.start(port)
    wait_until_whole(engine)
    assert "role:slave" in engine.ask(port, "INFO", "replication")


@pytest.mark.slow
def test_all_nodes_come_back_empty(engine: InitialisedEngine) -> None:
    """They know each other from their maps, and hold nothing."""
    before = {each.address for each in map_at(engine, engine.ports[0]).members}
    for port in engine.ports:
        engine.stop(port, signal.SIGKILL)
    for port in engine.ports:
        engine.start(port)
    wait_until_whole(engine)
    assert before == {each.address for each in map_at(engine, engine.ports[0]).members}
    assert ["0"] * 6 == [engine.ask(port, "DBSIZE") for port in engine.ports]
