"""Whoever asks for the end of a connection and does not read holds no more than others (spec/relay.md §4.6)."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from nullabona.relay.core.limits import Limits
from nullabona.wire.messages import encode
from tests.relay.peers import Box, RunningRelay, Wire, post


def leave_unread(relay: RunningRelay, box: Box) -> Wire:
    """Ask for more than the system takes at once, then for one answer more and the end, and read nothing of it."""
    wire = Wire(relay.address)
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    last = post(encode(box.read())).replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n")
    wire.send(post(encode(box.read())) * 8 + last)
    while not all(front._leaving for front in relay.relay._fronts) or not relay.relay._fronts:
        relay.call(lambda: None)
    return wire


@pytest.mark.slow
def test_a_last_answer_that_nobody_takes_is_given_up(run: Callable[..., RunningRelay], box: Box) -> None:
    """A POST that asks for the end of its connection holds it no longer than it reads; what it leaves is counted."""
    relay = run(None, Limits(body_timeout_s=1))
    writer = relay.client()
    for number in writer.start(*[box.append(bytes(65_536)) for _ in range(15)]):
        writer.result(number)
    wire = leave_unread(relay, box)
    assert 2**20 < sum(front.unsent() for front in list(relay.relay._fronts))
    while relay.relay._fronts:
        relay.call(lambda: None)
    wire.close()


def test_last_answers_share_the_bound(run: Callable[..., RunningRelay], box: Box) -> None:
    """Who asked for the end of the connection and does not read is cut off like every slow reader."""
    relay = run(None)
    writer = relay.client()
    for number in writer.start(*[box.append(bytes(65_536)) for _ in range(15)]):
        writer.result(number)
    leave_unread(relay, box)
    relay.relay.unsent._most = 2**20
    relay.tick()
    while relay.relay._fronts:
        relay.call(lambda: None)
    assert 15 == writer.read(box).head
