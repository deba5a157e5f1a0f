"""Mirrors have entries before witnesses sign them, so a log that is restored from a mirror lacks nothing."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullabona.log.checkpoint import parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.tiles import tiles_of
from nullabona.machine.http_client import Route
from nullabona.reading import (
    LogForked,
    check_not_behind,
    open_files,
    open_source,
    read_checkpoint,
    read_pending,
    update_mirror,
)
from nullabona.reading.witnesses import ask_witnesses
from nullabona.sequencer import Log, LogOlder, MirrorOptions, NoQuorum, open_log, restore_log
from nullabona.witness.cosigner import Answer
from tests.reading.served import served
from tests.sequencer.logs import ORIGIN, SIGNERS, policy_text, publish
from tests.witness.running import START, RunningWitness, watched

NAME = "witness.example/w1"


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[RunningWitness]:
    running = RunningWitness(tmp_path / "witness", [watched(SIGNERS)], NAME)
    yield running
    running.stop()


@pytest.fixture
def policy(witness: RunningWitness) -> Policy:
    text = policy_text(witnesses=[NAME], quorum=1)
    line = next(line for line in text.splitlines() if line.startswith("witness "))
    return Policy.parse(text.replace(line, f"{line} {witness.url}"))


@contextmanager
def opened(
    folder: Path, witness: RunningWitness, policy: Policy, *mirrors: str, patience_s: float = 20.0
) -> Iterator[Log]:
    log = open_log(folder, SIGNERS, ORIGIN, witnesses=[witness.address], policy=policy, route=Route(timeout_s=2.0),
                   mirrors=MirrorOptions(mirrors, patience_s))  # fmt: skip
    try:
        yield log
    finally:
        log.release()


def mirror(public: Path, copy: Path, policy: Policy) -> None:
    async def once() -> None:
        files = open_files(str(public))
        try:
            await update_mirror(files, copy, policy, START)
        finally:
            await files.close()

    asyncio.run(once())


@contextmanager
def mirroring(public: Path, copy: Path, policy: Policy) -> Iterator[None]:
    """Somebody keeps a copy until the block ends, by looking again and again."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(0.02):
            if (public / "checkpoint").exists():
                mirror(public, copy, policy)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(20)


def size_of(folder: Path, name: str) -> int:
    return parse_checkpoint(parse_note((folder / "public" / name).read_bytes()).text).size


@pytest.mark.parametrize("way", ["folder", "url"])
def test_a_mirror_has_every_entry_before_a_witness_signs_it(
    tmp_path: Path, witness: RunningWitness, policy: Policy, way: str
) -> None:
    """At the moment at which the witness is asked, the copy has what it is asked to sign."""
    copy = tmp_path / "copy"
    with opened(tmp_path / "log", witness, policy) as log:
        log.stage([b"first"])
        publish(log)
    mirror(tmp_path / "log/public", copy, policy)
    seen: list[tuple[int, int]] = []
    add = witness.cosigner.add

    def asked(body: bytes, now_s: int) -> Answer:
        answer = add(body, now_s)
        held = witness.store.find(ORIGIN)
        seen.append((size_of(copy, "pending"), held.size if held else 0))
        return answer

    witness.cosigner.add = asked  # type: ignore[method-assign]
    with (
        served(copy / "public") as url,
        mirroring(tmp_path / "log/public", copy, policy),
        opened(tmp_path / "log", witness, policy, url if way == "url" else str(copy)) as log,
    ):
        for _ in range(3):
            log.stage([b"entry"] * 120)
            publish(log)
    assert seen
    assert all(copied >= signed for copied, signed in seen)
    assert 361 == max(signed for _, signed in seen)


@pytest.mark.parametrize("more", [1, 254, 255, 256, 600])
def test_a_restore_takes_what_the_log_alone_has_signed(
    tmp_path: Path, witness: RunningWitness, policy: Policy, more: int
) -> None:
    """The machine is lost after the witness signed and before anything was published: the copy lacks nothing."""
    copy = tmp_path / "copy"
    with opened(tmp_path / "log", witness, policy, str(copy), patience_s=0.0) as log:
        log.stage([b"first"])
        publish(log)
        mirror(log.public, copy, policy)
        before = (log.public / "checkpoint").read_bytes()
        log.stage([b"entry"] * more)
        publish(log)
        (log.public / "checkpoint").write_bytes(before)  # as if it had died just before
        mirror(log.public, copy, policy)
    assert (1, 1 + more) == (size_of(copy, "checkpoint"), size_of(copy, "pending"))

    async def restore() -> int:
        source = open_source(str(copy))
        report = await read_checkpoint(source, policy, now_s=START)
        newest = await read_pending(source, policy, report)
        check_not_behind(newest, await ask_witnesses(policy, ORIGIN, Route()))
        tiles = [
            (tile, await source.tile(tile)) for size in (report.checkpoint.size, newest.size) for tile in tiles_of(size)
        ]
        restore_log(tmp_path / "new", newest, report.note, tiles)
        await source.close()
        return newest.size

    assert 1 + more == asyncio.run(restore())
    with opened(tmp_path / "new", witness, policy, str(copy), patience_s=0.0) as log:
        log.stage([b"goes on"])
        assert 2 + more == publish(log).size


def test_a_mirror_that_is_down_costs_a_bounded_wait(
    tmp_path: Path, witness: RunningWitness, policy: Policy, caplog: pytest.LogCaptureFixture
) -> None:
    """The epoch is published all the same, and the log names the mirror."""
    down = "http://127.0.0.1:1/"
    with opened(tmp_path / "log", witness, policy, down, str(tmp_path / "nowhere"), patience_s=0.3) as log:
        log.stage([b"entry"])
        began = time.monotonic()
        assert 1 == publish(log).size
        assert 0.3 <= time.monotonic() - began
    assert [f"the mirror {where}" in caplog.text for where in (down, tmp_path / "nowhere")] == [True, True]


def test_a_mirror_that_has_more_stops_an_old_copy(tmp_path: Path, witness: RunningWitness, policy: Policy) -> None:
    """Even what no witness has signed: the log signed it, so another entry in its place would be a fork."""
    copy = tmp_path / "copy"
    with opened(tmp_path / "log", witness, policy) as log:
        log.stage([b"first"])
        publish(log)
    shutil.copytree(tmp_path / "log", tmp_path / "old")
    mirror(tmp_path / "log/public", copy, policy)
    with opened(tmp_path / "log", witness, policy, str(copy), patience_s=0.0) as log:
        publish(log)  # the witness has been asked
        log.stage([b"second"])
        witness.stop()
        with pytest.raises(NoQuorum):
            publish(log)
        mirror(log.public, copy, policy)
    again = RunningWitness(tmp_path / "witness", [watched(SIGNERS)], NAME, listen=witness.config.listen)
    try:
        with opened(tmp_path / "old", again, policy, str(copy), patience_s=0.0) as old:
            old.stage([b"another"])
            with pytest.raises(LogOlder, match="the mirror"):
                publish(old)
        assert 0 == again.cosigner.counts["cosigned"]
    finally:
        again.stop()


def test_a_mirror_sees_that_a_pending_entry_was_replaced(
    tmp_path: Path, witness: RunningWitness, policy: Policy
) -> None:
    """What the log alone has signed binds it: the keeper of the copy is told of the other tree."""
    copy = tmp_path / "copy"
    with opened(tmp_path / "log", witness, policy) as log:
        log.stage([b"first"])
        publish(log)
    shutil.copytree(tmp_path / "log", tmp_path / "twin")
    for name, entry in (("log", b"second"), ("twin", b"other")):
        running = open_log(tmp_path / name, SIGNERS, ORIGIN, mirrors=MirrorOptions((str(tmp_path / "none"),), 0.0))
        running.stage([entry])
        publish(running)
        running.release()
        (tmp_path / name / "public/checkpoint").write_bytes((tmp_path / "log/public/pending").read_bytes())
    lone = Policy(policy.logs, (), (), "none")
    mirror(tmp_path / "log/public", copy, lone)
    with pytest.raises(LogForked):
        mirror(tmp_path / "twin/public", copy, lone)
