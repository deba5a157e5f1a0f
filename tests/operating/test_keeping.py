"""A backup has what may be kept and nothing else; a restore refuses what would break the record; a drain ends well."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from nullabona.processes.program import Ended, free_port, nulla, run
from nullabona.processes.servers import RelayProcess, WitnessProcess
from tests.relay.peers import Box, Client, Hangup

MOST_S = 60


class Place:
    """A relay with a witness that signs, and the options of both."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.at = f"127.0.0.1:{free_port()}"
        self.options = ("--host", self.at, "--period", "1", "--witnesses", str(folder / "witnesses"))
        (folder / "witnesses").write_text("quorum none\n")
        made = self.run("init")
        self.witness = WitnessProcess(folder / "w", "w.example/w", made.out.split())
        (folder / "witnesses").write_text(f"witness w {self.witness.vkey} {self.witness.url}\nquorum w\n")

    def run(self, *words: str) -> Ended:
        return run(nulla("relay", *words, "--data", str(self.data), "--listen", self.at, *self.options))

    def relay(self) -> RelayProcess:
        return RelayProcess(self.data, *self.options, listen=self.at, begin=False)

    @property
    def size(self) -> int:
        """How many entries are published."""
        checkpoint = self.data / "record/public/checkpoint"
        return int(checkpoint.read_text().split("\n")[1]) if checkpoint.exists() else 0

    def grows(self, least: int) -> None:
        """Return once so many entries are published."""
        end = monotonic() + MOST_S
        while self.size < least:
            assert monotonic() < end


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
    (backup / "backup.json").unlink()
    assert "[backup-damaged]" in place.run("restore", str(backup)).err
    assert not place.data.exists()


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
