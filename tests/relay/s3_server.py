"""A real S3 server on loopback, in a folder of the test: Versity's gateway, which `make test-buckets` builds."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from nullabona.machine.http_client import parse_url
from nullabona.processes import buckets
from nullabona.processes.buckets import ACCESS, SECRET, bucket_program
from nullabona.processes.buckets import write_credentials as credentials_file
from nullabona.processes.ports import free_port
from nullabona.relay.bucket import Bucket

__all__ = ["ACCESS", "NEEDED", "ROOT", "SECRET", "S3Server", "credentials_file", "free_port", "program"]

ROOT: Final = Path(__file__).parents[2]


def program() -> str | None:
    """Where the server is; None: it was not built."""
    return bucket_program(ROOT)


NEEDED: Final = pytest.mark.skipif(program() is None, reason="versitygw is not built: `make test-buckets` does that")


class S3Server(buckets.S3Server):
    """A running server without buckets. Its files are below ``folder``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, program() or "")

    def bucket(self, name: str, credentials: Path, **more: object) -> Bucket:
        """The settings for a bucket that is made now."""
        self.make_bucket(name)
        return self.settings(name, credentials, **more)

    def settings(self, name: str, credentials: Path, **more: object) -> Bucket:
        """The settings for a bucket that is there."""
        return Bucket(endpoint=parse_url(self.endpoint), name=name, credentials=credentials, **more)  # type: ignore[arg-type]
