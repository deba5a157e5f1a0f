"""Relays that share an engine and a bucket: a blob that one takes is served by all (spec/engine.md §8.1)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.machine.settings import BadConfig
from nullabona.operating.abuse_reports import erase, examine
from nullabona.processes.engine import EngineCluster
from nullabona.processes.program import NULLA, python
from nullabona.processes.program import run as run_program
from nullabona.processes.servers import RelayProcess
from nullabona.relay.bucket import Bucket, credentials_of
from nullabona.relay.config import make_config
from nullabona.relay.core.limits import Limits
from nullabona.relay.server import Stores
from nullabona.relay.store.key_ring import KeyRing
from nullabona.relay.store.memory import MemoryBoxStore
from nullabona.relay.store.s3 import connect
from nullabona.relay.store.shared_bucket import SharedBucket
from nullabona.wire.abuse_report import write_abuse_report
from nullabona.wire.messages import Blob, Done, GetBlob, PutBlob, Refusal
from tests.relay.buckets import Watched, fail_from
from tests.relay.engines import needs_engine, options
from tests.relay.peers import Client, RunningRelay
from tests.relay.rooms import EngineRooms, MemoryRoom
from tests.relay.s3_server import NEEDED, S3Server, credentials_file
from tests.wire.abuse_reports import body, cut

BEAT_S = 5
PATIENCE_S = 60.0
Start = Callable[..., RunningRelay]


def put(data: bytes) -> PutBlob:
    return PutBlob(sha256(data).digest(), data)


class Relays:
    """Relays in this process that share what waits in memory, and a bucket."""

    def __init__(self, run: Start) -> None:
        self.room, self.bucket = MemoryRoom(), Watched()
        self._run = run

    def start(self, limits: Limits | None = None, most_bytes: int = 2**20) -> RunningRelay:
        store = SharedBucket(self.room, self.bucket, KeyRing(self.room), 60, most_bytes=most_bytes)
        return self._run(stores=Stores(MemoryBoxStore(), store), limits=limits or Limits(), data=None)

    def batch(self, relay: RunningRelay) -> None:
        """It is time for one, and this relay's turn."""
        self.room.due = True
        relay.tick(seconds=BEAT_S)
        relay.settle()


@pytest.fixture
def relays(run: Start) -> Relays:
    """None runs yet."""
    return Relays(run)


def test_every_process_serves_a_blob(relays: Relays) -> None:
    """As soon as it is acknowledged, once it is in the bucket, and when it has left the engine."""
    here, there = relays.start(), relays.start()
    sent = put(b"one chunk of ciphertext")
    assert Done() == here.client().ask(sent)
    assert Blob(sent.data) == there.client().ask(GetBlob(sent.digest))
    relays.batch(there)
    assert (1, 1) == (len(relays.bucket.names("blobs/")), len(relays.room.blobs))
    relays.batch(here)
    assert {} == relays.room.blobs
    assert [Blob(sent.data)] * 2 == [relay.client().ask(GetBlob(sent.digest)) for relay in (here, there)]


def test_a_stop_leaves_what_waits_to_the_others(relays: Relays) -> None:
    """Nothing is written at the stop; another process serves it and writes it."""
    here, there = relays.start(), relays.start()
    sent = put(b"one chunk of ciphertext")
    assert Done() == here.client().ask(sent)
    here.stop()
    assert (set(), 1) == (relays.bucket.everything(), len(relays.room.blobs))
    assert Blob(sent.data) == there.client().ask(GetBlob(sent.digest))
    relays.batch(there)
    assert 1 == len(relays.bucket.names("blobs/"))


def test_a_process_that_starts_counts_what_the_day_has(relays: Relays) -> None:
    """What waits and what is in the bucket, before anybody can put more."""
    first = relays.start()
    for size in (100, 200):
        assert Done() == first.client().ask(put(bytes(size)))
        relays.batch(first)
    second = relays.start()
    assert 300 == second.relay.blobs.today_bytes == first.relay.blobs.today_bytes
    assert Done() == second.client().ask(put(bytes(50)))
    assert 350 == second.relay.blobs.today_bytes


def test_what_waits_has_a_limit_and_a_figure(relays: Relays) -> None:
    """Of all processes: a process that starts knows what others had wait."""
    assert Done() == relays.start().client().ask(put(bytes(700)))
    second = relays.start(most_bytes=1_000)
    assert (700, 1_000) == second.relay.blobs.waiting_bytes
    assert isinstance(second.client().ask(put(bytes(400))), Refusal)
    assert Done() == second.client().ask(put(bytes(300)))
    assert (1_000, 1_000) == second.relay.blobs.waiting_bytes


def test_keys_are_told_again(relays: Relays) -> None:
    """The engine lost them all: the next beat of any process brings them back."""
    relay = relays.start()
    assert Done() == relay.client().ask(put(b"one chunk of ciphertext"))
    relays.batch(relay)
    names, days = relays.room.names, relays.room.days
    relays.room.names, relays.room.days = (), {}
    relay.tick(seconds=BEAT_S)
    relay.settle()
    assert (names, days) == (relays.room.names, relays.room.days)


def test_a_batch_that_fails_is_written_by_a_later_beat(relays: Relays) -> None:
    """The blob is served meanwhile."""
    relay = relays.start()
    sent = put(b"one chunk of ciphertext")
    assert Done() == relay.client().ask(sent)
    relays.bucket.before = fail_from(0)
    relays.batch(relay)
    assert Blob(sent.data) == relay.client().ask(GetBlob(sent.digest))
    relays.bucket.before = lambda _number: None
    relay.tick(seconds=BEAT_S)
    relay.settle()
    assert 1 == len(relays.bucket.names("blobs/"))


def test_blobs_of_an_engine_do_not_wait_on_a_disk(tmp_path: Path) -> None:
    """The setting would say something that does not happen."""
    blobs = {"endpoint": "https://s3.example", "bucket": "blobs", "wait_in": "disk"}
    files = dict.fromkeys(("engine_authority", "engine_password", "engine_keeper_password"), "x")
    with pytest.raises(BadConfig, match="wait in the engine"):
        make_config({"data": str(tmp_path), "engine": ["127.0.0.1:7000"], **files, "blobs": blobs})


def config_of(tmp_path: Path, bucket: Bucket) -> tuple[str, str]:
    path = tmp_path / "relay.toml"
    said = {
        "endpoint": bucket.endpoint,
        "bucket": bucket.name,
        "prefix": bucket.prefix,
        "credentials": bucket.credentials,
    }
    path.write_text(
        "\n".join(["[blobs]", *(f'{key} = "{value}"' for key, value in said.items()), "interval_s = 60", ""])
    )
    return "--config", str(path)


def due(cluster: EngineCluster) -> None:
    """The last batch was long ago."""
    for node in cluster.primaries():
        node.ask("EVAL", "return redis.call('HSET', KEYS[1], 'batch', '1')", "1", "d:{relay}:blobs")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[EngineCluster]:
    """Two shards."""
    made = EngineCluster(tmp_path / "engine", primaries=2)
    yield made
    made.close()


@pytest.mark.slow
@NEEDED
@needs_engine
def test_two_processes_and_one_is_killed(
    spawn: Callable[..., RelayProcess], cluster: EngineCluster, tmp_path: Path
) -> None:
    """On a real engine and a real bucket: what one acknowledged is at the other at once, after it went out, and after
    the first was killed. A relay of another name may not use the prefix.
    """
    with S3Server(tmp_path / "server") as server:
        bucket = server.bucket("blobs", credentials_file(tmp_path), prefix="relay/")
        objects = connect(bucket, credentials_of(bucket))
        config = (*options(cluster), *config_of(tmp_path, bucket))
        here, there = (spawn(None, *config) for _ in range(2))
        sent = [put(os.urandom(4_096)) for _ in range(8)]
        client = Client(here.address)
        assert [Done()] * 8 == [client.ask(each) for each in sent]

        def served(relay: RelayProcess) -> list[object]:
            reader = Client(relay.address)
            return [reader.ask(GetBlob(each.digest)) for each in sent]

        all_of_them = [Blob(each.data) for each in sent]
        assert all_of_them == served(there)
        due(cluster)
        until(lambda: len(objects.names("blobs/")) == len(sent))
        assert all_of_them == served(there) == served(here)
        late = put(os.urandom(4_096))
        assert Done() == client.ask(late)
        here.kill()
        sent.append(late)
        all_of_them.append(Blob(late.data))
        assert all_of_them == served(there)
        for _ in range(2):
            due(cluster)
            until(lambda: len(objects.names("blobs/")) == len(sent))
        stranger = ("relay", "serve", "--volatile", "--listen", "127.0.0.1:0", *config, "--engine-name", "other")
        refused = run_program(python(*NULLA, *stranger), patience_s=60)
        assert (1, "", True) == (refused.code, refused.out, "[bucket-in-use]" in refused.err)
        again = spawn(None, *config)
        assert all_of_them == served(again) == served(there)
        assert 0 == there.stop().code


@pytest.mark.slow
@NEEDED
@needs_engine
def test_a_report_opens_and_erases_what_is_shared(cluster: EngineCluster, tmp_path: Path) -> None:
    """Whether it waits in the engine or is in the bucket: what the report's keys open is found and erased."""
    rooms = EngineRooms(cluster, "relay")
    room = rooms.room()
    with S3Server(tmp_path / "server") as server:
        bucket = server.bucket("blobs", credentials_file(tmp_path), prefix="relay/")
        store = SharedBucket(room, connect(bucket, credentials_of(bucket)), KeyRing(room), 60)
        config = Path(config_of(tmp_path, bucket)[1])
        address = cluster.address
        said = {
            "engine": [f"{host}:{port}" for host, port in address.nodes],
            "engine_authority": str(address.authority),
            "engine_password": str(address.relay_password),
            "engine_keeper_password": str(address.keeper_password),
        }
        config.write_text(
            "\n".join([*(f"{key} = {json.dumps(value)}" for key, value in said.items()), config.read_text()])
        )
        for batches in (0, 2):
            file, chunks = cut(os.urandom(3_000))
            report = write_abuse_report(body(file))
            for digest, chunk in chunks.items():
                store.put(digest, chunk, 50)
            for _ in range(batches):
                store.take_all()
                store.write_batch()
            found = examine(report, tmp_path, config)
            assert [len(chunks)] == [len(each.opened) for each in found.files]
            assert len(chunks) == erase(found, tmp_path, config)
            assert [None] * len(chunks) == [store.get(digest) for digest in chunks]
    rooms.close()
