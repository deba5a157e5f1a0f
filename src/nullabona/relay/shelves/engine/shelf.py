"""A shelf whose boxes are on an engine that many relays share (spec/engine.md).

It remembers no head: numbers, incarnations and quotas are decided by functions that run in the engine. Nothing that was
asked is ever asked again by itself, because a repeated append is a second frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeAlias

from nullabona.relay.caller import Caller
from nullabona.relay.core.limits import Limits
from nullabona.relay.core.refusal import BUSY, TOO_LARGE, Reason, refuse
from nullabona.relay.core.space import Disk
from nullabona.relay.shelves.engine.access import APPEND, LEAVE_WAKE, OPEN, PREFIX, READ, STATE, SWEEP, TRIM
from nullabona.relay.shelves.engine.asked import Read, Write, wipe
from nullabona.relay.shelves.engine.driver import (
    NAME,
    Driver,
    EngineFailed,
    EngineFull,
    EngineLacksFunctions,
    Heard,
    Reply,
)
from nullabona.relay.shelves.engine.keeper import Connect, check_engine, load_functions
from nullabona.relay.shelves.engine.lanes import REQUEST_BYTES, Chores, Lanes
from nullabona.relay.shelves.engine.peers import Peers
from nullabona.relay.shelves.engine.replies import answer_of, found_in
from nullabona.relay.shelves.engine.shared_digests import SharedDigests
from nullabona.relay.shelves.engine.shared_wakes import SharedWakes
from nullabona.relay.shelves.engine.terms import Terms
from nullabona.relay.shelves.engine.watches import Watch, Watches
from nullabona.relay.shelves.port import Answers, Arrival, Kept, Looked, MaybeWake, Reports, label_of
from nullabona.wire.messages import AnyResponse, Appended, Done, Frames

ConnectRelay: TypeAlias = Callable[[Heard], Awaitable[Driver]]
READS: Final = 64
"""Most reads in one batch: each may be answered with a mebibyte."""
SWEPT: Final = b"200"
"""About how many boxes of a node one call sweeps."""
_DONE: Final = Done()
_NOTHING: Final = Frames(b"", 0, ())


class EngineShelf:
    """A `Shelf` on the engine that ``connect`` reaches as a relay, and ``keep`` as a keeper.

    ``rng(bits)`` gives a random number; ``name`` is that of the relay, of which this is one process. `begin` comes
    before everything else.
    """

    def __init__(
        self, connect: ConnectRelay, keep: Connect, limits: Limits, *, rng: Callable[[int], int], name: str = NAME
    ) -> None:
        self._connect = connect
        self._keep = keep
        self._limits = limits
        self._terms = Terms(limits, rng)
        self._chores = Chores(lambda error: self._reports.fault("chore", error))
        self.peers = Peers()
        """The other processes of this name."""
        self.digests = SharedDigests(name, limits.activity_bytes, self.peers, rng=rng, fault=self._failed)
        self.wakes = SharedWakes(self.digests.channel, self.peers, announce=self.digests.tick, fault=self._failed)
        self._reports: Reports
        self._driver: Driver
        self._begun = False
        self._writes: Lanes[Write]
        self._reads: Lanes[Read]
        self._watches: Watches
        self._flying: dict[bytes, int] = {}
        """Own appends under way, by box."""
        self._seen_since: bytes | None = None
        """The box whose look is calling ``done`` now and missed nothing that came since."""
        self._nodes: frozenset[str] = frozenset()
        self._reigns: dict[str, bytes] = {}
        """The primaries that last said in which reign they are."""
        self._known: dict[str, bytes] = {}  # what each node said last
        self._disk: Disk | None = None
        self._failed_at: set[str] = set()
        self._day = 0
        self._swept = 0

    def report_to(self, reports: Reports) -> None:
        self._reports = reports

    async def begin(self) -> None:
        keeper = await self._keep()
        try:
            await check_engine(keeper)
            await load_functions(keeper)
        finally:
            await keeper.close()
        driver = await self._connect(self._heard)
        self._writes = Lanes(driver, self._written, begun=self._reports.begun)
        self._reads = Lanes(driver, self._read, width=READS)
        others = (self.digests.channel,)
        self._watches = Watches(
            driver, self._chores, self._reports.moved, self._reports.waits_at, others, self.wakes.doubt
        )
        self._driver, self._begun = driver, True
        await self._poll()
        self.wakes.begin(driver)
        await self.digests.begin(driver)

    @property
    def trouble(self) -> str:
        return "cannot write" if self._failed_at and self._failed_at >= self._nodes else ""

    @property
    def under_way(self) -> int:
        return self._writes.bytes

    def disk(self) -> Disk | None:
        return self._disk

    def has_room(self, size: int) -> bool:
        return self._writes.bytes + size + REQUEST_BYTES <= self._limits.queue_bytes

    # -- what it is asked

    def append(
        self, caller: Caller, request_id: int, address: bytes, frame: bytes, wake: MaybeWake, *, inbox: bool
    ) -> None:
        limits, size = self._limits, len(frame)
        if size > limits.frame_bytes:
            return self._refuse(caller, request_id, TOO_LARGE, 0)
        key = PREFIX + address
        lane = self._writes.lane_of(key)
        # A shard that is away must not take the room of the others.
        if 2 * lane.bytes > limits.queue_bytes:
            return self._refuse(caller, request_id, BUSY, 1)
        command = (b"FCALL", APPEND, b"1", key, frame, self._terms.of_inbox() if inbox else self._terms.of_box())
        flying = self._flying
        flying[address] = flying.get(address, 0) + 1
        return self._writes.put(lane, Write(command, size + REQUEST_BYTES, caller, request_id, address, frame, wake))

    def trim(self, caller: Caller, request_id: int, address: bytes, upto: int) -> None:
        command = (b"FCALL", TRIM, b"1", PREFIX + address, b"%d" % upto)
        self._put(Write(command, REQUEST_BYTES, caller, request_id, address, None, None))

    def open_inbox(self, address: bytes) -> None:
        command = (b"FCALL", OPEN, b"1", PREFIX + address, self._terms.of_inbox())
        self._put(Write(command, REQUEST_BYTES, None, 0, address, None, None))

    def leave_wake(self, address: bytes, incarnation: bytes, head: int, secret: bytes) -> None:
        command = (b"FCALL", LEAVE_WAKE, b"1", PREFIX + address, incarnation, b"%d" % head, secret)
        self._put(Write(command, REQUEST_BYTES, None, 0, address, None, (bytearray(secret), 0, self)))

    def look(self, address: bytes, after: int, limit: int, done: Looked) -> None:
        key = PREFIX + address
        watch = self._watches.get(address)
        heard = watch.heard if watch is not None and watch.listened else None
        if watch is not None:
            watch.looks += 1
        most = b"%d" % self._limits.read_answer_bytes
        command = (b"FCALL_RO", READ, b"1", key, b"%d" % after, b"%d" % limit, most)
        self._reads.put(self._reads.lane_of(key), Read(command, REQUEST_BYTES, address, done, watch, heard))

    def watch(self, address: bytes) -> None:
        if self._seen_since == address:
            return
        if self._watches.get(address) is None:
            self._watches.add(address)
        else:
            asyncio.get_running_loop().call_soon(self._reports.moved, address)

    def tick(self, now: int, day: int) -> None:
        self._watches.tick(now)
        self._chores.run("poll", self._poll)
        self.digests.tick()
        self.wakes.tick()
        self._day = day
        self._terms.begin_day(day)
        if day != self._swept:
            self._chores.run("sweep", self._sweep)

    async def drain(self) -> None:
        if self._begun:
            await self._writes.drain()
            await self._reads.drain()
            await self._chores.drain()
            await self.digests.drain()
            await self.wakes.drain()

    async def close(self) -> None:
        if self._begun:
            await self.digests.leave()
            await self._driver.close()

    def _put(self, write: Write) -> None:
        self._writes.put(self._writes.lane_of(write.command[3]), write)

    def _refuse(self, caller: Caller, request_id: int, reason: Reason, retry_after_s: int) -> None:
        answer = refuse(reason, retry_after_s)
        self._reports.kept(Kept([(caller, request_id, answer)], [], [], 0, 0, 0))

    # -- what is answered

    def _written(self, batch: Sequence[Write], replies: Sequence[Reply]) -> None:
        decided: list[tuple[Write, AnyResponse]] = []
        failed: Answers = []
        failure: EngineFailed | None = None
        new: set[int] = set()
        for write, reply in zip(batch, replies, strict=True):
            if type(reply) is list:
                if reply[2]:
                    new.add(len(decided))
                decided.append((write, Appended(reply[0], reply[1])))
                write.put_in(reply[3:])
            elif self._left(write, reply):
                continue
            elif isinstance(reply, EngineFailed) and not isinstance(reply, EngineFull):
                failure = reply
                if write.caller is not None:
                    failed.append((write.caller, write.request_id, refuse(BUSY, 1)))
            else:
                decided.append((write, answer_of(reply)))
        if decided or failure is not None:
            self._note_failure(batch[0].command[3], failure)
        if decided:
            self._decide(decided, new)
        if failure is not None:
            self._reports.failed(failure, failed)
        self._land(batch, decided)
        wipe(batch)

    def _left(self, write: Write, reply: Reply) -> bool:
        """Whether a wake was to be left. If something came since, it is told now; digests omit what may be lost."""
        wake = write.wake
        if wake is None or wake[1] or (write.frame is not None and isinstance(reply, EngineFull)):
            return False  # the last: what a full engine refuses uses nothing up
        if isinstance(reply, EngineFailed):
            self._note_lack(reply)
            self.digests.omit()
        elif reply == 0:
            self.digests.record(wake[0], label_of(wake[0]), self)
        return write.frame is None

    def _decide(self, decided: Sequence[tuple[Write, AnyResponse]], new: Collection[int]) -> None:
        """Report what was decided together, with what came to each box by it."""
        arrivals: list[Arrival] = []
        open_: dict[bytes, Arrival] = {}
        answers: Answers = []
        trims = frames = size = 0
        for at, (write, answer) in enumerate(decided):
            caller, frame, address, wake = write.caller, write.frame, write.address, write.wake
            if caller is not None:
                answers.append((caller, write.request_id, answer))
            if type(answer) is not Appended or frame is None:
                trims += frame is None and caller is not None
                continue
            frames, size, seq = frames + 1, size + len(frame), answer.seq
            arrival = open_.get(address)
            # Other relays append between ours: what is shown together must have no gap.
            if arrival is None or arrival.bodies[-1][0] + 1 != seq or arrival.incarnation != answer.incarnation:
                arrival = open_[address] = Arrival(address, answer.incarnation, [], [], label_of(address), at in new)
                arrivals.append(arrival)
            arrival.bodies.append((seq, frame))
            if wake is not None and (not arrival.wakes or arrival.wakes[-1] != wake):
                arrival.wakes.append(wake)
                if not wake[1]:
                    arrival.label = label_of(wake[0])
        makers = [write.caller for at in new if (write := decided[at][0]).caller is not None]
        self._reports.kept(Kept(answers, arrivals, makers, trims, frames, size))

    def _land(self, batch: Sequence[Write], decided: Sequence[tuple[Write, AnyResponse]]) -> None:
        """Own appends are not under way any more: look where others appended meanwhile."""
        flying = self._flying
        landed: list[tuple[bytes, Watch]] = []
        for write in batch:
            if write.frame is None:
                continue
            address = write.address
            left = flying[address] - 1
            if left:
                flying[address] = left
                continue
            del flying[address]
            watch = self._watches.get(address)
            if watch is not None and watch.last:
                landed.append((address, watch))
        if not landed:
            return
        last = {write.address: answer for write, answer in decided}
        for address, watch in landed:
            answer, watch.last, heard = last.get(address), 0, watch.last
            if not isinstance(answer, Appended) or answer.seq < heard:
                self._reports.moved(address)

    def _read(self, batch: Sequence[Read], replies: Sequence[Reply]) -> None:
        for read, reply in zip(batch, replies, strict=True):
            if isinstance(reply, EngineFailed):
                self._note_lack(reply)
                self._reports.fault("read", reply)
                read.done(None, 0)
            else:
                watch = self._watches.get(read.address)
                if watch is not None and watch.listened and watch.heard == read.heard:
                    self._seen_since = read.address
                read.done(*found_in(reply))
                self._seen_since = None
            self._looked(read.address, read.watch)

    def _looked(self, address: bytes, watch: Watch | None) -> None:
        """A look is done: look once more if something came meanwhile, however much that was."""
        if watch is None:
            return
        watch.looks -= 1
        if watch.again and not watch.looks:
            watch.again = False
            self._reports.moved(address)

    # -- what it hears

    def _heard(self, channel: bytes, message: bytes) -> None:
        if not channel:
            return self._watches.renew(message.decode())
        if channel == self.digests.channel:
            return None if self.wakes.heard(message) else self.digests.heard(message)
        found = self._watches.take(channel, message)
        if found is None:
            return None
        address, watch, number = found
        if address in self._flying:
            watch.last = max(watch.last, number)
            return None
        if watch.looks:
            watch.again = True
            return None
        return self._reports.moved(address)

    # -- chores

    async def _poll(self) -> None:
        """Ask for shards and their state; let every shard tell us that it is heard."""
        slots = await self._driver.shards()
        if slots is not None:
            self._writes.follow(slots)
            self._reads.follow(slots)
            self._nodes = slots.nodes
            beats = self._watches.beats(slots)
            await asyncio.gather(*(self._driver.call([(b"SPUBLISH", channel, b"1")]) for channel in beats))
        nodes = sorted(self._nodes)
        states = await asyncio.gather(*(self._driver.ask_node(node, (b"FCALL_RO", STATE, b"0")) for node in nodes))
        told = {node: state for node, state in zip(nodes, states, strict=True) if isinstance(state, list)}
        for state in states:
            self._note_lack(state)
        reigns = {node: state[0] for node, state in told.items()}
        if self._known and any(self._known.get(node) != reign for node, reign in reigns.items()):
            self.digests.omit()  # with a primary that is gone, what was left at inboxes may be
        self._known |= reigns
        if reigns and reigns != self._reigns:
            self._reigns = reigns
            self._failed_at &= self._nodes
            self._watches.renew()
        if told:
            used, most = (sum(state[at] for state in told.values()) for at in (1, 2))
            self._disk = Disk(most, max(0, most - used))

    async def _sweep(self) -> None:
        day = self._day
        complete = bool(self._nodes)
        for node in sorted(self._nodes):
            cursor: Reply = b"0"
            while isinstance(cursor, bytes):
                cursor = await self._driver.ask_node(node, (b"FCALL", SWEEP, b"0", cursor, SWEPT, b"%d" % day))
                if cursor == b"0":
                    break
            complete = complete and cursor == b"0"
        self._swept = day if complete else self._swept

    async def _load(self) -> None:
        keeper = await self._keep()
        try:
            await load_functions(keeper)
        finally:
            await keeper.close()

    def _note_failure(self, key: bytes, failure: EngineFailed | None) -> None:
        node = self._writes.node_of(key)
        self._note_lack(failure)
        if failure is None:
            self._failed_at.discard(node)
        else:
            self._failed_at.add(node)

    def _failed(self, error: Exception) -> None:
        """What processes share could not be asked."""
        self.wakes.doubt()
        self._note_lack(error)
        self._reports.fault("digests", error)

    def _note_lack(self, reply: Reply) -> None:
        """A node that began again, empty, has no functions: give it some."""
        if isinstance(reply, EngineLacksFunctions):
            self._chores.run("load", self._load)
