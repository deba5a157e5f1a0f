"""Hostile clients over real sockets: each ends in a clear refusal or a closed connection, and others are served on."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nullabona.relay.core.limits import Limits
from nullabona.relay.shelves.journal import ENTRY_BYTES
from nullabona.wire.messages import Blob, Done, Frames, GetBlob, PutBlob, Refusal, encode
from nullabona.wire.records import encode_record
from tests.relay.peers import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Box,
    Client,
    Hangup,
    RunningRelay,
    Wire,
    http,
    post,
)


@pytest.fixture(autouse=True)
def bystander(relay: RunningRelay) -> Iterator[None]:
    """Whatever a test does to `relay`, another client can still put a frame into a box afterwards."""
    yield
    assert 1 == relay.client().append(Box(), b"still here").seq


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00" * 7,
        encode_record(1, b"x")[:-1],
        b"\x00\x00\x00\x01\xff\xff\xff\xff",
        encode_record(1, b"") + b"\x00",
    ],
    ids=["empty", "short-head", "short-body", "huge-length", "trailing-byte"],
)
def test_malformed_records_end_the_connection(client: Client, message: bytes) -> None:
    """A message that is not whole records is answered with close 1002 and a reason."""
    client.send_frame(BINARY, message)
    goodbye = client.goodbye()
    assert 1002 == goodbye.code
    assert goodbye.reason


def test_garbage_bodies_are_refused_one_by_one(client: Client, box: Box) -> None:
    """A record whose body is no request is refused by its id; the others in the same message are answered."""
    bodies = [b"", b"\xff" * 50, encode(box.append(b"x"))[:-1], encode(box.append(b"x")) + b"\x00", b"\x92\x7f\x01"]
    records = b"".join(encode_record(number, body) for number, body in enumerate(bodies, 100))
    client.send_frame(BINARY, records + encode_record(200, encode(box.append(b"good"))))
    answers = [client.result(number) for number in range(100, 105)]
    assert [Refusal("bad-request")] * 4 + [Refusal("unsupported")] == answers
    client.result(200)
    assert ((1, b"good"),) == client.read(box).frames


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
def test_any_body_gets_one_answer(client: Client, bodies: list[bytes]) -> None:
    """Whatever the bodies are, each id is answered once and the connection stays."""
    client.send_frame(BINARY, b"".join(encode_record(number, body) for number, body in enumerate(bodies, 500)))
    assert all(client.result(number) for number in range(500, 500 + len(bodies)))
    assert {} == client.answers


def test_fragments_are_put_together(client: Client, box: Box) -> None:
    """A message may come in WebSocket fragments, split anywhere, with pings between them."""
    message = encode_record(1, encode(box.append(b"frame")))
    client.send_frame(BINARY, message[:3], fin=False)
    client.send_frame(PING, b"hello")
    client.send_frame(CONTINUATION, message[3:20], fin=False)
    client.send_frame(CONTINUATION, message[20:])
    assert (PONG, b"hello") == client.take_frame()
    assert "Appended" in repr(client.result(1))


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(TEXT, b"hello", True)], 1003),
        ([(CONTINUATION, b"x", True)], 1002),
        ([(BINARY, b"x", False), (BINARY, b"x", True)], 1002),
        ([(BINARY, bytes(3 * 2**20), False), (CONTINUATION, bytes(3 * 2**20), True)], 1002),
        ([(BINARY, bytes(5 * 2**20), True)], 1009),
        ([(3, b"x", True)], 1002),
        ([(PING, bytes(126), True)], 1002),
    ],
    ids=["text", "stray-continuation", "nested", "too-large-in-parts", "too-large", "unknown-opcode", "long-ping"],
)
def test_websocket_abuse_ends_the_connection(client: Client, frames: list[tuple[int, bytes, bool]], code: int) -> None:
    """What the WebSocket or this protocol does not allow is answered with a close frame that says what it was."""
    try:
        for opcode, payload, fin in frames:
            client.send_frame(opcode, payload, fin=fin)
    except Hangup:
        pass
    assert client.goodbye().code in {code, 0}


def test_unmasked_frames_end_the_connection(client: Client) -> None:
    """A client must mask; one that does not is cut off."""
    client.send(b"\x82\x01x")
    assert 1002 == client.goodbye().code


def test_oversize_frames_are_refused(run: Callable[..., RunningRelay], box: Box) -> None:
    """A frame of exactly the limit is kept, one byte more is refused; so for blobs."""
    client = run(None, Limits(frame_bytes=100, blob_bytes=200)).client()
    assert 1 == client.append(box, bytes(100)).seq
    assert Refusal("too-large") == client.ask(box.append(bytes(101)))
    small, large = bytes(200), bytes(201)
    assert Done() == client.ask(PutBlob(sha256(small).digest(), small))
    assert Refusal("too-large") == client.ask(PutBlob(sha256(large).digest(), large))


def test_waiting_reads_are_bounded(run: Callable[..., RunningRelay]) -> None:
    """Each connection has so many waiting reads, the relay so many in all; those beyond are refused, not kept."""
    relay = run(None, Limits(waiting_per_connection=3, waiting_total=5))
    first, second = relay.client(), relay.client()
    boxes = [Box() for _ in range(4)]
    numbers = first.start(*[box.read(wait_s=600) for box in boxes])
    assert Refusal("slow-down", 1) == first.result(numbers[3])
    numbers2 = second.start(*[box.read(wait_s=600) for box in boxes])
    assert [Refusal("busy", 10)] * 2 == [second.result(number) for number in numbers2[2:]]
    first.append(boxes[0], b"frame")
    assert isinstance(first.result(numbers[0]), Frames)


@pytest.mark.slow
def test_thousands_of_waiting_reads(run: Callable[..., RunningRelay]) -> None:
    """Ten thousand reads wait on a few connections, the right one is answered, and hanging up forgets them all."""
    relay = run(None, Limits(inflight_per_connection=3_000))
    boxes = [[Box() for _ in range(2_000)] for _ in range(5)]
    clients = [relay.client() for _ in boxes]
    numbers = [client.start(*[box.read(wait_s=600) for box in own]) for client, own in zip(clients, boxes, strict=True)]
    for client in clients:
        client.read(Box())
    assert 10_000 == len(relay.relay.boxes._waiting)
    relay.client().append(boxes[3][1_234], b"needle")
    answer = clients[3].result(numbers[3][1_234])
    assert isinstance(answer, Frames)
    assert ((1, b"needle"),) == answer.frames
    for client in clients:
        client.close()
    relay.client().read(Box())
    while relay.relay.boxes._waiting:
        relay.call(lambda: None)
    assert 0 == len(relay.relay.boxes._waiting)


def test_requests_in_flight_are_bounded(run: Callable[..., RunningRelay], box: Box) -> None:
    """Of a burst the first are taken and the rest refused; afterwards there is room again."""
    client = run(None, Limits(inflight_per_connection=3)).client()
    answers = [client.result(number) for number in client.start(*[box.append(b"x") for _ in range(5)])]
    assert ["Appended"] * 3 + ["Refusal"] * 2 == [type(answer).__name__ for answer in answers]
    assert Refusal("slow-down", 1) == answers[4]
    assert 4 == client.append(box, b"x").seq


def test_boxes_begun_are_bounded(run: Callable[..., RunningRelay]) -> None:
    """A connection that begins boxes too fast is told when to go on; another connection is not affected."""
    relay = run(None, Limits(boxes_per_minute=2))
    client = relay.client()
    boxes = [Box() for _ in range(3)]
    client.append(boxes[0], b"x")
    assert 2 == client.append(boxes[0], b"x").seq
    client.append(boxes[1], b"x")
    refused = client.ask(boxes[2].append(b"x"))
    assert isinstance(refused, Refusal)
    assert ("slow-down", True) == (refused.code, 0 < refused.retry_after_s <= 60)
    client.read(boxes[2])
    assert 1 == relay.client().append(boxes[2], b"x").seq
    relay.tick(seconds=61)
    assert 3 == client.append(boxes[0], b"x").seq


def test_a_box_takes_so_much_in_a_day(run: Callable[..., RunningRelay], box: Box, tmp_path: Path) -> None:
    """The day's quota refuses and says when to come back; it holds across a restart, and the next day is free."""
    relay = run(tmp_path / "own", Limits(box_frames_per_day=2))
    client = relay.client()
    client.append(box, b"1")
    client.append(box, b"2")
    assert Refusal("day-quota", 3_600) == client.ask(box.append(b"3"))
    relay.stop()
    relay = run(tmp_path / "own", Limits(box_frames_per_day=2))
    client = relay.client()
    assert Refusal("day-quota", 3_600) == client.ask(box.append(b"3"))
    relay.tick(days=1)
    assert 3 == client.append(box, b"3").seq


def test_blobs_are_bounded(run: Callable[..., RunningRelay]) -> None:
    """So many bytes of blobs a minute for a connection, and a day for the relay."""
    relay = run(None, Limits(blob_bytes_per_connection=150, blob_bytes_per_day=250))
    chunks = [bytes([n]) * 100 for n in range(4)]
    puts = [PutBlob(sha256(chunk).digest(), chunk) for chunk in chunks]
    first, second, third = relay.client(), relay.client(), relay.client()
    assert Done() == first.ask(puts[0])
    assert isinstance(refused := first.ask(puts[1]), Refusal)
    assert "slow-down" == refused.code
    assert Done() == second.ask(puts[1])
    assert Refusal("day-quota", 3_600) == third.ask(puts[2])
    relay.tick(days=1)
    relay.settle()
    assert Done() == third.ask(puts[2])


def test_a_queue_for_the_disk_is_bounded(run: Callable[..., RunningRelay], box: Box) -> None:
    """More than the queue holds at once is refused as busy. A request without a frame takes room as well."""
    client = run(None, Limits(queue_bytes=2 * (1_000 + ENTRY_BYTES) + 400)).client()
    answers = [client.result(number) for number in client.start(*[box.append(bytes(1_000)) for _ in range(4)])]
    assert Refusal("busy", 1) == answers[3]
    assert ["Appended", "Appended", "Refusal", "Refusal"] == [type(answer).__name__ for answer in answers]
    trims = [client.result(number) for number in client.start(*[box.trim(1) for _ in range(8)])]
    assert [Done()] * 6 + [Refusal("busy", 1)] * 2 == trims


def test_a_slow_reader_is_refused_then_cut_off(run: Callable[..., RunningRelay], box: Box) -> None:
    """Whoever asks and does not read holds a bounded amount of memory: first refused, in the end cut off."""
    relay = run(None, Limits(unsent_bytes=2**20, inflight_per_connection=10**6))
    writer = relay.client()
    for number in writer.start(*[box.append(bytes(65_536)) for _ in range(15)]):
        writer.result(number)
    greedy = relay.client()
    greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    try:
        for _ in range(3_000):
            greedy.start(*[box.read() for _ in range(200)])
    except (Hangup, TimeoutError):
        pass
    unsent = [peer.unsent() for peer in relay.relay._sockets]
    assert max(unsent, default=0) < 4 * 2**20
    assert len(relay.relay._sockets) <= 1, "the greedy reader is still connected"


def test_a_caller_of_posts_that_does_not_read_is_cut_off(run: Callable[..., RunningRelay], box: Box) -> None:
    """Pipelined POSTs whose answers are left unread: first refused, and no more is held for them than for others."""
    relay = run(None, Limits(unsent_bytes=2**20))
    writer = relay.client()
    for number in writer.start(*[box.append(bytes(65_536)) for _ in range(4)]):
        writer.result(number)
    greedy = Wire(relay.address)
    greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    request = post(encode(box.read()))
    held = []
    try:
        for _ in range(2_000):
            greedy.send(request * 20)
            held.append(max((front.unsent() for front in list(relay.relay._fronts)), default=0))
    except (Hangup, OSError):
        pass
    assert 2**19 < max(held) < 2**20 + 2 * 4 * 65_536


def test_slow_readers_share_a_bound(run: Callable[..., RunningRelay], box: Box) -> None:
    """However many they are: who lags is refused while it is too much in all, then the slowest are cut off."""
    relay = run(None, Limits(unsent_total_bytes=2**20))
    writer = relay.client()
    for number in writer.start(*[box.append(bytes(65_536)) for _ in range(15)]):
        writer.result(number)
    slow = [relay.client() for _ in range(6)]
    for reader in slow:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        reader.start(*[box.read() for _ in range(20)])
    assert 1 == writer.append(box, b"who reads is served").seq - 15
    assert len(writer.read(box, after=15).frames) == 1
    relay.tick()
    assert 2**20 >= sum(peer.unsent() for peer in list(relay.relay._sockets))
    assert 2 == writer.append(box, b"and still is").seq - 15


def test_getting_many_blobs_at_once_is_held_back(run: Callable[..., RunningRelay]) -> None:
    """A client that asks for more blobs than it reads is told to slow down, and gets the rest when it asks again."""
    client = run(None, Limits(unsent_bytes=4 * 2**20)).client()
    data = os.urandom(2**20)
    put = PutBlob(sha256(data).digest(), data)
    assert Done() == client.ask(put)
    numbers = client.start(*[GetBlob(put.digest) for _ in range(60)])
    answers = [client.result(number) for number in numbers]
    assert {Blob(data), Refusal("slow-down", 1)} >= set(answers)
    assert Blob(data) == client.ask(GetBlob(put.digest))


def test_a_peer_that_says_nothing_is_cut_off(run: Callable[..., RunningRelay]) -> None:
    """A WebSocket that does not even answer pings is closed; one that does may stay as long as it likes."""
    relay = run(None, Limits(ping_s=5))
    silent, alive = relay.client(), relay.client()
    relay.tick(seconds=6)
    assert PING == alive.take_frame()[0]
    alive.send_frame(PONG, b"")
    alive.read(Box())
    relay.tick(seconds=6)
    assert 0 == silent.goodbye().code
    assert PING == alive.take_frame()[0]
    alive.read(Box())


def test_fragments_without_an_end_keep_no_connection(run: Callable[..., RunningRelay]) -> None:
    """A message has to be complete: parts of one that never ends are no sign of life."""
    client = (relay := run(None, Limits(ping_s=5))).client()
    client.send_frame(BINARY, b"x", fin=False)
    for _ in range(2):
        relay.tick(seconds=6)
        client.send_frame(CONTINUATION, b"x", fin=False)
    assert 0 == client.goodbye().code


def test_a_half_closed_connection_ends(relay: RunningRelay, client: Client, box: Box) -> None:
    """When a client stops sending, its connection and everything it waited for are forgotten."""
    client.start(box.read(wait_s=600))
    client.read(Box())
    client.socket.shutdown(socket.SHUT_WR)
    assert 0 == client.goodbye().code
    assert 0 == len(relay.relay.boxes._waiting)


def test_connections_are_bounded(run: Callable[..., RunningRelay]) -> None:
    """A connection beyond the limit is closed at once; when one ends another may come."""
    relay = run(None, Limits(connections=2))
    first, _second = relay.client(), relay.client()
    with pytest.raises(Hangup):
        relay.client()
    first.close()
    while len(relay.relay._sockets) > 1:
        relay.call(lambda: None)
    relay.client().read(Box())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (b"POST /v1 HT", b"408"),
        (b"POST /v1 HTTP/1.1\r\nHost: x\r\nX: ", b"408"),
        (post(bytes(100))[:-1], b"408"),
    ],
    ids=["nothing", "half-a-line", "half-a-head", "half-a-body"],
)
def test_slow_loris(run: Callable[..., RunningRelay], said: bytes, answer: bytes) -> None:
    """A request that does not come to its end in time is answered with 408, or just closed, however little was said."""
    relay = run(None, Limits(head_timeout_s=1, body_timeout_s=1))
    wire = Wire(relay.address)
    wire.send(said)
    found = wire.ends()
    assert answer in found
    assert bool(answer) == bool(found)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", 400),
        (b"GET /other HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400),
        (post(b"x", kind="text/plain"), 415),
        (post(b"x"), 400),
        (post(b"").replace(b"Length: 0", b"Length: 99999999"), 413),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
    ],
    ids=["tls", "root", "get", "delete", "no-key", "other-path", "kind", "garbage", "large", "long-head", "no-host"],
)  # fmt: skip
def test_http_abuse_has_a_status(relay: RunningRelay, request_bytes: bytes, status: int) -> None:
    """What is no request of this protocol is answered with a fitting status and a sentence."""
    found, body = http(relay.address, request_bytes)
    assert status == found
    assert body


def test_a_chunked_body_is_bounded(relay: RunningRelay) -> None:
    """A body without a length is read only as far as a request can be long."""
    wire = Wire(relay.address)
    wire.send(b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n"
              b"Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
    try:
        for _ in range(40):
            wire.send(b"10000\r\n" + bytes(65_536) + b"\r\n")
        found = wire.ends()
    except Hangup:
        found = wire.buffer
    assert not found or b" 413 " in found
