"""Files that this user cannot use: the path and what to look at, never a bug of ours and never advice to move data."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.operator.relay import relay as command
from nullabona.directory.service import read_producible
from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.machine.opening import PathUnusable, opening
from nullabona.relay.config import Config
from nullabona.relay.server import open_stores
from nullabona.relay.store.files import FileBlobStore
from nullabona.relay.store.sqlite import SqliteBoxStore
from nullabona.sequencer.store.sqlite import LogStore


def make_folder(path: Path) -> None:
    path.mkdir()


def make_file(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize(
    ("name", "block", "open_it"),
    [
        ("boxes.db", make_folder, SqliteBoxStore),
        ("blobs", make_file, FileBlobStore),
        ("cards.db", make_folder, SqliteCardStore),
        ("cards.lock", make_folder, SqliteCardStore),
        ("log.db", make_folder, lambda folder: LogStore(folder, "log.example")),
        ("lock", make_folder, lambda folder: open_stores(Config(data=folder, listen=()))),
    ],
)
def test_a_path_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, block: Callable[[Path], None], open_it: Callable[[Path], object]
) -> None:
    """Every door of a relay's data: the error says which path, the hint says owner and mode."""
    block(tmp_path / name)
    with pytest.raises(PathUnusable) as caught:
        open_it(tmp_path)
    assert (True, True) == (str(tmp_path / name) in caught.value.message, "owner and mode" in caught.value.hint)


def test_a_start_on_such_a_path_is_no_bug(tmp_path: Path) -> None:
    """As an operator meets it: exit code 1 and a sentence."""
    place = ["--data", str(tmp_path), "--listen", "127.0.0.1:0", "--host", "relay.example"]
    assert 0 == CliRunner().invoke(command, ["init", *place]).exit_code
    (tmp_path / "boxes.db").unlink(missing_ok=True)
    (tmp_path / "boxes.db").mkdir()
    result = CliRunner().invoke(command, ["serve", *place])
    assert (1, True) == (result.exit_code, "[path-unusable]" in result.output)


def test_a_demand_where_no_cards_are_is_no_bug(tmp_path: Path) -> None:
    """A wrong ``directory`` in the console's configuration is told with its path."""
    with pytest.raises(PathUnusable, match=r"cards\.db"):
        read_producible(tmp_path, "mina@relay.example")


@pytest.mark.parametrize("error", [sqlite3.DatabaseError("file is not a database"), ValueError("no")])
def test_what_is_in_a_file_is_not_judged_here(error: Exception) -> None:
    """Damage and bugs pass as they are."""
    with pytest.raises(type(error)), opening(Path("/anywhere")):
        raise error
