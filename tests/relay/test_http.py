"""The POST carrier, health and counters on the same port (spec/relay.md §2)."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from nullabona.relay.core.limits import Limits
from nullabona.relay.invite_page import INVITE_PAGE
from nullabona.wire.message import Request
from nullabona.wire.messages import (
    AnyResponse,
    CardFound,
    Done,
    Frames,
    LookupCard,
    PublishCard,
    PutBlob,
    Refusal,
    decode_response,
    encode,
)
from nullabona.wire.records import encode_record
from nullabona.wire.telemetry import GRAIN
from tests.drills.declared import undeclared_counts
from tests.relay.peers import Box, Hangup, RunningRelay, Wire, ask_http, http, post, read_answer
from tests.wire.cards import NO_PROOF

GET_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
GET_METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_connection_serves_many_posts(relay: RunningRelay, box: Box) -> None:
    """Requests may follow one another on a connection, even sent all at once; answers come in their order."""
    wire = Wire(relay.address)
    requests = [post(encode(box.append(b"%d" % number))) for number in range(5)]
    wire.send(b"".join(requests) + GET_HEALTH)
    answers = [decode_response(read_answer(wire)[1]) for _ in range(5)]
    assert [1, 2, 3, 4, 5] == [answer.seq for answer in answers]  # type: ignore[union-attr]
    assert (200, b"ok\n") == read_answer(wire)


def test_what_came_with_a_get_is_no_part_of_the_next_request(relay: RunningRelay) -> None:
    """A proxy may send one person's request after another's: nobody puts bytes in front of somebody else's secrets."""
    theirs, mine = Box(), Box()
    asked = encode(theirs.read())
    begun = encode(mine.append(bytes(len(asked)))).partition(bytes(len(asked)))[0]
    wire = Wire(relay.address)
    wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n\x95" % len(begun) + begun[1:])
    assert (200, b"ok\n") == read_answer(wire)
    wire.send(post(asked))
    assert (200, encode(Frames(b"", 0, ()))) == read_answer(wire)
    assert 0 == relay.client().read(mine).head


def test_the_page_of_invite_links_is_the_same_for_everybody(relay: RunningRelay) -> None:
    """Whatever a browser says of itself; what is asked for beside it is not there. It may neither load nor send."""
    plain = b"GET /i HTTP/1.1\r\nHost: x\r\n\r\n"
    other = b"GET /i HTTP/1.1\r\nHost: y\r\nAccept-Language: ko\r\nCookie: a=b\r\nReferer: https://z/\r\n\r\n"
    wire = Wire(relay.address)
    wire.send(plain + other)
    (status, page), again = read_answer(wire), read_answer(wire)
    assert (200, page) == (status, page) == again
    policy = dict(INVITE_PAGE.headers or ())[b"content-security-policy"]
    assert (True, False) == (b"default-src 'none'; script-src 'sha256-" in policy, b"connect-src" in policy)
    wire.send(b"GET /i?contact HTTP/1.1\r\nHost: x\r\n\r\n")
    assert 404 == read_answer(wire)[0]


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b"http://127.0.0.1:8440", b""])
def test_no_web_page_may_ask(relay: RunningRelay, box: Box, origin: bytes) -> None:
    """A browser names the page's origin, also of a page that thinks it is ours; a page of the machine's own, too."""
    head = b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += (
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: " + origin + b"\r\n\r\n"
    )
    asked = post(encode(box.append(b"x"))).replace(b"\r\n", b"\r\nOrigin: " + origin + b"\r\n", 1)
    for request in (head, asked):
        wire = Wire(relay.address)
        wire.send(request)
        assert 403 == read_answer(wire)[0]
    assert 0 == relay.client().read(box).head


def test_a_post_may_wait(relay: RunningRelay, box: Box) -> None:
    """A waiting read over POST is answered by the next append."""
    wire = Wire(relay.address)
    wire.send(post(encode(box.read(wait_s=600))))
    while not relay.relay.boxes._waiting:
        relay.call(lambda: None)
    relay.client().append(box, b"frame")
    answer = decode_response(read_answer(wire)[1])
    assert isinstance(answer, Frames)
    assert ((1, b"frame"),) == answer.frames


def test_a_post_waits_not_too_long(relay: RunningRelay, box: Box) -> None:
    """Over POST a read waits at most the configured time, whatever it asks for."""
    wire = Wire(relay.address)
    wire.send(post(encode(box.read(wait_s=600))))
    while not relay.relay.boxes._waiting:
        relay.call(lambda: None)
    relay.tick(seconds=26)
    assert Frames(b"", 0, ()) == decode_response(read_answer(wire)[1])


def test_a_caller_that_hangs_up_is_forgotten(relay: RunningRelay, box: Box) -> None:
    """A POST that waits is forgotten when its connection ends."""
    wire = Wire(relay.address)
    wire.send(post(encode(box.read(wait_s=600))))
    while not relay.relay.boxes._waiting:
        relay.call(lambda: None)
    wire.close()
    while relay.relay.boxes._waiting:
        relay.call(lambda: None)
    relay.client().append(box, b"frame")


def test_a_large_body_arrives_in_pieces(relay: RunningRelay) -> None:
    """The largest blob fits one POST, also when the client first asks whether it may send it."""
    data = os.urandom(2**20)
    body = encode(PutBlob(sha256(data).digest(), data))
    wire = Wire(relay.address)
    request = post(body).replace(b"Host: x\r\n", b"Host: x\r\nExpect: 100-continue\r\n")
    head, _, _ = request.partition(b"\r\n\r\n")
    wire.send(head + b"\r\n\r\n")
    assert b"100" in wire.take_until(b"\r\n\r\n")
    wire.send(body)
    assert (200, encode(Done())) == read_answer(wire)


def test_a_refusal_is_an_answer(relay: RunningRelay, box: Box) -> None:
    """A refused request is answered with 200 and a refusal; bytes that are no request with 400 and a refusal."""
    assert Refusal("unsupported") == ask_http(relay.address, LookupCard("mina"))
    assert (400, encode(Refusal("bad-request"))) == http(relay.address, post(b"\x00"))


def test_counters_are_aggregate_and_coarse(relay: RunningRelay) -> None:
    """Counters show multiples of a grain, are renewed once a minute, and have no label but a fixed kind."""
    client = relay.client()
    box = Box()
    for number in client.start(*[box.append(b"x") for _ in range(GRAIN + 20)]):
        client.result(number)
    status, before = http(relay.address, GET_METRICS)
    assert (200, True) == (status, b"nullabona_relay_frames_kept_total 0\n" in before)
    relay.tick(seconds=60)
    _, after = http(relay.address, GET_METRICS)
    assert b"nullabona_relay_frames_kept_total %d\n" % GRAIN in after
    assert b"nullabona_relay_connections 0\n" in after
    assert set() == undeclared_counts(after.decode())


class Directory:
    """A service of another kind of data."""

    def handlers(self) -> Mapping[type[Request], Callable[[Any], Awaitable[AnyResponse]]]:
        return {LookupCard: self.look_up, PublishCard: self.publish}

    closed = False

    async def close(self) -> None:
        self.closed = True

    async def look_up(self, request: LookupCard) -> AnyResponse:
        return CardFound(request.name.encode(), NO_PROOF)

    def file(self, path: str) -> bytes | None:
        return {"checkpoint": b"note", "tile/0/000.p/1": b"tile"}.get(path)

    async def publish(self, request: PublishCard) -> AnyResponse:
        raise RuntimeError(request.card.decode())


def test_other_services_answer_on_both_carriers(run: Callable[..., RunningRelay]) -> None:
    """A service is asked whatever the carrier; when it fails the caller hears ``busy`` and nothing else."""
    service = Directory()
    relay = run(None, services=[service])
    client = relay.client()
    for ask in (client.ask, lambda request: ask_http(relay.address, request)):
        assert CardFound(b"mina", NO_PROOF) == ask(LookupCard("mina"))
        assert Refusal("busy", 1) == ask(PublishCard(b"secret"))
    assert not service.closed
    relay.stop()
    assert service.closed


def test_a_graceful_stop(run: Callable[..., RunningRelay], box: Box) -> None:
    """A stop answers waiting reads with what there is, keeps what was sent, says goodbye, and keeps nothing back."""
    relay = run()
    client, wire = relay.client(), Wire(relay.address)
    wire.send(post(encode(box.read(wait_s=600))))
    while not relay.relay.boxes._waiting:
        relay.call(lambda: None)
    waiting = client.start(Box().read(wait_s=600))[0]
    sent = client.start(*[box.append(b"%d" % number) for number in range(100)])
    client.read(Box())
    relay.stop()
    assert Frames(b"", 0, ()) == client.result(waiting)
    acked = [client.result(number) for number in sent]
    goodbye = client.goodbye()
    assert (1001, "the relay is stopping") == (goodbye.code, goodbye.reason)
    assert 200 == read_answer(wire)[0]
    assert [] == [path.name for path in relay.data.iterdir() if path.name.startswith("boxes.db-")]
    assert 100 == len(acked) == run().client().read(box).head


def test_a_unix_socket_serves_both_carriers(run: Callable[..., RunningRelay], box: Box) -> None:
    """Behind a proxy the relay can listen on a unix socket."""
    from nullabona.machine.settings import Endpoint
    from nullabona.relay.config import Config
    from tests.relay.peers import Client

    path = str(Path(os.environ.get("TMPDIR", "/tmp")) / f"relay-{os.urandom(4).hex()}.sock")
    relay = run(config=Config(data=None, listen=(Endpoint(path=path),), limits=Limits()))
    assert [f"unix:{path}"] == relay.urls
    client = Client(path)
    client.append(box, bytes(65_536))
    client.append(box, bytes(65_536))
    assert client.read(box) == ask_http(path, box.read())
    relay.stop()


def test_nothing_of_a_head_is_kept(relay: RunningRelay, box: Box) -> None:
    """What a client or a proxy says about itself in its head is forgotten once the WebSocket has begun."""
    wire = Wire(relay.address)
    wire.send(
        b"GET /v1 HTTP/1.1\r\nHost: secret.example\r\nUser-Agent: planted\r\nX-Forwarded-For: 192.0.2.9\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert b" 101 " in wire.take_until(b"\r\n\r\n")
    while not relay.relay._sockets:  # the answer may be here before the relay has noted the connection
        relay.call(lambda: None)
    (socket_of_ours,) = relay.relay._sockets
    assert socket_of_ours._transport is not None
    kept = dict(socket_of_ours._transport.request.headers)
    assert "relay" == kept.pop("Host")
    assert {"Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"} == set(kept)


def test_records_may_follow_the_head_at_once(relay: RunningRelay, box: Box) -> None:
    """A client may send its first message together with the head, also after a POST on the same connection."""
    wire = Wire(relay.address)
    wire.send(post(encode(box.read())))
    read_answer(wire)
    record = encode_record(1, encode(box.append(b"x")))
    wire.send(
        b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x82" + bytes([0x80 | len(record)]) + bytes(4) + record
    )
    assert b" 101 " in wire.take_until(b"\r\n\r\n")
    relay.settle()
    assert ((1, b"x"),) == relay.client().read(box).frames


@pytest.mark.parametrize("first", ["recognised", "parsed"])
def test_a_reader_that_pipelines_without_end_is_held_back(relay: RunningRelay, box: Box, first: str) -> None:
    """While one POST waits, what follows it is read only a little ahead, and all of it counts as held."""
    wire = Wire(relay.address)
    wire.socket.settimeout(0.5)
    request = post(encode(box.read(wait_s=600)))
    wire.send((request if first == "recognised" else request.replace(b"\r\n", b"\r\nX: y\r\n", 1)) + bytes(100_000))
    try:
        for _ in range(1_000):
            wire.send(post(bytes(65_536)))
    except (TimeoutError, Hangup):
        pass
    (front,) = relay.relay._fronts
    assert 100_000 <= (held := front.arrived()) < 2**20
    assert held == len(front._rest[front._at :] if front._known else front._http.trailing_data[0])


def test_a_log_is_served_as_files(run: Callable[..., RunningRelay]) -> None:
    """Whatever a service publishes lies below /log/: tiles for ever, the checkpoint for now, nothing else at all."""
    relay = run(None, services=[Directory()])
    asked = ("checkpoint", "tile/0/000.p/1", "tile/0/000.p/2", "../cards.db", "%2e%2e/cards.db", "")
    answers = [http(relay.address, b"GET /log/%s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode()) for path in asked]
    assert [200, 200, 404, 404, 404, 404] == [status for status, _ in answers]
    assert [b"note", b"tile"] == [body for _, body in answers[:2]]
    status, _ = http(relay.address, b"POST /log/checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    assert 405 == status


@pytest.mark.parametrize(
    "head",
    [
        (
            b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"GET /healthz HTTP/1.1\nHost: x\n\n",
    ],
    ids=["two-lengths", "bare-line-feed"],
)
def test_a_request_with_two_meanings_is_refused(relay: RunningRelay, head: bytes) -> None:
    """With a sentence, and nothing is read any more on that connection."""
    wire = Wire(relay.address)
    wire.send(head + post(b"x"))
    assert (400, b"not an HTTP request\n") == read_answer(wire)
    assert b"" == wire.ends()
