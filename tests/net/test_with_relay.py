"""Both carriers, a real relay and a real directory, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.client.net import Carrier, PostCarrier, connect, parse_endpoint
from nullabona.directory.service import DirectoryService, open_directory
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import (
    POLICY_ROOM,
    AnyResponse,
    Append,
    Appended,
    CardFound,
    CardTaken,
    Done,
    Frames,
    LookupCard,
    PublishCard,
    Read,
    Trim,
)
from tests.net.conftest import Run
from tests.relay.peers import RunningRelay
from tests.wire.cards import card_bytes

BOX = BoxSecrets(POLICY_ROOM, bytes(range(32)), bytes(32))
FRAME = bytes(512)
LONG = 20.0


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DirectoryService]:
    service = open_directory(tmp_path / "cards", "relay.example")
    asyncio.run(service.advance())
    yield service
    asyncio.run(service.close())


@pytest.fixture
def url(tmp_path: Path, directory: DirectoryService) -> Iterator[str]:
    """Where a relay with a directory listens."""
    relay = RunningRelay(tmp_path / "boxes", services=[directory])
    yield relay.urls[0]
    relay.stop()


async def converse(carrier: Carrier) -> list[AnyResponse]:
    """Publish, look up, append, read and trim, one after the other."""
    requests = (
        LookupCard("민아"),
        PublishCard(card_bytes(day=0)),
        LookupCard("민아"),
        Append(BOX.policy, BOX.write_secret, BOX.read_hash, FRAME),
        Read(BOX.policy, BOX.read_secret, BOX.write_hash, 0),
        Trim(BOX.policy, BOX.read_secret, BOX.write_hash, 1),
    )
    return [await carrier.request(request, LONG) for request in requests]


@pytest.mark.parametrize("kind", ["websocket", "post"])
def test_both_carriers_speak_with_a_relay(run: Run, url: str, kind: str) -> None:
    """The same requests get the same answers over either carrier."""

    async def play() -> list[AnyResponse]:
        endpoint = parse_endpoint(url)
        carrier: Carrier = await connect(endpoint) if kind == "websocket" else PostCarrier(endpoint)
        answers = await converse(carrier)
        await carrier.close()
        return answers

    answers = run(play())
    absent, taken, found, appended, *_ = answers
    assert isinstance(absent, CardFound)
    assert isinstance(taken, CardTaken)
    assert isinstance(found, CardFound)
    assert isinstance(appended, Appended)
    assert [b"", card_bytes(day=0)] == [absent.card, found.card]
    assert answers[3:] == [
        Appended(1, appended.incarnation),
        Frames(appended.incarnation, 1, ((1, FRAME),)),
        Done(),
    ]


def test_a_waiting_read_is_woken_over_one_connection(run: Run, url: str) -> None:
    """A read that waits and the append that ends it share a connection; neither blocks the other."""

    async def play() -> list[AnyResponse]:
        connection = await connect(parse_endpoint(url))
        read = Read(BOX.policy, BOX.read_secret, BOX.write_hash, 0, wait_s=60)
        append = Append(BOX.policy, BOX.write_secret, BOX.read_hash, FRAME)
        answers = await asyncio.gather(*(connection.request(request, LONG) for request in (read, append)))
        await connection.close()
        return answers

    frames, appended = run(play())
    assert frames == Frames(appended.incarnation, 1, ((1, FRAME),))
