"""``nulla docket init``: whoever founds a desk is told what its periods, which never change, leave no time for."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nullabona.cli.docket.group import docket
from nullabona.docket.keeping.vault import new_identity
from nullabona.operating.officer_file import new_officer


def found(folder: Path, *more: str) -> Result:
    """The answer of the command."""
    (folder / "docket.toml").write_text(
        'operator = "x"\norigin = "relay.example/docket"\ndirectory = "relay"\nlog_keys = "k"\npolicy = "p"\n'
    )
    for name in ("ada", "ben"):
        new_officer(name, folder / name)
    first = [part for name in ("ada", "ben") for part in ("--first", f"{folder / name}:admin")]
    return CliRunner().invoke(
        docket,
        ["--data", str(folder), "init", "--outside", new_identity()[1], "--pointer-key", str(folder / "key"),
         "--lang", "en", *first, *more],
    )  # fmt: skip


@pytest.mark.parametrize(("period", "said"), [("3600", False), ("86400", True)])
def test_a_cadence_that_is_too_slow_is_said(tmp_path: Path, period: str, *, said: bool) -> None:
    """With its figures and the kinds of demands; the desk is founded as it was wished."""
    done = found(tmp_path, "--period", period)
    assert (0, said) == (
        done.exit_code,
        "can take 1450 minutes, and this cannot be changed later. That is too long for EU.EPOC_ER" in done.output,
    )
    assert (tmp_path / "desk" / "desk.db").is_file()
