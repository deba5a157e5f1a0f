"""An S3 server on loopback for drills and tests: Versity's gateway, which `make test-buckets` builds."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Self

from nullabona.processes.ports import free_port
from nullabona.processes.program import ProcessFailed

ACCESS: Final = "AKIDPLANTEDBYTHETEST"
SECRET: Final = "secret-planted-by-the-test"  # noqa: S105 - of a server that lasts as long as a drill
_BUILT: Final = Path(".cache/s3/versitygw")
_PATIENCE_S: Final = 20.0


def bucket_program(root: Path = Path()) -> str | None:
    """Where the server is, built below ``root`` or installed; None if it is not on this machine."""
    built = root / _BUILT
    return str(built.resolve()) if built.exists() else shutil.which("versitygw")


class S3Server:
    """A running server without buckets. Its files are below ``folder``. Raises `ProcessFailed`."""

    def __init__(self, folder: Path, program: str) -> None:
        self.objects, self._meta, versions = folder / "objects", folder / "meta", folder / "versions"
        for each in (self.objects, self._meta, versions):
            each.mkdir(parents=True)
        self.port = free_port()
        arguments = ["--port", f"127.0.0.1:{self.port}", "--quiet", "posix", "--sidecar", str(self._meta)]
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [program, *arguments, "--versioning-dir", str(versions), str(self.objects)],
            env={"ROOT_ACCESS_KEY": ACCESS, "ROOT_SECRET_KEY": SECRET},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._await()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    def make_bucket(self, name: str) -> None:
        """A bucket, as the server finds it in its folder."""
        (self.objects / name).mkdir()

    def stop(self) -> None:
        """End it, and wait until it has. Harmless when repeated."""
        self._process.kill()
        self._process.wait(_PATIENCE_S)

    def _await(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)  # between two looks at the condition
            else:
                return
        raise ProcessFailed("the S3 server did not start")


def write_credentials(folder: Path, access: str = ACCESS, secret: str = SECRET) -> Path:
    """A private file of credentials, as a relay's settings take it."""
    path = folder / "credentials"
    path.write_text(f"[default]\naws_access_key_id = {access}\naws_secret_access_key = {secret}\n", "utf-8")
    path.chmod(0o600)
    return path
