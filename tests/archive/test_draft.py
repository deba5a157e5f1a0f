"""Where a backup lies until it is whole: who is killed over it costs no earlier one, and is cleared up after."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from nullabona.client.archive import check_backup
from nullabona.client.archive.draft import draft_of, finish
from nullabona.client.archive.errors import ArchiveDamaged, ArchiveTruncated, BackupNotAge
from nullabona.client.store import SqliteStore
from tests.archive.dying import WORDS, back_up
from tests.archive.filled import Life, fill


@pytest.fixture
def life() -> Iterator[Life]:
    store = SqliteStore.testing_in_memory()
    yield fill(store, 3)
    store.close()


@pytest.mark.timeout(240)  # a process for every place
def test_a_killed_backup_leaves_the_earlier_one_and_the_next_run_clears_up(life: Life, tmp_path: Path) -> None:
    """Killed at every place of its way to the disk: what has no end yet is no backup, nor in the place of one."""
    command = [sys.executable, "-m", "tests.archive.dying", str(tmp_path)]
    places = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    earlier = (tmp_path / "earlier").read_bytes()
    paths = [tmp_path / str(place) / "backup" for place in range(places)]
    ends = [end for end, _ in groupby(end_of(path, earlier) for path in paths)]
    assert ["none", "half", "whole", "in its place"] == ends
    for path in paths:
        back_up(life, path)
        assert ("whole", [path]) == (looks(path), list(path.parent.iterdir()))


def end_of(path: Path, earlier: bytes) -> str:
    """How far a killed backup has come."""
    drafts = [each for each in path.parent.iterdir() if each != path]
    if path.read_bytes() != earlier:
        assert ("whole", []) == (looks(path), drafts)
        return "in its place"
    return looks(drafts[0]) if drafts else "none"


def looks(path: Path) -> str:
    """Whether a file passes for a backup."""
    try:
        check_backup(path, WORDS)
    except (ArchiveTruncated, ArchiveDamaged, BackupNotAge):
        return "half"
    return "whole"


def test_only_what_nobody_writes_any_more_is_swept_away(life: Life, tmp_path: Path) -> None:
    """A draft that another run is writing stays, and so does whatever only looks like one."""
    path, dead, link = tmp_path / "backup", tmp_path / f".backup.{'0' * 16}.new", tmp_path / f".backup.{'1' * 16}.new"
    others = {".backup.new", f".other.{'0' * 16}.new", f".backup.{'0' * 15}g.new", "aim"}
    for name in others:
        (tmp_path / name).touch()
    dead.write_bytes(b"what a killed run left")
    link.symlink_to("aim")
    with draft_of(path) as (draft, out):
        back_up(life, path)
        assert {path.name, draft.name, link.name, *others} == {each.name for each in tmp_path.iterdir()}
        out.write(b"later, and whole")
        out.close()
        finish(draft, path)
    assert b"later, and whole" == path.read_bytes()
