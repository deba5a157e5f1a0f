"""The bare prototype of the relay's shape (bench/ceiling), as it is or with one thing more that the product does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE

from bench.ceiling.bare import BareCodec
from bench.peers.interface import About
from bench.peers.process import HERE, Process
from bench.peers.records import Codec, RecordSession
from bench.peers.relay import Messages
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import Append, Read, encode

PADDING = "padding"
"""An addition that clients make: see `PaddedSession`."""
PADDED_BYTES = 2_048
"""A message whose ciphertext would be `PAYLOAD_BYTES` long goes into the next bucket: the worst case."""


class NamedBoxes(Messages):
    """The product's messages, whose secrets merely name the box."""

    def _box(self, number: int) -> BoxSecrets:
        name = number.to_bytes(32, "big")
        return BoxSecrets(0, name, name)

    def append(self, number: int, payload: bytes, readers: int = 1) -> bytes:  # noqa: ARG002 - it wakes nobody
        name = number.to_bytes(32, "big")
        return encode(Append(0, name, name, payload))

    def read(self, number: int, after: int, wait_s: int) -> bytes:
        name = number.to_bytes(32, "big")
        return encode(Read(0, name, name, after, wait_s=wait_s))


class RunningPrototype:
    """A prototype process."""

    def __init__(self, folder: Path, core: int, added: Sequence[str]) -> None:
        here = [name for name in added if name != PADDING]
        command = [sys.executable, "-m", "bench.ceiling.server", folder, "--with", *here]
        self._added = added
        self.process = Process(command, folder, core, env=HERE, stdout=PIPE)
        assert self.process.popen.stdout is not None
        self._url = self.process.popen.stdout.readline().decode().strip()
        if not self._url:
            self.process.stop()
            raise RuntimeError(f"the prototype did not start: {self.process.log.read_text()[-2_000:]}")

    def session(self) -> RecordSession:
        session = RecordSession(self._url, _codec(self._added))
        if PADDING in self._added:
            session.payload = bytes(PADDED_BYTES)
        return session


def _codec(added: Sequence[str]) -> Codec:
    asks_again = "asking" in added
    if "messagepack" not in added:
        return BareCodec(asks_again=asks_again)
    codec = Messages() if "authorisation" in added else NamedBoxes()
    codec.asks_again = asks_again
    return codec


class Prototype:
    """`bench.ceiling.server`."""

    def __init__(self, *added: str) -> None:
        self._added = added
        plus = f" + {' + '.join(added)}" if added else ""
        self.about = About(
            f"prototype{plus}", f"SQLite, WAL, synchronous=FULL, group commit{plus}", "on disk, synced", durable=True
        )

    def version(self) -> str:
        return f"picows {version('picows')}, uvloop {version('uvloop')}"

    def start(self, folder: Path, core: int) -> RunningPrototype:
        return RunningPrototype(folder, core, self._added)
