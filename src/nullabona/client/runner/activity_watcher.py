"""Turns one relay's activity digests into reads, and remembers the last digest that was fully processed.

A relay that lies can cause reads and watch what we do. What it gains is bounded: a relay that reports activity where
there is none is soon no longer believed, and one that keeps claiming that we missed something makes us read slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from nullabona.client.core.directory.keeping import Evidence, keep_evidence
from nullabona.client.core.model.ports import Store
from nullabona.client.net import parse_endpoint
from nullabona.client.runner.activity_stream import ANSWER_S, ActivityStream
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.connections import PersistentConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.signed_stream import DigestsContradict, SignedStream
from nullabona.errors import PeerError, UserError
from nullabona.log.digest_chain import Contradiction, DigestHead
from nullabona.wire.messages import ACTIVITY_TAG_SIZE, ActivityDigests, AnyResponse, PollActivity

NOTE_S: Final = 300.0
"""Seconds between two notes of the last processed digest, at least."""
OFTEN_S: Final = 1_800.0
"""A relay that claims twice within so many seconds that we missed something makes us read our boxes slowly."""
LONG_S: Final = 60.0
"""A box that was not read for so many seconds and has nothing new was reported in vain."""
FALSE_REPORTS: Final = 3
"""So many boxes a relay may report in vain ..."""
BY_CHANCE: Final = 2
"""... and this many times as many as tags of others collide with ours, where strangers append as fast as they can."""
NEWCOMER_S: Final = 600.0
"""Seconds between two times that we ask as somebody does who asks for the first time, on average ..."""
NEWCOMER_AGAIN_S: Final = 60.0
NEWCOMER_TRIES: Final = 3
"""... and again after `NEWCOMER_AGAIN_S` if there was no answer, so often until that counts as one."""
OMITTED_S: Final = 900.0
"""Seconds between two rounds of reading all boxes because digests omit activity, each box at its own random moment."""


Streams: TypeAlias = Callable[[Sequence[DigestHead]], SignedStream]
"""Makes what checks a relay's digests, of what it had signed; `SignedStream`, unless a simulation has none signed."""


class Schedule(Protocol):
    """What a watcher asks for. See `nullabona.client.runner.read_schedule.ReadSchedule`."""

    def secrets(self, relay: str) -> Mapping[Key, bytes]: ...
    def is_behind(self, relay: str) -> bool: ...
    def put_behind(self, keys: Collection[Key], *, slow: bool = False) -> None: ...
    def only_active(self, relay: str, but: Collection[Key]) -> None: ...
    def read_soon(self, keys: Collection[Key]) -> None: ...
    def redraw(self, keys: Collection[Key]) -> None: ...
    def check_all(self, keys: Collection[Key]) -> None: ...


class ActivityWatcher:
    """Watches one relay. See `activity_stream.Listener`. ``rng`` gives numbers in [0, 1)."""

    def __init__(
        self,
        schedule: Schedule,
        context: RunnerContext,
        relay: str,
        connection: PersistentConnection,
        rng: Callable[[], float],
        streams: Streams,
    ) -> None:
        self._schedule = schedule
        self._context = context
        self._relay = relay
        self._clock = asyncio.get_running_loop().time
        self._noted = noted_digest(context.store, relay)
        self._noted_at = float("-inf")
        self._missed_at = float("-inf")
        self._checked_at = float("-inf")
        self._checking: asyncio.TimerHandle | None = None
        """All boxes are to be read, later."""
        self._first = self._noted > 0
        """Whether no digest came yet since this device was last there."""
        self._believed = True
        self._read_at: dict[Key, float] = {}
        self._unproven: set[Key] = set()
        """Boxes that were reported active and had not been read for long: a read must find something."""
        self._false_reports = 0
        self._signed = streams(signed_heads(context.store, relay))
        self._stream: ActivityStream[Key] = ActivityStream(connection, self, rng, self._noted, self._signed)
        self._connection, self._rng = connection, rng
        self._tasks = [context.spawn(self._stream.follow())]
        if self._signed.compares:
            self._tasks.append(context.spawn(self._ask_as_newcomer()))

    @property
    def is_told(self) -> bool:
        """Whether the relay tells us all activity, and we believe it."""
        return self._stream.up and self._believed

    def close(self) -> None:
        """Stop polling."""
        for task in self._tasks:
            task.cancel()
        if self._checking is not None:
            self._checking.cancel()

    def lost(self, key: Key) -> None:
        """The box is not ours any more."""
        self._read_at.pop(key, None)
        self._unproven.discard(key)

    def was_read(self, key: Key, *, moved: bool) -> None:
        """A box was read to its end; ``moved``: it held something new."""
        self._read_at[key] = self._clock()
        if key in self._unproven:
            self._unproven.discard(key)
            self._false_reports += not moved
            if self._false_reports >= FALSE_REPORTS + self._by_chance() and self._believed:
                self._context.warn("relay-false-activity", relay=self._relay)
                self._disbelieve()
        if not self._noted:
            self.rest()

    def recall(self, key: Key) -> None:
        """Its secret is another one since it was read: digests may have told of it while the answer was on its way."""
        secret = self.secrets().get(key)
        if self.is_told and secret is not None and self._stream.told_lately(secret):
            self._schedule.read_soon([key])

    def rest(self) -> None:
        """Note the last digest, if all boxes that were active until then have been read."""
        if self.is_told and self._checking is None and not self._schedule.is_behind(self._relay):
            self._note(self._stream.reported)

    # -- what the stream reports

    def secrets(self) -> Mapping[Key, bytes]:
        return self._schedule.secrets(self._relay)

    def active(self, boxes: Sequence[Key], *, late: bool) -> None:
        if not self._believed:
            return
        if boxes:
            # What is read now may be what a lie was for: its signature has to survive a crash.
            self._keep_signed()
        if self._first:
            self._schedule.only_active(self._relay, boxes)
        elif late:
            self._schedule.put_behind(boxes)
        else:
            now = self._clock()
            self._unproven |= {key for key in boxes if now - self._read_at.get(key, now) > LONG_S}
            self._schedule.read_soon(boxes)
        self._first = False
        if self._clock() - self._noted_at >= NOTE_S:
            self.rest()

    def missed(self) -> None:
        if not self._believed:
            return
        self._keep_signed()
        now = self._clock()
        self._schedule.put_behind(self.secrets().keys(), slow=now - self._missed_at < OFTEN_S)
        self._missed_at, self._first = now, False

    def omitted(self) -> None:
        if self._checking is None and self._believed:
            loop = asyncio.get_running_loop()
            self._checking = loop.call_later(max(0.0, self._checked_at + OMITTED_S - loop.time()), self._check_all)

    def up_changed(self) -> None:
        self._schedule.redraw(self.secrets().keys())

    def contradicted(self, found: Contradiction) -> None:
        if not self._believed:
            return
        code, now, host = DigestsContradict.code, self._context.now(), parse_endpoint(self._relay).authority
        kept = Evidence(code, host, now // 1_000, found.known.note(), found.encode())
        with self._context.engine.step(now) as step:
            keep_evidence(step.store, kept, step.local.host)
        # So that the next start finds what was signed last, not once more what contradicts it.
        self._keep_signed()
        self._context.warn(code, host=host)
        self._disbelieve()

    def _disbelieve(self) -> None:
        """From now on its digests cause no read, until this program starts again."""
        self._believed = False
        self.up_changed()

    def _check_all(self) -> None:
        self._checking, self._checked_at = None, self._clock()
        self._schedule.check_all(self.secrets().keys())

    def _by_chance(self) -> float:
        """How many tags of others may well have collided with ours, of all that came."""
        return BY_CHANCE * self._stream.tags * len(self.secrets()) / 2.0 ** (8 * ACTIVITY_TAG_SIZE)

    def _note(self, number: int) -> None:
        self._noted, self._noted_at = number, self._clock()
        with self._context.store.transaction():
            self._context.store.set_value(noted_as(self._relay), number.to_bytes(8, "big"))
            self._context.store.set_value(_signed_as(self._relay), msgspec.msgpack.encode(self._signed.heads))

    def _keep_signed(self) -> None:
        with self._context.store.transaction():
            self._context.store.set_value(_signed_as(self._relay), msgspec.msgpack.encode(self._signed.heads))

    async def _ask_as_newcomer(self) -> None:
        """Compare what newcomers are told: a relay that tells this device alone other numbers knows it by those, but a
        newcomer has none yet. Never within half of `NEWCOMER_S` of another time.
        """
        failures = 0
        while True:
            await asyncio.sleep(NEWCOMER_AGAIN_S if failures else NEWCOMER_S * (0.5 + self._rng()))
            if self._believed and self._signed.key and self._connection.is_reached:
                answer = await self._told_newcomer()
                failures = 0 if isinstance(answer, ActivityDigests) else failures + 1
                if not failures or failures == NEWCOMER_TRIES:
                    failures = 0
                    self._stream.compare(answer)

    async def _told_newcomer(self) -> AnyResponse | None:
        try:
            connection = self._context.connections.one_shot(self._relay)
        except UserError:
            # A relay on this machine, and our own account's is elsewhere since then.
            return None
        carrier = await connection.ready()
        try:
            answer = await carrier.request(PollActivity(0, 0), ANSWER_S)
        except (PeerError, UserError) as error:
            await connection.failed(carrier, error)
            return None
        connection.worked()
        return answer


def noted_digest(store: Store, relay: str) -> int:
    """The number of the last digest that was fully processed when it was last noted; 0 if it never was."""
    with store.reading():
        return int.from_bytes(store.get_value(noted_as(relay)) or b"", "big")


def noted_as(relay: str) -> str:
    """The key under which the store keeps that."""
    return f"heard {relay}"


def signed_heads(store: Store, relay: str) -> tuple[DigestHead, ...]:
    """What the relay had signed then."""
    with store.reading():
        data = store.get_value(_signed_as(relay))
    return () if data is None else msgspec.msgpack.decode(data, type=tuple[DigestHead, ...])


def _signed_as(relay: str) -> str:
    return f"digest-heads {relay}"
