"""``nulla docket verify --state``: whoever looks again notices another history."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nullabona.cli.docket.group import docket
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import sign_note
from nullabona.reading.monitor import MemoryUnusable
from tests.docket.desks import Clock
from tests.docket.publishing import ORIGIN, POLICY, SIGNERS, WITNESS, PublicOffice
from tests.witness.running import log_signers, witness_signers

OTHER = sign_note(
    Checkpoint("relay.example/another", 1, bytes(32)).encode(), [*log_signers("relay.example/another")], 1
).encode()


def look(folder: Path, public: Path, clock: Clock, *more: str) -> Result:
    """The command, with what it remembers."""
    (folder / "policy").write_text(POLICY)
    return CliRunner().invoke(
        docket,
        ["verify", str(public), "--policy", str(folder / "policy"), "--at", str(clock()), "--state",
         str(folder / "state"), *more],
        standalone_mode=False,
    )  # fmt: skip


def beside(folder: Path) -> list[str]:
    """What lies beside the state file, by kind."""
    return sorted(path.suffix for path in folder.iterdir() if path.name.startswith("state."))


def test_a_log_that_grew_is_remembered(public_office: PublicOffice, tmp_path: Path, clock: Clock) -> None:
    """Each time the newest checkpoint; nothing is kept beside it."""
    public_office.tick(2)
    assert 0 == look(tmp_path, public_office.public, clock).return_value
    first = (tmp_path / "state").read_bytes()
    public_office.tick()
    assert 0 == look(tmp_path, public_office.public, clock).return_value
    assert (tmp_path / "state").read_bytes() == (public_office.public / "checkpoint").read_bytes() != first
    assert [] == beside(tmp_path)


def test_a_log_that_shrank_does_not_hold(public_office: PublicOffice, tmp_path: Path, clock: Clock) -> None:
    """An old copy, perfect by itself, is found out, in Korean if that is wished; both checkpoints are kept."""
    public_office.tick(2)
    copy = shutil.copytree(public_office.public, tmp_path / "copy")
    public_office.tick()
    assert 0 == look(tmp_path, public_office.public, clock).return_value
    kept = (tmp_path / "state").read_bytes()
    clock.pass_(-3_600)
    done = look(tmp_path, copy, clock, "--lang", "ko")
    assert (3, True) == (done.return_value, "전에는 28개였음" in done.output)
    assert (kept, [".seen-before", ".shown-now"]) == ((tmp_path / "state").read_bytes(), beside(tmp_path))


@pytest.mark.parametrize("remembered", [b"rubbish\n", OTHER], ids=["rubbish", "another-log"])
def test_what_is_remembered_of_something_else_is_not_overwritten(
    public_office: PublicOffice, tmp_path: Path, clock: Clock, remembered: bytes
) -> None:
    """Neither the checkpoint of another log nor what is none."""
    public_office.tick()
    (tmp_path / "state").write_bytes(remembered)
    assert isinstance(look(tmp_path, public_office.public, clock).exception, MemoryUnusable)
    assert remembered == (tmp_path / "state").read_bytes()


def test_another_history_of_the_same_keys_does_not_hold(
    public_office: PublicOffice, tmp_path: Path, clock: Clock
) -> None:
    """The state file holds a checkpoint that operator and witness signed as well."""
    public_office.tick(2)
    signers = [*SIGNERS, *witness_signers(WITNESS)]
    (tmp_path / "state").write_bytes(sign_note(Checkpoint(ORIGIN, 10, bytes(32)).encode(), signers, clock()).encode())
    done = look(tmp_path, public_office.public, clock, "--lang", "en", "--json")
    assert (3, True) == (done.return_value, '"forked"' in done.output)
    assert [".seen-before", ".shown-now"] == beside(tmp_path)
