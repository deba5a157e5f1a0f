"""Crash at every write of the sequencer, both outcomes: the log is never forked or short, and goes on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nullabona.errors import NullabonaError
from nullabona.log.note import parse_note
from nullabona.sequencer import Log, LogStoreFailed
from nullabona.sequencer.store.sqlite import LogStore
from tests.sequencer.faulty import Faults, FaultyConnection, Mode, failing
from tests.sequencer.logs import ORIGIN, POLICY, audit, make_log, publish, root_of

MODES: tuple[Mode, ...] = ("did-not-happen", "did-happen", "half")
BATCHES = ((b"a", 3), (b"b", 254), (b"c", 1), (b"d", 300))


@dataclass
class Story:
    """What a log has promised: entries that it took, and every root that was seen, by size."""

    taken: dict[bytes, range] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)

    def see(self, folder: Path) -> None:
        """Look at what anyone can see now: nothing but growth of what was seen before."""
        path = folder / "public/checkpoint"
        if not path.exists():
            assert self.roots == {}, "a published checkpoint is gone"
            return
        seen = POLICY.check(parse_note(path.read_bytes())).checkpoint
        assert self.roots.setdefault(seen.size, seen.root) == seen.root, "one size, two roots"
        assert seen.size == max(self.roots), "the log went back"

    def stage(self, log: Log, name: bytes, count: int) -> None:
        """Stage under a key, as whoever must not enter anything twice does."""
        self.taken[name] = log.stage([b"%s %d" % (name, n) for n in range(count)], key=name)


def play(folder: Path, story: Story, *, tries: int) -> None:
    """Open, stage and publish each batch. After ``tries`` errors at one batch, end as a process that dies there."""
    log = None
    try:
        log = make_log(folder)
        for name, count in BATCHES:
            play_batch(log, folder, story, (name, count), tries)
    except NullabonaError:
        pass
    finally:
        if log is not None:
            log.release()
        story.see(folder)


def play_batch(log: Log, folder: Path, story: Story, batch: tuple[bytes, int], tries: int) -> None:
    """Stage and publish one batch, again if it fails."""
    for left in reversed(range(tries)):
        try:
            story.stage(log, *batch)
            publish(log)
        except NullabonaError:
            story.see(folder)
            if not left:
                raise
        else:
            story.see(folder)
            return


def check(folder: Path, story: Story) -> None:
    """Everything is there once, at the number it was given, and what was seen before is where the log began."""
    _, entries = audit(folder / "public")
    assert [b"%s %d" % (name, n) for name, count in BATCHES for n in range(count)] == entries
    for name, numbers in story.taken.items():
        assert [b"%s %d" % (name, n) for n in range(len(numbers))] == [entries[number] for number in numbers]
    for size, root in story.roots.items():
        assert root_of(entries[:size]) == root


def every_write(tmp_path_factory: pytest.TempPathFactory, mode: Mode, *, dies: bool) -> int:
    """Let each write fail in turn, then go on without faults; how many writes there are."""
    for number in range(1, 2_000):
        folder, story = tmp_path_factory.mktemp("log"), Story()
        with failing(number, mode, for_good=dies) as counter:
            play(folder, story, tries=1 if dies else 2)
            reached = counter.reached
        play(folder, story, tries=1)
        check(folder, story)
        shutil.rmtree(folder)
        if not reached:
            return number
    pytest.fail("the story never came to its end")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("faults")
def test_a_process_that_dies_at_any_write_goes_on(tmp_path_factory: pytest.TempPathFactory, mode: Mode) -> None:
    """Whichever write is a process's last, and whether or not it happened, the next one ends with the same log."""
    assert 100 < every_write(tmp_path_factory, mode, dies=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("faults")
def test_a_process_that_lives_on_repeats(tmp_path_factory: pytest.TempPathFactory, mode: Mode) -> None:
    """Whichever write fails, whether or not it happened, repeating the call in the same process goes on."""
    assert 100 < every_write(tmp_path_factory, mode, dies=False)


def test_nothing_rests_on_what_a_power_cut_could_take(tmp_path: Path, faults: Faults) -> None:
    """Before the database says that the tree has grown, and before a checkpoint appears, all files are on the disk."""

    def settled() -> None:
        files = {path for path in faults.dirty_files if "/incoming/" not in path}
        assert (set(), set()) == (files, faults.dirty_folders)

    def before_a_rename(old: str, new: str) -> None:
        if new.endswith("/checkpoint"):
            settled()

    log = make_log(tmp_path / "log")
    FaultyConnection.hooks.append(settled)
    faults.hooks.append(before_a_rename)
    for name, count in BATCHES:
        log.stage([name] * count)
        publish(log)
        settled()
    log.release()


def test_without_a_key_a_failed_stage_may_have_happened(tmp_path: Path, faults: Faults) -> None:
    """That is what the contract says, and why epochs and cases are staged under keys."""
    log = make_log(tmp_path)
    for n in range(1, 4):
        with failing(n, "did-happen", for_good=False), pytest.raises(LogStoreFailed):
            log.stage([b"entry"])
    numbers = log.stage([b"entry"])
    publish(log)
    _, entries = audit(log.public)
    assert [b"entry"] * (numbers.start + 1) == entries
    assert 1 == numbers.start
    log.release()


@pytest.mark.parametrize("replace", [False, True], ids=["gone", "replaced"])
@pytest.mark.parametrize("broken", [False, True], ids=["open", "broken"])
def test_a_database_that_was_carried_away_takes_nothing_and_is_not_begun_anew(
    tmp_path: Path, *, broken: bool, replace: bool
) -> None:
    """What is staged there nobody would find again, and an empty one would give one size a second root."""
    folder, aside = tmp_path / "log", tmp_path / "aside"
    log = make_log(folder)
    log.stage([b"a", b"b"])
    before = publish(log).note
    aside.mkdir()
    for path in folder.glob("log.db*"):
        path.rename(aside / path.name)
    if replace:
        LogStore(folder, ORIGIN).close()
    if broken:
        log._store.close()
    for _ in range(3):
        with pytest.raises(LogStoreFailed):
            log.stage([b"another a"])
    if broken:
        with pytest.raises(LogStoreFailed):
            publish(log)
    assert (before, replace) == ((log.public / "checkpoint").read_bytes(), (folder / "log.db").exists())
    log.release()
