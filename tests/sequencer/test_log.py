"""A log is what was staged, in the order of staging, and everything that it serves can be checked."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nullabona.log.note import parse_note
from nullabona.log.proof import parse_proof
from nullabona.log.tree import EMPTY_ROOT, ProofInvalid
from nullabona.machine.lock import FolderInUse
from nullabona.sequencer import EntryRefused, KeyTaken, LogDamaged, NotThisLog, open_log
from nullabona.sequencer.growing import End, finished, grow
from tests.sequencer.logs import ORIGIN, POLICY, SIGNERS, audit, make_log, publish, root_of
from tests.witness.running import START


def test_what_is_staged_is_published_in_order(tmp_path: Path) -> None:
    """Entries get numbers without a gap, and the published log holds them at these numbers."""
    log = make_log(tmp_path)
    entries = [b"%d" % number for number in range(600)]
    assert range(300) == log.stage(entries[:300])
    assert 300 == publish(log).size
    assert range(300, 600) == log.stage(entries[300:])
    assert 600 == publish(log).size
    seen, found = audit(log.public)
    assert (600, entries) == (seen.checkpoint.size, found)
    assert [entries[0], entries[299], entries[599]] == [log.entry(0), log.entry(299), log.entry(599)]
    log.release()


def test_an_empty_log_has_a_checkpoint(tmp_path: Path) -> None:
    """A log says that it is empty, too."""
    log = make_log(tmp_path)
    assert log.checkpoint() is None
    published = publish(log)
    assert (0, EMPTY_ROOT) == (published.size, published.root)
    audit(log.public)
    log.release()


def test_a_checkpoint_is_signed_anew_without_entries(tmp_path: Path) -> None:
    """Publishing again gives the same root with a newer time, so that freshness can be told."""
    log = make_log(tmp_path)
    log.stage([b"entry"])
    first, second = publish(log), publish(log, START + 600)
    assert (first.root, True) == (second.root, first.note != second.note)
    assert second.note == log.checkpoint()
    log.release()


def test_proofs_hold_for_every_entry(tmp_path: Path) -> None:
    """Each entry's proof verifies under the policy; for what is staged only, there is none."""
    log = make_log(tmp_path)
    entries = [b"%d" % number for number in range(270)]
    log.stage(entries)
    publish(log)
    log.stage([b"later"])
    for number, entry in enumerate(entries):
        seen = parse_proof(log.inclusion(number)).verify(entry, POLICY)
        assert 270 == seen.checkpoint.size
    with pytest.raises(ProofInvalid):
        log.inclusion(270)
    log.release()


def test_staging_under_a_key_is_done_once(tmp_path: Path) -> None:
    """A repeated call finds the numbers it got, also after a restart; other entries under the key are refused."""
    log = make_log(tmp_path)
    assert range(2) == log.stage([b"a", b"b"], key=b"epoch 1")
    assert range(2, 3) == log.stage([b"c"], key=b"epoch 2")
    publish(log)
    log.release()
    log = make_log(tmp_path)
    assert range(2) == log.stage([b"a", b"b"], key=b"epoch 1")
    with pytest.raises(KeyTaken):
        log.stage([b"a", b"x"], key=b"epoch 1")
    assert range(3, 3) == log.stage([], key=b"epoch 3")
    assert 3 == publish(log).size
    log.release()


@pytest.mark.parametrize(("entry", "key"), [(bytes(65_536), None), (b"", b""), (b"", bytes(65))])
def test_what_no_log_can_hold_is_refused(tmp_path: Path, entry: bytes, key: bytes | None) -> None:
    """Entries beyond 65,535 bytes and keys beyond 64 are refused, and nothing of the call is staged."""
    log = make_log(tmp_path)
    with pytest.raises(EntryRefused):
        log.stage([b"good", entry], key=key)
    log.stage([bytes(65_535), b""], key=bytes(64))
    assert 2 == publish(log).size
    audit(log.public)
    log.release()


def test_a_folder_belongs_to_one_process_and_one_log(tmp_path: Path) -> None:
    """A second opener is refused while the first runs; another origin always."""
    log = make_log(tmp_path)
    with pytest.raises(FolderInUse):
        make_log(tmp_path)
    log.release()
    with pytest.raises(NotThisLog):
        open_log(tmp_path, SIGNERS, "log.example/other")
    make_log(tmp_path).release()


def test_a_damaged_database_is_named_as_damaged(tmp_path: Path) -> None:
    """The operator is sent to the disk and to a copy, and not told to look for another folder."""
    make_log(tmp_path).release()
    (tmp_path / "log.db").write_bytes(b"x" * 8_192)
    with pytest.raises(NotThisLog, match="SQLITE_NOTADB") as caught:
        make_log(tmp_path)
    assert "restore the log from a copy" in caught.value.hint


def test_public_files_can_be_served_by_anybody(tmp_path: Path) -> None:
    """Whatever the umask, what is public is readable and what is private is not."""
    before = os.umask(0o077)
    try:
        log = make_log(tmp_path / "log")
        log.stage([b"entry"])
        publish(log)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in log.public.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in log.public.rglob("*") if path.is_dir()}
    assert ({0o644}, {0o755}) == (modes, folders)
    assert {0o600} == {stat.S_IMODE((tmp_path / "log" / name).stat().st_mode) for name in ("log.db", "lock")}
    log.release()


def test_partial_files_are_cleared_away_once_nobody_needs_them(tmp_path: Path) -> None:
    """A full tile's partial ones go when two newer checkpoints were published; others stay."""
    log = make_log(tmp_path)
    for count in (100, 200, 10, 10):
        log.stage([b"entry"] * count)
        publish(log)
    partial = sorted(str(path.relative_to(log.public)) for path in log.public.rglob("*.p"))
    assert ["tile/0/001.p", "tile/1/000.p", "tile/entries/001.p"] == partial
    audit(log.public)
    log.release()


def test_a_log_whose_files_were_changed_is_not_signed(tmp_path: Path) -> None:
    """If the files do not belong to the database, opening the log says so instead of signing something else."""
    log = make_log(tmp_path)
    log.stage([b"entry"] * 300)
    publish(log)
    log.release()
    tail = log.public / "tile/0/001.p/44"
    good = tail.read_bytes()
    for bad in (good[:-1], bytes(len(good)), None):
        tail.unlink() if bad is None else tail.write_bytes(bad)
        with pytest.raises(LogDamaged):
            make_log(tmp_path)
    tail.write_bytes(good)
    make_log(tmp_path).release()


def test_an_old_copy_of_the_database_is_noticed(tmp_path: Path) -> None:
    """A database that knows less than what was published cannot go on: it would sign a second history."""
    log = make_log(tmp_path)
    log.stage([b"first"])
    publish(log)
    log.release()
    old = (tmp_path / "log.db").read_bytes()
    log = make_log(tmp_path)
    log.stage([b"second"])
    publish(log)
    log.release()
    (tmp_path / "log.db").write_bytes(old)
    with pytest.raises(LogDamaged, match="old copy"):
        make_log(tmp_path)


def test_a_foreign_checkpoint_is_noticed(tmp_path: Path) -> None:
    """Another log's checkpoint in the public folder is not taken for ours."""
    log = make_log(tmp_path / "a")
    log.stage([b"entry"])
    publish(log)
    log.release()
    other = make_log(tmp_path / "b")
    other.stage([b"other"])
    publish(other)
    other.release()
    (other.public / "checkpoint").write_bytes((log.public / "checkpoint").read_bytes())
    with pytest.raises(LogDamaged):
        make_log(tmp_path / "b")


def test_one_size_never_gets_two_roots(tmp_path: Path) -> None:
    """Not even the database itself can be brought to say so: going back, or another root, is refused there."""
    log = make_log(tmp_path)
    log.stage([b"entry"] * 3)
    tree = log.integrate()
    for size, root in ((2, bytes(32)), (3, bytes(32))):
        with pytest.raises(Exception, match="database failed"):
            log._store.integrate(size, root)
    assert tree == log._store.tree()
    log.release()


def test_publishing_twice_at_once_takes_turns(tmp_path: Path) -> None:
    """Two publishes at the same time give two checkpoints, one after the other."""
    log = make_log(tmp_path)
    log.stage([b"entry"])

    async def both() -> list[int]:
        return [each.size for each in await asyncio.gather(log.publish(START), log.publish(START + 1))]

    assert [1, 1] == asyncio.run(both())
    note = parse_note((log.public / "checkpoint").read_bytes())
    assert log.checkpoint() == note.encode()
    assert ORIGIN.encode() in note.text
    log.release()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=8))
def test_growing_in_any_steps_gives_the_same_log(steps: list[int]) -> None:
    """However entries are divided, the root is that of the whole, and no file is ever written with other bytes."""
    end, written, entries = End(), dict[str, bytes](), list[bytes]()
    for count in steps:
        new = [b"%d" % (len(entries) + n) for n in range(count)]
        before, entries = end.size, entries + new
        end, files = grow(end, new)
        for tile, data in files:
            assert data == written.setdefault(tile.path, data)
        assert {tile.path for tile in finished(before, end.size)} == {
            tile.path for tile, _ in files if tile.width == 256
        }
    assert (len(entries), root_of(entries)) == (end.size, end.edge.root)
