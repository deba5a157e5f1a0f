"""Images in a process of their own: the same pictures; a crash, too much memory or time is a refusal, no more."""

from __future__ import annotations

import io
import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from nullabona.client.media import images
from nullabona.client.media.apart import Apart
from nullabona.client.media.images import BadImage
from tests.api.pictures import moving_picture, photo


@pytest.fixture
def apart() -> Iterator[Apart]:
    """A worker of the test's own."""
    one = Apart()
    yield one
    one.end()


def large(side: int) -> bytes:
    """A small file of many pixels."""
    out = io.BytesIO()
    Image.new("L", (side, side)).save(out, "PNG")
    return out.getvalue()


def test_it_makes_what_the_decoder_makes(apart: Apart) -> None:
    """Photo, thumbnail, picture to show, profile picture, and whether it moves; refusals with their words."""
    data = photo(640, 480)
    made, said = images.prepare_photo(data), apart.ask("photo", data)
    assert (made.image, made.thumb) == (said.pictures[0], said.small)
    assert images.safe_image(data, 100) == apart.ask("show", data, 100).pictures[0]
    assert images.profile_picture(data) == apart.ask("picture", data).small
    assert [False, True] == [apart.ask("animated", one).moves for one in (data, moving_picture())]
    with pytest.raises(BadImage, match="damaged"):
        apart.ask("show", data[: len(data) // 2])
    with pytest.raises(BadImage, match="not an image"):
        apart.ask("show", b"hello")


def test_it_starts_with_the_first_image_and_ends_when_idle() -> None:
    """No worker before; none left behind; the next image starts another."""
    apart = Apart(idle_s=0.05)
    assert 0 == apart.pid
    apart.ask("show", photo(8, 8))
    first = apart.pid
    apart._idle.join()  # type: ignore[union-attr]
    assert (0, True) == (apart.pid, first > 0)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    apart.ask("show", photo(8, 8))
    assert apart.pid not in {0, first}
    apart.end()


def test_a_crash_in_the_middle_is_a_refusal_and_the_next_image_opens(apart: Apart) -> None:
    """Killed while it has an image in hand, and between two."""
    apart.ask("show", photo(8, 8))
    os.kill(apart.pid, signal.SIGSTOP)
    threading.Timer(0.05, os.kill, (apart.pid, signal.SIGKILL)).start()
    with pytest.raises(BadImage, match="safely"):
        apart.ask("show", photo(8, 8))
    assert 8 == apart.ask("show", photo(8, 8)).pictures[0].width
    os.kill(apart.pid, signal.SIGKILL)
    os.waitid(os.P_PID, apart.pid, os.WEXITED | os.WNOWAIT)
    assert 8 == apart.ask("show", photo(8, 8)).pictures[0].width


@pytest.mark.slow
def test_too_much_memory_is_a_refusal() -> None:
    """The worker's memory is bounded, whatever the header promised; small images still open."""
    apart = Apart(memory=300 * 1_048_576)
    with pytest.raises(BadImage):
        apart.ask("show", large(8_000))
    assert 8 == apart.ask("show", photo(8, 8)).pictures[0].width
    apart.end()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_largest_image_that_is_allowed_fits(apart: Apart) -> None:
    """64 million pixels are within the worker's memory."""
    assert images.LONG_SIDE == apart.ask("show", large(8_000)).pictures[0].width


@pytest.mark.slow
def test_too_long_is_a_refusal() -> None:
    """A worker that does not answer is killed."""
    apart = Apart(patience_s=5.0)
    apart.ask("show", photo(8, 8))
    stuck = apart.pid
    os.kill(stuck, signal.SIGSTOP)
    with pytest.raises(BadImage, match="safely"):
        apart.ask("show", photo(8, 8))
    assert 0 == apart.pid
    assert 8 == apart.ask("show", photo(8, 8)).pictures[0].width
    apart.end()


def test_the_worker_has_neither_files_nor_network_nor_environment(apart: Apart) -> None:
    """No descriptor but its pipes can exist in it; nothing of this process's environment is told to it."""
    apart.ask("show", photo(8, 8))
    limits = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    assert [(0, 0)] * 3 == [resource.prlimit(apart.pid, limit) for limit in limits]
    assert {"0", "1", "2"} == {entry.name for entry in Path(f"/proc/{apart.pid}/fd").iterdir()}
    environment = Path(f"/proc/{apart.pid}/environ").read_bytes()
    assert set(environment.split(b"\0")) <= {b"", b"LC_CTYPE=C.UTF-8"}
