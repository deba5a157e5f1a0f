"""A copy of a log holds what was checked and nothing else, only grows, and can become the log again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.key_change import KeysUnproven
from nullabona.log.note import parse_note
from nullabona.log.policy import Policy
from nullabona.log.tiles import Tile, tiles_of
from nullabona.machine.http_client import Route
from nullabona.reading import (
    LogBehind,
    LogDiffers,
    LogForked,
    LogIncomplete,
    LogRolledBack,
    Report,
    Word,
    ask_witnesses,
    check_not_behind,
    open_files,
    open_source,
    read_changes,
    read_checkpoint,
    update_mirror,
    verify_log,
)
from nullabona.sequencer import Log, LogExists, LogOlder, open_log, restore_log
from tests.log.key_changes import change, signed, tree
from tests.log.key_changes import policy as changed
from tests.reading.served import served
from tests.sequencer.logs import ORIGIN, POLICY, SIGNERS, audit, make_log, policy_text, publish
from tests.witness.running import START, RunningWitness, watched, witness_signers

WITNESS = "witness.example/w1"


def grow(log: Log, *sizes: int) -> None:
    for size in sizes:
        log.stage([b"entry %d" % n for n in range(log.status().integrated, size)])
        publish(log)


def mirrored(where: str, folder: Path, policy: Policy = POLICY) -> Report:
    async def once() -> Report:
        files = open_files(where, Route())
        try:
            return await update_mirror(files, folder, policy, START)
        finally:
            await files.close()

    return asyncio.run(once())


def tiles_in(folder: Path, size: int) -> list[tuple[Tile, bytes]]:
    return [(tile, (folder / "public" / tile.path).read_bytes()) for tile in tiles_of(size)]


def checkpoint_of(folder: Path) -> tuple[Checkpoint, bytes]:
    note = (folder / "public/checkpoint").read_bytes()
    return parse_checkpoint(parse_note(note).text), note


def restored(copy: Path, folder: Path) -> None:
    checkpoint, note = checkpoint_of(copy)
    restore_log(folder, checkpoint, note, tiles_in(copy, checkpoint.size))


@contextmanager
def released(log: Log) -> Iterator[Log]:
    try:
        yield log
    finally:
        log.release()


@pytest.mark.parametrize("by", ["folder", "url"])
def test_a_copy_follows_the_log(tmp_path: Path, by: str) -> None:
    """Each time it has every entry and every file of the checkpoint it shows, and no partial file that became full."""
    with released(make_log(tmp_path / "log")) as log, served(log.public) as url:
        for size in (1, 255, 256, 700, 700, 1_000):
            grow(log, size)
            report = mirrored(url if by == "url" else str(log.public), tmp_path / "copy")
            seen, entries = audit(tmp_path / "copy/public")
            assert (size, size, size) == (report.checkpoint.size, seen.checkpoint.size, len(entries))
        assert (log.public / "checkpoint").read_bytes() == (tmp_path / "copy/public/checkpoint").read_bytes()
    partial = {path.parent.name for path in (tmp_path / "copy/public/tile").rglob("*.p/*")}
    assert {"003.p", "000.p"} >= partial


def test_full_files_are_not_asked_for_again(tmp_path: Path) -> None:
    """What the log no longer has does not matter to a copy that has it already."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, 600)
        mirrored(str(log.public), tmp_path / "copy")
        for name in ("tile/0/000", "tile/entries/001"):
            (log.public / name).unlink()
        grow(log, 601)
        assert 601 == mirrored(str(log.public), tmp_path / "copy").checkpoint.size


def test_what_does_not_continue_the_copy_is_refused(tmp_path: Path) -> None:
    """A shorter log, another one, or one with an altered file: the copy stays as it was."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, 300)
        mirrored(str(log.public), tmp_path / "copy")
        before = checkpoint_of(tmp_path / "copy")
        for name, size, expected in (("short", 200, LogRolledBack), ("other", 400, LogForked)):
            with released(make_log(tmp_path / name)) as lie:
                lie.stage([b"lie %d" % n for n in range(size)])
                publish(lie)
                with pytest.raises(expected):
                    mirrored(str(lie.public), tmp_path / "copy")
        grow(log, 700)
        bundle = log.public / "tile/entries/001"
        honest = bundle.read_bytes()
        bundle.write_bytes(honest.replace(b"entry 400", b"entry 4oo"))
        with pytest.raises(LogDiffers):
            mirrored(str(log.public), tmp_path / "copy")
        bundle.unlink()
        with pytest.raises(LogIncomplete):
            mirrored(str(log.public), tmp_path / "copy")
        assert before == checkpoint_of(tmp_path / "copy")
        bundle.write_bytes(honest)
        assert 700 == mirrored(str(log.public), tmp_path / "copy").checkpoint.size
    audit(tmp_path / "copy/public")


@pytest.mark.parametrize("size", [1, 256, 300])
def test_a_log_is_restored_from_a_copy_and_goes_on(tmp_path: Path, size: int) -> None:
    """It has every entry, the next ones come behind them, and whoever followed it sees it grow."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, size)
        mirrored(str(log.public), tmp_path / "copy")
    shutil.rmtree(tmp_path / "log")
    restored(tmp_path / "copy", tmp_path / "log")
    with released(open_log(tmp_path / "log", SIGNERS, ORIGIN)) as log:
        assert (0, size, size) == (log.status().staged, log.status().integrated, log.status().published)
        grow(log, size + 1, size + 300)
        assert [b"entry %d" % n for n in range(size + 300)] == audit(log.public)[1]
        assert size + 300 == mirrored(str(log.public), tmp_path / "copy").checkpoint.size


def test_a_log_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Not even by an equal one."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, 10)
        mirrored(str(log.public), tmp_path / "copy")
    with pytest.raises(LogExists):
        restored(tmp_path / "copy", tmp_path / "log")


def test_a_restore_that_was_interrupted_is_repeated(tmp_path: Path) -> None:
    """Files without a database are no log yet."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, 300)
        mirrored(str(log.public), tmp_path / "copy")
    checkpoint, note = checkpoint_of(tmp_path / "copy")

    def breaking() -> Iterator[tuple[Tile, bytes]]:
        yield from tiles_in(tmp_path / "copy", 300)[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_log(tmp_path / "new", checkpoint, note, breaking())
    restored(tmp_path / "copy", tmp_path / "new")
    with released(open_log(tmp_path / "new", SIGNERS, ORIGIN)) as log:
        grow(log, 301)


# -- what witnesses say --------------------------------------------------------------------------------------------


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[RunningWitness]:
    """One that knows the log."""
    running = RunningWitness(tmp_path / "witness", [watched(SIGNERS)], WITNESS)
    yield running
    running.stop()


def policy_with(witness: RunningWitness) -> Policy:
    vkey = witness_signers(WITNESS)[0].verifier.encode()
    return Policy.parse(
        policy_text(witnesses=[WITNESS], quorum=1).replace(f"witness w0 {vkey}", f"witness w0 {vkey} {witness.url}")
    )


def words_of(policy: Policy, origin: str = ORIGIN) -> tuple[Word, ...]:
    return asyncio.run(ask_witnesses(policy, origin, Route(timeout_s=5.0)))


def test_a_copy_that_lacks_what_witnesses_cosigned_is_told(tmp_path: Path, witness: RunningWitness) -> None:
    """An older copy is refused, as is one of another log; the newest passes. If an old one is taken all the same, it
    signs nothing.
    """
    policy = policy_with(witness)
    assert (Word("w0", None),) == words_of(policy)
    with released(open_log(tmp_path / "log", SIGNERS, ORIGIN, witnesses=[witness.address], policy=policy)) as log:
        copies: list[Checkpoint] = []
        for size in (10, 20):
            grow(log, size)
            copies.append(mirrored(str(log.public), tmp_path / f"copy{size}", policy).checkpoint)
    words = words_of(policy)
    assert [20] == [word.checkpoint.size for word in words if word.checkpoint]
    check_not_behind(copies[1], words)
    with pytest.raises(LogBehind):
        check_not_behind(copies[0], words)
    with pytest.raises(LogForked):
        check_not_behind(Checkpoint(ORIGIN, 20, bytes(32)), words)
    restored(tmp_path / "copy10", tmp_path / "old")
    old = open_log(tmp_path / "old", SIGNERS, ORIGIN, witnesses=[witness.address], policy=policy)
    with released(old), pytest.raises(LogOlder):
        grow(old, 11)
    restored(tmp_path / "copy20", tmp_path / "new")
    with released(open_log(tmp_path / "new", SIGNERS, ORIGIN, witnesses=[witness.address], policy=policy)) as new:
        grow(new, 21)


def test_a_witness_that_cannot_be_believed_has_no_word(witness: RunningWitness) -> None:
    """Out of reach, or asked of a log that it does not know: said, and not taken for an answer."""
    policy = policy_with(witness)
    witness.stop()
    assert ("unreachable",) == tuple(word.error for word in words_of(policy))


def test_a_copy_is_verified_as_any_log(tmp_path: Path) -> None:
    """With the tools that everybody has."""
    with released(make_log(tmp_path / "log")) as log:
        grow(log, 300)
        mirrored(str(log.public), tmp_path / "copy")

    async def check() -> int:
        source = open_source(str(tmp_path / "copy"))
        return (await verify_log(source, await read_checkpoint(source, POLICY, now_s=START))).tiles

    assert asyncio.run(check()) > 3


def test_a_copy_has_the_changes_that_led_to_the_logs_keys(tmp_path: Path) -> None:
    """Only those: what leads to keys that its policy does not name may be a thief's, and a damaged one is said."""

    def read(keys: str, *files: bytes) -> list[str]:
        folder = tmp_path / f"{keys}{len(files)}"
        (folder / "keys").mkdir(parents=True, exist_ok=True)
        (folder / "checkpoint").write_bytes(b"")
        for number, data in enumerate(files):
            (folder / "keys" / str(number)).write_bytes(data)
        return [name for name, _ in asyncio.run(read_changes(open_files(str(folder)), Policy.parse(changed(keys))))]

    first = change()
    second = change("second", "third", 1)
    files = [signed(first).encode(), signed(second, ("second", "third"), before=tree(first)).encode()]
    assert ["keys/0", "keys/1"] == read("third", *files)
    assert [[], [], ["keys/0"]] == [read("first", *files), read("second"), read("second", files[0])]
    thief = change("fourth", "fifth", 1)
    for spoiled in (files[0][:-1], signed(first, witnesses=()).encode()):
        with pytest.raises(KeysUnproven):
            read("third", spoiled, files[1])
    with pytest.raises(KeysUnproven, match="does not follow"):
        read("fifth", files[0], signed(thief, ("fourth", "fifth"), before=tree(first)).encode())
