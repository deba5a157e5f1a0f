"""docs/how-to/upgrade.md names every format with the version that this program writes, and what refuses a later one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullabona.cli.exits import PROFILE, STAY_STOPPED, exit_code
from nullabona.client.archive import records
from nullabona.client.archive.errors import ArchiveTooNew
from nullabona.client.archive.repository import snapshot
from nullabona.client.core.model.errors import StoreTooNew
from nullabona.client.store.statements import SCHEMA_VERSION
from nullabona.docket.store.versions import VERSION as DESK_VERSION
from nullabona.docket.store.versions import DeskTooNew
from nullabona.errors import UserError
from nullabona.machine.tables import DatabaseTooNew, migrations
from nullabona.wire.endpoint import PATH

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "upgrade.md"
STORES = {
    "boxes.db": "nullabona.relay.store",
    "cards.db": "nullabona.directory.store",
    "log.db": "nullabona.sequencer.store",
    "witness.db": "nullabona.witness.store",
    "console.db": "nullabona.docket.console.store",
}


def row(name: str) -> list[str]:
    """The cells behind the one that begins with ``name``."""
    (found,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {name}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_every_server_has_the_version_of_the_page() -> None:
    """All five are at one version; the page names each file."""
    name, version, *_ = row("databases of a server")
    assert set(re.findall(r"`(\w+\.db)`", name)) == set(STORES)
    assert {int(version)} == {max(migrations(package)) for package in STORES.values()}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("database of a legal desk", str(DESK_VERSION)),
        ("a person's profile", str(SCHEMA_VERSION)),
        ("a person's backup", str(records.VERSION)),
        ("backups in pieces", str(snapshot.VERSION)),
        ("requests between devices and relays", f"`{PATH}`"),
    ],
)
def test_the_version_is_the_one_that_is_written(name: str, version: str) -> None:
    """The table is compared with the code."""
    assert version == row(name)[1]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("databases of a server", DatabaseTooNew),
        ("database of a legal desk", DeskTooNew),
        ("a person's profile", StoreTooNew),
        ("a person's backup", ArchiveTooNew),
        ("backups in pieces", ArchiveTooNew),
    ],
)
def test_the_page_names_the_refusal_and_its_exit_code(name: str, error: type[UserError]) -> None:
    """A service that meets a later version's data is not started again by systemd."""
    said = row(name)[3]
    assert f"`{error.code}`" in said
    code = re.search(r"exit code (\d)", said)
    if code:
        assert int(code[1]) == exit_code(error("x"))
    assert exit_code(DatabaseTooNew("x")) == STAY_STOPPED
    assert exit_code(StoreTooNew("x")) == PROFILE
