"""Fuzz what strangers send a witness: requests to cosign, and any bytes at its port, fed through a transport in memory.

Every request is answered, only growth that the log signed and proved is cosigned, and no bytes make a front raise.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Final

from fuzz._harness import given, mutate, pieces, report, tries
from fuzz.relay import Pipe
from nullabona.log.note import parse_signatures
from nullabona.log.witnessing import add_checkpoint, parse_request
from nullabona.machine.settings import Endpoint
from nullabona.witness.config import Config
from nullabona.witness.core.judging import WatchedLog, log_id
from nullabona.witness.core.limits import Limits
from nullabona.witness.run import make_cosigner, open_store
from nullabona.witness.server.front import Front
from nullabona.witness.server.server import Witness
from tests.log.logs import ED, ML, SmallLog
from tests.witness.running import witness_signers

NOW_S: Final = 1_800_000_000
MOST_GROWTH: Final = 200 << 20
LIMITS: Final = Limits(cosignatures_per_minute=10**6, requests_per_minute=10**6)
LOGS: Final = (SmallLog(7), SmallLog(300))
ORIGIN: Final = LOGS[0].checkpoint.origin
REQUESTS: Final = (
    add_checkpoint(0, (), LOGS[0].note()).encode(),
    add_checkpoint(7, LOGS[1].grew_from(7), LOGS[1].note()).encode(),
    add_checkpoint(300, (), LOGS[1].note()).encode(),
)
HEADS: Final = (
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(REQUESTS[0]) + REQUESTS[0],
    b"GET /checkpoint/%s HTTP/1.1\r\nHost: x\r\n\r\n" % log_id(ORIGIN).encode(),
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
    b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nold 0\r\n0\r\n\r\n",
)


class Cosigning:
    """A witness over a real store, asked without its port."""

    def __init__(self, folder: Path) -> None:
        watched = WatchedLog(ORIGIN, (ED.verifier, ML.verifier))
        self.config = Config(
            data=folder, signers=witness_signers("witness.example/w1"), logs=(watched,),
            listen=(Endpoint("127.0.0.1", 0),), limits=LIMITS,
        )  # fmt: skip
        self.lock, self.store = open_store(self.config)
        self.cosigner = make_cosigner(self.config, self.store)
        self.witness = Witness(self.config, self.cosigner, lambda: NOW_S)

    def add(self, rng: random.Random) -> None:
        """There is an answer; a cosignature only for one of the two states that the log has signed."""
        body = mutate(rng, rng.choice(REQUESTS))
        answer = self.cosigner.add(body, NOW_S)
        assert answer.status in {200, 400, 403, 404, 409, 422, 429}
        if answer.status == 200:
            parse_signatures(answer.body)
            assert parse_request(body).checkpoint in {one.checkpoint for one in LOGS}

    def latest(self, rng: random.Random) -> None:
        """Any name is that of a log, or of none."""
        name = mutate(rng, log_id(ORIGIN).encode()).decode("utf-8", "replace")
        assert self.cosigner.latest(name).status in {200, 404}

    def front(self, rng: random.Random) -> None:
        """Any bytes to the port, however they are split, never raise."""
        pipe = Pipe()
        front = Front(self.witness)
        front.connection_made(pipe)
        for part in pieces(rng, mutate(rng, b"".join(rng.choices(HEADS, k=rng.randrange(1, 4))))):
            if not pipe.closing and part:
                front.data_received(part)
        front.connection_lost(None)
        pipe.out.close()

    def close(self) -> None:
        self.store.close()
        self.lock.close()


async def main(folder: Path) -> None:
    """Run every target in turn until time is over."""
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    cosigning = Cosigning(folder / "asked")
    served = Cosigning(folder / "served")  # its own thread uses it, so nobody else may
    targets = (cosigning.add, cosigning.latest, served.front, cosigning.add)
    count = 0
    for number in tries(targets, given(__doc__), most_growth=MOST_GROWTH):
        count = number + 1
        await asyncio.sleep(0)
        assert not failures, (number, failures)
    await served.witness.stop()
    served.close()
    cosigning.close()
    report("witness", count)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(main(Path(place)))
