"""Real witnesses for tests: in this process, on a loop of their own and a loopback port, with keys made of a label."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import uvloop

from nullabona.log.keys import Kind, SignerKey, new_signer
from nullabona.machine.settings import Endpoint
from nullabona.sequencer import WitnessAddress
from nullabona.witness.config import Config
from nullabona.witness.core.judging import WatchedLog
from nullabona.witness.core.limits import Limits
from nullabona.witness.cosigner import Cosigner
from nullabona.witness.run import make_cosigner, open_store
from nullabona.witness.server.server import Witness

START = 1_800_000_000
"""The time at which every test begins."""


def seed(label: str) -> bytes:
    """32 bytes that belong to ``label``."""
    return sha256(label.encode()).digest()


def log_signers(origin: str, label: str = "log") -> tuple[SignerKey, ...]:
    """Both keys of a log."""
    kinds = (Kind.ED25519, Kind.COSIGN_MLDSA44)
    return tuple(new_signer(kind, origin, seed(f"{label}{kind}")) for kind in kinds)


def watched(signers: Sequence[SignerKey]) -> WatchedLog:
    """The log with these keys, as a witness knows it."""
    return WatchedLog(signers[0].name, tuple(signer.verifier for signer in signers))


def witness_signers(name: str) -> tuple[SignerKey, ...]:
    """The key of a witness."""
    return (new_signer(Kind.COSIGN_ED25519, name, seed(name)),)


class RunningWitness:
    """A witness that serves until stopped. ``now_s`` is its clock."""

    def __init__(
        self,
        folder: Path,
        logs: Sequence[WatchedLog],
        name: str = "witness.example/w1",
        *,
        limits: Limits | None = None,
        listen: tuple[Endpoint, ...] = (Endpoint("127.0.0.1", 0),),
    ) -> None:
        self.now_s = START
        self.signers = witness_signers(name)
        self.config = Config(
            data=folder,
            signers=self.signers,
            logs=tuple(logs),
            listen=listen,
            limits=limits or Limits(),
        )
        self._lock, self.store = open_store(self.config)
        self.cosigner: Cosigner = make_cosigner(self.config, self.store)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=uvloop.run, args=(self._serve(),))
        self._thread.start()
        self._ready.wait(10)
        self.config = replace(self.config, listen=(Endpoint("127.0.0.1", self.port),))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def address(self) -> WitnessAddress:
        """How a log finds it."""
        return WitnessAddress(self.url, tuple(signer.verifier for signer in self.signers))

    def call(self, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the act gives
        """Run ``act`` on the witness's loop."""

        async def run() -> Any:  # noqa: ANN401 - as above
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def stop(self) -> None:
        """Stop gracefully. Harmless when repeated."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(20)
            self.store.close()
            self._lock.close()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self.witness = Witness(self.config, self.cosigner, lambda: self.now_s)
        (self.url,) = await self.witness.start()
        self._ready.set()
        await self._ended.wait()
        await self.witness.stop()
