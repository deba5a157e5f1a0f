"""Requests that a proxy in front may read in another way than we do are refused, at every door."""

from __future__ import annotations

import re
from pathlib import Path

import h11
import pytest

from nullabona.machine.strict_http import StrictConnection

SRC = Path(__file__).parents[2] / "src"
HOST = b"Host: x\r\n"


def first(*parts: bytes) -> object:
    """The first event of what came, piece by piece."""
    connection = StrictConnection(8_192)
    event: object = None
    for part in parts:
        connection.receive_data(part)
        event = connection.next_event()
    return event


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1 HTTP/1.1\n" + HOST + b"\r\n",
        b"POST /v1 HTTP/1.1\r\nHost: x\n\r\n",
        b"POST /v1 HTTP/1.1\r\n" + HOST + b"\n",
        b"POST /v1 HTTP/1.1\r\n" + HOST + b"Content-Length: 3\n\nabc",
        b"\nPOST /v1 HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
    ids=["request-line", "header", "end", "end-of-both", "before"],
)
@pytest.mark.parametrize("pieces", [1, 1_000])
def test_a_line_that_ends_in_a_bare_line_feed_is_refused(head: bytes, pieces: int) -> None:
    """Wherever it is in the head, in one piece or byte by byte."""
    size = len(head) // pieces or 1
    with pytest.raises(h11.RemoteProtocolError, match="line feed") as error:
        first(*[head[at : at + size] for at in range(0, len(head), size)])
    assert 400 == error.value.error_status_hint


@pytest.mark.parametrize("second", [b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:chunked\r\n"])
@pytest.mark.parametrize("first_header", [b"Content-Length: 5\r\n", b"Content-Length: 0\r\n"])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_lengths_are_refused(first_header: bytes, second: bytes, *, swapped: bool) -> None:
    """Content-Length and Transfer-Encoding, in any order, also where the length would be nought."""
    headers = second + first_header if swapped else first_header + second
    with pytest.raises(h11.RemoteProtocolError, match="Content-Length and Transfer-Encoding"):
        first(b"POST /v1 HTTP/1.1\r\n" + HOST + headers + b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("header", [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_one_length_is_taken(header: bytes) -> None:
    """Either by itself."""
    event = first(b"POST /v1 HTTP/1.1\r\n" + HOST + header + b"\r\n")
    assert isinstance(event, h11.Request)


def test_a_body_may_have_line_feeds() -> None:
    """Only heads are looked at; and the head of the next request again."""
    connection = StrictConnection(8_192)
    connection.receive_data(b"POST /v1 HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n\na\nGET / HTTP/1.1\n")
    assert [h11.Request, h11.Data, h11.EndOfMessage] == [type(connection.next_event()) for _ in range(3)]
    for event in (h11.Response(status_code=200, headers=[(b"content-length", b"0")]), h11.EndOfMessage()):
        connection.send(event)
    connection.start_next_cycle()
    with pytest.raises(h11.RemoteProtocolError, match="line feed"):
        connection.next_event()


def test_every_door_is_strict() -> None:
    """No server of ours reads requests with what forgives."""
    forgiving = re.compile(r"h11\.Connection\(\s*h11\.SERVER")
    assert [] == [path.name for path in SRC.rglob("*.py") if forgiving.search(path.read_text("utf-8"))]
