"""A relay's machine in process: the real services over their real stores, with a tap at its door.

What the simulation leaves out: sockets, TLS, and the renewal of what waits. A read waits here, and a client waits for,
for as long as the connection lives; the product asks again after minutes on the same connection, which tells anyone who
watches nothing new. For the same reason a connection's reads of one box are noted once, when the first begins, and its
listening not at all: anyone who watches learns which box every wake token belongs to when it is woken, and the same
connection read that box before it listened. What is asked and answered on a connection that hears is not noted either:
it is the same for everybody, and each device is told only of its own (`per_device_digests`).
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeAlias

from msgspec import structs

from bench.leakage.per_device_digests import PerDeviceDigests, Secrets
from bench.leakage.tap import Tap
from bench.leakage.trace import Op
from nullabona.relay.blobs import BlobService
from nullabona.relay.core.budget import Budget
from nullabona.relay.core.limits import Limits
from nullabona.relay.metrics import Metrics
from nullabona.relay.service import BoxService
from nullabona.relay.shelves.stored import StoredShelf
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.relay.writer import InlineWriter
from nullabona.wire.address import box_address
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    Blob,
    Done,
    Frames,
    GetBlob,
    PollActivity,
    PutBlob,
    Read,
    Trim,
    decode_response,
)
from nullabona.wire.wakes import wake_tokens

FOREVER_S: Final = 10**9
TICK_S: Final = 30.0
"""How often the relay looks at its clock; its waits never end here and its budgets count minutes."""

Reply: TypeAlias = Callable[[AnyResponse], None]
Operation: TypeAlias = Callable[[Any, "Visitor", int], None]


def place_of(request: AnyRequest) -> bytes:
    """What a request names: a box's address, a blob's digest or a wake token."""
    if isinstance(request, Append):
        return box_address(request.policy, request.read_hash, sha256(request.write_secret).digest())
    if isinstance(request, Read | Trim):
        return box_address(request.policy, sha256(request.read_secret).digest(), request.write_hash)
    if isinstance(request, PutBlob | GetBlob):
        return request.digest
    if isinstance(request, AwaitWake):
        return request.token
    if isinstance(request, PollActivity):
        return b""
    raise TypeError(f"nothing here answers {type(request).__name__}")


class Visitor:
    """One connection as the services see it (`nullabona.relay.caller.Caller`), and as the tap numbers it."""

    def __init__(self, machine: Machine, addr: int, number: Callable[[bytes], int], wait_s: int = FOREVER_S) -> None:
        self.budget = Budget(machine.limits)
        self.max_wait_s = wait_s
        self.may_follow = False
        self.addr = addr
        self.number = number
        self.reading: dict[bytes, float] = {}
        """The boxes that are read here, and since when."""
        self.waiting: dict[int, tuple[AnyRequest, float]] = {}
        """What waits for an answer, and since when."""
        self.secrets = Secrets(defaultdict(dict))
        """What this connection's device hears by."""
        self._machine = machine
        self._open: dict[int, tuple[AnyRequest, bytes, Reply, bool]] = {}
        self._next = 0

    def ask(self, request: AnyRequest, reply: Reply, *, quiet: bool = False) -> None:
        """Have it answered, sooner or later, exactly once. ``quiet``: no answer that a watcher would see."""
        self._next += 1
        place = place_of(request)
        self._open[self._next] = request, place, reply, quiet
        self.budget.inflight += 1
        if isinstance(request, Read):
            self._machine.begins_to_read(self, place)
        if isinstance(request, Read | AwaitWake | PollActivity) and request.wait_s:
            if not quiet and not isinstance(request, PollActivity):
                self.waiting[self._next] = request, asyncio.get_running_loop().time()
            request = structs.replace(request, wait_s=FOREVER_S)
        elif isinstance(request, Append):
            self._machine.wakes(request, place)
        self._machine.operation(request)(request, self, self._next)

    def gives_up(self, request: AnyRequest) -> None:
        """Nobody waits for the answer any more: a read is not renewed, and soon ends."""
        if isinstance(request, Read):
            self.reading.pop(place_of(request), None)
        elif isinstance(request, AwaitWake):
            self.reading.pop(self._machine.box_of(request), None)

    def answer(self, request_id: int, response: AnyResponse) -> None:
        """See `Caller.answer`."""
        self.budget.inflight -= 1
        request, place, reply, quiet = self._open.pop(request_id)
        self.waiting.pop(request_id, None)
        if not quiet:
            self._machine.answered(self, request, place, response)
        reply(response)

    def answer_encoded(self, request_id: int, body: bytes) -> None:
        """See `Caller.answer_encoded`."""
        self.answer(request_id, decode_response(body))

    def is_full(self) -> bool:
        """See `Caller.is_full`."""
        return False

    def keep_little(self) -> None:
        """See `Caller.keep_little`."""

    def offer(self, request_id: int, body: bytes) -> bool:  # noqa: ARG002 - a caller's signature
        """See `Caller.offer`."""
        return False

    def has_unread(self) -> bool:
        """See `Caller.has_unread`."""
        return False


class Machine:
    """The relay and what is tapped of it. ``day`` is the UTC day."""

    def __init__(self, folder: Path, tap: Tap, seed: str, day: Callable[[], int]) -> None:
        loop = asyncio.get_running_loop()
        self.limits = Limits()
        self.tap = tap
        self.folder = folder
        self.visitors: dict[Visitor, None] = {}
        self._loop = loop
        self._day = day
        self._ticked = float("-inf")
        self.waited_at: dict[bytes, bytes] = {}
        """For an ablation: the box at which a read would wait in place of each wake token."""
        self._woken: set[bytes] = set()
        self._box_of: dict[bytes, bytes] = {}
        rng = random.Random(seed).getrandbits
        self._shelf = StoredShelf(SqliteBoxStore(folder), InlineWriter(loop), self.limits, rng=rng, on_gone=_gone)
        self._boxes = BoxService(self._shelf, self.limits, Metrics(), rng=rng)
        self._activity = PerDeviceDigests(self.limits, Metrics(), random.Random(f"peals {seed}").getrandbits)
        self._boxes._activity = self._activity  # noqa: SLF001 - the one part that is played
        self._blobs = BlobService(FileBlobStore(folder), self.limits, Metrics())
        self._operations: Mapping[type[Request], Operation] = {
            **self._boxes.operations(),
            **self._blobs.operations(),
        }

    def secrets(self) -> Secrets:
        """For one device."""
        return self._activity.secrets()

    def operation(self, request: AnyRequest) -> Operation:
        """What answers a request."""
        now = self._loop.time()
        if now - self._ticked >= TICK_S:
            self._ticked = now
            self._boxes.tick(int(now), self._day())
            self._blobs.tick(int(now), self._day())
        return self._operations[type(request)]

    def leave(self, visitor: Visitor) -> None:
        """The connection is gone."""
        self.visitors.pop(visitor, None)
        self._boxes.leave(visitor)

    def heads(self) -> list[tuple[bytes, int]]:
        """What a seizer finds in the running process: boxes touched since midnight (UTC), in the order of their first
        touch, and the expiry day of each.
        """
        heads = self._shelf._stored._heads  # noqa: SLF001 - memory has no private parts
        kept = {**heads._old, **heads._new}  # noqa: SLF001
        return [(address, head.expiry_day) for address, head in kept.items()]

    async def stop(self) -> None:
        """Finish what is being written."""
        await self._boxes.stop()
        await self._blobs.stop()

    # -- what the tap sees

    def wakes(self, request: Append, place: bytes) -> None:
        """An append tells anyone who watches which wake tokens are its box's."""
        if request.wake is not None and request.wake[0] not in self._woken:
            self._woken.add(request.wake[0])
            self._box_of |= dict.fromkeys(wake_tokens(*request.wake), place)

    def box_of(self, request: AwaitWake) -> bytes:
        """The box whose wake token it is; the token itself if it was never woken."""
        return self._box_of.get(request.token, request.token)

    def begins_to_read(self, visitor: Visitor, place: bytes) -> None:
        number = self.tap.place(place)
        if place not in visitor.reading and number not in map(self.tap.place, visitor.reading):
            self.tap.note(Op.READ, visitor.number(place), visitor.addr, place=number)
        visitor.reading[place] = self._loop.time()

    def answered(self, visitor: Visitor, request: AnyRequest, place: bytes, response: AnyResponse) -> None:
        if isinstance(request, Append) and isinstance(response, Appended):
            self._note(Op.APPEND, visitor, place, len(request.frame))
        elif isinstance(response, Frames):
            place = self.box_of(request) if isinstance(request, AwaitWake) else place
            if place not in visitor.reading:
                return
            for _, frame in response.frames:
                self._note(Op.DELIVER, visitor, place, len(frame))
        elif isinstance(request, Trim) and isinstance(response, Done):
            self._note(Op.ERASE, visitor, place)
        elif isinstance(request, PutBlob) and isinstance(response, Done):
            self._note(Op.PUT_BLOB, visitor, place, len(request.data))
        elif isinstance(response, Blob):
            self._note(Op.GET_BLOB, visitor, place, len(response.data))

    def _note(self, op: Op, visitor: Visitor, place: bytes, size: int = -1) -> None:
        self.tap.note(op, visitor.number(place), visitor.addr, place=self.tap.place(place), size=size)


def _gone(error: Exception) -> None:
    raise error
