"""A backup has what may be kept and nothing else; a restore refuses what would break the record; a drain ends well."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.processes.program import nulla, run
from tests.operating.staging import Place
from tests.relay.peers import Box, Client, Hangup


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.witness:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(300)  # ten processes one after another
def test_a_backup_restores_what_nobody_has_more_of(place: Place) -> None:
    """Made while it runs. Older than what the witness has, it is refused and nothing is made; a mirror helps out."""
    backup, mirror = place.folder / "backup", place.folder / "mirror"
    with place.relay():
        place.grows(2)
        assert 0 == place.run("backup", str(backup)).code
        place.grows(int(json.loads((backup / "backup.json").read_text())["size"]) + 1)
    names = {path.name for path in backup.rglob("*") if path.is_file()}
    assert {"record.key", "witnesses", "checkpoint", "backup.json"} <= names
    assert set() == names & {"boxes.db", "cards.db", "log.db", "lock"}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in (backup / "record.key", backup / "backup.json")}
    shutil.copytree(place.data / "record/public", mirror)
    shutil.rmtree(place.data)
    refused = place.run("restore", str(backup))
    assert (1, True, False) == (refused.code, "[log-behind]" in refused.err, (place.data / "record/log.db").exists())
    shutil.rmtree(place.data, ignore_errors=True)
    done = place.run("restore", str(backup), "--record-from", str(mirror))
    assert (0, "") == (done.code, done.out)
    size = place.size
    with place.relay():
        place.grows(size + 1)
    again = place.run("restore", str(backup), "--record-from", str(mirror))
    assert (1, True) == (again.code, "[backup-exists]" in again.err)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_backup_that_is_damaged_or_of_another_is_refused(place: Place) -> None:
    """Before anything is made: a changed file, a missing manifest, another host, a folder that is not empty."""
    backup = place.folder / "backup"
    with place.relay():
        place.grows(2)
    assert 0 == place.run("backup", str(backup)).code
    assert "[backup-exists]" in place.run("backup", str(backup)).err
    shutil.rmtree(place.data)
    place.options = ("--host", "other.example", *place.options[2:])
    assert "[bad-config]" in place.run("restore", str(backup)).err
    (backup / "settings/witnesses").write_text("quorum none\n")
    assert "[backup-damaged]" in place.run("restore", str(backup)).err
    (backup / "backup.json").write_text("[" * 200_000)
    assert "[backup-damaged]" in place.run("restore", str(backup)).err
    (backup / "backup.json").unlink()
    assert "[backup-damaged]" in place.run("restore", str(backup)).err
    assert not place.data.exists()


def test_a_backup_that_fails_leaves_no_key(place: Place) -> None:
    """A record that published nothing cannot be copied; the same folder takes the backup later."""
    backup = place.folder / "backup"
    refused = place.run("backup", str(backup))
    assert (1, True, False) == (refused.code, "[no-log]" in refused.err, backup.exists())
    assert "start the relay first" in refused.err
    with place.relay():
        place.grows(1)
    assert 0 == place.run("backup", str(backup)).code


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_restore_that_cannot_go_on_makes_nothing(place: Place) -> None:
    """With the rule about newcomers that devices' cards would meet, or in memory only; then it goes as ever."""
    backup = place.folder / "backup"
    with place.relay():
        place.grows(2)
    assert 0 == place.run("backup", str(backup)).code
    shutil.rmtree(place.data)
    refused = place.run("restore", str(backup), "--registration", "paused")
    assert (1, True, False) == (refused.code, "[bad-config]" in refused.err, place.data.exists())
    volatile = run(nulla("relay", "restore", str(backup), "--volatile", *place.options))
    assert (1, True) == (volatile.code, "[bad-config]" in volatile.err)
    assert 0 == place.run("restore", str(backup)).code


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_drained_relay_says_goodbye_and_ends(place: Place) -> None:
    """Its clients are told, what was acknowledged is kept, it ends with 0, and then nobody is there to drain."""
    with place.relay() as relay:
        box, client = Box(), Client(relay.address)
        client.append(box, b"kept")
        assert 0 == place.run("drain").code
        with pytest.raises(Hangup):
            client.append(box, b"too late")
        ended = relay.wait()
        assert (0, True) == (ended.code, "takes no new connections" in ended.err)
    nobody = place.run("drain")
    assert (1, True) == (nobody.code, "[not-running]" in nobody.err)
    with place.relay() as relay:
        assert [b"kept"] == [frame for _, frame in Client(relay.address).read(box).frames]


@pytest.mark.slow
def test_a_drained_witness_ends(place: Place) -> None:
    """As by SIGTERM; the command returns when it has ended."""
    config = place.folder / "w/witness.toml"
    assert [0, 1] == [run(nulla("witness", "drain", "--config", str(config))).code for _ in range(2)]
    assert 0 == place.witness.wait().code
