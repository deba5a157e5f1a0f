"""Whoever reads a log finds out if anything of it is not what was signed, from a folder as from a URL."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from nullabona.errors import PeerError
from nullabona.log.note import NoteInvalid, parse_note
from nullabona.log.policy import NotWitnessed, Policy, WrongOrigin
from nullabona.log.proof import parse_proof
from nullabona.log.tiles import tiles_of
from nullabona.log.tree import ProofInvalid
from nullabona.reading import (
    LogDiffers,
    LogForked,
    LogIncomplete,
    LogRolledBack,
    LogStale,
    Report,
    Source,
    Step,
    advance,
    find_entry,
    open_source,
    prove,
    read_checkpoint,
    verify_log,
)
from nullabona.reading.monitor import MemoryUnusable
from nullabona.reading.source import NoLogHere
from nullabona.sequencer import open_log
from tests.reading.served import served
from tests.sequencer.logs import ORIGIN, POLICY, SIGNERS, make_log, policy_text, publish
from tests.witness.running import START, log_signers

T = TypeVar("T")
SIZE = 600
ENTRIES = [b"entry %d" % n for n in range(SIZE)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public files of a log of 600 entries, published in three steps."""
    log = make_log(tmp_path_factory.mktemp("log"))
    for first, last in ((0, 100), (100, 300), (300, SIZE)):
        log.stage(ENTRIES[first:last])
        publish(log)
    log.release()
    return log.public


@pytest.fixture(params=["folder", "url"])
def where(request: pytest.FixtureRequest, made: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A copy of the log, and how it is read."""
    copy = tmp_path / "public"
    shutil.copytree(made, copy)
    if request.param == "folder":
        yield str(copy), copy
        return
    with served(copy) as url:
        yield url, copy


def reading(where: str, act: Callable[[Source], Awaitable[T]]) -> T:
    """What ``act`` gives for the log."""

    async def run() -> T:
        source = open_source(where)
        try:
            return await act(source)
        finally:
            await source.close()

    return asyncio.run(run())


def verified(where: str, policy: Policy | None = POLICY) -> Report:
    """The whole log, checked."""

    async def act(source: Source) -> Report:
        return await verify_log(source, await read_checkpoint(source, policy))

    return reading(where, act)


def watched(where: str, last: bytes | None, *, from_start: bool = False) -> tuple[Step, list[tuple[int, bytes]]]:
    """One look of a monitor, and the entries it showed."""
    found: list[tuple[int, bytes]] = []

    async def act(source: Source) -> Step:
        report = await read_checkpoint(source, POLICY)
        return await advance(source, POLICY, report, last, lambda *each: found.append(each), from_start=from_start)

    return reading(where, act), found


def test_a_whole_log_is_verified(where: tuple[str, Path]) -> None:
    """Every tile is counted, the signatures are those of the policy."""
    report = verified(where[0])
    assert (SIZE, ORIGIN, len(list(tiles_of(SIZE)))) == (report.checkpoint.size, report.checkpoint.origin, report.tiles)
    assert report.seen is not None
    assert verified(where[0], None).seen is None


def test_progress_is_told(made: Path) -> None:
    """Progress ends with everything."""
    told: list[tuple[int, int]] = []

    async def act(source: Source) -> Report:
        return await verify_log(source, await read_checkpoint(source, POLICY), lambda *each: told.append(each))

    reading(str(made), act)
    assert (SIZE, SIZE) == told[-1]


def test_any_changed_file_is_noticed(made: Path, tmp_path: Path) -> None:
    """One bit of any file that the checkpoint needs, a missing file, a shorter one: each is found."""
    rng = random.Random(1)
    for name in ["checkpoint", *(tile.path for tile in tiles_of(SIZE))]:
        copy = tmp_path / "copy"
        shutil.copytree(made, copy)
        data = bytearray((copy / name).read_bytes())
        at = rng.randrange(len(data) - 100 if name == "checkpoint" else len(data))
        for bad in (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], data[:-1], None):
            (copy / name).unlink() if bad is None else (copy / name).write_bytes(bad)
            with pytest.raises((PeerError, NoLogHere)):
                verified(str(copy))
            (copy / name).write_bytes(data)
        shutil.rmtree(copy)


def test_a_changed_entry_is_named(where: tuple[str, Path]) -> None:
    """An entry with another byte leads to a tile that is not the hashes of its entries."""
    path = where[1] / "tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b"entry 300", b"entry 301"))
    with pytest.raises(LogDiffers, match="tile/0/001"):
        verified(where[0])


def test_a_log_that_lies_everywhere_at_once_is_noticed(made: Path, tmp_path: Path) -> None:
    """Files that fit together, under a checkpoint that was signed over others."""
    other = make_log(tmp_path)
    other.stage([*ENTRIES[:-1], b"another"])
    publish(other)
    other.release()
    shutil.copy(made / "checkpoint", other.public / "checkpoint")
    with pytest.raises(LogDiffers, match="root"):
        verified(str(other.public))


def test_partial_tiles_may_be_gone_where_full_ones_are(made: Path, tmp_path: Path) -> None:
    """A reader of an older checkpoint takes the beginning of the full tile."""
    log = make_log(tmp_path)
    log.stage(ENTRIES[:100])
    old = publish(log)
    log.stage(ENTRIES[100:])
    for _ in range(3):
        publish(log)
    log.release()
    assert not list(log.public.glob("tile/0/000.p"))
    (log.public / "checkpoint").write_bytes(old.note)
    assert 100 == verified(str(log.public)).checkpoint.size


def test_the_policy_decides(made: Path, tmp_path: Path) -> None:
    """Another log's keys, and a quorum that is not there, are refused; so is a checkpoint that is too old."""
    for text, error in (
        (policy_text(log_signers("log.example/other")), WrongOrigin),
        (policy_text(log_signers(ORIGIN, "other")), NoteInvalid),
        (policy_text(witnesses=["witness.example/a"], quorum=1), NotWitnessed),
    ):
        with pytest.raises(error):
            verified(str(made), Policy.parse(text))

    async def aged(source: Source) -> Report:
        return await read_checkpoint(source, POLICY, now_s=START, max_age_s=60)

    with pytest.raises(LogStale):
        reading(str(made), aged)


def test_a_proof_is_made_from_the_files(where: tuple[str, Path]) -> None:
    """Entries anywhere in the log are proven, found by their bytes, and the proof verifies offline."""

    async def act(source: Source) -> None:
        report = await read_checkpoint(source, POLICY)
        for index in (0, 255, 256, 299, 599):
            assert index == await find_entry(source, report, ENTRIES[index])
            proven = await prove(source, report, index)
            assert ENTRIES[index] == proven.entry
            assert SIZE == parse_proof(proven.proof.encode()).verify(ENTRIES[index], POLICY).checkpoint.size
        with pytest.raises(ProofInvalid):
            await prove(source, report, SIZE)
        with pytest.raises(LogDiffers):
            await find_entry(source, report, b"never entered")

    reading(where[0], act)


def test_no_proof_is_made_of_wrong_files(where: tuple[str, Path]) -> None:
    """What a proof would rest on is checked before it is handed over."""
    path = where[1] / "tile/0/000"
    path.write_bytes(bytes(8_192))

    async def act(source: Source) -> None:
        await prove(source, await read_checkpoint(source, POLICY), 0)

    with pytest.raises(ProofInvalid):
        reading(where[0], act)


def test_a_monitor_shows_what_is_new(tmp_path: Path) -> None:
    """It begins now or from the start, and then shows each new entry once, at its number."""
    log = make_log(tmp_path)
    log.stage(ENTRIES[:100])
    publish(log)
    step, found = watched(str(tmp_path), None)
    assert ([], range(100, 100)) == (found, step.new)
    _, everything = watched(str(log.public), None, from_start=True)
    assert list(enumerate(ENTRIES[:100])) == everything
    last = step.note
    for upto in (100, 101, 256, 257, SIZE):
        log.stage(ENTRIES[log.status().integrated : upto])
        before = log.status().integrated
        publish(log)
        step, found = watched(str(log.public), last)
        assert [(n, ENTRIES[n]) for n in range(before, upto)] == found
        last = step.note
    log.release()


def fork(folder: Path, entries: list[bytes]) -> Path:
    """Another log under the same keys."""
    log = open_log(folder, SIGNERS, ORIGIN)
    log.stage(entries)
    publish(log)
    log.release()
    return log.public


def test_a_monitor_notices_every_lie(made: Path, tmp_path: Path) -> None:
    """A rollback, a fork at the same size, a fork that is larger, and a larger one whose tiles do not lead there."""
    last = (made / "checkpoint").read_bytes()
    with pytest.raises(LogRolledBack):
        watched(str(fork(tmp_path / "short", ENTRIES[:-1])), last)
    with pytest.raises(LogForked, match="two roots"):
        watched(str(fork(tmp_path / "same", [*ENTRIES[:-1], b"x"])), last)
    with pytest.raises(LogForked, match="seen before"):
        watched(str(fork(tmp_path / "large", [*ENTRIES[:-1], b"x", b"y"])), last)
    mixed = fork(tmp_path / "mixed", [*ENTRIES, b"y"])
    (mixed / "tile/0/002.p/89").write_bytes((mixed / "tile/0/002.p/89").read_bytes()[:-32] + bytes(32))
    with pytest.raises(LogDiffers):
        watched(str(mixed), last)
    honest = fork(tmp_path / "honest", [*ENTRIES, b"y"])
    (honest / "tile/entries/002.p/89").unlink()
    with pytest.raises(LogIncomplete):
        watched(str(honest), last)


def test_a_monitors_memory_must_be_of_this_log(made: Path) -> None:
    """What does not verify under the policy is not taken for a memory."""
    note = parse_note((made / "checkpoint").read_bytes())
    for wrong in (b"", b"nonsense\n", note.encode().replace(b"600", b"599")):
        with pytest.raises(MemoryUnusable):
            watched(str(made), wrong)


def test_a_folder_without_a_log_is_said(tmp_path: Path) -> None:
    """No traceback, but a sentence and a hint."""
    with pytest.raises(NoLogHere):
        open_source(str(tmp_path))
