"""A log's own files decide whether it forked, and make evidence that needs them no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.log.forks import Fork, ForkInvalid, fork_of, weigh
from nullabona.log.note import Note, sign_note
from nullabona.log.policy import Policy
from nullabona.reading import LogDiffers, LogIncomplete, LogRolledBack, decide, open_source, read_checkpoint
from tests.reading.served import served
from tests.sequencer.logs import ORIGIN, SIGNERS, make_log, policy_text, publish
from tests.witness.growing import Growing
from tests.witness.running import START

POLICY = Policy.parse(policy_text())
LIE = Growing(SIGNERS, b"!", 2)
SIZES = (130, 300)


def entries(count: int) -> list[bytes]:
    """As `Growing` has them without a branch."""
    return [b"%d" % number for number in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of 300 entries, published twice on the way."""
    made, at = make_log(tmp_path / "log"), 0
    for size in SIZES:
        made.stage(entries(size)[at:])
        publish(made)
        at = size
    made.release()
    return tmp_path / "log"


def note_of(log: Growing, size: int) -> bytes:
    """A checkpoint of that history under the served log's name."""
    text = replace(log.checkpoint(size), origin=ORIGIN).encode()
    return sign_note(text, SIGNERS, START).encode()


def decided(where: str, fork: Fork) -> Fork:
    """What the log there makes of it."""

    async def run() -> Fork:
        source = open_source(where)
        try:
            return await decide(source, await read_checkpoint(source, POLICY), fork)
        finally:
            await source.close()

    return asyncio.run(run())


HONEST = Growing(SIGNERS)


@pytest.mark.parametrize(
    ("first", "second"),
    [((HONEST, 130), (LIE, 250)), ((LIE, 130), (HONEST, 250)), ((LIE, 64), (LIE, 256)), ((HONEST, 1), (LIE, 300))],
    ids=["the larger one", "the smaller one", "both", "of the log's own size"],
)
def test_the_files_show_which_one_is_of_another_history(
    folder: Path, first: tuple[Growing, int], second: tuple[Growing, int]
) -> None:
    """From a folder and over HTTP; what comes out proves it by itself."""
    fork = fork_of(note_of(*first), note_of(*second))
    assert not weigh(fork, POLICY).proven
    with served(folder / "public") as url:
        for where in (str(folder), url):
            proven = weigh(decided(where, fork), POLICY)
            assert (True, 300) == (proven.proven, proven.new.checkpoint.size)


def test_two_checkpoints_that_stand_in_the_log_are_no_fork(folder: Path) -> None:
    """Whoever kept them was given a wrong proof."""
    fork = fork_of(note_of(HONEST, 130), note_of(HONEST, 250))
    with pytest.raises(ForkInvalid, match="both checkpoints are in the log"):
        decided(str(folder), fork)


def test_a_log_that_shows_less_than_it_signed(folder: Path) -> None:
    """That is wrong by itself, and says so."""
    with pytest.raises(LogRolledBack):
        decided(str(folder), fork_of(note_of(HONEST, 130), note_of(LIE, 301)))


def test_files_that_are_not_what_was_signed_decide_nothing(folder: Path) -> None:
    """A tile was altered, or is missing."""
    fork = fork_of(note_of(HONEST, 130), note_of(LIE, 250))
    tile = folder / "public/tile/0/000"
    honest = tile.read_bytes()
    tile.write_bytes(bytes(32) + honest[32:])
    with pytest.raises(LogDiffers):
        decided(str(folder), fork)
    tile.unlink()
    with pytest.raises(LogIncomplete):
        decided(str(folder), fork)


def test_another_log_decides_nothing(folder: Path) -> None:
    """The evidence is about a log of another name."""
    about = Growing()
    fork = Fork("no-consistency", "log.example/watched", about.note(5), fork_of(
        about.note(5).encode(), about.note(9).encode()
    ).shown)  # fmt: skip
    with pytest.raises(ForkInvalid, match="another one"):
        decided(str(folder), fork)
    assert isinstance(fork.held, Note)
