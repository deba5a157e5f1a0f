"""Heads that are recognised mean what they mean to h11, whatever comes around them and however it is split."""

from __future__ import annotations

import random
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.machine.strict_http import StrictConnection
from nullabona.relay.front import Front, Owner
from nullabona.relay.post_head import POST_HEAD
from nullabona.wire.messages import MAX_REQUEST
from tests.relay.fronts import LATE, PARSED, HandLoop, Talk

BODY = b"\x95\x01body"
OURS = (
    b"POST /v1 HTTP/1.1\r\nhost: relay.example:8440\r\ncontent-type: application/octet-stream\r\n"
    b"content-length: 6\r\nconnection: close\r\n\r\n"
)
HAPROXY = OURS.replace(b"connection: close\r\n", b"")
NGINX = b"POST /v1 HTTP/1.1\r\nHost: [::1]\r\nContent-Type: application/octet-stream\r\nContent-Length: 6\r\n\r\n"
CADDY = (
    b"POST /v1 HTTP/1.1\r\nHost: relay.example\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 6\r\n"
    b"Content-Type: application/octet-stream\r\nX-Forwarded-Proto: https\r\nAccept-Encoding: gzip\r\n"
    b"Connection: close\r\n\r\n"
)
KNOWN = {"ours": OURS, "haproxy": HAPROXY, "nginx": NGINX, "caddy": CADDY}
OTHERS = (
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"6\r\n" + BODY + b"\r\n0\r\n\r\n",
    b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n" + BODY,
    (
        b"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x82\x80\x00\x00\x00\x00"
    ),
    NGINX.replace(b"Length: 6", b"Length: 6, 6") + BODY,
    NGINX.replace(b"Length: 6", b"Length: 06") + BODY,
    NGINX.replace(b"Length: 6", b"Length: 0"),
    NGINX.replace(b"Length: 6", b"Length: %d" % (MAX_REQUEST + 1)) + BODY,
    NGINX.replace(b"\r\n\r\n", b"\r\nContent-Length: 7\r\n\r\n") + BODY,
    NGINX.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + BODY,
    NGINX.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") + BODY,
    NGINX.replace(b"\r\n\r\n", b"\r\nOrigin: https://x\r\n\r\n") + BODY,
    NGINX.replace(b"Host", b"Host: y\r\nHost") + BODY,
    NGINX.replace(b" HTTP/1.1", b" HTTP/1.0") + BODY,
    NGINX.replace(b"\r\n", b"\n") + BODY,
)
"""Requests of other kinds, and what an attacker would put beside a known head."""
ODD = b"\0\t\n\r ,:;+-0159AZaz\x7f\x80\xff"


class Parsed(Front):
    """A front whose every request is read by h11."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner)
        self.known = PARSED


@pytest.fixture(scope="module")
def loop() -> Iterator[HandLoop]:
    """One loop for all connections of these tests."""
    made = HandLoop()
    yield made
    made.close()


def assert_same(loop: HandLoop, pieces: list[bytes], *, at_once: bool = True, hurried: bool = False) -> Talk:
    """Both take the same requests from these pieces, and answer and end alike."""
    talks = [Talk(loop, each, at_once=at_once) for each in (Parsed, Front)]
    for talk in talks:
        talk.say(*pieces, hurried=hurried)
    parsed, recognised = (talk.heard() for talk in talks)
    assert parsed == recognised
    return talks[1]


def as_h11_reads(data: bytes) -> tuple[int, int, bool] | None:
    """Length of head and body, and whether the connection ends, of a POST to a box; None if it is another request, is
    refused, or is not whole.
    """
    connection = StrictConnection(8_192)
    connection.receive_data(data)
    request = None
    with suppress(h11.RemoteProtocolError):
        request = connection.next_event()
    if not isinstance(request, h11.Request) or (request.method, request.target) != (b"POST", b"/v1"):
        return None
    headers = dict(request.headers)
    if headers.get(b"content-type") != b"application/octet-stream" or b"origin" in headers or b"upgrade" in headers:
        return None
    if b"content-length" not in headers or connection.they_are_waiting_for_100_continue:
        return None
    head = len(data) - len(connection.trailing_data[0])
    return head, int(headers[b"content-length"]), not connection._cstate.keep_alive


def as_recognised(data: bytes, known: re.Pattern[bytes] = POST_HEAD) -> tuple[int, int, bool] | None:
    """The same by the expression."""
    found = known.match(data)
    if found is None:
        return None
    return found.end(), int(found[found.lastindex or 0]), found[0].endswith(b": close\r\n\r\n")


def spoilt(head: bytes) -> Iterator[bytes]:
    """The head with each byte changed into every other one, or left out, or with an odd byte before it."""
    for at in range(len(head)):
        before, after = head[:at], head[at + 1 :]
        yield before + after
        yield from (before + bytes([byte]) + after for byte in range(256))
        yield from (before + bytes([byte]) + head[at:] for byte in ODD)


@pytest.mark.parametrize("head", KNOWN.values(), ids=KNOWN)
def test_the_heads_of_clients_and_proxies_are_recognised(loop: HandLoop, head: bytes) -> None:
    """Without h11, and with the answer that h11 would have written, byte by byte."""
    talk = assert_same(loop, [head + BODY])
    assert ([BODY], True) == (talk.owner.asked, talk.front._known)
    assert b"HTTP/1.1 200 \r\ncontent-type: application/octet-stream\r\ncontent-length: 11\r\n" in talk.pipe.written


@pytest.mark.parametrize("head", KNOWN.values(), ids=KNOWN)
def test_what_is_recognised_is_what_h11_reads(head: bytes) -> None:
    """Each byte of a head changed, removed or preceded by another: who is recognised is read alike by h11."""
    recognised = 0
    for data in spoilt(head):
        if (found := as_recognised(data + BODY)) is not None:
            recognised += 1
            assert as_h11_reads(data + BODY) == found, data
    assert 100 < recognised < len(head) * 256 // 4


@pytest.mark.parametrize(
    "laxer",
    [
        POST_HEAD.pattern.replace(rb"\r\n", rb"\r?\n"),
        POST_HEAD.pattern.replace(rb"[1-9][0-9]{0,6}", rb"[0-9 +_-]+"),
        POST_HEAD.pattern.replace(rb"[0-9A-Za-z.:\[\]_-]{1,255}", rb"[^\r]{1,255}"),
        POST_HEAD.pattern.replace(rb"[0-9A-Za-z.:\[\]_-]{1,255}", rb".{1,255}"),
        POST_HEAD.pattern.replace(rb"(?:close|keep-alive)", rb"[ -~]+"),
        POST_HEAD.pattern.replace(rb"HTTP/1\.1", rb"HTTP/[0-9]\.[0-9]"),
        POST_HEAD.pattern.replace(rb": ", rb" ?: ?"),
    ],
    ids=[
        "bare-line-feed",
        "odd-length",
        "any-host",
        "nul-in-host",
        "other-connection",
        "http-1.0",
        "space-before-colon",
    ],
)
def test_a_laxer_expression_would_be_noticed(laxer: bytes) -> None:
    """The comparison above has teeth: with each strictness taken out it finds a head that h11 reads in another way."""
    assert laxer != POST_HEAD.pattern
    known = re.compile(laxer)
    assert any(misread(data + BODY, known) for head in (OURS, NGINX) for data in spoilt(head))


def misread(data: bytes, known: re.Pattern[bytes]) -> bool:
    """Whether the expression takes a head that h11 refuses or reads in another way."""
    try:
        found = as_recognised(data, known)
    except ValueError:
        return True
    return found is not None and found != as_h11_reads(data)


@pytest.mark.parametrize("first", KNOWN.values(), ids=KNOWN)
@pytest.mark.parametrize("at_once", [True, False], ids=["at-once", "later"])
@pytest.mark.parametrize("hurried", [True, False], ids=["hurried", "calm"])
def test_requests_are_taken_however_they_are_split(
    loop: HandLoop, first: bytes, *, at_once: bool, hurried: bool
) -> None:
    """Two requests and the beginning of a third, cut into two pieces at every place."""
    data = first + BODY + NGINX + BODY + HAPROXY[:20]
    for at in range(1, len(data)):
        assert_same(loop, [data[:at], data[at:]], at_once=at_once, hurried=hurried)


def test_what_waits_for_its_turn_is_taken_once(loop: HandLoop) -> None:
    """Even if more comes before its turn, and h11 has to read the end of it."""
    for end in (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", NGINX[:30], b""):
        for first, at_once in ((BODY, True), (BODY, False), (LATE + b"..", True)):
            pieces = [NGINX + first + HAPROXY + BODY, NGINX + BODY + end]
            talk = assert_same(loop, pieces, at_once=at_once, hurried=True)
            assert [first, BODY, BODY] == talk.owner.asked


def test_many_requests_in_a_piece_are_taken_in_a_turn(loop: HandLoop) -> None:
    """Nothing piles up behind answers that are there at once."""
    talk = Talk(loop, Front)
    for _ in range(5):
        loop.call_soon(talk.front.data_received, (NGINX + BODY) * 200)
        loop.settle()
        assert (0, 0) == (talk.front.arrived(), len(talk.front._rest))
    assert 1_000 == len(talk.owner.asked)


@pytest.mark.parametrize("first", KNOWN.values(), ids=KNOWN)
def test_requests_are_taken_byte_by_byte(loop: HandLoop, first: bytes) -> None:
    """However slowly."""
    assert_same(loop, [bytes([byte]) for byte in first + BODY + NGINX + BODY])


@pytest.mark.parametrize("other", OTHERS)
def test_any_other_request_goes_to_h11(loop: HandLoop, other: bytes) -> None:
    """Alone, before and after a known one, whose bytes are never taken for a part of it, nor its own for a part of
    theirs.
    """
    for pieces in ([other], [NGINX + BODY + other + NGINX + BODY], [NGINX + BODY, other, NGINX + BODY]):
        talk = assert_same(loop, pieces)
        assert not talk.front._known
        assert_same(loop, pieces, at_once=False)


@given(st.data())
def test_any_bytes_are_taken_as_h11_takes_them(data: st.DataObject) -> None:
    """Requests of all kinds one after another, some bytes of them changed, cut anywhere, answered at once or later."""
    loop = HandLoop()
    try:
        known = [head + body for head in KNOWN.values() for body in (BODY, b"\0bad..", LATE + b"..")]
        parts = st.sampled_from(known) | st.sampled_from(OTHERS)
        said = bytearray(b"".join(data.draw(st.lists(parts, min_size=1, max_size=5))))
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(said) - 1))
            said[at : at + data.draw(st.integers(0, 1))] = data.draw(
                st.sampled_from([b"", b"\r\n", *map(bytes, zip(ODD))])
            )
        cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=4)))
        pieces = [bytes(said[a:b]) for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True) if a < b]
        assert_same(loop, pieces, at_once=data.draw(st.booleans()), hurried=data.draw(st.booleans()))
    finally:
        loop.close()


class Leaky(Front):
    """A front without a defence: it goes on with what is left of a body that it refused."""

    def _leave(self) -> None:
        self._busy, self._lacks = False, 0


def test_what_is_left_of_a_refused_body_is_no_request(loop: HandLoop) -> None:
    """A body that comes too slowly is refused; a request inside it is not carried out. Without that it would be."""
    inside = NGINX + BODY
    head = NGINX.replace(b"Length: 6", b"Length: %d" % (len(inside) + 1))
    asked = []
    for front in (Parsed, Front, Leaky):
        talk = Talk(loop, front)
        talk.say(head + b"x")
        loop.later(talk.owner.limits.body_timeout_s + 1.5)
        talk.pipe.ended = False  # an attacker's proxy would still send
        talk.say(inside)
        asked.append(talk.owner.asked)
        assert talk.pipe.written.startswith(b"HTTP/1.1 408 ")
    assert [[], [], [BODY]] == asked


@pytest.mark.parametrize("front", [Parsed, Front], ids=["parsed", "recognised"])
def test_what_waits_for_a_late_answer_takes_the_memory_that_is_counted(loop: HandLoop, front: type[Front]) -> None:
    """Not also that of the requests which came with it and were answered."""
    early = HAPROXY.replace(b"length: 6", b"length: 1000") + bytes(1_000)
    late = HAPROXY.replace(b"length: 6", b"length: 4") + LATE
    talk = Talk(loop, front)
    tracemalloc.start()
    try:
        loop.call_soon(lambda: talk.front.data_received(early * 200 + late + b"P"))
        loop.settle()
        assert 201 == len(talk.owner.asked)
        talk.owner.asked.clear()
        assert 1 == talk.front.arrived()
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


def test_a_head_is_recognised_in_one_look() -> None:
    """No head, however it was made, makes the expression search for long."""
    rng = random.Random(1)
    heads = [b"POST /v1 HTTP/1.1\r\nHost: " + bytes(rng.choices(b"a.:-", k=8_000)), OURS[:-2] * 50]
    assert [None, None] == [POST_HEAD.match(head) for head in heads]
