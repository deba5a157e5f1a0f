"""A checkpoint is published with the quorum of its policy, and never without; witnesses that fail cost nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nullabona.log.note import parse_note, signatures_of
from nullabona.log.policy import Policy
from nullabona.machine.http_client import BadUrl, Route
from nullabona.sequencer import Log, NoQuorum, WitnessAddress, open_log
from tests.sequencer.logs import ORIGIN, SIGNERS, audit, policy_text, publish
from tests.witness.running import START, RunningWitness, watched, witness_signers

NAMES = ("witness.example/a", "witness.example/b", "witness.example/c")
TWO_OF_THREE = Policy.parse(policy_text(witnesses=NAMES, quorum=2))


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Callable[[str], RunningWitness]]:
    """Starts witnesses by name; asked again, the same folder is served anew."""
    started: list[RunningWitness] = []

    def start(name: str) -> RunningWitness:
        started.append(RunningWitness(tmp_path / name.rpartition("/")[2], [watched(SIGNERS)], name))
        return started[-1]

    yield start
    for witness in started:
        witness.stop()


def witnessed_log(folder: Path, addresses: list[WitnessAddress], policy: Policy | None = TWO_OF_THREE) -> Log:
    return open_log(folder, SIGNERS, ORIGIN, witnesses=addresses, policy=policy, route=Route(timeout_s=2.0))


def test_a_quorum_publishes(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """With two of three witnesses alive, checkpoints satisfy the policy; the one that is gone is named and counted."""
    alive = [circle(name) for name in NAMES[:2]]
    gone = circle(NAMES[2])
    addresses = [witness.address for witness in (*alive, gone)]
    gone.stop()
    log = witnessed_log(tmp_path / "log", addresses)
    for count in (1, 5, 400):
        log.stage([b"entry"] * count)
        publish(log)
    seen, _ = audit(log.public, TWO_OF_THREE)
    assert (406, ["w0", "w1"], START) == (seen.checkpoint.size, [name for name, _ in seen.witnesses], seen.time_s)
    log.release()


def test_without_a_quorum_the_old_one_stays(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """Nothing is published, the reasons are told and counted, nothing staged is lost, and later it goes on."""
    witnesses = [circle(name) for name in NAMES]
    log = witnessed_log(tmp_path / "log", [witness.address for witness in witnesses])
    log.stage([b"first"])
    before = publish(log)
    ports = [witness.config.listen for witness in witnesses]
    for witness in witnesses[1:]:
        witness.stop()
    log.stage([b"second"])
    with pytest.raises(NoQuorum) as caught:
        publish(log)
    assert {"unreachable"} == set(caught.value.reasons.values())
    assert {address.key for address in (witnesses[1].address, witnesses[2].address)} == set(caught.value.reasons)
    assert {"no-quorum": 1, "unreachable": 2} == log.status().failures
    assert (before.note, 1) == (log.checkpoint(), audit(log.public, TWO_OF_THREE)[0].checkpoint.size)
    again = RunningWitness(tmp_path / "b", [watched(SIGNERS)], NAMES[1], listen=ports[1])
    try:
        assert 2 == publish(log).size
    finally:
        again.stop()
    log.release()


def test_without_a_policy_every_witness_must_cosign(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """A log that names no policy is published only with everybody."""
    first, second = circle(NAMES[0]), circle(NAMES[1])
    log = witnessed_log(tmp_path / "log", [first.address, second.address], None)
    log.stage([b"entry"])
    publish(log)
    second.stop()
    with pytest.raises(NoQuorum):
        publish(log)
    log.release()


def test_a_log_that_forgot_what_a_witness_has_is_told(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """What is remembered of witnesses may be wrong: the witness says what it has, and the second try succeeds."""
    witness = circle(NAMES[0])
    log = witnessed_log(tmp_path / "log", [witness.address], None)
    log.stage([b"entry"] * 300)
    publish(log)
    log.stage([b"entry"] * 300)
    for wrong in (0, 7, 10_000):
        log._circle.known[witness.address.key] = wrong
        assert 600 == publish(log).size
    log.release()


def one_answer(answer: bytes) -> tuple[str, threading.Thread]:
    """A server that gives every question to cosign this answer, for some connections; its URL.

    It shows no checkpoint, as tlog-witness allows.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)

    def serve() -> None:
        with listening:
            for _ in range(12):
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    return
                with connection:
                    connection.settimeout(10)
                    asked = connection.recv(65_536)
                    if asked == b"stop":
                        return
                    connection.sendall(NO_CHECKPOINT if asked.startswith(b"GET ") else answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", thread


def reply(status: bytes, body: bytes, kind: bytes = b"text/plain") -> bytes:
    """An HTTP answer that ends the connection."""
    head = b"HTTP/1.1 %s x\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
    return head % (status, kind, len(body)) + body


NO_CHECKPOINT = reply(b"404", b"no\n")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"200", b""), "malformed"),
        (reply(b"200", "— witness.example/a AAAAAA==\n".encode()), "malformed"),
        (reply(b"200", "— somebody.else AAAAAAA=\n".encode()), "note-invalid"),
        (reply(b"200", bytes(70_000)), "http-misbehaved"),
        (reply(b"302", b""), "status-302"),
        (reply(b"404", b"no\n"), "status-404"),
        (reply(b"409", b"5\n"), "status-409"),
        (reply(b"409", b"05\n", b"text/x.tlog.size"), "malformed"),
        (reply(b"409", b"99\n", b"text/x.tlog.size"), "has-more"),
        (reply(b"409", b"1\n", b"text/x.tlog.size"), "status-409"),
        (b"garbage\r\n\r\n", "http-misbehaved"),
        (b"", "unreachable"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", "http-misbehaved"),
    ],
)  # fmt: skip
def test_what_a_wrong_witness_answers_is_a_word(tmp_path: Path, answer: bytes, reason: str) -> None:
    """Whatever a witness answers that is no cosignature of its own, it is named, and nothing of it is used."""
    url, thread = one_answer(answer)
    keys = tuple(signer.verifier for signer in witness_signers(NAMES[0]))
    log = witnessed_log(tmp_path / "log", [WitnessAddress(url, keys)], None)
    log.stage([b"entry"] * 3)
    with pytest.raises(NoQuorum) as caught:
        publish(log)
    assert [reason] == list(caught.value.reasons.values())
    log.release()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as stop:
        stop.sendall(b"stop")
    thread.join(20)


def test_a_cosignature_of_something_else_is_not_used(tmp_path: Path) -> None:
    """A witness's true signature over another checkpoint does not count."""
    other = b"log.example/other\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    (line,) = signatures_of(other, witness_signers(NAMES[0]), START)
    url, thread = one_answer(reply(b"200", line.line().encode()))
    keys = tuple(signer.verifier for signer in witness_signers(NAMES[0]))
    log = witnessed_log(tmp_path / "log", [WitnessAddress(url, keys)], None)
    with pytest.raises(NoQuorum) as caught:
        publish(log)
    assert ["note-invalid"] == list(caught.value.reasons.values())
    log.release()
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as stop:
        stop.sendall(b"stop")
    thread.join(20)


@pytest.mark.slow
def test_a_silent_witness_holds_nothing_up(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """One that takes the question and never answers costs its deadline once, for all together."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keys = tuple(signer.verifier for signer in witness_signers(NAMES[2]))
        mute = WitnessAddress(f"http://127.0.0.1:{silent.getsockname()[1]}", keys)
        log = witnessed_log(tmp_path / "log", [circle(NAMES[0]).address, circle(NAMES[1]).address, mute])
        log.stage([b"entry"])
        assert 1 == publish(log).size
        log.release()


def test_an_address_that_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    """A witness that could never be asked is found when the log is opened, and the folder is free again."""
    keys = tuple(signer.verifier for signer in witness_signers(NAMES[0]))
    with pytest.raises(BadUrl):
        witnessed_log(tmp_path, [WitnessAddress("http://witness.example/", keys)])
    witnessed_log(tmp_path, []).release()


def test_connections_to_witnesses_are_kept(tmp_path: Path, circle: Callable[[str], RunningWitness]) -> None:
    """Publishing again and again on one loop uses one connection to each witness."""
    witness = circle(NAMES[0])
    log = witnessed_log(tmp_path / "log", [witness.address], None)
    counts: list[int] = []

    async def many() -> None:
        for n in range(5):
            await log.publish(START + n)
            counts.append(len(witness.witness._fronts))
        await log.close()

    asyncio.run(many())
    assert [1] * 5 == counts
    note = parse_note((log.public / "checkpoint").read_bytes())
    assert 3 == len(note.signatures)
