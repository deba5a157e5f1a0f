"""Clients of XMPP servers: accounts made in-band, SASL PLAIN without TLS, chat messages and multi-user rooms.

Bodies are base64, because the protocol is text. Nothing tells a sender that a message was taken (no XEP-0198), so a
slot is free on delivery alone.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import Callable, Sequence
from functools import partial

from bench.peers.accounts import idler
from bench.peers.interface import PAYLOAD_BYTES, Traces
from bench.peers.lane import Gathering, Lane
from bench.peers.wire import Crowd, Wire

HOST = "localhost"
ROOMS = "conference.localhost"
BODY_END = b"</body>"
PAGE = 250
AT_ONCE = 250
PASSWORD = "correct-horse"
STREAM = (
    f"<?xml version='1.0'?><stream:stream to='{HOST}' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
).encode()
BIND = b"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
REGISTER = (
    "<iq type='set' id='reg'><query xmlns='jabber:iq:register'>"
    "<username>{name}</username><password>" + PASSWORD + "</password></query></iq>"
)
LAST = re.compile(rb"<last>([^<]*)</last>")


def counting(took: Callable[[int], None]) -> Callable[[bytes], int]:
    """A parser that counts messages that have a body."""

    def parse(data: bytes) -> int:
        count = data.count(BODY_END)
        if not count:
            return max(0, len(data) - len(BODY_END) + 1)
        end = data.rfind(BODY_END) + len(BODY_END)
        took(count)
        return end

    return parse


class XmppSession:
    """See `bench.peers.interface.Session`. With ``archive``, what waited is fetched from the archive page by page."""

    def __init__(self, port: int, *, archive: bool) -> None:
        self._port = port
        self._archive = archive
        self._crowd = Crowd()
        self._payload = base64.b64encode(os.urandom(PAYLOAD_BYTES)).decode()
        self._made: set[str] = set()

    async def lane(self, number: int, receivers: int) -> Lane:
        return await (self._room(number, receivers) if receivers > 1 else self._pair(number))

    async def store(self, number: int, count: int) -> None:
        await self._make(_reader(number))
        wire = await self._log_in(_writer(number))
        message = self._chat(_reader(number))
        for first in range(0, count, AT_ONCE):
            wire.write(message * min(AT_ONCE, count - first))
            await _ping(wire)
        wire.close()

    async def fetch(self, number: int, count: int) -> None:
        wire = await self._log_in(_reader(number), present=False)
        if self._archive:
            await _page_through(wire, count)
            return
        gathered = Gathering(count)
        wire.stream(counting(gathered.took))
        wire.write(b"<presence/>")
        await gathered.all

    async def introduce(self, numbers: Sequence[int]) -> None:
        gate = asyncio.Semaphore(64)

        async def make(number: int) -> None:
            async with gate:
                await self._make(idler(number))

        await asyncio.gather(*(make(number) for number in numbers))

    async def idle(self, number: int) -> None:
        wire = await self._log_in(idler(number))
        wire.stream(len)

    async def prepare(self, numbers: Sequence[int]) -> None:
        """Accounts need nothing."""

    async def register(self, number: int) -> None:
        await self._make(f"new{number}")

    def traces(self, number: int) -> Traces:
        names = _writer(number).encode(), _reader(number).encode()
        return Traces(self._payload[500:532].encode(), "account names", *names)

    async def close(self) -> None:
        self._crowd.close()

    async def _pair(self, number: int) -> Lane:
        lane = Lane(1, told=False)
        reader = await self._log_in(_reader(number))
        reader.stream(counting(partial(lane.took, 0)))
        writer = await self._log_in(_writer(number))
        message = self._chat(_reader(number))
        lane.send = lambda count: writer.write(message * count)
        writer.stream(len)
        return lane

    async def _room(self, number: int, members: int) -> Lane:
        """Everybody is a member, the sender too: rooms send back what one says."""
        lane = Lane(members, told=False)
        room = f"room{number}@{ROOMS}"
        wires = []
        for index in range(members):
            wire = await self._log_in(_reader(index))
            wire.write(
                f"<presence to='{room}/m{index}'><x xmlns='http://jabber.org/protocol/muc'>"
                "<history maxstanzas='0'/></x></presence>".encode()
            )
            await wire.until(b"110")
            if index == 0:
                wire.write(
                    f"<iq type='set' id='own' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'>"
                    "<x xmlns='jabber:x:data' type='submit'/></query></iq>".encode()
                )
                await _answer(wire, b"own")
            wires.append(wire)
        for index, wire in enumerate(wires):
            await _ping(wire)
            wire.stream(counting(partial(lane.took, index)))
        said = f"<message type='groupchat' to='{room}'><body>{self._payload}</body></message>".encode()
        lane.send = lambda count: wires[0].write(said * count)
        return lane

    def _chat(self, to: str) -> bytes:
        return f"<message type='chat' to='{to}@{HOST}'><body>{self._payload}</body></message>".encode()

    async def _make(self, name: str) -> None:
        """Make an account on a connection of its own."""
        if name in self._made:
            return
        self._made.add(name)
        wire = await self._crowd.dial(self._port)
        wire.write(STREAM)
        await wire.until(b"</stream:features>")
        wire.write(REGISTER.format(name=name).encode())
        await _answer(wire, b"reg", conflict=True)
        wire.close()
        self._crowd.wires.remove(wire)

    async def _log_in(self, name: str, *, present: bool = True) -> Wire:
        await self._make(name)
        wire = await self._crowd.dial(self._port)
        wire.write(STREAM)
        await wire.until(b"</stream:features>")
        plain = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        wire.write(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>".encode())
        await wire.until(b"<success")
        await wire.until(b">")
        wire.write(STREAM)
        await wire.until(b"</stream:features>")
        wire.write(BIND)
        await _answer(wire, b"bind")
        if present:
            wire.write(b"<presence/>")
            await _ping(wire)
        return wire


def _reader(number: int) -> str:
    return f"reader{number}"


def _writer(number: int) -> str:
    return f"writer{number}"


async def _answer(wire: Wire, id: bytes, *, conflict: bool = False) -> None:
    """Wait for the answer to an iq, whose end is not asked for."""
    while True:
        await wire.until(b"<iq ")
        head = await wire.until(b">")
        if id in head:
            break
    if b"error" in head and not (conflict and b"conflict" in await wire.until(b"</iq>")):
        raise AssertionError(f"refused: {head!r}")


async def _ping(wire: Wire) -> None:
    """Return when the server has done all that was sent before."""
    wire.write(f"<iq type='get' id='ping' to='{HOST}'><ping xmlns='urn:xmpp:ping'/></iq>".encode())
    await _answer(wire, b"ping")


async def _page_through(wire: Wire, count: int) -> None:
    """All of the archive, page by page."""
    found, after = 0, b""
    while found < count:
        wire.write(
            b"<iq type='set' id='mam'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
            b"<max>%d</max><after>%s</after></set></query></iq>" % (PAGE, after)
            if after
            else b"<iq type='set' id='mam'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
            b"<max>%d</max></set></query></iq>" % PAGE
        )
        page = await wire.until(b"</fin>")
        new, last = page.count(BODY_END), LAST.search(page)
        if not new or last is None:
            raise AssertionError(f"the archive ended after {found} of {count}: {page[-200:]!r}")
        found, after = found + new, last.group(1)
