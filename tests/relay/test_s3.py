"""Blobs in a real S3 server, which the test starts and ends (`make test-buckets`)."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.machine.http_client import Route
from nullabona.operating.abuse_reports import erase, examine
from nullabona.operating.checks.relay import check_relay
from nullabona.processes.program import NULLA, python
from nullabona.processes.program import run as run_program
from nullabona.processes.servers import RelayProcess
from nullabona.relay.bucket import Bucket, credentials_of
from nullabona.relay.config import read_file
from nullabona.relay.core.limits import Limits
from nullabona.relay.server import Stores
from nullabona.relay.store.blob_keys import BlobKeys
from nullabona.relay.store.bucket_check import BucketKeepsDeleted, BucketUnusable, signed
from nullabona.relay.store.bucket_opening import open_bucket
from nullabona.relay.store.fresh import FreshBlob, FreshBlobs
from nullabona.relay.store.interface import ObjectStoreFailed
from nullabona.relay.store.memory import MemoryBlobStore, MemoryBoxStore
from nullabona.relay.store.objects import ObjectBlobStore
from nullabona.relay.store.s3 import S3Objects, connect
from nullabona.wire.abuse_report import write_abuse_report
from nullabona.wire.messages import Blob, Done, GetBlob, PutBlob, Refusal
from tests.relay.peers import Client, RunningRelay
from tests.relay.s3_server import ACCESS, NEEDED, SECRET, S3Server, credentials_file, free_port
from tests.relay.test_bucket_check import causes
from tests.relay.test_fresh_blobs import INTERVAL_S, likeness
from tests.wire.abuse_reports import body, cut

pytestmark = [pytest.mark.slow, NEEDED]
DAY = 50
COUNT = 40
Spawn = Callable[..., RelayProcess]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[S3Server]:
    """A running S3 server."""
    with S3Server(tmp_path / "server") as running:
        yield running


@pytest.fixture
def bucket(server: S3Server, tmp_path: Path) -> Bucket:
    """An empty bucket in it."""
    return server.bucket("blobs", credentials_file(tmp_path), prefix="relay/")


@pytest.fixture
def objects(bucket: Bucket) -> S3Objects:
    """What is in the bucket."""
    return connect(bucket, credentials_of(bucket))


def put(data: bytes) -> PutBlob:
    return PutBlob(sha256(data).digest(), data)


def shown(objects: S3Objects) -> list[tuple[float, str]]:
    """Time and name of every blob's object, as anybody with the bucket lists them."""
    import obstore

    found = [each for page in obstore.list(objects._store, "relay/blobs") for each in page]
    return sorted((each["last_modified"].timestamp(), each["path"].removeprefix("relay/")) for each in found)


def test_a_bucket_with_versions_is_refused(bucket: Bucket, server: S3Server, tmp_path: Path) -> None:
    """The server itself says so."""
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    host, path = f"127.0.0.1:{server.port}", f"/{bucket.name}"
    headers = signed(
        host, path, "versioning", bucket.region, credentials_of(bucket), time.gmtime(), method="PUT", body=body
    )
    connection = http.client.HTTPConnection(host)
    connection.request("PUT", f"{path}?versioning=", body, headers)
    assert 200 == connection.getresponse().status
    connection.close()
    with pytest.raises(BucketKeepsDeleted, match="versions"):
        open_bucket(bucket, tmp_path, 30)


@pytest.mark.parametrize("wrong", ["access", "secret", "bucket"])
def test_wrong_credentials_are_told_without_them(server: S3Server, tmp_path: Path, wrong: str) -> None:
    """What a server answers repeats who signed; nothing of it is passed on."""
    access, secret = (
        ("AKIDWRONGPLANTED" if wrong == "access" else ACCESS),
        ("secret-that-is-wrong" if wrong == "secret" else SECRET),
    )
    bucket = server.bucket("blobs", credentials_file(tmp_path, access, secret))
    if wrong == "bucket":
        (server.objects / "blobs").rmdir()
    with pytest.raises(BucketUnusable) as caught:
        open_bucket(bucket, tmp_path, 30)
    assert not any(part in text for text in causes(caught.value) for part in (access, secret, SECRET))


def test_what_others_set_in_the_environment_changes_nothing(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither another address nor another token goes before the settings."""
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_SKIP_SIGNATURE", "true")
    open_bucket(bucket, tmp_path, 30)


def test_a_server_that_ends_fails_and_is_used_again(server: S3Server, bucket: Bucket, tmp_path: Path) -> None:
    """Each call is told, and what waited is written once the server is there again."""
    store = open_bucket(bucket, tmp_path, 30)
    store.put(sha256(b"chunk").digest(), b"chunk", DAY)
    server.stop()
    store.begin_batch()
    with pytest.raises(ObjectStoreFailed) as caught:
        store.write_batch()
    assert not any(secret in text for text in causes(caught.value) for secret in (ACCESS, SECRET))
    assert b"chunk" == store.get(sha256(b"chunk").digest())


def test_a_real_bucket_shows_the_interval_and_no_more(
    run: Callable[..., RunningRelay], objects: S3Objects, server: S3Server
) -> None:
    """Blobs come over two seconds by the wall clock; the bucket's own times are after all of them, and in another
    order. On the server's disk are neither digests nor blobs.
    """
    keys = BlobKeys(None)
    fresh = FreshBlobs(ObjectBlobStore(objects, keys), MemoryBlobStore(), INTERVAL_S, 2**20)
    relay = run(stores=Stores(MemoryBoxStore(), fresh), limits=Limits(), data=None)
    client = relay.client()
    requests = [put(os.urandom(4_096)) for _ in range(COUNT)]
    for request in requests:
        assert Done() == client.ask(request)
        time.sleep(0.05)  # the arrivals that must not show
    last = time.time()
    assert [] == shown(objects)
    relay.tick(seconds=INTERVAL_S)
    relay.settle()
    found = shown(objects)
    assert last - 1 <= found[0][0], "whole seconds"
    came = [f"blobs/{keys.name_of(request.digest)}" for request in requests]
    assert abs(likeness(came, [name for _, name in found])) < 0.6
    everything = b"".join(path.read_bytes() for path in server.objects.rglob("*") if path.is_file())
    names = " ".join(str(path) for path in server.objects.rglob("*"))
    assert not any(request.data in everything or request.digest in everything for request in requests)
    assert not any(request.digest.hex() in names for request in requests)


def test_expiry_leaves_nothing_in_the_bucket(objects: S3Objects, tmp_path: Path) -> None:
    """Hundreds of blobs go with few requests, and those of another day stay."""
    store = ObjectBlobStore(objects, BlobKeys(tmp_path))
    datas = [os.urandom(16) for _ in range(300)]
    store.put_batch([FreshBlob(sha256(data).digest(), data, DAY + number % 2) for number, data in enumerate(datas)])
    assert 150 * 16 == store.used(DAY)
    store.expire(DAY + 1)
    assert (150, 1) == (len(objects.names("blobs/")), len(objects.names("days/")))
    store.expire(DAY + 2)
    assert [] == objects.names("")


def settings(tmp_path: Path, bucket: Bucket, *more: str) -> tuple[str, str]:
    path = tmp_path / "relay.toml"
    lines = [f'endpoint = "{bucket.endpoint}"', f'bucket = "{bucket.name}"', f'credentials = "{bucket.credentials}"']
    path.write_text("\n".join(["[blobs]", *lines, *more, ""]))
    return "--config", str(path)


def test_a_relay_serves_from_a_bucket(spawn: Spawn, bucket: Bucket, tmp_path: Path) -> None:
    """As a process: blobs survive an orderly stop, a kill costs those that were fresh, and they are put again.
    Nothing that it writes anywhere has a part of its credentials.
    """
    config = settings(tmp_path, bucket)
    listen = f"127.0.0.1:{free_port()}"
    kept, fresh = put(os.urandom(4_096)), put(os.urandom(4_096))
    relay = spawn(tmp_path / "data", *config, listen=listen)
    assert Done() == Client(relay.address).ask(kept)
    assert Blob(kept.data) == Client(relay.address).ask(GetBlob(kept.digest))
    ended = relay.stop()
    assert 0 == ended.code
    relay = spawn(tmp_path / "data", *config, listen=listen)
    assert Blob(kept.data) == Client(relay.address).ask(GetBlob(kept.digest))
    assert Done() == Client(relay.address).ask(fresh)
    relay.kill()
    relay = spawn(tmp_path / "data", *config, listen=listen)
    assert Refusal("not-found", 0) == Client(relay.address).ask(GetBlob(fresh.digest))
    assert Done() == Client(relay.address).ask(fresh)
    assert Blob(fresh.data) == Client(relay.address).ask(GetBlob(fresh.digest))
    written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert not any(secret.encode() in written or secret in ended.err for secret in (ACCESS, SECRET))
    assert not (tmp_path / "data" / "blobs").exists()


def test_a_second_relay_on_the_same_prefix_does_not_start(spawn: Spawn, bucket: Bucket, tmp_path: Path) -> None:
    """It says why, and the first one goes on; once that has ended the second starts."""
    config = settings(tmp_path, bucket)
    fresh = put(os.urandom(4_096))
    relay = spawn(tmp_path / "data", *config)
    assert Done() == Client(relay.address).ask(fresh)
    second = ("relay", "serve", "--volatile", "--listen", "127.0.0.1:0", *config)
    refused = run_program(python(*NULLA, *second), patience_s=60)
    assert (1, "", True) == (refused.code, refused.out, "[bucket-in-use]" in refused.err)
    assert Blob(fresh.data) == Client(relay.address).ask(GetBlob(fresh.digest))
    relay.stop()
    spawn(None, *config)


def test_a_relay_that_waits_on_the_disk_loses_nothing_by_a_kill(spawn: Spawn, bucket: Bucket, tmp_path: Path) -> None:
    """And what was in its files before it had a bucket goes there as well."""
    listen = f"127.0.0.1:{free_port()}"
    before, fresh = put(os.urandom(4_096)), put(os.urandom(4_096))
    relay = spawn(tmp_path / "data", listen=listen)
    assert Done() == Client(relay.address).ask(before)
    relay.stop()
    config = settings(tmp_path, bucket, 'wait_in = "disk"')
    relay = spawn(tmp_path / "data", *config, listen=listen)
    assert Done() == Client(relay.address).ask(fresh)
    relay.kill()
    relay = spawn(tmp_path / "data", *config, listen=listen)
    for each in (before, fresh):
        assert Blob(each.data) == Client(relay.address).ask(GetBlob(each.digest))
    relay.stop()
    assert [] == [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]
    relay = spawn(tmp_path / "data", *config, listen=listen)
    for each in (before, fresh):
        assert Blob(each.data) == Client(relay.address).ask(GetBlob(each.digest))


def test_a_check_before_the_start_says_whether_the_bucket_can_be_used(
    server: S3Server, bucket: Bucket, objects: S3Objects, tmp_path: Path
) -> None:
    """It changes nothing in it."""
    listen = [f"127.0.0.1:{free_port()}"]
    said = dict(read_file(Path(settings(tmp_path, bucket)[1])), data=str(tmp_path / "data"), listen=listen)
    route = Route()
    assert "bucket-here" in {finding.key for finding in check_relay(said, route)}
    assert [] == objects.names("")
    server.stop()
    assert "bucket-unusable" in {finding.key for finding in check_relay(said, route)}


def test_a_report_opens_and_erases_what_is_in_the_bucket(bucket: Bucket, objects: S3Objects, tmp_path: Path) -> None:
    """As with files: what the report's keys open is found and erased, for a relay that may run."""
    config = Path(settings(tmp_path, bucket)[1])
    file, chunks = cut(os.urandom(3_000))
    report = write_abuse_report(body(file))
    store = ObjectBlobStore(S3Objects(objects._store), BlobKeys(tmp_path))
    for digest, chunk in chunks.items():
        store.put(digest, chunk, DAY)
    found = examine(report, tmp_path, config)
    assert [len(chunks)] == [len(each.opened) for each in found.files]
    assert (len(chunks), len(chunks)) == (
        erase(found, tmp_path, config),
        examine(report, tmp_path, config).files[0].gone,
    )
