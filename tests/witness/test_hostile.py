"""Bodies and connections that mean harm: every answer is one of the spec, and nobody can hold the witness up."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz._harness import mutate
from nullabona.witness.core.allowance import Allowance
from nullabona.witness.core.limits import Limits
from tests.witness.growing import Growing, add, ask
from tests.witness.running import START, RunningWitness

ANSWERS = {200, 400, 403, 404, 409, 422}


def converse(witness: RunningWitness, said: bytes) -> bytes:
    """Everything that comes back until the witness hangs up."""
    with socket.create_connection(("127.0.0.1", witness.port), timeout=10) as wire:
        with suppress(ConnectionError):
            wire.sendall(said)
        found = b""
        with suppress(ConnectionError):
            while data := wire.recv(65_536):
                found += data
        return found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2_000) | st.text(max_size=500).map(str.encode))
def test_any_body_gets_an_answer_of_the_spec(witness: RunningWitness, body: bytes) -> None:
    """Whatever the bytes, the answer is one that C2SP tlog-witness has, and never a cosignature."""
    assert witness.cosigner.add(body, START).status in ANSWERS - {200}


@pytest.mark.parametrize("seed", range(3))
def test_any_change_of_a_good_request_gets_an_answer_of_the_spec(
    witness: RunningWitness, grown: Growing, seed: int
) -> None:
    """A request with a few bytes changed, cut or repeated is answered, and cosigned only if it says the same."""
    chance = random.Random(seed)
    witness.cosigner.add(grown.request(0, 3), START)
    good = grown.request(3, 7)
    for _ in range(150):
        data = mutate(chance, good)
        answer = witness.cosigner.add(data, START)
        assert answer.status in ANSWERS
        assert answer.status != 200 or grown.note(7).text in data


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"405"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n", b"413"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 9" + b"9" * 18 + b"\r\n\r\n", b"413"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", b"431"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
         + (b"10000\r\n" + bytes(65_536) + b"\r\n") * 4, b"413"),
    ],
    ids=["tls", "no-host", "path", "method", "large", "huge", "long-head", "chunked"],
)  # fmt: skip
def test_abuse_has_a_status(witness: RunningWitness, said: bytes, status: bytes) -> None:
    """What is no request of this witness is refused with a fitting status, and the connection ends."""
    assert converse(witness, said).startswith(b"HTTP/1.1 " + status)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (b"", b""),
        (b"POST /add", b"408"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nX: ", b"408"),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nold 0", b"408"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"200"),
    ],
    ids=["nothing", "half-a-line", "half-a-head", "half-a-body", "idle-afterwards"],
)
def test_slow_loris(run: Callable[..., RunningWitness], said: bytes, answer: bytes) -> None:
    """A request that does not come to its end in time, and a connection that asks nothing, are ended."""
    found = converse(run(limits=Limits(head_timeout_s=1, body_timeout_s=1)), said)
    assert answer in found
    assert bool(answer) == bool(found)


def test_connections_are_bounded(run: Callable[..., RunningWitness]) -> None:
    """One more than the limit is closed; when one ends, another may come."""
    witness = run(limits=Limits(connections=1))
    first = socket.create_connection(("127.0.0.1", witness.port), timeout=10)
    first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert first.recv(65_536).startswith(b"HTTP/1.1 200")
    assert b"" == converse(witness, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    first.close()
    while witness.call(lambda: len(witness.witness._fronts)):
        pass
    assert 200 == ask(witness, "GET", "/healthz").status


def test_requests_on_a_connection_are_bounded(run: Callable[..., RunningWitness]) -> None:
    """Whoever asks too often on one connection is told to wait; pipelining does not help."""
    witness = run(limits=Limits(requests_per_minute=3))
    with socket.create_connection(("127.0.0.1", witness.port), timeout=10) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 4 + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        found = b""
        while data := wire.recv(65_536):
            found += data
    assert [b"200", b"200", b"200", b"429", b"404"] == [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]]


def test_the_queue_is_bounded(run: Callable[..., RunningWitness], grown: Growing) -> None:
    """With too much to do the witness says so at once."""
    witness = run(limits=Limits(queue=1))
    witness.call(lambda: setattr(witness.witness, "_waiting", 1))
    said = add(witness, grown.request(0, 1))
    assert (503, "1") == (said.status, said.retry_after)
    assert 200 == ask(witness, "GET", "/healthz").status
    witness.call(lambda: setattr(witness.witness, "_waiting", 0))
    assert 200 == add(witness, grown.request(0, 1)).status


@given(st.integers(1, 50), st.lists(st.integers(0, 5), max_size=200))
def test_an_allowance_is_never_exceeded(per_minute: int, steps: list[int]) -> None:
    """In any minute at most twice the allowance passes: what was saved up, and what came in."""
    allowance, now, taken = Allowance(per_minute, 0), 0, list[int]()
    for step in steps:
        now += step
        if wait := allowance.take(now):
            assert 0 < wait <= 60
        else:
            taken.append(now)
    for at in taken:
        assert sum(at <= other < at + 60 for other in taken) <= 2 * per_minute
