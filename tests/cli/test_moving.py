"""Moving from one machine to another with commands: backup, check, restore, export."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyrage
import pytest

from tests.cli.conftest import Pair
from tests.cli.shell import nulla

pytestmark = pytest.mark.timeout(240)  # a process for every command


def test_a_life_moves_to_another_machine(pair: Pair, tmp_path: Path) -> None:
    """Backup, lost profile, restore from the words alone: the same export; the rooms can be read and not written to."""
    file, words = tmp_path / "backup.age", nulla("account", "phrase", profile=pair.mina).out
    made = nulla("backup", str(file), "--json", profile=pair.mina)
    assert (0, pair.mina_handle) == (made.code, made.row["handle"])
    before = nulla("export", "--all", "--yes", str(tmp_path / "before"), "--json", profile=pair.mina)
    assert (0, 1) == (before.code, before.row["rooms"])
    shutil.rmtree(pair.mina)
    restored = nulla("restore", str(file), "--unprotected", "--json", profile=pair.mina, stdin=words)
    assert (0, pair.mina_handle, 1) == (restored.code, restored.row["handle"], restored.row["counts"]["rooms"])
    nulla("export", "--all", "--yes", "--out", str(tmp_path / "after"), "--json", profile=pair.mina)
    assert contents(tmp_path / "before") == contents(tmp_path / "after")
    assert ["away"] == [row["phase"] for row in nulla("room", "list", "--json", profile=pair.mina).rows]
    refused = nulla("send", pair.room[:12], "hello?", "--json", profile=pair.mina)
    assert (1, "not-in-room") == (refused.code, json.loads(refused.err)["error"])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_is_checked_and_opens_with_age(pair: Pair, tmp_path: Path) -> None:
    """`check` with profile or words; `key` is what age needs; what is wrong is said in both languages."""
    file, words = tmp_path / "backup.age", nulla("account", "phrase", profile=pair.mina).out
    assert 0 == nulla("backup", str(file), profile=pair.mina).code
    key = nulla("backup", "key", profile=pair.mina).out.strip()
    plain = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(key)])
    assert plain.startswith(b"nullabona archive 1\n")
    assert (0, key) == (nulla("backup", "check", str(file), "--words", stdin=words).code, phrase_of(words))
    other = nulla("backup", "check", str(file), "--json", profile=pair.junho)
    assert (1, "backup-locked") == (other.code, json.loads(other.err)["error"])
    file.write_bytes(file.read_bytes()[:-5])
    cut = nulla("backup", "check", str(file), "--lang", "ko", profile=pair.mina)
    assert (1, True) == (cut.code, "백업 파일이 망가졌거나" in cut.err)


def phrase_of(words: str) -> str:
    """The key that the words alone give."""
    return nulla("backup", "key", "--words", stdin=words).out.strip()


def test_a_passphrase_protects_a_backup_from_scripts_too(pair: Pair, tmp_path: Path) -> None:
    """From a file; without anybody to ask it is refused, and nothing is written."""
    file, secret = tmp_path / "locked.age", tmp_path / "secret"
    secret.write_text("열려라 참깨\n", encoding="utf-8")
    asked = nulla("backup", str(file), "--passphrase", "--json", profile=pair.mina)
    assert ("passphrase-needed", False) == (json.loads(asked.err)["error"], file.exists())
    assert 0 == nulla("backup", str(file), "--backup-passphrase-file", str(secret), profile=pair.mina).code
    assert 0 == nulla("backup", "check", str(file), "--backup-passphrase-file", str(secret)).code
