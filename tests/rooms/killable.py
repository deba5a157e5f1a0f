"""One device in a process of its own, with its encrypted store on disk, driven over pipes so that it can be killed.

Run as a module it is that process: it opens the profile, then answers calls of the engine until it is killed.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import IO, Any, Self, cast

from nullabona.client.core import commands, conversation
from nullabona.client.core.engine import Engine
from nullabona.client.core.step import LocalDevice, Timing
from nullabona.client.mls import Mls
from nullabona.client.profile import Unprotected, open_profile
from tests.rooms.world import text_of

READY = b"ready"
ROOT = Path(__file__).resolve().parents[2]


class SystemDice:
    """Chance for real: a process that starts again must not draw the same bytes."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def between(self, low: int, high: int) -> int:
        return random.SystemRandom().randint(low, high)


def write(pipe: IO[bytes], value: object) -> None:
    data = pickle.dumps(value)
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def read(pipe: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was asked for
    head = pipe.read(8)
    data = pipe.read(int.from_bytes(head, "big")) if len(head) == 8 else b""
    if not data or len(data) < int.from_bytes(head, "big"):
        raise EOFError
    return pickle.loads(data)


class Process:
    """The device's process. Every call may find it killed: then `EOFError`, and it starts again from its disk."""

    def __init__(
        self, path: Path, seed: bytes, certificate: bytes, suite: int, me: LocalDevice, rng: random.Random
    ) -> None:
        self._start_with = (path, seed, certificate, suite, me)
        self._rng = rng
        self.kills: list[str] = []
        """What it was asked for when it was found killed."""
        self.risk = 0.0
        """How likely a call is cut off."""
        self.on_start: Callable[[], None] = lambda: None
        """Told when it runs again after it was killed."""
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """However a test ends: a process left behind fails whichever test runs when it is collected."""
        self.stop()

    def _start(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.rooms.killable"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        write(cast("IO[bytes]", self._child.stdin), self._start_with)
        assert READY == read(cast("IO[bytes]", self._child.stdout))

    def ask(self, name: str, *args: object, **named: object) -> Any:  # noqa: ANN401 - the engine's own answer
        """Call the device; if it is killed meanwhile, start it again and raise `EOFError`."""
        killer = None
        if self._rng.random() < self.risk:
            killer = Timer(self._rng.random() * 0.004, self._child.send_signal, [signal.SIGKILL])
            killer.start()
        try:
            write(cast("IO[bytes]", self._child.stdin), (name, args, named))
            return read(cast("IO[bytes]", self._child.stdout))
        except (EOFError, BrokenPipeError):
            self.stop()
            self.kills.append(name)
            self._start()
            self.on_start()
            raise EOFError from None
        finally:
            if killer is not None:
                killer.join()

    def stop(self) -> None:
        """End the process and close its pipes."""
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def is_step(name: str) -> bool:
    """Whether a call changes what is on the disk: who is cut off does not know whether it did."""
    return name.startswith("on_") or name in {"tick", "say", "renew"}


class RemoteEngine:
    """Stands for `Engine`; a read-only call that is cut off is asked again, a step that is cut off raises."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.steps = 0
        """As `tests.rooms.idle` counts them; a process that starts again counts as one."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **named: object) -> Any:  # noqa: ANN401 - the engine's own answer
            self.steps += is_step(name)
            while True:
                try:
                    return self._process.ask(name, *args, **named)
                except EOFError:
                    self.steps += 1
                    if is_step(name):
                        raise

        return call


def serve() -> None:
    """The child: until it is killed or its pipe closes."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    path, seed, certificate, suite, me = read(source)
    with open_profile(path, Unprotected()) as profile:
        engine = Engine(profile.store, Mls(profile.store, seed, certificate, suite=suite), me, SystemDice(), Timing())
        write(sink, READY)
        while True:
            try:
                name, args, named = read(source)
            except EOFError:
                return
            extra = EXTRAS.get(name)
            write(sink, extra(engine, *args) if extra else getattr(engine, name)(*args, **named))


def say(engine: Engine, now: int, room: bytes, text: str) -> None:
    with engine.step(now, room) as step:
        conversation.send_text(step, room, text)


def renew(engine: Engine, now: int, room: bytes) -> None:
    with engine.step(now, room) as step:
        commands.update_keys(step, room)


def texts(engine: Engine, now: int, room: bytes) -> list[str]:
    with engine.step(now) as step:
        return [text_of(m) for m in step.store.messages(room, limit=10_000) if m.kind != "notice"]


def where(engine: Engine, now: int, room: bytes) -> bytes:
    with engine.step(now) as step:
        return bytes(step.room(room).current.keys.box.address)


EXTRAS: dict[str, Callable[..., Any]] = {"say": say, "renew": renew, "texts": texts, "where": where}

if __name__ == "__main__":
    serve()
