"""Recordings on disk: what comes back is what was kept, and no stale one is ever found."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.leakage import cache, ours, record
from bench.leakage.defences import PRODUCT
from bench.leakage.society import Size, Society, make

SIZE = Size(4, 1, 2.0)


@pytest.mark.slow
def test_what_is_kept_comes_back(friends: Society, tmp_path: Path) -> None:
    made = ours.record(friends)
    cache.save(made, tmp_path / "one.npz")
    back = cache.load(tmp_path / "one.npz")
    assert (back.design, back.directory, back.truth) == (made.design, dict(made.directory), made.truth)
    for name in ("live", "disk", "memory"):
        assert np.array_equal(getattr(back, name), getattr(made, name))
    assert [path.name for path in tmp_path.iterdir()] == ["one.npz"]


@pytest.mark.slow
def test_a_recording_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = record.recorded(1, SIZE, folder=tmp_path)

    def never(*_: object) -> None:
        raise AssertionError("it is there already")

    monkeypatch.setattr(record, "record", never)
    assert np.array_equal(record.recorded(1, SIZE, folder=tmp_path).live, first.live)


def test_other_seeds_sizes_and_defences_lie_elsewhere(tmp_path: Path) -> None:
    paths = {
        cache.path_of(1, SIZE, PRODUCT, tmp_path),
        cache.path_of(2, SIZE, PRODUCT, tmp_path),
        cache.path_of(1, replace(SIZE, pace=3.0), PRODUCT, tmp_path),
        cache.path_of(1, SIZE, replace(PRODUCT, padding=False), tmp_path),
    }
    assert len(paths) == 4


def test_changed_code_is_another_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(cache, "ROOT", tmp_path)
    monkeypatch.setattr(cache, "CODE", ("one.py",))
    before = cache.code_hash()
    (tmp_path / "one.py").write_text("a = 2\n")
    assert cache.code_hash() != before


def test_every_module_that_has_a_part_counts() -> None:
    """All that `ours` imports of its own folder, directly or not, and nothing else."""
    folder = Path(cache.__file__).parent
    seen: set[str] = set()
    left = {"ours"}
    while left:
        name = left.pop()
        seen.add(name)
        left |= _imported(folder / f"{name}.py") - seen
    assert sorted(seen) == sorted(cache.LIVED)
    assert all((cache.ROOT / part).exists() for part in cache.CODE)


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "bench.leakage":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bench.leakage."):
            found.add(str(node.module).rpartition(".")[2])
    return found


@pytest.mark.slow
def test_evenings_of_one_life_are_kept_too(tmp_path: Path) -> None:
    """A machine that is seized on one has seen what the longer recording saw until then, and is found by its day."""
    size = Size(6, 3, 2.0)
    whole = record.recorded(1, size, folder=tmp_path, also=[2])
    early = record.recorded(1, size, folder=tmp_path, seized=2)
    end = make(1, size).until(2).end
    assert len(list(tmp_path.iterdir())) == 2
    assert 0 < len(early.live) < len(whole.live)
    assert early.live["t"][-1] <= end
    before = whole.live[whole.live["t"] <= end]
    assert np.array_equal(before[["t", "op", "conn", "place"]], early.live[["t", "op", "conn", "place"]])
    assert early.truth.talks <= whole.truth.talks
    assert all(one <= other for one, other in zip(early.truth.rooms, whole.truth.rooms, strict=True))
    assert len(early.disk)
