"""Backups by themselves in the app: a page names what the process found, and nothing else; and a profile comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nullabona.app.answers.backups import documents, folders
from nullabona.app.protocol import account_calls as a
from nullabona.app.protocol import backup_calls as b
from nullabona.app.protocol import moving_calls as m
from nullabona.app.protocol import pushes as p
from nullabona.app.session.place import Place
from nullabona.app.session.session import Session
from nullabona.system.drives import drives, mounted
from tests.api.people import QUICK, new_name
from tests.api.service import Service
from tests.app.person import PASSPHRASE, Person
from tests.app.wire import Loop, Refusal


@pytest.fixture
def newcomer(loop: Loop, tmp_path: Path) -> Iterator[Callable[[str], Person]]:
    """People without a profile, who share a home folder of the test's own."""
    made: list[Person] = []
    (tmp_path / "home").mkdir()

    def make(name: str) -> Person:
        made.append(Person(loop, tmp_path / name, HOME=str(tmp_path / "home")))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def mina(service: Service, newcomer: Callable[[str], Person]) -> Person:
    """Somebody with an account."""
    made = newcomer("mina")
    made.sign_up(service.handle(new_name("mina")))
    return made


def test_a_place_is_chosen_backed_up_to_and_restored_from(mina: Person, newcomer: Callable[[str], Person]) -> None:
    """The first backup begins by itself and is told of; a new profile finds the folder and the server."""
    words, state = " ".join(mina.call(a.GetPhrase(PASSPHRASE)).words), mina.state()
    assert state.me is not None
    assert ("none", False) == (state.backups.standing, state.backups.remind)
    folder, server = mina.call(b.FindBackupPlaces()).choices
    assert ("folder", "server") == (folder.kind, server.kind)
    for place in (folder.id, server.id):
        assert mina.call(b.PlanBackup(place, 7)).standing in {"new", "good"}
    done = mina.page.told(p.BackupsChanged, lambda push: all(each.good_at for each in push.backups.places))
    assert ["", ""] == [each.error for each in done.backups.places]
    now = mina.call(b.BackUpNow(server.id))
    assert ("good", [7, 7]) == (now.standing, [each.every_days for each in now.places])
    assert [1, 7] == [each.every_days for each in mina.call(b.PlanBackup(folder.id, 1)).places]
    assert [] == mina.call(b.FindBackupPlaces()).choices
    assert [server.id] == [each.id for each in mina.call(b.StopBackups(folder.id)).places]
    again = newcomer("again")
    assert [folder.id, server.id] == [each.id for each in again.call(b.FindBackups()).choices]
    for place, handle in ((folder.id, ""), (server.id, state.me.handle)):
        found = again.call(b.LookAtPlace(place, handle, words))
        assert state.me.handle == found.handle
    with pytest.raises(Refusal) as refused:
        again.call(b.LookAtPlace(folder.id, "", " ".join(["abandon"] * 23 + ["art"])))
    assert "backup-missing" == refused.value.code
    came = again.call(b.RestoreFromPlace(server.id, state.me.handle, words, PASSPHRASE))
    assert came.me is not None
    assert ("ready", state.me.handle) == (came.phase, came.me.handle)
    for call in (b.FindBackups(), b.LookAtPlace(folder.id, "", words)):
        with pytest.raises(Refusal):
            again.call(call)


def test_a_page_cannot_name_a_place(mina: Person) -> None:
    """Only ids that the process gave; nor how often beyond what is offered."""
    folder = mina.call(b.FindBackupPlaces()).choices[0].id
    places = ("", "/etc", "../..", "0" * 32, "relay")
    calls = [each for place in places for each in (b.PlanBackup(place, 1), b.StopBackups(place), b.BackUpNow(place))]
    for call in (*calls, b.PlanBackup(folder, 0), b.PlanBackup(folder, 32)):
        with pytest.raises(Refusal) as refused:
            mina.call(call)
        assert "bad-call" == refused.value.code
    assert [] == mina.state().backups.places


def test_todays_backup_is_there_once_it_was_made(mina: Person) -> None:
    """Before, there is none to check."""
    assert not mina.call(m.WhereSaved()).made
    mina.call(m.MakeBackup())
    assert mina.call(m.WhereSaved()).made


def test_drives_are_offered_before_the_folder_on_the_same_disk(tmp_path: Path) -> None:
    """Each once, by an id that says nothing of its path."""
    home, drive = tmp_path / "home", tmp_path / "usb"
    for folder in (home / "profile", home / "app", drive):
        folder.mkdir(parents=True)
    place = Place(home / "profile", home / "app", QUICK, "", "en", tmp_path, home, drives=lambda: [drive, drive])
    found = [choice for choice, _ in folders(Session(place)).values()]
    assert [("drive", str(drive)), ("folder", str(home))] == [(each.kind, each.path) for each in found]
    assert not any("usb" in each.id for each in found)


def test_only_drives_of_people_are_offered(tmp_path: Path) -> None:
    """Where desktops mount them, with their names as they are; not the system's file systems, nor what is not there."""
    mounts = tmp_path / "mountinfo"
    line = "36 35 98:0 / {} rw,noatime master:1 - ext4 /dev/sda1 rw\n"
    points = (
        "/",
        "/boot",
        "/media/mina/USB\\040백업",
        "/run/media/mina/x",
        "/mnt/x",
        "/media",
        "/home/mnt/x",
    )
    mounts.write_text("".join(map(line.format, points)) + "broken\n")
    assert 3 == len(mounted(mounts))
    assert Path("/media/mina/USB 백업") == mounted(mounts)[0]
    assert [] == drives(mounts)
    assert [] == mounted(tmp_path / "nothing")


def test_the_folder_for_documents(tmp_path: Path) -> None:
    """As the desktop names it, else by its English name, else the home folder."""
    assert tmp_path == documents(tmp_path)
    for name in ("Documents", ".config", "문서"):
        (tmp_path / name).mkdir()
    assert tmp_path / "Documents" == documents(tmp_path)
    (tmp_path / ".config" / "user-dirs.dirs").write_text('XDG_DOCUMENTS_DIR="$HOME/문서"\n', "utf-8")
    assert tmp_path / "문서" == documents(tmp_path)
