"""Activity digests that all relay processes of one name number together (spec/engine.md §4.1).

The engine has the open digest's salt and tags, the numbers and what is remembered. A process computes tags itself, so
that no box's secret leaves it, and keeps its own copy of what is remembered. What may have been lost is told as a gap
in the numbers, or as a digest that omits activity; never as nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from nullabona.log.digest_chain import StreamKey, first_hash
from nullabona.log.keys import SEED_SIZE
from nullabona.relay.core.digests import encode_tags
from nullabona.relay.core.open_digest import MOST_WAITING, OpenDigest
from nullabona.relay.core.past_digests import PastDigests
from nullabona.relay.digest_log import DigestReports
from nullabona.relay.shelves.engine.access import ADD, BEAT, CLOSE, LEAVE, NAMED, PAST
from nullabona.relay.shelves.engine.driver import Driver, EngineFailed, EngineLacksFunctions, Reply
from nullabona.relay.shelves.engine.lanes import Chores
from nullabona.relay.shelves.engine.peers import Peers
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, SALT_SIZE
from nullabona.wire.wakes import activity_tag

LATE_S: Final = 0.6
"""Seconds that the process which began a digest has to close it, before others do."""
PAST_BYTES: Final = 2**18
"""Bytes of digests in one answer of the engine, about."""
_REIGN: Final = 16
_NUMBER: Final = 8
_TRIES: Final = 8
"""How often what happened is told again with the salt of a digest that has begun meanwhile."""
_NEW: Final = 2**20
"""Tags of boxes that begin come after those of all others."""
_LONG: Final = 3
_AT: Final = 7
"""Where in the answer to a beat the number is at which the chain's hash is known."""
_HOUR_S: Final = 3_600
_PARTS: Final = (b"open", b"past", b"hours", b"relays", b"day", b"links")
_KEY_DOMAIN: Final = b"nullabona digest key v2"


@dataclass(slots=True)
class _Activity:
    """An append whose tag is not in a digest yet."""

    secret: bytearray
    box: int
    source: object
    new: bool


class _Nobody:
    """Hears of nothing."""

    def begun(self, late_s: float = 0) -> None:
        pass

    def closed(self) -> None:
        pass


class SharedDigests(PastDigests):
    """A `DigestLog` of the relay ``name``. ``fault`` is told of failures, ``lacks`` that a node has no functions."""

    shared = True

    def __init__(
        self,
        name: str,
        most_bytes: int,
        peers: Peers,
        *,
        rng: Callable[[int], int],
        fault: Callable[[Exception], None],
        hour: Callable[[], int] = lambda: int(time.time()) // _HOUR_S,
    ) -> None:
        super().__init__(rng(48), most_bytes)
        self._channel = NAMED + b"{" + name.encode() + b"}"
        self._keys = [self._channel, *(self._channel + b":" + part for part in _PARTS)]
        self._peers = peers
        self._rng = rng
        self._fault = fault
        self._hour = hour
        self._reports: DigestReports = _Nobody()
        self._driver: Driver
        self._chores = Chores(fault)
        self._reign = b""
        self._seed = b""
        """What the key is made of, beside the reign."""
        self._salt = b""
        """Of the open digest, as far as is known."""
        self._own: OpenDigest | None = None
        """What is in the open digest because of this process."""
        self._queue: list[_Activity] = []
        self._omits = False
        """Whether something happened that may be in no digest."""
        self._beats = 0
        """How often the same digest was found open."""

    @property
    def channel(self) -> bytes:
        """What `heard` is to hear."""
        return self._channel

    def report_to(self, reports: DigestReports) -> None:
        """Tell ``reports`` from now on."""
        self._reports = reports

    async def begin(self, driver: Driver) -> None:
        """Be ready, with what is remembered. An engine that does not answer is asked again with every `tick`."""
        self._driver = driver
        try:
            await self._beat()
        except EngineFailed as failure:
            self._fault(failure)

    # -- what it is asked

    def record(self, secret: bytes | bytearray, box: int, source: object, *, new: bool = False) -> bool:
        """See `DigestLog`. The copy of the secret is overwritten as soon as its tag is in a digest."""
        if len(self._queue) < MOST_WAITING:
            self._queue.append(_Activity(bytearray(secret), box, source, new))
        else:
            self._omits = True
        self._chores.run("tell", self._tell)
        return False

    def close(self, most_tags: int) -> bool:
        """See `DigestLog`."""
        salt = self._salt
        if salt:
            self._chores.run("close", lambda: self._close(salt, most_tags))
        return False

    def forget(self) -> None:
        """See `DigestLog`. Others may poll elsewhere."""

    def omit(self) -> bool:
        """See `DigestLog`."""
        self._omits = True
        self._chores.run("tell", self._tell)
        return False

    def tick(self) -> None:
        """A second has passed: say that we are here, and see what was missed."""
        self._chores.run("beat", self._beat)
        if self._omits:
            self._chores.run("tell", self._tell)

    def heard(self, message: bytes) -> None:
        """Something came on the channel."""
        kind, reign, rest = message[:1], message[1 : 1 + _REIGN], message[1 + _REIGN :]
        if reign != self._reign or kind == b"r":
            self._chores.run("beat", self._beat)
        elif kind == b"o" and rest != self._salt:
            self._note_open(rest)
            self._reports.begun(LATE_S)
        elif kind == b"c":
            number, digest = int.from_bytes(rest[:_NUMBER], "big"), rest[_NUMBER:]
            if digest[:SALT_SIZE] == self._salt:
                self._salt, self._own = b"", None
            if number == self.head + 1:
                self._keep(digest)
                self._reports.closed()
            elif number > self.head:
                self._chores.run("beat", self._beat)

    async def drain(self) -> None:
        """Return when everything that was recorded is told, or cannot be."""
        await self._chores.drain()

    async def leave(self) -> None:
        """Say goodbye, unless something is untold: then the others are to notice that we are gone."""
        if not self._omits:
            with suppress(EngineFailed):
                await self._ask(LEAVE, self._random(), self._peers.id, b"0", b"")

    # -- what is under way

    async def _tell(self) -> None:
        """Have what happened, and that something may be missing, in the open digest; more may come meanwhile."""
        while self._queue or self._omits:
            batch, self._queue = self._queue, []
            try:
                await self._tell_all(batch)
            finally:
                for activity in batch:
                    activity.secret[:] = bytes(len(activity.secret))

    async def _tell_all(self, batch: Sequence[_Activity]) -> None:
        omits, self._omits = self._omits, False
        try:
            for _ in range(_TRIES):
                if await self._add(batch, omits=omits):
                    return
        except EngineFailed:
            self._omits = True
            raise
        self._omits = True

    async def _add(self, batch: Sequence[_Activity], *, omits: bool) -> bool:
        """Whether the open digest is one with whose salt these were told. Also if they add nothing to it."""
        fresh = not self._salt
        if self._own is None or fresh:
            self._own = OpenDigest(self._salt or self._random())
        own = self._own
        tags = b"".join(_told(own, activity) for activity in batch)
        flags = b"%d" % fresh, b"%d" % (omits or own.omits)
        reign, salt, begins, taken = _row(await self._ask(ADD, self._random(), own.salt, *flags, tags))
        self._note_open(salt)
        if reign != self._reign:
            self._chores.run("beat", self._beat)
        if begins:
            self._reports.begun()
        return bool(taken)

    async def _close(self, salt: bytes, most_tags: int) -> None:
        try:
            await self._ask(CLOSE, self._random(), salt, b"%d" % most_tags, b"%d" % self._most_bytes)
        except EngineFailed:
            self._reports.begun(LATE_S)  # it is closed when the engine answers again
            raise

    async def _beat(self) -> None:
        peers = self._peers
        day, reply = await self._say(0)
        reign, number, old, salt, frames, blobs, seed, _, _, *heard = reply
        peers.reign = reign
        peers.note(day, frames, blobs, {one: int(count) for one, count in zip(heard[::2], heard[1::2], strict=True)})
        if seed != self._seed:
            self._reign = b""  # another stream, as in another reign
        if reign != self._reign or number > self.head:
            await self._catch_up()
        self.forget_before(old + 1)
        self._look_after(salt)
        for gone in peers.gone():
            _, salt, begins = _row(await self._ask(LEAVE, self._random(), gone, b"1", self._random()))
            self._note_open(salt)
            if begins:
                self._reports.begun()

    async def _say(self, after: int) -> tuple[int, list[Any]]:
        """Say that this process is here, and what the chain's hash is. Returns the day for which, and what is answered:
        with the first hash that is known from number ``after`` on. If none is, another stream begins for all.

        Raises `EngineLacksFunctions` if the answer is that of an earlier release, which has loaded its own functions.
        """
        day, frames, blobs = self._peers.counts()
        counts = b"%d" % day, b"%d" % frames, b"%d" % blobs, b"%d" % self._peers.waits
        seed = self._rng(8 * SEED_SIZE).to_bytes(SEED_SIZE, "big")
        chain = seed, b"%d" % self.head, self.hashed, b"%d" % after, self._reign, self._seed, self.last_salt
        reply = await self._ask(BEAT, self._random(), self._peers.id, b"%d" % self._hour(), *counts, *chain)
        row = _row(reply)
        if len(row) % 2 == 0 or row[_AT] < after:  # without what `chained` says each process has two
            raise EngineLacksFunctions("the engine's functions are of another release")
        return day, row

    def _look_after(self, salt: bytes) -> None:
        """A digest that was open for so long is nobody's: those who were to close it are gone."""
        self._beats = self._beats + 1 if salt and salt == self._salt else 0
        if salt and salt != self._salt:
            self._note_open(salt)
            self._reports.begun(LATE_S)
        elif self._beats >= _LONG:
            self._beats = 0
            self._reports.begun(LATE_S)

    async def _catch_up(self) -> None:
        """Take the engine's copy of what is missing here; of everything, if it was renewed."""
        number = self.head + 1
        while number > self.head:
            reign, number, first, *digests = _row(
                await self._ask(PAST, b"%d" % self.head, b"%d" % PAST_BYTES, only=True)
            )
            renewed = reign != self._reign or first > self.head + 1
            if number < 0 or (renewed and not await self._begin_again(reign, first - 1)):
                return  # it was renewed again: the next beat sees to that
            for at, digest in enumerate(digests):
                if first + at == self.head + 1:
                    self._keep(digest)
        self._reports.closed()

    async def _begin_again(self, reign: bytes, number: int) -> bool:
        """Forget everything up to ``number``, or up to the first number after it at which the chain's hash is known.

        Returns False if this is not the engine's reign any more.
        """
        _, (now, _, _, _, _, _, seed, at, hashed, *_) = await self._say(number)
        if now != reign:
            return False
        self._reign, self._seed = reign, seed
        key = stream_key(seed, reign)
        self.clear(at)
        self.sign_with(key, hashed or first_hash(key.public, at))
        return True

    async def _ask(self, function: bytes, *arguments: bytes, only: bool = False) -> Reply:
        """What a function answers. Raises `EngineFailed`. ``only``: it reads only."""
        call = b"FCALL_RO" if only else b"FCALL"
        (reply,) = await self._driver.call([(call, function, b"%d" % len(self._keys), *self._keys, *arguments)])
        if isinstance(reply, EngineFailed):
            raise reply
        return reply

    # -- what is known

    def _note_open(self, salt: bytes) -> None:
        self._salt = salt
        if self._own is not None and self._own.salt != salt:
            self._own = None

    def _keep(self, digest: bytes) -> None:
        salt, omits, thin = digest[:SALT_SIZE], digest[SALT_SIZE], digest[SALT_SIZE + 1]
        begin = SALT_SIZE + 2
        end = begin + thin * ACTIVITY_TAG_SIZE
        kept = encode_tags([digest[begin:end]], omitted=True) if thin else b""
        self.add(salt, encode_tags([digest[end:]], omitted=bool(omits)), kept)

    def _random(self) -> bytes:
        return self._rng(8 * SALT_SIZE).to_bytes(SALT_SIZE, "big")


def stream_key(seed: bytes, reign: bytes) -> StreamKey:
    """What signs the digests of one reign, at every process."""
    # Of the reign's name, too: a primary that was lost may go on, cut off, with a seed that its replica also knows.
    return StreamKey(sha256(_KEY_DOMAIN + seed + reign).digest())


def _told(own: OpenDigest, activity: _Activity) -> bytes:
    """Precedence and tag of an append, as the engine takes them; nothing if it adds none."""
    turn = own.record(activity.secret, activity.box, activity.source, new=activity.new)
    if not turn:
        return b""
    precedence = turn - 1 + (_NEW if activity.new else 0)
    return precedence.to_bytes(4, "big") + activity_tag(own.salt, activity.secret)


def _row(reply: Reply) -> list[Any]:
    if not isinstance(reply, list):
        raise EngineFailed("the engine's functions are of another version")
    return reply
