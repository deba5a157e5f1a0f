"""Hot paths of relay, log and directory, and of the bytes on the wire."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final
from unittest import mock

from bench.guard.apart import POLLERS, Apart
from bench.guard.counting import Act, noting
from bench.guard.hot import HotPath
from nullabona.client.core.directory.checking import check_answer
from nullabona.directory import opening
from nullabona.directory.keys import RecordKeys
from nullabona.log.edge import Edge
from nullabona.log.tiles import HashReader
from nullabona.log.tree import inclusion_proof, verify_inclusion
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.dispatch import Dispatcher
from nullabona.relay.metrics import Metrics
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.address import Address, BoxSecrets
from nullabona.wire.card import verify_card
from nullabona.wire.frame import Kind, open_frame, seal_frame
from nullabona.wire.messages import AnyRequest, AnyResponse, Append, AwaitWake, Read, decode_response, encode
from nullabona.wire.wakes import wake_token
from tests.record.directories import Directory
from tests.wire.cards import MINA, TODAY, card_bytes

_FRAMES: Final = 32
_READERS: Final = 8
_LEAVES: Final = 65_536
_DAY: Final = 20_000


def server_paths(folder: Path, stack: ExitStack) -> list[HotPath]:
    """Those of this module, as long as ``stack`` is open."""
    loop = asyncio.new_event_loop()
    stack.callback(loop.close)
    relay = loop.run_until_complete(_make_relay(folder, loop, stack))
    apart = Apart(folder / "apart", stack)
    return [
        HotPath(name="relay: 32 appends", prepare=relay.appends, connections=relay.connections),
        HotPath(name="relay: 32 stored frames are read", prepare=relay.reads, connections=relay.connections),
        HotPath(name="relay: an append wakes 8 readers", prepare=relay.wakes, connections=relay.connections),
        HotPath(name="relay: an append wakes 8 waiters", prepare=relay.wakes_tokens, connections=relay.connections),
        HotPath(name="relay: a POST appends and is answered", prepare=apart.posts, connections=apart.connections),
        HotPath(
            name=f"relay: a digest is sent to {POLLERS} pollers", prepare=apart.tells, connections=apart.connections
        ),
        HotPath(name="wire: a frame is sealed and opened", prepare=_frame),
        HotPath(name="wire: a card is verified", prepare=_card, timed=60),
        HotPath(name="log: a proof is read from tiles and verified", prepare=_proofs()),
        HotPath(name="directory: an answer is verified", prepare=loop.run_until_complete(_answers()), timed=60),
    ]


class _Caller:
    """A connection that counts its answers."""

    def __init__(self, limits: Limits) -> None:
        self.budget = Budget(limits)
        self.max_wait_s = 600
        self.may_follow = True
        self.answers: list[AnyResponse] = []

    def answer(self, request_id: int, response: AnyResponse) -> None:  # noqa: ARG002 - a caller's signature
        self.budget.inflight -= 1
        self.answers.append(response)

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        self.answer(request_id, decode_response(body))

    def is_full(self) -> bool:
        return False

    def keep_little(self) -> None: ...

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a caller's signature
        return False

    def has_unread(self) -> bool:
        return False


class _Relay:
    """A relay without sockets: dispatcher, core and a store on disk, written on this thread."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop, stack: ExitStack) -> None:
        self.connections: list[sqlite3.Connection] = []
        self._limits, self._loop = Limits(box_frames_per_day=10**9), loop
        store = SqliteBoxStore(folder, noting(self.connections))
        stack.callback(store.close)
        metrics = Metrics()
        dice = random.Random(1)
        shelf = StoredShelf(store, InlineWriter(loop), self._limits, rng=dice.getrandbits, on_gone=lambda _: None)
        boxes = BoxService(shelf, self._limits, metrics, rng=dice.getrandbits)
        self._dispatcher = Dispatcher(boxes.operations(), (), self._limits, metrics)
        boxes.tick(1, _DAY)
        self._secrets = BoxSecrets(0, bytes(32), bytes(range(32)))
        self._head = 0

    def appends(self) -> Act:
        caller, bodies = _Caller(self._limits), [self._append(number) for number in range(_FRAMES)]

        def act() -> None:
            for number, body in enumerate(bodies):
                self._dispatcher.dispatch(body, caller, number)
            self._turn_until(lambda: len(caller.answers) == _FRAMES)

        return act

    def reads(self) -> Act:
        self.appends()()
        caller, body = _Caller(self._limits), self._read(self._head - _FRAMES, 0)
        return lambda: self._dispatcher.dispatch(body, caller, 1)

    def wakes(self) -> Act:
        readers = [_Caller(self._limits) for _ in range(_READERS)]
        body, frame = self._read(self._head, 60), self._append(0)

        def act() -> None:
            for reader in readers:
                self._dispatcher.dispatch(body, reader, 1)
            self._dispatcher.dispatch(frame, readers[0], 2)
            self._turn_until(lambda: all(reader.answers for reader in readers))

        return act

    def wakes_tokens(self) -> Act:
        listeners, secret = [_Caller(self._limits) for _ in range(_READERS)], bytes(32)
        asks = [(encode(AwaitWake(wake_token(secret, leaf), 60)), one) for leaf, one in enumerate(listeners)]
        append = self._append(0, (secret, _READERS))

        def act() -> None:
            for ask, listener in asks:
                self._dispatcher.dispatch(ask, listener, 1)
            self._dispatcher.dispatch(append, listeners[0], 2)
            self._turn_until(lambda: all(listener.answers for listener in listeners))

        return act

    def _append(self, number: int, wake: tuple[bytes, int] | None = None) -> bytes:
        self._head += 1
        frame = number.to_bytes(4, "big") * 256
        return encode(Append(0, self._secrets.write_secret, self._secrets.read_hash, frame, wake=wake))

    def _read(self, after: int, wait_s: int) -> bytes:
        request: AnyRequest = Read(0, self._secrets.read_secret, self._secrets.write_hash, after, wait_s=wait_s)
        return encode(request)

    def _turn_until(self, true: Callable[[], bool]) -> None:
        while not true():
            self._loop.call_soon(self._loop.stop)
            self._loop.run_forever()


async def _make_relay(folder: Path, loop: asyncio.AbstractEventLoop, stack: ExitStack) -> _Relay:
    return _Relay(folder, loop, stack)


def _frame() -> Act:
    key, box, body = bytes(16), Address(bytes(32)), bytes(700)

    def act() -> None:
        frame = seal_frame(key, box, bytes(12), Kind.MESSAGE, body)
        assert body == open_frame(key, box, frame).body

    return act


def _card() -> Act:
    encoded = card_bytes("mina", MINA, "phone", "tablet", "desk")
    return lambda: verify_card(encoded, today=TODAY)


def _proofs() -> Callable[[], Act]:
    hashes = b"".join(sha256(number.to_bytes(4, "big")).digest() for number in range(_LEAVES))
    edge, tiles = Edge().extend(hashes)
    stored = dict(tiles)

    def prepare() -> Act:
        def act() -> None:
            reader = HashReader(_LEAVES, stored.__getitem__)
            proof = inclusion_proof(reader, 12_345, _LEAVES)
            verify_inclusion(reader(0, 12_345), 12_345, _LEAVES, proof, edge.root)

        return act

    return prepare


async def _answers() -> Callable[[], Act]:
    # How deep a handle is in the record, and so what its proof costs, is the keys' doing: always the same ones.
    with mock.patch.object(opening, "draw_keys", partial(RecordKeys.of, bytes(range(96)))):
        directory = Directory()
    await directory.service.advance()
    pinned = await directory.pinned()
    await directory.publish(card_bytes("mina", MINA))
    await directory.advance()
    answer, now = await directory.look_up(), directory.now
    await directory.service.close()
    return lambda: lambda: check_answer(pinned, MINA, answer, now)
