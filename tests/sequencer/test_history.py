"""An old copy of a log, or a second machine with its keys, signs nothing; a witness that lies stops nobody."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from nullabona.log.checkpoint import Checkpoint
from nullabona.log.keys import SignerKey, VerifierKey
from nullabona.log.note import sign_note
from nullabona.log.policy import Policy
from nullabona.log.witnessing import SIZE_TYPE
from nullabona.machine.http_client import Route
from nullabona.sequencer import Log, LogOlder, LogSplit, NoQuorum, WitnessAddress, open_log
from nullabona.sequencer.errors import HistoryElsewhere
from nullabona.sequencer.history import OwnHistory, size_in
from tests.sequencer.logs import ORIGIN, SIGNERS, policy_text, publish, root_of
from tests.sequencer.test_witnesses import reply
from tests.witness.running import START, RunningWitness, log_signers, watched, witness_signers

NAMES = ("witness.example/a", "witness.example/b", "witness.example/c")
Start = Callable[[str], RunningWitness]


@pytest.fixture
def circle(tmp_path: Path) -> Iterator[Start]:
    """Starts witnesses by name."""
    started: list[RunningWitness] = []

    def start(name: str) -> RunningWitness:
        started.append(RunningWitness(tmp_path / name.rpartition("/")[2], [watched(SIGNERS)], name))
        return started[-1]

    yield start
    for witness in started:
        witness.stop()


def policy(quorum: int, names: tuple[str, ...] = NAMES[:2]) -> Policy:
    return Policy.parse(policy_text(witnesses=names, quorum=quorum))


def opened(folder: Path, addresses: list[WitnessAddress], chosen: Policy | None = None, absent: str = "") -> Log:
    route = Route(timeout_s=2.0)
    return open_log(folder, SIGNERS, ORIGIN, witnesses=addresses, policy=chosen, route=route,
                    absent=[absent] if absent else [])  # fmt: skip


def grow(folder: Path, addresses: list[WitnessAddress], *entries: bytes, chosen: Policy | None = None) -> None:
    """Publish each entry by itself, and release the log."""
    with closing_log(opened(folder, addresses, chosen)) as log:
        for entry in entries:
            log.stage([entry])
            publish(log)


@contextmanager
def closing_log(log: Log) -> Iterator[Log]:
    try:
        yield log
    finally:
        log.release()


def evidence(folder: Path) -> list[Path]:
    return list(folder.glob("*/evidence/*/*.json"))


@pytest.mark.parametrize("more", [0, 1, 2])
def test_an_old_copy_signs_nothing(tmp_path: Path, circle: Start, more: int) -> None:
    """However long the old copy has grown by itself meanwhile: no witness is shown anything, none has evidence."""
    witnesses = [circle(name) for name in NAMES[:2]]
    addresses = [witness.address for witness in witnesses]
    grow(tmp_path / "log", addresses, b"first")
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    grow(tmp_path / "log", addresses, b"second", b"third")
    before = [witness.cosigner.counts.copy() for witness in witnesses]
    with closing_log(opened(tmp_path / "copy", addresses)) as old:
        if more:
            old.stage([b"another"] * (2 * more))
            old.integrate()
        for _ in range(2):
            with pytest.raises(LogSplit if more else LogOlder):
                publish(old)
        assert 1 == old.status().published
    assert before == [witness.cosigner.counts for witness in witnesses]
    assert [] == evidence(tmp_path)


def test_one_witness_that_knows_is_enough(tmp_path: Path, circle: Start) -> None:
    """Of three witnesses only one was there for the newest entries: it stops the old copy."""
    witnesses = [circle(name) for name in NAMES]
    addresses = [witness.address for witness in witnesses]
    one = policy(1, NAMES)
    grow(tmp_path / "log", addresses, b"first", chosen=one)
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    grow(tmp_path / "log", addresses[:1], b"second", chosen=one)
    with closing_log(opened(tmp_path / "copy", addresses, one)) as old, pytest.raises(LogOlder):
        publish(old)


def test_a_second_machine_with_the_same_keys_stops(tmp_path: Path, circle: Start) -> None:
    """Both began in step. The one that falls behind is told so by the witness's answer, and signs nothing after."""
    witness = circle(NAMES[0])
    grow(tmp_path / "log", [witness.address], b"first")
    shutil.copytree(tmp_path / "log", tmp_path / "twin")
    first, second = (opened(tmp_path / name, [witness.address]) for name in ("log", "twin"))
    with closing_log(first), closing_log(second):
        publish(second)  # it has met the witness: nothing is wrong yet
        first.stage([b"here"])
        publish(first)
        with pytest.raises(LogOlder):
            publish(second)
        counts = witness.cosigner.counts.copy()
        second.stage([b"there", b"and", b"more"])
        with pytest.raises(HistoryElsewhere):
            publish(second)
        assert counts == witness.cosigner.counts
        first.stage([b"goes on"])
        assert 3 == publish(first).size
    assert [] == evidence(tmp_path)


def test_nothing_is_signed_while_those_who_may_know_are_silent(tmp_path: Path, circle: Start) -> None:
    """Any one of two is enough to publish, so the silent one may know of more than the other: it is waited for."""
    alive, silent = circle(NAMES[0]), circle(NAMES[1])
    addresses, any_of_two = [alive.address, silent.address], policy(1)
    grow(tmp_path / "log", addresses, b"first", chosen=any_of_two)
    silent.stop()
    counts = alive.cosigner.counts.copy()
    with closing_log(opened(tmp_path / "log", addresses, any_of_two)) as log:
        with pytest.raises(NoQuorum, match="what they hold") as caught:
            publish(log)
        assert {silent.address.key: "unreachable"} == caught.value.reasons
    assert counts == alive.cosigner.counts
    with closing_log(opened(tmp_path / "log", addresses, any_of_two, absent=silent.address.key)) as log:
        assert 1 == publish(log).size, "an operator who knows that it is gone says so"


def test_a_silent_witness_stops_nothing_that_it_could_not_have_made_alone(tmp_path: Path, circle: Start) -> None:
    """Two of three publish: one that is silent at the start could not have published anything."""
    witnesses = [circle(name) for name in NAMES]
    addresses, two = [witness.address for witness in witnesses], policy(2, NAMES)
    grow(tmp_path / "log", addresses, b"first", chosen=two)
    witnesses[2].stop()
    with closing_log(opened(tmp_path / "log", addresses, two)) as log:
        log.stage([b"second"])
        assert 2 == publish(log).size


def lie_of(size: int) -> dict[str, bytes]:
    """What a witness can show and claim about a log of that size, without the log's keys."""
    stranger = log_signers(ORIGIN, "not the log")
    forged = sign_note(Checkpoint(ORIGIN, size, sha256(b"root").digest()).encode(), stranger, START)
    other = sign_note(Checkpoint("log.example/other", size, sha256(b"root").digest()).encode(),
                      log_signers("log.example/other"), START)  # fmt: skip
    half = sign_note(Checkpoint(ORIGIN, size, sha256(b"root").digest()).encode(), SIGNERS[:1], START)
    return {"forged": forged.encode(), "other": other.encode(), "half": half.encode(), "garbage": b"\xff\n",
            "nothing": b""}  # fmt: skip


@pytest.mark.parametrize("lie", sorted(lie_of(1)))
def test_a_lying_witness_does_not_stop_an_honest_log(tmp_path: Path, circle: Start, lie: str) -> None:
    """It claims to have more and shows what this log did not sign. It loses its cosignature, and the log goes on."""
    honest = [circle(name) for name in NAMES[:2]]
    shown = lie_of(99)[lie]
    with answering(reply(b"200", shown), reply(b"409", b"99\n", SIZE_TYPE.encode())) as url:
        liar = WitnessAddress(url, tuple(signer.verifier for signer in witness_signers(NAMES[2])))
        addresses = [*(witness.address for witness in honest), liar]
        with closing_log(opened(tmp_path / "log", addresses, policy(2, NAMES))) as log:
            for size in (1, 2, 3):
                log.stage([b"entry"])
                assert size == publish(log).size


def test_a_claim_of_more_without_a_checkpoint_is_not_sent_anything(tmp_path: Path) -> None:
    """A witness that says it has 5 and shows nothing may be honest: it is sent no tree of 5 that could be another."""
    keys = tuple(signer.verifier for signer in witness_signers(NAMES[0]))
    asked: list[bytes] = []
    claim = reply(b"409", b"5\n", SIZE_TYPE.encode())
    with (
        answering(reply(b"404", b"no\n"), claim, asked) as url,
        closing_log(opened(tmp_path / "log", [WitnessAddress(url, keys)])) as log,
    ):
        for _ in range(7):
            log.stage([b"entry"])
            with pytest.raises(NoQuorum) as caught:
                publish(log)
            assert ["has-more"] == list(caught.value.reasons.values())
    assert 1 == sum(line.startswith(b"POST") for line in asked)


def test_the_first_start_asks_nobody_twice(tmp_path: Path, circle: Start) -> None:
    """A witness is asked once what it holds, not before every checkpoint."""
    witness = circle(NAMES[0])
    asked: list[str] = []
    latest = witness.cosigner.latest
    witness.cosigner.latest = lambda name: (asked.append(name), latest(name))[1]  # type: ignore[method-assign,func-returns-value]
    with closing_log(opened(tmp_path / "log", [witness.address])) as log:

        async def many() -> None:
            for n in range(3):
                await log.publish(START + n)
            await log.hang_up()

        asyncio.run(many())
    assert 1 == len(asked)


@contextmanager
def answering(get: bytes, post: bytes, asked: list[bytes] | None = None) -> Iterator[str]:
    """A server with one answer to every GET and one to every POST; its URL."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        ended = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.settimeout(10)
                    head = connection.recv(65_536)
                    if ended.is_set():
                        return
                    if asked is not None:
                        asked.append(head)
                    connection.sendall(get if head.startswith(b"GET ") else post)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            with socket.create_connection(listening.getsockname()) as last:
                last.sendall(b"end")
            thread.join(20)


def test_what_former_keys_signed_counts_only_inside_this_history() -> None:
    """After a change of keys the old ones may be stolen: they cannot stop the log, and are believed for its past."""
    first, second = log_signers(ORIGIN), log_signers(ORIGIN, "second")
    roots = {size: root_of([b"entry"] * size) for size in range(5)}
    own = OwnHistory(ORIGIN, keys_of(second), 3, roots.__getitem__, keys_of(first))

    def told(size: int, root: bytes, by: Sequence[SignerKey]) -> int | None:
        return size_in(own, "w", sign_note(Checkpoint(ORIGIN, size, root).encode(), by, START).encode())

    shown = ((2, 2), (3, 3), (4, 4), (3, 2))
    assert [2, 3, None, None] == [told(size, roots[other], first) for size, other in shown]
    assert 3 == told(3, roots[3], second)
    with pytest.raises(LogOlder):
        told(4, roots[4], second)
    with pytest.raises(LogSplit):
        told(3, roots[2], second)
    own = replace(own, former=())
    assert told(2, roots[2], first) is None


def keys_of(signers: Sequence[SignerKey]) -> tuple[VerifierKey, ...]:
    return tuple(signer.verifier for signer in signers)
