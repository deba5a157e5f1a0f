"""A relay with its blobs in a bucket is killed before the first batch: nobody loses a file (`make test-buckets`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.people import befriend, people, play, until
from tests.api.service import Service
from tests.relay.s3_server import NEEDED, S3Server, credentials_file

pytestmark = [pytest.mark.slow, NEEDED]


class WithBucket(Service):
    """Its blobs wait in memory for an hour."""

    def __init__(self, data: Path, config: Path) -> None:
        self._config = config
        super().__init__(data)

    def more(self) -> list[str]:
        return ["--config", str(self._config)]


def test_a_file_whose_bytes_a_crash_took_is_asked_back(tmp_path: Path) -> None:
    """The relay kept the message and lost the bytes that waited; the sender puts them back when they are wanted."""
    with S3Server(tmp_path / "server") as server:
        bucket = server.bucket("blobs", credentials_file(tmp_path))
        config = tmp_path / "relay.toml"
        config.write_text(f'[blobs]\nendpoint = "{bucket.endpoint}"\nbucket = "blobs"\ncredentials = "credentials"\n')
        with WithBucket(tmp_path / "relay", config) as relay:

            async def story() -> None:
                async with people(relay, tmp_path, "a", "b") as (a, b):
                    room = await befriend(a, b)
                    message = await a.files.send(room, b"late" * 1_000, name="x.bin")
                    await a.messages.wait_delivered(room, message)
                    relay.kill()
                    relay.start()
                    await until(b, lambda: b.files.info(room, message).state == "remote")
                    await b.files.fetch(room, message)
                    await b.files.wait(room, message)
                    assert b"late" * 1_000 == b.files.open(room, message).read(0, 9_999)

            play(story())
