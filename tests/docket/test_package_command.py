"""``nulla docket package``: what whoever received a package sees."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nullabona.cli.docket.group import docket
from nullabona.cli.root import run
from nullabona.docket.production.evidence import CUSTODY
from nullabona.docket.production.identity import read_custodian
from nullabona.words.packages import PROVEN, UNPROVEN
from tests.docket.packages import desk, order, sealed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package on disk, beside the policy that the checker trusts."""
    top = tmp_path_factory.mktemp("handed-over")
    for path, data in sealed(order("subscriber", "content")).items():
        (top / "package" / path).parent.mkdir(parents=True, exist_ok=True)
        (top / "package" / path).write_bytes(data)
    (top / "policy").write_text(desk().policy_text, "utf-8")
    return top


def call(*arguments: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(docket, ["package", *arguments], catch_exceptions=False)


def test_json_says_what_was_found(folder: Path) -> None:
    """For programs: answers, witnesses, and what is not proven."""
    done = call(
        "verify", str(folder / "package"), "--policy", str(folder / "policy"), "--custodian",
        desk().custodian.fingerprint.upper(), "--json",
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert {"subscriber": "produced", "content": "not_held"} == said["answers"]
    assert (["no-timestamp", "outside-the-desk"], ["w1"]) == (said["unproven"], list(said["witnesses"]))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_people_are_told_what_holds_and_what_is_not_shown(folder: Path, language: str) -> None:
    """In their language; with neither policy nor key of their own everything open is named."""
    lines = call("verify", str(folder / "package"), "--lang", language).stdout.splitlines()
    assert (len(PROVEN), len(UNPROVEN)) == (
        sum(line.startswith("  ✓ ") for line in lines),
        sum(line.startswith("  ? ") for line in lines),
    )


def test_a_spoilt_package_ends_with_three(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sentence, a code, a hint, and exit code 3."""
    copy = tmp_path / "copy"
    for path in (folder / "package").rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(folder / "package")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (copy / CUSTODY).write_bytes(b"")
    with pytest.raises(SystemExit) as end:
        run(["docket", "package", "verify", str(copy), "--lang", "en"])
    assert (3, True) == (end.value.code, "[docket-package-broken]" in capsys.readouterr().err)


@pytest.mark.slow
def test_a_custodians_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, the printed hash is that of the certificate, and nothing is written over."""
    path = tmp_path / "custodian.pem"
    done = call("key", "눌라보나 릴레이", str(path), "--json")
    assert read_custodian(path.read_bytes()).fingerprint == json.loads(done.stdout)["custodian"]
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    with pytest.raises(SystemExit) as end:
        run(["docket", "package", "key", "other", str(path)])
    assert 1 == end.value.code
