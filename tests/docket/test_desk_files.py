"""What docket.toml names and is not there is told as that, with its path, and not as a fault of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.directory.store.sqlite import SqliteCardStore
from nullabona.docket.taxonomy import load
from nullabona.machine.settings import BadConfig
from nullabona.operating.desk import (
    DeskFileUnusable,
    Parts,
    open_docket_log,
    outside,
    read_config,
    read_original,
    read_policy_text,
)

CONFIG = """\
operator = "Example Messenger"
origin = "relay.example/docket"
directory = "../relay"
log_keys = "log.keys"
policy = "policy"
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A desk's folder with nothing but its settings."""
    made = tmp_path / "desk"
    made.mkdir()
    (made / "docket.toml").write_text(CONFIG)
    return made


def test_a_missing_policy_is_named(data: Path) -> None:
    """Before the log is touched."""
    with pytest.raises(DeskFileUnusable, match=str(data / "policy")):
        open_docket_log(data, read_config(data))
    assert not (data / "log").exists()
    (data / "policy").write_bytes(b"\xff")
    with pytest.raises(DeskFileUnusable, match="it is no text"):
        read_policy_text(data / "policy")


def test_a_missing_directory_is_named_when_a_handle_is_looked_up(data: Path) -> None:
    """And once the relay's data is there, the handle is looked up."""
    desk = outside(read_config(data), load(), Parts(clock=lambda: 0))
    with pytest.raises(DeskFileUnusable, match=str(data / "../relay")):
        desk.producible("mina@relay.example")
    SqliteCardStore(data.parent / "relay").close()
    assert {"handle": "mina@relay.example"} == desk.producible("mina@relay.example")


def test_an_original_that_cannot_be_read_is_named(data: Path) -> None:
    """A folder is no letter."""
    with pytest.raises(DeskFileUnusable, match=str(data)):
        read_original(data)


def test_a_witness_without_its_keys_is_a_wrong_setting(data: Path) -> None:
    """The table is described."""
    (data / "policy").write_text("quorum none\n")
    (data / "docket.toml").write_text(f'{CONFIG}[[witness]]\nurl = "https://witness.example"\n')
    with pytest.raises(BadConfig, match="url and vkeys"):
        open_docket_log(data, read_config(data))
