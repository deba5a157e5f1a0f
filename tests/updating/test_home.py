"""Updates that come by themselves: only where the person chose that, and what was public for long enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from nullabona.machine.http_client import Route
from nullabona.machine.lock import FolderInUse
from nullabona.releases.choice import DAY_S, ReleaseOlder, ReleaseRevoked, ReleaseTooNew
from nullabona.releases.statement import Release, ReleaseFile
from nullabona.updating.files import FilesMissing
from nullabona.updating.home import Home
from nullabona.updating.memory import FolderNotOwn, private_folder
from nullabona.updating.standing import standing
from nullabona.updating.update import Here
from tests.releases.signing import NOW, entry, release, revoke
from tests.updating.places import PublicLog, QuickTools, script


def version(number: int) -> Release:
    """A release with one wheel."""
    data = script(f"1.{number}")
    name = f"nullabona-1.{number}-py3-none-any.whl"
    return release(number, files=(ReleaseFile(name, sha256(data).hexdigest(), len(data)),))


@asynccontextmanager
async def no_trial() -> AsyncIterator[list[list[str]]]:
    """Nothing to try."""
    yield []


class Person:
    """Somebody who follows a log whose files are beside it, and whose clock goes on."""

    def __init__(self, folder: Path, *, days: int, by_itself: bool) -> None:
        self.log = PublicLog(folder / "log", entry(version(0)))
        self.folder = folder / "home"
        self.day = 0
        (self.log.public / "files").mkdir()
        for number in range(3):
            (self.log.public / f"files/nullabona-1.{number}-py3-none-any.whl").write_bytes(script(f"1.{number}"))
        with self.home() as home:
            asyncio.run(home.begin(self.log.pinned(days, by_itself=by_itself)))

    def home(self, prefix: Path = Path("/usr"), version: str = "1.0") -> Home:
        """Their folder, today."""
        here = Here(version=version, python=(3, 11), profile=7, now_s=NOW + self.day * DAY_S, prefix=prefix)
        return Home(self.folder, here, Route(), QuickTools())

    def keep_up(self) -> str | None:
        """What the app does once a day; the version that starts afterwards."""
        with self.home() as home:
            asyncio.run(home.keep_up(no_trial))
            return home.versions.current


def test_a_release_comes_by_itself_when_it_was_public_for_the_chosen_days(tmp_path: Path) -> None:
    """Not a day before; and no version that was taken back in between."""
    person = Person(tmp_path, days=3, by_itself=True)
    person.log.publish(entry(version(1)))
    seen = []
    for day in range(4):
        person.day = day
        seen.append(person.keep_up())
    assert [None, None, None, "1.1"] == seen
    person.log.publish(entry(version(2)), entry(revoke("1.2")))
    person.keep_up()
    person.day = 30
    assert "1.1" == person.keep_up()


def test_a_younger_release_keeps_nobody_from_the_one_before_it(tmp_path: Path) -> None:
    """Those who release every second day would else never reach a person who waits for three; nor what was revoked."""
    person = Person(tmp_path, days=3, by_itself=True)
    person.log.publish(entry(version(1)))
    person.keep_up()
    person.day = 2
    person.log.publish(entry(version(2)), now_s=NOW + 2 * DAY_S)
    assert person.keep_up() is None
    person.day = 3
    assert "1.1" == person.keep_up()
    person.day = 5
    assert "1.2" == person.keep_up()


def test_nothing_comes_by_itself_unless_it_was_chosen(tmp_path: Path) -> None:
    """Nor with no days to wait: then one stolen log would be enough to reach everybody before anybody looks."""
    asked = Person(tmp_path / "asked", days=3, by_itself=False)
    at_once = Person(tmp_path / "at once", days=0, by_itself=True)
    for person in (asked, at_once):
        person.log.publish(entry(version(1)))
        person.keep_up()
        person.day = 30
        assert person.keep_up() is None


def test_a_command_installs_from_beside_the_log_and_waits_unless_told_not_to(tmp_path: Path) -> None:
    """What is there already is older; a place without files is said to be one."""
    person = Person(tmp_path, days=3, by_itself=False)
    person.log.publish(entry(version(1)))

    async def install(home: Home, name: str, *, at_once: bool, place: str = "") -> None:
        await home.install(await home.followed(), name, no_trial, at_once=at_once, place=place)

    with person.home() as home:
        with pytest.raises(ReleaseTooNew):
            asyncio.run(install(home, "1.1", at_once=False))
        with pytest.raises(FilesMissing):
            asyncio.run(install(home, "1.1", at_once=True, place=str(tmp_path / "home/versions")))
        asyncio.run(install(home, "1.1", at_once=True))
        with pytest.raises(ReleaseOlder):
            asyncio.run(install(home, "1.0", at_once=True))


def test_what_is_said_of_a_version_is_no_more_than_is_known(tmp_path: Path) -> None:
    """Checked only where an update installed it; a name alone proves nothing of its files."""
    person = Person(tmp_path, days=0, by_itself=False)
    with person.home() as home:
        now = standing(home.recalled(), home.versions, home.here)
        assert ("1.0", "named", None, None) == (now.running, now.origin, now.newer, now.starts)
        person.log.publish(entry(version(1)))
        followed = asyncio.run(home.followed())
        asyncio.run(home.install(followed, "1.1", no_trial))
        now = standing(followed, home.versions, home.here)
        assert ("1.0", "named", None, "1.1") == (now.running, now.origin, now.newer, now.starts)
    with person.home(version="1.1") as home:  # a package brought it in another way since
        now = standing(home.recalled(), home.versions, home.here)
        assert ("1.1", "named", None) == (now.running, now.origin, now.starts)
    with person.home(person.folder / "versions/1.1") as home:
        person.log.publish(entry(revoke("1.1")))
        now = standing(asyncio.run(home.followed()), home.versions, home.here)
        assert ("1.1", "checked", None) == (now.running, now.origin, now.starts)
        assert now.revoked


def test_a_version_checked_against_another_log_is_not_called_checked(tmp_path: Path) -> None:
    """A release of the same name, and other files: who follows the right log now still runs what they got before."""
    person = Person(tmp_path, days=0, by_itself=False)
    person.log.publish(entry(version(1)))

    async def install(home: Home) -> None:
        await home.install(await home.followed(), "1.1", no_trial)

    with person.home() as home:
        asyncio.run(install(home))
    other = PublicLog(tmp_path / "other", entry(version(0)), entry(release(1)))
    with person.home(person.folder / "versions/1.1") as home:
        assert "checked" == standing(home.recalled(), home.versions, home.here).origin
        other_pinned = msgspec.structs.replace(other.pinned(), policy=f"# other\n{other.pinned().policy}")
        followed = asyncio.run(home.begin(other_pinned))
        assert "named" == standing(followed, home.versions, home.here).origin


def test_a_package_that_is_newer_than_the_last_update_is_not_gone_behind(tmp_path: Path) -> None:
    """The program that runs counts, and not the version that an update once installed before it."""
    person = Person(tmp_path, days=0, by_itself=False)
    person.log.publish(entry(version(1)))

    async def install(home: Home, name: str) -> None:
        await home.install(await home.followed(), name, no_trial)

    with person.home() as home:
        asyncio.run(install(home, "1.1"))
    person.log.publish(entry(version(2)), entry(release(3)))
    with person.home(version="1.3") as home:
        with pytest.raises(ReleaseOlder):
            asyncio.run(install(home, "1.2"))
        assert "1.3" == home.undo()


def test_a_package_that_is_newer_than_the_log_shows_is_not_gone_behind(tmp_path: Path) -> None:
    """Who withholds the log since before it could else bring back an older version, by itself even."""
    person = Person(tmp_path, days=1, by_itself=True)
    person.log.publish(entry(version(1)))
    person.keep_up()
    person.day = 1
    for first, comes in (("1.2", None), ("1.10", None), ("0.9", "1.1")):
        with person.home(version=first) as home:
            asyncio.run(home.keep_up(no_trial))
            assert comes == home.versions.current


def test_undo_refuses_a_first_program_that_was_taken_back(tmp_path: Path) -> None:
    """Also where the newer version asks, as in the app: its own version is not what it goes back to."""
    person = Person(tmp_path, days=0, by_itself=False)
    person.log.publish(entry(version(1)), entry(revoke("1.0")))

    async def install(home: Home) -> None:
        await home.install(await home.followed(), "1.1", no_trial)

    with person.home() as home:
        asyncio.run(install(home))
    with person.home(person.folder / "versions/1.1", "1.1") as home:
        with pytest.raises(ReleaseRevoked):
            home.undo()
        assert "1.1" == home.versions.current


def test_what_was_undone_does_not_come_again_by_itself(tmp_path: Path) -> None:
    """Updates by themselves end with it; other wishes stay."""
    person = Person(tmp_path, days=3, by_itself=True)
    person.log.publish(entry(version(1)))
    person.keep_up()
    person.day = 3
    assert "1.1" == person.keep_up()
    with person.home() as home:
        assert "1.0" == home.undo()
        assert (3, False) == (home.memory.pinned().days_public, home.memory.pinned().by_itself)
    assert person.keep_up() is None


def test_nothing_comes_by_itself_while_the_log_is_silent(tmp_path: Path) -> None:
    """The clock may be far ahead, or a revocation withheld. A person's own command works."""
    person = Person(tmp_path, days=3, by_itself=True)
    person.log.publish(entry(version(1)))
    person.keep_up()
    person.day = 15
    assert person.keep_up() is None
    person.log.publish(now_s=NOW + 15 * DAY_S)
    assert "1.1" == person.keep_up()


def test_the_version_that_runs_is_not_removed_under_its_feet(tmp_path: Path) -> None:
    """An app that runs for weeks loads modules late; the next installation after it removes the version."""
    person = Person(tmp_path, days=0, by_itself=False)

    async def install(home: Home, name: str) -> None:
        await home.install(await home.followed(), name, no_trial)

    for number in (1, 2):
        person.log.publish(entry(version(number)))
    first = person.folder / "versions/1.1"
    (first / "bin").mkdir(parents=True)
    (first / "complete").write_text("1.0")
    (person.folder / "current").symlink_to(first)
    person.log.publish(entry(version(3)))
    data = script("1.3")
    (person.log.public / "files/nullabona-1.3-py3-none-any.whl").write_bytes(data)
    for number in (2, 3):
        with person.home(first) as home:
            asyncio.run(install(home, f"1.{number}"))
    assert {"1.1", "1.2", "1.3"} == {path.name for path in (person.folder / "versions").iterdir()}


def test_a_log_in_a_folder_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app reads it from another folder than the one in which the person named it."""
    person = Person(tmp_path, days=0, by_itself=False)
    monkeypatch.chdir(tmp_path / "log")
    with person.home() as home:
        asyncio.run(home.begin(msgspec.structs.replace(person.log.pinned(), where="public", files="public/files")))
        monkeypatch.chdir("/")
        assert 2 == asyncio.run(home.followed()).ledger.size
        assert str(tmp_path / "log/public/files") == home.memory.pinned().place


def test_nobody_uses_the_folder_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither root that of a person, as under sudo with their HOME, nor a person another's; nothing is changed."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)  # whatever the umask is: a server's code may have set it in this process
    monkeypatch.setattr("os.geteuid", lambda: theirs.stat().st_uid + 1)
    with pytest.raises(FolderNotOwn):
        private_folder(theirs)
    assert 0o755 == theirs.stat().st_mode & 0o777


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Two that install would mix their files."""
    person = Person(tmp_path, days=0, by_itself=False)
    with person.home(), pytest.raises(FolderInUse):
        person.home()
    person.home().close()
