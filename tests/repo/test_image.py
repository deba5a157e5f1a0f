"""The relay's image answers, runs without rights, and has nothing in it that decrypts. Run by `make image`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from nullabona.processes.program import Program

pytestmark = pytest.mark.slow
IMAGE = "localhost/nullabona-relay"
ENVIRONMENT = {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs", **os.environ}
NULLA = "/app/.venv/bin/nulla"


def buildah(*words: str) -> str:
    """What buildah prints. Raises `CalledProcessError` if it fails."""
    command = ["buildah", *words]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture
def container() -> Iterator[str]:
    """A container of the image that `make image` built."""
    if not shutil.which("buildah") or not buildah("images", "--quiet", "--filter", f"reference={IMAGE}").strip():
        pytest.skip("the image was not built here: make image, as root")
    name = buildah("from", IMAGE).strip()
    try:
        yield name
    finally:
        buildah("rm", name)


def test_the_image_starts_and_answers(container: str) -> None:
    """The relay of the image says where it listens, answers /healthz, and ends when it is told to."""
    options = ["--data", "/data", "--listen", "127.0.0.1:0", "--behind-proxy", "--host", "relay.example"]
    buildah("run", container, "--", NULLA, "relay", "init", *options)
    command = ["buildah", "run", container, "--", NULLA, "relay", "serve", *options]
    with Program(command, env=ENVIRONMENT) as relay:
        ready = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", relay.first_line)
        assert ready, relay.first_line
        with urllib.request.urlopen(f"{ready[1]}/healthz", timeout=10) as answer:
            assert 200 == answer.status


def test_the_image_runs_as_nobody_and_cannot_decrypt(container: str) -> None:
    """Its user is a number without rights, and neither the client nor the seam is among its files."""
    found = "find_spec('nullabona_mls'), find_spec('nullabona.client')"
    code = f"import os; from importlib.util import find_spec; print(os.getuid(), {found})"
    assert "65532 None None\n" == buildah("run", container, "--", "/app/.venv/bin/python", "-c", code)
