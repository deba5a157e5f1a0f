"""What a connection sent last does not stay in its buffer, where it would say which box the connection spoke of."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from nullabona.drills.search import memory_chunks
from nullabona.processes.servers import RelayProcess
from nullabona.relay import dispatch, service
from nullabona.relay.core.boxes import Plan
from nullabona.relay.core.limits import Limits
from nullabona.relay.websocket import WebSocket
from nullabona.relay.wiping import wipe, wipe_secret
from nullabona.wire.address import BoxSecrets
from nullabona.wire.messages import (
    POLICY_INBOX,
    AnyRequest,
    Append,
    Appended,
    AwaitWake,
    Done,
    Frames,
    Read,
    Refusal,
    Trim,
    decode_request,
)
from nullabona.wire.wakes import wake_token
from tests.relay.peers import Box, Client, RunningRelay


def test_what_may_only_be_read_is_wiped() -> None:
    """Exactly the bytes below the view, and nothing of the memory around them."""
    memory = bytearray(b"before secret after")
    wipe(memoryview(memory).toreadonly()[7:13])
    assert bytearray(b"before \0\0\0\0\0\0 after") == memory
    wipe(memoryview(memory)[:0])


def test_a_secret_is_wiped_where_it_lies() -> None:
    """All of it, and nothing beyond."""
    secret = os.urandom(32)
    wipe_secret(secret)
    assert bytes(32) == secret


@pytest.mark.parametrize("most", [511, 512])
def test_what_a_box_wakes_by_is_wiped_once_it_was_used(
    run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """What was decoded of a request, and the copy that waits for the batch; also if the append is refused."""
    decoded: list[bytes] = []
    waiting: list[bytearray] = []
    append = Plan.append

    def decoding(body: bytes) -> AnyRequest:
        request = decode_request(body)
        if isinstance(request, Append) and request.wake is not None:
            decoded.append(request.wake[0])
        return request

    def appending(self: Plan, *arguments: Any, **named: Any) -> object:  # noqa: ANN401
        waiting.append(arguments[2][0])
        return append(self, *arguments, **named)

    monkeypatch.setattr(dispatch, "decode_request", decoding)
    monkeypatch.setattr(Plan, "append", appending)
    relay = run(limits=Limits(frame_bytes=most))
    answer = relay.client().ask(Box().append(os.urandom(512), (os.urandom(32), 2)))
    relay.settle()
    assert isinstance(answer, Appended if most == 512 else Refusal)
    assert ([bytes(32)], [bytearray(32)]) == (decoded, waiting)


def test_what_opens_a_box_is_wiped_once_it_was_used(
    run: Callable[..., RunningRelay], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every request that has it, answered or refused, and in the copies that wait: for the next append of the same
    caller, and for what an inbox holds.
    """
    decoded: list[bytes] = []
    copies: list[bytearray] = []

    def decoding(body: bytes) -> AnyRequest:
        request = decode_request(body)
        assert isinstance(request, Append | Read | Trim)
        decoded.append(request.write_secret if isinstance(request, Append) else request.read_secret)
        return request

    def copying(*given: bytes) -> bytearray:
        copies.append(bytearray(*given))
        return copies[-1]

    monkeypatch.setattr(dispatch, "decode_request", decoding)
    monkeypatch.setattr(service, "bytearray", copying, raising=False)
    client, box = run(limits=Limits(frame_bytes=512)).client(), Box()
    inbox = Box(BoxSecrets(POLICY_INBOX, os.urandom(32), os.urandom(32)))
    asked = [box.append(b"1"), box.append(bytes(513)), box.read(), box.trim(1), inbox.append(b"1"), inbox.read()]
    assert [Appended, Refusal, Frames, Done, Appended, Frames] == [type(client.ask(request)) for request in asked]
    assert [bytes(32)] * 6 == decoded
    assert [bytearray(size) for size in (32, 32, 0, 32, 32)] == copies


def test_what_waited_in_vain_is_wiped() -> None:
    """Requests whose connection went before their turn came."""
    body = os.urandom(100)

    async def play() -> None:
        socket = WebSocket(cast(Any, SimpleNamespace(dispatch=None)), Limits(), cast(Any, None))
        socket._later.append((1, body))
        socket._go_on()

    asyncio.run(play())
    assert bytes(100) == body


@pytest.fixture
def relay() -> Iterator[RelayProcess]:
    running = RelayProcess(None)
    yield running
    running.kill()


def _copies(pid: int, secrets: list[bytes]) -> list[int]:
    """How often each is found in the memory of a process."""
    found = [0] * len(secrets)
    for chunk in memory_chunks(pid):
        for at, secret in enumerate(secrets):
            found[at] += bytes(chunk.data).count(secret)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="a relay's memory is read as root only")
def test_no_connection_keeps_the_secrets_of_a_box(relay: RelayProcess) -> None:
    """Several people wrote to a room of theirs, read it and listen: neither a box's secrets nor what ties its wake
    tokens together are in memory, not even those of the very last request: they were overwritten before its answer.
    """
    secrets: list[list[bytes]] = []
    clients = [Client(relay.address) for _ in range(5)]
    for client in clients:
        box, tokens = Box(), os.urandom(32)
        client.ask(box.append(os.urandom(512), (tokens, 2)))
        client.ask(box.read(after=1))
        client.start(AwaitWake(wake_token(tokens, 0), 600))
        client.ask(box.read(after=1))
        secrets.append([box.secrets.read_secret, box.secrets.write_secret, tokens, wake_token(tokens, 0)])
    found = [_copies(relay.pid, person) for person in secrets]
    assert [[0, 0, 0]] * 5 == [copies[:3] for copies in found]
    # what is there is found: the wake tokens that are waited for
    assert [True] * 5 == [copies[3] >= 1 for copies in found]


@pytest.mark.skipif(os.geteuid() != 0, reason="a relay's memory is read as root only")
def test_a_frame_that_came_in_part_is_not_kept(relay: RelayProcess) -> None:
    """Its begin came behind another frame, and was moved to the front of the buffer: it does not stay where it came."""
    secrets: list[bytes] = []
    for client in [Client(relay.address) for _ in range(3)]:
        box, pieces = Box(), list[bytes]()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client, "send", pieces.append)
            (first,), (second,) = client.start(box.append(b"1")), client.start(box.read())
        came = b"".join(pieces)
        client.send(came[:-10])
        client.result(first)
        client.send(came[-10:])
        assert isinstance(client.result(second), Frames)
        secrets.append(box.secrets.read_secret)
    assert [0, 0, 0] == _copies(relay.pid, secrets)


def test_a_single_byte_is_not_wiped() -> None:
    """Python has one object for all that are equal to it: others would read a zero."""
    text = b"\xf7\xf8"
    wipe_secret(text[:1])
    assert [0xF7] == list(text[:1])
