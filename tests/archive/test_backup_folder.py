"""A repository in a folder: whole after every failure of the disk, careful with what others put there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count, groupby
from pathlib import Path
from typing import Any

import pytest

from nullabona.client.archive.errors import (
    ArchiveTooNew,
    BackupPlaceBusy,
    BackupPlaceFull,
    BackupPlaceGone,
    BackupUnwritable,
)
from nullabona.client.archive.repository import folder as folders
from nullabona.client.archive.repository.chunks import SIZES
from nullabona.client.archive.repository.folder import FolderPlace, create_folder, folders_in, open_folder
from nullabona.client.archive.repository.keys import RepositoryKeys
from nullabona.client.archive.repository.reading import open_heads
from nullabona.client.archive.repository.snapshot import HEAD
from nullabona.client.archive.repository.writing import Left
from nullabona.errors import UserError
from tests.archive.dying_repository import FIRST, SECOND, THIRD, place_in
from tests.archive.repositories import NOTHING, WORDS, lines, read, write


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return create_folder(tmp_path)


def files(place: FolderPlace) -> list[Path]:
    return sorted(path for path in place.root.rglob("*") if path.is_file())


def test_a_folder_has_only_sealed_files_of_few_sizes(place: FolderPlace) -> None:
    """Nothing in it names an account or says what is in it; only its owner may read it."""
    write(place, lines(2_000))
    sizes = {path.stat().st_size for path in files(place) if path.name != "repository"}
    assert sizes <= {*SIZES, HEAD}
    assert not any(b"mina" in path.read_bytes() for path in files(place))
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files(place)}
    assert 0o700 == place.root.stat().st_mode & 0o777
    assert lines(2_000) == read(place)


def test_folders_are_found_from_above_and_from_within(place: FolderPlace, tmp_path: Path) -> None:
    """Others beside it do not matter."""
    create_folder(tmp_path)
    (tmp_path / "nullabona-backup-notes").mkdir()
    (tmp_path / f"nullabona-backup-{'0' * 32}").mkdir()
    assert 2 == len(folders_in(tmp_path))
    assert [place.id] == [found.id for found in folders_in(place.root)]
    assert [] == folders_in(tmp_path / "nothing")


def test_what_is_not_there_is_never_made(place: FolderPlace, tmp_path: Path) -> None:
    """Neither by opening nor by writing: an empty mount point stays empty."""
    write(place, lines(10))
    place.root.rename(tmp_path.parent / f"{tmp_path.name}-unmounted")
    with pytest.raises(BackupPlaceGone):
        open_folder(tmp_path, place.id)
    with pytest.raises(BackupPlaceGone):
        write(place, lines(20), at=8)
    with pytest.raises(BackupPlaceGone), place.held():
        pass
    with pytest.raises(BackupPlaceGone):
        create_folder(tmp_path / "nothing")
    assert [] == list(tmp_path.iterdir())


def test_a_newer_format_is_left_alone(place: FolderPlace, tmp_path: Path) -> None:
    (place.root / "repository").write_bytes(b"nullabona repository 2\n")
    with pytest.raises(ArchiveTooNew):
        open_folder(tmp_path, place.id)


def test_one_writes_at_a_time(place: FolderPlace) -> None:
    with place.held(), pytest.raises(BackupPlaceBusy), FolderPlace(place.root, place.id).held():
        pass


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_drive_is_said_to_be_full(place: FolderPlace, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there stays, and nothing half written remains."""
    write(place, lines(100))

    def full(_: int) -> None:
        raise OSError(number, "full")

    with monkeypatch.context() as patch:
        patch.setattr(folders, "sync", full)
        with pytest.raises(BackupPlaceFull):
            write(place, lines(200), at=8)
    assert lines(100) == read(place)
    assert [] == [path for path in files(place) if path.name.endswith(".new")]


@pytest.mark.timeout(240)  # a process for every step
def test_a_killed_backup_leaves_the_repository_readable_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """SIGKILL before, in and after every step on the disk: the old or the new backup opens, and so does the one before
    it; the next run writes the new one, whatever the profile remembers, and leaves nothing over.
    """
    command = [sys.executable, "-m", "tests.archive.dying_repository", str(tmp_path)]
    killed = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = []
    for steps in range(killed):
        place = place_in(tmp_path / str(steps))
        found.append((read(place), read(place, earlier=True)))
        heads = open_heads(place, RepositoryKeys.of(WORDS, place.id))
        remembered = Left(NOTHING.writer, 2, next(one.digest for one in heads if one.head.number == 2))
        with place.held():
            write(place, THIRD, remembered, at=4)
        assert (THIRD, found[-1][0]) == (read(place), read(place, earlier=True))
        assert 2 == len(place.heads())
        assert not [path for path in files(place) if path.name.startswith(".")]
    assert [(SECOND, FIRST), (THIRD, SECOND)] == [pair for pair, _ in groupby(found)]
    assert killed > 40


STEPS = ("create_private", "sync", "replace", "sync_folder", "_remove")


@pytest.mark.slow
def test_a_disk_that_fails_at_any_step_leaves_a_whole_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old or the new one can be read, and the next run mends what is left."""
    for steps in count():
        (tmp_path / str(steps)).mkdir()
        place = create_folder(tmp_path / str(steps))
        left = write(place, lines(300), at=1).left
        left = write(place, lines(300, 100), left, at=2).left
        with monkeypatch.context() as patch:
            done = _failing(patch, steps)
            with suppress(UserError):
                write(place, lines(300, 200), left, at=3)
        assert read(place) in (lines(300, 100), lines(300, 200))
        write(place, lines(300, 200), left, at=4)
        assert lines(300, 200) == read(place)
        if done() <= steps:
            break
    assert steps > 15


def _failing(patch: pytest.MonkeyPatch, at: int) -> Callable[[], int]:
    """Let one step of a file system fail; how many steps there were."""
    done = count()
    seen = [0]

    def around(step: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: object, **named: object) -> object:
            seen[0] = next(done) + 1
            if seen[0] == at + 1:
                raise OSError(errno.EIO, "failed")
            return step(*arguments, **named)

        return stepped

    for name in STEPS:
        if name == "_remove":
            patch.setattr(Path, "unlink", around(Path.unlink))
        else:
            patch.setattr(folders, name, around(getattr(folders, name)))
    return lambda: seen[0]


def test_links_and_pipes_lead_nowhere(place: FolderPlace, tmp_path: Path) -> None:
    """A chunk that is a pipe is missing; a folder that leads elsewhere gets nothing, and nothing there is removed."""
    left = write(place, lines(100)).left
    chunk = next(path for path in files(place) if path.parent.parent.name == "chunks")
    chunk.unlink()
    os.mkfifo(chunk)
    left = write(place, lines(100), left, at=8).left
    assert lines(100) == read(place)
    elsewhere = tmp_path / "elsewhere"
    (place.root / "chunks").rename(elsewhere)
    (place.root / "chunks").symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    with pytest.raises(BackupUnwritable):
        write(place, lines(200), left, at=9)
    assert before == sorted(elsewhere.rglob("*"))


def test_other_files_are_left_alone(place: FolderPlace) -> None:
    """Pruning removes what a repository has by its name, and nothing else."""
    left = write(place, lines(100)).left
    kept = [place.root / "notes.txt", place.root / "heads" / "notes.txt", place.root / "chunks" / "notes.txt"]
    for path in kept:
        path.write_text("mine")
    (place.root / "chunks" / "00").mkdir(exist_ok=True)
    stray = place.root / "chunks" / "00" / ("0" * 64)
    stray.write_bytes(b"left by a crash")
    write(place, lines(200), left, at=8)
    assert [True, True, True, False] == [path.exists() for path in (*kept, stray)]


def test_a_flood_of_heads_is_not_read(place: FolderPlace) -> None:
    """However many somebody puts there."""
    write(place, lines(100))
    for number in range(200):
        (place.root / "heads" / f"{number:012d}-{number:016x}.head").write_bytes(bytes(HEAD))
    assert 64 == len(place.heads())
