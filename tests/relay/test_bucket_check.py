"""A bucket that would keep what is deleted is refused when the relay starts, and so is one that does not answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from nullabona.machine.http_client import parse_url
from nullabona.machine.settings import BadConfig
from nullabona.relay.bucket import Bucket, Credentials, CredentialsMissing, bucket_of, credentials_of
from nullabona.relay.config import make_config, read_file
from nullabona.relay.store.bucket_check import BucketKeepsDeleted, BucketUnusable, check_bucket, signed
from nullabona.relay.store.bucket_opening import open_bucket
from nullabona.relay.store.s3 import S3Objects
from tests.relay.s3_server import ACCESS, SECRET, credentials_file, free_port

KEPT_DAYS = 31
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
Answers = dict[str, tuple[int, str]]
RULE = "<X><Rule><ID>x</ID><Filter><Prefix/></Filter><Status>Enabled</Status>{}</Rule></X>"
UPLOADS = (
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
)
VERSIONS = "<VersioningConfiguration {}><Status>{}</Status></VersioningConfiguration>"
MOVED = "<Transition><Days>60</Days><StorageClass>GLACIER</StorageClass></Transition>"
OLDER = "<NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>"


@pytest.fixture
def serve() -> Iterator[Callable[[Answers], Bucket]]:
    """A bucket whose server says of each setting what it is told to; 404 of all others."""
    servers: list[HTTPServer] = []

    def start(answers: Answers) -> Bucket:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = answers.get(self.path.partition("?")[2].rstrip("="), (404, ""))
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None: ...

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return Bucket(endpoint=parse_url(f"http://127.0.0.1:{server.server_port}"), name="blobs")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def check(bucket: Bucket) -> None:
    check_bucket(bucket, Credentials(ACCESS, SECRET), S3Objects(MemoryStore()), KEPT_DAYS)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"versioning": (200, f"<VersioningConfiguration {NAMESPACE}/>")},
        {"versioning": (501, "<Error/>"), "lifecycle": (405, "no")},
        {"lifecycle": (200, RULE.format(UPLOADS))},
        {"lifecycle": (200, RULE.format(f"<Expiration><Days>{KEPT_DAYS + 1}</Days></Expiration>"))},
        {"lifecycle": (200, RULE.format("<Transition><Days>1</Days></Transition>").replace("Enabled", "Disabled"))},
    ],
)  # fmt: skip
def test_a_bucket_that_deletes_is_taken(serve: Callable[[Answers], Bucket], answers: Answers) -> None:
    """Whatever a server answers about settings that are not set, or rules that no blob feels."""
    check(serve(answers))


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("versioning", VERSIONS.format(NAMESPACE, "Enabled"), "versions"),
        ("versioning", VERSIONS.format("", "Suspended"), "versions"),
        ("object-lock", "<X><ObjectLockEnabled>Enabled</ObjectLockEnabled></X>", "locks"),
        ("replication", "<X><Rule><Status>Enabled</Status></Rule></X>", "copied"),
        ("lifecycle", RULE.format(f"<Expiration><Days>{KEPT_DAYS}</Days></Expiration>"), "Expiration"),
        ("lifecycle", RULE.format("<Expiration><Date>2026-12-31</Date></Expiration>"), "Expiration"),
        ("lifecycle", RULE.format(MOVED), "Transition"),
        ("lifecycle", RULE.format(OLDER), "NoncurrentVersionExpiration"),
    ],
)  # fmt: skip
def test_a_bucket_that_keeps_or_takes_blobs_is_refused(
    serve: Callable[[Answers], Bucket], setting: str, text: str, said: str
) -> None:
    """The sentence names what it does."""
    with pytest.raises(BucketKeepsDeleted, match=said):
        check(serve({setting: (200, text)}))


def test_a_bucket_that_keeps_what_was_deleted_is_refused(serve: Callable[[Answers], Bucket]) -> None:
    """Whatever its settings say: a probe is written, deleted and looked for."""

    class Keeps(S3Objects):
        def delete(self, names: object) -> None: ...

    with pytest.raises(BucketKeepsDeleted, match="still has an object"):
        check_bucket(serve({}), Credentials(ACCESS, SECRET), Keeps(MemoryStore()), KEPT_DAYS)


@pytest.mark.parametrize("answer", [(403, "<Error/>"), (200, "no XML"), (500, "")])
def test_a_setting_that_is_not_told_is_no_reason_to_start(
    serve: Callable[[Answers], Bucket], answer: tuple[int, str]
) -> None:
    """If the credentials may not ask, nobody knows whether deleted blobs are kept."""
    with pytest.raises(BucketUnusable):
        check(serve({"versioning": answer}))


def test_the_signature_is_that_of_the_published_example() -> None:
    """AWS's documentation of Signature Version 4, "GET Bucket Lifecycle"."""
    now = time.strptime("20130524T000000Z", "%Y%m%dT%H%M%SZ")
    example = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    headers = signed("examplebucket.s3.amazonaws.com", "/", "lifecycle", "us-east-1", example, now)
    assert (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    ) == headers["authorization"]


def test_a_server_that_is_not_there_is_told_without_credentials(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The sentence names the bucket and the server; neither it, nor its causes, nor any ``repr`` or line of the log
    has a part of the credentials.
    """
    bucket = Bucket(
        endpoint=parse_url(f"http://127.0.0.1:{free_port()}"), name="blobs", credentials=credentials_file(tmp_path)
    )
    caplog.set_level(0)
    with pytest.raises(BucketUnusable, match="bucket blobs at") as caught:
        open_bucket(bucket, None, 30)
    said = [repr(bucket), repr(credentials_of(bucket)), caplog.text, *causes(caught.value)]
    assert not any(secret in text for secret in (ACCESS, SECRET) for text in said)


def causes(error: BaseException | None) -> Iterator[str]:
    """What an error and all that are behind it say, shown or not."""
    while error is not None:
        yield from (str(error), repr(error))
        yield from causes(error.__context__)
        error = error.__cause__


def test_settings_are_checked(tmp_path: Path) -> None:
    """Unknown and impossible ones are refused, with the nearest known name; paths are relative to the file."""
    good = {"endpoint": "https://s3.example", "bucket": "blobs"}
    assert bucket_of({}) is None
    assert Bucket(endpoint=parse_url("https://s3.example"), name="blobs") == bucket_of({"blobs": good})
    for wrong in (
        {"buckets": "x"}, {"bucket": "Upper"}, {"endpoint": "http://s3.example"}, {"endpoint": "https://s3.example/x"},
        {"interval_s": 59}, {"interval_s": 86_401}, {"interval_s": True}, {"buffer_bytes": 16 * 2**20 - 1},
        {"wait_in": "cloud"},
        {"prefix": "no-slash"}, {"prefix": "../"}, {"region": "a b"}, {"bucket": None}, {"endpoint": None},
    ):  # fmt: skip
        with pytest.raises(BadConfig):
            bucket_of({"blobs": {key: value for key, value in (good | wrong).items() if value is not None}})
    path = tmp_path / "relay.toml"
    path.write_text(
        'data = "d"\n[blobs]\nendpoint = "https://s3.example"\nbucket = "blobs"\ncredentials = "c"\ninterval_s = 60\n'
    )
    with pytest.raises(BadConfig, match="volatile"):
        make_config({"volatile": True, "blobs": {**good, "wait_in": "disk"}})
    made = make_config(read_file(path)).bucket
    assert made is not None
    assert (tmp_path / "c", 60) == (made.credentials, made.interval_s)


def test_credentials_come_from_a_private_file_or_the_environment(tmp_path: Path) -> None:
    """A file that others may read is refused, and none of the refusals quotes what is in it."""
    path = credentials_file(tmp_path)
    bucket = Bucket(endpoint=parse_url("https://s3.example"), name="blobs")
    with_file = Bucket(endpoint=parse_url("https://s3.example"), name="blobs", credentials=path)
    expected = Credentials(ACCESS, SECRET)
    assert expected == credentials_of(with_file, {})
    assert expected == credentials_of(bucket, {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET})
    refused: list[str] = []
    for content, mode in (
        (path.read_text(), 0o644),
        (SECRET, 0o600),
        (f"[default]\n{SECRET}\n", 0o600),
        ("[x]\n", 0o600),
    ):
        path.write_text(content)
        path.chmod(mode)
        with pytest.raises(CredentialsMissing) as caught:
            credentials_of(with_file, {})
        refused += causes(caught.value)
    with pytest.raises(CredentialsMissing):
        credentials_of(bucket, {"AWS_ACCESS_KEY_ID": ACCESS})
    assert not any(SECRET in text for text in refused)
