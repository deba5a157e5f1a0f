"""The story of the drill ``seized-engine``: two people talk through a relay on an engine, whose nodes are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from nullabona.drills.actors.actor import Person
from nullabona.drills.actors.company import GREETING, Company
from nullabona.drills.reporting.text import Sentences, Tell
from nullabona.drills.search import Hunt, Kind, MemoryDenied, Secret, files_below, memory_chunks, program_files
from nullabona.drills.seized_engine.findings import ADDRESS_SIZE, Node, Outcome, appends_in, count_in, strays_of
from nullabona.processes import engine
from nullabona.processes.engine import EngineCluster
from nullabona.processes.program import ProcessFailed
from nullabona.processes.servers import RelayProcess

_say: Final = Sentences("drill_seized_engine")
PEOPLE: Final = {Person("하늘", "haneul-seo"): "127.61.18.103", Person("보미", "bomi-choi"): "127.77.1.2"}
"""And where their connections come from."""
_GROUP: Final = "금요일 산책 모임"
_LINES: Final = (
    "금요일 저녁 일곱 시에 도서관 뒷문에서 만나요 ({number})",
    "the blue envelope is under the third flowerpot ({number})",
)
_BEFORE: Final = 20
"""So many lines are said before the nodes are taken."""
_FRAMES: Final = 40
"""At most so many frames are looked for in memory."""
_PERIOD_S: Final = 2
_PIECE: Final = 64
_DUMP: Final = f"""
local function hex(text)
  return (string.gsub(text, '.', function(one) return string.format('%02x', string.byte(one)) end))
end
local rows, cursor = {{}}, '0'
repeat
  local found = redis.call('SCAN', cursor, 'MATCH', 'b:*', 'COUNT', 1000)
  cursor = found[1]
  for _, key in ipairs(found[2]) do
    local idle, frames = redis.call('OBJECT', 'IDLETIME', key), {{}}
    for _, frame in ipairs(redis.call('LRANGE', key, 1, -1)) do
      frames[#frames + 1] = hex(string.sub(frame, 3, {2 + _PIECE}))
    end
    rows[#rows + 1] = hex(key) .. ':' .. idle .. ':' .. table.concat(frames, ',')
  end
until cursor == '0'
return rows
"""
"""What a node holds, in hexadecimal; when a box was used last is asked before it is used for this."""


class Story:
    """Plays it in ``folder``. ``tell`` is called before each step; nodes and relays end with ``ends``."""

    def __init__(self, folder: Path, tell: Tell, ends: ExitStack) -> None:
        self._folder, self._tell, self._ends = folder, tell, ends
        self._said = 0
        self._over = False
        self._spoke = asyncio.Condition()
        self.outcome = Outcome()

    async def play(self) -> Outcome:
        """All of it. Raises what goes wrong."""
        self._tell(_say("starting"))
        folder = self._folder
        made = EngineCluster(folder / "engine", primaries=1, replicas=1)
        self._ends.callback(made.close)
        names = RelayProcess(folder / "names", "--period", str(_PERIOD_S), log=folder / "names.log",
                             temporary=folder / "names-tmp")  # fmt: skip
        self._ends.callback(names.kill)
        relay = RelayProcess(None, *made.relay_options, log=folder / "relay.log", temporary=folder / "relay-tmp")
        self._ends.callback(relay.kill)
        self._tell(_say("talking"))
        async with AsyncExitStack() as stack:
            company = Company(folder / "people", stack, PEOPLE)
            first, second = company.members
            await company.enrol(names.authority, relay.url, company.members)
            await company.befriend(first, second)
            await company.group(_GROUP, first, second)
            self.outcome.secrets = [*_planted(company), *await _keys(company)]
            await self._carry_away(company, made)
        return self.outcome

    async def _carry_away(self, company: Company, made: EngineCluster) -> None:
        talking = asyncio.create_task(self._talk(company))
        try:
            await self._until_said(_BEFORE, talking)
            self._tell(_say("taking"))
            before = self._said
            await asyncio.to_thread(self._take, made)
            await self._until_said(before + 1, talking)
            self.outcome.lines = before, self._said
        finally:
            self._over = True  # not cancelled: where an answer comes just then, the cancellation can get lost
            await asyncio.wait([talking])

    async def _talk(self, company: Company) -> None:
        for number in count(1):
            for member, line in zip(company.members.values(), _LINES, strict=True):
                if self._over:
                    return
                await member.do("say", room=_GROUP, text=line.format(number=number))
                async with self._spoke:
                    self._said += 1
                    self._spoke.notify_all()

    async def _until_said(self, lines: int, talking: asyncio.Task[None]) -> None:
        async def enough() -> None:
            async with self._spoke:
                await self._spoke.wait_for(lambda: self._said >= lines)

        waiting = asyncio.create_task(enough())
        await asyncio.wait([waiting, talking], return_when=asyncio.FIRST_COMPLETED)
        if talking.done():
            waiting.cancel()
            talking.result()
            raise ProcessFailed("nobody talks any more")

    def _take(self, made: EngineCluster) -> None:
        """All nodes, running."""
        hunt = Hunt(self.outcome.secrets)
        hunt.learn(program_files())
        (primary,) = made.primaries()
        held = _held(primary)
        self.outcome.boxes, self.outcome.idle_s = len(held.addresses), held.idle_s
        for node in made.nodes:
            self.outcome.nodes.append(_carried("primary" if node is primary else "replica", node, hunt, held))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a node says that it holds: its boxes, pieces of their frames, and how long ago each box was used."""

    addresses: set[bytes]
    frames: list[bytes]
    idle_s: list[int]


def _held(node: engine.Node) -> _Held:
    rows = [row.split(":") for row in node.ask("EVAL", _DUMP, "0").splitlines()]
    boxes = {bytes.fromhex(row[0])[-ADDRESS_SIZE:] for row in rows}
    frames = [bytes.fromhex(frame) for row in rows for frame in row[2].split(",") if frame]
    return _Held(boxes, frames, [int(row[1]) for row in rows])


def _carried(name: str, node: engine.Node, hunt: Hunt, held: _Held) -> Node:
    taken = Node(name)
    taken.strays = strays_of(path.relative_to(node.folder).as_posix() for path in node.folder.rglob("*"))
    taken.told = count_in(files_below(node.folder), {*held.addresses, *held.frames})
    taken.findings += hunt.search(files_below(node.folder), taken.disk)
    try:
        image = list(memory_chunks(node.pid))
    except MemoryDenied:
        taken.denied = True
        return taken
    looked_for = set(held.frames[-_FRAMES:])
    taken.frames, taken.of_frames = count_in(image, looked_for), len(looked_for)
    taken.order = appends_in(image)
    taken.findings += hunt.search(image, taken.memory)
    return taken


def _planted(company: Company) -> list[Secret]:
    lines = [line.partition("(")[0] for line in _LINES]
    people = company.members.values()
    return [
        *(Secret.text(Kind.TEXT, f"text {number}", text) for number, text in enumerate([*lines, GREETING], 1)),
        Secret.text(Kind.ROOM, "group's name", _GROUP),
        *(Secret.text(Kind.NAME, f"name of {each.name}", each.person.handle_name) for each in people),
        *(Secret.text(Kind.PHRASE, f"phrase of {name}", phrase) for name, phrase in company.phrases.items()),
        *(Secret.text(Kind.ADDRESS, f"address of {each.name}", each.address) for each in people),
    ]


async def _keys(company: Company) -> list[Secret]:
    people = company.members.values()
    found: Sequence[dict[str, str]] = await asyncio.gather(*(each.do("private_keys") for each in people))
    return [
        Secret(Kind.KEY, f"{which} of {each.name}", bytes.fromhex(key))
        for each, keys in zip(people, found, strict=True)
        for which, key in keys.items()
    ]
