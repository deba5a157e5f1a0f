"""What arrives is counted while it arrives, of everybody together (spec/console.md §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from nullabona.docket.console.request.answers import Answer, Asked
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.serving.connection import MOST_BODIES, ConsoleServer
from nullabona.docket.core.records import MAX_DOCUMENT
from tests.docket_console.wire import SameLoop, Wire

MIB: Final = 1 << 20
HEAD: Final = (
    b"POST /intake/document HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
PART: Final = b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
LAST: Final = b"0\r\n\r\n"


class Hall:
    """Lets every request hand in an original; one whose body begins with ``!`` fails."""

    def __init__(self) -> None:
        self.admitted = 0

    def admit(self, asked: Asked) -> Answer | int:
        assert asked.method == "POST"
        self.admitted += 1
        return MAX_DOCUMENT

    async def answer(self, asked: Asked) -> Answer:
        if asked.body[:1] == b"!":
            raise RuntimeError
        return Answer(200, b"%d" % len(asked.body))


def console() -> tuple[ConsoleServer, Hall]:
    """A server with that hall."""
    hall = Hall()
    return ConsoleServer(Site("http://localhost:1"), hall, SameLoop()), hall


async def becomes(find: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(20):
        while not find():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


async def upload(server: ConsoleServer, hall: Hall, mib: int) -> Wire:
    """All parts but the last are on their way in."""
    wire, admitted = Wire(server), hall.admitted
    wire.send(HEAD)
    await becomes(lambda: hall.admitted > admitted)
    for _ in range(mib - 1):
        wire.send(PART)
        await asyncio.sleep(0)
    return wire


async def finish(wire: Wire) -> int:
    """Send the rest; the status."""
    wire.send(PART)
    wire.send(LAST)
    while not wire.status:
        wire.heard.clear()
        await wire.heard.wait()
    return wire.status


def test_no_more_than_so_many_bytes_are_in_memory() -> None:
    """Of six originals that come at once two find room; the others are told to come again; then it is free."""

    async def play() -> tuple[int, list[int], int]:
        server, hall = console()
        wires = [Wire(server) for _ in range(6)]
        for wire in wires:
            wire.send(HEAD)
        await becomes(lambda: hall.admitted == len(wires))
        for _ in range(31):
            for wire in wires:
                wire.send(PART)
        held = server.held
        statuses = [await finish(wire) for wire in wires]
        again = await finish(await upload(server, hall, 32))
        return held, sorted(statuses), again

    held, statuses, again = asyncio.run(play())
    assert held <= MOST_BODIES
    assert ([200, 200, 503, 503, 503, 503], 200) == (statuses, again)


def test_what_was_counted_is_given_back_whatever_happens() -> None:
    """When a request was answered, failed, or its connection was lost on the way."""

    async def play() -> list[int]:
        server, hall = console()
        whole = await finish(await upload(server, hall, 2))
        failing = await upload(server, hall, 1)
        failing.send(b"1\r\n!\r\n")
        failed = await finish(failing)
        lost = await upload(server, hall, 3)
        await becomes(lambda: server.held == 2 * MIB)
        before = server.held
        lost.close()
        await becomes(lambda: server.held == 0)
        return [whole, failed, before, server.held]

    assert [200, 500, 2 * MIB, 0] == asyncio.run(play())
