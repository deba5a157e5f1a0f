"""Images decoded in a process of their own: what a hostile one breaks is not the process that holds the keys.

The worker is started when the first image comes and ends when none came for a while. It inherits no descriptor but its
pipes and no environment. Whatever it dies of, and whatever takes too long, is a `BadImage`; the next image gets a new
worker. Calls block: they belong into a thread (docs/decisions/0009).
"""

from __future__ import annotations

import atexit
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

import msgspec

from nullabona.client.core.model.sniff import is_small_image, sniff_image
from nullabona.client.media.images import LONG_SIDE, THUMB_SIDE, BadImage, NoPictures, PreparedPhoto, SafeImage
from nullabona.client.media.worker import LENGTH, READY, Asked, Said
from nullabona.extras import installed
from nullabona.system.limits import bare_environment

MEMORY: Final = 2 * 1_073_741_824
"""Address space of the worker: 64 million pixels are decoded, turned and copied in less."""
CPU_S: Final = 30
"""Time of the processor that one image may take: what is slow only because the machine is busy is not refused."""
SMALL_CPU_S: Final = 2
"""Also for a thumbnail or a profile picture."""
PATIENCE_S: Final = 120.0
START_S: Final = 60.0
IDLE_S: Final = 30.0
_PIECE: Final = 1_048_576
_HINT: Final = "ask for another copy, or open it with a program that you trust with it"


class Lost(Exception):
    """The worker ended, or did not answer in time."""


class Apart:
    """One worker at a time, no matter who asks."""

    def __init__(
        self,
        *,
        memory: int = MEMORY,
        cpu_s: int = CPU_S,
        patience_s: float = PATIENCE_S,
        idle_s: float = IDLE_S,
    ) -> None:
        self._arguments = (str(memory), str(cpu_s))
        self._patience_s = patience_s
        self._idle_s = idle_s
        self._turn = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    @property
    def pid(self) -> int:
        """Of the running worker, or 0."""
        return self._worker.pid if self._worker is not None else 0

    def ask(self, what: str, data: bytes, longest: int = LONG_SIDE) -> Said:
        """Have something done with an image. Raises `BadImage`, also if it took the worker with it.

        Raises `NoPictures` for what begins as an image if nothing here can decode one.
        """
        # Not `BadImage`: callers send what is no image as a file, and a photo must not go so, with its place in it.
        if not installed("pictures"):
            if sniff_image(data) is None:
                raise BadImage("this is not an image that can be shown")
            raise NoPictures("pictures need the extra 'pictures', which is not installed")
        with self._turn:
            if self._idle is not None:
                self._idle.cancel()
            try:
                said = self._exchange(msgspec.msgpack.encode(Asked(what, data, longest)))
            except (Lost, OSError, msgspec.MsgspecError):
                self._stop()
                raise BadImage("this image cannot be opened safely", hint=_HINT) from None
            self._idle = threading.Timer(self._idle_s, self.end)
            self._idle.daemon = True
            self._idle.start()
        if said.refused is not None:
            raise BadImage(said.refused[0], hint=said.refused[1])
        return said

    def end(self) -> None:
        """End the worker, if there is one; the next image starts another. Waits for the image in hand."""
        with self._turn:
            self._stop()

    def kill(self) -> None:
        """End the worker at once, with the image in hand: what was in it is gone when this returns."""
        worker = self._worker
        if worker is not None:
            worker.kill()
            worker.wait()

    def _exchange(self, data: bytes) -> Said:
        if self._worker is None or self._worker.poll() is not None:
            self._stop()
            self._worker = self._start()
        worker = self._worker
        assert worker.stdin is not None
        assert worker.stdout is not None
        with _watched(worker, self._patience_s):
            _write(worker.stdin, LENGTH.pack(len(data)) + data)
            size = LENGTH.unpack(_read(worker.stdout, LENGTH.size))[0]
            return msgspec.msgpack.decode(_read(worker.stdout, size), type=Said)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-m", "nullabona.client.media.worker", *self._arguments]
        worker = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=bare_environment(),
        )
        self._worker = worker
        assert worker.stdout is not None
        with _watched(worker, START_S):
            _read(worker.stdout, len(READY))
        return worker

    def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()
            worker.wait()
            for pipe in (worker.stdin, worker.stdout):
                if pipe is not None:
                    pipe.close()


@contextmanager
def _watched(worker: subprocess.Popen[bytes], patience_s: float) -> Iterator[None]:
    """A worker that takes longer than that is killed, which ends what waits at its pipes.

    So it is on every system: Windows cannot wait for pipes with a deadline.
    """
    watch = threading.Timer(patience_s, worker.kill)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _write(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view[:_PIECE]) :]


def _read(pipe: IO[bytes], size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        piece = pipe.read(min(_PIECE, size - len(got)))
        if not piece:
            raise Lost
        got += piece
    return bytes(got)


_apart: Final = Apart()
_small: Final = Apart(cpu_s=SMALL_CPU_S)
for one in (_apart, _small):
    atexit.register(one.end)


def end_workers() -> None:
    """End all workers at once; the next image starts another."""
    for one in (_apart, _small):
        one.kill()


def animated(data: bytes) -> bool:
    """As `images.animated`, apart. Raises `BadImage`."""
    return _apart.ask("animated", data).moves


def prepare_photo(data: bytes) -> PreparedPhoto:
    """As `images.prepare_photo`, apart. Raises `BadImage`."""
    said = _apart.ask("photo", data)
    return PreparedPhoto(said.pictures[0], said.small)


def safe_image(data: bytes, longest: int = LONG_SIDE) -> SafeImage:
    """As `images.safe_image`, apart. Raises `BadImage`."""
    return _apart.ask("show", data, longest).pictures[0]


def safe_small(data: bytes) -> SafeImage:
    """As `safe_image`, for a thumbnail or a profile picture: more than a million pixels are none. Raises `BadImage`."""
    if not is_small_image(data):
        raise BadImage("this small picture has too many pixels", hint=_HINT)
    return _small.ask("show", data, THUMB_SIDE).pictures[0]


def profile_picture(data: bytes) -> bytes:
    """As `images.profile_picture`, apart. Raises `BadImage`."""
    return _apart.ask("picture", data).small
