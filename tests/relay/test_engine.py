"""What only a shelf on an engine does: several relays, full memory, rights, settings, wake-ups (spec/engine.md)."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from struct import pack, unpack
from typing import TypeAlias

import pytest

from nullabona.processes.engine import EngineCluster
from nullabona.processes.program import NULLA, python, run
from nullabona.processes.servers import RelayProcess
from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.engine.access import APPEND, KEEPER, PREFIX, READ, RELAY
from nullabona.relay.shelves.engine.driver import SLOTS, EngineFailed, EngineUnreachable, SlotMap, slot_of
from nullabona.relay.shelves.engine.schema import COLUMNS, FILES
from nullabona.relay.shelves.engine.settings import NEEDED, EngineSettings, check_node
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import POLICY_INBOX, Appended, Done, Frames, Refusal
from tests.relay.engines import EnginePlace, address_of, needs_engine, options
from tests.relay.peers import Box, Client
from tests.relay.shelves import Rig

pytestmark = needs_engine
ROOT = Path(__file__).parents[2]
LIMITS = Limits(retention_days=2)
BOX = bytes(range(32))

Scene: TypeAlias = Callable[[Rig], Awaitable[None]]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineCluster]:
    """Two shards without replicas, for all tests of this file."""
    made = EngineCluster(tmp_path_factory.mktemp("engine") / "nodes", primaries=2)
    yield made
    made.close()


def play(cluster: EngineCluster, *scenes: Scene) -> None:
    """Play each scene on a relay's shelf of its own, one after another, while the shelves before go on."""

    async def all_of_them() -> None:
        place = EnginePlace(cluster)
        rigs = [await Rig(await place.shelf(LIMITS), LIMITS).begin() for _ in scenes]
        for scene, rig in zip(scenes, rigs, strict=True):
            await scene(rig)
        for rig in rigs:
            await rig.shelf.drain()
            await rig.shelf.close()

    asyncio.run(all_of_them())


# -- two relays


def test_two_relays_serve_the_same_boxes(cluster: EngineCluster, spawn: Callable[..., RelayProcess]) -> None:
    """What one was given the other shows; a read that waits at one is answered by an append at the other."""
    here, there = (Client(spawn(None, *options(cluster)).address) for _ in range(2))
    box = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    first = here.append(box, b"one")
    assert Frames(first.incarnation, first.seq, ((first.seq, b"one"),)) == there.read(box)
    (waiting,) = there.start(box.read(first.seq, wait_s=600))
    there.read(box)
    second = here.append(box, b"two")
    assert (first.seq + 1, first.incarnation) == (second.seq, second.incarnation)
    assert Frames(second.incarnation, second.seq, ((second.seq, b"two"),)) == there.result(waiting)
    assert Done() == there.ask(box.trim(first.seq))
    assert ((second.seq, b"two"),) == here.read(box).frames


def test_an_append_elsewhere_is_heard(cluster: EngineCluster) -> None:
    """A box at which somebody waits is looked at again; one at which nobody waits is not listened to."""
    waiting: list[Rig] = []

    async def wait(rig: Rig) -> None:
        waiting.append(rig)
        await rig.wait_at(BOX, 0)
        await rig.until(lambda: BOX in rig.moves)  # once it is listened to
        rig.moves.clear()

    async def write(rig: Rig) -> None:
        await rig.append(bytes(32), b"of no concern")
        await rig.append(BOX, b"frame")
        await waiting[0].until(lambda: [BOX] == waiting[0].moves)
        assert [] == rig.moves

    play(cluster, wait, write)


def test_what_comes_while_a_look_is_under_way_costs_one_more_look(cluster: EngineCluster) -> None:
    """However much that is; and nothing of it is missed."""

    async def wait(rig: Rig) -> None:
        await rig.wait_at(BOX, 0)
        await rig.until(lambda: BOX in rig.moves)
        rig.moves.clear()
        watch = rig.shelf._watches.get(BOX)  # type: ignore[attr-defined]
        watch.looks += 1
        for number in range(5):
            rig.shelf._heard(PREFIX + BOX, b"%d" % number)  # type: ignore[attr-defined]
        assert [] == rig.moves
        rig.shelf._looked(BOX, watch)  # type: ignore[attr-defined]
        assert [BOX] == rig.moves

    play(cluster, wait)


def test_a_relay_that_is_not_told_listens_again(cluster: EngineCluster) -> None:
    """Its subscriptions were cut, and nobody appends: it does not hear itself, and looks everywhere again."""

    async def scene(rig: Rig) -> None:
        await rig.wait_at(BOX, 0)
        await rig.until(lambda: BOX in rig.moves)
        rig.moves.clear()
        driver = rig.shelf._driver  # type: ignore[attr-defined]
        for connection in driver._listening.values():
            connection._told = deaf
        for _ in range(5):
            rig.tick()
            await rig.shelf.drain()
        assert BOX in rig.moves

    play(cluster, scene)


def deaf(_push: object) -> None:
    """Hears nothing."""


# -- nodes in trouble


def test_full_memory_is_busy_and_a_trim_makes_room(tmp_path: Path) -> None:
    """Nothing is lost or evicted: appends are refused, reads and trims go on, and then appends do."""
    cluster = EngineCluster(tmp_path / "engine", overrides={"maxmemory": "6mb"})

    async def scene(rig: Rig) -> None:
        answers = [await rig.append(BOX, os.urandom(60_000)) for _ in range(120)]
        kept = sum(isinstance(answer, Appended) for answer in answers)
        assert (True, Refusal("busy", 60)) == (20 < kept < 120, answers[-1])
        found, _ = await rig.look(BOX, kept - 1)
        assert found is not None
        assert (kept, 1) == (found.head, len(found.frames))
        assert Done() == await rig.trim(BOX, kept)
        assert isinstance(await rig.append(BOX, b"again"), Appended)
        assert [] == rig.failures

    try:
        play(cluster, scene)
    finally:
        cluster.close()


def test_a_wake_that_comes_too_late_is_told_at_once(cluster: EngineCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something came to the inbox after it was looked at: the owner hears of it though nothing more comes."""
    address, told = os.urandom(32), list[bytes]()

    async def scene(rig: Rig) -> None:
        monkeypatch.setattr(rig.shelf.digests, "record", lambda secret, *_, **__: told.append(bytes(secret)))  # type: ignore[attr-defined]
        before = await rig.append(address, b"one", inbox=True)
        last = await rig.append(address, b"two", inbox=True)
        assert isinstance(before, Appended)
        assert isinstance(last, Appended)
        for answer, secret in ((last, b"a" * 32), (before, b"b" * 32)):
            rig.shelf.leave_wake(address, answer.incarnation, answer.seq, secret)
            await rig.shelf.drain()

    play(cluster, scene)
    assert [b"b" * 32] == told


def test_another_primary_may_have_lost_what_was_left_at_inboxes(
    cluster: EngineCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a digest says that it omits some; not when a relay starts, or while a node does not say who it is."""
    omitted: list[int] = []

    async def scene(rig: Rig) -> None:
        shelf = rig.shelf
        monkeypatch.setattr(shelf.digests, "omit", lambda: omitted.append(1))  # type: ignore[attr-defined]
        known = dict(shelf._known)  # type: ignore[attr-defined]
        silent = dict([*known.items(), ("gone", b"of old")])
        for before in (known, silent, dict.fromkeys(known, b"another"), {}):
            shelf._known = dict(before)  # type: ignore[attr-defined]
            rig.tick()
            await shelf.drain()

    play(cluster, scene)
    assert [1] == omitted


def test_a_node_without_functions_is_given_them(cluster: EngineCluster) -> None:
    """As after a start: what was asked meanwhile is refused as `busy`, and after that all is as before."""

    async def scene(rig: Rig) -> None:
        for node in cluster.nodes:
            node.ask("FUNCTION", "FLUSH")
        assert Done() == await rig.append(BOX, b"lost")  # which is how a rig answers what failed
        assert ["EngineLacksFunctions"] == [type(failure).__name__ for failure in rig.failures]
        await rig.shelf.drain()
        answer = await rig.append(BOX, b"kept")
        assert isinstance(answer, Appended)
        assert 1 == answer.seq

    play(cluster, scene)


def test_nothing_of_a_frame_is_in_a_nodes_files(cluster: EngineCluster) -> None:
    """Neither its bytes nor its box's address, while it is there and after a trim."""
    frame = os.urandom(64)

    async def scene(rig: Rig) -> None:
        await rig.append(BOX, frame)
        await rig.trim(BOX, 1)
        await rig.append(BOX, frame)

    play(cluster, scene)
    found = {path.name: path.read_bytes() for path in cluster.folder.rglob("*") if path.is_file()}
    of_nodes = {path.name for path in cluster.folder.glob("[0-9]*/*")} - {"stderr"}
    assert {file.pattern for file in FILES} == of_nodes
    assert not any(frame in data or BOX in data or BOX.hex().encode() in data for data in found.values())


def test_a_box_is_what_is_declared_and_nothing_else(cluster: EngineCluster) -> None:
    """One list: a head of the declared parts, then expiry day and frame."""
    from nullabona.relay.shelves.engine.cluster import connect_driver

    async def scene(rig: Rig) -> None:
        answer = await rig.append(BOX, b"frame")
        assert isinstance(answer, Appended)
        driver = await connect_driver(address_of(cluster), RELAY)
        (reply,) = await driver.call([(b"LRANGE", PREFIX + BOX, b"0", b"-1")])
        await driver.close()
        assert isinstance(reply, list)
        head, element = reply
        incarnation, reign, *numbers = unpack(">8s16s5I", head)
        expiry = rig.day + LIMITS.retention_days
        assert (answer.incarnation, [1, expiry, expiry, 1, 5]) == (incarnation, numbers)
        assert reign.decode() in {
            node.ask("INFO", "replication").split("master_replid:")[1][:16] for node in cluster.nodes
        }
        assert pack(">H", expiry) + b"frame" == element
        named = [key for node in cluster.nodes for key in node.ask("KEYS", "d:*").split()]
        assert 1 + len(named) == sum(int(node.ask("DBSIZE")) for node in cluster.nodes)
        assert set(named) <= {column.name.replace("<name>", "relay") for column in COLUMNS if column.table == "digests"}

    play(cluster, scene)
    declared = [column.name for column in COLUMNS if column.table == "head"]
    assert ["incarnation", "reign", "floor", "own", "day, frames, bytes", "inbox wake"] == declared


# -- rights and settings


def test_what_a_relays_password_allows(cluster: EngineCluster) -> None:
    """Its functions on boxes, and neither other keys nor anything that shows or changes how the engine works."""
    from nullabona.relay.shelves.engine.cluster import connect_driver

    async def ask() -> list[bool]:
        driver = await connect_driver(address_of(cluster), RELAY)
        key, other = PREFIX + BOX, b"x:" + BOX
        terms = pack(">I8sIIIQI", 20_002, b"12345678", 1, 20_002, 9, 999, 9)
        asked = [
            (b"FCALL", APPEND, b"1", key, b"frame", terms),
            (b"FCALL_RO", READ, b"1", key, b"0", b"9", b"999"),
            (b"FCALL_RO", READ, b"1", other, b"0", b"9", b"999"),
            (b"GET", key),
            (b"EVAL", b"return 1", b"1", key),
            (b"FUNCTION", b"LOAD", b"REPLACE", b"#!lua name=x"),
            (b"FUNCTION", b"DUMP"),
            (b"CONFIG", b"GET", b"*"),
            (b"CONFIG", b"SET", b"appendonly", b"yes"),
            (b"KEYS", b"*"),
            (b"FLUSHALL",),
            (b"DEBUG", b"SLEEP", b"0"),
            (b"ACL", b"LIST"),
        ]
        done = [not isinstance((await driver.call([command]))[0], EngineFailed) for command in asked]
        await driver.close()
        return done

    async def scene(rig: Rig) -> None:
        """A relay that begins gives the nodes their functions."""

    play(cluster, scene)
    assert [True, True] + [False] * 11 == asyncio.run(ask())


@pytest.mark.parametrize("setting", NEEDED, ids=lambda setting: setting.name)
def test_every_setting_is_asked_for(setting: object) -> None:
    """A node whose settings are as needed is taken; one that lacks any of them, or says otherwise, is refused."""
    good = {one.name: one.value for one in NEEDED}
    check_node("host:1", good)
    (wrong,) = (one for one in NEEDED if one is setting)
    for value in ("maybe", None):
        bad = {name: said for name, said in good.items() if name != wrong.name}
        with pytest.raises(EngineSettings, match=f"node host:1 .*'{wrong.name}'"):
            check_node("host:1", bad if value is None else bad | {wrong.name: value})


def test_the_page_has_every_setting() -> None:
    """spec/engine.md lists them in the same order, each with its reason."""
    lines = (ROOT / "spec/engine.md").read_text("utf-8").splitlines()
    rows = [line.split(" | ") for line in lines if line.startswith("| `") and line.count(" | ") == 2]
    assert [(f"| `{one.name}`", f"{one.why} |") for one in NEEDED] == [(row[0], row[-1]) for row in rows]


def test_a_relay_refuses_an_engine_that_writes_to_a_disk(cluster: EngineCluster) -> None:
    """It says which node and which setting, and serves nothing."""
    node = cluster.nodes[1]
    node.ask("CONFIG", "SET", "appendonly", "yes")
    try:
        ended = run(python(*NULLA, "relay", "serve", "--volatile", *options(cluster)), patience_s=60)
    finally:
        node.ask("CONFIG", "SET", "appendonly", "no")
        shutil.rmtree(node.folder / "appendonlydir")
    assert (1, "") == (ended.code, ended.out)
    assert f"node 127.0.0.1:{node.port} of the engine has 'appendonly' set to 'yes'" in ended.err
    assert "[engine-settings]" in ended.err


def test_an_engine_is_checked_before_a_relay_starts(cluster: EngineCluster) -> None:
    """Every node that is as needed is named; a wrong one is refused as `serve` refuses it."""
    command = python(*NULLA, "relay", "engine", "check", "--volatile", *options(cluster))
    good = run(command, patience_s=60)
    cluster.nodes[0].ask("CONFIG", "SET", "latency-tracking", "yes")
    try:
        bad = run(command, patience_s=60)
    finally:
        cluster.nodes[0].ask("CONFIG", "SET", "latency-tracking", "no")
    named = {f"127.0.0.1:{node.port}" for node in cluster.nodes if str(node.port) in good.out}
    assert (set(cluster.addresses), False) == (named, "latency-tracking" in good.out), good.out
    assert (1, True) == (bad.code, "'latency-tracking' set to 'yes'" in bad.out)
    lines = run(python(*NULLA, "relay", "engine", "settings"), patience_s=60).out.splitlines()
    assert [f"{one.name} {one.value or chr(34) * 2}" for one in NEEDED] == lines


def test_an_engine_that_lets_nobody_in(cluster: EngineCluster, tmp_path: Path) -> None:
    """A wrong password, or nobody there: refused with a sentence, before anything is served."""
    from nullabona.relay.shelves.engine.cluster import connect_driver

    address = address_of(cluster)
    cluster.password_file(KEEPER).write_text("wrong\n", "utf-8")
    with pytest.raises(EngineUnreachable):
        asyncio.run(connect_driver(address, KEEPER))


# -- shards


def test_a_key_is_in_the_slot_that_the_engine_says(cluster: EngineCluster) -> None:
    """Random keys, and keys with braces in every place."""
    keys = [PREFIX + os.urandom(32) for _ in range(20)]
    keys += [
        b"b:" + part for part in (b"{a}", b"x{a}y", b"{}a", b"a{", b"}{", b"{a", b"{{a}}", b"}a{b}c{d}", b"{a}{b}")
    ]
    said = [
        cluster.cli("-p", str(cluster.nodes[0].port), "-x", "CLUSTER", "KEYSLOT", stdin=key.decode())
        for key in keys[20:]
    ]
    assert [int(slot) for slot in said] == [slot_of(key) for key in keys[20:]]
    assert all(0 <= slot_of(key) < SLOTS for key in keys)


def test_a_map_finds_the_node_of_every_slot() -> None:
    """Also where the ranges come in any order, and where nobody has a slot."""
    reply = [[8_000, 16_383, [b"b", 2, b"id"], [b"r", 9, b"id"]], [0, 7_999, [b"a", 1, b"id"]]]
    slots = SlotMap(reply)
    assert {"a:1", "b:2"} == slots.nodes
    keys = [b"%d" % number for number in range(200)]
    assert {True} == {slots.node_of(key) == ("a:1" if slot_of(key) < 8_000 else "b:2") for key in keys}
    assert "" == SlotMap(None).node_of(b"x")
