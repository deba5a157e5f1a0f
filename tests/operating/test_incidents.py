"""Each entry of the runbook: the trouble is staged, its words are seen, what it says ends it; no wrong step works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.machine.settings import parse_endpoint
from nullabona.operating.checks.running import ask
from nullabona.processes.servers import RelayProcess
from tests.operating.staging import RUNBOOK, Place, entries, until
from tests.relay.peers import Box, Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TRIED = {
    "The data's volume is not mounted": "test_a_volume_that_is_not_mounted",
    "An old backup was put back": "test_an_old_backup",
    "An old copy of the cards was put back": "test_old_cards",
    "The machine is lost": "test_keeping.test_a_backup_restores_what_nobody_has_more_of",
    "A database is damaged": "test_a_damaged_database",
    "The disk is full": "test_a_full_disk",
    "The certificate has ended": "test_incidents_served.test_a_certificate_that_ended",
    "The clock is wrong": "test_incidents_served.test_a_wrong_clock",
    "The relay is full": "test_incidents_served.test_a_full_relay",
    "The process has too few files": "test_incidents_served.test_too_few_files",
    "A witness does not sign": "test_incidents_served.test_a_dead_witness",
}
"""Which test plays which entry."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.witness:
        yield made


def test_every_entry_is_tried() -> None:
    """No entry without a test, and no test without its entry."""
    assert set(TRIED) == set(entries())
    here = Path(__file__).parent
    for name in TRIED.values():
        module, _, function = name.rpartition(".")
        assert f"def {function}(" in (here / f"{module or 'test_incidents'}.py").read_text("utf-8")


def test_both_languages_have_the_same_entries() -> None:
    """In the same order, with the same words to see and the same words in code style to do."""
    code = re.compile(r"`([^`]+)`")
    english, korean = (path.read_text("utf-8") for path in (RUNBOOK, RUNBOOK.with_suffix(".ko.md")))
    parts = [re.split(r"^### ", text, flags=re.MULTILINE)[1:] for text in (english, korean)]
    assert len(parts[0]) == len(parts[1])
    for one, other in zip(*parts, strict=True):
        assert sorted(code.findall(" ".join(one.split()))) == sorted(code.findall(" ".join(other.split())))


def test_a_volume_that_is_not_mounted(place: Place) -> None:
    """Neither `serve` nor `init` makes anything of an empty folder while the witness remembers the record."""
    with place.relay():
        place.grows(2)
    away = place.folder / "disk"
    place.data.rename(away)
    place.data.mkdir(mode=0o700)
    said = [place.run(word) for word in ("serve", "init", "serve")]
    assert [6, 6, 6] == [each.code for each in said]
    assert ["[record-not-begun]" in said[0].err, "[record-elsewhere]" in said[1].err] == [True, True]
    assert {"[record-not-begun]", "[record-elsewhere]"} >= entries()["The data's volume is not mounted"]
    assert [] == [path for path in place.data.rglob("*") if path.is_file() and path.name != "lock"]
    place.data.rmdir()
    away.rename(place.data)
    size = place.size
    with place.relay():
        place.grows(size + 1)


def test_an_old_backup(place: Place) -> None:
    """It is refused as often as it is started; the newest mirror goes on, under the same key."""
    old, mirror, backup = (place.folder / name for name in ("old", "mirror", "backup"))
    with place.relay():
        place.grows(2)
    shutil.copytree(place.data, old)
    size = place.size
    with place.relay():
        place.grows(size + 1)
        assert 0 == place.run("backup", str(backup)).code
    shutil.copytree(place.data / "record/public", mirror)
    newest = place.size
    shutil.rmtree(place.data)
    shutil.copytree(old, place.data)
    (words,) = entries()["An old backup was put back"]
    for _ in range(2):
        ended = place.run("serve")
        assert (6, True) == (ended.code, words in ended.err)
    assert size == place.size
    place.data.rename(place.folder / "away")
    assert 0 == place.run("restore", str(backup), "--record-from", str(mirror)).code
    with place.relay():
        place.grows(newest + 1)


def test_old_cards(place: Place) -> None:
    """They are refused as often as it is started, and nothing is published; without them the record goes on."""
    old = place.folder / "old"
    with place.relay():
        place.grows(2)
    old.mkdir()
    for path in place.data.glob("cards.db*"):
        shutil.copy(path, old)
    size = place.size
    with place.relay():
        place.grows(size + 1)
    size = place.size
    for path in place.data.glob("cards.db*"):
        path.unlink()
    shutil.copytree(old, place.data, dirs_exist_ok=True)
    words = entries()["An old copy of the cards was put back"]
    for _ in range(2):
        ended = place.run("serve")
        assert (1, True) == (ended.code, all(each in ended.err for each in words))
    assert size == place.size
    for path in place.data.glob("cards.db*"):
        path.unlink()
    assert 0 == place.run("init", "--cards-lost").code
    with place.relay():
        place.grows(size + 1)


def test_a_damaged_log(place: Place) -> None:
    """The database in `record/`: the start names the damage, and the public files beside it are a copy to restore."""
    mirror, backup = place.folder / "mirror", place.folder / "backup"
    with place.relay():
        place.grows(2)
        assert 0 == place.run("backup", str(backup)).code
    for path in place.data.glob("record/log.db-*"):
        path.unlink()
    (place.data / "record/log.db").write_bytes(os.urandom(64 * 1_024))
    ended, checked = place.run("serve"), place.run("check")
    (words,) = entries()["A database is damaged"]
    assert (1, True) == (ended.code, words in ended.err)
    assert (1, True) == (checked.code, "log.db is damaged" in checked.out)
    size = place.size
    shutil.copytree(place.data / "record/public", mirror)
    place.data.rename(place.folder / "away")
    assert 0 == place.run("restore", str(backup), "--record-from", str(mirror)).code
    with place.relay():
        place.grows(size + 1)


@pytest.mark.parametrize("name", ["boxes.db", "cards.db"])
def test_a_damaged_database(place: Place, name: str) -> None:
    """The start says which file, ends with a code, and touches nothing else; moved away, everything else is there."""
    with place.relay() as relay:
        place.grows(2)
        Client(relay.address).append(Box(), b"lost")
    for path in place.data.glob(f"{name}-*"):
        path.unlink()
    damaged = os.urandom(64 * 1_024)
    (place.data / name).write_bytes(damaged)
    others = {path: path.read_bytes() for path in place.data.rglob("*.key")} | {
        path: path.read_bytes() for path in (place.data / "record/public").rglob("*") if path.is_file()
    }
    ended, checked = place.run("serve"), place.run("check")
    (words,) = entries()["A database is damaged"]
    assert (1, True) == (ended.code, words in ended.err)
    assert (1, True) == (checked.code, f"{name} is damaged" in checked.out)
    assert (damaged, others) == ((place.data / name).read_bytes(), {path: path.read_bytes() for path in others})
    for path in place.data.glob(f"{name}*"):
        path.rename(place.folder / path.name)
    if name == "cards.db":
        refusal = place.run("serve")
        assert (6, True) == (refusal.code, "[cards-missing]" in refusal.err)
        assert 0 == place.run("init", "--cards-lost").code
    size = place.size
    with place.relay() as relay:
        place.grows(size + 1)
        box = Box()
        client = Client(relay.address)
        client.append(box, b"again")
        assert [b"again"] == [frame for _, frame in client.read(box).frames]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system in memory."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(disk: Path) -> None:
    """Others fill it: it says so and keeps nothing new; freed, it goes on by itself, with what was acknowledged."""
    data, log = disk / "data", disk.parent / "log"
    with RelayProcess(data, log=log) as relay:
        box, client = Box(), Client(relay.address)
        client.append(box, b"kept")
        filling = disk / "other"
        with filling.open("wb") as file:
            try:
                while file.write(bytes(2**16)):
                    file.flush()
            except OSError:
                pass
        (words,) = entries()["The disk is full"]
        endpoint = parse_endpoint(relay.authority)
        until(lambda: words in ask(endpoint, "/healthz", secure=False).text)
        until(lambda: words in log.read_text())
        filling.unlink()
        until(lambda: ask(endpoint, "/healthz", secure=False).status == 200)
        client.append(box, b"again")
        assert [b"kept", b"again"] == [frame for _, frame in client.read(box).frames]
