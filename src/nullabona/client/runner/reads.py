"""Reads every box that the engine wants: to its end after each connection, then whenever it grows.

How a box is read depends on its connection. On a connection of its own (`UnlinkedConnection`), a box is read at the
moments that `ReadSchedule` draws. Where rooms share a connection, the client waits for the box's wake token and reads
the box when it is woken (spec/relay.md §4.4), so that the relay's memory does not hold which boxes a connection waits
for. A room that this device is still entering has no token yet; its box is polled. The inbox is always read apart. A
relay that answers waiting requests at once and with nothing is asked less and less often.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final

from nullabona.client.core.model.change_set import NOTHING, ChangeSet
from nullabona.client.core.model.requests import INBOX, ReadFor, ReadRequest
from nullabona.client.core.step import Timing
from nullabona.client.net import Carrier, EndpointRefused, TooManyRequests
from nullabona.client.runner.activity_watcher import Streams
from nullabona.client.runner.boxkey import Key
from nullabona.client.runner.connections import Lane, LaneConnection, UnlinkedConnection
from nullabona.client.runner.context import RunnerContext
from nullabona.client.runner.randomness import fraction
from nullabona.client.runner.read_schedule import ReadSchedule
from nullabona.client.runner.signed_stream import SignedStream
from nullabona.errors import PeerError
from nullabona.wire.address import Address
from nullabona.wire.messages import MAX_WAIT_S, AnyResponse, AwaitWake, Frames, Read, Refusal

WAKE_WAIT_S: Final = 180
"""Mean of the seconds for which a request waits for a wake token; then the box is read without a wake."""
OLD_WAKE_WAIT_S: Final = 300
"""The same for the box of an earlier epoch."""
SURE_S: Final = 30.0
"""Seconds for which a relay surely remembers a wake while no request waits (spec/relay.md §4.4)."""
ANSWER_S: Final = 30.0
"""Seconds that a relay may take beyond the wait that the request asked for."""
LOOK_S: Final = 10.0
"""Seconds for which a person who looks at a room waits for boxes that one of its boxes led to."""
_CALM_FIRST_S: Final = 0.05
_CALM_MOST_S: Final = 30.0


class Reads:
    """The reads of one client. Frames go to the engine; its change set goes to ``context.happened``.

    ``rng`` gives numbers in [0, 1).
    """

    def __init__(
        self,
        context: RunnerContext,
        timing: Timing,
        rng: Callable[[], float] = fraction,
        streams: Streams = SignedStream,
    ) -> None:
        self._context = context
        self._joining_s = timing.joining / 1_000
        self._rng = rng
        self._wants: dict[Key, ReadRequest] = {}
        self._keys: dict[ReadFor, set[Key]] = {}
        """The keys of `_wants` by the room, inbox or replies that they belong to."""
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._asked: dict[Key, int] = {}
        """The position from which a box was last read or awaited; if it goes back, the box is read again."""
        self._behind: set[Key] = set()
        """Boxes that have not been read to their end since they were wanted or the relay was last reached."""
        self._rested: dict[Key, float] = {}
        """When we were last woken for a box whose token we have not waited for since."""
        self._unsure: set[Key] = set()
        """Boxes that may have frames that no wake told us about."""
        self._seen: set[Key] = set()
        """Boxes that were read to their end at least once."""
        self._visited: set[Key] = set()
        """Boxes that are being read on a connection of their own at this moment."""
        self._looked: dict[ReadFor, float] = {}
        """When the person looked at a room whose boxes are not read to their end yet."""
        self._schedule = ReadSchedule(context, timing, rng, self._wants, self._behind, streams)
        self._in_hand = 0
        """How many answers wait to go to the engine."""
        self._turn = asyncio.Lock()
        """Lets one answer per turn of the loop go to the engine, so that nothing else waits for all of them."""

    @property
    def caught_up(self) -> bool:
        """Whether every box has been read to the end that the relay shows now."""
        return not self._behind and not self._in_hand

    def may_send(self, room: bytes, relay: str, address: Address) -> bool:
        """Whether the box was read to its end at least once, so that we may append to it; if not, it is read now.

        The read may show that this profile is an old copy (docs/decisions/0031-own-leaf.md).
        """
        key = Key(room, relay, address)
        if room not in self._keys:
            self.refresh(room)
        ready = key not in self._wants or key in self._seen
        if not ready:
            self._hurry(key)
        return ready

    def read_back(self, room: bytes, relay: str, address: Address) -> None:
        """Read a box now because we appended to it: our frame counts as sent once we see it there.

        Only a box that is read at drawn moments needs this. The relay can link the read to the append, which are of
        the same box anyway, and to nothing else.
        """
        self._schedule.read_back(Key(room, relay, address))

    def look(self, room: bytes) -> None:
        """Read a room's boxes now, and those that they lead to within `LOOK_S`, because the person looks at the room.

        The relay can link these boxes to one another, and to nothing else.
        """
        for key in self._behind_in(room):
            self._looked[room] = asyncio.get_running_loop().time()
            self._hurry(key)

    def has_read(self, room: bytes) -> bool:
        """Whether the boxes of one room have been read to their end."""
        return not self._behind_in(room) and not self._in_hand

    def _hurry(self, key: Key) -> None:
        """Read the box now, unless a read of it is already under way."""
        if key not in self._visited:
            self._schedule.hurry(key)

    def _behind_in(self, of: ReadFor) -> set[Key]:
        return self._keys.get(of, set()) & self._behind

    def refresh(self, of: ReadFor) -> None:
        """Begin and end reads until they are those that the engine wants for ``of``: a room, the inbox or replies."""
        wants = {Key(of, want.relay, want.address): want for want in self._context.engine.reads(of)}
        before = self._lanes() if self._keys.get(of, set()) - wants.keys() else set()
        for key in self._keys.get(of, set()) - wants.keys():
            self._end(key)
        for key, want in wants.items():
            self._wants[key] = want
            self._keys.setdefault(of, set()).add(key)
            if want.after < self._asked.get(key, 0):
                self._end_task(key)
            if key not in self._tasks:
                self._begin(key, want)
        for relay, lane in before - self._lanes() if before else ():
            if lane == self._context.connections.lane(inbox=True):
                self._schedule.leave(relay)
            self._context.spawn(self._context.connections.rest(relay, lane))

    def rest(self) -> None:
        """Remember the last activity digests that were processed, because the client stops."""
        self._schedule.rest()

    def _lanes(self) -> set[tuple[str, Lane]]:
        """The connections that reads use."""
        return {(key.relay, self._lane(key)) for key in self._wants}

    def _lane(self, key: Key) -> Lane:
        return self._context.connections.lane(inbox=key.of is INBOX)

    def known(self) -> set[ReadFor]:
        """The rooms, inbox and replies whose boxes are being read."""
        return set(self._keys)

    def _begin(self, key: Key, want: ReadRequest) -> None:
        try:
            connection = self._context.connections.for_lane(want.relay, self._lane(key))
        except EndpointRefused as error:
            self._context.warn(error.code, relay=want.relay)
            return
        self._behind.add(key)
        if isinstance(connection, UnlinkedConnection):
            self._schedule.begin(key, connection)
            if asyncio.get_running_loop().time() - self._looked.get(key.of, -math.inf) < LOOK_S:
                self._schedule.hurry(key)
        follows = (
            self._visit(key, connection)
            if isinstance(connection, UnlinkedConnection)
            else self._follow(key, connection)
        )
        self._tasks[key] = self._context.spawn(follows)

    def _end(self, key: Key) -> None:
        self._wants.pop(key, None)
        self._keys[key.of].discard(key)
        if not self._keys[key.of]:
            del self._keys[key.of]
            self._looked.pop(key.of, None)
        self._behind.discard(key)
        self._unsure.discard(key)
        self._seen.discard(key)
        self._rested.pop(key, None)
        self._end_task(key)

    def _end_task(self, key: Key) -> None:
        self._asked.pop(key, None)
        self._schedule.end(key)
        task = self._tasks.pop(key, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _visit(self, key: Key, connection: UnlinkedConnection) -> None:
        """Read at drawn moments, so that nothing waits at the relay and no two boxes are read together."""
        while self._is_reader(key):
            await self._schedule.moment(key)
            if not connection.is_reached:  # drawn again: boxes that were due meanwhile must not be read together
                await connection.reached()
                continue
            self._visited.add(key)
            try:
                await self._read_up(key, connection)
            finally:
                self._visited.discard(key)

    async def _read_up(self, key: Key, connection: UnlinkedConnection) -> None:
        moved = True
        while moved and self._is_reader(key):
            moved = await self._read(key, connection, await connection.ready())
            moved = moved and (key in self._behind or key in self._unsure)

    def _is_reader(self, key: Key) -> bool:
        return self._tasks.get(key) is asyncio.current_task() and key in self._wants

    async def _follow(self, key: Key, connection: LaneConnection) -> None:
        """Read for as long as the box is wanted and this task is its reader."""
        last: Carrier | None = None
        clock = asyncio.get_running_loop().time
        pause = 0.0
        while self._is_reader(key):
            await asyncio.sleep(pause)
            carrier = await connection.ready()
            if key not in self._wants:
                return
            if carrier is not last:
                self._behind.add(key)
            last, behind, begun = carrier, key in self._behind, clock()
            if self._wants[key].wake_token is not None:
                moved = await self._await_wake(key, connection, carrier)
            else:
                moved = await self._read(key, connection, carrier)
                pause = 0.0 if moved and key in self._behind else self._joining_s
                continue
            calm = moved or clock() - begun >= 1 or (behind and key not in self._behind)
            pause = 0.0 if calm else min(_CALM_MOST_S, pause * 2 or _CALM_FIRST_S)

    async def _await_wake(self, key: Key, connection: LaneConnection, carrier: Carrier) -> bool:
        """Wait once for the wake token, after a read of the box if it needs one; returns what `_read` does."""
        want, clock = self._wants[key], asyncio.get_running_loop().time
        self._asked[key] = want.after
        if clock() - self._rested.pop(key, clock()) > SURE_S:
            self._unsure.add(key)
        wait_s = wake_wait_s(OLD_WAKE_WAIT_S if want.old else WAKE_WAIT_S, self._rng)
        request = AwaitWake(want.wake_token or b"", wait_s)
        waiting = asyncio.ensure_future(carrier.request(request, wait_s + ANSWER_S))
        waiting.add_done_callback(_retrieve_failure)
        try:
            await asyncio.sleep(0)  # it leaves before the read: an append between them wakes us
            looked = key in self._behind or key in self._unsure
            moved = not looked or await self._read(key, connection, carrier)
            if looked and (key in self._behind or key in self._unsure):
                return moved
            answer = await waiting
            self._rested[key] = clock()
        except TooManyRequests:
            self._unsure.add(key)
            return False
        except PeerError as error:
            await connection.failed(carrier, error)
            return True
        finally:
            waiting.cancel()
        return await self._woken(key, answer) or moved

    async def _woken(self, key: Key, answer: AnyResponse) -> bool:
        """Take the frames that came with the wake if they are the box's next ones; otherwise mark it to be read."""
        # Any member can wake us with another box's frames: those have another incarnation.
        want = self._wants.get(key)
        if want is None:
            return True
        if isinstance(answer, Refusal):
            await asyncio.sleep(min(answer.retry_after_s, _CALM_MOST_S))
        elif isinstance(answer, Frames) and _is_next(want, answer):
            return await self._take_in_turn(key, want, answer)
        self._unsure.add(key)
        return False

    async def _read(self, key: Key, connection: LaneConnection, carrier: Carrier) -> bool:
        """Read once. True: the position moved, or the connection failed; False: ask this relay less often."""
        want = self._wants[key]
        self._asked[key] = want.after
        box = want.box
        request = Read(box.policy, box.read_secret, box.write_hash, want.after)
        try:
            answer = await carrier.request(request, ANSWER_S)
        except TooManyRequests:
            return False
        except PeerError as error:
            await connection.failed(carrier, error)
            return True
        connection.worked()
        if isinstance(answer, Refusal):
            await asyncio.sleep(min(answer.retry_after_s, _CALM_MOST_S))
            return False
        if isinstance(answer, Frames):
            return await self._take_in_turn(key, want, answer)
        return True

    async def _take_in_turn(self, key: Key, want: ReadRequest, answer: Frames) -> bool:
        self._in_hand += 1
        try:
            async with self._turn:
                return self._take(key, want, answer)
        finally:
            self._in_hand -= 1

    def _take(self, key: Key, want: ReadRequest, answer: Frames) -> bool:
        if key not in self._wants:
            return True
        try:
            touched = self._tell_engine(key.of, want, answer)
        except PeerError as error:
            self._context.warn(error.code, relay=want.relay)
            return False
        if touched is not NOTHING or key in self._behind or key in self._unsure:
            self._context.happened(touched)
        after = self._wants.get(key)
        if after is not None and after.after < answer.head:
            self._unsure.add(key)
        elif after is not None:
            self._behind.discard(key)
            self._unsure.discard(key)
            self._schedule.was_read(key, moved=after.after != want.after)
            if not self._behind_in(key.of):
                self._looked.pop(key.of, None)
            if key not in self._seen:
                self._seen.add(key)
                self._context.happened(ChangeSet(frozenset()))
        return after is None or after.after != want.after

    def _tell_engine(self, of: ReadFor, want: ReadRequest, answer: Frames) -> ChangeSet:
        now = self._context.now()
        touched = self._context.engine.on_frames(of, want.address, want.after, answer, now, want.relay)
        if of is INBOX:
            self.refresh(INBOX)
            if answer.frames:
                self._context.inbox_read()
        return touched


def _is_next(want: ReadRequest, answer: Frames) -> bool:
    known = want.incarnation and answer.incarnation == want.incarnation
    return bool(known and answer.frames and answer.frames[0][0] == want.after + 1)


def wake_wait_s(mean_s: int, rng: Callable[[], float]) -> int:
    """Draw how many whole seconds to wait for a wake token: exponential with mean ``mean_s``, at most `MAX_WAIT_S`."""
    # The devices of a room begin to wait again at the moment in which they are woken. The relay's memory holds until
    # when each waits. As that says nothing about when it began, it does not show which devices were woken together.
    while (wait_s := -mean_s * math.log(1 - rng())) >= MAX_WAIT_S:
        pass
    return 1 + int(wait_s)


def _retrieve_failure(waiting: asyncio.Future[AnyResponse]) -> None:
    """Retrieve the exception of a request that nobody awaits any more; otherwise asyncio logs it."""
    if not waiting.cancelled():
        waiting.exception()
