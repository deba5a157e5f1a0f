"""Directs a soak: sets the stage, lets people talk, does one deed after another, and keeps account of everything."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.soak.figures import Sample, Span
from bench.soak.histories import Histories, lines_of
from bench.soak.ledger import Ledger, Line
from bench.soak.plan import Plan, Shape
from bench.soak.stage import Crowd, Relay, wire_loader
from bench.soak.watch import Watch
from nullabona.processes.workers import Worker

_BEAT_S: Final = 1.0
_WIRE_S: Final = 5.0
_MARGIN_S: Final = 2.0
"""What is said so shortly before a deed counts as said in it."""
_LOOK_S: Final = 0.2


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    shape: Shape
    ledger: Ledger = field(default_factory=Ledger)
    watch: Watch = field(default_factory=Watch)
    wire: Counter[str] = field(default_factory=Counter)
    wire_delays: list[Sample] = field(default_factory=list)
    deeds: list[tuple[str, float, float]] = field(default_factory=list)
    """What was done, how long it took, and how long until nothing lacked that was said before."""
    calm: list[Span] = field(default_factory=list)
    histories: Histories = field(default_factory=Histories)
    faults: list[str] = field(default_factory=list)
    lacking: int = 0
    seconds: float = 0.0
    setup_s: float = 0.0


async def play(folder: Path, shape: Shape, tell: Callable[[str], None]) -> Outcome:
    """Play it in a folder. Raises `ProcessFailed` and what else goes wrong with the stage itself."""
    async with AsyncExitStack() as stack:
        soak = Soak(folder, shape, tell, stack)
        return await soak.play()


class Soak:
    """One run."""

    def __init__(self, folder: Path, shape: Shape, tell: Callable[[str], None], stack: AsyncExitStack) -> None:
        self._folder, self._shape, self._tell, self._stack = folder, shape, tell, stack
        self._plan = Plan(shape)
        self._made = Outcome(shape)
        self._relay = Relay(folder, shape)
        stack.callback(self._relay.stop)
        self._crowds = [Crowd(number, folder, shape) for number in range(shape.crowds)]
        self._rooms = self._plan.rooms()
        self._places = {room: list(members) for room, members in self._rooms.items()}
        self._intended: dict[Line, float] = {}
        self._last: Counter[str] = Counter()
        """Of each device the newest event it has told of."""

    async def play(self) -> Outcome:
        """Everything."""
        began = time.monotonic()
        self._tell(f"{len(self._shape.everybody)} accounts, {len(self._rooms)} rooms, {self._shape.wire_pairs} pairs "
                   f"and {self._shape.wire_idle} idle readers on the wire; seed {self._shape.seed}")  # fmt: skip
        await self._set_stage()
        wire = await self._stack.enter_async_context(wire_loader(self._folder, self._shape))
        shape = self._shape
        await wire.do("start", url=self._relay.url, pairs=shape.wire_pairs, rate=shape.wire_rate, idle=shape.wire_idle,
                      life_s=shape.wire_life_s, day_s=shape.day_s)  # fmt: skip
        self._made.setup_s = time.monotonic() - began
        began = time.monotonic()
        async with self._watching(wire):
            await self._run(wire, began)
        self._made.seconds = time.monotonic() - began
        await self._end(wire)
        return self._made

    # -- the beginning and the end

    async def _set_stage(self) -> None:
        for crowd in self._crowds:
            await crowd.start()
            self._stack.push_async_callback(crowd.stop)
        relay = self._relay
        await asyncio.gather(*(
            crowd.played.do("create", names=crowd.devices, relay=relay.url, host=relay.host) for crowd in self._crowds
        ))  # fmt: skip
        for room, members in self._rooms.items():
            await self._open_room(room, members)
        await self._talk()

    async def _end(self, wire: Worker) -> None:
        await self._each("talk", places=[], rate=0.0, length=0)
        await self._recover("the end")
        await wire.do("end")
        await self._take_wire(wire)
        self._made.ledger.close()
        self._made.lacking = self._made.ledger.lacking()
        await self._compare_histories()
        self._made.faults = self._relay.faults()

    async def _compare_histories(self) -> None:
        every = await self._each("histories", rooms=self._rooms)
        found = {(device, room): lines_of(words) for of_crowd in every for device, room, words in of_crowd}
        for room, members in self._rooms.items():
            said = self._made.ledger.said_in(room)
            for device in members:
                self._made.histories.compare(device, said, found.get((device, room), Counter()))

    async def _run(self, wire: Worker, began: float) -> None:
        fraction = ((time.monotonic() - began) / (60.0 * self._shape.minutes) for _ in iter(int, 1))
        await asyncio.sleep(self._shape.calm_s)
        self._made.calm.append((began, time.monotonic() - _MARGIN_S))
        for deed in self._plan.deeds(fraction):
            await self._do(deed, wire)

    async def _do(self, deed: str, wire: Worker) -> None:
        began = time.monotonic()
        await self._deeds(wire)[deed]()
        done = time.monotonic()
        await self._recover(deed)
        await self._each("check")
        recovered = time.monotonic()
        self._made.deeds.append((deed, done - began, recovered - done))
        await asyncio.sleep(self._shape.calm_s)
        self._made.calm.append((recovered + _MARGIN_S / 2, time.monotonic() - _MARGIN_S))
        self._tell(f"{deed}: {done - began:.1f} s, recovered after {recovered - done:.1f} s; {self._now()}")

    def _deeds(self, wire: Worker) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "room": self._guests, "device": self._second_device, "kill-clients": self._kill_clients,
            "kill-relay": self._relay.kill, "restart-relay": self._relay.restart,
            "wipe-relay": partial(self._wipe, wire),
        }  # fmt: skip

    def _now(self) -> str:
        ledger, wire = self._made.ledger, self._made.wire
        return (f"said {ledger.said:,}, heard {ledger.heard:,} of {ledger.due:,}; "
                f"wire {wire['delivered']:,} of {wire['acked']:,}")  # fmt: skip

    # -- deeds

    async def _guests(self) -> None:
        room, members = self._plan.guests()
        await self._open_room(room, members)
        await self._talk()
        await asyncio.sleep(self._shape.calm_s / 2)
        await self._close_room(room, members)

    async def _second_device(self) -> None:
        owner, device = self._plan.owner()
        crowd = self._crowd_of(owner)
        rooms = [room for room, members in self._rooms.items() if owner in members]
        for room in rooms:
            self._made.ledger.come(room, device)
        await crowd.played.do("link", name=owner, new=device)
        crowd.devices.append(device)
        for room in rooms:
            await self._settled(room, [*self._rooms[room], device])
            self._made.ledger.sit(room, device, time.monotonic())
            self._places[room].append(device)
        await self._talk()
        await asyncio.sleep(self._shape.calm_s / 2)
        for room in rooms:
            self._places[room].remove(device)
        await self._talk()
        for room in rooms:
            self._made.ledger.rise(room, device, time.monotonic())
        await self._until_nothing_lacks("the second device", device=device)
        crowd.devices.remove(device)
        await crowd.played.do("unlink", name=owner, gone=device)
        for room in rooms:
            await self._settled(room, self._rooms[room])
            self._made.ledger.out(room, device, time.monotonic())

    async def _kill_clients(self) -> None:
        crowd = self._crowds[-1]
        await crowd.kill()
        self._take_notes(crowd)
        await crowd.start()
        await crowd.played.do("reopen", names=crowd.devices)
        open_ones = [line for line in self._intended if line.speaker in crowd.devices]
        kept = await crowd.played.do("settle_intents", intents=[[*line, 0.0] for line in open_ones])
        for line, is_kept in zip(open_ones, kept, strict=True):
            at = self._intended.pop(line)
            if is_kept:
                self._say(line, at)
        await self._talk()

    async def _wipe(self, wire: Worker) -> None:
        """What is sent to the relay from ``wiped`` on is not lost to this wipe: then the old one is gone."""
        await wire.do("wiping")
        await self._relay.wipe()
        await wire.do("wiped")
        await self._relay.begin_again()
        await self._each("published")

    # -- rooms

    async def _open_room(self, room: str, members: list[str]) -> None:
        for member in members:
            self._made.ledger.come(room, member)
        handles = [f"{name}@{self._relay.host}" for name in members[1:]]
        await self._crowd_of(members[0]).played.do("found", room=room, founder=members[0], others=handles)
        await self._settled(room, members)
        for member in members:
            self._made.ledger.sit(room, member, time.monotonic())
        self._places[room] = list(members)

    async def _close_room(self, room: str, members: list[str]) -> None:
        """All but the founder leave, and hear nothing more."""
        del self._places[room]
        await self._talk()
        await self._until_nothing_lacks("the guests' room", room=room)
        leavers = members[1:]
        for member in leavers:
            self._made.ledger.rise(room, member, time.monotonic())
        for crowd in self._crowds:
            if ours := [name for name in leavers if name in crowd.devices]:
                await crowd.played.do("leave", room=room, names=ours)
        for member in leavers:
            self._made.ledger.out(room, member, time.monotonic())

    async def _settled(self, room: str, members: list[str]) -> None:
        """Until all of these devices see all of them, and nobody else, in a room."""
        for crowd in self._crowds:
            if ours := [name for name in members if name in crowd.devices]:
                await crowd.played.do("settled", room=room, names=ours, devices=len(members))

    async def _talk(self) -> None:
        """Everybody talks in the rooms as they are now."""
        every = sum(map(len, self._places.values()))
        for crowd in self._crowds:
            places = [[name, room] for room, names in self._places.items() for name in names if name in crowd.devices]
            rate = self._shape.rate * len(places) / every
            await crowd.played.do("talk", places=places, rate=rate, length=self._shape.line_bytes)

    # -- accounts

    async def _recover(self, what: str) -> None:
        await self._until_nothing_lacks(what, before=time.monotonic())

    async def _until_nothing_lacks(self, what: str, **of: Any) -> None:  # noqa: ANN401 - as `Ledger.lacking` takes it
        """Until it is so, or for so long that something is lost: the claim about delivery fails then, not the run."""
        until = time.monotonic() + self._shape.patience_s
        self._take_all_notes()
        while (lacking := self._made.ledger.lacking(**of)) and time.monotonic() < until:
            await asyncio.sleep(_LOOK_S)
            self._take_all_notes()
        if lacking:
            self._tell(f"{lacking} deliveries still lack after {what}: {self._made.ledger.missing()}")

    @asynccontextmanager
    async def _watching(self, wire: Worker) -> AsyncIterator[None]:
        """Notes, memory and the loader's reports are taken meanwhile; if that fails, so does the block."""
        async with asyncio.TaskGroup() as group:
            beating, reporting = group.create_task(self._beat()), group.create_task(self._report(wire))
            yield
            beating.cancel()
            reporting.cancel()

    async def _beat(self) -> None:
        while True:
            self._take_all_notes()
            watch = self._made.watch
            watch.feel()
            watch.look("relay", self._relay.pid)
            for crowd in self._crowds:
                if crowd.played.runs:  # one that was killed is on its way to a new process
                    watch.look(f"crowd {crowd.number}", crowd.played.pid)
            await asyncio.sleep(_BEAT_S)

    async def _report(self, wire: Worker) -> None:
        while True:
            await asyncio.sleep(_WIRE_S)
            await self._take_wire(wire)

    async def _take_wire(self, wire: Worker) -> None:
        told = await wire.do("report")
        self._made.wire.update(told["counts"])
        self._made.wire_delays.extend((at, took) for at, took in told["delays"])

    def _take_all_notes(self) -> None:
        for crowd in self._crowds:
            self._take_notes(crowd)

    def _take_notes(self, crowd: Crowd) -> None:
        for what, device, room, number, at, *more in crowd.notes():
            if what == "hear":
                self._hear(device, Line(more[0], room, int(number)), float(at), int(more[1]))
            elif what == "intend":
                self._intended[Line(device, room, int(number))] = float(at)
            else:
                line = Line(device, room, int(number))
                self._say(line, self._intended.pop(line))

    def _hear(self, device: str, line: Line, at: float, event: int) -> None:
        """An event that was being handled when the process was killed is told again: that is no second message."""
        if event > self._last[device]:
            self._last[device] = event
            self._made.ledger.hear(device, line, at)

    def _say(self, line: Line, at: float) -> None:
        self._made.ledger.say(line, at)

    def _crowd_of(self, name: str) -> Crowd:
        return next(crowd for crowd in self._crowds if name in crowd.devices)

    async def _each(self, deed: str, **order: Any) -> list[Any]:  # noqa: ANN401 - as JSON gives it
        return list(await asyncio.gather(*(crowd.played.do(deed, **order) for crowd in self._crowds)))
